"""A mock library: how tests spell stubs of requests."""

from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.model.clients import View
from kognitos_migrate.rulebook.model.operations import Example


class Part(Enum):
    """What an argument of a stub says."""

    METHOD = "method"
    URL = "url"
    QUERY = "query"
    """The query that is waited for."""
    JSON = "json"
    """The JSON body that is waited for."""
    MATCHERS = "matchers"
    """Things that say the query or the body that is waited for, in a list or alone."""
    REPLY = "reply"
    """A reply, a list of them, or a function that is called with what was sent and gives one."""
    REPLY_JSON = "reply-json"
    REPLY_TEXT = "reply-text"
    STATUS = "status"
    BASE = "base"
    """The URL in front of those that are relative."""
    NAME = "name"
    """What the stub is called: the object that answers gives it as an item of that name."""


class Stubbing(Struct, frozen=True):
    """A callable that makes a stub, or says more of one: the method where no argument says one, and what its
    arguments say."""

    method: str | None
    arguments: tuple[Part, ...]
    keywords: Mapping[str, Part]


class Puppets(Struct, frozen=True):
    """How a library spells what is set on its objects, which have any attribute, and asked of them."""

    gives: tuple[str, ...]
    """Attributes that say what a call gives; the first is what a call gave."""
    states: tuple[str, ...]
    """Methods that state what was sent."""
    starts: tuple[str, ...]
    """Methods that give the object itself."""
    calls: tuple[str, ...]
    """Attributes that give what was sent."""
    options: tuple[str, ...]
    """Keywords of what makes an object that set no attribute."""


class Mock(Struct, frozen=True):
    """How a library that answers in the place of a service, in tests, spells a stub: which request it waits
    for, what it replies, and what it was sent. `client` is the library whose requests it answers."""

    id: str
    title: str
    url: str
    client: str
    functions: Mapping[str, Stubbing]
    """By qualified name: they make stubs."""
    types: tuple[str, ...]
    """Objects with `methods` that make stubs; as decorators they are given to the function."""
    fixtures: tuple[str, ...]
    """Names of the test framework's fixtures that are such objects."""
    modules: Mapping[str, str]
    """By the name of such a fixture: the library's module that it is."""
    methods: Mapping[str, Stubbing]
    route: Mapping[str, Stubbing]
    """Methods of what makes a stub: they say more of it."""
    replies: Mapping[str, Stubbing]
    """What makes a reply, by qualified name."""
    matchers: Mapping[str, Stubbing]
    """What makes a matcher, by qualified name."""
    constants: Mapping[str, str]
    """Methods that have a name, by qualified name."""
    recorded: tuple[str, ...]
    """Names of modules that give what was sent to any stub."""
    sent: Mapping[str, View]
    """Of what was sent, and of stubs, by member; a name that ends in `()` is a method."""
    status: int
    """What a reply has where none is said."""
    puppets: Puppets | None = None
    """Its objects have any attribute, and give what is set on them."""
    examples: tuple[Example, ...] = ()

    def names(self) -> list[str]:
        """The qualified names that mean something here."""
        makers = (*self.functions, *self.types, *self.replies, *self.matchers)
        return [*makers, *self.constants, *self.recorded]

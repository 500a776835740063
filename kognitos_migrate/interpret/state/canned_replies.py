"""Stubs of tests: what they reply, and how they were made."""

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand


class CannedReply(Struct):
    """The reply of a stub: the expressions that may be its JSON, its text and its status."""

    json: list[Operand] = field(default_factory=list)
    text: list[Operand] = field(default_factory=list)
    status: list[Operand] = field(default_factory=list)

    def extend(self, other: "CannedReply") -> None:
        """Add the expressions of another reply, in place of older values of the same expressions."""
        for own, others in (
            (self.json, other.json),
            (self.text, other.text),
            (self.status, other.status),
        ):
            places = {(operand.site, operand.frame) for operand in others}
            own[:] = [*(operand for operand in own if (operand.site, operand.frame) not in places), *others]


class Replacement(Struct, frozen=True):
    """A result that a test's double returns in place of a function of the program."""

    function: Site
    result: Operand


class Stub(Struct):
    """A test's expectation of a request: the mock library and its canned replies, by the site that registers
    them. No replies for an assertion on a request already sent."""

    mock: str
    replies: dict[Site, CannedReply] = field(default_factory=dict)
    function: Site | None = None
    """The function of the program that the double replaces."""
    name: str | None = None
    """The name that the test gives to the stub."""
    body_matchers: list[Operand] = field(default_factory=list)
    """Matchers for the body as it is sent, which aren't its JSON."""
    header_matchers: list[Operand] = field(default_factory=list)
    """Matchers for all headers."""
    required_headers: list[Operand] = field(default_factory=list)
    """Headers that the request has, perhaps among others."""
    possible_bodies: list[Operand] = field(default_factory=list)
    """Data that is expected beside the URL, and may be the body."""
    served: bool = False
    """It is a server on this machine, and no function of a client."""
    is_pattern: bool = False
    """Its URL is a regular expression."""
    sender: str | None = None
    """The short name of the client's function that the double replaces, where a test reads its calls."""
    is_single_call: bool = False
    """It is one call of that function, and no list of calls."""
    replaces_client: bool = False
    """It is a double in place of a client's function, or of one of the program that passes a URL on."""
    implies_method: bool = False
    """The client's function that it replaces sends requests of one method only."""

    def add_reply(self, site: Site, canned: CannedReply) -> None:
        """Add a reply that is made at a site, perhaps one of several."""
        self.replies.setdefault(site, CannedReply()).extend(canned)

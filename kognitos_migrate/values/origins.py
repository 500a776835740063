"""Origins of values that aren't known: a named source, and the reads that lead from it to the value.

job = os.environ["JOB"]                      # the environment variable JOB, with no read
key = json.load(file)["jobs"]["key"]         # the result of json.load, with two reads of items
"""

from kognitos_migrate.structs import HashedEnum, Struct, replace

UNKNOWN_KEY = "…"
"""How the source of a value shows a key that isn't known."""


class OriginKind(HashedEnum):
    """The kind of a named source."""

    NAME = "name"
    """A parameter, or anything else that only its text describes."""
    RESULT = "result"
    """The result of a function of a library."""
    MODULE = "module"
    """A module that is loaded by a name that isn't known."""
    VARIABLE = "environment variable"
    OPTION = "option"
    """An option of a command, with or without its dashes."""
    SETTING = "setting"
    """A setting by its keys, outermost first."""


class ReadKind(HashedEnum):
    """How a value is read from another one."""

    ATTRIBUTE = "attribute"
    ITEM = "item"
    ELEMENT = "element"
    """By iteration. Its name is unknown."""


class Read(Struct, frozen=True):
    """One read on the way from a source to a value."""

    kind: ReadKind
    name: str = UNKNOWN_KEY
    """The attribute or the key."""


class ValueOrigin(Struct, frozen=True):
    """A named source, and the reads that lead from it to a value, outermost first."""

    kind: OriginKind = OriginKind.NAME
    names: tuple[str, ...] = ()
    """The names of a setting, or the name of a variable, an option or a function."""
    reads: tuple[Read, ...] = ()

    def followed_by(self, read: Read) -> "ValueOrigin":
        """The origin of a value that is read from the value."""
        return replace(self, reads=(*self.reads, read))

    @property
    def owner(self) -> "ValueOrigin":
        """The origin of the value that the last read reads from."""
        return replace(self, reads=self.reads[:-1])

    def has_read(self, kind: ReadKind) -> bool:
        """Whether one of the reads is of a kind."""
        return any(read.kind is kind for read in self.reads)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the attributes and items that are read, outermost first."""
        return tuple(read.name for read in self.reads if read.kind is not ReadKind.ELEMENT)

    @property
    def known_keys(self) -> tuple[str, ...]:
        """The names of the attributes and items that are read behind the last one that isn't known."""
        keys = self.keys
        unknown = [place for place, key in enumerate(keys) if key == UNKNOWN_KEY]
        return keys[unknown[-1] + 1 :] if unknown else keys


NAMED = ValueOrigin()
"""The origin of a value that only its text describes."""

"""Class declarations: fields, dataclass-like kinds, method resolution orders."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Class, Symbol, Unknown, Value


class ClassField(Struct, eq=False):
    """An annotated name of a class."""

    name: str
    site: Site
    frame: int
    names: frozenset[str]
    """The names in its annotation."""
    enum: Class | None
    """The Enum in its annotation."""
    default: Operand | None
    specifier: Mapping[str, Operand] | None
    """What `field(...)` or `ClassField(...)` says of it."""
    by_name: bool
    """It is never given by its place."""


class ClassInfo(Struct, eq=False):
    """A class of the program, once its body has been run."""

    name: str
    site: Site
    frame: int
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    fields: tuple[ClassField, ...]
    """Annotated names in order: the parameters of a dataclass-like constructor."""
    decorators: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)


class DataclassLike(Struct, frozen=True):
    """How a class of the family is told, and what it can do."""

    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    after: tuple[str, ...] = ("__post_init__",)
    """Methods that are run when the fields are set."""
    whole: tuple[str, ...] = ()
    """Class methods that make an instance of a mapping."""
    text: tuple[str, ...] = ()
    """Class methods that make an instance of JSON text."""
    copies: tuple[str, ...] = ()
    """Methods that give a copy with some fields changed."""
    dumps: tuple[str, ...] = ()
    """Methods that give the fields as a dict."""
    given: tuple[str, ...] = ()
    """Attributes that say which fields were given."""
    is_tuple: bool = False
    """Instances are tuples of the fields too."""
    converts: bool = False
    """Values are checked, and turned into what the annotation says."""
    environment: bool = False
    """Fields that aren't given are looked for in the environment."""
    private: bool = False
    """A field `_name` is given as `name`."""


_PYDANTIC = DataclassLike(
    bases=("pydantic.BaseModel", "pydantic.main.BaseModel"),
    after=("model_post_init",),
    whole=("model_validate", "parse_obj"),
    text=("model_validate_json", "parse_raw"),
    copies=("model_copy", "copy"),
    dumps=("model_dump", "dict"),
    given=("model_fields_set", "__fields_set__"),
    converts=True,
)

DATACLASS_LIKES = (
    DataclassLike(decorators=("dataclasses.dataclass",)),
    DataclassLike(
        decorators=(
            *("attrs.define", "attrs.mutable", "attrs.frozen", "attr.s", "attr.attrs", "attr.dataclass"),
            *("attr.define", "attr.mutable", "attr.frozen", "attr.attributes"),
        ),
        after=("__attrs_post_init__",),
        private=True,
    ),
    DataclassLike(bases=("typing.NamedTuple",), is_tuple=True, copies=("_replace",), dumps=("_asdict",)),
    DataclassLike(bases=("msgspec.Struct",)),
    _PYDANTIC,
    DataclassLike(
        bases=(
            "pydantic_settings.BaseSettings",
            "pydantic.BaseSettings",
            "pydantic_settings.main.BaseSettings",
        ),
        after=_PYDANTIC.after,
        whole=_PYDANTIC.whole,
        text=_PYDANTIC.text,
        copies=_PYDANTIC.copies,
        dumps=_PYDANTIC.dumps,
        given=_PYDANTIC.given,
        converts=True,
        environment=True,
    ),
    DataclassLike(
        decorators=("pydantic.dataclasses.dataclass",),
        converts=True,
    ),
)


def dataclass_like_of(bases: frozenset[str], decorators: frozenset[str]) -> DataclassLike | None:
    """The family of a class with these bases and decorators."""
    return next(
        (
            family
            for family in DATACLASS_LIKES
            if not bases.isdisjoint(family.bases) or not decorators.isdisjoint(family.decorators)
        ),
        None,
    )


ENUMS = frozenset(("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag"))
ERRORS = ("Error", "Exception", "ExceptionGroup", "Warning", "Exit", "Interrupt", "Iteration")
"""Suffixes of the names of errors."""


class Mro(Struct, eq=False, dict=True):
    """The class and its bases, nearest first. What the classes hold may change, who they are may not."""

    infos: tuple[ClassInfo, ...]
    sites: tuple[Site, ...]
    """The class's own first, known or not."""
    base: "Mro | None" = None
    """That of its only base."""

    @classmethod
    def of(
        cls, value: Class, classes: Mapping[Site, ClassInfo], orders: Mapping[Site, "Mro"], sought: set[Site]
    ) -> "Mro":
        """That of `value`, as far as its bases are of the program; `orders` are those of other classes.
        Classes that have not been defined yet are added to `sought`."""
        derived = _derived(value, classes, orders)
        if derived is not None:
            return derived
        pending: list[Value] = [value]
        seen: set[Value] = set()
        infos: list[ClassInfo] = []
        while pending:
            current = pending.pop(0)
            if current in seen or not isinstance(current, Class):
                continue
            if current.site not in classes:
                sought.add(current.site)
                continue
            seen.add(current)
            info = classes[current.site]
            infos.append(info)
            pending.extend(choice for base in info.bases for choice in alternatives(base))
        return cls(tuple(infos), tuple(dict.fromkeys((value.site, *(info.site for info in infos)))))

    def attribute(self, name: str) -> Value:
        """What the class or the nearest base has under `name`; Never where none has."""
        for info in self.infos:
            if name in info.attributes:
                return info.attributes[name]
        return NEVER

    @cached_property
    def outside(self) -> tuple[Symbol, ...]:
        """The bases that are not of the program."""
        if self.base is not None:
            return self.base.outside
        return tuple(
            choice
            for info in self.infos
            for base in info.bases
            for choice in alternatives(base)
            if isinstance(choice, Symbol)
        )

    @cached_property
    def metaclasses(self) -> list[Class]:
        """The metaclasses of the program that they have."""
        metas = (info.keywords.get("metaclass") for info in self.infos if info.keywords)
        return [meta for meta in metas if isinstance(meta, Class)]

    @cached_property
    def outside_names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(base.name for base in self.outside)

    @cached_property
    def is_error(self) -> bool:
        """Whether its instances are errors."""
        return any(base.name.endswith(ERRORS) for base in self.outside)

    @cached_property
    def is_enum(self) -> bool:
        """Whether it is an Enum."""
        return not ENUMS.isdisjoint(self.outside_names)

    @cached_property
    def fields(self) -> tuple[ClassField, ...]:
        """The fields, in the order of the constructor's parameters."""
        found: dict[str, ClassField] = {}
        for info in reversed(self.infos):
            found.update({one.name: one for one in info.fields})
        return tuple(found.values())

    @cached_property
    def field_names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(one.name for one in self.fields)

    @cached_property
    def family(self) -> DataclassLike | None:
        """The family that it belongs to."""
        return dataclass_like_of(self.outside_names, frozenset(self._decorators()))

    def _decorators(self) -> Iterator[str]:
        for info in self.infos:
            for decorator in info.decorators:
                for choice in alternatives(decorator):
                    if isinstance(choice, Symbol):
                        yield choice.name
                    elif isinstance(choice, Unknown):
                        yield choice.source.removesuffix("()")


def _derived(value: Class, classes: Mapping[Site, ClassInfo], orders: Mapping[Site, Mro]) -> Mro | None:
    """The order of a class that has one base, whose own order is there."""
    info = classes.get(value.site)
    bases = [choice for base in info.bases for choice in alternatives(base)] if info is not None else []
    if info is None or len(bases) != 1 or not isinstance(bases[0], Class):
        return None
    base = orders.get(bases[0].site)
    if base is None or not base.infos or value.site in base.sites:
        return None
    return Mro((info, *base.infos), (value.site, *base.sites), base)

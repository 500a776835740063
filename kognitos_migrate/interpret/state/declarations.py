"""Class declarations: fields, dataclass-like kinds, method resolution orders."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Class, Symbol, Unknown, Value

IMPLICIT_METHODS = (
    *("__format__", "__str__", "__repr__", "__hash__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"),
)
"""The methods that make a text of an object or compare it, which builtin functions and operators call."""
INHERITED = Unknown("an inherited method", origin=None)
"""The value of such a method where a class statement may leave that of a base in place."""


class ClassField(Struct, eq=False):
    """An annotated name of a class body, or a name that is set to a field specifier."""

    name: str
    site: Site
    frame: int
    names: frozenset[str]
    """The names that occur in its annotation."""
    enum: Class | None
    """An Enum class of the program in its annotation."""
    default: Operand | None
    specifier: Mapping[str, Operand] | None
    """The keyword arguments of its `field(...)`, `Field(...)` or `attr.ib(...)`."""
    by_name: bool
    """Whether its constructor parameter is keyword-only."""


class ClassInfo(Struct, eq=False):
    """A class of the program whose body has been run."""

    name: str
    site: Site
    frame: int
    bases: tuple[Value, ...]
    attributes: dict[str, Value]
    fields: tuple[ClassField, ...]
    """Fields in order: the parameters of a dataclass-like constructor."""
    decorators: tuple[Value, ...]
    keywords: dict[str, Value] = field(default_factory=dict)


class DataclassLike(Struct, frozen=True):
    """A family of classes with generated constructors: its bases or decorators, and the methods it adds."""

    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    after: tuple[str, ...] = ("__post_init__",)
    """Methods that run after the fields are set."""
    whole: tuple[str, ...] = ()
    """Class methods that make an instance from a mapping."""
    text: tuple[str, ...] = ()
    """Class methods that make an instance from JSON text."""
    copies: tuple[str, ...] = ()
    """Methods that return a copy with some fields changed."""
    dumps: tuple[str, ...] = ()
    """Methods that return the fields as a dict."""
    field_set_names: tuple[str, ...] = ()
    """Attributes that contain the names of the fields that were set."""
    is_tuple: bool = False
    """Whether instances are also tuples of the fields."""
    converts: bool = False
    """Whether values are validated and converted to the annotated type."""
    has_field_methods: bool = False
    """Whether a method of the class that is decorated with `@name.validator` or `@name.default` validates a
    field `name`, or returns its default."""
    environment: bool = False
    """Whether missing fields are read from environment variables."""
    private: bool = False
    """Whether the constructor's parameter for a field `_name` is `name`."""


_PYDANTIC = DataclassLike(
    bases=("pydantic.BaseModel", "pydantic.main.BaseModel"),
    after=("model_post_init",),
    whole=("model_validate", "parse_obj"),
    text=("model_validate_json", "parse_raw"),
    copies=("model_copy", "copy"),
    dumps=("model_dump", "dict"),
    field_set_names=("model_fields_set", "__fields_set__"),
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
        has_field_methods=True,
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
        field_set_names=_PYDANTIC.field_set_names,
        converts=True,
        environment=True,
    ),
    DataclassLike(
        decorators=("pydantic.dataclasses.dataclass",),
        converts=True,
    ),
)


def dataclass_like_of(bases: frozenset[str], decorators: frozenset[str]) -> DataclassLike | None:
    """The family of a class with these bases and decorators; None if it has no generated constructor."""
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
"""Suffixes of the names of error classes."""


class Mro(Struct, eq=False, dict=True):
    """The linearization of a class: itself and its bases, nearest first. Its attributes may change, its
    members don't."""

    infos: tuple[ClassInfo, ...]
    sites: tuple[Site, ...]
    """The site of the class itself comes first, even if the class has not been defined yet."""
    base: "Mro | None" = None
    """The linearization of its base, if it has only one."""

    @classmethod
    def of(
        cls,
        value: Class,
        classes: Mapping[Site, ClassInfo],
        orders: Mapping[Site, "Mro"],
        undefined: set[Site],
    ) -> "Mro":
        """The linearization of `value` as far as its bases are classes of the program, breadth-first.

        `orders` are the linearizations of other classes. Classes that have not been defined yet are added to
        `undefined`.
        """
        derived = _single_base_mro(value, classes, orders)
        if derived is not None:
            return derived
        pending: list[Value] = [value]
        visited: set[Value] = set()
        infos: list[ClassInfo] = []
        while pending:
            current = pending.pop(0)
            if current in visited or not isinstance(current, Class):
                continue
            if current.site not in classes:
                undefined.add(current.site)
                continue
            visited.add(current)
            info = classes[current.site]
            infos.append(info)
            pending.extend(choice for base in info.bases for choice in alternatives(base))
        return cls(tuple(infos), tuple(dict.fromkeys((value.site, *(info.site for info in infos)))))

    def attribute(self, name: str) -> Value:
        """The attribute `name` of the class or of its nearest base; Never if none has it."""
        for info in self.infos:
            if name in info.attributes:
                return info.attributes[name]
        return NEVER

    @cached_property
    def outside(self) -> tuple[Symbol, ...]:
        """The bases that are not classes of the program."""
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
        """Their metaclasses that are classes of the program."""
        metas = (info.keywords.get("metaclass") for info in self.infos if info.keywords)
        return [meta for meta in metas if isinstance(meta, Class)]

    @cached_property
    def outside_names(self) -> frozenset[str]:
        """The qualified names of the bases outside of the program."""
        return frozenset(base.name for base in self.outside)

    @cached_property
    def is_error(self) -> bool:
        """Whether a base outside of the program is named like an error."""
        return any(base.name.endswith(ERRORS) for base in self.outside)

    @cached_property
    def is_enum(self) -> bool:
        return not ENUMS.isdisjoint(self.outside_names)

    @cached_property
    def fields(self) -> tuple[ClassField, ...]:
        """The fields, in the order of the constructor's parameters; a redeclared field keeps its first
        position."""
        fields: dict[str, ClassField] = {}
        for info in reversed(self.infos):
            fields.update({declared_field.name: declared_field for declared_field in info.fields})
        return tuple(fields.values())

    @cached_property
    def field_names(self) -> frozenset[str]:
        return frozenset(declared_field.name for declared_field in self.fields)

    @cached_property
    def family(self) -> DataclassLike | None:
        """The family of its generated constructor; None if it has none."""
        return dataclass_like_of(self.outside_names, frozenset(self._decorators()))

    def _decorators(self) -> Iterator[str]:
        for info in self.infos:
            for decorator in info.decorators:
                for choice in alternatives(decorator):
                    if isinstance(choice, Symbol):
                        yield choice.name
                    elif isinstance(choice, Unknown):
                        yield choice.source.removesuffix("()")


def _single_base_mro(
    value: Class, classes: Mapping[Site, ClassInfo], orders: Mapping[Site, Mro]
) -> Mro | None:
    """The linearization of a class with a single base, made from that of the base; None if there is no such
    one."""
    info = classes.get(value.site)
    bases = [choice for base in info.bases for choice in alternatives(base)] if info is not None else []
    if info is None or len(bases) != 1 or not isinstance(bases[0], Class):
        return None
    base = orders.get(bases[0].site)
    if base is None or not base.infos or value.site in base.sites:
        return None
    return Mro((info, *base.infos), (value.site, *base.sites), base)

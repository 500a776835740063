"""Families of classes that the library makes a constructor for, out of their annotated names."""

from kognitos_migrate.record import Struct


class Family(Struct, frozen=True):
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


_PYDANTIC = Family(
    bases=("pydantic.BaseModel", "pydantic.main.BaseModel"),
    after=("model_post_init",),
    whole=("model_validate", "parse_obj"),
    text=("model_validate_json", "parse_raw"),
    copies=("model_copy", "copy"),
    dumps=("model_dump", "dict"),
    given=("model_fields_set", "__fields_set__"),
    converts=True,
)

FAMILIES = (
    Family(decorators=("dataclasses.dataclass",)),
    Family(
        decorators=(
            *("attrs.define", "attrs.mutable", "attrs.frozen", "attr.s", "attr.attrs", "attr.dataclass"),
            *("attr.define", "attr.mutable", "attr.frozen", "attr.attributes"),
        ),
        after=("__attrs_post_init__",),
        private=True,
    ),
    Family(bases=("typing.NamedTuple",), is_tuple=True, copies=("_replace",), dumps=("_asdict",)),
    Family(bases=("msgspec.Struct",)),
    _PYDANTIC,
    Family(
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
    Family(
        decorators=("pydantic.dataclasses.dataclass",),
        converts=True,
    ),
)


def family_told(bases: frozenset[str], decorators: frozenset[str]) -> Family | None:
    """The family of a class with these bases and decorators."""
    return next(
        (
            family
            for family in FAMILIES
            if not bases.isdisjoint(family.bases) or not decorators.isdisjoint(family.decorators)
        ),
        None,
    )

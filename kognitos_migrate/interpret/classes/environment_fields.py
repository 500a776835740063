"""Fields of settings classes that are read from environment variables.

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__")
    key: str            # APP_KEY
    url: str = Field(alias="SERVICE_URL")
    api: Api            # its url: APP_API__URL
"""

import libcst as cst

from kognitos_migrate.interpret.classes.annotations import annotated_classes
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.declarations import ClassField
from kognitos_migrate.values.heap import DictObject, Instance, Operand
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Class,
    Text,
    Unknown,
    Value,
    environment_variable,
)

ALIASES = ("validation_alias", "alias")
"""The arguments of a field specifier that name a field from outside. Each may be several names."""


def environment_value(interpreter: Interpreter, instance: Instance, field: ClassField) -> Value:
    """The value of a field that the environment sets: an instance if its parts have variables of their
    own."""
    prefix, delimiter = (
        _text(config_entry(interpreter, instance.cls, key)) for key in ("env_prefix", "env_nested_delimiter")
    )
    name = _variable_name(field, prefix)
    classes = classes_of(interpreter, field) if delimiter and name else []
    if not classes:
        return _variable(name)
    return join(*(_part(interpreter, field, cls, f"{name}{delimiter}", delimiter, ()) for cls in classes))


def _part(
    interpreter: Interpreter,
    field: ClassField,
    cls: Class,
    prefix: str,
    delimiter: str,
    outer: tuple[Class, ...],
) -> Value:
    """The instance of a model in a field, whose own fields have variables with this prefix."""
    ref = interpreter.heap.new(Instance(field.site, field.frame, cls))
    instance = interpreter.heap[ref]
    assert isinstance(instance, Instance)
    interpreter.classes.instances.setdefault(cls.site, {})[ref] = None
    for inner in mro_of(interpreter, cls).fields:
        own_name = _variable_name(inner, "")
        name = f"{prefix}{own_name}" if own_name else ""
        own = [other for other in classes_of(interpreter, inner) if other not in (cls, *outer)]
        parts = (
            _part(interpreter, inner, other, f"{name}{delimiter}", delimiter, (cls, *outer)) for other in own
        )
        value = join(*parts) if own else _variable(name)
        default = inner.default.value if inner.default is not None else NEVER
        interpreter.stores += instance.put(inner.name, Operand(join(default, value), inner.site, inner.frame))
    return ref


def _variable_name(field: ClassField, prefix: str) -> str:
    """The variable of a field: its alias, which the prefix isn't added to, or else its name. Empty if it may
    have several."""
    for key in (*ALIASES, "env"):
        alias = field.specifier.get(key) if field.specifier is not None else None
        if alias is not None and alias.value != NONE:
            return _text(alias.value).upper()
    return f"{prefix}{field.name}".upper()


def _variable(name: str) -> Unknown:
    return environment_variable(name)


def classes_of(interpreter: Interpreter, field: ClassField) -> list[Class]:
    """The classes with fields of their own in the annotation of a field."""
    activation = interpreter.activations[field.frame]
    target = activation.tree.node(field.site)
    declaration = activation.tree.parent(target)
    if not isinstance(declaration, cst.AnnAssign):
        return []
    classes = annotated_classes(interpreter, activation, declaration.annotation, target)
    return [cls for cls in classes if mro_of(interpreter, cls).fields]


def config_entry(interpreter: Interpreter, cls: Class | None, key: str) -> Value:
    """An entry of the configuration of the class; Never if it has none."""
    for info in mro_of(interpreter, cls).infos if cls is not None else ():
        if key in info.keywords:
            return info.keywords[key]
    config = class_attribute(interpreter, cls, "model_config") if cls is not None else NEVER
    record = interpreter.heap.get(config)
    return record.get(key) if isinstance(record, DictObject) else NEVER


def _text(value: Value) -> str:
    return (value.literal or "") if isinstance(value, Text) else ""

"""TypedDicts that the program declares as types of replies."""

import libcst as cst

from kognitos_migrate.interpret.classes.annotations import annotated_classes
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.special_methods import TYPED_DICTS
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    Class,
    Reply,
    Value,
)


def note_reply_annotation(
    interpreter: Interpreter,
    act: Activation,
    annotation: cst.Annotation | None,
    value: Value,
    node: cst.CSTNode,
) -> None:
    """Record the replies in a value that an annotation declares to be of a TypedDict."""
    if annotation is not None and any(isinstance(choice, Reply) for choice in alternatives(value)):
        for cls in annotated_classes(interpreter, act, annotation, node):
            note_typed_dict(interpreter, cls, value)


def note_typed_dict(interpreter: Interpreter, cls: Class, value: Value) -> None:
    """Record the replies in a value that is declared to be of a class, if that is a TypedDict."""
    replies = join(*(choice for choice in alternatives(value) if isinstance(choice, Reply)))
    if replies is not NEVER and not mro_of(interpreter, cls).outside_names.isdisjoint(TYPED_DICTS):
        for info in interpreter.classes.mro(cls).infos:
            interpreter.facts.dict_types[info.site] = join(
                interpreter.facts.dict_types.get(info.site, NEVER), replies
            )

"""Fields of replies that expressions yield: `run["state"]`, a variable with it, `State(run["state"])`."""

import libcst as cst

from kognitos_migrate.interpret.narrowing import (
    constants_of,
    is_model,
    is_view,
    may_contain_reply,
    narrowings,
)
from kognitos_migrate.interpret.request_outcomes import STATUS
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Class, FieldSource, Ref, Reply, Text


def field_positions(facts: Facts, act: Activation, node: cst.CSTNode) -> list[FieldSource]:
    """The fields of replies that an expression yields, each with the variable that contains the reply."""
    match node:
        case cst.Name(spelled):
            sources = narrowings(act.env).sources
            return [source for source in sources if source.name == spelled and source.field != STATUS]
        case cst.Subscript(value=owner, slice=[cst.SubscriptElement(cst.Index(cst.SimpleString() as key))]):
            name = reply_variable(facts, act, owner)
            return [FieldSource("", str(literal_text(key)), name)] if contains_reply(facts, act, name) else []
        case cst.Call(
            func=cst.Attribute(owner, cst.Name("get")), args=[cst.Arg(cst.SimpleString() as key), *rest]
        ):
            name = reply_variable(facts, act, owner)
            default = _text_of_default(facts, act, rest)
            return (
                [FieldSource("", str(literal_text(key)), name, default)]
                if contains_reply(facts, act, name)
                else []
            )
        case cst.Attribute(value=cst.Name(name) as owner) if is_model(facts, act.tree, owner, act.frame.id):
            choices = list(alternatives(facts.values.get((act.site(node), act.frame.id), NEVER)))
            fields = {str(choice.path[-1]) for choice in choices if isinstance(choice, Reply) and choice.path}
            others = constants_of(join(*(choice for choice in choices if not isinstance(choice, Reply))))
            return (
                [FieldSource("", fields.pop(), name, others)]
                if len(fields) == 1 and others is not None
                else []
            )
        case cst.NamedExpr(value=value):
            return field_positions(facts, act, value)
        case cst.Call() if (member := facts.members.get((act.site(node), act.frame.id))) is not None:
            positions = field_positions(facts, act, act.tree.node(member.value))
            return [replace(source, enum=member.enum) for source in positions if source.enum is None]
        case cst.Attribute(value=owner, attr=cst.Name("value" | "_value_")):
            positions = field_positions(facts, act, owner)
            return [replace(source, enum=None) for source in positions if source.enum is not None]
        case _:
            return []


def _text_of_default(facts: Facts, act: Activation, rest: list[cst.Arg]) -> frozenset[str | None]:
    """The text that stands in for a missing field; None for anything else."""
    values = (facts.values.get((act.site(choice.value), act.frame.id), NEVER) for choice in rest)
    choices = [choice for value in values for choice in alternatives(value)]
    return frozenset(choice.literal if isinstance(choice, Text) else None for choice in choices)


def reply_variable(facts: Facts, act: Activation, node: cst.CSTNode) -> str:
    """The variable that contains the reply that an expression yields; empty if there is none."""
    match node:
        case cst.NamedExpr(target=cst.Name(name)) | cst.Name(name):
            return name
        case cst.Await(expression=cst.Call() as call) | (cst.Call() as call):
            receiver = call.func.value if isinstance(call.func, cst.Attribute) else None
            is_own = isinstance(receiver, cst.Name) and is_view(facts, act.tree, call, act.frame.id)
            return receiver.value if isinstance(receiver, cst.Name) and is_own else ""
        case _:
            return ""


def contains_reply(facts: Facts, act: Activation, name: str) -> bool:
    """Whether a name is a local variable that may contain a reply, and no dict that replies are merged
    into."""
    choices = list(alternatives(act.env.get(name, NEVER))) if name not in act.outer else []
    records = [facts.heap[choice] for choice in choices if isinstance(choice, Ref)]
    return any(isinstance(choice, Reply) for choice in choices) and not any(
        isinstance(choice, DictObject) and (choice.spreads or may_contain_reply(choice.any_entry()))
        for choice in records
    )


def is_comparable(facts: Facts, act: Activation, source: FieldSource, other: cst.CSTNode) -> bool:
    """Whether a field differs from a word if the comparison of an expression that yields it with `other`
    fails. A member of an Enum also differs from the text of its own value, and from other Enums' members."""
    if source.enum is None:
        return True
    match other:
        case cst.Attribute(value=owner):
            classes = list(alternatives(facts.values.get((act.site(owner), act.frame.id), NEVER)))
            return [choice.site if isinstance(choice, Class) else None for choice in classes] == [source.enum]
        case cst.Tuple(elements) | cst.List(elements) | cst.Set(elements):
            return all(is_comparable(facts, act, source, element.value) for element in elements)
    return False

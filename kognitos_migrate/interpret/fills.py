"""`f(**reply)`: a parameter takes the field of its name out of the reply."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Call, Here
from kognitos_migrate.interpret.state.events import ANOTHER, FIELDS, REQUIRED, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.base import NEVER, NONE, Lit, Reply, Text, Unknown, Value
from kognitos_migrate.values.heap import Given, Instance
from kognitos_migrate.values.join import alternatives, join


def is_payload(value: Value) -> bool:
    """Whether a value is the decoded body of a reply, and nothing else."""
    found = list(alternatives(value))
    return bool(found) and all(isinstance(one, Reply) and one.path == (View.JSON,) for one in found)


def spread_value(call: Call, name: str, default: Value = NEVER) -> Value:
    """What a parameter that is not given by name may be, where something is given as `**`; Never where
    nothing is."""
    found: list[Value] = []
    for given in call.arguments.keyword_spread:
        if not is_payload(given.value):
            found.append(Unknown(name))
        else:
            call.use(UseKind.FILL, given.value, given.site, Text((Lit(name),)), _said(default))
            found.extend(one.at(name) for one in alternatives(given.value) if isinstance(one, Reply))
    return join(*found) if found else NEVER


def _said(default: Value) -> str:
    """How a fill says the default of its parameter."""
    if default is NEVER:
        return REQUIRED
    if isinstance(default, Text) and default.literal is not None:
        return default.literal
    return "" if default == NONE else ANOTHER


def asked(here: Here, instance: Instance) -> None:
    """Note that an instance is asked which of its fields were given: those that the reply had."""
    values = (choice for value in instance.attributes.values() for choice in alternatives(value))
    requests = {one.request for one in values if isinstance(one, Reply) and one.path[:1] == (View.JSON,)}
    for request in sorted(requests):
        here.use(UseKind.ITERATE, Reply(request, (View.JSON,)), here.site, detail=FIELDS)


def walked(here: Here, spread: Iterable[Given]) -> None:
    """Note that what is given as `**` goes somewhere as a whole."""
    for given in spread:
        here.flows(given)
        here.use(UseKind.ITERATE, given.value, given.site, detail="spread into arguments")


def not_payloads(arguments: Arguments) -> Iterator[Given]:
    """What is given as `**` and is more (or other) than a reply."""
    return (given for given in arguments.keyword_spread if not is_payload(given.value))

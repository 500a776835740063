"""The arguments of a call, evaluated, and what is given as `*` and `**` taken apart."""

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import iterated_uses, replacements, things
from kognitos_migrate.interpret.machine import Machine
from kognitos_migrate.interpret.state.activation import Activation
from kognitos_migrate.values.base import NEVER, NONE, Value
from kognitos_migrate.values.heap import Given, Record, Sequence
from kognitos_migrate.values.join import alternatives, join


def take_arguments(m: Machine, act: Activation, node: cst.Call) -> Arguments:
    """The arguments of a call, evaluated; `*` and `**` taken apart as far as they are known."""
    taken = Arguments()
    for arg in node.args:
        given = m.given(act, arg.value)
        if arg.star == "*":
            iterated_uses(m, act, node, given, "walked over")
            lists = [thing for thing in things(m, given.value) if isinstance(thing, Sequence)]
            if len(lists) == 1 and lists[0].rest is NEVER and not taken.spread:
                taken.positional.extend(lists[0].items)
            else:
                taken.spread.append(given)
        elif arg.star == "**":
            taken.merged.append(given)
            _spread_keywords(m, given, taken)
        elif arg.keyword is not None:
            taken.keywords[arg.keyword.value] = given
            taken.holders[arg.keyword.value] = act.site(arg)
        else:
            taken.positional.append(given)
    return taken


def _spread_keywords(m: Machine, given: Given, taken: Arguments, depth: int = 0) -> None:
    """Make keywords of what is given as `**`."""
    records = [thing for thing in things(m, given.value) if isinstance(thing, Record)]
    if not records or len(records) != len(list(alternatives(given.value))) or depth > budgets.NESTING:
        if given.value != NONE:
            taken.keyword_spread.append(given)
        return
    own: dict[str, Value] = {}
    before = {*taken.keywords}
    for record in records:
        for name, entries in record.entries.items():
            values = [entry.given for entry in entries]
            best = values[-1]
            own[name] = join(own.get(name, NEVER), *(value.value for value in values))
            taken.keywords[name] = Given(own[name], best.site, best.frame)
            if not all(one.has_surely(name) for one in records):
                taken.optional.add(name)
            taken.holders[name] = entries[-1].holder
        for spread in record.spreads:
            kept = {name: given for name, given in taken.keywords.items() if record.set_after(name, spread)}
            holders = {name: taken.holders[name] for name in kept}
            _spread_keywords(m, spread, taken, depth + 1)
            taken.keywords.update(kept)
            taken.holders.update(holders)
        if record.shrinks and record.spreads:  # it may be one of those that was taken out
            taken.optional.update(name for name in {*taken.keywords} - before if not record.has_surely(name))
        if record.open:
            taken.keyword_spread.append(given)
        for name in [name for name in taken.keywords if name not in before]:
            taken.keywords[name] = _with_merged(m, record, name, taken.keywords[name], given)


def _with_merged(m: Machine, record: Record, name: str, entry: Given, spread: Given) -> Given:
    """An entry of the dict `spread`, or any value that a mapping puts in its place: no expression gives
    that but the dict. The fields of replies are told apart by the parameters that take them."""
    value = join(entry.value, replacements(m, record, name))
    return entry if value == entry.value else spread._replace(value=value)

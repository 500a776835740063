"""Narrowing by checks and cases: the statuses that the reply in a variable may have."""

import libcst as cst

from kognitos_migrate.interpret.narrowing import add_fields, is_reply_name, shown_fields
from kognitos_migrate.interpret.request_outcomes import (
    FAILURES,
    STATUS,
    SUCCESSES,
    Outcomes,
    matched_statuses,
    owner_of_status,
)
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import Activation, Environment
from kognitos_migrate.values.lattice import FieldFact

_EVERY = SUCCESSES | FAILURES


def limit_statuses(act: Activation, env: Environment, outcomes: Outcomes) -> None:
    """Limit the statuses of replies to these, in addition to earlier limits."""
    for name, statuses in outcomes.items():
        if is_reply_name(act, name):
            add_fields(env, name, {STATUS: FieldFact(frozenset(map(str, statuses)))})


def note_success(facts: Facts, act: Activation, call: cst.CSTNode) -> None:
    """Record that a method of a reply, which raises an error for a failed request, has returned."""
    facts.returned[act.site(call), act.frame.id] = {STATUS: FieldFact(frozenset(map(str, SUCCESSES)))}
    function = call.func if isinstance(call, cst.Call) else None
    owner = function.value if isinstance(function, cst.Attribute) else None
    if isinstance(owner, cst.Name) and owner.value not in act.outer:
        limit_statuses(act, act.env, {owner.value: SUCCESSES})


def narrow_status(facts: Facts, act: Activation, subject: cst.CSTNode, pattern: cst.MatchPattern) -> None:
    """Limit the statuses to those that a pattern matches. A name that captures the status has the limits of
    its reply."""
    limit_statuses(act, act.env, matched_statuses(facts, act, subject, _literals(pattern)))
    if isinstance(pattern, cst.MatchAs) and pattern.pattern is None and pattern.name is not None:
        owner = owner_of_status(facts, act, subject)
        limits = shown_fields(act.env, owner).get(STATUS) if owner is not None else None
        if limits:
            add_fields(act.env, pattern.name.value, {STATUS: limits})


def exclude_statuses(
    facts: Facts, act: Activation, env: Environment, subject: cst.CSTNode, pattern: cst.MatchPattern
) -> None:
    """Limit the statuses in `env` to those that a pattern of literals doesn't match."""
    for literal in _literals(pattern):
        for name, statuses in matched_statuses(facts, act, subject, [literal]).items():
            if len(statuses) == 1:
                limit_statuses(act, env, {name: _EVERY - statuses})


def _literals(pattern: cst.MatchPattern) -> list[cst.BaseExpression]:
    """The literals that a pattern consists of; none if it has another part."""
    written = (
        [alternative.pattern for alternative in pattern.patterns]
        if isinstance(pattern, cst.MatchOr)
        else [pattern]
    )
    literals = [part.value for part in written if isinstance(part, cst.MatchValue)]
    return literals if len(literals) == len(written) else []

"""The states of a ledger's entries, in words, and in the order in which people want to see them."""

from kognitos_migrate.report.ledger.model import State

WORDS = {
    State.MIGRATED: "on v2",
    State.FIXABLE: "fixable now",
    State.ADAPTABLE: "adaptable",
    State.UNSAFE: "needs a judgement",
    State.MANUAL: "by hand",
    State.HALF: "half-migrated",
    State.UNCLEAR: "not understood",
    State.KEPT: "kept",
    State.ADAPTED: "adapted",
    State.NAMED: "in text",
    State.SUPPRESSION: "comment to mend",
}
MEANINGS = {
    State.MIGRATED: "nothing is left to do",
    State.FIXABLE: "`kognitos-migrate fix` migrates it",
    State.ADAPTABLE: "`kognitos-migrate fix --adapt` migrates it",
    State.UNSAFE: "`kognitos-migrate fix --unsafe` migrates it",
    State.MANUAL: "each says what holds it back",
    State.HALF: "it calls v2 as if it were v1",
    State.UNCLEAR: "look at what is sent there",
    State.KEPT: "suppressed by a comment",
    State.ADAPTED: "on v2, and its replies are put back into v1's shape",
    State.NAMED: "scripts, settings, documents and comments that name v1",
    State.SUPPRESSION: "it suppresses nothing, has expired or is wrong",
}
URGENCY = (
    State.FIXABLE,
    State.ADAPTABLE,
    State.UNSAFE,
    State.HALF,
    State.MANUAL,
    State.UNCLEAR,
    State.ADAPTED,
    State.SUPPRESSION,
    State.NAMED,
    State.KEPT,
    State.MIGRATED,
)
"""What can be done first comes first."""
BAR = (
    State.MIGRATED,
    State.FIXABLE,
    State.ADAPTABLE,
    State.UNSAFE,
    State.MANUAL,
    State.HALF,
    State.UNCLEAR,
)
"""The parts of a bar of progress, from what is done to what is farthest from it."""

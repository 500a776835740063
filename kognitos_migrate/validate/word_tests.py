"""Tests of a value for a word: `run["state"] == "done"`, `state in ("done", "failed")`."""

from kognitos_migrate.validate.symbolic_terms import Term, TermKind


class WordTest:
    """A test of a value for equality with a constant, or for membership in several ones."""

    def __init__(self, subject: Term, words: set[Term], *, is_negated: bool) -> None:
        self.subject, self.words, self.is_negated = subject, words, is_negated

    @staticmethod
    def of(term: Term) -> "WordTest | None":
        """The test in a comparison. None for any other term."""
        if term.kind is not TermKind.OPERATION or term.detail != "Comparison" or len(term.operands) != 2:
            return None
        subject, target = term.operands
        if len(target.operands) != 2:
            return None
        operator, other = target.operands[0].detail, target.operands[1]
        if operator in ("Equal", "NotEqual"):
            if subject.kind is TermKind.LITERAL:
                subject, other = other, subject
            words = {other}
        elif operator in ("In", "NotIn"):
            words = set(other.operands)
        else:
            return None
        if not words or any(word.kind is not TermKind.LITERAL for word in words):
            return None
        return WordTest(subject, words, is_negated=operator.startswith("Not"))

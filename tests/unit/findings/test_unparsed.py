"""The advice for a file that can't be parsed fits its fault."""

import pytest

from kognitos_migrate.findings.factories import syntax_error
from kognitos_migrate.syntax.parser_input import SourceSyntaxError
from kognitos_migrate.syntax.parsing import parse


@pytest.mark.parametrize(
    ("text", "reason", "advice"),
    [
        ("print(\n", "syntax-error", "fix the syntax error"),
        ("x = '" + "a" * 2_000_001 + "'\n", "file-too-large", "split the file"),
        ("x = " + "[" * 500 + "]" * 500 + "\n", "file-too-large", "split the file"),
    ],
    ids=["a bracket that is not closed", "too large", "too deep"],
)
def test_the_advice_fits_the_fault(text: str, reason: str, advice: str) -> None:
    with pytest.raises(SourceSyntaxError) as caught:
        parse("a.py", text)
    finding = syntax_error("a.py", text, caught.value, [])
    assert (finding.code, finding.reason) == ("KOG901", reason)
    assert advice in finding.fix.message

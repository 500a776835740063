"""Form feeds in front of statements: the text is read, and keeps them."""

import pytest

from kognitos_migrate.syntax.parser_input import SourceSyntaxError, without_form_feeds
from kognitos_migrate.syntax.parsing import parse


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n\fdef f():\n    return 1\n",
        "x = 1\n\f\fdef f():\n    return 1\n",
        "\fimport os\n\f\n\fclass A:\n\n    x = 1\n",
        "x = 1\r\n\fy = 2\r\n",
    ],
)
def test_every_place_is_known(text: str) -> None:
    tree = parse("a.py", text)
    for statement in tree.module.body:
        assert tree.code(statement) in text
    assert tree.code(tree.module.body[-1]).strip() == text.rsplit("\f", 1)[1].strip().replace("\r\n", "\n")


@pytest.mark.parametrize("text", ['x = """\n\fabc\n"""\n', "x = 1\n", "x = (\n\f1)\n\fdef f(\n"])
def test_a_text_that_would_be_another_program_stays(text: str) -> None:
    assert without_form_feeds(text) == text


@pytest.mark.parametrize("text", ['x = "\0"\n', "x = 1\n# \0\n", "\0"])
def test_a_nul_is_no_python(text: str) -> None:
    with pytest.raises(SourceSyntaxError, match="NUL"):
        parse("a.py", text)

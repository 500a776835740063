"""Spans are those that LibCST's own provider finds, and the text is that of the module."""

import libcst as cst
import pytest
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

from kognitos_migrate.syntax.spans import written

from .test_children import TEXTS

ENDS = ["", "\n", "x", "x\n", "# x", "if x:\n    y", "if x: y\n\n  # z\n", "(\n  x # y\n)", "é = 'ü' ; ü\r\n"]


@pytest.mark.parametrize("text", [*TEXTS, *ENDS])
def test_spans_are_those_of_libcst(text: "str | bytes") -> None:
    module = cst.parse_module(text)
    found = written(module)
    assert found.text == module.code
    size = len(found.text.encode())
    expected = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    for node, span in expected.items():
        # LibCST counts a newline at the end that isn't there.
        assert found.spans[id(node)] == (min(span.start, size), min(span.start + span.length, size)), node

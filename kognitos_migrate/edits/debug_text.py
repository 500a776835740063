"""Self-documenting expressions, whose text is written out before an edit changes them.

f"{run['state']=}"    becomes    f"run['state']={v1_state(run['status'])!r}"
"""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Tree


def preserve_debug_text(context: ProgramTrees, edits: Collection[PendingEdit]) -> Iterator[PendingEdit]:
    """Pending edits that write out the text of each self-documenting expression that others change."""
    for path in sorted({edit.span.path for edit in edits}):
        tree = context.trees[path]
        edited = [edit.span for edit in edits if edit.span.path == path]
        for field in tree.of_kind(cst.FormattedStringExpression):
            if isinstance(field, cst.FormattedStringExpression) and field.equal is not None:
                span = tree.span(field.expression)
                if any(map(span.contains, edited)):
                    yield _debug_text_edit(tree, field, span)


def _debug_text_edit(tree: Tree, field: cst.FormattedStringExpression, expression: Span) -> PendingEdit:
    whole = tree.span(field)
    tail = tree.utf8_text[expression.end : whole.end]
    end = expression.end + tail.index(b"=") + 1
    echo = tree.utf8_text[whole.start + 1 : end].decode("utf-8", "surrogatepass")
    following = tree.utf8_text[end : whole.end]
    rest = following.lstrip(b" ")
    echo += " " * (len(following) - len(rest))
    conversion = "" if field.conversion is not None or field.format_spec is not None else "!r"
    text = echo.replace("{", "{{").replace("}", "}}")
    return PendingEdit(whole, (f"{text}{{", expression, f"{conversion}{rest.decode()}"))

"""The replacement of known text in a text: `path.replace("{id}", run_id)`."""

from kognitos_migrate.interpret.strings import cut_literal, text_pieces
from kognitos_migrate.interpret.text_templates import BRACES, DOLLARS, mark_text
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import concat
from kognitos_migrate.values.lattice import Hole, Lit, Text, Value


def replace_in_text(text: Text, old: str, new: Operand) -> Value | None:
    """The result of `text.replace(old, new)`. None if unknown text may contain `old`: values that are filled
    in contain no placeholders."""
    if text.literal is None:
        if not any(pattern.fullmatch(old) for pattern in (BRACES, DOLLARS)):
            return None
    elif text.literal.count(old) > sum(part.text.count(old) for part in text.parts if isinstance(part, Lit)):
        return None
    choices: list[list[Text]] = []
    for part in text.parts:
        if isinstance(part, Hole):
            choices.append([Text((part,))])
            continue
        start = 0
        while (end := part.text.find(old, start)) >= 0:
            choices.append([Text((cut_literal(part, start, end),) if end > start else ())])
            mark = cut_literal(part, end, end + len(old))
            choices.append([mark_text(filled, mark) for filled in text_pieces(new)])
            start = end + len(old)
        choices.append([Text((cut_literal(part, start, len(part.text)),) if start < len(part.text) else ())])
    return concat(choices)

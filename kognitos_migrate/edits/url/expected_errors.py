"""Edits of the texts that tests expect in errors of the program, where these contain edited URLs."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from kognitos_migrate.conversations.expected_errors import (
    UNKNOWN_PART,
    ExpectedErrors,
    ExpectedErrorText,
    aligned_start,
    fixed_start,
    names_operation,
    overlaps,
    starts_in_errors,
)
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.allowed_texts import text_after
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.use_details import IN_ERROR
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.text_search.bounded_regex import has_match
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Class, Lit, Symbol, Value
from kognitos_migrate.values.texts import known_text, literals


class _TextChange(NamedTuple):
    """A range of a literal and its new text. `loses_segment` means that the new path lacks the segment behind
    it."""

    start: int
    end: int
    text: str
    loses_segment: bool = False


_OPERATORS = r"\.[({*+?|^"
"""The characters behind a segment that may begin something else than themselves in a pattern."""
_OPERATOR = re.compile(r"(?<!\\)[.\[({*+?|]|\\[A-Za-z]")
"""A part of a pattern that stands for other characters."""
_TEXT_METHODS = ("__init__", "__new__", "__str__", "__repr__")
"""Methods that may make the text of an error."""


def edits_for_error_texts(
    context: PlanContext, use: Use, site: Site, edit: PendingEdit
) -> Sequence[PendingEdit] | None:
    """The edits of texts that tests expect in an error with a text of the program, after an edit of its
    literal at `site`. None if that isn't certain, or if other code looks at the texts of errors.

        raise Refused(f"{path} -> {status}")                   # "/v8/job/" in the path is edited
        with pytest.raises(Refused, match="/v8/job/7 -> 404")
    """
    expected = context.memoize(ExpectedErrors)
    readers = [context.matches[number] for number in context.requests.by_url_part.get(site, ())]
    if (
        use.detail != IN_ERROR
        or not expected.is_known
        or any(_is_shortened(expected, own) for own in readers)
    ):
        return None
    edits, lost_words = list[PendingEdit](), {_word_before_lost_segment(own) for own in readers}
    for part in literals(use.value):
        if part.site != site:
            continue
        start = edit.span.start - context.span(site).start - part.offset
        end = start + edit.span.end - edit.span.start
        if text_after(context, part, edit) is None or not part.text.isascii():
            return None
        changes = [
            _TextChange(
                start, end, "".join(map(str, edit.parts)), part.text[start:end].strip("/") in lost_words
            )
        ]
        own = _changed_texts(context, expected, part.text, changes, _whole_message(context, use))
        if own is None:
            return None
        edits += own
    return edits


def edits_for_error_urls(context: PlanContext, match: Match, use: Use) -> Iterator[PendingEdit]:
    """The edits of texts that tests expect in an error with the URL of a request. Raises RefusalError if one
    contains a part of the path that isn't in the new one, or that can't be edited."""
    expected = context.memoize(ExpectedErrors)
    if use.detail != IN_ERROR or not expected.is_known or not match.operation.old.path:
        return
    path, changes, place = fixed_start(match.operation), list[_TextChange](), 1
    becomes = {change.index: change.text for change in segment_changes(match)}
    for index, part in enumerate(match.operation.old.path):
        if part.text is not None and place <= len(path) and index in becomes:
            changes.append(_TextChange(place, place + len(part.text), becomes[index] or ""))
        place += len(part.text or "") + 1
    edits = _changed_texts(context, expected, path, changes)
    if edits is None or (edits and _is_shortened(expected, match)):
        message = "a test expects the URL of the request in the text of this error"
        raise RefusalError(use.site, "address", message, "expect other words of the error there")
    yield from edits


def _is_shortened(expected: ExpectedErrors, match: Match) -> bool:
    """Whether a test expects the path of a request in an error, and the new path has fewer segments."""
    is_lost = any(change.text is None for change in segment_changes(match))
    return is_lost and any(names_operation(own.text, match.operation) for own in expected.texts)


def _word_before_lost_segment(match: Match) -> str | None:
    """The fixed word in front of a segment that only the old path has; None if there is none."""
    old = match.operation.old.path
    lost = [change.index for change in segment_changes(match) if change.text is None]
    return old[lost[0] - 1].text if lost and lost[0] else None


def _changed_texts(
    context: PlanContext,
    expected: ExpectedErrors,
    literal: str,
    changes: Sequence[_TextChange],
    message: str | None = None,
) -> Sequence[PendingEdit] | None:
    """The edits of the expected texts that contain a changed range of a literal, which may be in a whole
    `message`. None if one contains the old text of a range in another way, or isn't written out in a test."""
    edits: list[PendingEdit] = []
    for own in expected.texts:
        for change in changes:
            start, end = change.start, change.end
            place = aligned_start(own.text, literal, start, end)
            if place is None:
                if _is_unexplained(context, own.text, literal[start:end]):
                    return None
                continue
            if _may_match_others(context, own.text, literal[start:end].strip("/")):
                return None
            other = _excess_of_other_errors(context, own.text, literal, (place, place + end - start))
            if other > 0 and message is not None and _lacks(message, own.text):
                continue  # of that other error
            if other >= 0:
                return None
            until = place + end - start
            if change.loses_segment:
                until = end_of_lost_segment(own.text, until)
            edit = _edit_at(context, own, place, until, change.text)
            if edit is None or _is_in_other_error(context, literal[start:end]):
                return None
            edits.append(edit)
    return edits


def end_of_lost_segment(text: str, end: int) -> int:
    """The end of the path segment behind a word that ends at a place of a text. Behind the text, if a pattern
    may match more than that segment.

    >>> end_of_lost_segment("GET job/7: failed", len("GET job/"))
    9
    >>> end_of_lost_segment("job/.*", len("job/"))
    7
    """
    segment = re.compile(r"[\w-]*" if text[end - 1] == "/" else r"(/[\w-]*)?").match(text, end)
    place = segment.end() if segment is not None else end
    return place if text[place : place + 1] not in [*_OPERATORS, UNKNOWN_PART, "/"] else len(text) + 1


def _whole_message(context: PlanContext, use: Use) -> str | None:
    """The text of the error that a use creates, if its only argument is known. None if that isn't certain."""
    tree = context.tree(use.site)
    match context.node(use.site):
        case cst.Call(function, [cst.Arg(argument, keyword=None, star="")]):
            errors = list(alternatives(context.value(tree.site(function), use.frame)))
            is_whole = all(_shows_its_argument(context, error) for error in errors)
            return known_text(context.value(tree.site(argument), use.frame)) if is_whole else None
    return None


def _shows_its_argument(context: PlanContext, error: Value) -> bool:
    """Whether the text of an error of a class is its only argument: no method of the program makes it."""
    if isinstance(error, Symbol):
        return error.name.startswith("builtins.")
    info = context.facts.classes.get(error.site) if isinstance(error, Class) else None
    if info is None or info.keywords or not info.attributes.keys().isdisjoint(_TEXT_METHODS):
        return False
    return all(_shows_its_argument(context, base) for bases in info.bases for base in alternatives(bases))


def _lacks(message: str, text: str) -> bool:
    """Whether a message contains an expected text neither as it is nor as a pattern."""
    is_contained = _without_escapes(text).casefold() in message.casefold()
    return not is_contained and has_match(text, message) is False


def _without_escapes(pattern: str) -> str:
    return re.sub(r"\\(\W)", r"\1", pattern)


def _may_match_others(context: PlanContext, text: str, word: str) -> bool:
    """Whether an expected text is a pattern that may also match the text of another error with a word."""
    is_pattern = _OPERATOR.search(text) is not None
    words = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    return is_pattern and any(words.search(part) for part in context.memoize(_other_error_texts))


def _excess_of_other_errors(context: PlanContext, text: str, literal: str, place: tuple[int, int]) -> int:
    """The number of characters around a place that an expected text has in common with the literal of another
    error, and not with `literal`. Negative if it has more in common with that one."""
    plain, (start, end) = _without_escapes(text), (len(_without_escapes(text[:at])) for at in place)

    def common(part: str) -> int:
        covering = (
            length
            for shift, length in overlaps(plain, part)
            if max(shift, 0) <= start and end <= max(shift, 0) + length
        )
        return max(covering, default=0)

    others = [common(part) for part in context.memoize(_other_error_texts)]
    return max(others, default=-1) - common(literal) if any(others) else -1


def _is_unexplained(context: PlanContext, text: str, word: str) -> bool:
    """Whether an expected text contains a word other than between spaces, as `.run.` or `/run`, in no part
    that the URL of an error may be."""
    pattern = rf"(?<=[^\w ]){re.escape(word)}(?!\w)|(?<!\w){re.escape(word)}(?=[^\w ])"
    places = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
    starts = context.memoize(_starts_in_errors) if places else ()
    ranges = [(max(shift, 0), length) for own in starts for shift, length in overlaps(text, own)]
    return not all(any(low <= start and end <= low + size for low, size in ranges) for start, end in places)


def _is_in_other_error(context: PlanContext, word: str) -> bool:
    """Whether an error of the program contains a word beside a slash in a literal that is in no URL."""
    pattern = re.compile(rf"(?<=/){re.escape(word)}(?!\w)|(?<!\w){re.escape(word)}(?=/)")
    return any(pattern.search(text) is not None for text in context.memoize(_other_error_texts))


def _other_error_texts(context: PlanContext) -> frozenset[str]:
    """The literals in errors of the program that are in no URL."""
    return frozenset(
        part.text
        for use in context.facts.uses
        if use.detail == IN_ERROR and use.site.path not in context.facts.tests
        for part in literals(use.value)
        if part.site not in context.requests.by_url_part
    )


def _starts_in_errors(context: PlanContext) -> list[str]:
    return starts_in_errors(context, context.matches, context.requests.by_url_part)


def _edit_at(
    context: PlanContext, own: ExpectedErrorText, start: int, end: int, text: str
) -> PendingEdit | None:
    """The edit of a range of an expected text; None if it isn't written in a literal of a test."""
    lit, place = own.literal_at(start, end) or (Lit(""), 0)
    if lit.site is None or lit.offset < 0 or lit.site.path not in context.facts.tests:
        return None
    if not isinstance(context.node(lit.site), cst.SimpleString | cst.FormattedStringText):
        return None
    first = context.span(lit.site).start + lit.offset + len(lit.text[:place].encode())
    return PendingEdit(Span(lit.site.path, first, first + end - start), (text,))

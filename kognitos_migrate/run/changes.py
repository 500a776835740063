"""From planned conversations to changed texts."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.edits.composed import edits_of
from kognitos_migrate.edits.draft import OverlapError
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.classify import Planned, applicability
from kognitos_migrate.findings.finding import Applicability, Change
from kognitos_migrate.source.span import Edit, apply_edits
from kognitos_migrate.syntax.tree import SourceSyntaxError, parse

BUG = "the result would not be valid Python; this is a bug of kognitos-migrate, please report it"


def applies(one: Planned, level: Applicability) -> bool:
    """Whether a conversation is changed where all fixes up to `level` are asked for."""
    return isinstance(one.outcome, Plan) and level.applies(applicability(one.outcome))


def changes_of(
    scene: Scene, planned: list[Planned], level: Applicability
) -> tuple[list[Planned], list[Change]]:
    """The changed texts; a conversation whose edits break another's, or the syntax, is taken back."""
    accepted = [one for one in planned if applies(one, level)]
    while True:
        plans = [one.outcome for one in accepted if isinstance(one.outcome, Plan)]
        try:
            edits = edits_of(scene, plans)
            texts = {path: tree.text for path, tree in scene.trees.items()}
            changes = list(_parsed(changed(texts, edits)))
            break
        except (OverlapError, SourceSyntaxError) as error:
            last = accepted.pop()
            reason = "overlap" if isinstance(error, OverlapError) else "bug"
            message = "its edits meet those of another conversation" if reason == "overlap" else BUG
            planned = [taken_back(one, reason, message) if one is last else one for one in planned]
    return planned, changes


def taken_back(one: Planned, reason: str, message: str) -> Planned:
    """A conversation that stays as it is after all."""
    if isinstance(one.outcome, Refusal):
        return one
    return Planned(
        one.conversation, Refusal(one.conversation.matches[0].request.site, reason, message, None), ()
    )


def changed(texts: Mapping[str, str], edits: Mapping[str, list[Edit]]) -> Iterator[Change]:
    """What edits (by file) make of `texts` (by file); a file that is not among them is new."""
    for path, found in edits.items():
        before = texts.get(path)
        after = apply_edits(before or "", found)
        if after != before:
            yield Change(path, before, after, tuple(found))


def _parsed(changes: Iterator[Change]) -> Iterator[Change]:
    """The changes, each of which gives Python. Raises SourceSyntaxError."""
    for change in changes:
        parse(change.path, change.after)
        yield change

"""From planned conversations to changed texts."""

from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.edits.composed import edits_of
from kognitos_migrate.edits.draft import OverlapError
from kognitos_migrate.edits.plan import Plan, Refusal
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.classify import Planned, applicability
from kognitos_migrate.findings.finding import Applicability, Change
from kognitos_migrate.record import Struct
from kognitos_migrate.source.span import Edit, apply_edits
from kognitos_migrate.syntax.again import parse_again
from kognitos_migrate.syntax.compiler import require_compilable
from kognitos_migrate.syntax.tree import SourceSyntaxError, Tree, parse

OVERLAP = "its edits meet those of another conversation"
BUG = "the result would not be valid Python; this is a bug of kognitos-migrate, please report it"


def applies(one: Planned, level: Applicability) -> bool:
    """Whether a conversation is changed where all fixes up to `level` are asked for."""
    return isinstance(one.outcome, Plan) and level.applies(applicability(one.outcome))


class Changes(Struct, frozen=True):
    """What plans make of a program: those that are carried out, the changed texts, and the trees of these by
    file."""

    planned: list[Planned]
    texts: list[Change]
    trees: Mapping[str, Tree]


def changes_of(scene: Scene, planned: list[Planned], level: Applicability) -> Changes:
    """What plans make of a program; a conversation whose edits break another's, or the syntax, is taken
    back."""
    texts = {path: tree.text for path, tree in scene.trees.items()}
    while True:
        planned, edits = fitting(scene, planned, level)
        changes = list(changed(texts, edits))
        try:
            return Changes(planned, changes, {one.path: _parsed(scene, one) for one in changes})
        except SourceSyntaxError:
            guilty = _guilty(scene, planned, level) or [_last(planned, level)]
            planned = [taken_back(one, "bug", BUG) if one in guilty else one for one in planned]


def _guilty(scene: Scene, planned: list[Planned], level: Applicability) -> list[Planned]:
    """The conversations whose edits break the syntax on their own."""
    return [one for one in planned if applies(one, level) and not _is_valid_alone(scene, one)]


def _is_valid_alone(scene: Scene, plan: Planned) -> bool:
    """Whether the edits of one plan, and no others, leave valid Python."""
    try:
        texts = {path: tree.text for path, tree in scene.trees.items()}
        for change in changed(texts, _by_file(plan.edits)):
            _parsed(scene, change)
    except SourceSyntaxError:
        return False
    return True


def _parsed(scene: Scene, change: Change) -> Tree:
    """The tree of a changed text. Raises SourceSyntaxError where Python doesn't compile it."""
    require_compilable(change.path, change.before, change.after)
    before = scene.trees.get(change.path)
    if before is None:
        return parse(change.path, change.after)
    return parse_again(before, change.edits, change.after)


def fitting(
    scene: Scene, planned: list[Planned], level: Applicability
) -> tuple[list[Planned], Mapping[str, list[Edit]]]:
    """The edits of all of them, by file; a conversation whose edits meet those of another is taken back."""
    while True:
        accepted = [one for one in planned if applies(one, level)]
        if len(accepted) == 1 and accepted[0].edits:
            return planned, _by_file(accepted[0].edits)
        plans = [one.outcome for one in accepted if isinstance(one.outcome, Plan)]
        try:
            return planned, edits_of(scene, plans)
        except OverlapError:
            last = _last(planned, level)
            planned = [taken_back(one, "overlap", OVERLAP) if one is last else one for one in planned]


def _by_file(edits: Iterable[Edit]) -> Mapping[str, list[Edit]]:
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.span.path, []).append(edit)
    return found


def _last(planned: list[Planned], level: Applicability) -> Planned:
    """The last of those that are carried out."""
    return [one for one in planned if applies(one, level)][-1]


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

"""Fixes that need a change of a settings file. If that can't be changed, they are withheld.

Without the settings file, the migration would be half done: the code would call the new version, and the
settings name the old one. The file isn't changed if it is outside of the user's paths, because programs out
there may read it, or if code reads it that stays on the old version.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.findings.result import (
    HELD_BACK,
    Applicability,
    Change,
    DeployStep,
    Finding,
    Fix,
    Place,
    Result,
    Step,
    merge_findings,
)
from kognitos_migrate.rulebook.codes import IN_FILE
from kognitos_migrate.run.deployment_steps import SettingsSteps
from kognitos_migrate.run.shared_settings import BlockedFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import Struct, replace


class FixLevel(Struct, frozen=True):
    """A level of fixes: in a run that fixes up to it, or in one that shows what a fix up to it would do."""

    applicability: Applicability
    following: Applicability = Applicability.MANUAL
    """The next level that a finding needs."""
    is_written: bool = False
    """Whether this run makes the changes."""

    @classmethod
    def all_of(cls, result: Result, chosen: Applicability | None) -> Sequence["FixLevel"]:
        """The levels that the findings need, in ascending order: from the `chosen` one on, if that is not
        None."""
        needed = {finding.fix.applicability for finding in result.findings} - {_MANUAL}
        order = [level for level in Applicability if level in needed or level is chosen]
        order = order[order.index(chosen) :] if chosen is not None else order
        pairs = zip(order, (*order[1:], _MANUAL), strict=True)
        return [cls(level, following, level is chosen) for level, following in pairs]

    def view(self, result: Result, deployment: Iterable[DeployStep]) -> Result:
        """`result` as a fix up to this level sees it: higher ones are no fixes. `deployment` are the steps of
        all levels."""
        if self.is_written and result.changes:
            return result
        findings = tuple(
            finding if self.applicability.applies(finding.fix.applicability) else _without_fix(finding)
            for finding in result.findings
        )
        fixed = {finding.place for finding in findings if finding.fix.applicability is not _MANUAL}
        others = {finding.place for finding in findings} - fixed
        own = tuple(step for step in deployment if step.place not in others)
        return replace(result, findings=findings, changes=(), deployment=own)

    def is_first(self, finding: Finding) -> bool:
        """Whether a run up to this level fixes the finding, and none up to a lower level."""
        if self.is_written:
            return self.applicability.applies(finding.fix.applicability)
        return finding.fix.applicability is self.applicability

    def files_changed_together(self, paths: Collection[str], result: Result) -> set[str]:
        """The files, and all files that a fix up to this level changes together with one of them."""
        groups: dict[int, set[str]] = {}
        for finding in result.findings:
            if finding.fix.edits and self.applicability.applies(finding.fix.applicability):
                group = groups.setdefault(id(finding.fix.edits), {finding.place.path})
                group.update({finding.place.path, *(edit.span.path for edit in finding.fix.edits)})
        joint = {*paths}
        while joined := [
            group for group in groups.values() if not joint.isdisjoint(group) and not joint >= group
        ]:
            joint.update(*joined)
        return joint


_MANUAL = Applicability.MANUAL


def _without_fix(finding: Finding) -> Finding:
    return replace(finding, fix=Fix(_MANUAL, finding.fix.message))


def fit_fixes_to_settings(
    result: Result, chosen: Applicability | None, steps_of: Callable[[Result], SettingsSteps]
) -> tuple[Result, SettingsSteps]:
    """`result` with the changes of settings files, and without the fixes whose settings files can't change.

    `chosen` is the level of the fix, and None if nothing is fixed. `steps_of` returns the lines of settings
    files that contain the old version; those of `chosen`, or of all fixes, are returned. A fix whose settings
    file can change with those of a higher level becomes one of that level.
    """
    every = result.deployment
    highest = FixLevel(chosen or Applicability.UNSAFE, is_written=chosen is not None)
    steps = steps_of(highest.view(result, every))
    if not (steps.needs_changes or steps.steps):  # no settings file names the old version
        return result, steps
    changes: dict[str, tuple[Change, Applicability]] = {}
    for level in FixLevel.all_of(result, chosen):
        before, of_level = None, steps_of(level.view(result, every))
        while of_level.blocked and result is not before:  # programs without fixes may share another file
            before = result
            result = _withhold_shared(
                _withhold_out_of_reach(result, of_level.blocked, level), of_level, level
            )
            of_level = steps_of(level.view(result, every))
        for change in of_level.changes:
            changes.setdefault(change.path, (change, level.applicability))
        steps = of_level if level.is_written or chosen is None else steps
    return _with_settings_changes(result, steps.changes, changes.values()), steps


def files_outside_paths(files: Sequence[str]) -> str:
    """The message on files of a conversation that are not given."""
    *most, last = files
    names = f"{', '.join(most)} and {last}" if most else last
    return f"the conversation includes {names}, which {'are' if most else 'is'}n't in PATHS"


def _withhold_out_of_reach(result: Result, files: Iterable[BlockedFile], level: FixLevel) -> Result:
    """`result` without the fixes and changes of programs that read settings files outside of the user's
    paths."""
    affected = {
        file.path: level.files_changed_together(file.programs, result)
        for file in files
        if file.caller is None
    }
    joint = DisjointSets(affected)
    for (path, programs), (other, others) in combinations(affected.items(), 2):
        if not programs.isdisjoint(others):
            joint.join(path, other)
    for group in joint.groups():
        fix = Fix(_MANUAL, files_outside_paths(group))
        paths = {path for file in group for path in affected[file]}
        withheld = partial(replace, fix=fix, reason="not-given", help=None)
        result = _withhold(result, paths, withheld, replace(level, following=_MANUAL))
    return result


def _withhold_shared(result: Result, steps: SettingsSteps, level: FixLevel) -> Result:
    """`result` without the fixes and changes of programs that read settings which other code needs as they
    are. The fixes become ones of the following level."""
    for file in steps.blocked:
        if file.caller is not None:
            paths = level.files_changed_together(file.programs, result)
            withheld = partial(_with_sharing, file.path, file.caller, level.following)
            result = _withhold(result, paths, withheld, level)
    return result


def _with_sharing(path: str, caller: Place, level: Applicability, finding: Finding) -> Finding:
    """A finding whose settings file a caller of the old version reads, too. A fix up to `level` changes
    both."""
    where = f"{caller.path}:{caller.row}"
    message = f"{path} has the version, and {where} may read it, which stays on the old version"
    trace = tuple(dict.fromkeys((*finding.trace, Step(caller, f"{HELD_BACK}{message}"))))
    finding = replace(finding, reason="shared-setting", trace=trace, help=None)
    if level is _MANUAL:
        return replace(finding, fix=Fix(level, message))
    notes = dict.fromkeys((*finding.notes, f"{where} may read {path}, too: both are migrated together"))
    return replace(finding, fix=replace(finding.fix, applicability=level), notes=tuple(notes))


def _withhold(
    result: Result, affected: Collection[str], withheld: Callable[[Finding], Finding], level: FixLevel
) -> Result:
    """`result` without the changes of some files at a level: their findings are those of `withheld`."""

    def change(finding: Finding) -> Finding:
        is_affected = any(edit.span.path in affected for edit in finding.fix.edits)
        return withheld(finding) if is_affected and level.is_first(finding) else finding

    findings = tuple(map(change, result.findings))
    if findings == result.findings:
        return result
    remaining = {(finding.place, finding.code) for finding in result.remaining}
    added = (
        finding
        for finding, before in zip(findings, result.findings, strict=True)
        if finding is not before and (finding.place, finding.code) not in remaining
    )
    fixed = {finding.place for finding in findings if level.applicability.applies(finding.fix.applicability)}
    deployment = (
        step for step in result.deployment if step.place.path not in affected or step.place in fixed
    )
    is_final = level.is_written or level.following is _MANUAL
    return replace(
        result,
        findings=findings,
        remaining=merge_findings(map(change, result.remaining), added),
        changes=tuple(
            change for change in result.changes if not level.is_written or change.path not in affected
        ),
        deployment=tuple(deployment) if is_final else result.deployment,
    )


def _with_settings_changes(
    result: Result, own: Sequence[Change], changes: Iterable[tuple[Change, Applicability]]
) -> Result:
    """`result` with the changes of settings files that belong to those of the code, `own`.

    The mentions of the old version that they replace are fixed, too. `changes` are all that a fix makes, each
    with the lowest level that makes it.
    """
    fixes = {
        (change.path, row): Fix(level, f"becomes {edit.text}, together with the code that reads it")
        for change, level in changes
        for row, edit in _edits_by_row(change)
    }
    written = own if result.changes else ()
    paths = {change.path for change in written}

    def fix_of(finding: Finding) -> Fix | None:
        place = finding.place
        return fixes.get((place.path, place.row)) if finding.code == IN_FILE.code else None

    def with_fix(finding: Finding) -> Finding:
        fix = fix_of(finding)
        return replace(finding, fix=fix, reason=None) if fix is not None else finding

    remaining = (
        finding for finding in result.remaining if finding.place.path not in paths or fix_of(finding) is None
    )
    return replace(
        result,
        findings=tuple(map(with_fix, result.findings)),
        remaining=tuple(map(with_fix, remaining)),
        changes=(*result.changes, *written),
    )


def _edits_by_row(change: Change) -> Iterator[tuple[int, Edit]]:
    lines = LineIndex(change.before or "")
    for edit in change.edits:
        yield lines.position(edit.span.start).row, edit

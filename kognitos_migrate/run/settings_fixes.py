"""Fixes that need a change of a settings file. If that can't be changed, they are withheld.

Without the settings file, the migration would be half done: the code would call the new version, and the
settings name the old one. The file isn't changed if it is outside of the user's paths, because programs out
there may read it, or if code reads it that stays on the old version.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.findings.result import Applicability, Change, Finding, Fix, Result
from kognitos_migrate.rulebook.codes import IN_FILE
from kognitos_migrate.run.deployment_steps import SettingsSteps
from kognitos_migrate.run.shared_settings import BlockedFile
from kognitos_migrate.source.positions import LineIndex
from kognitos_migrate.source.text_edits import Edit
from kognitos_migrate.structs import replace


def fit_fixes_to_settings(
    result: Result, steps: SettingsSteps, steps_of: Callable[[Result], SettingsSteps]
) -> tuple[Result, SettingsSteps]:
    """`result` with the changes of settings files, and without the fixes whose settings files can't change.

    `steps` are the settings to change for `result`, and `steps_of` returns those for another one.
    """
    while steps.blocked:  # the programs that lose their fixes may share another file
        result = _withhold_out_of_reach(result, [file for file in steps.blocked if file.caller is None])
        result = _withhold_shared(result, steps.blocked)
        steps = steps_of(result)
    return _with_settings_changes(result, steps.changes), steps


def _withhold_out_of_reach(result: Result, files: Sequence[BlockedFile]) -> Result:
    """`result` without the fixes and changes of programs that read settings files outside of the user's
    paths."""
    affected = {file.path: _with_whole_conversations({*file.programs}, result.findings) for file in files}
    joint = DisjointSets(affected)
    for (path, programs), (other, others) in combinations(affected.items(), 2):
        if not programs.isdisjoint(others):
            joint.join(path, other)
    for group in joint.groups():
        verb = "isn't" if len(group) == 1 else "aren't"
        message = f"its conversation includes {', '.join(group)}, which {verb} in PATHS"
        result = _withhold(result, {path for file in group for path in affected[file]}, message, "not-given")
    return result


def _withhold_shared(result: Result, files: Iterable[BlockedFile]) -> Result:
    """`result` without the fixes and changes of programs that read settings which other code needs as they
    are."""
    for file in files:
        if file.caller is not None:
            caller = f"{file.caller.path}:{file.caller.row}"
            message = f"{file.path} has the version, and {caller} may read it, which stays on the old version"
            result = _withhold(result, file.programs, message, "shared-setting")
    return result


def _withhold(result: Result, paths: Collection[str], message: str, reason: str) -> Result:
    """`result` without the fixes and changes of some files, and of the files that change with them."""
    affected = _with_whole_conversations({*paths}, result.findings)
    fix = Fix(Applicability.MANUAL, message)

    def withhold(finding: Finding) -> Finding:
        if affected.isdisjoint(_edited_files(finding)):
            return finding
        return replace(finding, fix=fix, reason=reason, help=None)

    findings = tuple(map(withhold, result.findings))
    before = {(finding.place, finding.code) for finding in result.remaining}
    added = (
        finding
        for finding in findings
        if finding.reason == reason and (finding.place, finding.code) not in before
    )
    remaining = (*map(withhold, result.remaining), *added)
    return replace(
        result,
        findings=findings,
        remaining=tuple(sorted(remaining, key=lambda finding: (finding.place, finding.code))),
        changes=tuple(change for change in result.changes if change.path not in affected),
        deployment=tuple(step for step in result.deployment if step.place.path not in affected),
    )


def _edited_files(finding: Finding) -> Collection[str]:
    return {edit.span.path for edit in finding.fix.edits}


def _with_whole_conversations(paths: Collection[str], findings: Iterable[Finding]) -> set[str]:
    """The files, and all files that a fix changes together with one of them."""
    groups = list({id(finding.fix.edits): _edited_files(finding) for finding in findings}.values())
    affected = {*paths}
    while joined := [
        group for group in groups if not affected.isdisjoint(group) and not affected >= {*group}
    ]:
        affected.update(*joined)
    return affected


def _with_settings_changes(result: Result, changes: Sequence[Change]) -> Result:
    """`result` with the changes of settings files that belong to those of the code.

    The mentions of the old version that they replace are fixed, too. In a result without changes, `changes`
    are those that a fix would make.
    """
    if not changes:
        return result
    new_texts = {(change.path, row): edit.text for change in changes for row, edit in _edits_by_row(change)}
    offered = {finding.fix.applicability for finding in result.findings} - {Applicability.MANUAL}
    order = list(Applicability)
    level = max(offered, key=order.index, default=Applicability.SAFE)

    def is_replaced(finding: Finding) -> bool:
        return finding.code == IN_FILE.code and (finding.place.path, finding.place.row) in new_texts

    def with_fix(finding: Finding) -> Finding:
        if not is_replaced(finding):
            return finding
        new_text = new_texts[finding.place.path, finding.place.row]
        fix = Fix(level, f"becomes {new_text}, together with the code that reads it")
        return replace(finding, fix=fix, reason=None)

    findings = tuple(map(with_fix, result.findings))
    if not result.changes:
        return replace(result, findings=findings, remaining=tuple(map(with_fix, result.remaining)))
    remaining = tuple(finding for finding in result.remaining if not is_replaced(finding))
    return replace(result, findings=findings, remaining=remaining, changes=(*result.changes, *changes))


def _edits_by_row(change: Change) -> Iterator[tuple[int, Edit]]:
    lines = LineIndex(change.before or "")
    for edit in change.edits:
        yield lines.position(edit.span.start).row, edit

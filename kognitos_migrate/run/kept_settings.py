"""Changes of environment files that are modules of the program, line by line.

Changes of files that stay as they are become steps before the deployment: a file that git ignores belongs
to one machine, and git can't restore it. A plan changes code alone.
"""

from collections.abc import Collection, Iterator, Mapping

from kognitos_migrate.findings.result import (
    DeployStep,
    Finding,
    Place,
    Result,
    SettingKind,
    distinct_edits,
)
from kognitos_migrate.source.content import is_environment_file
from kognitos_migrate.source.file import SourceFile, file_text
from kognitos_migrate.source.text_edits import Edit, apply_edits
from kognitos_migrate.structs import replace


def without_kept_files(result: Result, sources: Mapping[str, SourceFile]) -> Result:
    """`result` without its changes of files that stay as they are, or those that a fix would make. Each of
    their lines is a step of the deployment."""
    kept = {path for path, source in sources.items() if source.data is not None and source.data.is_kept}
    steps = list(_steps_in(kept, result, sources))
    if not steps:
        return result

    def without_edits(finding: Finding) -> Finding:
        edits = tuple(edit for edit in finding.fix.edits if edit.span.path not in kept)
        return replace(finding, fix=replace(finding.fix, edits=edits)) if finding.fix.edits else finding

    return replace(
        result,
        findings=tuple(map(without_edits, result.findings)),
        remaining=tuple(map(without_edits, result.remaining)),
        changes=tuple(change for change in result.changes if change.path not in kept),
        deployment=(*result.deployment, *steps),
    )


def with_fixed_mentions(result: Result, sources: Mapping[str, SourceFile]) -> Result:
    """`result` with fixes for the mentions of the old version in those lines of environment files that the
    changes replace, or the fixes would."""
    files = {path for path in sources if sources[path].data is not None and is_environment_file(path)}
    if not files:
        return result
    from kognitos_migrate.run.settings_fixes import with_replaced_mentions

    lines = _steps_in(files, result, sources)
    return with_replaced_mentions(result, {(line.place.path, line.place.row): line.instead for line in lines})


def _steps_in(
    files: Collection[str], result: Result, sources: Mapping[str, SourceFile]
) -> Iterator[DeployStep]:
    """The lines of environment files that the changes replace, or the fixes would, as steps."""
    edits_by_path: dict[str, list[Edit]] = {}
    for edit in distinct_edits(finding.fix for finding in result.findings) if files else ():
        if edit.span.path in files:
            edits_by_path.setdefault(edit.span.path, []).append(edit)
    texts = {path: apply_edits(sources[path].text, edits) for path, edits in edits_by_path.items()}
    if result.changes:
        texts = {change.path: change.after for change in result.changes if change.path in files}
    return (step for path, text in sorted(texts.items()) for step in _steps(sources[path], text))


def _steps(source: SourceFile, text: str) -> Iterator[DeployStep]:
    """The variables of a file that change if the text of its module becomes `text`."""
    assert source.data is not None
    changed = replace(source.data, raw=file_text(source, text))
    for (key, old), (_, new) in zip(source.data.root.pairs or (), changed.root.pairs or (), strict=True):
        if old.value != new.value:
            row, column = old.row + 1, old.column + 1
            place = Place(source.path, row, column, row, column + old.end - old.start)
            written, instead = str(old.value), str(new.value)
            yield DeployStep(SettingKind.FILE, str(key.value), place, written, instead)

"""Several projects as one: whatever was found in any of them."""

from kognitos_migrate.findings.finding import Place, Result, Searched, Skipped
from kognitos_migrate.record import replace
from kognitos_migrate.report.ledger.model import Ledger, Project
from kognitos_migrate.report.moved import moved


def joined(ledger: Ledger) -> Result:
    """What was found in the projects of a ledger. Where there are several, paths begin with their names."""
    results = [one.result for one in ledger.projects]
    if len(results) > 1:
        results = [_below(one) for one in ledger.projects]
    return Result(
        findings=tuple(one for result in results for one in result.findings),
        blind_spots=tuple(one for result in results for one in result.blind_spots),
        problems=tuple(one for result in results for one in result.problems),
        suppressed=tuple(one for result in results for one in result.suppressed),
        gone=tuple(one for result in results for one in result.gone),
        missing=tuple(one for result in results for one in result.missing),
        deployment=tuple(one for result in results for one in result.deployment),
        files=sum(result.files for result in results),
        searched=Searched(
            sum(result.searched.files for result in results),
            sum(result.searched.binary for result in results),
            sum(result.searched.too_large for result in results),
        ),
        skipped=Skipped(
            sum(result.skipped.binary for result in results),
            sum(result.skipped.too_large for result in results),
            sum(result.skipped.generated for result in results),
        ),
    )


def _below(project: Project) -> Result:
    """What was found in a project, with its name before the paths."""

    def path(path: str) -> str:
        return f"{project.name}/{path}"

    def move(place: Place) -> Place:
        return replace(place, path=path(place.path))

    result = moved(project.result, move)
    return replace(
        result,
        problems=tuple(replace(one, path=path(one.path)) for one in result.problems),
        gone=tuple(replace(one, path=path(one.path)) for one in result.gone),
    )

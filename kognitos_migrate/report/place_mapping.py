"""Maps the places of a result, for example into the cells of notebooks."""

import re
from collections.abc import Callable

from kognitos_migrate.findings.result import Finding, Place, Result
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.structs import replace

_CELL = re.compile(r"(.*\.ipynb):cell (\d+)", re.DOTALL)

Move = Callable[[Place], Place]


def relocate_result(result: Result, move: Move) -> Result:
    """`result` with all places mapped by `move`."""
    return replace(
        result,
        findings=tuple(_move_finding(finding, move) for finding in result.findings),
        remaining=tuple(_move_finding(finding, move) for finding in result.remaining),
        blind_spots=tuple(replace(spot, place=move(spot.place)) for spot in result.blind_spots),
        suppressed=tuple(
            replace(
                suppression,
                finding=_move_finding(suppression.finding, move),
                place=move(suppression.place) if suppression.place else None,
            )
            for suppression in result.suppressed
        ),
        missing=tuple(
            replace(missing, places=tuple(map(move, missing.places))) for missing in result.missing
        ),
        migrated=tuple(replace(call, place=move(call.place)) for call in result.migrated),
        deployment=tuple(step.relocate(move) for step in result.deployment),
    )


def into_cells(locations: DisplayLocations) -> Move:
    """A mapping of places in notebooks to places in cells: `notebook.ipynb:cell 3`, as in messages."""

    def move(place: Place) -> Place:
        start = locations.in_cell(place.path, place.row, place.column)
        end = locations.in_cell(place.path, place.end_row, place.end_column)
        if start is None or end is None:
            return place
        return Place(cell_path(place.path, start.cell), start.row, start.column, end.row, end.column)

    return move


def cell_path(path: str, cell: int | None) -> str:
    """The path of a notebook's cell. `path` itself if `cell` is None."""
    return path if cell is None else f"{path}:cell {cell}"


def file_and_cell(path: str) -> tuple[str, int | None]:
    """The file and the cell in a path. The cell is None for a path without one."""
    match = _CELL.fullmatch(path)
    return (match[1], int(match[2])) if match else (path, None)


def _move_finding(finding: Finding, move: Move) -> Finding:
    trace = tuple(replace(step, place=move(step.place)) for step in finding.trace)
    return replace(finding, place=move(finding.place), trace=trace)

"""The places that the findings of a result explain."""

from kognitos_migrate.findings.result import Place, PlaceConverter, Result, distinct_edits


class ExplainedPlaces:
    """The files with findings, and the rows that requests explain."""

    def __init__(self, result: Result, places: PlaceConverter) -> None:
        self.places, self.are_empty = places, not (result.findings or result.suppressed)
        self._files = {
            place.path
            for finding in (*result.findings, *(suppression.finding for suppression in result.suppressed))
            for place in (finding.place, *(step.place for step in finding.trace))
        }
        self._files.update(result.files_around)
        self._files.update(
            edit.span.path for edit in distinct_edits(finding.fix for finding in result.findings)
        )
        self._rows = {
            (place.path, row)
            for place in result.literals_without_finding
            for row in range(place.row, place.end_row + 1)
        }

    def has_file(self, path: str) -> bool:
        """Whether a file has a finding, a step of a trace, or an edit."""
        return path in self._files

    def has(self, place: Place) -> bool:
        """Whether a finding or a request explains the place."""
        return place.path in self._files or (place.path, place.row) in self._rows

"""Writes a ledger as JSON.

It contains the data of `check --format json`, and the projects with their conversations.
"""

from collections.abc import Iterable, Mapping

from msgspec import to_builtins

from kognitos_migrate.findings.result import Place
from kognitos_migrate.report.escape import json_text
from kognitos_migrate.report.json_report import (
    VERSION,
    Json,
    JsonWriter,
    error,
    gone_entry,
    progress_of_programs,
)
from kognitos_migrate.report.ledger.model import Ledger, LedgerEntry, Project, join_projects
from kognitos_migrate.report.ledger.statistics import (
    Delta,
    Difference,
    LedgerComparison,
    MigrationProgress,
    Row,
    Tally,
)
from kognitos_migrate.report.place_mapping import file_and_cell
from kognitos_migrate.report.programs import Programs, exclude_safe
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace

MADE_BY = "kognitos-migrate report"
"""The value of `made_by` that distinguishes the JSON of a report from that of `check`."""


def ledger_json(
    ledger: Ledger, sources: Mapping[str, SourceFile], comparison: LedgerComparison | None = None
) -> str:
    """The ledger as JSON, in ASCII.

    Edits in `sources` have rows and columns. Edits in other files, as in joined reports, have only byte
    offsets, and those in notebooks are left out.
    """
    parts = [
        _ProjectWriter(project, _CellWriter(sources, project.fingerprints)) for project in ledger.projects
    ]
    writer = _CellWriter({}, {})
    document: Json = {
        "version": VERSION,
        "made_by": MADE_BY,
        "findings": [finding for part in parts for finding in part.findings()],
        "summary": writer.summary(join_projects(ledger)),
        "progress": _progress(Tally.of(ledger)),
        "blockers": [blocker for part in parts for blocker in part.blockers()],
        "blind_spots": [spot for part in parts for spot in part.blind_spots()],
        "before_you_deploy": [step for part in parts for step in part.deployment()],
        "errors": [problem for part in parts for problem in part.errors()],
        "suppressed": [suppression for part in parts for suppression in part.suppressed_findings()],
        "baseline": {"gone": [entry for part in parts for entry in part.gone()]},
        "projects": [part.project() for part in parts],
    }
    if comparison is not None:
        document["comparison"] = _comparison(comparison, writer)
    return json_text(document)


class _CellWriter(JsonWriter):
    """Writes places in notebooks with their cell."""

    def place(self, place: Place) -> Json:
        """A place. In a notebook, with the cell."""
        path, cell = file_and_cell(place.path)
        if cell is None:
            return super().place(place)
        location = super().place(replace(place, path=""))
        return {**location, "filename": path, "cell": cell}


class _ProjectWriter:
    """Writes one project. Objects that `check` writes too get the key `project`."""

    def __init__(self, project: Project, writer: JsonWriter) -> None:
        self._project = project
        self._result = project.result
        self._writer = writer
        self._programs = Programs(project.result.findings)

    def findings(self) -> Iterable[Json]:
        """The findings."""
        return map(self._with_project_name, map(self._writer.finding, self._result.findings))

    def blockers(self) -> Iterable[Json]:
        """The blockers of findings that `fix` leaves."""
        blockers = self._programs.blockers(exclude_safe(self._result.findings))
        return map(self._with_project_name, map(self._writer.blocker, blockers))

    def suppressed_findings(self) -> Iterable[Json]:
        """The suppressed findings."""
        return map(self._with_project_name, map(self._writer.suppressed_finding, self._result.suppressed))

    def blind_spots(self) -> Iterable[Json]:
        """The blind spots."""
        return map(self._with_project_name, map(self._writer.blind_spot, self._result.blind_spots))

    def deployment(self) -> Iterable[Json]:
        """The settings to check before its changes are deployed."""
        return map(self._with_project_name, map(self._writer.deploy_step, self._result.deployment))

    def errors(self) -> Iterable[Json]:
        """The problems."""
        return map(self._with_project_name, map(error, self._result.problems))

    def gone(self) -> Iterable[Json]:
        """The entries of the baseline that no longer occur."""
        return map(self._with_project_name, map(gone_entry, self._result.gone))

    def project(self) -> Json:
        """The project with its conversations."""
        project = self._project
        return {
            "name": project.name,
            "date": project.date,
            "files": self._result.files,
            "programs": progress_of_programs(self._programs, exclude_safe(self._result.findings)),
            "other_files": to_builtins(self._result.searched),
            "skipped": to_builtins(self._result.skipped),
            "configuration": {"filename": project.configuration, "lacking": project.lacking},
            "keys": {setting: list(keys) for setting, keys in self._result.keys.items()},
            "missing": [self._writer.missing(missing) for missing in self._result.missing],
            "homes": [
                {"filename": path, "package": home.package, "owners": list(home.owners)}
                for path, home in project.homes.items()
            ],
            "conversations": [self._entry(entry) for entry in project.entries],
        }

    def _entry(self, entry: LedgerEntry) -> Json:
        return {
            "id": entry.id,
            "state": entry.state.value,
            "fingerprints": [self._project.fingerprints[finding] for finding in entry.findings],
            "migrated": [
                {
                    "code": call.code,
                    "name": call.name,
                    "message": call.message,
                    **self._writer.place(call.place),
                }
                for call in entry.calls
            ],
            "excerpts": to_builtins(entry.excerpts),
            "diffs": to_builtins(entry.diffs),
        }

    def _with_project_name(self, document: Json) -> Json:
        return {**document, "project": self._project.name}


def _progress(tally: Tally) -> Json:
    return {
        "percent": tally.conversations.percent(),
        "conversations": _states(tally.conversations),
        "calls": _states(tally.calls),
        "by_project": _rows(tally.by_project),
        "by_operation": _rows(tally.by_operation),
        "by_owner": _rows(tally.by_owner),
        "by_package": _rows(tally.by_package),
        "by_file": _rows(tally.by_file),
    }


def _rows(rows: Iterable[Row]) -> Json:
    return {row.label: _states(row.progress) for row in rows}


def _states(progress: MigrationProgress) -> Json:
    return {state.value: count for state, count in progress.by_state.items()}


def _comparison(comparison: LedgerComparison, writer: JsonWriter) -> Json:
    return {
        "since": comparison.since,
        "percent": {"before": comparison.before.percent(), "now": comparison.now.percent()},
        "new": [_difference(difference, writer) for difference in comparison.new],
        "gone": [_difference(difference, writer) for difference in comparison.gone],
        "by_operation": {delta.label: _delta(delta) for delta in comparison.by_operation},
        "by_file": {delta.label: _delta(delta) for delta in comparison.by_file},
    }


def _difference(difference: Difference, writer: JsonWriter) -> Json:
    finding = difference.finding
    return {
        "project": difference.project,
        "code": finding.code,
        "message": finding.message,
        **writer.place(finding.place),
        "fingerprint": difference.fingerprint,
    }


def _delta(delta: Delta) -> Json:
    return {
        "before": delta.before,
        "gone": delta.gone,
        "new": delta.new,
        "now": delta.now,
        "migrated": {"before": delta.migrated_before, "now": delta.migrated_now},
    }

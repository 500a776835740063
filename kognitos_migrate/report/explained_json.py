"""What is told of one place, for programs. The shape has a version; what it has now is only ever added to."""

from collections.abc import Mapping
from pathlib import Path

from kognitos_migrate.findings.accounts import Account
from kognitos_migrate.findings.explanation import Explanation, Passing, Target, Told
from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.findings.unlock import what_unlocks
from kognitos_migrate.report.diff import diff_text
from kognitos_migrate.report.escape import json_text
from kognitos_migrate.report.json_ import Json, Writer
from kognitos_migrate.report.paint import Paint
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.locations import Locations
from kognitos_migrate.syntax.logical import Rows

VERSION = 1


def explained_json(explanation: Explanation, sources: Mapping[str, SourceFile], root: Path) -> str:
    """All that is told as JSON, in ASCII. `root` is the folder that fingerprints are relative to."""
    every = [
        member
        for told in explanation.told
        for member in (told.finding, *(one.finding for one in told.members))
    ]
    every += [one.finding for one in explanation.passing]
    writer = Writer(sources, digests(dict.fromkeys(every), sources, root))
    target = explanation.target
    document: Json = {
        "version": VERSION,
        **_target(target, explanation.rows, Locations(sources)),
        "findings": [_told(told, writer) for told in explanation.told],
        "steps": [_passing(one, writer) for one in explanation.passing],
        "requests": [_request(one, writer) for one in explanation.requests],
        "notes": list(explanation.notes),
    }
    return json_text(document)


def _target(target: Target, rows: Rows, where: Locations) -> Json:
    """The place that was asked for: of a notebook, with the cell, whose code has the rows."""
    cell = where.in_cell(target.path, target.row, 1)
    ahead = target.row - cell.row if cell is not None else 0
    return {
        "filename": target.path,
        **({"cell": cell.cell} if cell is not None else {}),
        "row": target.row - ahead,
        "column": target.column,
        "rows": {"first": rows.first - ahead, "last": rows.last - ahead},
    }


def _told(told: Told, writer: Writer) -> Json:
    finding = told.finding
    unlocks = what_unlocks(finding)
    return {
        **writer.finding(finding),
        "not_reported": told.hidden,
        "members": [{**_named(one.finding, writer), "not_reported": one.hidden} for one in told.members],
        "diff": diff_text(told.changes, Paint(), writer.sources),
        "unlock": {"what": unlocks, "add": told.unlock} if unlocks is not None else None,
    }


def _passing(one: Passing, writer: Writer) -> Json:
    return {**writer.place(one.step.place), "message": one.step.text, "finding": _named(one.finding, writer)}


def _named(finding: Finding, writer: Writer) -> Json:
    return {"code": finding.code, "message": finding.message, **writer.place(finding.place)}


def _request(one: Account, writer: Writer) -> Json:
    return {
        **writer.place(one.place),
        "sent": one.sent,
        "client": one.client,
        "standing": one.standing.value,
        "message": one.said,
        "evidence": list(one.evidence),
        "unlock": one.unlock,
    }

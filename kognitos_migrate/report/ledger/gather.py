"""From a run to the ledger of its project."""

import os
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path

from kognitos_migrate.findings.finding import Result
from kognitos_migrate.findings.fingerprint import digests
from kognitos_migrate.report.ledger.entries import entries_of
from kognitos_migrate.report.ledger.model import Home, Ledger, Project
from kognitos_migrate.report.mask import hidden, secrets_of
from kognitos_migrate.report.moved import file_and_cell, into_cells, moved
from kognitos_migrate.report.shown import every_finding
from kognitos_migrate.run.codeowners import read_codeowners
from kognitos_migrate.run.gap import configuration_gap
from kognitos_migrate.run.git import top_of
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.locations import Locations


def ledger_of(session: Session) -> Ledger:
    """The state of the migration that a run found, without the secrets of its sources.

    The project's name is that of its repository's folder.
    """
    settings, secrets = session.settings, secrets_of(session)
    known = digests(every_finding(session.result), session.sources, settings.root)
    result = moved(session.result, into_cells(Locations(session.sources)))
    entries = entries_of(result, session.sources)
    gap = configuration_gap(session)
    top = top_of(os.curdir)
    homes = _homes(_paths(result), session.sources, top)
    result = hidden(result, secrets)
    pairs = zip(every_finding(result), every_finding(session.result), strict=True)
    project = Project(
        name=_name(top),
        date=settings.today.isoformat(),
        result=result,
        fingerprints={shown: known[finding] for shown, finding in pairs},
        homes=homes,
        entries=hidden(entries, secrets),
        configuration=gap.filename if gap else "",
        lacking=gap.text if gap else "",
    )
    return Ledger((project,))


def _name(top: str) -> str:
    """What a project is called: its repository, and the folder in it where the command runs."""
    below = os.path.relpath(os.path.realpath(os.curdir), top).replace(os.sep, "/")
    return posixpath.normpath(posixpath.join(os.path.basename(top) or "/", below))


def _paths(result: Result) -> list[str]:
    """The files in which there is something."""
    places = [finding.place for finding in every_finding(result)]
    places += [call.place for call in result.migrated]
    return list(dict.fromkeys(place.path for place in places))


def _homes(paths: Iterable[str], sources: Mapping[str, SourceFile], top: str) -> Mapping[str, Home]:
    owners = read_codeowners(Path(top))

    def home(path: str) -> Home:
        path, _ = file_and_cell(path)
        below = os.path.relpath(os.path.realpath(path), top).replace(os.sep, "/")
        return Home(_package(path, sources.get(path)), owners.of(below))

    return {path: home(path) for path in paths}


def _package(path: str, source: SourceFile | None) -> str:
    """The dotted name of the package that a file is in; of one that is in none, its folder."""
    if source is None or not source.packages:
        return f"{posixpath.dirname(path)}/".removeprefix("/") or "."
    own, outermost = source.packages[0], source.packages[-1]
    name = posixpath.relpath(own, posixpath.dirname(outermost) or ".")
    return name.replace("/", ".")

"""Blind spots for files that are not Python and name the old version, in a run that searches Python."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.call_signs import has_old_path, names_url_parts, path_text
from kognitos_migrate.discover.ignore_rules import is_like_python
from kognitos_migrate.discover.other_files import read_texts
from kognitos_migrate.discover.prefilter import Anchors
from kognitos_migrate.discover.signature import has_signature
from kognitos_migrate.discover.walk import is_archive
from kognitos_migrate.findings.manual_findings import unread_archive
from kognitos_migrate.findings.result import (
    BlindSpot,
    BlindSpotKind,
    Finding,
    Place,
    Result,
    distinct_edits,
)
from kognitos_migrate.rulebook.codes import IN_FILE
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.finding_filter import OFF_WHERE_TEXTS_ARE_SEARCHED, Selection, select_findings
from kognitos_migrate.run.text_mentions import text_results
from kognitos_migrate.structs import replace

_CODE = "this file contains code of the old version, and isn't analysed as Python"
_PATH = "a path of the old version is named here"
_PIECES = "a host of the API and the old version are named apart from each other"


def covered_files(result: Result) -> Collection[str]:
    """The files with a finding, a suppressed finding, a step of a trace, an edit or a deployment step."""
    suppressed = (suppression.finding for suppression in result.suppressed)
    findings = (*result.findings, *result.remaining, *suppressed)
    return {
        *(place.path for finding in findings for place in _places(finding)),
        *(edit.span.path for edit in distinct_edits(finding.fix for finding in findings)),
        *(change.path for change in result.changes),
        *(step.place.path for step in result.deployment),
    }


def _places(finding: Finding) -> Iterator[Place]:
    yield finding.place
    yield from (step.place for step in finding.trace)


def blind_spots_in_texts(
    files: Sequence[str], anchors: Anchors, rulebook: Rulebook, settings: Settings, *, in_named_program: bool
) -> Iterator[BlindSpot]:
    """A blind spot for each of the `files` that names the old version.

    `in_named_program` is whether the modules of the project name the API.
    """
    yield from map(unread_archive, filter(is_archive, files))
    texts = read_texts([file for file in files if not is_archive(file)], None)
    selection = replace(settings, off=OFF_WHERE_TEXTS_ARE_SEARCHED)
    result = select_findings(text_results(texts, rulebook, settings), selection)
    yield from _blind_spots_of_findings(result.findings)
    covered = covered_files(result)
    for source in texts.sources:
        if source.path not in covered and Selection(selection).takes_code(IN_FILE.code, source.path):
            data = source.text.encode("utf-8", "surrogatepass")
            words = (*anchors.hosts, *map(path_text, anchors.paths))
            place = _first_line(source.path, data, words)
            if names_url_parts(data, anchors):
                yield BlindSpot(place, _PIECES)
            elif has_old_path(data, anchors, in_named_program=in_named_program):
                yield BlindSpot(place, _PATH)
            elif is_like_python(source.path) and has_signature([data], anchors.ties, anchors.clients):
                yield BlindSpot(place, _CODE)


def _first_line(path: str, data: bytes, words: Iterable[bytes]) -> Place:
    """The first line of a file that contains one of the lower-case `words`, or line 1."""
    lowered = data.lower()
    at = min((at for word in words if (at := lowered.find(word)) >= 0), default=0)
    row = data.count(b"\n", 0, at) + 1
    return Place(path, row, 1, row, 1)


def _blind_spots_of_findings(findings: Iterable[Finding]) -> Iterator[BlindSpot]:
    """A blind spot for each file with findings in its text, at the first of them."""
    paths: set[str] = set()
    for finding in findings:
        path = finding.place.path
        if path not in paths:
            paths.add(path)
            message = f"{finding.message}; `kognitos-migrate check {path}` shows what to write"
            yield BlindSpot(finding.place, message, BlindSpotKind.UNSEARCHED)

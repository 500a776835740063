"""Changed files by program. The files of one program are applied and undone together."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.result import Finding


def programs_of(findings: Iterable[Finding], changed_files: Sequence[str]) -> Mapping[str, str]:
    """The first file of each changed file's program. Files that one fix changes belong to one program."""
    files = DisjointSets(changed_files)
    seen_edits: set[int] = set()
    for finding in findings:
        edits = finding.fix.edits
        if id(edits) not in seen_edits:
            seen_edits.add(id(edits))
            paths = dict.fromkeys((finding.place.path, *(edit.span.path for edit in edits)))
            together = [path for path in paths if path in files]
            for path in together[1:]:
                files.join(together[0], path)
    return {path: group[0] for group in files.groups() for path in group}


def chosen_programs(programs: Mapping[str, str], paths: Iterable[str], refusal: str) -> Collection[str]:
    """The files, by absolute path, of the programs with a file in `paths` (files or folders).

    Raises UsageError with the message `refusal` for a path without such a file.
    """
    chosen: set[str] = set()
    for path in paths:
        whole = os.path.realpath(path)
        matches = {
            program
            for file, program in programs.items()
            if file == whole or file.startswith(os.path.join(whole, ""))
        }
        if not matches:
            raise UsageError(refusal, path=path)
        chosen |= matches
    return {file for file, program in programs.items() if program in chosen}

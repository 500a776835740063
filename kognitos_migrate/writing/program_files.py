"""Which changed files belong together: those of one program are applied and taken back together."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence

from kognitos_migrate.disjoint_sets import DisjointSets
from kognitos_migrate.errors import UsageError
from kognitos_migrate.findings.finding import Finding


def programs_of(findings: Iterable[Finding], changed: Sequence[str]) -> Mapping[str, str]:
    """By changed file: the first file of its program. Files belong together that one fix changes."""
    files = DisjointSets(changed)
    known: set[int] = set()
    for finding in findings:
        edits = finding.fix.edits
        if id(edits) not in known:
            known.add(id(edits))
            touched = dict.fromkeys((finding.place.path, *(edit.span.path for edit in edits)))
            together = [path for path in touched if path in files]
            for path in together[1:]:
                files.join(together[0], path)
    return {path: group[0] for group in files.groups() for path in group}


def chosen_programs(programs: Mapping[str, str], paths: Iterable[str], refusal: str) -> Collection[str]:
    """The files, by their whole paths, of the programs that `paths` (files or folders) have a part of. Raises
    UsageError, with the words of the `refusal`, for a path that has none."""
    chosen: set[str] = set()
    for path in paths:
        whole = os.path.realpath(path)
        inside = {
            program
            for file, program in programs.items()
            if file == whole or file.startswith(os.path.join(whole, ""))
        }
        if not inside:
            raise UsageError(refusal, path=path)
        chosen |= inside
    return {file for file, program in programs.items() if program in chosen}

"""The completion of codes, reasons and locations."""

from __future__ import annotations

import os
from typing import Any

import click
from click.shell_completion import CompletionItem


def complete_codes(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes and code prefixes that complete `incomplete`, or its part behind the last comma."""
    from kognitos_migrate.rulebook.codes import all_rules
    from kognitos_migrate.rulebook.load import load_rulebook

    before, comma, prefix = incomplete.rpartition(",")
    codes = [rule.code for rule in all_rules(load_rulebook())]
    choices = dict.fromkeys((*(code[:-2] for code in codes), *codes))
    return [f"{before}{comma}{choice}" for choice in choices if choice.startswith(prefix.upper())]


def complete_codes_and_reasons(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes and the reasons that complete `incomplete`."""
    from kognitos_migrate.findings.reasons import all_reasons

    return [
        *(complete_codes(ctx, parameter, incomplete) if incomplete else ()),
        *(name for name in all_reasons() if incomplete and name.startswith(incomplete)),
    ]


def complete_query(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem[Any]]:
    """The locations of findings in a file that complete `FILE:`, or the codes, reasons and files."""
    file, colon, row = incomplete.rpartition(":")
    if colon:
        return [item for item in _locations(file) if item.value.startswith(f"{file}:{row}")]
    names = complete_codes_and_reasons(ctx, parameter, incomplete)
    return list(map(CompletionItem, names)) or [CompletionItem(incomplete, type="file")]


def _locations(file: str) -> list[CompletionItem[Any]]:
    """The lines of a file with a finding, as `FILE:LINE`, each with the finding's message."""
    from kognitos_migrate.cache import Store, cache_folder
    from kognitos_migrate.errors import UserError
    from kognitos_migrate.run.session import Options, run_check
    from kognitos_migrate.source.content import shown_path

    if not os.path.isfile(file):
        return []
    try:
        findings = run_check((file,), Options(store=Store(cache_folder()))).result.findings
    except UserError:
        return []
    messages: dict[int, str] = {}
    for finding in findings:
        if finding.place.path == shown_path(file):
            messages.setdefault(finding.place.row, f"{finding.code} {finding.message}")
    return [CompletionItem(f"{file}:{row}", help=message) for row, message in sorted(messages.items())]

"""Codes and reasons, for shells to complete. Loaded when one asks."""

import click


def codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes, and how they begin; behind a comma, the next one."""
    from kognitos_migrate.rulebook.codes import all_rules
    from kognitos_migrate.rulebook.load import load_rulebook

    before, comma, begun = incomplete.rpartition(",")
    known = [rule.code for rule in all_rules(load_rulebook())]
    every = dict.fromkeys((*(code[:-2] for code in known), *known))
    return [f"{before}{comma}{one}" for one in every if one.startswith(begun.upper())]


def codes_and_reasons(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The built-in codes, and the reasons."""
    from kognitos_migrate.findings.reasons import REASONS

    return [*codes(ctx, parameter, incomplete), *(name for name in REASONS if name.startswith(incomplete))]

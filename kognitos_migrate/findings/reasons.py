"""The reasons why a finding isn't fixed, and the next step that unlocks a fix.

The reasons are data (`reasons.toml`), read when the first finding is reported.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from kognitos_migrate.config.toml import read_toml
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.findings.result import Applicability, Finding
from kognitos_migrate.rulebook.validation import Label, validate
from kognitos_migrate.structs import Struct

TODO_WIDTH = 40
"""The width of the advice in a TODO marker, in characters."""

Sentence = Annotated[
    str, Meta(pattern=r"^[A-Z`].*\.$(?!\n)", extra={"expected": "a sentence, as in Remove the read."})
]
Step = Annotated[str, Meta(min_length=1, max_length=TODO_WIDTH)]


class ReasonTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The table of a reason in the file."""

    means: Sentence
    unlocks: Sentence
    todo: Step


class Reason(Struct, frozen=True):
    """A reason why a finding has no safe fix.

    `name` is stable and never reused. `todo` unlocks a fix, in a few words.
    """

    name: str
    means: str
    unlocks: str
    todo: str


@lru_cache(maxsize=1)
def all_reasons() -> Mapping[str, Reason]:
    """All reasons by name, in the order in which users see them."""
    document = read_toml(Path(__file__).with_name("reasons.toml"), ())
    tables: dict[str, ReasonTable] = validate(document, dict[Label, ReasonTable], ConfigError)
    return {name: Reason(name, table.means, table.unlocks, table.todo) for name, table in tables.items()}


def reason_of(name: str | None) -> Reason | None:
    """The reason with this name. None if there is none."""
    return all_reasons().get(name) if name is not None else None


def next_step(finding: Finding) -> str | None:
    """The next step for a finding, in a few words: it unlocks a fix or makes one needless.

    None if its reason isn't listed.
    """
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    if (options := _options_without_tests(finding)) is not None:
        return f"fix {options}, or {reason.todo}"
    option = _option(finding)
    return reason.todo if option is None or option in reason.todo else f"fix {option}, or {reason.todo}"


def _options_without_tests(finding: Finding) -> str | None:
    """The options of `fix` that make the finding's fix if only tests hold it back. None if they don't."""
    if finding.is_held_by_tests:
        return "--leave-tests"
    return "--leave-tests --adapt" if finding.is_held_from_adapters else None


def unlock_text(finding: Finding) -> str | None:
    """The next step for a finding, in a sentence or two. None if its reason isn't listed."""
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    if (options := _options_without_tests(finding)) is not None:
        text = f"Only tests hold it back: `kognitos-migrate fix {options}` migrates the program"
        return f"{text}, and lists the tests to change. By hand: {_after_colon(reason.unlocks)}"
    option = _option(finding)
    if option is None or option in reason.unlocks:
        return reason.unlocks
    is_adapted = finding.reason != "shared-setting"
    effect = "converts the response back to v1 shape" if is_adapted else "migrates the other code, too"
    return f"`kognitos-migrate fix {option}` {effect}. By hand: {_after_colon(reason.unlocks)}"


def _after_colon(sentence: str) -> str:
    """A sentence that goes on after a colon."""
    return sentence[:1].lower() + sentence[1:]


def _option(finding: Finding) -> str | None:
    """The option of `fix` that makes the finding's fix. None if plain `fix` makes it, or nothing does."""
    applicability = finding.fix.applicability
    return (
        f"--{applicability.value}" if applicability in (Applicability.ADAPT, Applicability.UNSAFE) else None
    )

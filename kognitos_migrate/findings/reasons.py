"""All reasons why a finding isn't fixed, and the next step that unlocks a fix."""

from kognitos_migrate.findings.finding import Applicability, Finding
from kognitos_migrate.findings.refusal_reasons import REFUSALS, Reason

_OTHERS = (
    # Code that could not be analysed.
    Reason(
        "not-followed",
        "The code mentions v1, but no request could be traced from there.",
        "Migrate the request by hand, or describe the helper that sends it as a client.",
        "look at what can't be followed",
    ),
    Reason(
        "possible-use",
        "A v1 path is near a field that only v1 has, but no request could be traced from there.",
        "Migrate the request by hand, or describe the helper that sends it as a client.",
        "look at what can't be followed",
    ),
    Reason(
        "too-dynamic",
        "A request goes to the API, and its path is only known at run time.",
        "Write the path as a literal, or migrate the request by hand.",
        "look at what can't be followed",
    ),
    Reason(
        "library-changed",
        "The program patches the HTTP client or `json`, or intercepts their calls.",
        "Wrap the call in your own function instead, or migrate the request by hand.",
        "stop patching the library",
    ),
    Reason(
        "too-large",
        "The functions around it are called in more ways than the analysis follows.",
        "Migrate it by hand, or pass this file alone.",
        "migrate it by hand",
    ),
    Reason(
        "syntax-error",
        "The file isn't valid Python.",
        "Fix the syntax error.",
        "fix the syntax error",
    ),
    Reason(
        "file-too-large",
        "The file is too large, or its expressions are nested too deeply, to be analyzed.",
        "Split it; `exclude` it if it sends no requests.",
        "split the file, or `exclude` it",
    ),
    Reason(
        "not-read-back",
        "The parser can't reproduce the file exactly, so a change would touch other code.",
        "Format the file: that removes form feeds, lone carriage returns and odd whitespace.",
        "run a formatter over the file",
    ),
    Reason(
        "text-only",
        "It is in text, and its use can't be followed.",
        "Write the v2 text by hand; the finding shows it.",
        "write the v2 text by hand",
    ),
    # Incomplete migrations.
    Reason(
        "half-migrated",
        "The code mixes v1 and v2: neither version accepts it.",
        "Finish it by hand; the finding shows what v2 needs.",
        "finish the migration here",
    ),
    Reason(
        "adapted",
        "The call uses v2, and its response is converted back to v1 shape for the code that follows.",
        "Read the v2 fields in the code that follows, and remove the adapter.",
        "read the v2 fields; drop the adapter",
    ),
    # Bugs of the tool.
    Reason(
        "bug",
        "The fix would have been wrong and was discarded. This is a bug in kognitos-migrate.",
        "Please report it, and migrate the code by hand.",
        "migrate it by hand, and report the bug",
    ),
    Reason(
        "self-check",
        "The fix would have left half-migrated code and was discarded: a bug in kognitos-migrate.",
        "Please report it, and migrate the code by hand.",
        "migrate it by hand, and report the bug",
    ),
    Reason(
        "internal-error",
        "The tool failed on this file, or on one connected to it: a bug in kognitos-migrate.",
        "Please report it with the traceback that `-v` shows, and migrate the code by hand.",
        "migrate it by hand, and report the bug",
    ),
    # Suppression comments.
    Reason(
        "unused-suppression",
        "A comment suppresses a finding that isn't there.",
        "Remove the code from it, or the whole comment.",
        "remove the suppression",
    ),
    Reason(
        "expired-suppression",
        "The suppression has expired.",
        "Migrate the code, or set a new date.",
        "migrate it, or set a new date",
    ),
    Reason(
        "wrong-suppression",
        "A comment starts like a suppression, but isn't a valid one.",
        "Fix it as the finding shows.",
        "fix the suppression",
    ),
)

REASONS = {reason.name: reason for reason in (*REFUSALS, *_OTHERS)}
"""All reasons by name."""


def reason_of(name: str | None) -> Reason | None:
    """The reason with this name. None if there is none."""
    return REASONS.get(name) if name is not None else None


def next_step(finding: Finding) -> str | None:
    """The next step for a finding, in a few words: it unlocks a fix or makes one needless.

    None if its reason isn't listed.
    """
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    return f"fix --adapt, or {reason.todo}" if _is_adaptable(finding) else reason.todo


def unlock_text(finding: Finding) -> str | None:
    """The next step for a finding, in a sentence or two. None if its reason isn't listed."""
    reason = reason_of(finding.reason)
    if reason is None:
        return None
    if not _is_adaptable(finding):
        return reason.unlocks
    return f"`kognitos-migrate fix --adapt` puts the reply back into its old shape. By hand: {reason.unlocks}"


def _is_adaptable(finding: Finding) -> bool:
    return finding.fix.applicability is Applicability.ADAPT

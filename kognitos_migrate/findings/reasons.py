"""All reasons why a finding isn't fixed, and the next step that unlocks a fix."""

from kognitos_migrate.findings.finding import Applicability, Finding
from kognitos_migrate.findings.refusal_reasons import REFUSALS, Reason

_OTHERS = (
    # Code that could not be analysed.
    Reason(
        "not-followed",
        "The old version is named, and no request could be followed from there.",
        "Migrate what is sent from there by hand, or describe the helper that sends it as a client.",
        "look at what can't be followed",
    ),
    Reason(
        "possible-use",
        "A path stands near a field that only the old version has, and no request was followed from there.",
        "Migrate what is sent from there by hand, or describe the helper that sends it as a client.",
        "look at what can't be followed",
    ),
    Reason(
        "too-dynamic",
        "Something is sent to the API, and what is called there is known at run time only.",
        "Write the path out, or migrate what is sent from there by hand.",
        "look at what can't be followed",
    ),
    Reason(
        "library-changed",
        "The program puts code of its own in the place of what the HTTP client (or `json`) has, or between.",
        "Call that code from a function of your own instead, or migrate what is sent by hand.",
        "stop changing the library",
    ),
    Reason(
        "too-large",
        "The functions around it are called in more ways than are followed.",
        "Migrate it by hand, or give the file to the command alone.",
        "migrate it by hand",
    ),
    Reason(
        "syntax-error",
        "The file is not Python that can be read.",
        "Mend the syntax.",
        "mend the syntax",
    ),
    Reason(
        "file-too-large",
        "The file is larger, or its expressions are deeper, than what is read.",
        "Split it, or pull what is nested apart; leave it out with `exclude` if nothing in it is sent.",
        "split the file, or `exclude` it",
    ),
    Reason(
        "not-read-back",
        "The parser would not write the file as it is: a change would touch more than it should.",
        "Run a formatter over it: it takes out form feeds, lone carriage returns and odd spaces.",
        "run a formatter over the file",
    ),
    Reason(
        "text-only",
        "It stands in a text, and nothing says what a program makes of that.",
        "Write by hand what the new version has in its place; the finding says what that is.",
        "write what the new version has here",
    ),
    # Incomplete migrations.
    Reason(
        "half-migrated",
        "The code is between the two versions: neither of them takes it as it is.",
        "Finish it by hand; the finding says what the new version wants.",
        "finish the migration here",
    ),
    Reason(
        "adapted",
        "The call is migrated, and its reply is put back into its old shape for what follows.",
        "Read the new reply's fields in what follows, and take the adapter away.",
        "read the new reply, and drop the adapter",
    ),
    # Bugs of the tool.
    Reason(
        "bug",
        "The result would have been wrong, so it was taken back: a bug of kognitos-migrate.",
        "Please report it; until then, migrate it by hand.",
        "migrate it by hand, and report the bug",
    ),
    Reason(
        "self-check",
        "The result would have been half-migrated, so it was taken back: a bug of kognitos-migrate.",
        "Please report it; until then, migrate it by hand.",
        "migrate it by hand, and report the bug",
    ),
    Reason(
        "internal-error",
        "The tool failed on this file, or on one that belongs with it: a bug of kognitos-migrate.",
        "Please report it, with the traceback that `-v` shows; until then, migrate it by hand.",
        "migrate it by hand, and report the bug",
    ),
    # Suppression comments.
    Reason(
        "unused-suppression",
        "A comment suppresses what is not there.",
        "Take the code, or the whole comment, away.",
        "take the suppression away",
    ),
    Reason(
        "expired-suppression",
        "The last day of a suppression is over.",
        "Migrate what it kept, or set a new day.",
        "migrate it, or set a new day",
    ),
    Reason(
        "wrong-suppression",
        "A comment is begun as a suppression and not written as one.",
        "Write it as the finding says.",
        "mend the suppression",
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

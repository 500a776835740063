"""Ledgers to show, made of findings to show."""

from collections.abc import Mapping, Sequence

from kognitos_migrate.findings.result import (
    Applicability,
    BlindSpot,
    Finding,
    MigratedCall,
    Missing,
    Problem,
    Result,
    Step,
    Suppressed,
    SuppressionKind,
)
from kognitos_migrate.report.export import every_finding
from kognitos_migrate.report.ledger.builder import ledger_entries
from kognitos_migrate.report.ledger.model import FileHome, Ledger, Project
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.structs import replace
from tests.report.examples import finding, place, source


def talk(name: str, one: Finding) -> Finding:
    """A finding of the conversation `name`."""
    return replace(one, conversation=name)


def project(
    result: Result,
    sources: Sequence[SourceFile] = (),
    homes: Mapping[str, FileHome] | None = None,
    name: str = "acme",
) -> Project:
    """One project, in which a configuration lacks a key."""
    known = {one: f"{number:032x}" for number, one in enumerate(every_finding(result), 1)}
    entries = ledger_entries(result, {one.path: one for one in sources})
    return Project(name, "2027-03-31", result, known, homes or {}, entries, "k.yaml", "processes:\n  abc:\n")


SOURCES = (
    source("import http\n\nreply = http.post('v1/start')\nprint(reply)\n", "app/send.py"),
    source("\n".join(f"line {row}" for row in range(1, 40)), "app/poll.py"),
)
HOMES = {
    "app/send.py": FileHome("app", ("@senders",)),
    "app/poll.py": FileHome("app", ("@pollers", "@senders")),
    "tools/new.py": FileHome("tools/"),
}
RESULT = Result(
    findings=(
        talk(
            "c1",
            replace(
                finding(place(3, 9, 30, "app/send.py"), edits=(Edit(Span("app/send.py", 32, 34), 0, "v2"),)),
                trace=(
                    Step(place(3, 19, 29, "app/send.py"), "the URL starts with `v1`"),
                    Step(place(3, 9, 30, "app/send.py"), "the request is sent"),
                    Step(place(4, 7, 12, "app/send.py"), "the response is decoded"),
                ),
            ),
        ),
        talk(
            "c2",
            finding(
                place(7, 1, 5, "app/poll.py"),
                Applicability.MANUAL,
                "KOG201",
                "polls a v1 run",
                "not-configured",
                "processes:\n  abc:",
            ),
        ),
        talk(
            "c3",
            finding(place(20, 1, 5, "app/poll.py"), Applicability.ADAPT, "KOG201", "polls a v1 run"),
        ),
        replace(finding(place(30, 1, 5, "app/poll.py"), code="KOG901"), conversation=None),
    ),
    suppressed=(
        Suppressed(
            talk("c4", finding(place(36, 1, 5, "app/poll.py"), code="KOG301", message="uploads")),
            SuppressionKind.KEEP,
            place(36, 6, 30, "app/poll.py"),
            "the vendor is slow",
            "2027-06-30",
        ),
    ),
    migrated=(MigratedCall(place(9, 1, 4, "tools/new.py"), "KOG101", "v1-start-run", "POST /v2", "n1"),),
    missing=(Missing("processes", "abc", (place(7, 1, 5, "app/poll.py"),)),),
    keys={"processes": ("abc", "xyz")},
    blind_spots=(BlindSpot(place(9, 1, 4, "app/poll.py"), "the method is not known"),),
    problems=(Problem("app/bad.py", 4, "not text"),),
    files=5,
)
LEDGER = Ledger((project(RESULT, SOURCES, HOMES),))

EVIL = (
    "<script>window.hurt = 1</script>",
    "\"><img src=x onerror='window.hurt=1'>",
    "</script></style></textarea></title><script>window.hurt=1</script>",
    "' onfocus='window.hurt=1' autofocus x='",
    "{{ 7 * 191 }}{% include 'page.css' %}{# gone #}",
    "<!-- \u202egnp.exe\u2066 \u200b\x00\x1b[31m\udcff",
)
"""Text that would run, hide or break something, were it not escaped."""
HIDDEN = "\u202e\u2066\u200b\x00\x1b"
"""Characters in it that turn or hide what is around them."""


def hostile(texts: Sequence[str]) -> Ledger:
    """A ledger in which whatever can come out of files, or out of somebody else's report, is one of these."""
    return Ledger(tuple(map(_hostile, texts)))


def _hostile(text: str) -> Project:
    path = f"{text}.py"
    one = finding(place(1, 1, 4, path), message=text, help=text, reason=text)
    bad = replace(
        one,
        code=text,
        name=text,
        conversation=text,
        trace=(Step(one.place, text),),
        url="javascript:window.hurt=1",
        notes=(text,),
        fix=replace(one.fix, message=text, edits=(Edit(Span(path, 0, 0), 0, f"{text}\n"),)),
    )
    result = Result(
        findings=(bad,),
        suppressed=(
            Suppressed(replace(bad, conversation=None), SuppressionKind.KEEP, bad.place, text, text),
        ),
        migrated=(MigratedCall(bad.place, text, text, text, f"n{text}"),),
        missing=(Missing(text, text, (bad.place,)),),
        keys={text: (f"{text}2",)},
        blind_spots=(BlindSpot(bad.place, text),),
        problems=(Problem(path, 4, text),),
        files=1,
    )
    made = project(result, [source("import a\n", path)], {path: FileHome(text, (text,))}, name=text)
    return replace(made, configuration=text, lacking=text)

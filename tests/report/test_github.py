"""GitHub's workflow commands, read as its runner reads them (actions/runner, ActionCommand.TryParseV2)."""

from dataclasses import dataclass

from kognitos_migrate.findings.result import Result
from kognitos_migrate.report.ci_formats import github_commands
from kognitos_migrate.report.export import ExportedRun
from tests.report.examples import HOSTILE, RESULT, finding, place, shown, source


@dataclass(frozen=True)
class Command:
    """A line as the runner parses it."""

    name: str
    properties: dict[str, str]
    data: str


def parsed(line: str) -> Command | None:
    """The command of a line of output, None where it is only text."""
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    name, _, said = line[2:end].partition(" ")
    pairs = (pair.split("=", 1) for pair in said.strip().split(",") if pair)
    properties = {key: _unescaped(value, ":,") for key, value in pairs}
    return Command(name, properties, _unescaped(line[end + 2 :], ""))


def _unescaped(text: str, more: str) -> str:
    for character in "\r\n" + more:
        text = text.replace(f"%{ord(character):02X}", character)
    return text.replace("%25", "%")


def commands(what: ExportedRun) -> list[Command]:
    """The commands of a report: each of its lines is one."""
    found = [parsed(line) for line in github_commands(what).split("\n") if line]
    assert None not in found
    return [one for one in found if one is not None]


def test_a_finding() -> None:
    first = commands(shown(RESULT, [source("é = 1\n")], below="app"))[0]
    assert first.name == "error"
    assert first.properties == {
        "title": "kognitos-migrate (KOG101)",
        "file": "app/a.py",
        "line": "1",
        "endLine": "1",
        "col": "1",
        "endColumn": "4",
    }
    assert first.data == (
        "app/a.py:1:1: KOG101 starts a v1 run\n"
        "`kognitos-migrate fix`: moves the whole conversation\n"
        "note: KOGNITOS_URL can override the default"
    )


def test_columns_only_within_a_line() -> None:
    (one,) = commands(shown(Result(findings=(finding(place(1, 5, 3, end_row=2)),))))
    assert (one.properties["line"], one.properties["endLine"]) == ("1", "2")
    assert "col" not in one.properties


def test_what_could_not_be_read_is_an_error() -> None:
    last = commands(shown(RESULT))[-1]
    assert (last.name, last.properties["file"], last.properties["line"]) == ("error", "c.py", "4")
    assert last.data == "not text"


def test_what_comes_from_files_gives_no_commands_and_no_properties() -> None:
    found = commands(shown(HOSTILE))
    assert len(found) == 4
    for one in found:
        assert set(one.properties) <= {"title", "file", "line", "endLine", "col", "endColumn"}
        assert "\x1b" not in one.data
        assert "a%0A::error::[x](http:" in one.data
    assert found[0].properties["file"].startswith("a%0A::error::[x](http:")


def test_nothing_found_is_nothing() -> None:
    assert github_commands(shown(Result())) == ""

"""Help with examples, and suggestions for near misses."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kognitos_migrate.cli.error_boundary import print_error
from kognitos_migrate.cli.main import cli
from tests.cli.conftest import Run


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, with the words that lead to it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_has_examples_that_can_be_typed(run: Run, path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    lines = [line.partition("kognitos-migrate ")[2] for line in result.stdout.splitlines()]
    typed = [line for line in lines if line and "[OPTIONS]" not in line]
    assert typed
    for line in typed:
        words = shlex.split(line.partition("  ")[0].partition(" < ")[0].partition(" | ")[0].rstrip(')"'))
        assert tuple(words[: len(path)]) == path
        parser = COMMANDS[path].make_parser(click.Context(COMMANDS[path]))
        parser.parse_args(words[len(path) :])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            ["chek"],
            "error: no such command 'chek'; did you mean 'check'?\nTry `kognitos-migrate --help`.\n",
        ),
        (["xyz"], "error: no such command 'xyz'; expected one of: check, fix, "),
        (
            ["fix", "--only"],
            "no such option '--only'; did you mean '--color'?\nTry `kognitos-migrate fix --help`.\n",
        ),
        (["rules", "lst"], "did you mean 'list'?\nTry `kognitos-migrate rules --help`.\n"),
        (
            ["check", "--selct", "KOG1"],
            "error: no such option '--selct'; did you mean '--select' or '--strict'?",
        ),
        (["check", "--zzz"], "error: no such option '--zzz'\nTry"),
        (["apply"], "error: missing argument 'FILE'\nTry"),
        (["fix", "--plan"], "error: option '--plan' requires an argument\n"),
        (["explain", "app/none.py"], "error: app/none.py: no such file; expected FILE:LINE, as in"),
        (["explain", "none.py"], "error: none.py: no such file; expected FILE:LINE, as in"),
        (
            ["check", "--output-format", "txt"],
            "--output-format: unknown value 'txt'; did you mean text?\nTry",
        ),
        (["check", "--output-format", "x"], "unknown value 'x'; expected text, full, concise, json"),
        (["completion", "tcsh"], "error: unknown shell 'tcsh'; expected bash, zsh, fish or powershell\n"),
        (["apply", "nowhere.json"], "error: nowhere.json: no such file\n"),
        (["explain", "a.py:1", "--config", "nowhere.yaml"], "error: --config: nowhere.yaml: no such file\n"),
        (
            ["--color", "always", "check"],
            "put it after the command, as in `kognitos-migrate check --color`\n",
        ),
        (["check", "--select", "KOG111"], "--select: 'KOG111' selects no rule; did you mean KOG"),
        (["check", "--select", "KOG1011"], "--select: 'KOG1011' selects no rule; did you mean KOG101?\n"),
        (
            ["rules", "show", "KOG10"],
            "no rule or reason 'KOG10'; did you mean KOG101? `kognitos-migrate rules list`",
        ),
        (["check", "--fix"], "error: no such option --fix: `kognitos-migrate fix` changes files\n"),
        (["check", "--add-noqa"], "`kognitos-migrate baseline create` records current findings\n"),
        (["check", "--select", "X9"], "expected a code or the beginning of one, as in KOG101 or KOG1"),
    ],
)
def test_what_is_nearly_right_is_understood(run: Run, typed: list[str], said: str) -> None:
    result = run(*typed)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_can_be_quiet_and_colored(path: tuple[str, ...]) -> None:
    options = {name for parameter in COMMANDS[path].params for name in parameter.opts}
    assert {"-q", "--quiet", "--color"} <= options


@pytest.mark.parametrize("color", [["--color", "always"], ["--color=always"]])
def test_errors_are_colored_as_demanded(run: Run, color: list[str]) -> None:
    assert run("check", "missing.py", *color).stderr.startswith("\x1b[31merror\x1b[0m: missing.py")
    assert run("undo", *color).stderr.startswith("\x1b[31m\x1b[1merror\x1b[0m: nothing to revert")
    assert run("undo", "--color", "never").stderr.startswith("error: nothing to revert")


def test_without_arguments_there_is_help(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert "Usage: kognitos-migrate [OPTIONS] COMMAND" in result.output


def test_what_users_of_ruff_type(run: Run) -> None:
    assert run("rule", "KOG101").stdout == run("rules", "show", "KOG101").stdout
    assert "rule " not in run("--help").stdout
    assert run("check", "-e", "--select", "KOG1").exit_code == 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A git repository with a file in each of several folders. Git ignores one folder."""
    for name in ("a.py", "old/b.py", "app/old/c.py", "app/gen_pb2.py", "ignored/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("kognitos = 1\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("ignored/\n")
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "arguments", "files"),
    [
        (".", [], "a.py app/gen_pb2.py app/old/c.py old/b.py"),
        (".", ["--exclude", "old/"], "a.py app/gen_pb2.py"),
        (".", ["--exclude", "/old/"], "a.py app/gen_pb2.py app/old/c.py"),
        (".", ["--extend-exclude", "*_pb2.py,app/old"], "a.py old/b.py"),
        ("app", ["--exclude", "./old/"], "gen_pb2.py"),
        (".", ["--exclude", "./old/"], "a.py app/gen_pb2.py app/old/c.py"),
        ("app", ["--exclude", "/old", "--exclude", "gen*"], ""),
        (".", ["--no-respect-gitignore"], "a.py app/gen_pb2.py app/old/c.py ignored/d.py old/b.py"),
        (".", ["a.py", "--exclude", "a.py"], "a.py"),
        (".", ["a.py", "--exclude", "a.py", "--force-exclude"], ""),
    ],
)
def test_which_files_are_looked_at(
    run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch, folder: str, arguments: list[str], files: str
) -> None:
    (tree / "kognitos-migrate.yaml").write_text("{}\n")
    monkeypatch.chdir(tree / folder)
    result = run("check", "--show-files", *arguments)
    assert (result.exit_code, result.stdout.split()) == (0, files.split())


def test_what_is_left_out_is_not_found(run: Run, project: Path) -> None:
    assert run("check", "--exclude", "manual.py,fixable.py").exit_code == 0
    run("fix", "--exclude", "fixable.py")
    assert "v1/invoke" in (project / "fixable.py").read_text()
    assert "manual.py" not in run("report", "--exclude", "manual.py").stdout


def test_the_settings_are_shown_as_a_configuration(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text("hosts: [gate.example]\nstates: {failed: Failed}\n")
    shown = run("check", "--show-settings").stdout
    assert shown.startswith("# configuration: kognitos-migrate.yaml\nprocesses: {}\nstates:\n")
    assert "hosts:\n- gate.example\n" in shown
    assert "include: []  # *.py, *.pyi, *.pyw, *.ipynb, and scripts whose first line names Python\n" in shown
    assert "upload_agent: null  # agent_id of the entry in processes\n" in shown
    (tmp_path / "kognitos-migrate.yaml").write_text(shown)
    assert run("check", "--show-settings").stdout == shown
    isolated = run("check", "--show-settings", "--isolated").stdout
    assert isolated.startswith("# configuration: none\n")
    assert "gate.example" not in isolated


def test_no_configuration_is_looked_for(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("ignore: [KOG1]\n")
    assert run("check").exit_code == 0
    assert run("check", "--isolated").exit_code == 1
    both = run("check", "--isolated", "--config", "kognitos-migrate.yaml")
    assert "--isolated can't be combined with --config" in both.stderr


def test_a_key_of_the_configuration_is_said_on_the_command_line(run: Run, project: Path) -> None:
    assert run("check", "--config", "ignore=[KOG1]").exit_code == 0
    assert run("check", "--config", "exclude=[manual.py, fixable.py]").exit_code == 0
    (project / "kognitos-migrate.yaml").write_text("states: {failed: Failed}\nignore: [KOG1]\n")
    keys = ("--config", "states.paused=[A, B]", "--config", "ignore=[KOG2]")
    shown = run("check", "--show-settings", *keys).stdout
    assert "  failed:\n  - Failed\n  paused:\n  - A\n  - B\n" in shown
    assert "ignore:\n- KOG2\n" in shown
    assert run("check", *keys).exit_code == 1
    (project / "kognitos-migrate.yaml").write_text(
        "processes: {s: {process_id: p, agent_id: a, stage: Draft}}\n"
    )
    shown = run("check", "--show-settings", "--config", "processes.s.stage=Published").stdout
    assert "    process_id: p\n    agent_id: a\n    stage: Published\n" in shown
    assert run("check", "--isolated", "--config", "ignore=[KOG1]").exit_code == 0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nowhere.yaml", "--config: there is no file 'nowhere.yaml'; expected a file, or KEY=VALUE"),
        ("ignor=[KOG1]", "--config: ignor: unknown key; did you mean ignore?"),
        ("ignore=[X]", "--config: ignore[0]: "),
        ("ignore=[", "--config: isn't valid YAML; "),
        ("rules=[a/]", "--config: rules: can't be given here; name them in the file"),
        ("hosts.a=1", "--config: hosts: "),
    ],
)
def test_a_key_that_is_wrong_is_an_error(run: Run, project: Path, value: str, said: str) -> None:
    result = run("check", "--config", value)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_codes_are_added_to_those_that_are_selected(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke\nv1/invoke comment\n")

    def found(*arguments: str) -> str:
        lines = run("check", "-q", "--output-format", "concise", *arguments).stdout.splitlines()
        return " ".join(line.split()[1] for line in lines)

    assert found() == "KOG101"
    assert found("--extend-select", "KOG4") == found("--select", "ALL") == "KOG101 KOG401"
    assert found("--select", "KOG2", "--extend-select", "KOG401") == "KOG401"
    assert found("--extend-select", "KOG401", "--ignore", "KOG401") == "KOG101"
    assert "--extend-select: 'X' selects no rule" in run("check", "--extend-select", "X").stderr


def test_an_unknown_key_of_an_override_is_one_of_the_option(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("processes: {}\n")
    error = run("check", "--config", "procesess.x=3").stderr
    assert error == "error: --config: procesess: unknown key; did you mean processes?\n"


def test_an_error_without_arguments_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("the configuration is wrong", ())
    assert capsys.readouterr().err == "error: the configuration is wrong\n"

"""`kognitos-migrate init`."""

from pathlib import Path

from tests.cli.conftest import Run


def test_a_new_configuration_holds_the_keys_of_the_code(run: Run, project: Path) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Wrote kognitos-migrate.yaml.",
        "processes: 1 key to fill in: xyz",
        "Next: fill in kognitos-migrate.yaml, then `kognitos-migrate check`.",
    ]
    assert "  xyz:\n" in (project / "kognitos-migrate.yaml").read_text()
    assert run("check").exit_code == 1


def test_again_it_adds_what_is_new_and_names_what_is_unused(run: Run, project: Path) -> None:
    config = project / "kognitos-migrate.yaml"
    config.write_text("# mine\nprocesses:\n  old:\n    process_id: a\n    agent_id: b\n    stage: Draft\n")
    result = run("init")
    assert "processes: 1 key to fill in: xyz" in result.stdout
    assert "processes: 1 key not used as literals in the code: old" in result.stdout
    assert config.read_text().startswith("# mine\nprocesses:\n  old:\n")
    assert "  xyz:\n" in config.read_text()
    third = run("init")
    assert "kognitos-migrate.yaml has all keys that the code uses." in third.stdout


def test_a_pyproject_is_left_to_the_user(run: Run, project: Path) -> None:
    text = '[tool.kognitos-migrate]\nhosts = ["a.example.com"]\n'
    (project / "pyproject.toml").write_text(text)
    result = run("init")
    assert result.exit_code == 2
    assert "pyproject.toml: can't be added to by init" in result.stderr
    assert "xyz:" in result.stderr
    assert (project / "pyproject.toml").read_text() == text

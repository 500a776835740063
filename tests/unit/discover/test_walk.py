"""Which files a run looks at."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover import ignore_rules
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.structs import replace
from tests.unit.discover.trees import plant


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return Settings(root=tmp_path)


def test_a_folder_gives_its_python_files_sorted(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"b.py": "", "a/z.pyi": "", "a/c.py": "", "notes.txt": "", "script": ""})
    assert discover(["."], settings).files == ("a/c.py", "a/z.pyi", "b.py")


@pytest.mark.parametrize(
    "first",
    [
        "#!/usr/bin/env python3",
        "#!/usr/bin/python",
        "#!/usr/local/bin/python3.12 -u",
        "#! /usr/bin/env -S python -O",
        "#!/usr/bin/env -S uv run --script",
        "#!/usr/bin/pypy3",
    ],
)
def test_a_script_without_a_suffix_is_taken_for_its_first_line(
    tmp_path: Path, settings: Settings, first: str
) -> None:
    plant(tmp_path, {"bin/start": f"{first}\nprint()\n", "bin/notes.md": f"{first}\n", "tray.pyw": ""})
    assert discover(["."], settings).files == ("bin/start", "tray.pyw")
    assert discover(["."], replace(settings, include=("*.pyw",))).files == ("tray.pyw",)


@pytest.mark.parametrize(
    "text", ["", "#!/bin/sh\npython3 x.py\n", "python", "all:\n\tpython3 x.py\n", "#!/usr/bin/env uvx run\n"]
)
def test_other_files_without_a_suffix_are_not_taken(tmp_path: Path, settings: Settings, text: str) -> None:
    plant(tmp_path, {"bin/start": text})
    assert discover(["."], settings).files == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_not_read(tmp_path: Path, settings: Settings) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert discover(["."], settings).files == ()


def test_a_file_given_is_taken_whatever_its_name(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"script": "", "build/x.py": ""})
    assert discover(["script", "build/x.py"], settings).files == ("build/x.py", "script")


def test_each_file_is_taken_once(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a/b.py": ""})
    assert discover(["a", "a/b.py", "./a/../a/b.py", "."], settings).files == ("a/b.py",)


@pytest.mark.parametrize("folder", [".venv", "venv", "node_modules", "build", "lib/site-packages", ".git"])
def test_some_folders_are_passed_over_and_named(tmp_path: Path, settings: Settings, folder: str) -> None:
    plant(tmp_path, {f"{folder}/x.py": "", "y.py": ""})
    found = discover(["."], settings)
    assert found.files == ("y.py",)
    assert found.skipped_folders == (folder,)


def test_an_excluded_folder_is_walked_if_given(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"build/x.py": "", "build/y/dist/z.py": ""})
    assert discover(["build"], settings).files == ("build/x.py",)


def test_force_exclude_drops_what_was_given(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"build/x.py": "", "old/y.py": "", "z.py": ""})
    settings = replace(settings, exclude=("old/",))
    assert discover(
        ["build/x.py", "old/y.py", "z.py", "build", "old"], settings, force_exclude=True
    ).files == ("z.py",)


def test_exclude_is_relative_to_the_configuration(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"legacy/a.py": "", "app/legacy/b.py": "", "app/gen_c.py": "", "app/d.py": ""})
    settings = replace(settings, exclude=("/legacy/", "gen_*.py"))
    assert discover(["."], settings).files == ("app/d.py", "app/legacy/b.py")
    assert discover(["legacy"], settings).files == ("legacy/a.py",)


def test_include_replaces_the_usual_suffixes(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a.py": "", "b.pyw": "", "sub/c.pyw": ""})
    assert discover(["."], replace(settings, include=("*.pyw",))).files == ("b.pyw", "sub/c.pyw")


def test_a_bad_pattern_is_an_error_of_the_configuration(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a.py": ""})
    with pytest.raises(ConfigError, match="exclude: '!' is not a pattern"):
        discover(["."], replace(settings, exclude=("!",)))


def test_a_pattern_that_is_too_long_is_one_too(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a.py": ""})
    with pytest.raises(ConfigError, match=r"exclude: 'a+' is not a pattern"):
        discover(["."], replace(settings, exclude=("a" * 2_000,)))


@pytest.mark.parametrize("pattern", ["**/a/**/*b/*.*", "*a*b*c*d*.py", "**/a/**/b/**/c/**/d", "a**a**b"])
def test_a_pattern_of_many_stars_is_taken(pattern: str, tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a/bb/c.py": "", "a/c.py": "", "aabbccdd.py": "", "a/a/b/b/c/c/d/d.py": ""})
    files = discover(["."], replace(settings, exclude=(pattern,))).files
    assert len(files) == (4 if pattern == "a**a**b" else 3), files


def test_gitignore_is_honoured_at_every_level(tmp_path: Path, settings: Settings) -> None:
    plant(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitignore": "gen_*.py\n/out/\n!\n",
            "gen_a.py": "",
            "out/b.py": "",
            "app/out/c.py": "",
            "app/gen_d.py": "",
            "app/.gitignore": "!gen_d.py\nlocal.py\n",
            "app/local.py": "",
            "app/deep/local.py": "",
            "local.py": "",
        },
    )
    assert discover(["."], settings).files == ("app/gen_d.py", "app/out/c.py", "local.py")
    assert discover(["app/deep"], settings).files == ()
    assert discover(["out"], settings).files == ("out/b.py",)


def test_a_gitignore_of_many_stars_is_honoured(tmp_path: Path, settings: Settings) -> None:
    name, stars = "a" * 120 + ".py", "*a" * 20 + "*"
    lines = f"{stars}b\n{stars}.py\n**/kept_*.py\n!{stars}c\n"
    plant(tmp_path, {".git/HEAD": "", ".gitignore": lines, name: "", "kept_a.py": "", "b.py": ""})
    assert discover(["."], settings).files == ("b.py",)


@pytest.mark.parametrize("place", [".gitignore", "app/.gitignore", ".git/info/exclude"])
def test_a_gitignore_of_too_many_patterns_is_reported(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    plant(tmp_path, {".git/HEAD": "", "app/a.py": "", "app/b.py": "", place: "b.py\na.py\nc.py\n"})
    monkeypatch.setattr(ignore_rules, "MOST_PATTERNS", 2)
    found = discover(["app"], settings)
    assert found.files == ("app/a.py", "app/b.py")
    assert [str(problem) for problem in found.problems] == [f"{place}: its patterns aren't used: more than 2"]


def test_an_ignore_file_that_is_a_folder_is_reported(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a.py": "", ".gitignore/x": ""})
    found = discover(["."], settings)
    assert found.files == ("a.py",)
    assert [str(problem) for problem in found.problems] == [
        ".gitignore: its patterns can't be read: Is a directory"
    ]


def test_a_repository_whose_git_folder_is_elsewhere_has_no_private_patterns(
    tmp_path: Path, settings: Settings
) -> None:
    plant(tmp_path, {".git": "gitdir: ../elsewhere\n", "app/a.py": ""})
    assert discover(["app"], settings) == discover(["app"], settings)._replace(problems=())


def test_a_gitignore_above_the_repository_says_nothing(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {".gitignore": "*.py\n", "repo/.git/HEAD": "", "repo/a.py": ""})
    assert discover(["repo"], settings).files == ("repo/a.py",)


def test_a_missing_path_is_a_problem_and_the_rest_goes_on(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a.py": ""})
    found = discover(["a.py", "gone"], settings)
    assert found.files == ("a.py",)
    assert [str(problem) for problem in found.problems] == ["gone: no such file or folder"]


def test_links_make_no_loops_and_no_doubles(tmp_path: Path, settings: Settings) -> None:
    plant(tmp_path, {"a/x.py": ""})
    try:
        os.symlink(tmp_path, tmp_path / "a" / "up", target_is_directory=True)
        os.symlink(tmp_path / "a" / "x.py", tmp_path / "y.py")
        os.symlink(tmp_path / "self.py", tmp_path / "self.py")
        os.symlink(tmp_path / "a", tmp_path / "linked", target_is_directory=True)
    except OSError:
        pytest.skip("no permission to make links")
    found = discover(["."], settings)
    assert len(found.files) == 1
    assert found.skipped_folders == ("a/up", "linked")
    assert discover(["linked"], settings).files == ("linked/x.py",)
    assert [str(problem) for problem in discover(["self.py"], settings).problems] == [
        "self.py: the link is broken"
    ]


def test_a_folder_that_cannot_be_listed_is_a_problem(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, {"a/x.py": ""})
    listed = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problems = discover(["."], settings).problems
    assert [str(problem) for problem in problems] == ["a: the folder can't be listed: Permission denied"]


def test_of_a_file_and_its_links_the_file_is_taken(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "real.py").touch()
    try:
        os.symlink("real.py", tmp_path / "a_link.py")
        os.symlink("real.py", tmp_path / "z_link.py")
    except OSError:
        pytest.skip("no permission to make links")
    assert discover(["."], settings).files == ("real.py",)


@pytest.mark.parametrize("name", ["env.sample", ".env.local", "docker-compose.yml", "Dockerfile.jobs", "run"])
def test_a_file_that_deploys_programs(name: str) -> None:
    assert ignore_rules.configures_deployment(name)


@pytest.mark.parametrize("name", ["env.py", ".env.py", "docker-compose.py", "env.ipynb"])
def test_code_is_not_taken_for_a_file_that_deploys_programs(name: str) -> None:
    assert not ignore_rules.configures_deployment(name)

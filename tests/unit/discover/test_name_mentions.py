"""Mentions of files, variables and keys in the texts of modules."""

import pytest

from kognitos_migrate.discover import name_mentions
from kognitos_migrate.discover.name_mentions import FileMentions, contains_name, names_file, names_stem


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('open("jobs.json")', True),
        ('Path(HERE) / "conf/jobs.json"', True),
        ('open("my_jobs.json")', False),
        ('open("jobs.json5")', False),
        ('open("jobsxjson")', False),
    ],
)
def test_a_file_is_named_by_its_whole_name(text: str, names: bool) -> None:
    assert names_file(text, "conf/jobs.json") is names
    mentions = FileMentions({"a.py": "", "b.py": text}, ["conf/jobs.json"])
    assert mentions.modules_naming("conf/jobs.json") == (["b.py"] if names else [])


@pytest.mark.parametrize(
    ("text", "names"),
    [('load("jobs")', True), ("conf/jobs.%s", True), ("jobs = 1", False), ('"jobs_old"', False)],
)
def test_a_stem_is_a_string_or_a_part_of_a_path(text: str, names: bool) -> None:
    assert names_stem(text, "jobs.yaml") is names
    assert FileMentions({"a.py": text}, ["jobs.yaml"]).has_stem("jobs.yaml") is names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('open(f"{stage}.toml")', True),
        ('"app-%s.toml" % stage', True),
        ('stage + ".toml"', True),
        ('open(f"{stage}-eu.toml")', True),
        ('open(f"{stage}.toml.bak")', False),
        ('open("other.toml")', False),
    ],
)
def test_the_end_of_a_name_stands_behind_a_value(text: str, names: bool) -> None:
    mentions = FileMentions({"a.py": text}, ["conf/app-eu.toml", "b.json"])
    assert mentions.modules_naming("conf/app-eu.toml") == (["a.py"] if names else [])
    assert not mentions.modules_naming("b.json")


def test_a_file_that_begins_with_a_dot_has_no_stem() -> None:
    assert not names_stem('"."', ".env")
    assert names_file('load_dotenv(".env")', "deploy/.env")


def test_a_word_has_no_letters_beside_it() -> None:
    assert contains_name("settings.API_BASE", "API_BASE")
    assert not contains_name("settings.API_BASE_URL", "API_BASE")


def test_only_modules_with_the_words_of_a_name_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def search(text: str, word: str) -> bool:
        searched.append(word)
        return contains_name(text, word)

    monkeypatch.setattr(name_mentions, "contains_name", search)
    files = [f"data/part{number}.json" for number in range(200)]
    modules = {f"m{number}.py": f'load("part{number}.json")\n' + "x = 1\n" * 50 for number in range(200)}
    mentions = FileMentions(modules, files)
    assert all(mentions.is_named(file) for file in files)
    assert len(searched) == len(files)

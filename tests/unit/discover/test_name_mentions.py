"""Mentions of files, variables and keys in the texts of modules."""

import pytest

from kognitos_migrate.discover.name_mentions import contains_name, is_named, names_file, names_stem


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
    assert is_named("conf/jobs.json", ["", text]) is names


@pytest.mark.parametrize(
    ("text", "names"),
    [('load("jobs")', True), ("conf/jobs.%s", True), ("jobs = 1", False), ('"jobs_old"', False)],
)
def test_a_stem_is_a_string_or_a_part_of_a_path(text: str, names: bool) -> None:
    assert names_stem(text, "jobs.yaml") is names


def test_a_file_that_begins_with_a_dot_has_no_stem() -> None:
    assert not names_stem('"."', ".env")
    assert names_file('load_dotenv(".env")', "deploy/.env")


def test_a_word_has_no_letters_beside_it() -> None:
    assert contains_name("settings.API_BASE", "API_BASE")
    assert not contains_name("settings.API_BASE_URL", "API_BASE")

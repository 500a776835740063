"""`--all-files`: what isn't Python, from the command line."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.unit.discover.trees import plant

URL = "https://rest-api.app.kognitos.com/v1/run/7"


def where(run: Run, *arguments: str) -> list[str]:
    """The places and codes of what a check of all files finds."""
    result = run("check", "--all-files", "-q", "--output-format", "concise", *arguments)
    return [" ".join(line.split(" ")[:2]) for line in result.stdout.splitlines()]


def test_they_are_searched_when_asked_for(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n", "README.md": f"{URL}\n", "a.py": f"# {URL}\n"})
    assert run("check").exit_code == 0
    assert where(run) == ["README.md:1:34: KOG402", "run.sh:1:39: KOG401"]
    assert run("check", "--all-files").exit_code == 1


def test_codes_are_selected_as_ever(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n", "README.md": f"{URL}\n", "a.py": f"# {URL}\n"})
    assert where(run, "--select", "KOG4") == [
        "README.md:1:34: KOG402",
        "a.py:1:36: KOG403",
        "run.sh:1:39: KOG401",
    ]
    assert where(run, "--ignore", "KOG402") == ["run.sh:1:39: KOG401"]
    comments = run("check", "-q", "--output-format", "concise", "--select", "KOG4")
    assert comments.stdout.startswith("a.py:1:36: KOG403")


def test_a_report_has_them_always(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n", "a.py": f"# {URL}\n", "state.md": f"{URL}\n"})
    page = run("report").stdout
    assert "KOG401" in page
    assert "KOG403" in page
    assert run("report", "-o", "state.md").exit_code == 0
    assert "state.md" not in (tmp_path / "state.md").read_text("utf-8")


def test_what_git_ignores_and_what_is_excluded_stays_out(run: Run, tmp_path: Path) -> None:
    config = "exclude: [old/]\nper-file-ignores: {'*.md': [KOG4]}\n"
    plant(
        tmp_path,
        {
            ".gitignore": ".env\n",
            "kognitos-migrate.yaml": config,
            ".env": URL,
            "old/run.sh": URL,
            "node_modules/a.js": URL,
            "README.md": URL,
            ".github/workflows/ci.yml": URL,
        },
    )
    assert where(run) == [".github/workflows/ci.yml:1:34: KOG401"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_rows_and_columns_count_characters_in_any_encoding(run: Run, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "run.ps1").write_bytes(f"# Größe\r\nü {URL}\r\n".encode(encoding))
    assert where(run) == ["run.ps1:2:36: KOG401"]


def test_binary_and_large_files_are_counted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kognitos_migrate.discover.other_files.LARGEST", 10_000)
    (tmp_path / "app.bin").write_bytes(b"\0" + URL.encode())
    (tmp_path / "dump.sql").write_text(URL + " " * 10_000)
    (tmp_path / "run.sh").write_text("exit\n")
    report = json.loads(run("check", "--all-files", "--output-format", "json").stdout)
    assert report["findings"] == []
    assert report["summary"]["other_files"] == {"searched": 1, "binary": 1, "too_large": 1}
    assert [spot["filename"] for spot in report["blind_spots"]] == ["dump.sql"]
    assert run("check", "--all-files", "--strict").exit_code == 1
    said = run("check", "--all-files", "-v").stderr
    assert "1 other file searched\n1 binary file skipped\n1 file skipped: too large\n" in said


def test_of_one_file_a_hundred_places_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bundle.min.js").write_text(f'x="{URL}";' * 1000)
    report = json.loads(run("check", "--all-files", "--output-format", "json").stdout)
    assert len(report["findings"]) == 100
    assert report["findings"][99]["notes"][-1] == "900 more mentions in this file aren't listed"
    text = run("check", "--all-files").stdout
    assert max(map(len, text.splitlines())) < 250


def test_a_file_that_is_named_is_searched_whatever_it_is_called(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.cgi": URL, "tool": f"#!/usr/bin/env python3\n# {URL}\n", "Makefile": URL})
    assert where(run, "run.cgi", "tool", "Makefile") == ["Makefile:1:34: KOG401", "run.cgi:1:34: KOG401"]


def test_naming_a_file_is_enough(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n", "other.sh": f"curl {URL}\n", "a.py": "", "plain.sh": "exit"})
    checked = run("check", "--output-format", "concise", "a.py", "run.sh")
    assert checked.exit_code == 1
    assert checked.stdout.startswith("run.sh:1:39: KOG401 ")
    assert "other.sh" not in checked.stdout
    assert run("check", "a.py", "plain.sh").stdout == "No v1 calls found in 2 files.\n"
    assert run("check", "--show-files", "a.py", "run.sh").stdout == "a.py\nrun.sh\n"
    assert run("check", "--select", "KOG1", "run.sh").exit_code == 0


def test_fix_says_of_a_named_file_what_is_left_to_do_by_hand(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n"})
    fixed = run("fix", "run.sh")
    assert fixed.exit_code == 1
    assert "KOG401" in fixed.stdout
    assert (tmp_path / "run.sh").read_text("utf-8") == f"curl {URL}\n"


COMMENTS = {
    "run.sh": f"curl {URL} # kognitos-migrate: keep[KOG401] the vendor is slow until=2099-01-01\n",
    "a.ts": f"// kognitos-migrate: ignore[KOG401] a sample\nfetch('{URL}')\n",
    "b.html": f"<a href='{URL}'>1</a> <!-- kognitos-migrate: ignore[KOG401] a sample -->\n",
    "c.sql": f"-- kognitos-migrate: file-ignore[KOG401] generated\n\n\nSELECT '{URL}';\n",
}


@pytest.mark.parametrize("name", COMMENTS)
def test_comments_suppress_in_any_language(run: Run, tmp_path: Path, name: str) -> None:
    plant(tmp_path, {name: COMMENTS[name]})
    report = json.loads(run("check", "--all-files", "--output-format", "json").stdout)
    assert report["findings"] == []
    assert [one["filename"] for one in report["suppressed"]] == [name]


def test_a_baseline_knows_them_by_their_line(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"a.json": f'{{"url": "{URL}"}}\n'})
    first = json.loads(run("check", "--all-files", "--output-format", "json").stdout)["findings"][0]
    plant(tmp_path, {"a.json": f'{{\n"more": 1,\n"url": "{URL}"}}\n'})
    second = json.loads(run("check", "--all-files", "--output-format", "json").stdout)["findings"][0]
    plant(tmp_path, {"a.json": f'{{\n"less": 2,\n\n"url": "{URL}"}}\n'})
    third = json.loads(run("check", "--all-files", "--output-format", "json").stdout)["findings"][0]
    assert first["fingerprint"] != second["fingerprint"]
    assert second["fingerprint"] == third["fingerprint"]


def test_init_adds_the_keys_that_scripts_name(run: Run, tmp_path: Path) -> None:
    plant(
        tmp_path, {"run.sh": "curl https://rest-api.app.kognitos.com/v1/invoke/zzzz3fg9ijk5mn1pqr3tu2wxy\n"}
    )
    assert "zzzz3fg9ijk5mn1pqr3tu2wxy" in run("init").stdout
    assert "zzzz3fg9ijk5mn1pqr3tu2wxy" in (tmp_path / "kognitos-migrate.yaml").read_text("utf-8")


def test_the_standard_input_is_python(run: Run) -> None:
    result = run("check", "--all-files", "-", input="x = 1\n")
    assert result.exit_code == 2
    assert "can't be combined with --all-files" in result.stderr


def test_a_file_that_cannot_be_read_is_a_problem(run: Run, tmp_path: Path) -> None:
    (tmp_path / "gone.sh").symlink_to(tmp_path / "nowhere")
    result = run("check", "--all-files", "gone.sh")
    assert result.exit_code == 2


@pytest.mark.parametrize("file", ["kognitos-migrate-baseline.json", "known.json"])
def test_a_baseline_may_know_them(run: Run, tmp_path: Path, file: str) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n"})
    created = run("baseline", "create", "--all-files", "--baseline", file)
    assert "1 known finding" in created.stdout
    assert run("check", "--all-files", "--baseline", file).exit_code == 0
    assert "Gone" not in run("check", "--baseline", file).stdout
    plant(tmp_path, {"run.sh": "exit\n"})
    assert "1 known finding" in run("baseline", "update", "--baseline", file).stdout
    assert "0 known findings" in run("baseline", "update", "--all-files", "--baseline", file).stdout


def test_reports_say_how_many_files_were_not_searched(run: Run, tmp_path: Path) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n"})
    (tmp_path / "app.bin").write_bytes(b"\0")
    assert "Skipped: 1 file, binary or too large." in run("report").stdout
    (tmp_path.parent / "state.json").write_text(run("report", "--format", "json").stdout)
    merged = json.loads(run("report", "--merge", "../state.json", "--format", "json").stdout)
    assert merged["summary"]["other_files"] == {"searched": 1, "binary": 1, "too_large": 0}


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab", "junit", "markdown"])
def test_what_an_earlier_check_has_written_is_not_searched(run: Run, tmp_path: Path, name: str) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n"})
    run("check", "--all-files", "--output-format", name, "-o", "found.txt")
    assert "KOG401" in (tmp_path / "found.txt").read_text("utf-8")
    assert where(run) == ["run.sh:1:39: KOG401"]


@pytest.mark.parametrize("name", ["json", "markdown", "html"])
def test_what_an_earlier_report_has_written_is_not_searched(run: Run, tmp_path: Path, name: str) -> None:
    plant(tmp_path, {"run.sh": f"curl {URL}\n"})
    run("report", "--format", name, "-o", "state.txt")
    assert "KOG401" in (tmp_path / "state.txt").read_text("utf-8")
    assert where(run) == ["run.sh:1:39: KOG401"]


OWNERS = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p1, agent_id: shared, stage: Draft}
  k2mnp8qrs4tuv6wxy1zab3cde: {process_id: p2, agent_id: shared, stage: Draft}
upload_agent: own
"""


def test_the_advice_is_what_a_fix_writes(run: Run, tmp_path: Path) -> None:
    base = "https://rest-api.app.kognitos.com/v1"
    call = f'requests.post("{base}/upload", json={{"file_name": "a"}}).json()["blob_uri"]'
    plant(tmp_path, {"run.sh": f"curl -d @a {base}/upload\n", "up.py": f"import requests\nprint({call})\n"})
    (tmp_path / "kognitos-migrate.yaml").write_text(OWNERS)
    advice = run("check", "run.sh", engine=None).stdout
    assert '{"file_name": "<file_name>", "agent_id": "shared"}' in advice
    assert '"agent_id": "shared"' in run("fix", "--diff", "up.py", engine=None).stdout

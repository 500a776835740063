"""Each fault of rule files, and its error."""

from pathlib import Path

import pytest

from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.load import rulebook_of
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.rulebook.read import read_rules
from tests.unit.faults import Case, cases
from tests.unit.rulebook.boxes import write_rules


def load(folder: Path) -> Rulebook:
    return rulebook_of(read_rules([folder]))


def test_the_rules_that_the_others_vary_are_right(tmp_path: Path) -> None:
    write_rules(tmp_path)
    assert [operation.id for operation in load(tmp_path).operations] == ["fill", "pack"]


@pytest.mark.parametrize("case", cases(Path(__file__).with_name("faults.txt")), ids=lambda case: case.said)
def test_a_fault_is_told_with_its_place(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rules(tmp_path)
    path = tmp_path / case.file
    path.write_text(case.applied(path.read_text("utf-8")), "utf-8")
    with pytest.raises(RuleError) as caught:
        load(tmp_path)
    assert case.said in str(caught.value).splitlines()


def test_two_operations_cannot_be_the_same_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rules(tmp_path)
    again = (tmp_path / "pack.yaml").read_text("utf-8").replace("pack\n", "pick\n").replace("101", "109")
    (tmp_path / "pick.yaml").write_text(again.replace("{shelf}", "{bord}"), "utf-8")
    with pytest.raises(RuleError, match=r"old\.path: POST /v1/pack/{} of boxes is that of pack\.yaml too"):
        load(tmp_path)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_rules(tmp_path)
    for name in ("api.yaml", "pack.yaml", "wire.yaml"):
        text = (tmp_path / name).read_text("utf-8")
        (tmp_path / name).write_text(
            text.replace("url: https", "uri: https").replace("title:", "titel:"), "utf-8"
        )
    with pytest.raises(RuleError) as caught:
        load(tmp_path)
    places = [(fault.path, fault.line, fault.key) for fault in caught.value.faults]
    assert places == [
        ("api.yaml", 1, "title"),
        ("api.yaml", 1, "url"),
        ("api.yaml", 3, "titel"),
        ("api.yaml", 4, "uri"),
        ("pack.yaml", 1, "url"),
        ("pack.yaml", 8, "uri"),
        ("wire.yaml", 1, "title"),
        ("wire.yaml", 1, "url"),
        ("wire.yaml", 3, "titel"),
        ("wire.yaml", 4, "uri"),
    ]

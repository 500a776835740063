"""case.yaml is checked, and its configuration is merged over the shared one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import CaseError, load_case


def write(folder: Path, text: str) -> Path:
    folder.joinpath("case.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_least_case(tmp_path: Path) -> None:
    case = load_case(write(tmp_path, "about: nothing special\n"))
    assert (case.run, case.exit_code, case.dialect) == (("main.py",), 0, "guide")
    assert [process.name for process in case.processes] == [
        "Process invoices",
        "Check purchase orders",
        "Onboard vendors",
    ]
    assert case.config["states"]["running"] == ["Created", "Executing"]


def test_config_replaces_whole_keys(tmp_path: Path) -> None:
    config = """\
about: another configuration
config:
  v2_request: reference
  hosts: [kognitos-gateway.acme.internal]
  processes:
    share: {process_id: p, agent_id: a, stage: Draft}
"""
    case = load_case(write(tmp_path, config))
    assert [process.share_id for process in case.processes] == ["share"]
    assert (case.dialect, case.hosts) == ("reference", ("kognitos-gateway.acme.internal",))
    assert "done" in case.config["states"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("run: [main.py]", "about", id="about is missing"),
        pytest.param("about: x\nruns: [a]", "unknown field `runs`", id="unknown key"),
        pytest.param("about: x\nenv: {A: 1}", r"\$.env", id="a number in the environment"),
        pytest.param("about: x\nconfig: {v2_request: v3}", "v3", id="unknown dialect"),
        pytest.param(
            "about: x\nconfig: {processes: {s: {process_id: p, agent_id: a, stage: edit}}}",
            "edit",
            id="unknown stage",
        ),
        pytest.param("about: [x", "case.yaml", id="not YAML"),
        pytest.param("", "Expected `object`", id="empty"),
    ],
)
def test_a_wrong_case_is_an_error(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(CaseError, match=why):
        load_case(write(tmp_path, text))


def test_a_missing_case_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"case\.yaml"):
        load_case(tmp_path)

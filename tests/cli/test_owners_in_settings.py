"""The owner of an upload by a share_id in a section of an INI file: only if it is still the start's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run

PROGRAM = Path(__file__).parents[2] / "fixtures" / "programs" / "owner_in_an_ini_section" / "before"
SHARE = "f5ghj7klm9npq2rst4uvw6xyz"
"""The share_id of a process of another agent."""
START = 'print(sorted(result_of(start([upload("mrn.pdf", b"%PDF-1.7")])).items()))\n'
assert (PROGRAM / "main.py").read_text("utf-8").endswith(START)


@pytest.mark.parametrize(
    "change",
    [
        f'parser.set("kognitos", "share", "{SHARE}")',
        f'put = parser.set; put("kognitos", "share", "{SHARE}")',
        f'kognitos["share"] = "{SHARE}"',
        f'parser["kognitos"]["share"] = "{SHARE}"',
        f'kognitos["SHARE"] = "{SHARE}"',
        f'parser["DEFAULT"]["share"] = "{SHARE}"',
        'parser["kognitos"]["team"] = "customs"',
        f'kognitos.update(share="{SHARE}")',
        f'parser["kognitos"] = {{"share": "{SHARE}"}}',
        f'parser.read_string("[kognitos]\\nshare = {SHARE}")',
        f'parser.read_dict({{"kognitos": {{"share": "{SHARE}"}}}})',
        'parser.read("stage.ini")',
        "import stages; stages.apply(parser)",
        'del parser["kognitos"]',
        'parser.remove_option("kognitos", "share")',
    ],
)
def test_the_section_may_have_changed_before_the_start(
    change: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _program(tmp_path, monkeypatch)
    text = program.read_text("utf-8").removesuffix(START)
    program.write_text(
        f'{text}blob = upload("mrn.pdf", b"%PDF")\n{change}\nprint(result_of(start([blob])))\n'
    )
    assert "(owner-unknown)" in run("fix", "--allow-dirty").stdout
    assert "/upload" in program.read_text("utf-8")


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of the fixture, in a folder."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
    shutil.copy(PROGRAM.parents[2] / "kognitos-migrate.yaml", folder)
    return folder / "main.py"

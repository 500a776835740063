"""`fix` changes settings that libraries put into instances, in the lists and dicts that annotations name."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_settings_edits import CODE, HOST, fix

SETTINGS = f"""{{"stages": {{
  "test": {{"base": "{HOST}/v1", "desks": []}},
  "live": {{"base": "https://rest-api.eu.kognitos.com/v1",
           "desks": [{{"name": "FX", "share": "abcd3fg9ijk5mn1pqr3tu2wxy"}}]}}}}}}
"""
CLASSES = """import json
from {module} import {names}

{decorator}
class Desk({base}):
    name: str
    share: {share} = None

{decorator}
class Stage({base}):
    base: str
    desks: {desks}

{decorator}
class File({base}):
    stages: {stages}
"""
READ = """
STAGE = {file}.stages[os.getenv("STAGE", "live")]
BASE, SHARE = STAGE.base, STAGE.desks[0].share
"""
PLAIN = {"share": "str", "desks": "list[Desk]", "stages": "dict[str, Stage]"}
DATACLASS = {
    **PLAIN, "module": "dataclasses", "names": "dataclass", "decorator": "@dataclass", "base": "object"
}  # fmt: skip
STRUCT = {**PLAIN, "module": "msgspec", "names": "Struct, convert, json", "decorator": "", "base": "Struct"}
MODEL = {**PLAIN, "module": "pydantic", "names": "BaseModel", "decorator": "", "base": "BaseModel"}
ATTRS = {**PLAIN, "module": "attrs", "names": "field, frozen", "decorator": "@frozen", "base": "object"}
DECODED = 'json.load(open("conf.json"))'


def program(classes: dict[str, str], file: str) -> str:
    imports = "import cattrs, dacite\n"
    return CODE.format(read=imports + CLASSES.format(**classes) + READ.format(file=file))


@pytest.mark.parametrize(
    ("classes", "file"),
    [
        (STRUCT, 'json.decode(open("conf.json").read(), type=File)'),
        ({**STRUCT, "desks": '"list[Desk] | None"'}, 'json.decode(open("conf.json").read(), type=File)'),
        (
            {**STRUCT, "base": 'Struct, rename={"share": "share"}'},
            'json.decode(open("conf.json").read(), type=File)',
        ),
        ({**MODEL, "desks": "tuple[Desk, ...]"}, f"File.model_validate({DECODED})"),
        (ATTRS, f"cattrs.structure({DECODED}, File)"),
        ({**ATTRS, "desks": "list[Desk | Stage]"}, f"cattrs.structure({DECODED}, File)"),
        ({**ATTRS, "stages": "object"}, f'File(cattrs.structure({DECODED}["stages"], dict[str, Stage]))'),
        (DATACLASS, f"dacite.from_dict(File, {DECODED})"),
    ],
)
def test_instances_in_containers(
    classes: dict[str, str], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fix(tmp_path, {"conf.json": SETTINGS, "job.py": program(classes, file)}, monkeypatch)
    assert result.exit_code == 0, result.output
    assert (tmp_path / "conf.json").read_text() == SETTINGS.replace("/v1", "/v2")


@pytest.mark.parametrize(
    ("classes", "file"),
    [
        (
            {**STRUCT, "base": "Struct, tag=True", "desks": "list[Desk | Stage]"},
            'json.decode(open("conf.json").read(), type=File)',
        ),
        ({**STRUCT, "base": 'Struct, rename="camel"'}, 'json.decode(open("conf.json").read(), type=File)'),
        (
            {**STRUCT, "base": 'Struct, rename={"share": "name"}'},
            'json.decode(open("conf.json").read(), type=File)',
        ),
        (
            {**ATTRS, "share": "str = field(converter=str.upper); other: str"},
            f"cattrs.structure({DECODED}, File)",
        ),
        (ATTRS, f"cattrs.structure(dict({DECODED}, **os.environ), File)"),
        (ATTRS, f"cattrs.structure({DECODED}, File, 1)"),
        ({**ATTRS, "stages": "dict[int, Stage]"}, f"cattrs.structure({DECODED}, File)"),
        (ATTRS, f"(cattrs.register_structure_hook(Stage, print), cattrs.structure({DECODED}, File))[1]"),
        (
            DATACLASS,
            f"dacite.from_dict(File, {DECODED}, config=dacite.Config(type_hooks={{str: str.upper}}))",
        ),
    ],
)
def test_data_whose_instances_are_not_known(
    classes: dict[str, str], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fix(tmp_path, {"conf.json": SETTINGS, "job.py": program(classes, file)}, monkeypatch)
    assert result.exit_code == 1, result.output
    assert (tmp_path / "conf.json").read_text() == SETTINGS

"""The built-in rules, and those of a user beside them."""

from pathlib import Path

import pytest

from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import (
    Encoding,
    FormArguments,
    LayoutMember,
    PathSegment,
    ReplyTarget,
    RequestCallable,
    Role,
    View,
)
from tests.unit.rulebook.boxes import API, write_rules

FIXTURES = Path(__file__).parents[3] / "fixtures"


def test_the_built_in_api() -> None:
    api = load_rulebook().apis["kognitos"]
    assert (api.old, api.new) == ("v1", "v2")
    assert "rest-api.app.kognitos.com" in api.hosts
    table = api.tables["processes"]
    assert (table.setting, table.key) == ("processes", "share_id")
    required = {field.name: field.required for field in table.fields}
    assert required == {"process_id": True, "agent_id": True, "stage": True, "name": False}
    assert table.fields[2].choices == ("Draft", "Published")
    assert api.vocabularies["states"].words == {"done": ("Succeeded",)}
    assert api.dialects is not None
    assert [call.method for call in api.also] == ["GET"] * len(api.also)
    assert (api.dialects.default, list(api.dialects.choices)) == ("guide", ["guide", "reference"])


def test_the_built_in_start_of_a_run() -> None:
    operation = load_rulebook().operation("start_run")
    old, new = operation.old, operation.new
    assert old.path == (PathSegment("v1", None), PathSegment("invoke", None), PathSegment(None, "process"))
    assert old.whole == LayoutMember("", "facts", {None: Encoding.OBJECT})
    assert old.query == (LayoutMember("attachments_key", "files", {None: Encoding.KEY_OR_VALUE}),)
    run = old.reply_member("run")
    assert run is not None
    assert (run.name, run.slot, run.encodings) == ("worker_id", "run", {None: Encoding.OPAQUE})
    assert run.note is not None
    members = {member.name: member for member in new.members}
    inputs = {dialect: members["inputs"].encoding(dialect) for dialect in ("guide", "reference")}
    assert inputs == {"guide": Encoding.OBJECT, "reference": Encoding.ENTRIES}
    assert (members["stage"].table, members["stage"].field) == ("processes", "stage")
    assert members["name"].when == "reference"
    assert members["file_ids"].optional
    assert (new.status, new.target, new.raw, new.form) == (201, None, None, None)


def test_the_built_in_transfer_of_a_file() -> None:
    operation = load_rulebook().operation("transfer_file")
    assert operation.old.path == ()
    assert operation.old.target == ReplyTarget("upload_file", "target")
    assert (operation.old.raw, operation.old.method_slot) == ("content", "transfer_method")
    form = operation.new.form
    assert form is not None
    assert (form.fields, form.file_field, form.content) == (
        ReplyTarget("upload_file", "transfer_form"),
        "file",
        "content",
    )


def test_the_built_in_requests_client() -> None:
    client = next(client for client in load_rulebook().clients if client.id == "requests")
    assert client.functions["requests.post"] == RequestCallable("POST", (Role.URL, Role.DATA, Role.JSON))
    assert client.session_methods["request"].method is None
    assert client.session_through == "request"
    assert client.keyword(Role.QUERY) == "params"
    assert (client.reply["json()"], client.reply["status_code"]) == (View.JSON, View.STATUS)
    assert client.multipart == FormArguments("data", "files", "None")


def test_every_code_is_of_the_kognitos_family() -> None:
    assert all(operation.code.startswith("KOG") for operation in load_rulebook().operations)


def test_the_built_in_rules_are_read_once() -> None:
    assert load_rulebook() is load_rulebook(())


def test_rules_of_a_user_come_beside_the_built_in_ones(tmp_path: Path) -> None:
    write_rules(tmp_path)
    rulebook = load_rulebook([tmp_path, FIXTURES / "other_api" / "rules"])
    assert set(rulebook.apis) == {"kognitos", "boxes", "parcels"}
    assert {"requests", "wire"} <= {client.id for client in rulebook.clients}
    assert rulebook.operation("ship").new.reply_field("shipment_id") is not None
    assert "boxes" not in load_rulebook().apis


def test_a_path_may_end_in_a_slash(tmp_path: Path) -> None:
    write_rules(tmp_path, "pack.yaml", "/v2/boxes", "/v2/boxes/")
    new = load_rulebook([tmp_path]).operation("pack").new
    assert new.path == (PathSegment("v2", None), PathSegment("boxes", None), PathSegment("", None))


def test_rules_of_a_user_may_not_take_the_name_of_built_in_ones(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(API.replace("id: boxes", "id: kognitos"), "utf-8")
    with pytest.raises(RuleError, match=r"id: kognitos is that of .*api.yaml too"):
        load_rulebook([tmp_path])


def test_a_folder_without_rules_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuleError, match="empty: has no rule files"):
        load_rulebook([tmp_path / "empty"])
    with pytest.raises(RuleError, match="none: is not a folder"):
        load_rulebook([tmp_path / "none"])

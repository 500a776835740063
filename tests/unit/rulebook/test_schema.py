"""The shape of rule files."""

import json
from pathlib import Path

import msgspec
import pytest

from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.api_schema import OperationFile, Shape
from kognitos_migrate.rulebook.document import parse_yaml
from kognitos_migrate.rulebook.paths import builtin_rules, rule_files
from kognitos_migrate.rulebook.schema import RuleFile, json_schema
from kognitos_migrate.rulebook.validation import Text, validate


def test_the_json_schema_knows_the_kinds_and_their_keys() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert schema["discriminator"]["propertyName"] == "kind"
    operation = schema["$defs"]["OperationFile"]
    assert {"kind", "old", "new", "code"} <= set(operation["required"])
    assert operation["additionalProperties"] is False
    assert "as" in schema["$defs"]["MemberShape"]["properties"]


@pytest.mark.parametrize("path", rule_files(builtin_rules()), ids=lambda path: Path(path).stem)
def test_the_built_in_files_have_the_shape(path: str) -> None:
    document = parse_yaml(Path(path).read_text("utf-8"), path, RuleError)
    msgspec.convert(document.value, RuleFile)


class Sample(Shape, kw_only=True):
    """One field for each kind of type."""

    text: Text = "a"
    flag: bool = False
    count: int = 0
    some: tuple[Text, ...] = ()
    named: dict[Text, int] = msgspec.field(default_factory=dict)
    maybe: int | None = None
    either: Text | tuple[Text, ...] = "a"


VALUES = ["a", "", 1, True, None, [], ["a"], ["a", 1], [""], {}, {"a": 1}, {"a": "b"}, {"": 1}, 1.5]


@pytest.mark.parametrize("name", Sample.__struct_fields__)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_fault_is_found_exactly_where_msgspec_refuses(name: str, value: object) -> None:
    import yaml

    document = parse_yaml(yaml.safe_dump({name: value}), "x.yaml", RuleError)
    try:
        msgspec.convert(document.value, Sample)
    except msgspec.ValidationError:
        with pytest.raises(RuleError) as caught:
            validate(document, Sample, RuleError)
        assert all(fault.key and fault.key.startswith(name) for fault in caught.value.faults)
        assert all("expected " in str(fault) for fault in caught.value.faults)
    else:
        assert isinstance(validate(document, Sample, RuleError), Sample)


def test_faults_of_the_document_are_told_with_those_of_its_shape() -> None:
    document = parse_yaml("id: a\nid: b\nstatus: 3\n", "x.yaml", RuleError)
    with pytest.raises(RuleError) as caught:
        validate(document, OperationFile, RuleError)
    said = [fault.message for fault in caught.value.faults]
    assert {"occurs twice, first on line 1", "unknown key", "is missing"} <= set(said)

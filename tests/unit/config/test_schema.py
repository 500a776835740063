"""The keys that a configuration may have."""

import msgspec

from kognitos_migrate.config.schema import config_shape, rule_keys, single_values
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.schema import OWN_KEYS


def test_the_keys_are_the_tools_own_and_those_of_the_rules() -> None:
    rulebook = load_rulebook()
    shape = config_shape(rulebook, {})
    keys = [field.encode_name for field in msgspec.structs.fields(shape)]
    assert sorted(keys) == sorted((*OWN_KEYS, *rule_keys(rulebook)))


def test_the_rules_declare_these() -> None:
    assert rule_keys(load_rulebook()) == ("processes", "states", "v2_request", "upload_agent")
    assert single_values(load_rulebook()) == ("upload_agent",)

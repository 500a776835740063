"""Origins of values that aren't known."""

from kognitos_migrate.values.lattice import (
    Unknown,
    environment_variable,
    library_result,
    option_of_command,
    setting_at,
)
from kognitos_migrate.values.origins import NAMED, UNKNOWN_KEY, OriginKind, ReadKind, ValueOrigin


def test_settings_have_names() -> None:
    assert environment_variable("JOB").origin == ValueOrigin(OriginKind.VARIABLE, ("JOB",))
    assert option_of_command("--job").origin == ValueOrigin(OriginKind.OPTION, ("--job",))
    assert setting_at("api.job").origin == ValueOrigin(OriginKind.SETTING, ("api", "job"))
    assert environment_variable("") == Unknown("environment variable", public=True)


def test_reads_lead_from_a_result_to_a_value() -> None:
    value = library_result("json.load").item("jobs").element().attribute("spec").item(None)
    assert value.source == "an element of json.load()[jobs].spec[…]"
    assert value.origin is not None
    assert value.origin.keys == ("jobs", "spec", UNKNOWN_KEY)
    assert [read.kind for read in value.origin.reads] == [
        ReadKind.ITEM,
        ReadKind.ELEMENT,
        ReadKind.ATTRIBUTE,
        ReadKind.ITEM,
    ]


def test_an_element_of_an_element_is_the_same_value() -> None:
    element = Unknown("rows").element()
    assert element.element() == element


def test_the_owner_of_an_attribute_is_the_value_before() -> None:
    value = environment_variable("JOB")
    assert value.attribute("strip").owner == value


def test_a_value_has_no_origin_if_its_source_is_cut() -> None:
    value = library_result("json.load")
    for key in ("configuration", "environments", "production", "processes"):
        value = value.item(key)
    assert value.origin is None
    assert value.item("more").origin is None
    assert Unknown("name").origin == NAMED

"""The migrated fixtures pass Ruff's default rules and its isort as the fixtures themselves do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.harness import FIXTURES

RULES = "E4,E7,E9,F,I"
GROUPS = ("programs", "packages", "mocks")
MAY_BE_TAKEN = {
    ("programs/import_that_a_doctest_uses", "main.py", "F401"),
    ("programs/module_replaced_before_its_import", "client.py", "F401"),
    ("programs/star_import_takes_a_module", "client.py", "F401"),
    ("programs/word_found_in_loaded_modules", "main.py", "F401"),
    ("programs/lazy_package_base_read_elsewhere", "portal/client.py", "F401"),
    ("programs/json_imported_in_functions", "main.py", "F401"),
    ("programs/config_class_loaded_by_its_name", "main.py", "F401"),
    ("programs/settings_bound_as_module_names", "main.py", "F401"),
    ("programs/attribute_deleted_again", "main.py", "F401"),
    ("programs/attribute_set_through_a_library", "main.py", "F401"),
    ("programs/words_read_through_a_package", "depot/client.py", "F401"),
    ("programs/urllib_request_patch_verbs_subclass", "main.py", "F401"),
    ("packages/attribute_of_an_object_named_by_a_setting", "client.py", "F401"),
    ("packages/attribute_of_an_object_named_by_its_path", "client.py", "F401"),
    ("mocks/fake_session_objects", "test_desk.py", "F401"),
    ("mocks/fake_session_objects", "test_desk.py", "F811"),
    ("mocks/fake_session_with_a_queue", "test_checker.py", "F401"),
    ("mocks/fake_session_with_a_queue", "test_checker.py", "F811"),
    ("mocks/recorded_requests_as_tuples", "tests/test_cli.py", "F401"),
    ("mocks/recorded_requests_as_tuples", "tests/test_cli.py", "F811"),
    ("mocks/replies_by_method_and_url", "tests/test_client.py", "F401"),
    ("mocks/stubs_of_several_processes", "tests/test_ledger.py", "F401"),
    ("mocks/stubs_of_several_processes", "tests/test_orders.py", "F401"),
    ("mocks/uploads_of_fake_sessions", "tests/test_triage.py", "F401"),
    ("mocks/uploads_of_fake_sessions", "tests/test_triage.py", "F811"),
}
"""Imports that are no longer used, and stay because another module may take the name: it imports one that is
spelled alike, or reads an attribute called so of a value that is not known; or because a doctest uses the
name. Imports in functions stay, too."""
NO_LONGER_READ = {
    ("programs/aiohttp_yarl_url", "main.py", "F841"),
    ("programs/command_loaded_by_name", "api.py", "F841"),
    ("programs/answers_already_booked", "main.py", "F841"),
    ("programs/base_class_takes_known_fields", "main.py", "F841"),
    ("programs/classes_take_the_fields_they_have", "main.py", "F841"),
    ("programs/queries_in_variables", "main.py", "F841"),
    ("programs/settings_behind_getattr_with_defaults", "main.py", "F841"),
    ("programs/two_services_with_the_same_paths", "main.py", "F841"),
}
"""A local variable that only the old URL, or the fields that a class takes, were made of."""
WITHOUT_HOLES = {("programs/files_key_from_a_constant", "main.py", "F541")}
"""An f-string that lost its placeholders in the migration."""


@cache
def violations(group: str, state: str) -> Counter[tuple[str, str, str]]:
    """How often each rule is violated in a group of fixtures: by fixture, file and rule."""
    found: Counter[tuple[str, str, str]] = Counter()
    group_folder = FIXTURES / group
    folders = [folder.relative_to(group_folder).as_posix() for folder in group_folder.glob(f"*/{state}")]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format", "json"]
    roots = f'src = ["*/{state}"]'
    run = subprocess.run(
        [*command, "--select", RULES, "--config", roots, *folders],
        cwd=group_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    for violation in json.loads(run.stdout):
        name, _, *path = Path(violation["filename"]).relative_to(group_folder.resolve()).parts
        found[f"{group}/{name}", "/".join(path), violation["code"]] += 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_a_migration_violates_no_rule_anew(group: str) -> None:
    new = violations(group, "after") - violations(group, "before")
    expected = {
        one for one in MAY_BE_TAKEN | NO_LONGER_READ | WITHOUT_HOLES if one[0].startswith(f"{group}/")
    }
    assert set(new) == expected

"""A file that a formatter leaves alone before a fix is left alone after it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from tests.harness import FIXTURES
from tests.ruff import ruff_format

STYLES = tuple(product((79, 88, 100, 120), ("double", "single")))
KNOWN = {
    "mocks/base_url_of_a_reserved_name/test_client.py": "a reply that becomes longer is not broken",
    "mocks/base_url_of_a_test_domain/test_client.py": "what a person broke is not joined",
    "mocks/bodies_of_several_processes/tests/test_jobs.py": "what a person broke is not joined",
    "mocks/injected_magicmock_session/app.py": "blank lines stay at the top of a module without imports",
    "mocks/respx_routes_async/test_vendors.py": "what a person broke is not joined where it is short now",
    "mocks/share_ids_sought_in_urls/test_people.py": "what a person broke is not joined",
    "mocks/stubs_by_regular_expression/tests/test_service.py": "a tuple that is returned gets no parentheses",
    "packages/async_callbacks_by_name/bot/callbacks.py": "lines of 79 can't be told from those of 88",
    "packages/freight_mixin_client/freight/handlers.py": "blank lines stay at the top, where an edit follows",
    "packages/nightly_batch/batch/collector.py": "a tuple that is yielded gets no parentheses",
    "programs/dotted_names_of_settings/main.py": "what moves out of an f-string keeps its quotes",
    "programs/error_text_in_an_updated_record/main.py": "what moves out of an f-string keeps its quotes",
    "programs/own_details_under_an_error/main.py": "what moves out of an f-string keeps its quotes",
    "programs/body_logged_by_a_decorator/main.py": "a comparison is not broken at its operator",
    "programs/ini_file_of_an_option/main.py": "what moves out of an f-string keeps its quotes",
    "programs/settings_path_with_the_home_expanded/main.py": "what moves out of an f-string keeps its quotes",
    "programs/sentinels_for_an_answer/main.py": "a default beside a text that is rebuilt gets parentheses",
    "programs/jupyter_cells_bytes_upload/main.py": "what is moved out of a formatted string keeps its quotes",
    "programs/requests_futures_pending_dict_by_name/main.py": "a tuple that is yielded gets no parentheses",
    "programs/undecoded_answer_cache/main.py": "what is moved out of a formatted string keeps its quotes",
    "programs/uploads_of_two_agents_by_a_client/main.py": "a call before a subscript is not joined",
    "programs/upload_for_a_process_of_nested_settings/service.py": "a call that becomes longer is not broken",
    "programs/urls_of_parts_by_loops/main.py": "a comparison is not broken at its operator",
}


def test_what_is_formatted_stays_so() -> None:
    pairs = dict(_changed())
    before = {style: _formatted(pairs, *style) for style in STYLES}
    after = {style: _formatted((pairs[path] for path in before[style]), *style) for style in STYLES}
    stays = {path for style in STYLES for path in before[style] if pairs[path] in after[style]}
    gone = {path for found in before.values() for path in found} - stays
    names = {str(path.relative_to(FIXTURES)).replace("/before/", "/") for path in gone}
    assert names == {*KNOWN}
    assert len(stays) > 300


def _changed() -> Iterable[tuple[Path, Path]]:
    """The files of fixtures that a fix changes, before and after."""
    for after in FIXTURES.rglob("after/**/*.py"):
        place = after.relative_to(FIXTURES).parts
        at = place.index("after")
        before = FIXTURES.joinpath(*place[:at], "before", *place[at + 1 :])
        if before.exists() and before.read_bytes() != after.read_bytes():
            yield before, after


def _formatted(files: Iterable[Path], width: int, quotes: str) -> set[Path]:
    """The files that ruff would not change."""
    files = {*files}
    style = (f"--line-length={width}", f"--config=format.quote-style='{quotes}'")
    said = ruff_format("--check", "--output-format", "concise", *style, *map(str, files)).stdout
    return files - {Path(found).resolve() for found in re.findall(r"^(\S+?\.py):\d", said, re.MULTILINE)}

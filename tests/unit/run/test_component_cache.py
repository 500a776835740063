"""The cached results of a program's components: valid while a component is unchanged, and never longer."""

import os
from collections.abc import Collection
from pathlib import Path

import pytest

from kognitos_migrate.cache import CacheEntry, Store
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.edits.slice_surroundings import SliceSurroundings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run import engine
from kognitos_migrate.run.components import Component
from kognitos_migrate.run.pipeline import plan_program
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import SourceFile
from tests.unit.discover.trees import plant

CALL = """\
import requests


def start{number}(facts):
    reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
    return reply.json()["worker_id"]
"""
NAMES = ("one", "two", "three")
LOADER = "import pkgutil\nFOUND = list(pkgutil.iter_modules())\n"


@pytest.fixture(autouse=True)
def analysed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The parts that are analysed, by the paths of their files."""
    project = tmp_path / "project"
    plant(project, {f"{name}/main.py": CALL.format(number=at) for at, name in enumerate(NAMES)})
    plant(project, {"loader.py": LOADER, "pyproject.toml": ""})
    monkeypatch.chdir(project)
    parts: list[tuple[str, ...]] = []

    def noted(
        component: Component, rulebook: Rulebook, settings: Settings, given: Collection[str] | None
    ) -> PlannedProgram:
        parts.append(component.paths)
        return plan_program(component, rulebook, settings, given)

    monkeypatch.setattr(engine, "plan_program", noted)
    return parts


def looked(level: Applicability | None = None, store: Store | None = None) -> Result:
    return run_check(["."], Options(store=store or Store("../cache"), level=level)).result


def test_only_the_part_that_has_changed_is_analysed_again(analysed: list[tuple[str, ...]]) -> None:
    looked()
    assert sorted(analysed) == [("one/main.py",), ("three/main.py",), ("two/main.py",)]
    analysed.clear()
    Path("two/main.py").write_text("# moved down\n" + CALL.format(number=1))
    again = looked()
    assert analysed == [("two/main.py",)]
    assert again == looked(store=Store(None))


def test_another_level_is_another_analysis(analysed: list[tuple[str, ...]]) -> None:
    looked()
    analysed.clear()
    looked(Applicability.ADAPT)
    assert len(analysed) == 3


def test_a_part_depends_on_what_looks_for_modules_elsewhere(analysed: list[tuple[str, ...]]) -> None:
    looked(Applicability.ADAPT)
    analysed.clear()
    Path("loader.py").write_text(LOADER + "print(FOUND)\n")
    looked(Applicability.ADAPT)
    assert len(analysed) == 3


def test_a_part_depends_on_which_files_there_are(analysed: list[tuple[str, ...]]) -> None:
    looked()
    analysed.clear()
    plant(Path(), {"four/main.py": CALL.format(number=4)})
    looked()
    assert len(analysed) == 4


def test_what_is_damaged_is_made_again(analysed: list[tuple[str, ...]]) -> None:
    first = looked()
    (name,) = os.listdir("../cache/parts")
    store = Store("../cache")
    entry = store.read("parts", name)
    assert entry is not None
    for content in (b"", b"\x91\x01", entry.content[:-1]):
        store.write("parts", name, CacheEntry(entry.origin, content))
        (result,) = os.listdir("../cache/results")
        os.unlink(f"../cache/results/{result}")
        analysed.clear()
        assert looked() == first
        assert len(analysed) == 3


def test_all_that_makes_a_part_is_known() -> None:
    """A new field of one of these belongs in the cache key of a component, or in the list of fields that
    follow from others: a source's text, its notebook and the like follow from its digest and its path."""
    said = {
        "path",
        "encoding",
        "digest",
        "above",
        "packages",
        "project",
        "roots",
        "requirements",
        "is_exported",
    }
    assert {*SourceFile.__struct_fields__} == said | {
        "text",
        "bom",
        "content_kind",
        "notebook",
        "data",
        "fault",
    }
    follows = {"links"}  # from its sources
    assert {*Component.__struct_fields__} == {"sources", "surroundings", "elided_spans"} | follows
    of_slices = {"unused", "unanalysed_texts", "settable"}
    assert {*SliceSurroundings.__struct_fields__} == {
        "taken_paths",
        "adapters",
        "module_searchers",
        "texts_by_path",
    } | of_slices

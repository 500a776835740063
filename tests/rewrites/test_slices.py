"""Only a slice of a large program is analysed, with the same findings and changes. Each part of slices.txt is
the code of a program in addition to a client: its users, and unrelated code."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from kognitos_migrate.discover.prefilter import anchors
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.modules import slicing
from kognitos_migrate.run import shards
from kognitos_migrate.run.components import Component
from kognitos_migrate.run.engine import components_to_analyse
from kognitos_migrate.run.pipeline import plan_program
from kognitos_migrate.run.shards import SliceSequence
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate, migrated, read
from tests.rewrites.comparable import CLIENT, RULES, analysed, told, without_numbers
from tests.rewrites.tables import files_of, programs
from tests.rewrites.verbs import settings, sources

USER = """\
from app.client import start, state


def begin(facts):
    run = start("share1", facts)
    return state(run) == "done"
"""
NOISE = """\
import app.client
import app.user


def unrelated(rows):
    return [row for row in rows if row]
"""
PACKAGE = {"app/__init__.py": "", "app/client.py": CLIENT, "app/user.py": USER, "app/noise.py": NOISE}

PROGRAMS = programs("slices.txt")
"""Programs of the package and these files, in the place of its own where they are called so."""
WHOLE = {"a module that this Python cannot parse"}
"""Programs that are analysed whole, because the slice can't be determined."""


def sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse no more than a slice of any program."""
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(shards, "VERY_LARGE", 0)
    monkeypatch.setattr(slicing, "MOST", 1)


def program(case: str) -> dict[str, str]:
    files = files_of(PROGRAMS[case]) if PROGRAMS[case] else {}
    return dict(sorted({**PACKAGE, **files}.items()))


@pytest.mark.parametrize("level", [Applicability.SAFE, Applicability.ADAPT])
@pytest.mark.parametrize("case", PROGRAMS)
def test_a_slice_tells_what_the_whole_tells(
    case: str, level: Applicability, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = analysed(program(case), level)
    assert whole.findings
    sliced(monkeypatch)
    part = analysed(program(case), level)
    assert part.changes == whole.changes
    assert told(part) == told(whole)


@pytest.mark.parametrize("case", PROGRAMS)
def test_what_cannot_matter_is_left_out(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    assert ("app/noise.py" in first_slice(program(case)).paths) == (case in WHOLE)


def test_a_small_program_is_analysed_whole() -> None:
    (part,) = components_to_analyse(sources(PACKAGE), RULES, settings())
    assert SliceSequence(part, anchors(RULES, settings())).first().component is part


FAR = {
    "names of a module that are read implicitly": "KOG903",
    "a helper that others use, too": "KOG903",
    "a helper that makes the body, and others use, too": "KOG903",
    "a path in the settings of another module": "KOG101",
    "a path in a setting whose name has letters beyond ASCII, and who sets it": "KOG101",
    "a class below one that others derive from, too": "KOG902",
}
"""Programs that aren't changed because the code that they use is too far away, and their findings then."""


@pytest.mark.parametrize("case", PROGRAMS)
def test_what_lies_too_far_away_is_taken_for_a_library(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    monkeypatch.setattr(slicing, "ROOM", 0)
    found = analysed(program(case), Applicability.SAFE)
    assert {one.code for one in found.findings} >= {FAR.get(case, "KOG101")}
    assert bool(found.changes) == (case not in FAR)


def test_what_nothing_in_the_slice_uses_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    calls = "".join(f"    other{n}()\n" for n in range(50))
    others = "".join(f"\n\ndef other{n}():\n    return {n}\n" for n in range(50))
    settings_ = f"TIMEOUT = 3\n\n\ndef everything():\n{calls}{others}"
    client = "from app.config import TIMEOUT\n" + CLIENT.replace("json=facts", "json=facts, timeout=TIMEOUT")
    texts = {**PACKAGE, "app/client.py": client, "app/config.py": settings_}
    first = first_slice(texts)
    assert first.surroundings.unused == {"app/config.py": {"everything", *(f"other{n}" for n in range(50))}}
    assert plan_program(first, RULES, settings()).program.context.facts.steps < 200


def test_who_imports_what_matters_and_does_not_use_it_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    bystander = "from app.client import start, state\nfrom app import user\n\n\ndef other():\n    return 1\n"
    texts = {**PACKAGE, "app/bystander.py": bystander}
    assert "app/bystander.py" not in first_slice(texts).paths
    texts["jobs.py"] = 'from app.bystander import state\n\nDONE = state("7") == "done"\n'
    assert "app/bystander.py" in first_slice(texts).paths


def test_who_names_a_product_that_does_not_use_the_api_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    book = "from {} import book\nfrom app import user\n\n\n@book\ndef other():\n    return 1\n"
    for module, is_read in (("kognitos.bdk.api", False), ("kognitos.sdk.api", True)):
        texts = {**PACKAGE, "app/book.py": book.format(module)}
        assert ("app/book.py" in first_slice(texts).paths) is is_read


def test_a_module_that_names_the_api_in_a_comment_is_read_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sliced(monkeypatch)
    texts = {
        **PACKAGE,
        "app/told.py": "# for Kognitos\n\nfrom app import user\n\n\ndef other():\n    return 1\n",
        "app/untold.py": "# for others\n\nfrom app import user\n\n\ndef other():\n    return 1\n",
    }
    paths = first_slice(texts).paths
    assert "app/told.py" in paths
    assert "app/untold.py" not in paths


def test_what_stands_beside_what_matters_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    sliced(monkeypatch)
    beside = "\n\ndef beside(rows):\n    return helper(rows)\n\n\ndef helper(row):\n    return row\n"
    whole = analysed({"client.py": CLIENT + beside}, None)
    assert first_slice({"client.py": CLIENT + beside}).surroundings.unused == {
        "client.py": {"beside", "helper"}
    }
    assert analysed({"client.py": CLIENT}, None) == whole
    used = CLIENT.replace("json=facts", "json=helper(facts)")
    assert first_slice({"client.py": used + beside}).surroundings.unused == {"client.py": {"beside"}}


def test_nothing_is_left_out_where_most_uses_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(shards, "VERY_LARGE", 0)
    monkeypatch.setattr(slicing, "MOST", 0.5)
    assert len(first_slice(PACKAGE).sources) == len(PACKAGE)
    assert len(first_slice({**PACKAGE, "app/noise.py": NOISE + 99 * "# noise\n"}).sources) == 2


def first_slice(texts: Mapping[str, str]) -> Component:
    (part,) = components_to_analyse(sources(texts), RULES, settings())
    return SliceSequence(part, anchors(RULES, settings())).first().component


AT_ANOTHER_PLACE = {
    "body_changed_by_a_shared_transport": "the other caller of the transport isn't in the slice, so the call "
    "is shown in the transport instead of at its own caller"
}
"""Fixtures whose findings in slices are at other places than in the whole."""
FOLDERS = [
    pytest.param(
        path.parent,
        marks=[
            pytest.mark.together(path.parent.name),
            *(
                [pytest.mark.xfail(strict=True, reason=AT_ANOTHER_PLACE[path.parent.name])]
                if path.parent.name in AT_ANOTHER_PLACE
                else []
            ),
        ],
        id=f"{kind}/{path.parent.name}",
    )
    for kind in ("programs", "packages", "mocks", "manual", "halfway")
    for path in sorted((FIXTURES / kind).glob("*/before"))
]


ALWAYS = {
    "manual/attributes_set_by_a_file_of_plugins": "code that nothing of the slice uses sets its attributes",
    "packages/states_audited_beside_a_url": "a class implements a protocol without naming it",
}
"""Programs for which nothing else of the sample stands, and what is special in them."""
OTHER_NOTES = {"packages/names_of_executed_text_behind_a_star_import"}
"""Programs that become the same, with other settings before deployment: a slice reads the settings file."""
SAMPLE = [folder for number, folder in enumerate(FOLDERS) if number % 8 == 0 or folder.id in ALWAYS]
"""Each eighth fixture: all of them would take a tenth of the time of all tests."""


@pytest.mark.slow
@pytest.mark.parametrize("folder", SAMPLE)
def test_a_fixture_becomes_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = load_case(folder)
    whole, texts = migrated(case, case.before)
    sliced(monkeypatch)
    found, of_slice = migrate(case, read(case.before))
    assert of_slice == texts
    if f"{folder.parent.name}/{folder.name}" not in OTHER_NOTES:
        assert without_numbers(found) == without_numbers(whole)

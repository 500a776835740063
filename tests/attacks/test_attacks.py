"""The short form of the attacks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .__main__ import SEED
from .disk import CannotMountError
from .forms import ATTACKS
from .kills import Attack

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="kills, pipes and links of POSIX")]


@pytest.mark.parametrize(("name", "attack", "short", "long"), ATTACKS, ids=[name for name, *_ in ATTACKS])
def test_an_attack_has_no_effect(name: str, attack: Attack, short: int, long: int, tmp_path: Path) -> None:
    try:
        counts = attack(tmp_path / "attack", short, SEED)
    except CannotMountError as error:
        pytest.skip(f"no file system can be mounted: {error}")
    assert 0 < counts.total() <= short

"""Programs that are written to fill the memory, to take forever, or to crash the analysis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.project import SAFE

PROGRAMS = {
    "joined with itself": 'x = "ab"\n' + "x = x.join([x, x, x])\n" * 40 + "requests.get(API + x)\n",
    "a letter joined with itself": 'x = "a"\n' + "x = x.join([x, x])\n" * 18 + "requests.get(API + x)\n",
    "a long text added to itself": f'x = "{"a" * 900_000}"\n' + "x = x + x\n" * 6 + "requests.get(API + x)\n",
    "added to itself": 'x = "ab"\n' + "x = x + x\n" * 60 + "requests.get(API + x)\n",
    "a number of 100,000 digits": f"x = 0x{'f' * 100_000}\nrequests.get(API + str(x))\n",
    "a number of 5,000 decimal digits": f"x = {'1' * 5_000}\nrequests.get(API + str(x))\n",
    "values of themselves, twice": (
        "x = {}\n" + 'x = {"a": x, "b": x}\n' * 40 + "requests.post(API, json=x)\n"
        "x = ()\n" + "x = (x, x)\n" * 40 + "requests.post(API, json=x)\n"
        "x = []\n" + "x = [x, x]\n" * 40 + "requests.post(API, json=x)\n"
        'x = ["a"]\n' + "x = [*x, *x]\n" * 40 + "requests.get(API + x[0])\n"
        'x = ["a"]\n' + "x = x + x\n" * 40 + "requests.get(API + x[0])\n"
    ),
    "texts that are no numbers, addresses and paths": (
        'requests.get(API + "{²}".format(1))\n'
        "import urllib.parse\nrequests.get(urllib.parse.urlsplit('http://[::1').path)\n"
        "from pathlib import Path\nPath('').with_name('x').write_text(API)\n"
    ),
    "a long result": 'requests.get(API + "a".ljust(10**10) + "b" * 10**10)\n',
    "names that don't end": f'requests.get(API + "{"%(" * 200_000}" % {{}})\n',
    "backslashes": f"# {chr(92) * 500_000}\n" + f'x = "{chr(92) * 500_000}"\n',
    "an expression of a user": 'import re\nrequests.get(re.match("(a+)+$", "' + "a" * 60 + 'b")[0])\n',
    "diamonds of classes": "class A0:\n    def f(self): return requests.get(API)\n"
    + "".join(
        f"class L{n}(A{n}):\n  def f(self): return super().f()\n"
        f"class R{n}(A{n}):\n  def f(self): return super().f()\n"
        f"class A{n + 1}(L{n}, R{n}):\n  def f(self): return super().f()\n"
        for n in range(1_300)
    )
    + "A1300().f()\n",
}


@pytest.mark.skipif(os.name == "nt", reason="no limits of memory")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=[*PROGRAMS])
def test_a_program_without_end_is_checked(program: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(SAFE.format(number=1) + program)
    limited = (
        f"ulimit -v {2 << 20}; ulimit -t 60; exec {sys.executable} -m kognitos_migrate check --no-cache ."
    )
    done = subprocess.run(
        ["sh", "-c", limited],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "KOG101" in done.stdout
    assert "KOG990" not in done.stdout

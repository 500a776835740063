"""`check --watch`: a real process, which checks again when a file changes."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60
WAITING = b"Watching for changes; press Ctrl-C to stop.\n"
COMMAND = (sys.executable, "-m", "kognitos_migrate", "check", "--watch", "--output-format", "concise")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C of a child process is another one there")
def test_it_checks_again_until_ctrl_c(tmp_path: Path) -> None:
    project = Path(shutil.copytree(ROOT / "fixtures" / "demo", tmp_path / "demo"))
    report = project / "invoices"  # the start of a source's name

    async def session() -> None:
        pipe = asyncio.subprocess.PIPE
        options = ("--cache-dir", str(tmp_path / "cache"), "-o", str(report))
        watching = await asyncio.create_subprocess_exec(
            *COMMAND, *options, cwd=project, env=ENVIRONMENT, stdin=pipe, stdout=pipe, stderr=pipe
        )
        assert watching.stderr is not None

        async def line() -> bytes:
            assert watching.stderr is not None
            return await asyncio.wait_for(watching.stderr.readline(), PATIENCE)

        try:
            assert await line() == WAITING
            assert report.read_text("utf-8").count("KOG") == 4
            (project / "invoices.py").write_text("print('migrated')\n")
            assert await line() == b"\n"
            assert (await line()).endswith(b"] invoices.py changed\n")
            assert await line() == WAITING
            assert "No v1 calls found" in report.read_text("utf-8")
            watching.send_signal(signal.SIGINT)
            out, err = await asyncio.wait_for(watching.communicate(), PATIENCE)
        finally:
            if watching.returncode is None:
                watching.kill()
        assert (watching.returncode, out, err) == (0, b"", b"")  # the report itself is no change

    asyncio.run(session())


def test_it_is_not_for_the_standard_input(tmp_path: Path) -> None:
    ran = subprocess.run([*COMMAND, "-"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (2, b"error: --watch can't be combined with stdin (-)\n")


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['watchfiles'] = None; from kognitos_migrate.cli.main import main;"
        "sys.argv = ['kognitos-migrate', 'check', '--watch']; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False
    )
    message = (
        b"error: --watch needs the `watch` extra; run `pip install '.[watch]'` "
        b"in a checkout of kognitos-migrate\n"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, b"", message)

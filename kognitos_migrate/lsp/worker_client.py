"""The server's side of the analysis process: starts it, hands it jobs one by one, and ends it."""

import asyncio
import os
import pickle
import signal
from contextlib import suppress

from kognitos_migrate.lsp.worker import LENGTH, Job, Outcome, encode
from kognitos_migrate.run.worker_processes import isolated_command

_HAS_SESSIONS = hasattr(os, "killpg")


class AnalysisProcess:
    """The analysis process. It is started when it is first needed, and again if it has ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._has_ended = False

    async def start(self) -> asyncio.subprocess.Process:
        """The running process, which imports the engine while the editor opens its first document."""
        async with self._starting:
            process = self._process
            if process is None or process.returncode is not None:
                process = self._process = await asyncio.create_subprocess_exec(
                    *isolated_command("from kognitos_migrate.lsp.worker import main; main()"),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=_HAS_SESSIONS,
                )
            if self._has_ended:  # while it was starting
                self.stop()
            return process

    async def run(self, job: Job) -> Outcome:
        """The outcome of a job. It waits for those before it.

        If the request for it is cancelled, the job still runs to its end, so that its outcome isn't taken for
        the one of the next job.
        """
        return await asyncio.shield(asyncio.ensure_future(self._exchange(job)))

    async def _exchange(self, job: Job) -> Outcome:
        async with self._turn:
            if self._has_ended:
                return Outcome(error="the session has ended")
            process = await self.start()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(encode(job))
                await process.stdin.drain()
                length = await process.stdout.readexactly(LENGTH)
                content = await process.stdout.readexactly(int.from_bytes(length, "big"))
            except (OSError, asyncio.IncompleteReadError):
                self.stop()
                return Outcome(error="the analysis process ended unexpectedly")
            if (
                not hasattr(os, "fork") and not self._has_ended
            ):  # it ends after one job; the next one is ready when it is needed
                await process.wait()
                await self.start()
            outcome = pickle.loads(content)
            assert isinstance(outcome, Outcome)
            return outcome

    def end(self) -> None:
        """End the process for good: no job is run from now on."""
        self._has_ended = True
        self.stop()

    def stop(self) -> None:
        """End the process, and those that it has started."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError, PermissionError):
            if _HAS_SESSIONS:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()

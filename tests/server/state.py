"""The state of the test server: runs, files, the journal of effects and the refusals."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from .model import Dialect, Mode, Phase, Process, Refusal, Refused, Run, Start, Upload
from .outputs import has_outputs, is_failure, outputs_of


class State:
    """One scenario. Safe to use from the threads of the server."""

    def __init__(self, mode: Mode, dialect: Dialect, processes: Sequence[Process]) -> None:
        self.mode = mode
        self.dialect = dialect
        self.processes = tuple(processes)
        self._lock = threading.Lock()
        self._issued: Counter[str] = Counter()
        self._runs: dict[str, Run] = {}
        self._reads: Counter[str] = Counter()
        self._uploads: dict[str, Upload] = {}
        self._sums: dict[str, str] = {}
        self._journal: list[Start] = []
        self._refusals: list[Refusal] = []

    @property
    def journal(self) -> tuple[Start, ...]:
        """The runs that were started, in that order."""
        with self._lock:
            return tuple(self._journal)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The requests that were refused, in that order."""
        with self._lock:
            return tuple(self._refusals)

    def refuse(self, refusal: Refusal) -> None:
        """Remember a refusal."""
        with self._lock:
            self._refusals.append(refusal)

    def start(self, process: Process, inputs: dict[str, Any], file_ids: Sequence[str], name: str) -> Run:
        """Start a run and write it into the journal. All files must have arrived."""
        with self._lock:
            run = Run(self._new_id("run"), name, process, inputs, tuple(file_ids))
            self._runs[run.id] = run
            self._journal.append(
                Start(
                    process.process_id,
                    process.agent_id,
                    process.stage,
                    json.dumps(inputs, sort_keys=True),
                    tuple(sorted(self._sums[file_id] for file_id in file_ids)),
                )
            )
            return run

    def read(self, run_id: str) -> tuple[Run, Phase]:
        """Read a run's status, which also moves the run on."""
        with self._lock:
            run = self._runs.get(run_id)
            if run is None:
                raise Refused(404, f"no run {run_id!r}")
            self._reads[run_id] += 1
            return run, _phase(run, self._reads[run_id])

    def announce(self, file_name: str, agent_id: str | None = None) -> Upload:
        """Announce a file that will be uploaded."""
        with self._lock:
            upload = Upload(self._new_id("file"), file_name, self._new_id("secret"), agent_id)
            self._uploads[upload.id] = upload
            return upload

    def upload(self, file_id: str) -> Upload | None:
        """Return the announced file with this id."""
        with self._lock:
            return self._uploads.get(file_id)

    def receive(self, upload: Upload, content: bytes) -> None:
        """Keep the content of an announced file."""
        with self._lock:
            self._sums[upload.id] = hashlib.sha256(content).hexdigest()

    def arrived(self, file_id: str) -> Upload | None:
        """Return the file with this id if its content is here."""
        with self._lock:
            return self._uploads[file_id] if file_id in self._sums else None

    def _new_id(self, kind: str) -> str:
        """Make an id that is stable from run to run and differs between v1 and v2."""
        self._issued[kind] += 1
        seed = f"{self.mode} {kind} {self._issued[kind]}"
        return hashlib.sha256(seed.encode()).hexdigest()[:26]


def run_outputs(run: Run) -> dict[str, Any] | None:
    """Return the outputs of a run that succeeded; None if it has none."""
    if not has_outputs(run.inputs):
        return None
    return outputs_of(run.process.share_id, run.inputs, len(run.file_ids))


def _phase(run: Run, reads: int) -> Phase:
    if reads == 1:
        return Phase.CREATED
    if reads == 2:
        return Phase.EXECUTING
    return Phase.FAILED if is_failure(run.inputs) else Phase.SUCCEEDED

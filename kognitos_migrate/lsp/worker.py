"""The analysis process of the server.

It reads tasks from its standard input and writes their outcomes to its standard output. Each task runs in a
process that has run no other, so that nothing is remembered of files which have changed since, and no memory
is lost: in a fork if the system can, else in this process, which then ends.
"""

import gc
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

from kognitos_migrate.errors import UserError, bug_report, traceback_of
from kognitos_migrate.lsp.tasks import EditorTask
from kognitos_migrate.source.content import (
    UnreadableSourceError,
    override_contents,
    read_bytes,
    relative_path,
)
from kognitos_migrate.source.file import declared_encoding
from kognitos_migrate.structs import Struct

LENGTH = 8
"""The bytes in front of a message that hold its length."""


class Job(Struct, frozen=True):
    """A task in the folder of its project, with the texts of all open documents by absolute path."""

    folder: str
    documents: Mapping[str, str]
    task: EditorTask


class Outcome(Struct, frozen=True):
    """The result of a task, or the message of an error and, for an internal one, its traceback."""

    result: object = None
    error: str = ""
    detail: str = ""


def main() -> None:
    """Run tasks until the standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the server ends this one
    inbox, outbox = _private_pipes()
    _import_engine()
    gc.freeze()
    while (job := _next_job(inbox)) is not None:
        if not hasattr(os, "fork"):
            _send(outbox, pickle.dumps(outcome_of(job)))
            return
        _send(outbox, _forked_outcome(job))


def encode(message: object) -> bytes:
    """A message for a pipe: the length of its content, and the content."""
    content = pickle.dumps(message)
    return len(content).to_bytes(LENGTH, "big") + content


def outcome_of(job: Job) -> Outcome:
    """Run a job in this process, whose working folder it changes."""
    try:
        os.chdir(job.folder)
        documents = {relative_path(job.folder, path): text for path, text in job.documents.items()}
        contents = {path: document_bytes(path, text) for path, text in documents.items()}
        changed = {path: data for path, data in contents.items() if data != _on_disk(path)}
        with override_contents(changed):
            return Outcome(job.task.run(documents))
    except UserError as error:
        return Outcome(error=str(error))
    except OSError as error:
        return Outcome(error=f"{error.filename or job.folder}: {error.strerror or error}")
    except Exception as error:
        return Outcome(error=bug_report(error), detail=traceback_of(error))


def document_bytes(path: str, text: str) -> bytes:
    """The bytes of a file if the text of its open document is saved."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        return text.encode(declared_encoding(data, path))
    except (UnreadableSourceError, UnicodeEncodeError, LookupError):
        return data


def _on_disk(path: str) -> bytes | None:
    with suppress(UnreadableSourceError):
        return read_bytes(path)
    return None


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The standard input and output, which no other code can use from now on."""
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return inbox, outbox


def _import_engine() -> None:
    """Import what a check needs, and read the built-in rules, before the first task comes."""
    from kognitos_migrate.cache import tool_fingerprint
    from kognitos_migrate.findings import suppressions
    from kognitos_migrate.lsp import project_edit, project_state
    from kognitos_migrate.rulebook.load import load_rulebook
    from kognitos_migrate.run import deployment_steps, engine, fix_options, fix_without_tests, text_mentions
    from kognitos_migrate.run.plans import import_planners

    del deployment_steps, engine, fix_options, fix_without_tests, project_edit, project_state
    del suppressions, text_mentions
    import_planners()
    load_rulebook()
    tool_fingerprint()


def _next_job(inbox: BinaryIO) -> Job | None:
    """The next job. None at the end."""
    length = inbox.read(LENGTH)
    if len(length) < LENGTH:
        return None
    job = pickle.loads(inbox.read(int.from_bytes(length, "big")))
    assert isinstance(job, Job)
    return job


def _send(outbox: BinaryIO, content: bytes) -> None:
    with suppress(BrokenPipeError):
        outbox.write(len(content).to_bytes(LENGTH, "big") + content)
        outbox.flush()


def _forked_outcome(job: Job) -> bytes:
    """The pickled outcome of a job that a forked process runs."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(receiver)
            with os.fdopen(sender, "wb") as pipe:
                pipe.write(pickle.dumps(outcome_of(job)))
            code = 0
        finally:
            os._exit(code)
    os.close(sender)
    with os.fdopen(receiver, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        return pickle.dumps(Outcome(error="the analysis ended unexpectedly"))
    return content


if __name__ == "__main__":
    sys.exit("this module is the analysis process of `kognitos-migrate server`")

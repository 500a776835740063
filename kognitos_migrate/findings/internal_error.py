"""An error of the tool's own while a component was analysed, as a finding and as a problem of the run."""

from kognitos_migrate.errors import bug_report, traceback_of
from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import Place, Problem, Result
from kognitos_migrate.rulebook.codes import INTERNAL_ERROR
from kognitos_migrate.source.file import SourceFile


def internal_error(source: SourceFile, error: Exception) -> Result:
    """The result of a component that could not be analysed: nothing of it is changed. `source` is the file
    of the component that the finding is shown in."""
    lines = source.text.splitlines() or [""]
    place = Place(source.path, 1, 1, 1, len(lines[0]) + 1)
    message = f"{bug_report(error)}; this file, and those that belong with it, are left as they are"
    finding = by_hand(INTERNAL_ERROR, message, place, "report it, and migrate by hand", "internal-error")
    problem = internal_problem(source.path, error)
    return Result(findings=(finding,), remaining=(finding,), problems=(problem,))


def internal_problem(path: str, error: Exception) -> Problem:
    """An error of the tool's own as a problem of the run; `path` is the file that it is due to, if known."""
    return Problem(path, None, bug_report(error), traceback_of(error))

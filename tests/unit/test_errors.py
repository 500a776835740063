"""Error messages for users."""

import pickle

import pytest

from kognitos_migrate.errors import ConfigError, Fault, RuleError, SourceError, UsageError, UserError


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("is wrong"), "is wrong"),
        (Fault("is wrong", expected="expected right"), "is wrong; expected right"),
        (Fault("is wrong", path="a.yaml"), "a.yaml: is wrong"),
        (Fault("is wrong", key="b.c"), "b.c: is wrong"),
        (Fault("is wrong", "a.yaml", 3, "b.c", "expected right"), "a.yaml:3: b.c: is wrong; expected right"),
        (Fault("is wrong", line=3), "is wrong"),
    ],
)
def test_a_fault_says_what_is_known(fault: Fault, said: str) -> None:
    assert str(fault) == said


def test_an_error_of_one_fault_reads_like_it() -> None:
    error = RuleError("is wrong", path="a.yaml", line=3, key="b", expected="expected right")
    assert str(error) == "a.yaml:3: b: is wrong; expected right"
    assert error.faults == (Fault("is wrong", "a.yaml", 3, "b", "expected right"),)


def test_several_faults_come_in_the_order_of_file_and_line() -> None:
    faults = [Fault("z", "b"), Fault("y", "a", 10), Fault("x", "a", 9), Fault("w", "a", 9)]
    error = ConfigError.of(faults)
    assert str(error) == "a:9: x\na:9: w\na:10: y\nb: z"
    assert len(error.faults) == 4


@pytest.mark.parametrize("kind", [UsageError, ConfigError, RuleError, SourceError])
def test_every_error_is_the_users_and_crosses_processes(kind: type[UserError]) -> None:
    error = kind.of([Fault("x", "a", 1), Fault("y", "a", 2)])
    assert isinstance(error, UserError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.faults) == (kind, str(error), error.faults)

"""The examples inside the rules become what they say, as `rules test` runs them."""

from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.run.rule_examples import ExampleVerdict, run_examples


def test_every_example_of_the_built_in_rules_is_validated() -> None:
    outcomes = run_examples(load_rulebook(), analyse)
    assert outcomes
    assert [outcome for outcome in outcomes if outcome.verdict is not ExampleVerdict.VALIDATED] == []

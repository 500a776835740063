"""Descriptions of values that leave the program's run."""

from kognitos_migrate.findings.result import Place, ValueFlow, described_flows


def test_flows_with_one_description_share_it() -> None:
    flows = [
        ValueFlow(text, Place("a.py", row, 1, row, 2))
        for text, row in (("kept", 4), ("sent", 5), ("kept", 9))
    ]
    text = described_flows([*flows, *flows], lambda place: f"{place.path}:{place.row}:{place.column}")
    assert text == "kept, a.py:4 and a.py:9; sent, a.py:5"

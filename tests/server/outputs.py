"""The outputs of the test server's processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

EXACT = Decimal("12345678901234567890.10")
"""A number that no float represents, and whose last digit is lost with its text."""


def outputs_of(share_id: str, inputs: Mapping[str, Any], files: int) -> dict[str, Any]:
    """Return the outputs of a run that was started with these inputs and this many files."""
    outputs = _OUTPUTS.get(share_id, _process_invoices)(inputs, files)
    return {**outputs, "amount": EXACT} if inputs.get("exact") is True else outputs


def has_outputs(inputs: Mapping[str, Any]) -> bool:
    """Say whether a run with these inputs has outputs when it has succeeded. Both versions answer null
    if it hasn't."""
    return inputs.get("silent") is not True


def is_failure(inputs: Mapping[str, Any]) -> bool:
    """Say whether a run with these inputs ends as failed."""
    return inputs.get("fail") is True


def _process_invoices(inputs: Mapping[str, Any], files: int) -> dict[str, Any]:
    rows = {"rows": inputs["rows"]} if "rows" in inputs else {}
    return {"total_items": len(inputs), "customer_id": "cus123abc", "amount": 99.5, **rows}


def _check_purchase_orders(inputs: Mapping[str, Any], files: int) -> dict[str, Any]:
    return {"approved": True, "reference": f"PO-{len(inputs)}", "files": files}


def _onboard_vendors(inputs: Mapping[str, Any], files: int) -> dict[str, Any]:
    return {"vendor": inputs.get("vendor", "unknown"), "score": 7, "files": files}


_OUTPUTS: dict[str, Callable[[Mapping[str, Any], int], dict[str, Any]]] = {
    "abcd3fg9ijk5mn1pqr3tu2wxy": _process_invoices,
    "k2mnp8qrs4tuv6wxy1zab3cde": _check_purchase_orders,
    "f5ghj7klm9npq2rst4uvw6xyz": _onboard_vendors,
}

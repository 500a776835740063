"""Programs that come out wrong, or are refused without need: each says here what it ought to become.

A case that passes fails the suite: it moves to the tests of its kind.
"""

import pytest

from tests.rewrites.verbs import check_noop, check_transformed

NOT_FOLLOWED = {
    "the text that holds the version is looked at": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        print(BASE.endswith("/v1"))
        print(requests.get(BASE + "/run/7").json()["state"] == "done")
        """,
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        print(BASE.endswith("/v1"))
        print(requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()["status"] == "Succeeded")
        """,
    ),
}


@pytest.mark.xfail(reason="less is understood than could be")
@pytest.mark.parametrize(("before", "after"), NOT_FOLLOWED.values(), ids=NOT_FOLLOWED)
def test_a_program_is_understood(before: str, after: str) -> None:
    check_transformed(before, after)


@pytest.mark.xfail(reason="what no request needs any more is looked at only when the tool runs again")
def test_an_old_url_that_stays_is_found_at_once() -> None:
    check_noop(
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        print(requests.get(BASE + "/run/7").json()["state"] == "cancelled", requests.get(BASE + "/health").ok)
        """,
        ("KOG201", "KOG902"),
    )

"""Which requests are calls of the API, and what their paths hold."""

import pytest

from tests.unit.conversations.programs import program

HOST = "https://rest-api.app.kognitos.com"


def matched(text: str, *hosts: str) -> list[str]:
    return [match.operation.id for match in program(f"import os, requests\n{text}\n", hosts=hosts).matches]


@pytest.mark.parametrize(
    ("call", "operations"),
    [
        (f'requests.post("{HOST}/v1/invoke/s")', ["start_run"]),
        (f'requests.post("{HOST}/v1/invoke/s?attachments_key=k")', ["start_run"]),
        (f'requests.post("{HOST}/v1/invoke/" + input())', ["start_run"]),
        (f'requests.get("{HOST}/v1/run/7")', ["poll_run"]),
        (f'requests.get("{HOST}/v1/run/7/")', ["poll_run"]),
        (f'requests.post("{HOST}/v1/upload")', ["upload_file"]),
        (f'requests.request(input(), "{HOST}/v1/run/7")', ["poll_run"]),
        (f'requests.request("get", "{HOST}/v1/run/7")', ["poll_run"]),
        ('requests.get(os.environ["U"] + "/v1/run/7")', ["poll_run"]),
        ('requests.get("http://localhost:8080/v1/run/7")', ["poll_run"]),
        (f'requests.get("{HOST}/v1/invoke/s")', []),
        (f'requests.put("{HOST}/v1/run/7")', []),
        (f'requests.post("{HOST}/v1/invoke")', []),
        (f'requests.post("{HOST}/v1/invoke/")', []),
        (f'requests.post("{HOST}/v1/invoke/s/more")', []),
        (f'requests.post("{HOST}/api/v1/invoke/s")', []),
        (f'requests.post("{HOST}/v2/invoke/s")', []),
        (f'requests.post("{HOST}/v1/invokes/s")', []),
        (f'requests.post("{HOST}/" + input() + "/invoke/s")', []),
        ('requests.post("https://api.example.net/v1/invoke/s")', []),
        ('requests.post("https://kognitos.example.net/v1/invoke/s")', []),
        ('requests.post(input() + "/api/v1/invoke/s")', []),
        ("requests.post(input())", []),
        ("requests.post(3)", []),
    ],
)
def test_a_request_fits_an_operation(call: str, operations: list[str]) -> None:
    assert matched(call) == operations


def test_a_configured_host_may_have_a_path_ahead() -> None:
    call = 'requests.post("https://gate.example.net/kognitos/v1/invoke/s")'
    assert matched(call) == []
    assert matched(call, "gate.example.net") == ["start_run"]


def test_a_pattern_of_hosts_names_the_api() -> None:
    (match,) = program(
        'import requests\nrequests.get(f"https://rest-api.{input()}.kognitos.com/v1/run/7")\n'
    ).matches
    assert match.known_host


@pytest.mark.parametrize(
    ("target", "fits"),
    [("upload_url", True), ("blob_uri", False), ("nothing", False), ("upload_http_method", False)],
)
def test_a_url_out_of_a_reply_is_a_target(target: str, fits: bool) -> None:
    text = f"""
slot = requests.post("{HOST}/v1/upload", json={{"file_name": "a"}}).json()
requests.put(slot["{target}"], data=b"")
"""
    assert matched(text) == ["upload_file", *(["transfer_file"] if fits else [])]


def test_a_target_names_the_request_that_gave_it() -> None:
    upload, transfer = program(
        f"""
        import requests
        slot = requests.post("{HOST}/v1/upload").json()
        url = slot["upload_url"]
        requests.put(f"{{url}}", data=b"")
        """
    ).matches
    assert transfer.target == (upload.request.id,)
    assert transfer.paths == ()


def test_keys_are_the_texts_that_a_slot_may_have() -> None:
    (match,) = program(
        f"""
        import requests
        for share in ("one", "two", input()):
            requests.post(f"{HOST}/v1/invoke/{{share}}")
        """
    ).matches
    assert match.keys("process") == ["one", "two", None]
    assert match.keys("run") == []


def test_what_users_can_set_is_named() -> None:
    (match,) = program(
        f"""
        import os, requests
        base = os.environ.get("KOGNITOS_URL", "{HOST}/v1")
        requests.get(base + "/run/7")
        """
    ).matches
    assert match.overridden == ("environment variable KOGNITOS_URL",)
    assert match.known_host


def test_a_setting_without_the_version_overrides_nothing() -> None:
    (match,) = program(
        f"""
        import os, requests
        base = os.environ.get("KOGNITOS_URL", "{HOST}")
        requests.get(base + "/v1/run/7")
        """
    ).matches
    assert match.overridden == ()


def test_a_version_that_users_can_set_is_named_and_so_is_no_other_part_of_the_path() -> None:
    (match,) = program(
        f"""
        import os, requests
        version = os.environ.get("KOGNITOS_VERSION", "v1")
        run = os.environ.get("RUN", "7")
        requests.get(f"{HOST}/{{version}}/run/{{run}}")
        """
    ).matches
    assert match.overridden == ("environment variable KOGNITOS_VERSION",)
    assert match.known_host


def test_a_version_that_users_must_set_is_no_match() -> None:
    text = f"""
import os
requests.get(f"{HOST}/{{os.environ['KOGNITOS_VERSION']}}/run/7")
"""
    assert matched(text) == []


def test_a_known_host_with_another_path_among_the_readings_is_no_match() -> None:
    text = f"""
url = "{HOST}/v1/run/7" if input() else "{HOST}/v1/health"
requests.get(url)
"""
    assert matched(text) == []

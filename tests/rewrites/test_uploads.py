"""Files: asking for a URL, sending the content, attaching what was sent."""

import pytest

from tests.rewrites.verbs import check_transformed

TRANSFORMED = {
    "attached by the name of a key of the body": (
        """
        import requests
        def send(path):
            got = requests.post("https://rest-api.app.kognitos.com/v1/upload", json={"file_name": "a"}).json()
            with open(path, "rb") as file:
                sent = requests.put(
                    got["upload_url"],
                    data=file,
                    headers=got["upload_http_headers"],
                )
            assert sent.status_code == 200
            uri = got["blob_uri"]
            url = "https://rest-api.app.kognitos.com/v1/invoke/share1?attachments_key=docs"
            return requests.post(url, json={"a": 1, "docs": [uri]}).json()["worker_id"]
        """,
        """
        import requests
        def send(path):
            got = requests.post(
                "https://rest-api.app.kognitos.com/v2/files", json={"file_name": "a", "agent_id": "agent1"}
            ).json()
            with open(path, "rb") as file:
                sent = requests.post(
                    got["upload_url"],
                    data=got["upload_fields"],
                    files={"file": file},
                    headers=got["upload_http_headers"],
                )
            assert sent.status_code == 204
            uri = got["id"]
            url = "https://rest-api.app.kognitos.com/v2/runs"
            return requests.post(
                url,
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": {"a": 1},
                    "file_ids": [uri],
                },
            ).json()["id"]
        """,
    ),
    "attached by its URL": (
        """
        import requests
        def send(data):
            got = requests.post("https://rest-api.app.kognitos.com/v1/upload", json={"file_name": "a"}).json()
            requests.put(
                got["upload_url"],
                data=data,
                headers=got["upload_http_headers"],
            ).raise_for_status()
            return requests.post(
                "https://rest-api.app.kognitos.com/v1/invoke/share9",
                params={"attachments_key": got["blob_url"]},
                json={"a": 1},
            ).json()["worker_id"]
        """,
        """
        import requests
        def send(data):
            got = requests.post(
                "https://rest-api.app.kognitos.com/v2/files", json={"file_name": "a", "agent_id": "agent9"}
            ).json()
            requests.post(
                got["upload_url"],
                data=got["upload_fields"],
                files={"file": data},
                headers=got["upload_http_headers"],
            ).raise_for_status()
            return requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc9",
                    "agent_id": "agent9",
                    "stage": "Draft",
                    "inputs": {"a": 1},
                    "file_ids": [got["id"]],
                },
            ).json()["id"]
        """,
    ),
    "attachments that come as a parameter are the list already": (
        """
        import requests
        def start(uris):
            facts = {"a": 1, "docs": uris}
            url = "https://rest-api.app.kognitos.com/v1/invoke/share1?attachments_key=docs"
            return requests.post(url, json=facts).ok
        """,
        """
        import requests
        def start(uris):
            facts = {"a": 1}
            url = "https://rest-api.app.kognitos.com/v2/runs"
            return requests.post(
                url,
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": facts,
                    "file_ids": uris,
                },
            ).ok
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_file_goes_as_the_new_version_wants_it(before: str, after: str) -> None:
    check_transformed(before, after)


def test_the_configuration_says_the_agent_where_no_run_does() -> None:
    check_transformed(
        """
        import requests
        def upload(data):
            got = requests.post("https://rest-api.app.kognitos.com/v1/upload", json={"file_name": "a"}).json()
            requests.put(got["upload_url"], data=data)
            return got["blob_uri"]
        """,
        """
        import requests
        def upload(data):
            got = requests.post(
                "https://rest-api.app.kognitos.com/v2/files", json={"file_name": "a", "agent_id": "agent9"}
            ).json()
            requests.post(got["upload_url"], data=got["upload_fields"], files={"file": data})
            return got["id"]
        """,
        {"upload_agent": "agent9"},
    )

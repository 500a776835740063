"""Recognition and masking of secrets."""

import time

import pytest

from kognitos_migrate.findings.secrets import Secrets


@pytest.mark.parametrize(
    ("source", "secret"),
    [
        ('headers = {"x-api-key": "kgn_12345abc"}', "kgn_12345abc"),
        ('API_KEY = "kgn-live-4711-secret"', "kgn-live-4711-secret"),
        ("session.headers['x-api-key'] = 'plainsecret'", "plainsecret"),
        ('Client(api_key="abc12345678")', "abc12345678"),
        ('KEY = os.environ.get("ACME_API_KEY", "fallback-9876")', "fallback-9876"),
        ('TOKEN: str = "tok12345"', "tok12345"),
        ('TOKEN: Final[str | None] = (\n    "tok12345"\n)', "tok12345"),
        ('{"Authorization": "Bearer abcdefghij0"}', "abcdefghij0"),
        ('requests.get(u, auth=("me", "hunter2"))', "hunter2"),
        ('requests.get(u, auth=HTTPBasicAuth("me", "hunter2"))', "hunter2"),
        ("os.system(\"curl -H 'x-api-key: zzz999yyy888' https://x\")", "zzz999yyy888"),
        ('url = "https://bob:pa55word@host/v1"', "pa55word"),
        ('if password == "letmein": pass', "letmein"),
        ('headers = [("x-api-key", "pair-77")]', "pair-77"),
        ('API_SECRET = """several"""', "several"),
        ('KEY = "0123456789abcdef0123"', "0123456789abcdef0123"),
        ('use("ghp_0123456789abcdefghijABCDEFGHIJ")', "ghp_0123456789abcdefghijABCDEFGHIJ"),
    ],
)
def test_a_secret_is_hidden_and_all_else_stays_in_its_place(source: str, secret: str) -> None:
    masked = Secrets.of([("a.py", source)]).mask_python(source)
    assert masked == source.replace(secret, "*" * len(secret))
    assert Secrets.of([("a.py", masked)]).mask_python(masked) == masked


@pytest.mark.parametrize(
    "source",
    [
        'api_key = os.environ["ACME_API_KEY"]',
        '{"Authorization": f"Bearer {token}"}',
        'HEADER, TOKEN_NAME = "x-api-key", "X_API_KEY"',
        'def call(path="x", api_key: SecretStr = None): ...',
        'documents = get_token("the documents of a customer")',
        'params = {"attachments_key": "documents"}',
        'sorted(rows, key="name")',
        'api_key = "<your key>"',
        'page_token = ""',
        'process = "abcd3fg9ijk5mn1pqr3tu2wxy"',
        "groups = groupby(runs, key=lambda run: run['state'])",
        "runs.sort( key=itemgetter('started'), reverse=True)",
        "client = Client(host, token=read_token(path))",
    ],
)
def test_what_is_no_secret_is_shown(source: str) -> None:
    assert Secrets.of([("a.py", source)]).mask_python(source) == source


def test_in_files_that_are_not_python_a_line_is_enough() -> None:
    text = "ACME_API_KEY=abc123\nacme:\n  token: zzzz\n"
    assert Secrets.of([(".env", text)]).values == ("abc123", "zzzz")
    assert Secrets.of([("a.py", "token = zzz\n")]).values == ()


def test_the_default_of_a_parameter_is_no_secret() -> None:
    assert Secrets.of([("a.py", "def login(user, token=None):\n    return token\n")]).values == ()


def test_a_short_secret_is_hidden_within_quotes_only() -> None:
    secrets = Secrets.of([("a.py", 'password = "start"')])
    assert secrets.mask_message("'start' is told to start") == "'*****' is told to start"


PARTS = """
PASSWORD = "hunter2"
TOKEN = "s3cr3tk3y99"
login("vpn login admin hunter2", "a_s3cr3tk3y99_b", b"\\x00s3cr3tk3y99")
"""


def test_a_secret_is_hidden_in_longer_strings() -> None:
    masked = Secrets.of([("a.py", PARTS)]).mask_python(PARTS)
    assert masked == PARTS.replace("hunter2", "*" * 7).replace("s3cr3tk3y99", "*" * 11)


SHADOWS = """import requests

for data in read(data=1): data, k = use(data, k, token1234=token123), data.get  # data is new
headers = {"x-api-key": "data", "token": "k", "password": f"token123"}
print("k", "kkk", "database", f"{data} of dates", "token 1234", 'data')
"""


def test_names_equal_to_a_secret_stay() -> None:
    secrets = Secrets.of([("a.py", SHADOWS)], sent=["k", "data"])
    assert secrets.values == ("token123", "data")
    masked = SHADOWS
    for text in ('"data"', "'data'", '"token123"'):
        masked = masked.replace(text, text[0] + "*" * len(text[1:-1]) + text[0])
    assert secrets.mask_python(SHADOWS) == masked
    assert secrets.mask_message("data goes to print(data, end=data), then `data`") == (
        "data goes to print(data, end=data), then `data`"
    )
    assert secrets.mask_message("x-api-key: data") == "x-api-key: ****"


@pytest.mark.parametrize("value", ["k", "ab", "abc"])
def test_keys_of_fewer_than_four_characters_are_shown(value: str) -> None:
    source = f'for {value} in {value}s:\n    headers = {{"x-api-key": "{value}"}}\n'
    secrets = Secrets.of([("a.py", source), (".env", f"API_KEY={value}\n")], sent=[value])
    assert secrets.values == ()
    assert secrets.mask_python(source) == source


@pytest.mark.parametrize(
    "text",
    [
        "KOGNITOS_API_KEY=wombat\n",
        "x-api-key: wombat\nAccept: */*\n",
        "curl https://me:wombat@api.acme.com/v1/run/7",
        "<apiKey>wombat</apiKey>",
        "const apiKey = `wombat`;",
    ],
)
def test_a_short_secret_is_hidden_wherever_files_have_one(text: str) -> None:
    assert "wombat" not in Secrets(("wombat",)).mask(text)


def test_what_is_known_to_be_none_is_shown() -> None:
    source = 'token = "abcd3fg9ijk5mn1pqr3tu2wxy"'
    assert Secrets.of([("a.py", source)], {"abcd3fg9ijk5mn1pqr3tu2wxy"}).values == ()


def test_what_a_declared_parameter_contains_is_shown() -> None:
    source = 'urls = [f"/invoke/{share}?attachments_key=report", "/files?upload_key=invoice"]'
    assert Secrets.of([("a.py", source)]).values == ("invoice", "report")
    assert Secrets.of([("a.py", source)], parameters=["attachments_key"]).values == ("invoice",)


@pytest.mark.parametrize(
    "text", ["a token = ", '"', "auth(", "'x-api-key", "token:" + " " * 50, "_", "a.-", "api_key: aaaa"]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    Secrets.of([("a.env", text * (200_000 // len(text)))])
    assert time.process_time() - began < 5


PAIRS = {
    "pairs.yaml": "- name: x-api-key\n  value: pairsecret\n",
    "quoted.yaml": "- name: API_KEY\n  value: 'pairsecret'\n",
    "pairs.json": '{"key": "x-api-key", "value": "pairsecret", "type": "text"}',
    "reverse.json": '{\n  "value": "pairsecret",\n  "name": "x-api-key"\n}',
    "user.sh": "curl -sS -u bob:pairsecret https://acme.com",
    "quotes.sh": "curl https://acme.com \\\n  --user 'bob:pairsecret'",
    "cookies.sh": "curl -b 'session=pairsecret' https://acme.com",
    "request.http": "GET https://acme.com\nCookie: session=pairsecret; lang=en\n",
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_users_and_cookies_in_files(name: str) -> None:
    text = PAIRS[name]
    masked = Secrets.of([(name, text)]).mask(text)
    assert "pairsecret" not in masked
    assert masked.count("*") in (
        len("pairsecret"),
        len("session=pairsecret"),
        len("session=pairsecret; lang=en"),
    )


@pytest.mark.parametrize(
    "text", ["docker run -u 1000:1000 curl", "curl http://localhost:8000", "cookie: a word"]
)
def test_other_colons_are_shown(text: str) -> None:
    assert Secrets.of([("run.sh", text)]).mask(text) == text


def test_a_sent_key_is_masked_wherever_it_is_used() -> None:
    source = 'KEY = "abcd3fg9ijk5"\npost(f"/invoke/{KEY}", headers={"x-api-key": KEY})\n'
    secrets = Secrets.of([("a.py", source)], public=["abcd3fg9ijk5"], sent=["abcd3fg9ijk5"])
    assert "abcd3fg9ijk5" not in secrets.mask_python(source)

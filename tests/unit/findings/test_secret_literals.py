"""Spellings of secrets in Python source: each is starred, and all else stays in its place."""

import ast

import pytest

from kognitos_migrate.findings.secret_literals import secret_literals
from kognitos_migrate.findings.secrets import Secrets

SPELLINGS = {
    "adjacent literals": ('API_KEY = "kgn_live_" "4711abcd"', ["kgn_live_", "4711abcd"]),
    "adjacent literals in lines": (
        'API_KEY = (\n    "kgn_live_"\n    "4711abcd"\n)',
        ["kgn_live_", "4711abcd"],
    ),
    "concatenation": ('api_key = "kgn_live" + "_4711abcd"', ["kgn_live", "_4711abcd"]),
    "concatenation with a variable": ('token = prefix + "4711abcd"', ["4711abcd"]),
    "augmented assignment": ('token += "4711abcd"', ["4711abcd"]),
    "f-string": ('api_key = f"kgn_{stage}_4711abcd"', ["kgn_", "_4711abcd"]),
    "f-string in a header": ('headers = {"x-api-key": f"kgn-live-{stage}"}', ["kgn-live-"]),
    "bearer f-string": ('headers = {"Authorization": f"Bearer abcd1234{suffix}"}', ["abcd1234"]),
    "format": ('api_key = "kgn_{}_4711abcd".format(stage)', ["kgn_", "_4711abcd"]),
    "percent": ('api_key = "kgn_%s_4711abcd" % stage', ["kgn_", "_4711abcd"]),
    "join": ('token = "-".join(["hunter", "2three"])', ["hunter", "2three"]),
    "template": ('token = Template("kgn-live-$stage")', ["kgn-live-"]),
    "triple quotes": ('SECRET = """several\nlines"""', ["several\nlines"]),
    "raw literal": (r'PASSWORD = r"back\slash"', [r"back\slash"]),
    "escapes": (r'PASSWORD = "tab\there"', [r"tab\there"]),
    "bytes": ('SECRET_KEY = b"0123456789"', ["0123456789"]),
    "default of getenv": ('k = os.getenv("API_KEY", "fallback-x")', ["fallback-x"]),
    "default of environ.get": ('k = os.environ.get("API_KEY", default="fallback-x")', ["fallback-x"]),
    "default of a config": ('k = conf.get("acme", "api_key", fallback="fallback-x")', ["fallback-x"]),
    "or": ('api_key = os.getenv("API_KEY") or "fallback-x"', ["fallback-x"]),
    "or of a parameter": ('self.api_key = key or "fallback-x"', ["fallback-x"]),
    "conditional": ('api_key = "live-abc" if env == "prod" else "test-abc"', ["live-abc", "test-abc"]),
    "walrus": ('if (token := "tok-abc"):\n    pass', ["tok-abc"]),
    "tuple of auth": ('get(u, auth=("me", "hunter-two"))', ["hunter-two"]),
    "tuple of auth behind a condition": ('get(u, auth=None if x else ("me", "hunter-two"))', ["hunter-two"]),
    "auth object": ('auth = aiohttp.BasicAuth("me", password="hunter-two")', ["hunter-two"]),
    "digest auth": ('s.auth = HTTPDigestAuth("me", "hunter-two")', ["hunter-two"]),
    "attribute": ('client.api_key = "kgn-abc"', ["kgn-abc"]),
    "subscript": ('session.headers["X-Api-Key"] = "kgn-abc"', ["kgn-abc"]),
    "environment": ('os.environ["ACME_API_KEY"] = "kgn-abc"', ["kgn-abc"]),
    "setdefault": ('os.environ.setdefault("API_TOKEN", "kgn-abc")', ["kgn-abc"]),
    "setattr": ('setattr(client, "api_key", "kgn-abc")', ["kgn-abc"]),
    "putheader": ('connection.putheader("x-api-key", "kgn-abc")', ["kgn-abc"]),
    "update with keywords": ('conf.update(api_key="kgn-abc")', ["kgn-abc"]),
    "dict call": ('conf = dict(api_key="kgn-abc")', ["kgn-abc"]),
    "pairs": ('headers = [("x-api-key", "kgn-abc")]', ["kgn-abc"]),
    "list pairs": ('headers = [["authorization", "kgn-abc"]]', ["kgn-abc"]),
    "nested table": ('SECRETS = {"prod": {"value": "kgn-abc"}}', ["kgn-abc"]),
    "list of tokens": ('TOKENS = ["tok-abc", "tok-def"]', ["tok-abc", "tok-def"]),
    "parallel assignment": ('user, password = "me", "hunter-two"', ["hunter-two"]),
    "chained assignment": ('a = api_key = "kgn-abc"', ["kgn-abc"]),
    "annotated": ('api_key: Final[str] = "kgn-abc"', ["kgn-abc"]),
    "default of a parameter": ('def call(path, token="tok-abc"): ...', ["tok-abc"]),
    "keyword-only default": ('def call(path, *, token="tok-abc"): ...', ["tok-abc"]),
    "dataclass field": ('api_key: str = field(default="kgn-abc")', ["kgn-abc"]),
    "pydantic field": ('api_key: SecretStr = Field("kgn-abc", alias="x")', ["kgn-abc"]),
    "secret type": ('api_key = SecretStr("kgn-abc")', ["kgn-abc"]),
    "click option": ('@click.option("--api-key", default="kgn-abc")\ndef f(): ...', ["kgn-abc"]),
    "argparse option": ('parser.add_argument("--token", default="tok-abc")', ["tok-abc"]),
    "returned": ('def api_key():\n    return "kgn-abc"', ["kgn-abc"]),
    "property": ('class A:\n    @property\n    def token(self):\n        return "tok-abc"', ["tok-abc"]),
    "lambda": ('get_token = lambda: "tok-abc"', ["tok-abc"]),
    "compared": ('if request.token != "tok-abc": pass', ["tok-abc"]),
    "decoded": ('token = b64decode("aHVudGVyMg").decode()', ["aHVudGVyMg"]),
    "pass phrase": ('PASSPHRASE = "correct horse battery staple"', ["correct horse battery staple"]),
    "key that looks random": ('KEY = "0123456789abcdef0123"', ["0123456789abcdef0123"]),
    "query api_key": ('url = "https://x/v1?api_key=abcd1234&a=b"', ["abcd1234"]),
    "query subscription-key": ('url = "https://x/v1?subscription-key=abcd1234"', ["abcd1234"]),
    "query sig": ('url = "https://x/blob?sv=1&sig=ab%2Fcd%3D"', ["ab%2Fcd%3D"]),
    "query code": ('url = "https://x.net/api/f?code=abcd-1234=="', ["abcd-1234=="]),
    "query token in an f-string": ('url = f"{base}/x?token=tokabc&n={n}"', ["tokabc"]),
    "query by concatenation": ('url = base + "?access_token=tokabc"', ["tokabc"]),
    "form": ('data = "client_secret=hunter22&grant=x"', ["hunter22"]),
    "userinfo": ('url = "https://bob:pa55word@host/v1"', ["pa55word"]),
    "PEM block": (
        'KEY = """-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0123\nqqqqqqqqqqqqqqqqqqqq\n-----END"""',
        ["MIIEowIBAAKCAQEA0123", "qqqqqqqqqqqqqqqqqqqq"],
    ),
    "PEM block with escapes": (
        r'KEY = "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA0123\n-----END PRIVATE KEY-----"',
        ["MIIEowIBAAKCAQEA0123"],
    ),
    "curl": ("os.system(\"curl -H 'x-api-key: zzz999yyy888' https://x\")", ["zzz999yyy888"]),
    "shape of a vendor's key": (
        'use("ghp_0123456789abcdefghijABCDEFGHIJ")',
        ["ghp_0123456789abcdefghijABCDEFGHIJ"],
    ),
    "pair in a dict": ('h = [{"name": "x-api-key", "value": "pairsecret"}]', ["pairsecret"]),
    "pair in reverse": ('h = [{"value": "pairsecret", "name": "x-api-key"}]', ["pairsecret"]),
    "pair by keyword": ('h = [Header(name="x-api-key", value="pairsecret")]', ["pairsecret"]),
    "pair of bytes": ('h = [(b"x-api-key", b"pairsecret")]', ["pairsecret"]),
    "zipped lists": ('h = dict(zip(["accept", "x-api-key"], ["json", "pairsecret"]))', ["pairsecret"]),
    "zipped variables": (
        'NAMES = "accept", "x-api-key"\nVALUES = ["json", "pairsecret"]\nh = dict(zip(NAMES, VALUES))',
        ["pairsecret"],
    ),
    "user of curl": ('os.system("curl -u bob:pairsecret https://x")', ["pairsecret"]),
    "user in a list": ('run(["curl", "--user", "bob:pairsecret", url])', ["pairsecret"]),
    "cookies by keyword": ('get(u, cookies={"session": "pairsecret"})', ["pairsecret"]),
    "cookies of a call": ('COOKIES = dict(session="pairsecret")', ["pairsecret"]),
    "cookie that is set": ('s.cookies.set("sid", "pairsecret")', ["pairsecret"]),
    "cookie by key": ('s.cookies["sid"] = "pairsecret"', ["pairsecret"]),
    "cookie header": ('h = {"Cookie": "session=pairsecret; lang=en"}', ["pairsecret"]),
    "loop": ('for token in ("pairsecret", "pairother"): ...', ["pairsecret", "pairother"]),
    "loop over pairs": ('for name, token in [("a", "pairsecret")]: ...', ["pairsecret"]),
    "comprehension": ('x = [t for token in ["pairsecret"]]', ["pairsecret"]),
    "starred target": ('a, *tokens = "x", "pairsecret", "pairother"', ["pairsecret", "pairother"]),
    "starred target in front": ('*names, token = "other", "x", "pairsecret"', ["pairsecret"]),
    "setter": ('set_token("pairsecret")', ["pairsecret"]),
    "fromkeys": ('d = dict.fromkeys(["api_key"], "pairsecret")', ["pairsecret"]),
    "tuple of auth without brackets": ('s.auth = "bob", "pairsecret"', ["pairsecret"]),
    "dotted key": ('d = {"api.key": "pairsecret"}', ["pairsecret"]),
    "pass": ('KOGNITOS_PASS = "pairsecret"', ["pairsecret"]),
    "header in a text": ('v = "Authorization: Bearer pairSecret"', ["pairSecret"]),
    "bearer": ('v = "Bearer pairSecret"', ["pairSecret"]),
    "basic": ('v = "Basic Ym9iOmNvcnJlY3Q="', ["Ym9iOmNvcnJlY3Q="]),
    "userinfo without a name": ('url = "https://:pairsecret@host/v1"', ["pairsecret"]),
    "userinfo with a slash": ('url = "postgres://bob:pair/secret@host/v1"', ["pair/secret"]),
    "comment": ("# api_key = pairsecret9", ["pairsecret9"]),
    "or of a lookup": ('use(os.getenv("API_KEY") or "fallback-x")', ["fallback-x"]),
    "or of a key": ('use(conf["token"] or "fallback-x")', ["fallback-x"]),
    "or of a variable": ('use(token or "0123456789abcdef0123")', ["0123456789abcdef0123"]),
    "condition of a lookup": (
        'use(environ["API_KEY"] if "API_KEY" in environ else "fallback-x")',
        ["fallback-x"],
    ),
    "keyword pass_": ('login("bob", pass_="pairsecret")', ["pairsecret"]),
    "passcode": ('passcode = "pairsecret"', ["pairsecret"]),
    "yielded": ('def token():\n    yield "0123456789abcdef0123"', ["0123456789abcdef0123"]),
    "pair of credentials": ('creds = ("bob", "pairsecret")', ["pairsecret"]),
    "credentials by keyword": ('get(u, creds=("bob", "pairsecret"))', ["pairsecret"]),
    "connection string": ('v = "AccountName=a;AccountKey=abcd+1234==;EndpointSuffix=x"', ["abcd+1234=="]),
    "address of a webhook": (
        'v = "https://hooks.slack.com/services/T01/B02/pairSecret"',
        ["T01/B02/pairSecret"],
    ),
    "netrc": ('v = "machine x.org login bob password pairsecret"', ["pairsecret"]),
    "netrc in lines": (r'v = "machine x.org\n login bob\n password pairsecret\n"', ["pairsecret"]),
    "cipher": ('Fernet("0123456789abcdef0123")', ["0123456789abcdef0123"]),
    "hmac": ('hmac.new("0123456789abcdef0123".encode(), text)', ["0123456789abcdef0123"]),
    "case of a match": ('match token:\n    case "pairsecret": ...', ["pairsecret"]),
    "start of a text": ('token.startswith("pairsecret")', ["pairsecret"]),
    "digests that are compared": ('compare_digest("pairsecret", given)', ["pairsecret"]),
    "assertion": ('self.assertEqual("pairsecret", client.token)', ["pairsecret"]),
    "option of a command": ('os.system("x --token hunter-two")', ["hunter-two"]),
    "JSON with escapes": (r'body = "{\"api_key\": \"hunter-two\"}"', ["hunter-two"]),
    "YAML": ('conf = """\napi_key: hunter-two\n"""', ["hunter-two"]),
    "INI": (r'conf = "[a]\napi_key = hunter-two\n"', ["hunter-two"]),
    "element of XML": ('conf = "<api_key>hunter-two</api_key>"', ["hunter-two"]),
    "attribute of XML": ('conf = \'<add key="api_key" value="hunter-two"/>\'', ["hunter-two"]),
    "header of a request": (r'sock.send(b"X-Api-Key: hunter-two\r\n")', ["hunter-two"]),
    "scheme in a request": (r'sock.send(b"Authorization: Bearer hunter-two\r\n")', ["hunter-two"]),
    "field by keyword": ('u = "{b}?api_key={k}".format(b=b, k="pairsecret")', ["pairsecret"]),
    "field by position": ('u = "{}?api_key={}".format(b, "pairsecret")', ["pairsecret"]),
    "field by name": ('u = "%(b)s?api_key=%(k)s" % {"b": b, "k": "pairsecret"}', ["pairsecret"]),
    "field in order": ('u = "%s?api_key=%s" % (b, "pairsecret")', ["pairsecret"]),
    "one field": ('u = "?api_key=%s" % "pairsecret"', ["pairsecret"]),
    "encoded credentials": ('h = "Basic " + b64encode(b"bob:pairsecret").decode()', ["bob:pairsecret"]),
    "key of a Google service": (
        'use("AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY")',
        ["AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY"],
    ),
    "fine-grained token": ('use("github_pat_11ABCDEFG0abcdefghijkl")', ["github_pat_11ABCDEFG0abcdefghijkl"]),
    "token of GitLab": ('use("glpat-abcdEFGHijklMNOPqrst")', ["glpat-abcdEFGHijklMNOPqrst"]),
    "token of npm": (
        'use("npm_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ")',
        ["npm_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"],
    ),
    "token of PyPI": ('use("pypi-AgEIcHlwaSVucmcCJGFiY2Rl")', ["pypi-AgEIcHlwaSVucmcCJGFiY2Rl"]),
    "token as a user": ('u = "https://0123456789abcdef0123@o1.example.com/1"', ["0123456789abcdef0123"]),
    "method of a name": ('headers["x-api-key".title()] = "pairsecret"', ["pairsecret"]),
    "variable as a key": ('NAME = "x-api-key"\nheaders = {NAME: "pairsecret"}', ["pairsecret"]),
    "variable as an argument": ('NAME = "x-api-key"\nr.add_header(NAME, "pairsecret")', ["pairsecret"]),
    "factory of a field": ('api_key: str = field(default_factory=lambda: "pairsecret")', ["pairsecret"]),
    "not ASCII": ('PASSWORD = "pässwörd"', ["pässwörd"]),
}


@pytest.mark.parametrize(("source", "secrets"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_starred_in_its_place(source: str, secrets: list[str]) -> None:
    masked = Secrets.of([("client.py", source)]).mask_python(source)
    for secret in secrets:
        assert secret in source
        start = source.index(secret)
        assert set(masked[start : start + len(secret)]) <= {"*", "\n"}
    assert len(masked) == len(source)
    assert all(after in (before, "*") for before, after in zip(source, masked, strict=True))
    assert ast.dump(_without_texts(masked)) == ast.dump(_without_texts(source)), "code is starred, too"


def _without_texts(source: str) -> ast.AST:
    module = ast.parse(source)
    for node in ast.walk(module):
        if isinstance(node, ast.Constant):
            node.value = None
    return module


def test_there_are_at_least_sixty_spellings() -> None:
    assert len(SPELLINGS) >= 60


@pytest.mark.parametrize(
    "source",
    [
        'h = [{"name": "accept", "value": "json"}, {"name": "worker", "value": "pairsecret"}]',
        'rows = dict(zip(["accept", "name"], ["json", "pairsecret"]))',
        'COOKIE_NAME = "session"',
        'for name in ("token", "secret"): print("Basic Authentication")',
        'print("Bearer authentication")',
        'first, *rest = "accept", "json", "xml"',
        'url = "http://host:8080/files/v1@latest"',
        "# api_key = settings",
        'api_key = os.environ["ACME_API_KEY"]',
        'api_key = vault.read("kv/prod/acme")',
        'headers = {"Authorization": f"Bearer {token}"}',
        'token = settings.get("token") if env == "prod" else None',
        'params = {"attachments_key": "documents"}',
        'sorted(rows, key="name")',
        'parser.add_argument("--token", help="the token of the API")',
        'api_key = "<your key>"',
        'api_key = "xxxx"',
        'print(token or "missing")',
        'print("yes" if token else "no", token if token else "none")',
        'def tokens():\n    yield "NAME"\n    yield "NUMBER", 1',
        'print(row["name"] or "nobody", os.getenv("HOME") or "/root")',
        'print("a machine to login with a password then")',
        'creds = load("creds")',
        'AES.new(key, "CBC")',
        'Fernet(read("fernet"))',
        'url = f"{base}/x?token={token}"',
        'print("use --token to pass the token of the API")',
        'USAGE = """Options:\n  --api-key KEY: the key\n  password: required\n"""',
        'def f():\n    """Log in.\n\n    token: abc-def\n    """',
        'print("%s: no token=%s in %s" % (a, b, "the settings"))',
        'url = "mailto://somebody.somewhere@example.com"',
        'match kind:\n    case "token": ...',
        'name.startswith("prefix")',
    ],
)
def test_names_and_placeholders_are_shown(source: str) -> None:
    assert Secrets.of([("client.py", source)]).mask_python(source) == source


def test_source_that_does_not_parse_yields_nothing() -> None:
    assert list(secret_literals("api_key = (")) == []


def test_expressions_of_any_depth_are_searched() -> None:
    source = "token = x" + '.f("x", "deepsecret")' * 600
    assert set(secret_literals(source)) == {"deepsecret"}

"""How a program of the grammar sends: its transport, its URLs, and what it makes of a reply."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent

from .grammar import Checking, Choices, Transport, Url


def transport(chosen: Choices) -> Iterable[str]:
    """The module's definitions for sending."""
    if chosen.transport is Transport.SESSION:
        yield "session = requests.Session()\nsession.headers.update(HEADERS)"
    if chosen.transport is Transport.HTTPX_CLIENT:
        yield "session = httpx.Client(headers=HEADERS, timeout=30)"
    if chosen.transport is Transport.PARTIAL:
        yield "call = partial(requests.request, headers=HEADERS)"
    if chosen.transport is Transport.WRAPPER:
        yield (
            "def call(verb, path, **options):\n"
            "    return requests.request(verb, BASE + path, headers=HEADERS, **options)\n"
        )
    if chosen.transport is Transport.JSON_WRAPPER:
        yield dedent(
            """\
            def api(verb, path, **options):
                reply = requests.request(verb, BASE + path, headers=HEADERS, timeout=30, **options)
                reply.raise_for_status()
                return reply.json()
            """
        )
    if chosen.transport is Transport.SUBCLASS:
        yield dedent(
            """\
            class Api(requests.Session):
                def request(self, method, url, *args, **options):
                    return super().request(method, BASE + url, *args, **options)


            session = Api()
            session.headers.update(HEADERS)
            """
        )


def url_of(chosen: Choices, endpoint: str, value: str | None) -> str:
    """The expression of the URL, or of the path where the transport knows the base."""
    if chosen.transport in (Transport.WRAPPER, Transport.JSON_WRAPPER, Transport.SUBCLASS):
        return _path(chosen, endpoint, value)
    tail = f"/{endpoint}/{{{value}}}" if value else f"/{endpoint}"
    template = {"invoke": "start", "run": "state", "upload": "file"}[endpoint]
    parts = f'"{endpoint}"' + (f", {value}" if value else "")
    added = f' + "/" + {value}' if value else ""
    return {
        Url.FSTRING: f'f"{{BASE}}{tail}"',
        Url.PLUS: f'BASE + "/{endpoint}{"/" if value else ""}"' + (f" + {value}" if value else ""),
        Url.PERCENT: f'"%s/{endpoint}/%s" % (BASE, {value})' if value else f'"%s/{endpoint}" % BASE',
        Url.FORMAT: f'"{{}}/{endpoint}/{{}}".format(BASE, {value})'
        if value
        else f'"{{}}/{endpoint}".format(BASE)',
        Url.JOIN: f'"/".join([BASE, {parts}])',
        Url.URLJOIN: f'urljoin(BASE + "/", "{endpoint}"{added})',
        Url.BUILDER: f"url({parts})",
        Url.TEMPLATES: f'PATHS["{template}"].format(base=BASE{f", id={value}" if value else ""})',
    }[chosen.url]


def _path(chosen: Choices, endpoint: str, value: str | None) -> str:
    if value is None:
        return f'"/{endpoint}"'
    return {
        Url.PLUS: f'"/{endpoint}/" + {value}',
        Url.PERCENT: f'"/{endpoint}/%s" % {value}',
        Url.FORMAT: f'"/{endpoint}/{{}}".format({value})',
        Url.JOIN: f'"/".join(["", "{endpoint}", {value}])',
    }.get(chosen.url, f'f"/{endpoint}/{{{value}}}"')


def send(chosen: Choices, verb: str, url: str, *more: str) -> str:
    """The call that sends a request."""
    low, arguments = verb.lower(), ", ".join((url, *more))
    headed = ", ".join((url, "headers=HEADERS", *more))
    return {
        Transport.VERBS: f"requests.{low}({headed})",
        Transport.REQUEST: f'requests.request("{verb}", {headed})',
        Transport.IMPORTED: f"{low}({headed})",
        Transport.ALIAS: f"http.{low}({headed})",
        Transport.SESSION: f"session.{low}({arguments})",
        Transport.SUBCLASS: f"session.{low}({arguments})",
        Transport.PARTIAL: f'call("{verb}", {arguments})',
        Transport.HTTPX: f"httpx.{low}({headed})",
        Transport.HTTPX_CLIENT: f"session.{low}({arguments})",
        Transport.NIQUESTS: f"requests.{low}({headed})",
        Transport.WRAPPER: f'call("{verb}", {arguments})',
        Transport.JSON_WRAPPER: f'api("{verb}", {arguments})',
    }[chosen.transport]


def checked(chosen: Choices, status: int) -> list[str]:
    """The checks of a reply before it is read."""
    if chosen.transport is Transport.JSON_WRAPPER:
        return []
    return {
        Checking.NOTHING: [],
        Checking.RAISE: ["reply.raise_for_status()"],
        Checking.OK: [f"if not reply.{_ok(chosen)}:", "    raise SystemExit('it was refused')"],
        Checking.STATUS: [
            f"if reply.status_code != {status}:",
            "    raise RuntimeError(f'it was refused: {reply.status_code}')",
        ],
        Checking.HTTPSTATUS: [
            f"if reply.status_code != HTTPStatus.{'CREATED' if status == 201 else 'OK'}:",
            "    raise RuntimeError('it was refused')",
        ],
        Checking.ASSERT: ["assert reply.status_code in (200, 201), reply.text"],
    }[chosen.checking]


def is_httpx(chosen: Choices) -> bool:
    """Whether the client is httpx."""
    return chosen.transport in (Transport.HTTPX, Transport.HTTPX_CLIENT)


def _ok(chosen: Choices) -> str:
    return "is_success" if is_httpx(chosen) else "ok"


def raw_keyword(chosen: Choices) -> str:
    """The keyword of a raw body."""
    return "content" if is_httpx(chosen) else "data"


def decoded_reply(chosen: Choices) -> str:
    """An expression for what a reply says."""
    return "reply" if chosen.transport is Transport.JSON_WRAPPER else "reply.json()"

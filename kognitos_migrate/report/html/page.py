"""Renders the HTML page, which loads nothing from the network."""

import hashlib
from base64 import b64encode
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from kognitos_migrate import __version__
from kognitos_migrate.report.deployment import deployment_message
from kognitos_migrate.report.escape import plain_lines
from kognitos_migrate.report.html.view_model import bar_segments, entry_views, obstacles, programs_view
from kognitos_migrate.report.ledger.model import BAR, MEANINGS, URGENCY, WORDS, Ledger, State, join_projects
from kognitos_migrate.report.ledger.statistics import LedgerComparison, Tally
from kognitos_migrate.report.markdown import PAGE_TITLE
from kognitos_migrate.report.plural import pluralize
from kognitos_migrate.report.summary import blocking_tests_lines

ROWS = 12
"""The rows of a table that are visible at first. The others are folded."""


def html_report(ledger: Ledger, comparison: LedgerComparison | None = None) -> str:
    """The page. Text from files is escaped, and invisible characters in it are shown."""
    style, script = _asset("page.css"), _asset("page.js")
    entries = entry_views(ledger, comparison)
    return (
        _environment()
        .get_template("page.html")
        .render(
            ledger=ledger,
            comparison=comparison,
            tally=Tally.of(ledger),
            entries=entries,
            obstacles=obstacles(entries),
            programs=programs_view(ledger),
            outlook=tuple(blocking_tests_lines(join_projects(ledger).findings)),
            title=PAGE_TITLE,
            version=__version__,
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
        )
    )


def _environment() -> Environment:
    """A template environment that escapes all values.

    The filter `code` formats text between backticks as code. The filter `path` allows line breaks after
    slashes.
    """
    environment = Environment(
        loader=PackageLoader("kognitos_migrate.report.html", ""),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        State=State, BAR=BAR, URGENCY=URGENCY, WORDS=WORDS, MEANINGS=MEANINGS, ROWS=ROWS
    )
    environment.globals.update(segments=bar_segments, counted=pluralize)
    environment.filters.update(code=_code, path=_path, deploy_message=deployment_message)
    environment.tests["webpage"] = _is_webpage
    return environment


def _harmless(value: object) -> object:
    """The value that a template shows. In text from files, each invisible character has a visible sign."""
    return plain_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _code(text: str) -> Markup:
    parts = plain_lines(text).split("`")
    spans = [Markup("<code>{}</code>" if odd % 2 else "{}").format(part) for odd, part in enumerate(parts)]
    return Markup("").join(spans)


def _path(text: str) -> Markup:
    return Markup("/<wbr>").join(plain_lines(text).split("/"))


def _is_webpage(url: str | None) -> bool:
    return url is not None and url.startswith(("https://", "http://"))


def _policy(style: str, script: str) -> str:
    """The content security policy: only the page's own style and script, identified by digest."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return (files("kognitos_migrate.report.html") / name).read_text("utf-8")

"""The scope of a run, kept between runs: where no file matters, nothing is read as YAML."""

import os
from ast import literal_eval  # click has loaded it, and has not loaded json
from collections.abc import Sequence
from contextlib import suppress

from kognitos_migrate.cache.store import NOWHERE, Entry, Store, name_of
from kognitos_migrate.config.find import config_of
from kognitos_migrate.discover.scope import Scope
from kognitos_migrate.discover.screen import Anchors
from kognitos_migrate.discover.signature import PathWords, Tie
from kognitos_migrate.errors import RuleError
from kognitos_migrate.rulebook.locate import builtin_rules, rule_texts
from kognitos_migrate.source.content import read_bounded

_KIND = "scopes"


def scope_of(paths: Sequence[str], config: str | None, store: Store, overrides: Sequence[str] = ()) -> Scope:
    """What the configuration `config`, or else the one that is found by walking up from `paths`, says of the
    files to look at, with the keys that `overrides` say. Raises UserError, as `configure` does."""
    config = config or config_of(paths)
    if overrides:
        return _made(config, NOWHERE, "", overrides)
    name = name_of(os.fsencode(os.path.abspath(config or "")))
    entry = store.read(_KIND, name)
    kept = None if entry is None else _fresh(entry, config)
    if kept is not None:
        return kept
    return _made(config, store, name)


def _fresh(entry: Entry, config: str | None) -> Scope | None:
    """What the entry holds, if the configuration and the rules are still those of which it was made."""
    try:
        scope, folders = _scope(entry.content.decode(), config)
        return scope if entry.origin == _origin(config, folders) else None
    except (OSError, RuleError, ValueError, SyntaxError, TypeError, AttributeError):
        return None


def _made(config: str | None, store: Store, name: str, overrides: Sequence[str] = ()) -> Scope:
    from pathlib import Path

    from kognitos_migrate.discover.screen import anchors
    from kognitos_migrate.run.configuration import configured_by

    configured = configured_by(Path(config) if config else None, store, overrides)
    settings = configured.settings
    scope = Scope(
        root=os.path.abspath(settings.root),
        configured=config is not None,
        baseline=settings.baseline is not None,
        include=settings.include,
        exclude=settings.exclude,
        anchors=anchors(configured.rulebook, settings),
    )
    folders = [str(folder) for folder in settings.rules]
    with suppress(OSError):
        store.write(_KIND, name, Entry(_origin(config, folders), _said(scope, folders).encode()))
    return scope


def _origin(config: str | None, folders: Sequence[str]) -> bytes:
    """All that a scope is made of. Raises OSError and RuleError."""
    rules = rule_texts([builtin_rules(), *folders])
    if config is None:
        return rules
    return b"\0".join((os.fsencode(os.path.abspath(config)), read_bounded(config), rules))


def _said(scope: Scope, folders: Sequence[str]) -> str:
    """The scope as text, with the folders of rules that the configuration names."""
    words = [word.decode() for word in scope.anchors.words]
    paths = [(path.version.decode(), path.word.decode()) for path in scope.anchors.paths]
    ties = [tuple(tie) for tie in scope.anchors.ties]
    hosts = [host.decode() for host in scope.anchors.hosts]
    clients = [client.decode() for client in scope.anchors.clients]
    return repr((folders, scope.baseline, scope.include, scope.exclude, words, paths, ties, hosts, clients))


def _scope(said: str, config: str | None) -> tuple[Scope, Sequence[str]]:
    """The same back. Raises what Python does where that is no such text."""
    folders, baseline, include, exclude, words, paths, ties, hosts, clients = literal_eval(said)
    anchors = Anchors(
        words=tuple(word.encode() for word in words),
        paths=tuple(PathWords(version.encode(), word.encode()) for version, word in paths),
        ties=tuple(Tie(*tie) for tie in ties),
        hosts=tuple(host.encode() for host in hosts),
        clients=tuple(client.encode() for client in clients),
    )
    root = os.path.dirname(os.path.abspath(config)) if config else os.getcwd()
    return Scope(root, config is not None, baseline, include, exclude, anchors), folders

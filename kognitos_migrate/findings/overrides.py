"""Settings that can override what fixes change."""

from collections.abc import Iterable, Iterator

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.finding import DeployStep, SettingKind
from kognitos_migrate.findings.places import Places
from kognitos_migrate.findings.primary import primary


def overrides_of(scene: Scene, conversations: Iterable[Conversation], places: Places) -> list[DeployStep]:
    """The settings that can override a part of the conversations' URLs, each with the first request that it
    reaches."""
    first: dict[tuple[SettingKind, str], DeployStep] = {}
    for step in sorted(_overrides(scene, conversations, places), key=lambda step: step.place):
        first.setdefault((step.kind, step.name), step)
    return list(first.values())


def _overrides(scene: Scene, conversations: Iterable[Conversation], places: Places) -> Iterator[DeployStep]:
    for conversation in conversations:
        for match in conversation.matches:
            for source in match.overridden:
                yield DeployStep(*_named(source), places.of(scene.span(primary(scene, match))))


def _named(source: str) -> tuple[SettingKind, str]:
    """The kind and the name of a source, as the interpreter words it: `option base`."""
    for kind in SettingKind:
        if source.startswith(f"{kind.value} "):
            return kind, source.removeprefix(f"{kind.value} ")
    return SettingKind.OTHER, source

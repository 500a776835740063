"""What the configuration lacks, as text to add to it."""

from collections import defaultdict
from collections.abc import Mapping

from kognitos_migrate.config.filling.entries import sections, to_fill_in
from kognitos_migrate.config.filling.notation import notation_of
from kognitos_migrate.config.find import FILE_NAME
from kognitos_migrate.findings.finding import Result
from kognitos_migrate.record import Struct
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import shown_path


class Gap(Struct, frozen=True):
    """Keys that the code uses and the configuration lacks: the file that wants them, and how to say them."""

    filename: str
    text: str


def configuration_gap(session: Session) -> Gap | None:
    """What the configuration of a run lacks, None if nothing."""
    keys = missing_keys(session.result)
    source = session.settings.source
    notation = notation_of(source)
    blocks: list[str] = []
    for section in sections(session.rulebook.apis.values()):
        if section.setting in keys:
            entries = to_fill_in(session.rulebook, section, keys[section.setting])
            blocks.append(f"# {section.comment}\n{notation.text(section.setting, entries)}")
    if not blocks:
        return None
    return Gap(shown_path(source) if source else FILE_NAME, "\n\n".join(blocks))


def missing_keys(result: Result) -> Mapping[str, tuple[str, ...]]:
    """By section: the keys that the configuration lacks, in the order in which they are met."""
    keys: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for missing in result.missing:
        keys[missing.setting][missing.key] = None
    return {name: tuple(found) for name, found in keys.items()}


def used_keys(result: Result) -> Mapping[str, tuple[str, ...]]:
    """By section: all the keys that stand in the code, those that the configuration lacks among them."""
    missing = missing_keys(result)
    names = dict.fromkeys((*result.keys, *missing))
    return {
        name: tuple(dict.fromkeys((*result.keys.get(name, ()), *missing.get(name, ())))) for name in names
    }

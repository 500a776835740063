"""The statements of a large program that read from channels, found in several processes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from kognitos_migrate.modules.channels import Channel, Channels, may_receive, receivers
from kognitos_migrate.modules.top_level import TopLevelStatement, top_level_statements
from kognitos_migrate.run.worker_processes import map_in_processes

ChannelReaders = Mapping[Channel, AbstractSet[tuple[str, int]]]
"""The statements that read from each channel, by file and start. A module that can't be parsed has one at
`UNPARSED`."""
UNPARSED = -1
_LEAST = 50
"""The number of modules that take longer to search than a process takes to start."""


def readers_by_channel(
    texts: Mapping[str, bytes], parsed: Mapping[str, Sequence[TopLevelStatement]], workers: int
) -> ChannelReaders:
    """The statements of modules, given by their files, that read from each channel. `parsed` are those of
    modules that are parsed already."""
    rest = [file for file in texts if file not in parsed]
    searches = map_in_processes(_starts_in, [texts[file] for file in rest], workers, _LEAST)
    starts = dict(zip(rest, searches, strict=True))
    starts.update((file, _starts(texts[file], statements)) for file, statements in parsed.items())
    return {
        channel: {
            (file, start)
            for file, starts_by_channel in starts.items()
            for start in starts_by_channel.get(channel, ())
        }
        for channel in Channel
    }


def _starts_in(texts: Sequence[bytes]) -> list[Mapping[Channel, Sequence[int]]]:
    return [_starts(text) for text in texts]


def _starts(
    text: bytes, statements: Sequence[TopLevelStatement] | None = None
) -> Mapping[Channel, Sequence[int]]:
    """The starts of the statements of a module that read from each channel."""
    by_kind = {channel: Channels(frozenset((channel,))) for channel in Channel}
    received = {channel: channels for channel, channels in by_kind.items() if may_receive(text, channels)}
    if received and statements is None:
        statements = top_level_statements(text)
    if statements is None:
        return dict.fromkeys(received, (UNPARSED,))
    return {
        channel: [statement.start for statement in receivers(text, statements, channels)]
        for channel, channels in received.items()
    }

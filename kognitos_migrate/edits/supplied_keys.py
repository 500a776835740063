"""Keys of tables that files of the project supply to a setting which the program reads at run time.

url = f"{BASE}/begin/{os.environ['JOB']}"     # .env has JOB=nightly-job: the key is "nightly-job"
"""

import posixpath
from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.config.settings import SettingValue
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.setting_keys import keys_leading_to
from kognitos_migrate.conversations.url import UrlSegment
from kognitos_migrate.conversations.value_sources import Evaluation, ValueSources
from kognitos_migrate.structs import Struct
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Unknown
from kognitos_migrate.values.origins import UNKNOWN_KEY, OriginKind, ReadKind, ValueOrigin

_MOST_STEPS = 60
"""The limit on expressions that are followed back from a key."""


class SuppliedKey(Struct, frozen=True):
    """The key of a request, and the setting that supplies it."""

    key: str
    source: str
    """The source in the interpreter's notation: `environment variable JOB`."""
    setting: SettingValue


class _SettingRead(Struct, frozen=True):
    """A setting that supplies a value: a variable, an option with its dashes, or names in a file, outermost
    first."""

    source: str
    variable: str = ""
    names: tuple[str, ...] = ()
    is_partial: bool = False
    """Whether sections or mappings around the names aren't known."""
    is_whole: bool = True
    """Whether the value is that of the setting, and not an element of it."""

    def reads(self, value: SettingValue) -> bool:
        """Whether this is the setting of a value in a file."""
        if self.variable:
            return _has_name(value, self.variable)
        names = value.names[-len(self.names) :] if self.is_partial else value.names
        if not self.is_whole:
            names = names[: len(self.names)]
        return (
            value.is_named
            and len(names) == len(self.names)
            and all(own in (UNKNOWN_KEY, name) for name, own in zip(names, self.names, strict=True))
        )


class SuppliedKeys:
    """The keys that files supply to the requests of one program."""

    def __init__(self, program: ProgramFacts) -> None:
        """Prepare the search. A program computes it once, by `program.memoize(SuppliedKeys)`."""
        self._program = program
        self._reads: dict[Evaluation, tuple[_SettingRead, ...]] = {}

    def of(self, match: Match, slot: str) -> Iterator[SuppliedKey]:
        """The keys for a slot of a request's path, in the order of the files."""
        for path in match.paths if self._program.settings.visible else ():
            for part, segment in zip(match.operation.old.path, path.segments, strict=True):
                if part.slot == slot and segment.text is None:
                    yield from self._of_segment(segment)

    def required_keys(self, match: Match, slot: str, table: str) -> list[SuppliedKey]:
        """The keys for a slot of a request's path that the program is expected to read: from no sample, and
        from a file that a module names, or in a folder around the module that sends the request. From any
        other file, such as `deploy/compose.yaml`, only if there are none, and the table has no keys yet."""
        keys = [key for key in self.of(match, slot) if not key.setting.is_sample]
        path = match.request.site.path
        near = [key for key in keys if key.setting.is_named or _is_around(path, key.setting.path)]
        return near or ([] if self._program.settings.tables.get(table) else keys)

    def _of_segment(self, segment: UrlSegment) -> Iterator[SuppliedKey]:
        """The texts of a segment that has one unknown piece, for each value of that piece."""
        texts = [piece.text for piece in segment.pieces]
        if texts.count(None) != 1:
            return
        at = texts.index(None)
        before, after = ("".join(text or "" for text in part) for part in (texts[:at], texts[at + 1 :]))
        hole = segment.pieces[at].via[-1]
        key = hole.site, hole.frame
        if key not in self._reads:
            self._reads[key] = tuple(_settings_behind(self._program, hole))
        for read in self._reads[key]:
            for value in filter(read.reads, self._program.settings.visible):
                yield SuppliedKey(f"{before}{value.value}{after}", read.source, value)


def _is_around(path: str, file: str) -> bool:
    """Whether a file is in a folder around another one."""
    folder = posixpath.dirname(file)
    return not folder or path.startswith(f"{folder}/")


def _settings_behind(program: ProgramFacts, hole: Hole) -> Iterator[_SettingRead]:
    """The settings that the unknown value of a hole may come from, each once."""
    reads: dict[_SettingRead, None] = {}
    for choice in alternatives(hole.value):
        if isinstance(choice, Unknown) and (read := _setting_of(choice)) is not None:
            reads[read] = None
    start: Evaluation = (hole.site, hole.frame)
    waiting, visited = [] if reads else [(start, True)], {start}
    while waiting and len(visited) < _MOST_STEPS:
        evaluation, is_whole = waiting.pop(0)
        own = list(_reads_at(program, evaluation, is_whole=is_whole))
        reads.update(dict.fromkeys(own))
        for step in () if own else _possible_sources(program, evaluation, is_whole=is_whole):
            if step[0] not in visited:
                visited.add(step[0])
                waiting.append(step)
    return iter(reads)


def _reads_at(program: ProgramFacts, evaluation: Evaluation, *, is_whole: bool) -> Iterator[_SettingRead]:
    """The settings that an expression reads, or that its value comes from."""
    for choice in alternatives(program.value(*evaluation)):
        read = _setting_of(choice, is_whole=is_whole) if isinstance(choice, Unknown) else None
        if read is not None:
            yield read
            return
    if keys := keys_leading_to(program, evaluation):
        yield _SettingRead(f"setting {'.'.join(keys)}", "", keys, is_partial=True, is_whole=is_whole)


def _setting_of(value: Unknown, *, is_whole: bool = True) -> _SettingRead | None:
    """The setting that a value was read from; None if its origin isn't known, or isn't a setting."""
    origin, source = value.origin, value.source
    if origin is None:
        return None
    match origin:
        case ValueOrigin(kind=OriginKind.VARIABLE, names=(variable,), reads=()):
            return _SettingRead(source, variable, is_whole=is_whole)
        case ValueOrigin(kind=OriginKind.OPTION, names=(option,), reads=()):
            return _SettingRead(source, f"--{option.lstrip('-')}", is_whole=is_whole)
        case ValueOrigin(kind=OriginKind.SETTING, names=names, reads=()):
            return _SettingRead(source, "", names, is_partial=True, is_whole=is_whole)
    is_known = any(key != UNKNOWN_KEY for key in origin.keys)
    if is_known and (_is_item_of_file(origin) or _is_item_of_row(origin)):
        return _SettingRead(source, "", origin.keys, is_whole=is_whole)
    return None


def _is_item_of_file(origin: ValueOrigin) -> bool:
    """Whether a value is reached from the result of a library, such as a decoded file, by items alone."""
    return origin.kind is OriginKind.RESULT and not origin.has_read(ReadKind.ATTRIBUTE)


def _is_item_of_row(origin: ValueOrigin) -> bool:
    """Whether a value is an item of an element, such as a row of a table."""
    return [read.kind for read in origin.reads] == [ReadKind.ELEMENT, ReadKind.ITEM]


def _possible_sources(
    program: ProgramFacts, evaluation: Evaluation, *, is_whole: bool
) -> Iterator[tuple[Evaluation, bool]]:
    """The expressions that an expression may get its value from, and whether as a whole."""
    site, frame = evaluation
    tree, node = program.tree(site), program.node(site)
    sources = program.memoize(ValueSources)
    callees = sources.callees(evaluation)
    if callees:
        yield from ((result, is_whole) for callee in callees for result in sources.results(callee))
        return
    parts: Sequence[cst.CSTNode] = ()
    match node:
        case cst.Name():
            for source in sources.of_name(tree, node, frame):
                if source.operand is not None:
                    whole = is_whole and source.evaluation is not None
                    yield (source.operand.site, source.operand.frame), whole
        case cst.Attribute(value=owner):
            for choice in alternatives(program.value(tree.site(owner), frame)):
                record = program.facts.heap.get(choice)
                if isinstance(record, Instance):
                    operands = record.origins.get(node.attr.value, ())
                    yield from (((operand.site, operand.frame), is_whole) for operand in operands)
        case cst.Call(func=cst.Attribute(value=owner)):
            parts, is_whole = (owner,), False
        case cst.Call(args=[cst.Arg(value=argument)]):
            parts = (argument,)
        case cst.Subscript(value=owner):
            parts, is_whole = (owner,), False
        case cst.BooleanOperation(left=left, right=right):
            parts = (left, right)
        case cst.IfExp(body=body, orelse=alternative):
            parts = (body, alternative)
    yield from (((tree.site(part), frame), is_whole) for part in parts)


def _has_name(value: SettingValue, variable: str) -> bool:
    """Whether a value is that of a variable or an option. Libraries ignore case in environment files."""
    name, variable = (text.replace("-", "_") for text in (value.names[-1], variable))
    is_environment = ".env" in posixpath.basename(value.path)
    return name == variable or (is_environment and name.lower() == variable.lower())

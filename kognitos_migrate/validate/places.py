"""The place map: the node of the original that corresponds to each node of the result."""

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import libcst as cst

from kognitos_migrate.interpret.state.facts import Facts, Frame
from kognitos_migrate.source.text_edits import Edit, in_order
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.token_alignment import token_matcher

_TOKEN = re.compile(rb"\w+|[^\w\s]")
NEW = "+"
"""The prefix of the path of a site that has no counterpart in the original."""


class PlaceMap:
    """Maps the nodes of a result to those of the original whose first and last tokens correspond.

    Outside of edits each token is its own counterpart. Within an edit the old and the new text are aligned,
    and moved code with the same text is matched. The map is one-to-one. It never implies that two nodes are
    equal.
    """

    def __init__(
        self, before: Mapping[str, Tree], after: Mapping[str, Tree], edits: Mapping[str, Sequence[Edit]]
    ) -> None:
        """Prepare the map of the modules. `edits` are those of each file."""
        self._before, self._after, self._edits = before, after, edits
        self._files: dict[str, _FileMap] = {}

    def origin(self, site: Site) -> Site:
        """The original's site for a site of the result. A site with the prefix `NEW` if there is none."""
        file = self._file(site.path)
        if file is None:
            return site
        number = file.origins.get(site.node)
        return Site(site.path, number) if number is not None else Site(f"{NEW}{site.path}", site.node)

    def _file(self, path: str) -> "_FileMap | None":
        before, after = self._before.get(path), self._after[path]
        if before is after:
            return None
        if path not in self._files:
            self._files[path] = _FileMap(before, after, self._edits.get(path, ()))
        return self._files[path]


class _FileMap:
    """The map of one changed file."""

    def __init__(self, before: Tree | None, after: Tree, edits: Sequence[Edit]) -> None:
        self._before, self._after = before, after
        self._edits = in_order(edits)

    @cached_property
    def origins(self) -> Mapping[int, int]:
        """The nodes of the original by nodes of the result."""
        before, after = self._before, self._after
        if before is None:
            return {}
        origin_of = {0: 0}
        for number, node in enumerate(after.nodes):  # unchanged statements are identical nodes
            if (site := before.sites.get(id(node))) is not None:
                origin_of[number] = site.node
        taken = set(origin_of.values())
        changed = [(number, node) for number, node in enumerate(after.nodes) if number not in origin_of]
        if not changed:
            return origin_of
        offsets = self._offsets(before, after)
        spans = after.places(number for number, _ in changed)
        places: dict[tuple[type[cst.CSTNode], int, int], int] = {}
        others = (number for number in range(len(before.nodes)) if number not in taken)
        for number, place in before.places(others).items():
            places.setdefault((type(before.nodes[number]), *place), number)

        def add(offsets: "_Offsets") -> None:
            for number, node in changed:
                if number in origin_of:
                    continue
                first, last = spans[number]
                start, end = offsets.starts.get(first), offsets.ends.get(last)
                has_both = start is not None and end is not None
                origin = places.get((type(node), start or 0, end or 0)) if has_both else None
                if origin is not None and origin not in taken:
                    origin_of[number] = origin
                    taken.add(origin)

        add(offsets.unchanged_only())
        self._add_moved(before, after, origin_of, taken)
        add(offsets)
        begun = {(type(before.nodes[origin]), start): origin for (_, start, _), origin in places.items()}
        for number, node in changed:
            start = offsets.starts.get(spans[number][0]) if type(node) in _DISPLAYS else None
            origin = begun.get((type(node), start)) if start is not None else None
            if origin is not None and number not in origin_of and origin not in taken:
                origin_of[number] = origin
                taken.add(origin)
        self._add_by_first_part(before, after, origin_of, taken, [number for number, _ in changed])
        self._add_moved_displays(before, after, origin_of, taken)
        self._add_moved_reads(before, after, origin_of, taken)
        return origin_of

    def _add_by_first_part(
        self, before: Tree, after: Tree, origin_of: dict[int, int], taken: set[int], numbers: Sequence[int]
    ) -> None:
        """Add the nodes whose first child is mapped, although their last token differs."""
        for number in reversed(numbers):
            part = origin_of.get(number + 1) if number not in origin_of else None
            if part is None or after.parents[number + 1] != number:
                continue
            origin = before.parents[part]
            is_first = part == origin + 1 and origin not in taken
            if is_first and type(before.nodes[origin]) is type(after.nodes[number]):
                origin_of[number] = origin
                taken.add(origin)

    def _add_moved(self, before: Tree, after: Tree, origin_of: dict[int, int], taken: set[int]) -> None:
        """Add moved statements and calls with unchanged text that occurs equally often in both files."""
        for kinds in (_COMPOUND, _SIMPLE, (cst.Call,)):
            self._add_moved_kinds(before, after, origin_of, taken, kinds)
        left, right = _called_by_code(before, taken), _called_by_code(after, origin_of)
        for code, numbers in right.items():
            if len(numbers) == len(left.get(code, ())):
                for number, origin in zip(numbers, left[code], strict=True):
                    origin_of[number] = origin
                    taken.add(origin)

    def _add_moved_reads(self, before: Tree, after: Tree, origin_of: dict[int, int], taken: set[int]) -> None:
        """Add attributes with unchanged text that moved within a statement, and that occur equally often in
        it. In another statement, an attribute may have another value. From one into a new statement of its
        function, only a single attribute is added."""
        for kinds in ((cst.SimpleStatementLine,), (cst.FunctionDef,)):
            left, right = _reads_by_block(before, taken, kinds), _reads_by_block(after, origin_of, kinds)
            for (block, code), numbers in right.items():
                origins = left.get((origin_of.get(block, -1), code), ())
                if len(numbers) == len(origins) and (len(numbers) == 1 or kinds[0] is not cst.FunctionDef):
                    origin_of.update(zip(numbers, origins, strict=True))
                    taken.update(origins)

    def _add_moved_kinds(
        self,
        before: Tree,
        after: Tree,
        origin_of: dict[int, int],
        taken: set[int],
        kinds: tuple[type[cst.CSTNode], ...],
    ) -> None:
        left, right = _nodes_by_code(before, taken, kinds), _nodes_by_code(after, origin_of, kinds)
        for code, numbers in right.items():
            if len(numbers) != len(left.get(code, ())):
                continue
            for number, origin in zip(numbers, left[code], strict=True):
                nodes = range(number, after.end(after.nodes[number]))
                origins = range(origin, before.end(before.nodes[origin]))
                if (
                    len(nodes) == len(origins)
                    and origin_of.keys().isdisjoint(nodes)
                    and taken.isdisjoint(origins)
                ):
                    origin_of.update(zip(nodes, origins, strict=True))
                    taken.update(origins)

    def _add_moved_displays(
        self, before: Tree, after: Tree, origin_of: dict[int, int], taken: set[int]
    ) -> None:
        """Add moved displays with unchanged text that occurs equally often in both files. Their commas and
        brackets may already be those of others."""
        left, right = (
            _nodes_by_code(tree, mapped, _DISPLAYS) for tree, mapped in ((before, taken), (after, origin_of))
        )
        for code, numbers in right.items():
            origins = left.get(code, ())
            for number, origin in zip(numbers, origins, strict=False) if len(numbers) == len(origins) else ():
                nodes = range(number, after.end(after.nodes[number]))
                for inner, inner_origin in zip(nodes, range(origin, origin + len(nodes)), strict=True):
                    if inner not in origin_of and inner_origin not in taken:
                        origin_of[inner] = inner_origin
                        taken.add(inner_origin)

    def _offsets(self, before: Tree, after: Tree) -> "_Offsets":
        """The byte offsets of tokens in the result, mapped to those in the original."""
        offsets = _Offsets()
        old, new = before.utf8_text, after.utf8_text
        at, shift = 0, 0
        for edit in (*self._edits, None):
            stop = edit.span.start if edit is not None else len(old)
            offsets.shifts.append((at + shift, stop + shift, shift))
            if edit is None:
                break
            text = edit.text.encode("utf-8", "surrogatepass")
            begin = stop + shift
            offsets.align(old, (stop, edit.span.end), new, (begin, begin + len(text)))
            at = edit.span.end
            shift = begin + len(text) - at
        return offsets


class _Offsets:
    """Maps the start and end offsets of a result's tokens to the original."""

    def __init__(self) -> None:
        self.shifts: list[tuple[int, int, int]] = []
        """Unchanged text: its start and end in the result, and how far it moved from the original, in
        bytes."""
        self._same: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._other: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._replaced = True

    def unchanged_only(self) -> "_Offsets":
        """The offsets of unchanged tokens only."""
        unchanged = _Offsets()
        unchanged.shifts, unchanged._same, unchanged._replaced = self.shifts, self._same, False
        return unchanged

    @cached_property
    def starts(self) -> "_Lookup":
        """The start of a token in the original, by its start in the result."""
        pairs = [*(self._other if self._replaced else ()), *self._same]
        return _Lookup(self.shifts, {new[0]: old[0] for old, new in pairs if old[0] >= 0}, 0)

    @cached_property
    def ends(self) -> "_Lookup":
        """The end of a token in the original, by its end in the result."""
        pairs = [*(self._other if self._replaced else ()), *self._same]
        return _Lookup(self.shifts, {new[1]: old[1] for old, new in pairs if old[1] >= 0}, 1)

    def align(self, old: bytes, removed: tuple[int, int], new: bytes, inserted: tuple[int, int]) -> None:
        """Add the tokens that an edit keeps or replaces."""
        left, right = _tokens(old, removed), _tokens(new, inserted)
        words = [old[start:end] for start, end in left], [new[start:end] for start, end in right]
        for tag, begin, end, first, last in token_matcher(*words).get_opcodes():
            if tag not in ("equal", "replace"):
                continue
            pairs = self._same if tag == "equal" else self._other
            if end - begin == last - first:
                pairs += zip(left[begin:end], right[first:last], strict=True)
            else:
                pairs.append(((left[begin][0], -1), (right[first][0], -1)))
                pairs.append(((-1, left[end - 1][1]), (-1, right[last - 1][1])))


class _Lookup:
    """Offsets of an original by those of its result."""

    def __init__(self, shifts: Sequence[tuple[int, int, int]], others: Mapping[int, int], side: int) -> None:
        self._shifts, self._others, self._side = shifts, others, side
        self._starts = [start for start, _, _ in shifts]

    def get(self, offset: int) -> int | None:
        """The offset in the original. None if there is no counterpart."""
        at = bisect_right(self._starts, offset - self._side) - 1
        if at >= 0 and offset - self._side < self._shifts[at][1]:
            return offset - self._shifts[at][2]
        return self._others.get(offset)


_DISPLAYS = (cst.Dict, cst.List, cst.Set)
"""Node types that are identified by their first token if the last one differs."""
_COMPOUND = (cst.If, cst.For, cst.While, cst.With, cst.Try, cst.FunctionDef, cst.ClassDef)
_SIMPLE = (cst.SimpleStatementLine,)


def _called_by_code(tree: Tree, mapped_numbers: Collection[int]) -> dict[str, list[int]]:
    """The calls outside `mapped_numbers`, by the source of the called expression."""
    numbers_by_code: dict[str, list[int]] = {}
    for node in tree.of_kind(cst.Call):
        if (number := tree.number(node)) not in mapped_numbers:
            numbers_by_code.setdefault("".join(_code(tree, node.func).split()), []).append(number)
    return numbers_by_code


def _reads_by_block(
    tree: Tree, mapped_numbers: Collection[int], kinds: tuple[type[cst.CSTNode], ...]
) -> dict[tuple[int, str], list[int]]:
    """The attributes outside `mapped_numbers`, by the number of the innermost node of these kinds around them
    and their source."""
    numbers_by_place: dict[tuple[int, str], list[int]] = {}
    for node in tree.of_kind(cst.Attribute):
        if (number := tree.number(node)) not in mapped_numbers:
            block = tree.enclosing(node, *kinds)
            if block is not None:
                place = (tree.number(block), "".join(_code(tree, node).split()))
                numbers_by_place.setdefault(place, []).append(number)
    return numbers_by_place


def _code(tree: Tree, node: cst.CSTNode) -> str:
    return tree.slice(tree.place(node))


def _nodes_by_code(
    tree: Tree, mapped_numbers: Collection[int], kinds: tuple[type[cst.CSTNode], ...]
) -> dict[tuple[type[cst.CSTNode], str], list[int]]:
    """The nodes of these types outside `mapped_numbers`, by type and source without whitespace."""
    numbers_by_code: dict[tuple[type[cst.CSTNode], str], list[int]] = {}
    for node in tree.of_kind(*kinds):
        if (number := tree.number(node)) not in mapped_numbers:
            numbers_by_code.setdefault((type(node), "".join(_code(tree, node).split())), []).append(number)
    return numbers_by_code


def _tokens(text: bytes, span: tuple[int, int]) -> list[tuple[int, int]]:
    return [match.span() for match in _TOKEN.finditer(text, *span)]


class FrameMap(Struct, frozen=True):
    """Maps the frames of a result to those of the original.

    Two frames correspond if they run the same function, called from the same place in frames that correspond.
    """

    origins: Mapping[int, int]

    @staticmethod
    def of(before: Facts, after: Facts, places: PlaceMap) -> "FrameMap":
        """Build the map for two programs."""
        keys: dict[tuple[object, ...], list[int]] = {}
        for frame in before.frames:
            keys.setdefault(_frame_key(frame, frame.function, frame.call, frame.caller), []).append(frame.id)
        origins: dict[int, int] = {}
        counts: dict[tuple[object, ...], int] = {}
        for frame in after.frames:
            caller = origins.get(frame.caller) if frame.caller is not None else None
            if frame.caller is not None and caller is None:
                continue
            function = places.origin(frame.function) if frame.function is not None else None
            call = places.origin(frame.call) if frame.call is not None else None
            key = _frame_key(frame, function, call, caller)
            number = counts[key] = counts.get(key, 0) + 1
            candidates = keys.get(key, [])
            if number <= len(candidates):
                origins[frame.id] = candidates[number - 1]
        return FrameMap(origins)

    def origin(self, frame: int) -> int:
        """The original's frame for a frame of the result. A negative number if there is none."""
        return self.origins.get(frame, -1 - frame)


def _frame_key(
    frame: Frame, function: Site | None, call: Site | None, caller: int | None
) -> tuple[object, ...]:
    return (frame.path, function, call, caller)

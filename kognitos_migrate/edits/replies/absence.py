"""A field that the old reply may lack, or hold as null, and the new one always holds: whether the program
tells the one from the other."""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.edits.besides import has_side_effect
from kognitos_migrate.edits.intervals import between
from kognitos_migrate.edits.replies.guards import GuardedReads, names_any
from kognitos_migrate.edits.replies.met import compared
from kognitos_migrate.edits.replies.propagation import escapes, stops
from kognitos_migrate.edits.replies.tellers import error_views, handler_tellers, type_tellers
from kognitos_migrate.edits.scene import Refused, requests_of
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.state.events import BY_CALLERS, TAKEN, Use, UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, UNKNOWN, Text, Value
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.text import plain

_ABSENT = ("KeyError", "LookupError")
_NO_ATTRIBUTE = ("AttributeError",)
_NULL = ("TypeError", "AttributeError", "Exception", "BaseException")
_RAISING = (UseKind.DECODE, UseKind.METHOD, UseKind.ITERATE)
"""Uses that raise an error if they are given null."""
_OF_NULL = {
    UseKind.DECODE: (TypeError,),
    UseKind.METHOD: (AttributeError, TypeError),
    UseKind.ITERATE: (TypeError,),
}
"""The errors that they raise."""
_ALIKE = (UseKind.LOG, UseKind.TYPED)
"""Uses of which nothing depends on it whether a value is null or the default."""


def require_present(reads: GuardedReads) -> None:
    """Nothing waits for the field's absence, and nothing is done where it is absent that is not done where it
    is null. Raises Refused."""
    for read in reads.reads:
        node = reads.scene.node(read.site)
        if isinstance(node, cst.Subscript) or (read.detail == TAKEN and _is_required(node)):
            _require_one_handler(reads, read, _ABSENT)
        elif isinstance(node, cst.Attribute):
            _require_one_handler(reads, read, _NO_ATTRIBUTE)
        elif isinstance(node, cst.Call):
            _require_one_meaning(reads, read, node)
        else:
            _require_tested(reads, read)


def missing_reads(reads: GuardedReads) -> list[Use]:
    """The reads that raise an error for a field that is missing, where no test has shown that it is there.
    Raises Refused where the error can't be raised as before."""
    found: list[Use] = []
    for read in reads.reads:
        node = reads.scene.node(read.site)
        if not isinstance(node, cst.Subscript | cst.Attribute | cst.Call | cst.BinaryOperation):
            continue
        if _is_defaulted(node) or reads.is_there(read):
            continue
        if not isinstance(node, cst.Subscript | cst.Attribute) and read.detail != TAKEN:
            message = f"it raises an error here that the reply has no {reads.old.name!r}"
            raise Refused(read.site, "absence", message)
        found.append(read)
    _require_null_untold(reads, found)
    return found


def _is_defaulted(node: cst.CSTNode) -> bool:
    """Whether a read gives a default for what is missing: `get(name)`, `pop(name, default)`."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return False
    return node.func.attr.value == "get" or (node.func.attr.value == "pop" and len(node.args) == 2)


def _require_null_untold(reads: GuardedReads, missing: list[Use]) -> None:
    """Nothing is done for null where an error is raised for what is missing, and nothing tells the errors of
    these apart. Raises Refused."""
    for read in missing:
        if reads.is_over(read):
            continue
        raised = AttributeError if isinstance(reads.scene.node(read.site), cst.Attribute) else KeyError
        for use in _uses_of(reads, read, missing):
            if use.kind in _ALIKE:
                continue
            if use.kind not in _RAISING:
                message = f"{reads.old.name!r} may be null or missing, and null raises no error here"
                raise Refused(use.site, "absence", message)
            for error in _OF_NULL[use.kind]:
                _require_same_end(reads, read, use, raised, error)


def _uses_of(reads: GuardedReads, read: Use, missing: list[Use]) -> Iterator[Use]:
    """The uses of the value that a read gives, as far as they can be told from those of other reads."""
    request, sites = requests_of([read]), {one.site for one in missing}
    others = requests_of(one for one in reads.reads if one not in missing)
    for use in reads.uses:
        if request & requests_of([use]) and (use.operand in sites or not others & requests_of([use])):
            if not (use.kind is UseKind.ESCAPE and use.detail in BY_CALLERS):
                yield use


def _require_same_end(
    reads: GuardedReads, read: Use, use: Use, some: type[Exception], other: type[Exception]
) -> None:
    """The error of a missing field and that of a null one end in the same place, which can't tell them apart.
    Raises Refused."""
    scene, name = reads.scene, reads.old.name
    first, second = stops(scene, read.site, read.frame, some), stops(scene, use.site, use.frame, other)
    if reads.after_state(use) and any(stop.catches is None for stop in first):
        return  # the read runs where the language asks for it: the use says more of when that is
    apart = f"{name!r} may be null or missing, and the errors of these can be told apart here"
    if [(stop.site, stop.catches) for stop in first] != [(stop.site, stop.catches) for stop in second]:
        raise Refused((*first, *second)[0].site, "absence", apart)
    if any(stop.looks for stop in first):
        raise Refused(next(stop.site for stop in first if stop.looks), "absence", apart)
    tellers = [*error_views(scene)]
    if any(stop.catches is None for stop in first):
        tellers.extend(handler_tellers(scene, (some, other)))
    if escapes(first):
        tellers.extend(type_tellers(scene, some, other))
    if tellers:
        raise Refused(tellers[0], "absence", apart)
    inside = between(scene, read.site, read.frame, use.site, use.frame)
    if inside is None or any(has_side_effect(scene, scene.trees[path], node) for path, node in inside):
        message = f"{name!r} may be null or missing, and more is done before null raises an error"
        raise Refused(use.site, "absence", message)


def _is_required(node: cst.CSTNode) -> bool:
    """Whether what is taken out has to be there: there is no default."""
    return isinstance(node, cst.Call) and len(node.args) == 1


def _require_one_handler(reads: GuardedReads, read: Use, absent: Collection[str]) -> None:
    """Who catches that there is no such field catches that it is null, too, in the same way."""
    if not reads.handled(read.site, *absent) or reads.under_state(read):
        return
    null = [name for name in _NULL if name not in absent]
    if not reads.handled(read.site, *null) or _apart(reads, read.site, absent, null):
        raise Refused(read.site, "absence", f"it is caught here that the reply has no {reads.old.name!r}")


def _apart(reads: GuardedReads, site: Site, missing: Collection[str], nothing: Collection[str]) -> bool:
    """Whether one handler is for what is not there, and another, which does something else, for null."""
    tree = reads.scene.tree(site)
    tried = tree.enclosing(tree.node(site), cst.Try)
    handlers = tried.handlers if isinstance(tried, cst.Try) else ()
    said = [(one, tree.code(one.type)) for one in handlers if one.type is not None]
    absent, null = (
        next((one for one, types in said if names_any(types, each)), None) for each in (missing, nothing)
    )
    return (
        absent is not None
        and null is not None
        and absent is not null
        and not absent.body.deep_equals(null.body)
    )


def _require_tested(reads: GuardedReads, read: Use) -> None:
    """A pattern that asks for the field asks for the words with which the old reply has it, too."""
    tree = reads.scene.tree(read.site)
    around = tree.enclosing(tree.node(read.site), cst.MatchMapping)
    if around is None:
        return
    inside = {tree.site(node) for node in tree.descendants(around)}
    tests = [test for test in reads.tests() if test.site in inside]
    if not tests:
        message = f"a pattern asks whether the reply has {reads.old.name!r}; the new one always has it"
        raise Refused(read.site, "field-asked", message)
    if not reads.shows_present(tests):
        message = (
            f"{reads.old.name!r} may be missing where this pattern asks for it; the new reply always has it"
        )
        raise Refused(read.site, "absence", message)


def require_default_alike(reads: GuardedReads, fill: Use, default: str) -> None:
    """Nothing is done with a parameter that null fills that is not done with its default. Raises Refused."""
    if not default or reads.is_finished(fill.operand, fill.frame) or reads.is_over(fill):
        return
    for use in reads.uses:
        if reads.after_state(use):
            continue
        choices = {choice for value in reads.scene.everywhere(use.operand) for choice in alternatives(value)}
        defaults = [one for one in choices if isinstance(one, Text) and one.literal == default]
        if not defaults and use.value not in choices and requests_of([fill]) & requests_of([use]):
            defaults = [plain(default)]
        if any(_tells_apart(reads, use, one) for one in defaults):
            message = (
                f"{reads.old.name!r} may be null or missing, and the default is for what is missing only"
            )
            raise Refused(use.site, "absence", message)


def _require_one_meaning(reads: GuardedReads, read: Use, node: cst.Call) -> None:
    """Nothing is done with null that is not done with the default of a field that is missing."""
    default = node.args[1].value if len(node.args) == 2 else None
    if default is None or reads.is_there(read) or reads.is_over(read):
        return
    stands_in = [
        choice
        for value in reads.scene.everywhere(reads.scene.tree(read.site).site(default))
        for choice in alternatives(value)
        if choice != NONE
    ]
    for use in reads.uses:
        if reads.after_state(use):
            continue
        if any(
            _may_hold(reads, read, use, choice) and _tells_apart(reads, use, choice) for choice in stands_in
        ):
            message = (
                f"{reads.old.name!r} may be null or missing, and the default is for what is missing only"
            )
            raise Refused(use.site, "absence", message)


def _may_hold(reads: GuardedReads, read: Use, use: Use, default: Value) -> bool:
    """Whether a use may be one of a read's default, which may stand in a text there."""
    choices = [choice for value in reads.scene.everywhere(use.operand) for choice in alternatives(value)]
    is_inside = use.value not in choices and bool(requests_of([read]) & requests_of([use]))
    return is_inside or default in choices


def _tells_apart(reads: GuardedReads, use: Use, default: Value) -> bool:
    """Whether what is done with a value comes out otherwise for null than for a default."""
    if use.kind is UseKind.TRUTH:
        return use.detail != "or" and truth(default) is not False
    if use.kind is UseKind.COMPARE:
        others = compared(reads.scene, use.other or UNKNOWN)
        words = {one.literal for one in others if isinstance(one, Text)}
        is_word = isinstance(default, Text) and default.literal in words
        if use.detail in ("In", "NotIn") and NONE in others and is_word:
            return False
        is_text = None not in words and all(isinstance(one, Text) for one in others)
        return not is_text or not isinstance(default, Text) or is_word
    if use.kind in (UseKind.DECODE, UseKind.METHOD):
        return not isinstance(reads.scene.node(use.operand), cst.BooleanOperation)
    return use.kind not in _ALIKE

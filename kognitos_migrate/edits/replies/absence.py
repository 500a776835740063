"""A field that the old reply may lack, or hold as null, and the new one always holds: whether the program
tells the one from the other."""

from collections.abc import Collection

import libcst as cst

from kognitos_migrate.edits.replies.guards import GuardedReads, names_any
from kognitos_migrate.edits.scene import Refused, requests_of
from kognitos_migrate.interpret.branches import truth
from kognitos_migrate.interpret.state.events import TAKEN, Use, UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NONE, Text, Value
from kognitos_migrate.values.join import alternatives

_ABSENT = ("KeyError", "LookupError")
_NO_ATTRIBUTE = ("AttributeError",)
_NULL = ("TypeError", "AttributeError", "Exception", "BaseException")
_TAKING = ("TypeError",)
"""The error of what takes text and is given null."""
_ANY = ("Exception", "BaseException")
_ALIKE = (UseKind.LOG, UseKind.TYPED, UseKind.FORMAT)
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
    """Nothing is done for null where what is missing raises an error. Raises Refused."""
    for read in missing:
        is_attribute = isinstance(reads.scene.node(read.site), cst.Attribute)
        raised = (*(_NO_ATTRIBUTE if is_attribute else _ABSENT), *_ANY)
        if reads.is_handled_above(read, _TAKING) and not reads.is_handled_above(read, raised):
            message = f"{reads.old.name!r} may be null or missing, and only the error of null is caught"
            raise Refused(read.site, "absence", message)
        if reads.is_handled_above(read, raised) and not reads.is_handled_above(read, (*_TAKING, *_ANY)):
            message = (
                f"{reads.old.name!r} may be null or missing, and only the error of what is missing is caught"
            )
            raise Refused(read.site, "absence", message)
        if reads.is_told_above(read, (*raised, *_TAKING)):
            message = (
                f"{reads.old.name!r} may be null or missing, and a handler can tell the errors of these apart"
            )
            raise Refused(read.site, "absence", message)
    requests = requests_of(missing)
    others = requests_of(read for read in reads.reads if read not in missing)
    for use in reads.uses:
        if use.kind not in (UseKind.NONE, UseKind.TRUTH) or not requests & requests_of([use]):
            continue
        sites = {read.site for read in missing}
        if use.operand in sites or not others & requests_of([use]):
            message = f"{reads.old.name!r} may be null or missing, and it is asked here whether it is null"
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
    if not default or reads.is_finished(fill.operand, fill.frame):
        return
    for use in reads.uses:
        choices = {choice for value in reads.scene.everywhere(use.operand) for choice in alternatives(value)}
        defaults = [one for one in choices if isinstance(one, Text) and one.literal == default]
        if any(_tells_apart(reads, use, one) for one in defaults):
            message = (
                f"{reads.old.name!r} may be null or missing, and the default is for what is missing only"
            )
            raise Refused(use.site, "absence", message)


def _require_one_meaning(reads: GuardedReads, read: Use, node: cst.Call) -> None:
    """Nothing is done with null that is not done with the default of a field that is missing."""
    default = node.args[1].value if len(node.args) == 2 else None
    if default is None or reads.after_state(read):
        return
    stands_in = [
        choice
        for value in reads.scene.everywhere(reads.scene.tree(read.site).site(default))
        for choice in alternatives(value)
        if choice != NONE
    ]
    for use in reads.uses:
        held = [choice for value in reads.scene.everywhere(use.operand) for choice in alternatives(value)]
        if any(choice in held and _tells_apart(reads, use, choice) for choice in stands_in):
            message = (
                f"{reads.old.name!r} may be null or missing, and the default is for what is missing only"
            )
            raise Refused(use.site, "absence", message)


def _tells_apart(reads: GuardedReads, use: Use, default: Value) -> bool:
    """Whether what is done with a value comes out otherwise for null than for a default."""
    if use.kind is UseKind.TRUTH:
        return use.detail != "or" and truth(default) is not False
    if use.kind is UseKind.COMPARE:
        return any(other.kind is UseKind.NONE for other in reads.uses)
    if use.kind in (UseKind.DECODE, UseKind.METHOD):
        node = reads.scene.node(use.operand)
        return not isinstance(node, cst.BooleanOperation) and reads.caught(use.site, *_NULL)
    return use.kind not in _ALIKE

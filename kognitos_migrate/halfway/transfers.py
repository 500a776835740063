"""Files that are sent to the new version's URL as the old version wanted them."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.replies.methods import is_chosen_by_reply
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.rulebook.codes import HALF_TRANSFER
from kognitos_migrate.rulebook.model import Form, FormArguments, Role, WholeForm
from kognitos_migrate.syntax.gaps import GapError
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Const, Lit, Text, Unknown
from kognitos_migrate.values.join import alternatives

_READS = ("read", "read_bytes", "read_text", "open")


def transfer_faults(scene: Scene, match: Match, call: Site) -> Iterator[Fault]:
    """What is wrong with the transfer `match`, which is shown at `call`: its method, or its body."""
    form = match.layout.form
    if form is None:
        return
    method = _other_method(match)
    if method is not None and not is_chosen_by_reply(scene, match, match.layout.method):
        word, site = method
        message = f"the file is sent with {word}, and the URL takes {match.layout.method}"
        yield Fault(HALF_TRANSFER, match, _shown(scene, site, call), message, _help(scene, match, form))
    elif _is_raw(scene, match):
        message = "the file is sent as raw bytes, and the URL takes a form"
        yield Fault(HALF_TRANSFER, match, call, message, _help(scene, match, form))


def _shown(scene: Scene, site: Site | None, call: Site) -> Site:
    return site if site is not None and isinstance(scene.node(site), cst.SimpleString) else call


def _other_method(match: Match) -> tuple[str, Site | None] | None:
    """A method that the new version's URL does not take, and where it is written."""
    for choice in alternatives(match.request.method):
        word = choice.literal if isinstance(choice, Text) else None
        if word is not None and word.upper() != match.layout.method:
            part = choice.parts[0] if isinstance(choice, Text) else None
            return word.upper(), part.site if isinstance(part, Lit) else None
    return None


def _is_raw(scene: Scene, match: Match) -> bool:
    """Whether bytes are the body: content that was read, a file that is open."""
    request = match.request
    if request.value(Role.FILES) or request.value(Role.JSON):
        return False
    found = False
    whole = isinstance(scene.client(request).multipart, WholeForm)  # a form is bytes there
    for given in request.value(Role.DATA):
        found = True
        reading = any(_is_reading(scene, level.site) for level in scene.levels(given, Role.DATA))
        for choice in alternatives(given.value):
            known = not whole and (
                isinstance(choice, Text)
                or (isinstance(choice, Const) and isinstance(choice.value, bytes | str))
            )
            opened = isinstance(choice, Unknown) and choice.source == "a file"
            if not (known or opened or reading):
                return False
    return found


def _is_reading(scene: Scene, site: Site) -> bool:
    """Whether an expression reads a file, or is a name that is bound to nothing else in its module."""
    node, tree = scene.node(site), scene.tree(site)
    if isinstance(node, cst.Call):
        return _called(node) in _READS
    if not isinstance(node, cst.Name):
        return False
    if tree.gaps.say(node.value):
        raise GapError(tree.path)
    values = [
        assign.value
        for assign in tree.nodes
        if isinstance(assign, cst.Assign)
        and any(isinstance(one.target, cst.Name) and one.target.value == node.value for one in assign.targets)
    ]
    return bool(values) and all(isinstance(value, cst.Call) and _called(value) in _READS for value in values)


def _called(node: cst.Call) -> str:
    called = node.func
    if isinstance(called, cst.Attribute):
        return called.attr.value
    return called.value if isinstance(called, cst.Name) else ""


def _help(scene: Scene, match: Match, form: Form) -> str:
    client = scene.client(match.request)
    source = scene.rules.operation(form.fields.operation)
    fields = source.new.reply_member(form.fields.slot)
    said = f"every entry of {fields.name!r} of the reply" if fields is not None else "its fields"
    form_of = client.multipart
    fields_in, file_in = "", ""
    if isinstance(form_of, FormArguments):
        fields_in, file_in = f"{form_of.fields}= ", f"{form_of.files}= "
    return (
        f"send it with {match.layout.method} as a form: {fields_in}{said}, "
        f"{file_in}the file under {form.file_field!r}"
    )

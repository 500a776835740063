"""The content of an uploaded file that a double keeps: in the new version, it is the last part of a form.

service.blobs[path] = request.content    becomes    service.blobs[path] = file_in_form(request.content)
"""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import Evaluation
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.pending_edit import PendingEdit, wrap_in_call
from kognitos_migrate.edits.stubs.expected_bodies import ExpectedBodies
from kognitos_migrate.edits.stubs.received_urls import ReceivedUrls
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply

_NAME = "file_in_form"
_SOURCE = '''def file_in_form(body: bytes) -> bytes:
    """Return the content of the file, which is the last part of a multipart form."""
    boundary = body.split(b"\\r\\n", 1)[0]
    return body.split(boundary)[-2].partition(b"\\r\\n\\r\\n")[2][:-2]'''


def is_stored_file_content(expected: ExpectedBodies, use: Use) -> bool:
    """Whether a use of a received body is of the content of a file that the double keeps: only uploads reach
    the code that keeps bodies."""
    context, received = expected.context, ReceivedUrls(expected.context, expected.stub)
    reads = context.memoize(_reads_of_bodies).get(expected.stub.request.id, [])
    kept_bodies = [read for read in reads if _is_passed_on(expected, read)]
    operations = {match.operation.id: match.operation for match in context.matches.values()}
    others = [operation for operation in operations.values() if operation.new.form is None]
    tree, around = context.tree(use.site), {use.operand, use.site}
    around.update(
        tree.site(node) for site in (use.operand, use.site) for node in tree.descendants(tree.node(site))
    )
    return (
        bool(kept_bodies)
        and around.isdisjoint(site for site, _ in reads)
        and not any(received.reach_place(operation, *read) for read in kept_bodies for operation in others)
    )


def take_file_from_form(expected: ExpectedBodies, helpers: Helpers) -> Iterator[PendingEdit]:
    """The pending edits that keep the content of the file instead of the form around it."""
    context = expected.context
    reads = context.memoize(_reads_of_bodies).get(expected.stub.request.id, [])
    for site in dict.fromkeys(read[0] for read in reads if _is_passed_on(expected, read)):
        name = helpers.add(site.path, _NAME, _SOURCE, ())
        yield wrap_in_call(context.tree(site), context.expression(site), name)


def _reads_of_bodies(context: ProgramFacts) -> Mapping[int, list[Evaluation]]:
    """The expressions of tests that read the body of a received request from its object, by the id of its
    stub."""
    reads: dict[int, list[Evaluation]] = {}
    for (site, frame), value in context.facts.values.items():
        if site.path not in context.facts.tests:
            continue
        for choice in alternatives(value):
            if isinstance(choice, Reply) and choice.path == (View.TEXT,):
                match context.node(site):
                    case cst.Attribute(owner) | cst.Call(cst.Attribute(owner)) if Reply(
                        choice.request
                    ) in alternatives(context.value(context.tree(site).site(owner), frame)):
                        reads.setdefault(choice.request, []).append((site, frame))
    return reads


def _is_passed_on(expected: ExpectedBodies, read: Evaluation) -> bool:
    """Whether an expression that reads a body passes it on, instead of decoding or comparing it."""
    context, (site, frame) = expected.context, read
    tree, node = context.tree(site), context.node(site)
    match innermost_ancestors(tree, node, 2):
        case [cst.Arg(), cst.Call() as call]:
            result = context.value(tree.site(call), frame)
            return not any(isinstance(choice, Reply) for choice in alternatives(result))
        case [cst.Assign() | cst.AnnAssign() | cst.Return() | cst.Element() | cst.DictElement(), *_]:
            return True
    return False

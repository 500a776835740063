"""Methods of a test's double that receive uploads, which the new version sends with another HTTP method.

    def put(self, url, data=None): ...    stays, and the double gets

    def post(self, url, data=None, files=None):
        return self.put(url, data=files["file"])

A double that has such a method passes the forms among its requests on.
"""

from collections.abc import Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.headers import remove_body_headers, sets_content_type_for_all
from kognitos_migrate.edits.code_layout import indentation, newline, step
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.rulebook.model import FormArguments, Role, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import methods_of
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Value


def pass_uploads_on(context: PlanContext, stub: Match, sent: Sequence[Match]) -> list[PendingEdit] | None:
    """Pending edits with which a double passes uploads of the new version to its method for those of the old
    one. None if the stub is no such method, or if its other code may see the difference."""
    upload = _upload_method(context, stub, sent)
    if upload is None or not _is_only_class_with_methods(context, upload):
        return None
    others = [method for method in methods_of(upload.owner) if method.name.value == upload.new_name]
    if not others:
        return [upload.added_method()]
    return upload.edits_of_method(context, others[0]) if len(others) == 1 else None


class _UploadMethod(Struct, frozen=True):
    """A double's method for uploads of the old version, in the body of a class.

    `content` is the keyword of the file's content, which is a parameter or one of `**kwargs`. `arguments` are
    the form's in calls of the new version, with the name of the file in it."""

    tree: Tree
    owner: cst.ClassDef
    method: cst.FunctionDef
    new_name: str
    content: str
    arguments: FormArguments
    file_field: str

    @property
    def _parameters(self) -> list[cst.Param]:
        return [*self.method.params.params[2:], *self.method.params.kwonly_params]

    def call(self, receiver: str, url: str) -> str:
        """The call of the method with the file in a form."""
        names = [parameter.name.value for parameter in self._parameters]
        content = f"{self.arguments.files}[{string_literal(self.file_field)}]"
        passed = [f"{name}={content if name == self.content else name}" for name in names]
        passed += [f"{self.content}={content}"] if self.content not in names else []
        rest = self.method.params.star_kwarg
        passed += [f"**{rest.name.value}"] if rest is not None else []
        awaited = "await " if self.method.asynchronous is not None else ""
        return f"return {awaited}{receiver}.{self.method.name.value}({', '.join([url, *passed])})"

    def added_method(self) -> PendingEdit:
        """The pending edit that adds a method for uploads of the new version."""
        tree, params, form = self.tree, self.method.params, (self.arguments.fields, self.arguments.files)
        words: list[str] = []
        for parameter in params.params:
            is_content = parameter.name.value == self.content
            default = "=None" if parameter.default is not None else ""
            words += [f"{name}{default}" for name in form] if is_content else [_code(tree, parameter)]
        if self.content not in [parameter.name.value for parameter in params.params]:
            words += [f"{name}=None" for name in form]
        keywords = [each for each in params.kwonly_params if each.name.value != self.content]
        words += ["*"] if keywords else []
        words += [_code(tree, parameter) for parameter in keywords]
        words += [f"**{params.star_kwarg.name.value}"] if params.star_kwarg is not None else []
        indent, end = indentation(tree, tree.span(self.method).start), newline(tree)
        awaited = "async " if self.method.asynchronous is not None else ""
        head = f"{indent}{awaited}def {self.new_name}({', '.join(words)}):{end}"
        receiver, url = (parameter.name.value for parameter in params.params[:2])
        body = f"{indent}{step(tree)}{self.call(receiver, url)}"
        last = tree.span(self.method.body.body[-1]).end
        place = Span(tree.path, last, last)
        return PendingEdit(place, (f"{end}{end}{head}{body}",), rank=1)

    def edits_of_method(self, context: PlanContext, other: cst.FunctionDef) -> list[PendingEdit] | None:
        """The pending edits with which the double's method for other requests passes forms on. None if it may
        receive forms already, or if the arguments can't be passed."""
        params, tree = other.params, self.tree
        names = {parameter.name.value for parameter in (*params.params, *params.kwonly_params)}
        passed = {parameter.name.value for parameter in self._parameters} - {self.content}
        sends_files = any(request.value(Role.FILES) for request in context.facts.requests)
        is_plain = _is_plain_method(other) and isinstance(other.body, cst.IndentedBlock)
        is_plain = is_plain and (other.asynchronous is None) == (self.method.asynchronous is None)
        if not is_plain or self.arguments.files in names or self.method.params.star_kwarg is not None:
            return None
        if params.star_kwarg is not None and (sends_files or passed - names):
            return None
        wanted = [*([] if params.star_kwarg else [self.arguments.fields]), self.arguments.files]
        wanted += [parameter.name.value for parameter in self._parameters if parameter.name.value in passed]
        added = "".join(f", {name}=None" for name in wanted if name not in names)
        receiver, url = params.params[:2]
        if url.name.value != self.method.params.params[1].name.value:
            return None
        first = other.body.body[int(other.get_docstring() is not None)]
        start, end = tree.span(first).start, newline(tree)
        call, indent = self.call(receiver.name.value, url.name.value), indentation(tree, start)
        lines = f"if {self.arguments.files} is not None:{end}{indent}{step(tree)}{call}{end}{indent}"
        required = [each for each in (*params.params[2:], *params.kwonly_params) if each.default is None]
        ends = {_end(tree, each): "=None" for each in required}
        last = _end(tree, params.params[-1])
        ends[last] = ends.get(last, "") + added
        texts = {**ends, start: lines}
        return [PendingEdit(Span(tree.path, place, place), (text,)) for place, text in texts.items()]


def _code(tree: Tree, parameter: cst.Param) -> str:
    """The source of a parameter, without a comma."""
    return tree.module.code_for_node(parameter.with_changes(comma=cst.MaybeSentinel.DEFAULT))


def _end(tree: Tree, parameter: cst.Param) -> int:
    """The end of a parameter, without a comma."""
    annotation = parameter.annotation.annotation if parameter.annotation is not None else None
    nodes = (parameter.name, annotation, parameter.default)
    return max(tree.outer_span(node).end for node in nodes if node is not None)


def _upload_method(context: PlanContext, stub: Match, sent: Sequence[Match]) -> _UploadMethod | None:
    """The method in whose place a stub is, if it receives uploads by keywords that the new version replaces
    by a form."""
    form, methods = stub.operation.new.form, _receiving_methods(context, stub)
    if form is None or len(methods) != 1:
        return None
    site = methods[0]
    tree, method = context.tree(site), context.node(site)
    body = tree.parent(method) if isinstance(method, cst.FunctionDef) else None
    owner = tree.parent(body) if body is not None else None
    clients = {client.id: client for client in (context.client(match.request) for match in sent)}
    arguments = next(iter(clients.values())).multipart if len(clients) == 1 else None
    if not isinstance(owner, cst.ClassDef) or not isinstance(arguments, FormArguments):
        return None
    assert isinstance(method, cst.FunctionDef)
    changes_headers = any(
        sets_content_type_for_all(context, match) or remove_body_headers(context, match) for match in sent
    )
    keywords = _content_keywords(context, site, sent)
    names = {each.name.value for each in (*method.params.params[2:], *method.params.kwonly_params)}
    if changes_headers or len(keywords) != 1 or not _is_plain_method(method):
        return None
    (content,) = keywords
    is_passed = content in names or method.params.star_kwarg is not None
    is_free = names.isdisjoint({arguments.fields, arguments.files} - {content})
    new_name = stub.operation.new.method.lower()
    upload = _UploadMethod(tree, owner, method, new_name, content, arguments, form.file_field)
    return upload if is_passed and is_free else None


def _receiving_methods(context: PlanContext, stub: Match) -> list[Site]:
    """The functions of tests that receive the URL of a stub's request, and have the name of its method."""
    url = Reply(stub.request.id, (View.ADDRESS,))
    sites = [
        frame.function
        for frame in context.facts.frames
        if frame.function is not None
        and frame.path in context.facts.tests
        and any(url in alternatives(each.value) for each in frame.arguments.values())
    ]
    names = {site: getattr(context.node(site), "name", None) for site in dict.fromkeys(sites)}
    old = stub.operation.old.method.lower()
    return [site for site, name in names.items() if isinstance(name, cst.Name) and name.value == old]


def _is_plain_method(method: cst.FunctionDef) -> bool:
    """Whether a method has a receiver and a URL, and its other arguments can be passed by their names."""
    params = method.params
    is_starred = isinstance(params.star_arg, cst.Param) or bool(params.posonly_params)
    return len(params.params) > 1 and not is_starred and not method.decorators


def _content_keywords(context: PlanContext, method: Site, sent: Sequence[Match]) -> set[str]:
    """The names of a method's parameters for the content of uploads, or the keywords of the requests if it
    has none for it."""
    names: set[str] = set()
    for frame in context.facts.frames:
        if frame.function == method:
            names |= {name for name, each in frame.arguments.items() if _is_content(each.value)}
    holders = [holder for match in sent for holder in match.request.holders.get(Role.DATA, ())]
    nodes = [context.node(holder) for holder in holders]
    keywords = {
        node.keyword.value if isinstance(node, cst.Arg) and node.keyword is not None else "" for node in nodes
    }
    return names or {keyword for keyword in keywords if keyword}


def _is_content(value: Value) -> bool:
    """Whether a value is the body that a stub received, as it was sent."""
    choices = list(alternatives(value))
    return bool(choices) and all(isinstance(each, Reply) and each.path == (View.TEXT,) for each in choices)


def _is_only_class_with_methods(context: PlanContext, upload: _UploadMethod) -> bool:
    """Whether nothing else gives the double a method with the old or the new name: a base, a subclass, a
    decorator, an assignment, or code that names a method by its text."""
    owner = upload.owner
    is_alone = not owner.decorators and not owner.keywords and not _names_of_bases(owner) - {"object"}
    if not is_alone or any(method.name.value == "__getattr__" for method in methods_of(owner)):
        return False
    words = (upload.new_name, upload.method.name.value)
    return not any(
        _may_set_method(tree, owner, words)
        for path, tree in context.trees.items()
        if path in context.facts.tests
    )


def _may_set_method(tree: Tree, owner: cst.ClassDef, words: Sequence[str]) -> bool:
    """Whether code of a module may give a class or its instances a method with one of the names."""
    classes = tree.of_kind(cst.ClassDef)
    if any(owner.name.value in _names_of_bases(each) for each in classes):
        return True
    if any(literal_text(literal) in words for literal in tree.of_kind(cst.SimpleString)):
        return True
    return any(
        isinstance(target.target, cst.Attribute) and target.target.attr.value in words
        for target in tree.of_kind(cst.AssignTarget)
    )


def _names_of_bases(definition: cst.ClassDef) -> set[str]:
    """The names in the bases of a class, without those of its methods."""
    nodes = (node for base in definition.bases for node in _parts(base.value))
    return {node.value for node in nodes if isinstance(node, cst.Name)}


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _parts(child)

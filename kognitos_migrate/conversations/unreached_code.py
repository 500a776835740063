"""Code of the old version that no call in sight runs.

def start(facts, path=None):
    if path is not None:                               # no caller passes a path
        slot = requests.post(f"{BASE}/upload").json()  # isn't followed, so it would stay on the old version
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

import libcst as cst

from kognitos_migrate.conversations.literal_names import name_of_literal
from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.services import has_other_host
from kognitos_migrate.conversations.unexplained_texts import texts_of_module
from kognitos_migrate.conversations.url import is_private_host, urls
from kognitos_migrate.rulebook.model import Encoding, Rulebook
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import optional_parameters, returned_expressions
from kognitos_migrate.syntax.roles import is_assigned, is_attribute_name
from kognitos_migrate.syntax.scopes import FUNCTIONS, is_bound, is_variable
from kognitos_migrate.syntax.settable_names import SettableName, deciding_names
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Lit, Text, Value


class UnreachedCode(Struct, eq=False, dict=True):
    """The code that nothing runs in the modules that take part in the requests of `matches`, without tests.

    It is empty if the analysis has run out of its budget.
    """

    program: ProgramFacts
    matches: tuple[Match, ...]

    def old_name_sites(self) -> Iterator[tuple[Site, str]]:
        """The first place in each function, and outside of functions, that names something which only the old
        version has: a field, a parameter, or a segment of a path. The second element is the name."""
        rules = self.program.rules
        fields, words = rules.memoize(_old_only_fields), rules.memoize(_old_only_segments)

        def name_in(text: str) -> str | None:
            name = text if text in fields else next((word for word in words if word in f"{text}/"), None)
            return None if name is None or self._is_address_of_another(text) else name.strip("/")

        holders: set[tuple[str, Site | None]] = set()
        for site, name in self._places_with(name_in):
            node = self.program.trees[site.path].node(site)
            holder = (site.path, self._function_around(site.path, node))
            if holder not in holders:
                holders.add(holder)
                yield site, name

    def settable_names(self) -> frozenset[SettableName]:
        """The names that decide whether the code is run: in tests, and optional parameters of constructors.

        Only code counts that has a text of the API, or that reads a name: of a function which sends a request
        of `matches`, of a variable, function or class with a text of the API, or of a variable that contains
        a part of a reply elsewhere. So does what a function returns that elsewhere returns a part of a reply.
        """
        texts, words = _texts_of_api(self.program), self.program.rules.memoize(_old_only_segments)

        quoted = [f'"{text}"' for text in texts]

        def name_in(text: str) -> str | None:
            names_call = any(word in f"{text}/" for word in words)
            return text if text in texts or names_call or any(key in text for key in quoted) else None

        places = (site for site, _ in self._places_with(name_in))
        names = {*self._sending_functions, *self._definitions_with(name_in)}
        readers = (self._readers(name) for name in sorted(names))
        returned = self._sites_returned_with_replies()
        sites = [*places, *self._unevaluated_sites(chain(self._reply_readers(), returned, *readers))]
        deciding = {name for site in sites for name in self._deciding_names(site)}
        own = {name.name.strip("_") for name in deciding}
        return frozenset((*deciding, *self._parameters_of_constructors(own)))

    def _deciding_names(self, site: Site) -> Iterator[SettableName]:
        tree = self.program.trees[site.path]
        return deciding_names(tree, tree.node(site))

    def _places_with(self, name_in: Callable[[str], str | None]) -> Iterator[tuple[Site, str]]:
        """The unreached places with a text that has a name, or with a constant for such a text."""
        if not self._paths:
            return
        constants: dict[str, str] = {}
        for tree in self.program.trees.values():
            for node, text in texts_of_module(tree):
                name = name_in(text)
                if name is None:
                    continue
                site = tree.site(_outermost_literal(tree, node))
                if tree.path in self._paths and any(self._unevaluated_sites((site,))):
                    yield site, name
                constant = name_of_literal(tree, tree.site(node))
                if constant is not None and tree.enclosing(node, *FUNCTIONS) is None:
                    constants.setdefault(constant, name)
        for constant, name in constants.items():
            for site in self._unevaluated_sites(self._readers(constant)):
                yield site, name

    def _definitions_with(self, name_in: Callable[[str], str | None]) -> Iterator[str]:
        """The names of the variables, functions and classes around a text that has a name."""
        for tree in self.program.trees.values():
            for node, text in texts_of_module(tree):
                for holder in tree.ancestors(node) if name_in(text) is not None else ():
                    match holder:
                        case cst.FunctionDef(name=cst.Name(name)) | cst.ClassDef(name=cst.Name(name)):
                            yield name
                        case cst.AnnAssign(target=cst.Name(name)):
                            yield name
                        case cst.Assign(targets=targets):
                            names = [target.target for target in targets]
                            yield from (name.value for name in names if isinstance(name, cst.Name))

    def _readers(self, name: str) -> Iterator[Site]:
        """The reads of a variable, an attribute or a key of a dict with a name."""
        for path in self._paths:
            tree = self.program.trees[path]
            for node in tree.names_spelled(name):
                expression = tree.parent(node) if is_attribute_name(tree, node) else node
                if expression is not None and _is_evaluated(tree, expression):
                    yield tree.site(expression)
        yield from self._subscripts.get(name, ())

    def _reply_readers(self) -> Iterator[Site]:
        """The reads of variables that contain, elsewhere in the function, a reply to one of the requests, or
        a field of it whose value the new version writes in another way."""
        variables: dict[tuple[str, str], set[Site | None]] = {}
        for (site, _), value in self.program.facts.values.items():
            if site.path in self._paths and self._contains_changed_reply(value):
                node = self.program.trees[site.path].node(site)
                if isinstance(node, cst.Name):
                    functions = variables.setdefault((site.path, node.value), set())
                    functions.add(self._function_around(site.path, node))
        for (path, name), functions in variables.items():
            tree = self.program.trees[path]
            for node in tree.names_spelled(name):
                if self._function_around(path, node) in functions and _is_evaluated(tree, node):
                    yield tree.site(node)

    def _sites_returned_with_replies(self) -> Iterator[Site]:
        """The expressions that functions return which also return a reply, or such a field of one."""
        for function, value in self.program.facts.results.items():
            if function.path in self._paths and self._contains_changed_reply(value):
                tree = self.program.trees[function.path]
                yield from map(tree.site, returned_expressions(tree, tree.node(function)))

    def _contains_changed_reply(self, value: Value) -> bool:
        """Whether a value contains a reply to one of the requests, or a field of it whose value the new
        version writes in another way."""
        return any(
            reply.request in self._requests and reply.path[-1:] not in self._equal_fields
            for reply in replies_in(value)
        )

    @cached_property
    def _requests(self) -> frozenset[int]:
        return frozenset(match.request.id for match in self.matches)

    @cached_property
    def _equal_fields(self) -> frozenset[tuple[str, ...]]:
        return self.program.rules.memoize(_fields_with_equal_values)

    def _function_around(self, path: str, node: cst.CSTNode) -> Site | None:
        tree = self.program.trees[path]
        function = tree.enclosing(node, cst.FunctionDef)
        return tree.site(function) if function is not None else None

    def _unevaluated_sites(self, sites: Iterable[Site]) -> Iterator[Site]:
        """The places among `sites` that aren't evaluated, in functions that are run. In a slice, a function
        that nothing uses isn't."""
        for site in sites:
            tree = self.program.trees[site.path]
            node = tree.node(site)
            if site in self._evaluated_sites or tree.enclosing(node, cst.Annotation, cst.Param) is not None:
                continue
            function = tree.enclosing(node, cst.FunctionDef)
            if function is None or self._is_run(tree, function):
                yield site

    def _is_run(self, tree: Tree, function: cst.FunctionDef) -> bool:
        """Whether anything in a function is evaluated."""
        site = tree.site(function)
        if site not in self._runs:
            nodes = tree.descendants(function.body)
            self._runs[site] = any(tree.site(node) in self._evaluated_sites for node in nodes)
        return self._runs[site]

    def _parameters_of_constructors(self, names: Collection[str]) -> Iterator[SettableName]:
        """The optional parameters with one of the names of any constructor in the modules."""
        for path in self._paths:
            for definition in self.program.trees[path].of_kind(cst.FunctionDef):
                if definition.name.value == "__init__":
                    for parameter in optional_parameters(definition):
                        if parameter.name.value.strip("_") in names:
                            yield SettableName(path, "__init__", parameter.name.value)

    def _is_address_of_another(self, text: str) -> bool:
        """Whether a text contains the public host of another API."""
        return any(
            has_other_host(self.program, url) and not is_private_host(url.host)
            for url in urls(Text((Lit(text),)))
        )

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        """The modules that take part, in the order of their paths."""
        facts = self.program.facts
        frames = (frame for match in self.matches for frame in facts.stack(match.request.frame))
        paths = {frame.path for frame in frames} - facts.tests
        return () if facts.exhausted else tuple(sorted(paths & self.program.trees.keys()))

    @cached_property
    def _subscripts(self) -> Mapping[str, Sequence[Site]]:
        """By text: the literal keys of subscripts in the modules."""
        sites: dict[str, list[Site]] = {}
        for path in self._paths:
            tree = self.program.trees[path]
            for subscript in tree.of_kind(cst.Subscript):
                for element in subscript.slice:
                    key = element.slice.value if isinstance(element.slice, cst.Index) else None
                    if isinstance(key, cst.SimpleString):
                        sites.setdefault(str(literal_text(key)), []).append(tree.site(key))
        return sites

    @cached_property
    def _sending_functions(self) -> frozenset[str]:
        """The names of the functions that send the requests, or that call one of these."""
        facts = self.program.facts
        frames = (frame for match in self.matches for frame in facts.stack(match.request.frame))
        functions = {frame.function for frame in frames if frame.function is not None}
        nodes = (self.program.trees[site.path].node(site) for site in functions)
        return frozenset(node.name.value for node in nodes if isinstance(node, cst.FunctionDef))

    @cached_property
    def _runs(self) -> dict[Site, bool]:
        """By function: whether anything in it is evaluated."""
        return {}

    @cached_property
    def _evaluated_sites(self) -> frozenset[Site]:
        return frozenset(site for site, _ in self.program.facts.values)


def _old_only_fields(rules: Rulebook) -> frozenset[str]:
    """The names of fields and parameters that only the old layouts have."""
    layouts = {"old": set[str](), "new": set[str]()}
    for operation in rules.operations:
        for version, layout in (("old", operation.old), ("new", operation.new)):
            members = (*layout.reply, *layout.query, *layout.members)
            layouts[version].update(member.name for member in members)
            layouts[version].update(layout.reply_more)
    return frozenset(layouts["old"] - layouts["new"])


def _old_only_segments(rules: Rulebook) -> tuple[str, ...]:
    """The segments, between slashes, that only the paths of the old layouts have."""
    old = {part.text for operation in rules.operations for part in operation.old.path}
    new = {part.text for operation in rules.operations for part in operation.new.path}
    return tuple(f"/{word}/" for word in sorted(filter(None, old - new)))


def _texts_of_api(program: ProgramFacts) -> frozenset[str]:
    """The fields and parameters of the old layouts, and the words of their fields."""
    members = (
        member.name
        for operation in program.rules.operations
        for member in (*operation.old.reply, *operation.old.query, *operation.old.members)
    )
    words = (word for vocabulary in program.settings.vocabularies.values() for word in vocabulary)
    return frozenset((*members, *words))


def _fields_with_equal_values(rules: Rulebook) -> frozenset[tuple[str, ...]]:
    """The fields of old replies whose values are the same texts in new ones, each as a path of one name."""
    members = (member for operation in rules.operations for member in operation.old.reply)
    return frozenset(
        (member.name,)
        for member in members
        if member.vocabulary is None
        and member.form is None
        and {*member.encodings.values()} == {Encoding.OPAQUE}
    )


def _outermost_literal(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The expression of a literal: the f-string of one of its parts, or several literals side by side."""
    if isinstance(node, cst.FormattedStringText | cst.TemplatedStringText):
        node = tree.enclosing(node, cst.FormattedString, cst.TemplatedString) or node
    parent = tree.parent(node)
    while isinstance(parent, cst.ConcatenatedString):
        node, parent = parent, tree.parent(parent)
    return node


def _is_evaluated(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an attribute or a name is an expression whose value is read."""
    if tree.enclosing(node, cst.ImportAlias, cst.ImportFrom) is not None:
        return False
    if isinstance(node, cst.Attribute):
        return not is_assigned(tree, node)
    parent = tree.parent(node)
    is_declared = isinstance(parent, cst.NameItem) or (
        isinstance(parent, cst.AnnAssign) and parent.target is node
    )
    return (
        isinstance(node, cst.Name) and is_variable(tree, node) and not (is_declared or is_bound(tree, node))
    )

"""Texts that name the old version and that no resolved request explains."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.conversations.address_escapes import is_never_sent
from kognitos_migrate.conversations.expected_errors import explained_errors
from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.literal_names import (
    key_of_entry,
    key_path_of_literal,
    name_of_literal,
    readers_of_names,
)
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.supplied_bases import Source, supplied_literals
from kognitos_migrate.conversations.url import urls
from kognitos_migrate.interpret.state.facts import Facts, UseKind
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook, View
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import is_statement
from kognitos_migrate.syntax.functions import optional_parameters
from kognitos_migrate.syntax.shapes import literal_text, written_subscript_key
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Reply, Text, Unknown, Value
from kognitos_migrate.values.origins import OriginKind


class UnexplainedText(Struct, frozen=True):
    """A text that names the old version, with a description."""

    site: Site
    description: str
    names_path: bool = False
    """Whether it contains an operation's path."""
    is_address: bool = False
    """Whether it contains a host of the API and the old version."""
    is_read: bool = True
    """Whether code may read it."""
    is_served: bool = False
    """Whether it is a path in a decorator of a function, as that of a server's route."""


def unexplained_texts(
    program: ProgramFacts,
    understood: Collection[int],
    sources: Collection[Source],
    settings: Collection[str],
) -> list[UnexplainedText]:
    """The texts that name the old version in modules that name the API, and in tests that reach its calls.

    Texts in the URLs of the requests with ids in `understood`, calls or another API's, are left out. So are
    the values that tests supply for the `sources` of calls, and those of their `settings` in settings files.
    """
    explained = _explained_literals(program, understood).union(supplied_literals(program, sources))
    tests, bases = _tests_of(program, understood), _Bases.of(program, understood, settings, sources)
    return [
        text
        for api in program.rules.apis.values()
        for tree in program.trees.values()
        for text in _texts_of_file(program, tree, api, explained, bases, is_test=tree.path in tests)
    ]


class _Bases(Struct, frozen=True):
    """The values with which URLs of understood requests start, as far as they aren't split into pieces."""

    literals: frozenset[Site]
    """The literals in them: the host of `{scheme}://{host}:{port}` if each is one of several texts."""
    names: frozenset[tuple[str, ...]]
    """The names of the values where a module from run time has them: `import_module(name).SERVICE["URL"]` has
    the names SERVICE and URL."""
    keys: frozenset[str]
    """The keys of values that are read from objects out of sight, as `URL` in `app.config["URL"]`. A program
    may fill these with the constants of a class: `app.config.from_object(name)`."""
    settings: frozenset[str]
    """The environment variables and settings that calls take the version from: the last key of each."""
    parts: frozenset[str]
    """The last keys of those that calls may take any part of their URLs from."""

    @classmethod
    def of(
        cls,
        program: ProgramFacts,
        requests: Collection[int],
        settings: Collection[str],
        sources: Collection[Source],
    ) -> "_Bases":
        pieces = [
            piece
            for request in program.facts.requests
            if request.id in requests
            for url in program.url_readings(request)
            for piece in url.base
            if piece.text is None
        ]
        literals = (site for piece in pieces for site in _literal_sites(piece.via[-1].value))
        choices = (choice for piece in pieces for choice in alternatives(piece.via[-1].value))
        origins = (choice.origin for choice in choices if isinstance(choice, Unknown))
        known_origins = [origin for origin in origins if origin is not None]
        names = (origin.keys for origin in known_origins if origin.kind is OriginKind.MODULE)
        expressions = (program.node(piece.via[-1].site) for piece in pieces)
        item_keys = (
            key
            for node in expressions
            if isinstance(node, cst.Subscript) and (key := written_subscript_key(node)) is not None
        )
        parts = {*settings, *(source for source in sources if isinstance(source, str))}
        return cls(
            frozenset(literals),
            frozenset(names),
            frozenset(item_keys),
            _last_keys(settings),
            _last_keys(parts),
        )

    def contain(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether one of the values is, or may be, the text."""
        if tree.site(node) in self.literals or key_path_of_literal(tree, node) in self.names:
            return True
        scope = tree.enclosing(node, cst.ClassDef, cst.FunctionDef, cst.Lambda, cst.Dict, cst.List)
        return isinstance(scope, cst.ClassDef) and name_of_literal(tree, tree.site(node)) in self.keys

    def have_setting(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a text in a settings file is one of the settings."""
        names = key_path_of_literal(tree, node) if is_data_file(tree.path) else ()
        return bool(names) and names[-1] in self.settings

    def have_neighbour(self, tree: Tree, node: cst.CSTNode) -> bool:
        """Whether a text is in a settings file, in a table with a setting that calls take a part of their
        URLs from: the text itself, or another one."""
        table = tree.enclosing(node, cst.Dict) if is_data_file(tree.path) else None
        keys = (entry.key for entry in table.elements if isinstance(entry, cst.DictElement)) if table else ()
        return any(isinstance(key, cst.SimpleString) and literal_text(key) in self.parts for key in keys)


_SETTINGS = (f"{OriginKind.VARIABLE.value} ", f"{OriginKind.SETTING.value} ")


def _last_keys(settings: Collection[str]) -> frozenset[str]:
    return frozenset(re.split(r"[ .]", setting)[-1] for setting in settings if setting.startswith(_SETTINGS))


def _tests_of(program: ProgramFacts, requests: Collection[int]) -> frozenset[str]:
    """The modules of tests in which some requests are sent, or in functions that these call."""
    facts = program.facts
    return frozenset(
        frame.path
        for number in requests
        for frame in facts.stack(facts.requests[number].frame)
        if frame.path in facts.tests
    )


def _explained_literals(program: ProgramFacts, understood: Collection[int]) -> set[Site]:
    """The literals in the URLs of understood requests and their sessions, and in assertions on these
    requests."""
    facts, rules = program.facts, program.rules
    sites: set[Site] = set()
    for request in facts.requests:
        mounts = (url for mount in request.mounts for url in urls(mount.value))
        for url in (*program.url_readings(request), *mounts):
            if request.id in understood or _is_new_version(
                url.segments[0].text if url.segments else None, rules
            ):
                sites.update(url.sites())
    sites.update(_expected_texts(program, sites), explained_errors(program, understood, sites))
    for use in facts.uses:
        if isinstance(use.value, Reply) and use.value.path == (View.ADDRESS,) and use.other is not None:
            if use.value.request in understood and facts.requests[use.value.request].stub is not None:
                sites.update(_literals(use.other))
    return sites


def _expected_texts(program: ProgramFacts, explained: Collection[Site]) -> set[Site]:
    """The literals in tests that are only compared with texts of explained literals. Plans edit both."""
    uses = (use for site in explained for use in program.literal_uses.get(site, ()))
    compared = {
        literal
        for use in uses
        if use.kind is UseKind.COMPARE and use.site.path in program.facts.tests and use.other is not None
        for literal in _literals(use.other)
        if literal.path in program.facts.tests
    }
    return {
        site
        for site in compared
        if all(use.kind is UseKind.COMPARE for use in program.literal_uses.get(site, ()))
    }


def _literals(value: Value) -> Iterator[Site]:
    for choice in alternatives(value):
        for part in choice.parts if isinstance(choice, Text) else ():
            if isinstance(part, Lit) and part.site is not None:
                yield part.site


def _is_new_version(segment: str | None, rules: Rulebook) -> bool:
    return segment is not None and any(segment == api.new for api in rules.apis.values())


def _texts_of_file(
    program: ProgramFacts,
    tree: Tree,
    api: Api,
    explained: set[Site],
    bases: _Bases,
    *,
    is_test: bool,
) -> Iterator[UnexplainedText]:
    api_hosts = program.settings.hosts_of(api)
    is_named = any(word in tree.text for word in (*api_hosts, *program.settings.keys))
    if not (is_named or is_test or any(word.lower() in tree.lower_case_text for word in api.words)):
        return
    # The version may come from another module if the analysis ended before its values were known.
    is_analyzed = Site(tree.path, 0) not in program.facts.exhausted
    if not _has_version_text(tree, {api.old}) and (is_analyzed or _has_version_text(tree, {api.new})):
        return
    version = _segment(api.old)
    plain_text = re.sub(r"(?<!\\)\\+\.", ".", tree.text)
    hosts = [host for host in api_hosts if host in plain_text]
    operations = (operation for operation in program.rules.operations if operation.api == api.id)
    paths = [_pattern(operation) for operation in operations if operation.old.path]
    # A host alone doesn't imply a version if the module's requests are resolved.
    followed = any(site.path == tree.path for site in explained)
    for node, text in texts_of_module(tree):
        site = tree.site(node)
        if site in explained:
            continue
        plain = text.replace("\\.", ".")  # regular expressions contain hosts, too
        path = next((path for path in paths if path.search(text)), None)
        host = next((host for host in hosts if _names_host(plain, host)), None)
        bare = is_named and not followed and not re.search(rf"/{api.new}(/|$)", text)
        bare = bare and not is_never_sent(program, site) and not bases.contain(tree, node)
        bare = bare and not bases.have_neighbour(tree, node)
        if path is None and bases.have_setting(tree, node):
            continue  # a step of the deployment
        if host is not None and (path is not None or version.search(text) or bare):
            is_address = path is not None or version.search(text) is not None
            yield UnexplainedText(
                site, f"the host {host}", names_path=path is not None, is_address=is_address
            )
        elif path is not None:
            is_served = _is_in_route_decorator(tree, node)
            yield UnexplainedText(site, "a path of the old version", names_path=True, is_served=is_served)


def _is_in_route_decorator(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a text is in a decorator of a function that does something itself."""
    decorator = tree.enclosing(node, cst.Decorator)
    function = tree.parent(decorator) if decorator is not None else None
    return isinstance(function, cst.FunctionDef) and not _has_no_body(function)


def _has_no_body(function: cst.FunctionDef) -> bool:
    """Whether a function does nothing itself, like a client's method whose decorator sends the request."""
    statements = (
        small
        for statement in function.body.body
        for small in (statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,))
    )
    return all(
        isinstance(statement, cst.Pass)
        or (isinstance(statement, cst.Expr) and isinstance(statement.value, cst.BaseString | cst.Ellipsis))
        for statement in statements
    )


def _names_host(text: str, host: str) -> bool:
    return host in text and re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])", text) is not None


def readable_texts(
    texts: Sequence[UnexplainedText], facts: Facts, trees: Mapping[str, Tree]
) -> list[UnexplainedText]:
    """The texts that code may read.

    Another expression has the text as its value, it flows into a use, or its name (a constant, or a key of a
    dict) occurs elsewhere in code whose values aren't all known. Raises NeedsFullParseError if a function
    body that was not parsed mentions the name.
    """
    names = [name_of_literal(trees[text.site.path], text.site) for text in texts]
    if facts.exhausted or not any(names):
        return list(texts)
    reached_sites = {site for use in facts.uses for site in _literal_sites(use.value)}
    within = {text.site: _assignment_span(trees[text.site.path], text.site) for text in texts}
    known_by_site: dict[Site, bool] = {}
    for (own, _), value in facts.values.items():
        known_by_site[own] = known_by_site.get(own, True) and not any(
            isinstance(choice, Unknown) for choice in alternatives(value)
        )
        for site in _literal_sites(value):
            span = within.get(site)
            if span is not None and not span.contains(trees[own.path].span(trees[own.path].node(own))):
                reached_sites.add(site)
    readers = readers_of_names({name for name in names if name is not None}, trees, known_by_site)
    return [
        text
        for text, name in zip(texts, names, strict=True)
        if name is None
        or text.site in reached_sites
        or not readers[name] <= {key_of_entry(trees[text.site.path], text.site)}
    ]


def hidden_base_default(
    conversation: Conversation, texts: Iterable[UnexplainedText], program: ProgramFacts
) -> UnexplainedText | None:
    """The first address of the old version that a conversation may send, unseen, or None: the default of the
    setting with its version, or of a parameter or field for which each call in sight has an argument."""
    tests = program.facts.tests
    addresses = [text for text in texts if text.is_address and text.is_read and text.site.path not in tests]
    if addresses and not any(match.version_sources for match in conversation.matches):
        defaults = set(_literals_in_defaults(program))
        addresses = [text for text in addresses if text.site in defaults]
    return next(iter(addresses), None)


def _literals_in_defaults(program: ProgramFacts) -> Iterator[Site]:
    """The literals in the defaults of parameters and of the fields of classes."""
    for tree in program.trees.values():
        for function in tree.of_kind(cst.FunctionDef):
            for parameter in optional_parameters(function):
                site = tree.site(parameter.default or parameter)
                yield site
                for value in program.values_at(site):
                    yield from _literal_sites(value)
    fields = (field for info in program.facts.classes.values() for field in info.fields)
    for default in (field.default for field in fields if field.default is not None):
        yield from _literal_sites(default.value)


def _assignment_span(tree: Tree, site: Site) -> Span:
    """The span of the assignment that contains a literal. The literal's own span if there is none."""
    node = tree.node(site)
    return tree.span(tree.enclosing(node, cst.Assign, cst.AnnAssign) or node)


def _literal_sites(value: Value) -> Iterator[Site]:
    """The literals in a text, including those in its holes."""
    for choice in alternatives(value):
        for part in choice.parts if isinstance(choice, Text) else ():
            if not isinstance(part, Lit):
                yield from _literal_sites(part.value)
            elif part.site is not None:
                yield part.site


def _pattern(operation: Operation) -> re.Pattern[str]:
    """The beginning of an operation's path. A path with one more segment in letters is another one."""
    fixed: list[str] = []
    for part in operation.old.path:
        if part.text is None:
            break
        fixed.append(re.escape(part.text))
    slots = len(operation.old.path) - len(fixed)
    return re.compile(
        r"(?:^|(?<![\w.])/|(?<=[\s'\"}]))"
        + "/".join(fixed)
        + rf"(?=$|[/?'\"\s{{])(?!(?:/[^/?'\"\s]+){{{slots}}}/\w)"
    )


def texts_of_module(tree: Tree) -> Iterator[tuple[cst.CSTNode, str]]:
    """The string literals of a module without docstrings."""
    for node in tree.of_kind(cst.FormattedStringText, cst.TemplatedStringText, cst.SimpleString):
        if isinstance(node, cst.FormattedStringText | cst.TemplatedStringText):
            yield node, node.value
        elif isinstance(node, cst.SimpleString) and not is_statement(tree, node):
            yield node, node.raw_value


def _segment(version: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|[/\s'\"{{]){re.escape(version)}(?:$|[/\s'\"}}])")


def names_old_version(tree: Tree, rules: Rulebook) -> bool:
    """Whether a module's strings name an old version."""
    return _has_version_text(tree, {api.old for api in rules.apis.values()})


def names_any_version(tree: Tree, rules: Rulebook) -> bool:
    """Whether a module's strings name a version of an API, old or new."""
    return _has_version_text(tree, {version for api in rules.apis.values() for version in (api.old, api.new)})


def _has_version_text(tree: Tree, versions: set[str]) -> bool:
    patterns = [_segment(version) for version in sorted(versions) if version in tree.text]
    return any(
        pattern.search(text)
        for _, text in (texts_of_module(tree) if patterns else ())
        for pattern in patterns
    )

"""Arguments, method, headers and base URL of a request, from its call and the session of the client."""

from collections.abc import Iterator

from kognitos_migrate.interpret.arguments import MORE_ENTRIES, Arguments
from kognitos_migrate.interpret.interpreter import CallPoint
from kognitos_migrate.interpret.strings import text_pieces
from kognitos_migrate.interpret.url_values import known_prefix, resolve_link
from kognitos_migrate.rulebook.model import Client, HeaderCombination, Joining, RequestCallable, Role
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join, most_known, plain_text
from kognitos_migrate.values.lattice import NONE, Const, Hole, Lit, Ref, Text, Unknown, Value

RequestArguments = dict[Role, list[Operand]]


class Sender(Struct, frozen=True):
    """The sender of a request: a function of a client, or a session."""

    client: Client
    ref: Ref | None = None
    session: Instance | None = None

    def attribute_operands(self, name: str) -> list[Operand]:
        """The values of an attribute of the session."""
        return self.session.origins.get(name, []) if self.session is not None else []

    def operands_of(self, role: Role) -> list[Operand]:
        """The values of the attributes of the session that describe this part of its requests."""
        names = (name for name, own in self.client.session_attributes.items() if own is role)
        return [operand for name in names for operand in self.attribute_operands(name)]


def arguments_by_role(
    client: Client, verb: RequestCallable, arguments: Arguments
) -> tuple[RequestArguments, dict[Role, list[Site]]]:
    """The arguments by role, and by role the sites of the keyword arguments."""
    by_role: RequestArguments = {}
    holders = {
        role: [arguments.holders[name]] for name, role in client.keywords.items() if name in arguments.holders
    }
    for role, value in zip(verb.arguments, arguments.positional, strict=False):
        by_role[role] = [value]
    for name, role in client.keywords.items():
        if name in arguments.keywords:
            by_role.setdefault(role, []).append(arguments.keywords[name])
    if Role.URL in verb.arguments and not by_role.keys() & {Role.URL, Role.REQUEST}:
        by_role.update((Role.URL, [url]) for url in _urls_in_spreads(client, arguments))
    return by_role, holders


def _urls_in_spreads(client: Client, arguments: Arguments) -> Iterator[Operand]:
    """The URL in a mapping or sequence that isn't known: `request(**json.load(file))`, `post(*row)`."""
    name = next((name for name, role in client.keywords.items() if role is Role.URL), None)
    for mapping in arguments.keyword_spread:
        items = [value.item(name) for value in _unknown_in(mapping) if value != MORE_ENTRIES]
        if items:
            yield mapping._replace(value=join(*items))
    for sequence in arguments.spread:
        elements = [value.element() for value in _unknown_in(sequence)]
        if elements:
            yield sequence._replace(value=join(*elements))


def _unknown_in(spread: Operand) -> list[Unknown]:
    return [choice for choice in alternatives(spread.value) if isinstance(choice, Unknown)]


def http_method_of(verb: RequestCallable, arguments: RequestArguments) -> Value:
    """The HTTP method of a request: an argument, or that of the verb. It may depend on the presence of a
    body."""
    methods = [value.value for value in arguments.get(Role.METHOD, []) if value.value != NONE]
    if methods:
        return join(*methods)
    if verb.method is None:
        return Unknown("method")
    bodies = [
        choice
        for role in (Role.DATA, Role.JSON, Role.FILES)
        for value in arguments.get(role, [])
        for choice in alternatives(value.value)
    ]
    if verb.with_body is None or all(choice == NONE for choice in bodies):
        return plain_text(verb.method)
    if any(choice == NONE for choice in bodies):
        return join(plain_text(verb.method), plain_text(verb.with_body))
    return plain_text(verb.with_body)


def request_headers(sender: Sender, arguments: RequestArguments) -> list[Operand]:
    """The headers of the session that are sent with a request that has these arguments."""
    own = [choice for argument in arguments.get(Role.HEADERS, ()) for choice in alternatives(argument.value)]
    if sender.client.own_headers is HeaderCombination.INSTEAD and own and NONE not in own:
        return []
    return sender.operands_of(Role.HEADERS)


def raises_on_failure(call: CallPoint, sender: Sender) -> bool:
    """Whether a request surely raises an error if it fails: each one of the client does, or an argument of
    the call or else of the session says so."""
    name, arguments = sender.client.raising_option, call.arguments
    if sender.client.raises or name is None or arguments.keyword_spread:
        return sender.client.raises
    own = arguments.keywords.get(name)
    options = [] if own is None or name in arguments.optional else [own]
    if own is None or name in arguments.optional or NONE in alternatives(own.value):
        options += sender.attribute_operands(name)
        if not sender.attribute_operands(name):
            return False
    values = {choice for option in options for choice in alternatives(option.value)} - {NONE}
    return bool(values) and all(isinstance(value, Const) and value.value is True for value in values)


def base_urls(call: CallPoint, sender: Sender) -> list[tuple[Text, Operand]]:
    """The prefixes of a relative URL, as text and with the expression that supplies them."""
    bases: list[tuple[Text, Operand]] = []
    if sender.client.base is not None:
        base = call.operand(plain_text(sender.client.base))
        bases.append((Text((Hole(base.value, base.site, base.frame),)), base))
    for name, role in sender.client.session_attributes.items():
        for base in sender.attribute_operands(name) if role in (Role.BASE, Role.HOST) else ():
            for choice in alternatives(base.value):
                whole = isinstance(choice, Text) and "://" in known_prefix(choice)
                front = (Lit("https://"),) if role is Role.HOST and not whole else ()
                if choice != NONE:
                    bases.append((Text((*front, Hole(choice, base.site, base.frame))), base))
    return bases


def with_base(url: Operand, bases: list[tuple[Text, Operand]], joins: Joining) -> Operand:
    """A URL, prefixed with the base if it is relative."""
    urls: list[Value] = []
    links: list[Text] = []
    for choice in alternatives(url.value):
        prefix = isinstance(choice, Text) and known_prefix(choice)
        starts = isinstance(choice, Unknown) or (
            isinstance(choice, Text) and (prefix or len(choice.parts) == 1)
        )
        if not bases or not starts or (prefix and "://" in prefix):
            urls.append(choice)
            continue
        links += [choice] if isinstance(choice, Text) else text_pieces(Operand(choice, url.site, url.frame))
    for text, base in most_known([links, [base for base, _ in bases]]):
        appended = Text((*base.parts, Lit("/"), *text.parts))
        urls.append(resolve_link(base, text) if joins is Joining.RESOLVE else appended)
    return url._replace(value=join(*urls))

"""Classes of sessions: the client that they belong to, and the arguments of their constructors."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, mro_of
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import HeapObject, Instance
from kognitos_migrate.values.lattice import Class


def client_of_class(interpreter: Interpreter, value: Class) -> str | None:
    """The id of the client whose session the class is derived from; None if there is none."""
    client = interpreter.libraries.client_of_session(mro_of(interpreter, value).outside_names)
    return client.id if client is not None else None


def open_session(interpreter: Interpreter, session: HeapObject, arguments: Arguments) -> Arguments:
    """Store the arguments of a session's constructor as attributes of the session. Returns those that don't
    describe requests; all of them if the object is no session, or if another base out of sight may get
    them."""
    client = (
        interpreter.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    )
    if client is None or not isinstance(session, Instance):
        return arguments
    keywords = dict(arguments.keywords)
    for role, argument in zip(client.session_arguments, arguments.positional, strict=False):
        keywords.update(
            {
                name: argument
                for name, attribute_role in client.session_attributes.items()
                if attribute_role is role
            }
        )
    others = (client.session_encodes, client.raising_option, *client.session_interceptors)
    for name in (*client.session_attributes, *others):
        if name is not None and name in keywords:
            interpreter.stores += session.put(name, keywords[name])
    if session.cls is not None and not _outside_bases(interpreter, session.cls).issubset(
        client.session_types
    ):
        return arguments
    described = (*client.session_attributes, client.session_encodes)
    return replace(
        arguments,
        positional=arguments.positional[len(client.session_arguments) :],
        keywords={name: value for name, value in arguments.keywords.items() if name not in described},
    )


def _outside_bases(interpreter: Interpreter, value: Class) -> frozenset[str]:
    """The bases of a class whose constructors aren't in sight, by name."""
    return frozenset(mro_of(interpreter, value).outside_names).difference(PLAIN_BASES)

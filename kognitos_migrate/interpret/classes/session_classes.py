"""Classes of sessions: the client that they belong to, and the arguments of their constructors."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.values.heap import HeapObject, Instance
from kognitos_migrate.values.lattice import Class


def client_of_class(interpreter: Interpreter, value: Class) -> str | None:
    """The id of the client whose session the class is derived from; None if there is none."""
    client = interpreter.libraries.client_of_session(mro_of(interpreter, value).outside_names)
    return client.id if client is not None else None


def open_session(interpreter: Interpreter, session: HeapObject, arguments: Arguments) -> None:
    """Store the arguments of a session's constructor as attributes of the session."""
    client = (
        interpreter.libraries.clients.get(session.client or "") if isinstance(session, Instance) else None
    )
    if client is None or not isinstance(session, Instance):
        return
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

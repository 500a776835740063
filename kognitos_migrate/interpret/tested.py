"""What is tested sends a request to a double that stands in for a session: it is one of the program."""

from kognitos_migrate.interpret.http import Sender, send
from kognitos_migrate.interpret.machine import Call
from kognitos_migrate.interpret.mocking.puppets import Puppet
from kognitos_migrate.rulebook.model import Client
from kognitos_migrate.values.base import Lit, Text, Value
from kognitos_migrate.values.join import alternatives


def sent_to(call: Call, puppet: Puppet) -> None:
    """Note the request, if the program calls a double as a session is called, with a URL."""
    m, name = call.machine, puppet.names[-1] if puppet.names else ""
    if call.act.frame.path in m.testing.modules or name not in (*m.libraries.verbs, *m.libraries.senders):
        return
    client = _spoken_to(call, m.libraries.mocks[puppet.thing.mock].client, name)
    if client is not None and any(map(_is_address, (one.value for one in call.arguments.everything()))):
        send(call, Sender(client), client.session_methods[name])


def _spoken_to(call: Call, usual: str, name: str) -> Client | None:
    """The client whose session is called so: that which sends from the same place, else one that knows the
    keywords."""
    m, known = call.machine, call.machine.libraries.keywords
    here = [one.client for one in m.facts.requests if one.site == call.site and one.stub is None]
    said = {keyword for keyword in call.arguments.keywords if keyword in known}
    clients = (m.libraries.clients[one] for one in (*here, usual, *m.libraries.clients))
    return next((one for one in clients if name in one.session_methods and said <= one.keywords.keys()), None)


def _is_address(value: Value) -> bool:
    return any(
        isinstance(part, Lit) and "/" in part.text
        for choice in alternatives(value)
        if isinstance(choice, Text)
        for part in choice.parts
    )

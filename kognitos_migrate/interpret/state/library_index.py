"""Index of the HTTP clients and mock libraries that rules describe."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property

from kognitos_migrate.interpret.state.facts import Request
from kognitos_migrate.rulebook.model import Client, Mock, RequestCallable, Role, View


class LibraryIndex:
    """Clients and mock libraries, by id and by qualified name."""

    def __init__(self, clients: Sequence[Client], mocks: Sequence[Mock]) -> None:
        """Index these libraries. Of two clients with a function of one name, the first counts."""
        self.clients = {client.id: client for client in clients}
        self.mocks = {mock.id: mock for mock in mocks}
        self.clients_by_name = {
            name: client for client in reversed(clients) for name in _qualified_names(client)
        }
        """The clients, by the qualified names of their functions and types."""
        self.mocks_by_name = {name: mock for mock in mocks for name in mock.names()}
        """The mock libraries, by the qualified names that they define."""

    def reply_members(self, request: Request) -> Mapping[str, View]:
        """The members of a request's reply; for a stub, the members of the received request."""
        if request.stub is not None:
            return self.mocks[request.stub.mock].sent
        client = self.clients.get(request.client)
        return client.reply if client is not None else {}

    def client_of_session(self, names: Collection[str]) -> Client | None:
        """The client whose session type has one of these qualified names."""
        return next(
            (
                client
                for client in self.clients.values()
                if any(name in client.session_types for name in names)
            ),
            None,
        )

    def client_of_module(self, name: str) -> Client | None:
        """The client that has a function in the module of this name."""
        return next(
            (
                client
                for client in self.clients.values()
                if any(function.rpartition(".")[0] == name for function in client.functions)
            ),
            None,
        )

    def affected_clients(self, name: str) -> Iterator[str]:
        """The ids of the clients that behave differently if the object of this qualified name is replaced.

        These are the clients with a function or type in its module. For a function of `json`, they are all
        clients.
        """
        for client in self.clients.values():
            modules = {qualified_name.rpartition(".")[0] for qualified_name in _qualified_names(client)}
            if any(name.startswith(f"{module}.") for module in (*modules, "json")):
                yield client.id

    @cached_property
    def mock_object_library(self) -> Mock | None:
        """The mock library whose objects have any attribute, such as unittest.mock."""
        return next((mock for mock in self.mocks.values() if mock.object_spelling), None)

    @property
    def call_records(self) -> frozenset[str]:
        """The attributes of doubles that have the calls which they received."""
        spelling = self.mock_object_library.object_spelling if self.mock_object_library is not None else None
        return frozenset(spelling.calls) if spelling is not None else frozenset()

    @cached_property
    def replies(self) -> dict[str, View]:
        """The members of all clients' replies, by spelling (`json()`, `text`)."""
        return {name: view for client in self.clients.values() for name, view in client.reply.items()}

    @cached_property
    def keywords(self) -> dict[str, Role]:
        """The roles of the keyword arguments of all clients' functions."""
        return {name: role for client in self.clients.values() for name, role in client.keywords.items()}

    @cached_property
    def verbs(self) -> dict[str, str]:
        """The HTTP methods, by short name of the functions that send them."""
        return {name: verb.method for name, verb in self._request_callables() if verb.method is not None}

    @cached_property
    def senders(self) -> frozenset[str]:
        """The short names of the functions that send requests of any method."""
        return frozenset(
            name
            for name, verb in self._request_callables()
            if (verb.method is None or verb.with_body is not None) and verb.gives is not View.REQUEST
        )

    @cached_property
    def single_method_names(self) -> frozenset[str]:
        """The short names of the functions that send requests of one method only."""
        return frozenset(self.verbs.keys() - self.senders)

    @cached_property
    def receivers(self) -> frozenset[str]:
        """The usual names of the first parameter of a function that replaces a session's method: `self`,
        `session`, …"""
        types = {name for client in self.clients.values() for name in client.session_types}
        return frozenset(("self", "_self", *(name.rpartition(".")[2].lower() for name in types)))

    def _request_callables(self) -> Iterator[tuple[str, RequestCallable]]:
        for client in self.clients.values():
            for name, verb in (*client.functions.items(), *client.session_methods.items()):
                yield name.rpartition(".")[2], verb


def _qualified_names(client: Client) -> tuple[str, ...]:
    return (*client.functions, *client.session_types, *client.session_installs, *client.transparent)

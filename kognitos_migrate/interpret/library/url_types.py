"""Models of the URL types of libraries: `httpx.URL(scheme="https", host=HOST, path="/v1")`."""

from functools import partial

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.urllib_ import joined_url
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.values.lattice import Value

_COMPONENTS = ("scheme", "host", "path")


def _from_components(name: str, call: CallPoint) -> Value:
    """The URL of a scheme, a host and a path. Other components are passed to code that isn't analysed."""
    keywords = call.arguments.keywords
    others = (call.arguments.positional, call.arguments.spread, call.arguments.keyword_spread)
    if keywords.keys() != {*_COMPONENTS} or any(others) or call.arguments.optional:
        return call_unmodeled(call, name, name)
    return joined_url([keywords[component] for component in _COMPONENTS], None)


SYMBOLS: dict[str, Model] = {
    name: partial(_from_components, name) for name in ("httpx.URL", "yarl.URL.build")
}
METHODS: dict[str, Method] = {}

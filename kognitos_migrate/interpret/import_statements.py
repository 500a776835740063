"""Import statements, and the names that they bind.

try:
    from Queue import Empty          # raises ImportError
except ImportError:
    from queue import Empty
"""

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import attribute_of_package, dotted_name, lookup, module_value, name_in
from kognitos_migrate.interpret.overwrites import overwrite_names
from kognitos_migrate.interpret.state.facts import Unresolved
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.values.heap import SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, ModuleRef, Symbol, Text, Unknown, Value

_GONE = frozenset(
    (
        *("BaseHTTPServer", "ConfigParser", "Cookie", "HTMLParser", "Queue", "SimpleHTTPServer", "StringIO"),
        *("__builtin__", "anydbm", "cPickle", "cStringIO", "commands", "cookielib", "dummy_thread"),
        *("exceptions", "htmlentitydefs", "httplib", "md5", "robotparser", "sets", "sha", "thread"),
        *("urllib2", "urlparse", "xmlrpclib"),
    )
)
_EXPORTED = "__all__"
"""The list of the names that a star import binds."""


def fails_to_import(act: Activation, node: cst.CSTNode, dotted: str) -> bool:
    """Whether the import of a module outside of the program raises ImportError, in code that has an
    alternative: a handler around it, a test, or the code whose errors it handles."""
    if dotted.partition(".")[0] not in _GONE:
        return False
    return act.handlers > 0 or act.tree.enclosing(node, cst.If, cst.ExceptHandler) is not None


def import_names(interpreter: Interpreter, act: Activation, node: cst.Import) -> bool:
    """The statement `import a.b as c`."""
    for alias in node.names:
        dotted = dotted_name(alias.name)
        if not isinstance(module_value(interpreter, act, dotted, 0), ModuleRef) and fails_to_import(
            act, node, dotted
        ):
            return False
        _note_unresolved(interpreter, act, alias, dotted)
        if alias.asname is not None:
            interpreter.assign(
                act, alias.asname.name, module_value(interpreter, act, dotted, 0), act.site(alias)
            )
        else:
            first = dotted.partition(".")[0]
            act.env[first] = module_value(interpreter, act, first, 0)
            module_value(interpreter, act, dotted, 0)
    return True


def import_from(interpreter: Interpreter, act: Activation, node: cst.ImportFrom) -> bool:
    """The statement `from a import b`."""
    level = len(node.relative)
    dotted = dotted_name(node.module) if node.module is not None else ""
    module = module_value(interpreter, act, dotted, level)
    if not (level or isinstance(module, ModuleRef)) and fails_to_import(act, node, dotted):
        return False
    if isinstance(node.names, cst.ImportStar):
        if not level:
            _note_unresolved(interpreter, act, node, dotted)
        if isinstance(module, ModuleRef) and (
            loaded := interpreter.transfer.load_module(interpreter, module.path)
        ):
            _import_all(interpreter, act, loaded)
        else:
            here = ModuleRef(act.frame.path)
            overwrite_names(
                interpreter, here, lambda name: Unknown(name) if level else Symbol(f"{dotted}.{name}")
            )
        return True
    for alias in node.names:
        name = dotted_name(alias.name)
        value: Value
        inner = module_value(interpreter, act, f"{dotted}.{name}" if dotted else name, level)
        if not level and not isinstance(module, ModuleRef):
            _note_unresolved(interpreter, act, alias, dotted, name)
            _note_unresolved(interpreter, act, alias, f"{dotted}.{name}")
        if isinstance(module, ModuleRef):
            loaded = interpreter.transfer.load_module(interpreter, module.path)
            value = (
                attribute_of_package(interpreter, loaded, name) if loaded and name in loaded.env else inner
            )
        elif any(isinstance(choice, ModuleRef) for choice in alternatives(module)):
            value = join(
                *(interpreter.attribute(act, alias, choice, name) for choice in alternatives(module))
            )
        else:
            value = inner
        target = alias.asname.name if alias.asname is not None else alias.name
        interpreter.assign(act, target, value, act.site(alias))
    return True


def _import_all(interpreter: Interpreter, act: Activation, module: Activation) -> None:
    """Bind the names that `from module import *` imports: those in its `__all__`, or else its public ones."""
    public = [name for name in module.env if not name.startswith("_")]
    listed = name_in(interpreter, module, _EXPORTED) if _EXPORTED in module.env else None
    exported = _listed_names(interpreter, listed) if listed is not None else public
    for name in exported if exported is not None else public:
        if name not in module.env:
            continue
        value = name_in(interpreter, module, name)
        act.env[name] = value if exported is not None else join(value, lookup(interpreter, act, name))
    if listed is None and module.frame.path in interpreter.shared.open_modules:
        overwrite_names(interpreter, ModuleRef(act.frame.path))


def _listed_names(interpreter: Interpreter, listed: Value) -> list[str] | None:
    """The names in the list `__all__`; None if it may have other elements."""
    lists = [interpreter.heap.get(choice) for choice in alternatives(listed)]
    sequences = [item for item in lists if isinstance(item, SequenceObject)]
    texts = [
        choice.literal if isinstance(choice, Text) else None
        for sequence in sequences
        for choice in alternatives(sequence.element())
    ]
    is_known = len(sequences) == 1 == len(lists) and sequences[0].rest is NEVER
    is_known = is_known and len(texts) == len(sequences[0].items)  # one name for each element
    return [text for text in texts if text is not None] if is_known and None not in texts else None


def _note_unresolved(
    interpreter: Interpreter, act: Activation, node: cst.CSTNode, dotted: str, name: str | None = None
) -> None:
    """Record that an import, of one name or of all, may mean a module that isn't found from here."""
    candidates = interpreter.files.candidates(act.frame.path, dotted)
    if candidates:
        interpreter.facts.unresolved[act.site(node)] = Unresolved(dotted, tuple(candidates), name)

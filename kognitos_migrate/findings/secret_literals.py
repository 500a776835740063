"""Secrets in Python source, found by the names that its syntax gives to string literals."""

from __future__ import annotations

import ast
import functools
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.findings.expression_names import (
    compared_values,
    constant_names,
    filled_values,
    name_of,
    text_of,
    values_under_constants,
)
from kognitos_migrate.findings.syntax_nodes import nodes_of_source
from kognitos_migrate.structs import Struct

_NAME = re.compile(
    r"api[-_.]?key|secret|token|passw(?:or)?d|pwd|pass[-_]?phrase|credential|authorization|private[-_.]?key"
    r"|access[-_.]?key|subscription[-_.]?key|account[-_.]?key|bearer|(?:^|[-_])cookies?$|[-_]pass$"
    r"|(?:^|[-_])pass_$|pass[-_]?code",
    re.IGNORECASE,
)
"""Names of secrets. Every literal in their value counts."""
_AMBIGUOUS_NAME = re.compile(
    r"(?:^|[^a-z])(?:key|sig|signature|auth|pass|pw|code|salt|cert)s?$", re.IGNORECASE
)
"""Ambiguous names. Only random characters count as their secret."""
_PASSPHRASE_NAME = re.compile(r"(?:pass[-_]?phrase|passw(?:or)?d|secret)s?$", re.IGNORECASE)
"""Names whose value may be several words."""
_DECODER_NAME = re.compile(
    r"secret|decode|hex|bytes|str|format|join|quote|encode|replace|strip|auth", re.IGNORECASE
)
"""Functions that turn their first argument into a secret, as classes do. Others take the name of a secret."""
RANDOM = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[\w.+/=~-]{16,}")
_PLACEHOLDER = re.compile(
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|(?i:(?:[a-z.-]*[-_.])?(?:api[-_]?key|secret|token|password|authorization))"
    r"|<.*>|[.*x]+|\W*",
    re.DOTALL,
)
"""Names of variables and headers, text to be filled in, punctuation."""
SCHEME = re.compile(r"(?:bearer|basic|token|digest)(?:\s+|$)", re.IGNORECASE)
PROSE = re.compile(r"\S+\s+\S+\s+\S+")
_FIELD = re.compile(r"\{[^{}]*\}|%\(?\w*\)?[sdrifx]|\$\{?\w+\}?")
_QUOTED = re.compile(r"[rbuf]{0,2}(\"\"\"|'''|\"|')((?:\\.|(?!\1).)*)\1", re.IGNORECASE | re.DOTALL)
_COOKIES = re.compile(r"cookies?$")
_SETTER_NAME = re.compile(r"(?:set|use|add|put|store|save|with)_?[A-Z_]?", re.IGNORECASE)
"""Functions whose argument is the secret that they are named for."""
_AUTHENTICATION = re.compile("auth", re.IGNORECASE)
_PAIR_NAME = re.compile(r"auth$|creds$", re.IGNORECASE)
"""Names of pairs of a user and a password."""
_KEYED_NAME = re.compile(r"fernet|hmac|aes|cipher|signer", re.IGNORECASE)
"""Functions, and modules of functions, that take a key."""
_AMBIGUOUS = "key"
"""An ambiguous name, for expressions without one."""
_NAME_KEYWORDS = ("name", "key", "header", "field")
_VALUE_KEYWORDS = ("default", "default_factory", "fallback", "value", "const", "envvar_default")
_NAMING = frozenset(
    (
        *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.Dict, ast.Tuple, ast.List),
        *(ast.Compare, ast.Call, ast.arguments, ast.FunctionDef, ast.AsyncFunctionDef),
        *(ast.For, ast.AsyncFor, ast.comprehension, ast.BoolOp, ast.IfExp, ast.BinOp, ast.Match),
    )
)
"""The nodes that may give an expression a name."""
_LEAST_PIECE = 4
"""The least characters of a fragment that identify a composed secret."""


class _Literal(Struct, frozen=True):
    """A string constant, or the constant part of a composed string, with the name that it has."""

    node: ast.expr
    text: str
    name: str
    is_part: bool = False


def secret_literals(text: str) -> Iterator[str]:
    """Yield the secrets among the string literals of Python source, as they are written.

    Nothing is yielded for source that doesn't parse.
    """
    source: _Source | None = None
    for literal in _named_literals(nodes_of_source(text)):
        for value in _secret_parts(literal):
            yield value
            source = source or _Source(text)
            yield from source.spellings(literal.node)


class _Source:
    """Source text by row and column of its syntax tree, which counts bytes."""

    def __init__(self, text: str) -> None:
        self._lines = [line.encode("utf-8", "surrogatepass") for line in io.StringIO(text, newline="")]

    def spellings(self, node: ast.expr) -> Iterator[str]:
        """Yield the contents of the literals that a constant is written with, escapes and all."""
        row, end_row = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self._lines[row : end_row + 1]
        if not lines:
            return
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        yield from literal_texts(b"".join(lines).decode("utf-8", "replace"))


def literal_texts(written: str) -> Iterator[str]:
    """Yield the contents of string literals as they are written, without placeholders and fields to fill."""
    for match in _QUOTED.finditer(written):
        for piece in _FIELD.split(match[2]):
            bare = SCHEME.sub("", piece, count=1).strip()
            if len(bare) >= _LEAST_PIECE and not _PLACEHOLDER.fullmatch(bare):
                yield bare


def _secret_parts(literal: _Literal) -> Iterator[str]:
    """Yield the parts of a literal that are secret: without the scheme of a header, and fields to fill."""
    whole = SCHEME.sub("", literal.text, count=1).strip()
    if PROSE.match(whole) and not _PASSPHRASE_NAME.search(literal.name):
        return
    pieces = [piece.strip() for piece in _FIELD.split(whole)]
    least = _LEAST_PIECE if literal.is_part or len(pieces) > 1 else 1
    for piece in pieces:
        if len(piece) < least or _PLACEHOLDER.fullmatch(piece):
            continue
        if _NAME.search(literal.name) or RANDOM.fullmatch(piece):
            yield piece


def _named_literals(nodes: Iterable[ast.AST]) -> Iterator[_Literal]:
    """Yield the literals in the values that names of secrets are given."""
    nodes = [node for node in nodes if type(node) in _NAMING]
    lists = {
        name_of(node.targets[0]): node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple)
    }
    constants = constant_names(node for node in nodes if isinstance(node, ast.Assign))
    for node in nodes:
        for name, value in (*_named_values(node), *_values_named_elsewhere(node, constants)):
            if _is_secret_name(name):
                yield from _constants_within(value, name)
        for name, value in _zipped_pairs(node, lists) if isinstance(node, ast.Call) else ():
            if _is_secret_name(name):
                yield from _constants_within(value, name)


def _values_named_elsewhere(node: ast.AST, constants: Mapping[str, str]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values that are compared with something, fill a template, or have a variable as their key."""
    if isinstance(node, ast.Call | ast.Match):
        yield from compared_values(node)
    if isinstance(node, ast.Call | ast.BinOp):
        yield from filled_values(node)
    if constants and isinstance(node, ast.Assign | ast.Call | ast.Dict):
        yield from values_under_constants(node, constants)


def _zipped_pairs(
    call: ast.Call, lists: Mapping[str, ast.List | ast.Tuple]
) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names and values that `zip(names, values)` pairs. `lists` are those of variables."""
    if name_of(call.func) != "zip" or len(call.args) != 2:
        return
    columns = [lists.get(name_of(part), part) for part in call.args]
    names, values = columns
    if isinstance(names, ast.List | ast.Tuple) and isinstance(values, ast.List | ast.Tuple):
        yield from ((name_of(name), value) for name, value in zip(names.elts, values.elts, strict=False))


@functools.lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    return bool(_NAME.search(name) or _AMBIGUOUS_NAME.search(name))


@functools.lru_cache(maxsize=4096)
def _is_named_for_secret(name: str) -> bool:
    return _NAME.search(name) is not None


@functools.lru_cache(maxsize=4096)
def _is_authentication(name: str) -> bool:
    return _AUTHENTICATION.search(name) is not None


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that a node gives to an expression."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned_pairs(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield from _assigned_pairs(node.target, node.value)
    elif isinstance(node, ast.Dict):
        pairs = [(name_of(key), value) for key, value in zip(node.keys, node.values, strict=True) if key]
        yield from pairs
        yield from _pair_in(pairs)
    elif isinstance(node, ast.Tuple | ast.List) and len(node.elts) == 2:
        if isinstance(node.elts[0], ast.Constant):
            yield name_of(node.elts[0]), node.elts[1]
    elif isinstance(node, ast.Compare) and len(node.comparators) == 1:
        yield name_of(node.left), node.comparators[0]
        yield name_of(node.comparators[0]), node.left
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        for element in _elements(node.iter):
            yield from _assigned_pairs(node.target, element)
    elif isinstance(node, ast.Call):
        yield from _arguments(node)
    elif isinstance(node, ast.arguments):
        yield from _defaults(node)
    elif isinstance(node, ast.BoolOp | ast.IfExp):
        yield from _fallbacks(node)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_named_for_secret(node.name):
        yield from _returned_values(node)


def _returned_values(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the results of a function with its name. Yielded values have an ambiguous one, because parsers
    yield tokens, too."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield (function.name if isinstance(node, ast.Return) else _AMBIGUOUS), node.value


def _fallbacks(node: ast.BoolOp | ast.IfExp) -> Iterator[tuple[str, ast.expr]]:
    """Yield the alternatives of a lookup, with its name: `getenv("TOKEN") or "…"`. A variable's name is
    ambiguous, because its fallback may be a message."""
    choices = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
    texts = [choice for choice in choices if isinstance(choice, ast.Constant)]
    for choice in choices if texts else ():
        if isinstance(choice, ast.Call):
            name = name_of(choice.args[0]) if choice.args and isinstance(choice.args[0], ast.Constant) else ""
        elif isinstance(choice, ast.Subscript):
            name = name_of(choice)
        else:
            name = _AMBIGUOUS if _is_named_for_secret(name_of(choice)) else ""
        yield from ((name, text) for text in texts if text is not choice)


def _pair_in(fields: Sequence[tuple[str, ast.expr]]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the name and the value that fields consist of: `{"name": "token", "value": "…"}`."""
    names = [name_of(value) for field, value in fields if field in _NAME_KEYWORDS]
    for name in names:
        yield from ((name, value) for field, value in fields if field in _VALUE_KEYWORDS)


def _elements(node: ast.expr) -> Sequence[ast.expr]:
    """Return the elements of a display."""
    return node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else ()


def _assigned_pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        starred = [at for at, inner in enumerate(target.elts) if isinstance(inner, ast.Starred)]
        targets = list(target.elts)
        for at in starred[:1]:
            targets[at : at + 1] = [targets[at]] * max(len(value.elts) - len(targets) + 1, 0)
        if len(targets) == len(value.elts):
            for inner, part in zip(targets, value.elts, strict=True):
                yield from _assigned_pairs(inner.value if isinstance(inner, ast.Starred) else inner, part)
    else:
        yield name_of(target), value
        if isinstance(value, ast.Tuple) and value.elts and _PAIR_NAME.search(name_of(target)):
            yield "password", value.elts[-1]
        if isinstance(target, ast.Subscript):
            yield name_of(target.value), value


def _arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the arguments of a call with their names: keywords, the text in front of one, the function's."""
    if len(call.args) > 1 or call.keywords:
        yield from _named_arguments(call)
    function = name_of(call.func) if call.args else ""
    if len(call.args) > 1 and _is_authentication(function):
        yield "password", call.args[-1]
    elif _takes_key_first(call.func):
        yield from ((_AMBIGUOUS, argument) for argument in call.args[:1])
    elif _is_named_for_secret(function):
        for argument in call.args:
            yield function if _SETTER_NAME.match(function) else _AMBIGUOUS, argument


def _takes_key_first(function: ast.expr) -> bool:
    """Whether the first argument of a function is a key, by its name and its module's: `hmac.new`."""
    owner = name_of(function.value) if isinstance(function, ast.Attribute) else ""
    return _KEYED_NAME.search(f"{owner}.{name_of(function)}") is not None


def _named_arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Yield the arguments of a call that a keyword or a text in front of them names."""
    texts = [name_of(argument) if isinstance(argument, ast.Constant) else "" for argument in call.args]
    yield from zip(texts, call.args[1:], strict=False)
    if isinstance(call.func, ast.Attribute) and _COOKIES.search(name_of(call.func.value)):
        yield from (("cookie", argument) for argument in call.args[1:])
    if name_of(call.func) == "fromkeys" and len(call.args) > 1:
        yield from ((name_of(key), call.args[1]) for key in _elements(call.args[0]))
    if not call.keywords:
        return
    yield from _pair_in([(keyword.arg or "", keyword.value) for keyword in call.keywords])
    named = next(filter(_is_named_for_secret, texts), "")
    for keyword in call.keywords:
        if keyword.arg is None:
            continue
        yield keyword.arg, keyword.value
        if named and keyword.arg in _VALUE_KEYWORDS:
            yield named, keyword.value
        if _PAIR_NAME.search(keyword.arg):
            for part in ast.walk(keyword.value):
                if isinstance(part, ast.Tuple) and part.elts:
                    yield "password", part.elts[-1]


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    with_default: Sequence[ast.arg] = positional[len(positional) - len(arguments.defaults) :]
    for argument, default in zip(with_default, arguments.defaults, strict=True):
        yield argument.arg, default
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            yield argument.arg, keyword_default


def _constants_within(value: ast.expr, name: str) -> Iterator[_Literal]:
    """Yield the string constants that may make up the value of an expression, however deep it is."""
    waiting = [(value, False)]
    while waiting:
        node, is_part = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes):
                yield _Literal(node, text_of(node.value), name, is_part)
        elif isinstance(node, ast.JoinedStr):
            for part in node.values:
                if isinstance(part, ast.Constant):
                    yield _Literal(node, str(part.value), name, is_part=True)
                elif isinstance(part, ast.FormattedValue):
                    waiting.append((part.value, True))
        else:
            is_part = is_part or isinstance(node, ast.BinOp)
            waiting.extend((child, is_part) for child in _value_children(node))


def _value_children(node: ast.expr) -> Iterable[ast.expr]:
    """Return the subexpressions of an expression's value, without tests, keys, or names of secrets to look
    up."""
    if isinstance(node, ast.IfExp):
        return (node.body, node.orelse)
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Subscript):
        return (node.value,)
    if isinstance(node, ast.Compare | ast.Name):
        return ()
    if isinstance(node, ast.Lambda):
        return (node.body,)
    if isinstance(node, ast.Call):
        function = name_of(node.func)
        takes_first = function[:1].isupper() or _DECODER_NAME.search(function)
        keywords = [
            keyword.value for keyword in node.keywords if keyword.arg in _VALUE_KEYWORDS or function == "dict"
        ]
        return [node.func, *(node.args if takes_first else node.args[1:]), *keywords]
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]

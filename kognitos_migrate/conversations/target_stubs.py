"""Stubs that answer requests to a URL that the canned reply of another stub contains.

mock.post(API, json={"url": f"https://store/{name}"})
mock.put("https://store/a.pdf")    # answers the request to that URL
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import TypeAlias

from kognitos_migrate.conversations.stub_urls import entry_values, known_texts, may_answer
from kognitos_migrate.interpret.state.facts import Facts, Request
from kognitos_migrate.rulebook.model import Layout, ReplyTarget, Role
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Text, Value
from kognitos_migrate.values.texts import may_be_equal, texts_between_holes

_Pieces: TypeAlias = Sequence[str]
"""The texts between the unknown parts of a URL."""
_HOLE = "\0"
"""Stands for an unknown part."""


def stubs_that_give(
    stub: Request,
    target: ReplyTarget,
    sources: Iterable[tuple[Request, Layout]],
    others: Iterable[Request],
    facts: Facts,
) -> Iterator[int]:
    """The ids of the stubs among `sources` whose canned reply contains, as the target slot, a URL that `stub`
    answers.

    Both URLs may have unknown parts behind the host, unless one of the `others`, requests that the program
    sends elsewhere, may get the answer.
    """
    values = [operand.value for operand in stub.value(Role.URL)]
    answered = [*known_texts(values)]
    partly = [*_urls_with_host(values)] if stub.stub is not None and not stub.stub.is_pattern else []
    is_free = bool(partly) and not any(_may_have_url(other, partly) for other in others)
    for source, layout in sources:
        names = [member.name for member in layout.reply if member.slot == target.slot]
        canned = source.stub.replies.values() if source.stub is not None else ()
        contents = [operand.value for reply in canned for operand in reply.json]
        urls = [url for content in contents for name in names for url in entry_values(facts, content, name)]
        if any(may_answer(text, url) for url in known_texts(urls) for text in answered):
            yield source.id
        elif is_free and any(_has_form(*pair) for pair in product(partly, _urls_with_host(urls))):
            yield source.id


def may_get(stub: Request, request: Request) -> bool:
    """Whether a stub answers a request by their URLs: both have known hosts, and may be equal."""
    urls = ([operand.value for operand in some.value(Role.URL)] for some in (stub, request))
    return any(_may_answer(*pair) for pair in product(*map(_urls_with_host, urls)))


def _urls_with_host(values: Iterable[Value]) -> Iterator[_Pieces]:
    """The URLs among some values whose host is known, as in `https://host/{name}`."""
    for value in values:
        for choice in alternatives(value):
            pieces = texts_between_holes(choice) if isinstance(choice, Text) else [""]
            if pieces[0].count("/") > 2:
                yield pieces


def _has_form(stub: _Pieces, url: _Pieces) -> bool:
    """Whether a stub for a URL, with or without its query, may answer `url`. If both have unknown parts, they
    have the same known path segments in the same places."""
    if len(stub) > 1 and len(url) > 1:
        own, other = (_HOLE.join(pieces).partition("?")[0].split("/") for pieces in (stub, url))
        is_alike = [a == b or (_HOLE in a and _HOLE in b) for a, b in zip(own, other, strict=False)]
        return len(own) == len(other) and all(is_alike) and _may_answer(stub, url)
    return _may_answer(stub, url)


def _may_answer(stub: _Pieces, url: _Pieces) -> bool:
    """Whether a stub for a URL, with or without its query, may answer `url`."""
    number = next((number for number, piece in enumerate(url) if "?" in piece), len(url) - 1)
    path = [*url[:number], url[number].partition("?")[0]]
    return may_be_equal(stub, url) or may_be_equal(stub, path)


def _may_have_url(request: Request, urls: Sequence[_Pieces]) -> bool:
    """Whether a request may be sent to one of some URLs."""
    values = [operand.value for operand in request.value(Role.URL)]
    choices = [choice for value in values for choice in alternatives(value)]
    own = [*_urls_with_host(values)]
    return len(own) < len(choices) or any(_may_answer(*pair) for pair in product(urls, own))

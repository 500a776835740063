"""Hazards of a program of the grammar: a URL made far from its request, shared objects, effects in order,
fields that are absent, readers that get other data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

from .grammar import Absence, Aliasing, Archive, Choices, Making, Order, Rebinding, Structure, Upload
from .sending import url_of

INVOICES, ORDERS = "abcd3fg9ijk5mn1pqr3tu2wxy", "k2mnp8qrs4tuv6wxy1zab3cde"
ARCHIVED = '{"state": "done", "answer": "{\\"total_items\\": 3}"}'


@dataclass(frozen=True)
class Start:
    """A start in the main program: lines that lead to it, its expression, and whether they open a loop."""

    lines: Sequence[str]
    call: str
    loop: str = ""


def start_of(chosen: Choices, owner: str, facts: str, blob: str) -> Start:
    """The start of a run, with the URL made where the author chose to make it."""
    rest = ", ".join(argument for argument in (facts, blob) if argument)
    rebound = _rebound(chosen)
    address = _address(chosen, owner, "share")
    each = _address(chosen, owner, "each")
    both = f'(share, "{ORDERS}")'
    start = f"{owner}start"
    return {
        Making.CALL: Start([], f"{start}(share, {rest})"),
        Making.VARIABLE: Start([f"target = {address}", *rebound], f"{start}(target, {rest})"),
        Making.COMPREHENSION: Start(
            [f"targets = [{each} for each in {both}]", *rebound],
            f"{start}(target, {rest})",
            "for target in targets:",
        ),
        Making.DICT: Start(
            [
                "targets = {}",
                f'for name, each in (("first", share), ("second", "{ORDERS}")):',
                f"    targets[name] = {each}",
                *rebound,
            ],
            f'{start}(targets["first"], {rest})',
        ),
        Making.CLOSURE: Start(
            [f"def maker(each):\n    return lambda: {each}\n\n", "target = maker(share)", *rebound],
            f"{start}(target(), {rest})",
        ),
        Making.ATTRIBUTE: Start(
            [
                f"class Order:\n    def __init__(self, each):\n        self.target = {each}\n\n",
                "order = Order(share)",
                *rebound,
            ],
            f"{start}(order.target, {rest})",
        ),
        Making.THREAD: Start(
            ["pool = ThreadPoolExecutor(1)", f"future = pool.submit({start}, {address}, {rest})", *rebound],
            "future.result()",
        ),
        Making.MAP: Start(
            [f"targets = list(map(lambda each: {each}, {both}))", *rebound],
            f"{start}(target, {rest})",
            "for target in targets:",
        ),
        Making.GENERATOR: Start(
            [f"def targets(*shares):\n    for each in shares:\n        yield {each}\n\n"],
            f"{start}(target, {rest})",
            f'for target in targets(share, "{ORDERS}"):',
        ),
        Making.PARTIAL: Start([f"launch = partial({start}, {address})", *rebound], f"launch({rest})"),
        Making.QUEUE: Start(
            [
                "targets = Queue()",
                f"targets.put({address})",
                *rebound,
                f"targets.put({_address(chosen, owner, repr(ORDERS))})",
            ],
            f"{start}(targets.get(), {rest})",
        ),
    }[chosen.making]


def _rebound(chosen: Choices) -> list[str]:
    return {
        Rebinding.NOTHING: [],
        Rebinding.SLICED: ["share = share[:4]"],
        Rebinding.REUSED: [f'share = "{ORDERS}"'],
        Rebinding.DELETED: ["del share"],
    }[chosen.rebinding]


def _address(chosen: Choices, owner: str, share: str) -> str:
    """The URL of a start: as an expression, or from the client where another module has the constants."""
    if chosen.structure is Structure.PACKAGE or not share.isidentifier():
        return f"{owner if chosen.structure is Structure.PACKAGE else ''}address({share})"
    return url_of(chosen, "invoke", share)


def address_function(chosen: Choices) -> str:
    """The client's function that makes the URL of a start."""
    return f"def address(share):\n    return {url_of(chosen, 'invoke', 'share')}\n"


def body_lines(chosen: Choices) -> tuple[list[str], str]:
    """Lines of `start` that make its body out of `facts` (and `blob`), and the body's expression."""
    has_key = chosen.upload is Upload.KEY
    if has_key and chosen.order is Order.POP:
        return ["blobs = [blob, blob]"], '{"papers": [blobs.pop()], "left": len(blobs), **facts}'
    if has_key and chosen.aliasing is Aliasing.SAME:
        return ["body = facts", 'body["papers"] = [blob]'], "body"
    if has_key and chosen.aliasing is Aliasing.DEFAULT:
        return ["body = facts or {}", 'body["papers"] = [blob]'], "body"
    if has_key:
        return ['body = {**facts, "papers": [blob]}'], "body"
    if chosen.aliasing is Aliasing.SAME:
        return ["body = facts"], "body"
    if chosen.aliasing is Aliasing.DEFAULT:
        return [], "facts or {}"
    return [], "facts"


def ordered_facts(chosen: Choices, facts: str) -> tuple[list[str], str]:
    """Lines before a start and the expression of its facts, with effects in an order that shows."""
    return {
        Order.NONE: ([], facts),
        Order.POP: (
            ['stock = ["bolt", "nut"]'],
            '{"item": stock.pop(), "left": len(stock), "more": ",".join(stock)}',
        ),
        Order.COUNTER: (["numbers = iter(range(9))"], '{"first": next(numbers), "second": next(numbers)}'),
        Order.WALRUS: ([], '{"picked": (picked := "bolt"), "again": picked}'),
    }[chosen.order]


def read_back(chosen: Choices) -> list[str]:
    """Lines that print the caller's facts after the start."""
    return [] if chosen.aliasing is Aliasing.COPY else ["print(sorted(facts))"]


def archive_lines(chosen: Choices, owner: str) -> list[str]:
    """Lines that give the reader of outputs something that is no reply."""
    return {
        Archive.NONE: [],
        Archive.FILE: [
            'with open("archive.json") as file:',
            f"    print(sorted({owner}outputs_of(json.load(file)).items()))",
        ],
        Archive.TEXT: [f"sample = json.loads({ARCHIVED!r})", f"print(sorted({owner}outputs_of(sample)))"],
    }[chosen.archive]


def absence_lines(chosen: Choices, owner: str) -> list[str]:
    """Lines that start a run which fails, and read its answer."""
    if chosen.absence is Absence.NONE:
        return []
    target = f'"{INVOICES}"'
    if chosen.making is not Making.CALL:
        target = _address(chosen, owner, target)
    blob = ", blob" if chosen.upload is not Upload.NONE else ""
    lines = dedent(
        f"""\
        failed = {owner}start({target}, {{"fail": True}}{blob})
        last = {owner}fetch(failed)
        while last["state"] not in ("done", "failed"):
            time.sleep(1)
            last = {owner}fetch(failed)
        """
    )
    return [*lines.splitlines(), *_READ[chosen.absence].splitlines()]


_READ = {
    Absence.UNCAUGHT: 'print(json.loads(last["answer"]).get("amount"))',
    Absence.CALLER: """\
def amount(run):
    return json.loads(run["answer"]).get("amount")


try:
    print(amount(last))
except KeyError as error:
    print("no amount", type(error).__name__)""",
    Absence.DECORATOR: """\
def tolerant(function):
    def call(*arguments):
        try:
            return function(*arguments)
        except LookupError as error:
            return type(error).__name__

    return call


@tolerant
def amount(run):
    return json.loads(run["answer"]).get("amount")


print(amount(last))""",
    Absence.FUTURE: """\
def amount(run):
    return json.loads(run["answer"]).get("amount")


with ThreadPoolExecutor(1) as pool:
    future = pool.submit(amount, last)
print(type(future.exception()).__name__)""",
    Absence.SUPPRESS: """\
with suppress(KeyError):
    print(json.loads(last["answer"]).get("amount"))
print("done")""",
    Absence.DEFAULT: 'print(json.loads(last.get("answer", "{}")).get("amount"))',
    Absence.IS_NONE: 'print(last.get("answer") is None, last.get("answer", False) is False)',
    Absence.MEMBERSHIP: 'print("answer" in last)',
}

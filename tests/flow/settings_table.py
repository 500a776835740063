# ruff: noqa: E501
"""Programs that merge settings over defaults, in every way, and read one of them, in every way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

DEFAULT = "abcd3fg9ijk5mn1pqr3tu2wxy"
LOADED = "k2mnp8qrs4tuv6wxy1zab3cde"
KINDS = {
    "dict": f'D = {{"key": "", "share": "{DEFAULT}"}}',
    "dataclass": f"""\
@dataclasses.dataclass
class Settings:
    key: str = ""
    share: str = "{DEFAULT}"
s = Settings()""",
    "tuple": f"""\
class Settings(typing.NamedTuple):
    key: str = ""
    share: str = "{DEFAULT}"
s = Settings()""",
    "model": f"""\
class Settings(pydantic.BaseModel):
    key: str = ""
    share: str = "{DEFAULT}"
s = Settings()""",
    "own": f"""\
class Settings:
    def __init__(self):
        self.key = ""
        self.share = "{DEFAULT}"
s = Settings()""",
    "inherited": f"""\
class Settings:
    key = ""
    share = "{DEFAULT}"
s = Settings()""",
    "namespace": f's = types.SimpleNamespace(key="", share="{DEFAULT}")',
    "class": f"""\
class Settings:
    key = ""
    share = "{DEFAULT}"
class More(Settings):
    def own(self):
        return self.share
    @classmethod
    def shared(cls):
        return cls.share""",
    "module": f'share = "{DEFAULT}"',
    "function": f'def start(key="", share="{DEFAULT}"):\n    post(share)',
}
"""The containers of the defaults."""
HEAD = """\
import argparse, collections, configparser, contextlib, copy, dataclasses, functools, itertools, json, operator
import os, string, sys, threading, types, typing
from concurrent.futures import ThreadPoolExecutor
import pydantic
import requests
BASE = "https://rest-api.app.kognitos.com/v1"
def load():
    with open("settings.json") as f:
        return json.load(f)
"""

POST = """\
def post(share):
    requests.post(f"{BASE}/invoke/{share}", json={"a": 1})
"""

_DICT = {
    "two spreads": "D = {**D, **load()}",
    "update": "D.update(load())",
    "update of a part": 'D.update({"x": load()}["x"])',
    "update spread": "D.update(**load())",
    "update of pairs": "D.update((k, v) for k, v in load().items())",
    "update of a list of pairs": "D.update(list(load().items()))",
    "update of a comprehension": "D.update({k: v for k, v in load().items() if v})",
    "update or nothing": "D.update(load() or {})",
    "update if": 'if os.path.exists("settings.json"):\n    D.update(load())',
    "update of the environment": 'D.update((k.lower(), v) for k, v in os.environ.items() if k in ("KEY", "SHARE"))',
    "update by its class": "dict.update(D, load())",
    "update handed on": "merge = D.update\nmerge(load())",
    "update mapped": "list(map(D.update, [load()]))",
    "|=": "D |= load()",
    "|": "D = D | load()",
    "ior": "operator.ior(D, load())",
    "or_": "D = operator.or_(D, load())",
    "dict and spread": "D = dict(D, **load())",
    "dict of two": "D = dict({**D}, **dict(load()))",
    "dict of pairs": "D = dict(itertools.chain(D.items(), load().items()))",
    "dict of listed pairs": "D = dict([*D.items(), *load().items()])",
    "loop": "for k, v in load().items():\n    D[k] = v",
    "loop over keys": "loaded = load()\nfor k in loaded:\n    D[k] = loaded[k]",
    "loop over its own keys": "loaded = load()\nfor k in D:\n    D[k] = loaded.get(k, D[k])",
    "loop over its own items": "loaded = load()\nfor k, v in D.items():\n    D[k] = loaded.get(k, v)",
    "loop over a copy": "loaded = load()\nfor k in list(D):\n    if k in loaded:\n        D[k] = loaded[k]",
    "loop over lines": (
        'for line in map("{0[0]}={0[1]}".format, load().items()):\n'
        '    k, _, v = line.partition("=")\n    D[k] = v'
    ),
    "loop in a function": (
        "def merge(a, b):\n    for k, v in b.items():\n        a[k] = v\n    return a\nD = merge(D, load())"
    ),
    "loop with __setitem__": "for k, v in load().items():\n    D.__setitem__(k, v)",
    "loop with setitem": "for k, v in load().items():\n    operator.setitem(D, k, v)",
    "loop with update": "for k, v in load().items():\n    D.update({k: v})",
    "comprehension": "loaded = load()\nD = {k: loaded.get(k, v) for k, v in D.items()}",
    "comprehension of both": "D = {k: v for d in (D, load()) for k, v in d.items()}",
    "reduce": "D = functools.reduce(lambda a, b: {**a, **b}, [D, load()])",
    "reduce |": "D = functools.reduce(operator.or_, [D, load()])",
    "ChainMap": "D = collections.ChainMap(load(), D)",
    "ChainMap's child": "D = collections.ChainMap(D).new_child(load())",
    "ChainMap as a dict": "D = dict(collections.ChainMap(load(), D))",
    "copy and update": "E = D.copy()\nE.update(load())\nD = E",
    "deepcopy and update": "E = copy.deepcopy(D)\nE.update(load())\nD = E",
    "dict and update": "E = dict(D)\nE.update(load())\nD = E",
    "OrderedDict": "D = collections.OrderedDict(D)\nD.update(load())",
    "UserDict": "D = collections.UserDict(D)\nD.update(load())",
    "own dict": "class Own(dict):\n    pass\nD = Own(D)\nD.update(load())",
    "setdefault": "E = load()\nfor k, v in D.items():\n    E.setdefault(k, v)\nD = E",
    "into the loaded": "E = load()\nD = {**D, **E}",
    "nested": 'C = {"x": D}\nC["x"].update(load())\nD = C["x"]',
    "two files": "for more in (load(), load()):\n    D = {**D, **more}",
    "an alias": "E = D\nE.update(load())",
    "a function that gives it": "def settings():\n    return {**D, **load()}\nD = settings()",
    "a function that takes any": "def settings(**more):\n    return {**D, **more}\nD = settings(**load())",
    "a function that updates": "def settings():\n    D.update(load())\nsettings()",
    "pop": 'E = load()\nD["share"] = E.pop("share", D["share"])',
    "json and back": "D.update(load())\nD = json.loads(json.dumps(D))",
    "locals": "def settings():\n    E = D\n    E.update(load())\n    return locals()\nD = settings()['E']",
}
_DATACLASS = {
    "replace": "s = dataclasses.replace(s, **load())",
    "asdict and spread": "s = Settings(**{**dataclasses.asdict(s), **load()})",
    "spread": "s = Settings(**load())",
    "partial": "s = functools.partial(Settings, **load())()",
    "fields": (
        "loaded = load()\nfor f in dataclasses.fields(s):\n"
        "    setattr(s, f.name, loaded.get(f.name, getattr(s, f.name)))"
    ),
    "annotations": (
        "loaded = load()\nfor name in Settings.__annotations__:\n"
        "    if name in loaded:\n        setattr(s, name, loaded[name])"
    ),
    "a list of values": "s = Settings(*load().values())",
    "a class method": (
        "class More(Settings):\n    @classmethod\n    def load(cls):\n        return cls(**load())\ns = More.load()"
    ),
}
_TUPLE = {
    "_replace": "s = s._replace(**load())",
    "_make": "s = Settings._make(load().values())",
    "_asdict and spread": "s = Settings(**{**s._asdict(), **load()})",
    "spread": "s = Settings(**load())",
}
_MODEL = {
    "model_copy": "s = s.model_copy(update=load())",
    "model_dump and spread": "s = Settings(**{**s.model_dump(), **load()})",
    "model_validate": "s = Settings.model_validate(load())",
    "model_construct": "s = Settings.model_construct(**load())",
}
_SETTING = {
    "setattr": "for k, v in load().items():\n    setattr(s, k, v)",
    "object.__setattr__": "for k, v in load().items():\n    object.__setattr__(s, k, v)",
    "__setattr__": "for k, v in load().items():\n    s.__setattr__(k, v)",
    "vars": "vars(s).update(load())",
    "__dict__": "s.__dict__.update(load())",
    "__dict__ spread": "s.__dict__.update(**load())",
    "__dict__ by keys": "for k, v in load().items():\n    s.__dict__[k] = v",
    "vars by a name": "names = vars(s)\nnames.update(load())",
    "vars by keys": "names = vars(s)\nfor k, v in load().items():\n    names[k] = v",
    "copy and setattr": "s = copy.copy(s)\nfor k, v in load().items():\n    setattr(s, k, v)",
    "update and copy": "vars(s).update(load())\ns = copy.copy(s)",
    "parse_args": "parser = argparse.ArgumentParser()\nvars(s).update(load())\ns = parser.parse_args([], namespace=s)",
}
_OBJECT = {
    **_SETTING,
    "__dict__ |=": "s.__dict__ |= load()",
    "__dict__ anew": "s.__dict__ = {**s.__dict__, **load()}",
}
_OWN = {
    "a method": (
        "class More(Settings):\n    def merge(self, more):\n        for k, v in more.items():\n"
        "            setattr(self, k, v)\ns = More()\ns.merge(load())"
    ),
    "the constructor": (
        "class More(Settings):\n    def __init__(self, **more):\n        super().__init__()\n"
        "        self.__dict__.update(more)\ns = More(**load())"
    ),
    "the constructor, by setattr": (
        "class More(Settings):\n    def __init__(self, **more):\n        super().__init__()\n"
        "        for k, v in more.items():\n            setattr(self, k, v)\ns = More(**load())"
    ),
}
_INHERITED = {
    "the constructor": (
        "class More(Settings):\n    def __init__(self, **more):\n"
        "        self.__dict__.update(more)\ns = More(**load())"
    ),
    "the constructor, by setattr": (
        "class More(Settings):\n    def __init__(self, more):\n"
        "        for k, v in more.items():\n            setattr(self, k, v)\ns = More(load())"
    ),
    "the class": "for k, v in load().items():\n    setattr(Settings, k, v)",
    "its class": "for k, v in load().items():\n    setattr(type(s), k, v)",
    "its __class__": "for k, v in load().items():\n    setattr(s.__class__, k, v)",
}
_NAMESPACE = {
    "spread": "s = types.SimpleNamespace(**{**vars(s), **load()})",
    "dict": "s = types.SimpleNamespace(**dict(vars(s), **load()))",
    "argparse": (
        f'parser = argparse.ArgumentParser()\nparser.add_argument("--share", default="{DEFAULT}")\n'
        "parser.set_defaults(**load())\ns = parser.parse_args([])"
    ),
    "argparse, defaults first": (
        f'parser = argparse.ArgumentParser()\nparser.set_defaults(share="{DEFAULT}")\n'
        "parser.set_defaults(**load())\ns = parser.parse_args([])"
    ),
    "argparse, a dict": (
        f'parser = argparse.ArgumentParser()\nparser.set_defaults(**{{"share": "{DEFAULT}", **load()}})\n'
        "s = parser.parse_args([])"
    ),
    "argparse, into": "s = argparse.ArgumentParser().parse_args([], namespace=argparse.Namespace(**load()))",
    "Namespace": "s = argparse.Namespace(**{**vars(s), **load()})",
}
_CLASS = {
    "setattr": "for k, v in load().items():\n    setattr(Settings, k, v)",
    "setattr by a class method": (
        "def merge(cls, more):\n    for k, v in more.items():\n        setattr(cls, k, v)\nmerge(Settings, load())"
    ),
    "setattr of known names": (
        'loaded = load()\nfor k in ("key", "share"):\n    setattr(Settings, k, loaded.get(k, getattr(Settings, k)))'
    ),
    "setattr of its own names": (
        "loaded = load()\nfor k in list(vars(Settings)):\n    if k in loaded:\n        setattr(Settings, k, loaded[k])"
    ),
    "setattr of a base": "for k, v in load().items():\n    setattr(More.__mro__[1], k, v)",
    "type.__setattr__": "for k, v in load().items():\n    type.__setattr__(Settings, k, v)",
    "setattr mapped": "list(itertools.starmap(functools.partial(setattr, Settings), load().items()))",
    "type": 'Settings = type("Settings", (Settings,), load())\nMore = type("More", (Settings, More), {})',
    "vars in its body": (
        "class Settings(Settings):\n    vars().update(load())\nclass More(Settings, More):\n    pass"
    ),
    "a name in its body": (
        "class Settings(Settings):\n    for k, v in load().items():\n        locals()[k] = v\n"
        "class More(Settings, More):\n    pass"
    ),
}
_MODULE = {
    "globals": "globals().update(load())",
    "globals by keys": "for k, v in load().items():\n    globals()[k] = v",
    "globals by a name": "names = globals()\nnames.update(load())",
    "globals |=": "names = globals()\nnames |= load()",
    "vars": "vars().update(load())",
    "locals": "locals().update(load())",
    "setattr": "for k, v in load().items():\n    setattr(sys.modules[__name__], k, v)",
    "__dict__": "sys.modules[__name__].__dict__.update(load())",
    "exec": 'exec("".join(f"{k} = {v!r}\\n" for k, v in load().items()))',
    "exec in globals": 'exec("".join(f"{k} = {v!r}\\n" for k, v in load().items()), globals())',
    "globals in a function": "def merge():\n    globals().update(load())\nmerge()",
    "import *": "from local_settings import *",
    "import * if there": "with contextlib.suppress(ImportError):\n    from local_settings import *",
}
_FUNCTION = {
    "spread": "start(**load())",
    "two spreads": 'start(**{**{"key": ""}, **load()})',
    "spread in spread": "start(**{**load()})",
    "partial": "functools.partial(start, **load())()",
    "partial of a default": f'functools.partial(start, share="{DEFAULT}")(**load())',
    "partial by a name": "go = functools.partial(start, **load())\ngo()",
    "partial, more": 'functools.partial(start, **load())(key="")',
    "values": "start(*load().values())",
    "thread": "t = threading.Thread(target=start, kwargs=load())\nt.start()\nt.join()",
    "executor": "with ThreadPoolExecutor() as pool:\n    pool.submit(start, **load()).result()",
    "__kwdefaults__": "start.__defaults__ = tuple(load().values())\nstart()",
    "handed on": "def run(**more):\n    start(**more)\nrun(**load())",
    "handed on, args": "def run(*args, **more):\n    start(*args, **more)\nrun(**load())",
    "handed on over a default": (
        f'def run(**more):\n    start(**{{"share": "{DEFAULT}", **more}})\nrun(**load())'
    ),
    "decorated": (
        "def quiet(f):\n    @functools.wraps(f)\n    def inner(*args, **more):\n        return f(*args, **more)\n"
        "    return inner\nquiet(start)(**load())"
    ),
    "keyword only": f'def run(*, share="{DEFAULT}"):\n    post(share)\nrun(**{{"share": load()["share"]}})',
    "lambda": f'(lambda key="", share="{DEFAULT}": post(share))(**load())',
    "method": (
        f'class Client:\n    def __init__(self, key="", share="{DEFAULT}"):\n        self.share = share\n'
        "post(Client(**load()).share)"
    ),
    "call": "start.__call__(**load())",
}

_OF_DICT = {
    "[]": 'post(D["share"])',
    "get": 'post(D.get("share"))',
    "get with a default": f'post(D.get("share", "{DEFAULT}"))',
    "__getitem__": 'post(D.__getitem__("share"))',
    "pop": 'post(D.pop("share"))',
    "setdefault": f'post(D.setdefault("share", "{DEFAULT}"))',
    "itemgetter": 'post(operator.itemgetter("share")(D))',
    "itemgetter of two": 'key, share = operator.itemgetter("key", "share")(D)\npost(share)',
    "f-string": "requests.post(f\"{BASE}/invoke/{D['share']}\", json={})",
    "format spread": 'requests.post("{}/invoke/{share}".format(BASE, **D), json={})',
    "format of a constant": 'requests.post("https://rest-api.app.kognitos.com/v1/invoke/{share}".format(**D), json={})',
    "format []": 'requests.post("{}/invoke/{d[share]}".format(BASE, d=D), json={})',
    "format_map": 'requests.post((BASE + "/invoke/{share}").format_map(D), json={})',
    "%": 'requests.post(BASE + "/invoke/%(share)s" % D, json={})',
    "% of values": 'requests.post("%s/invoke/%s" % (BASE, D["share"]), json={})',
    "substitute": 'requests.post(BASE + string.Template("/invoke/$share").substitute(D), json={})',
    "substitute spread": 'requests.post(BASE + string.Template("/invoke/$share").substitute(**D), json={})',
    "join": 'requests.post("/".join([BASE, "invoke", D["share"]]), json={})',
    "+": 'requests.post(BASE + "/invoke/" + D["share"], json={})',
    "a namespace": "post(types.SimpleNamespace(**D).share)",
    "a dataclass": (
        '@dataclasses.dataclass\nclass S:\n    key: str = ""\n'
        f'    share: str = "{DEFAULT}"\npost(S(**D).share)'
    ),
    "a function": f'def start(key="", share="{DEFAULT}"):\n    post(share)\nstart(**D)',
    "a function without defaults": "def start(key, share):\n    post(share)\nstart(**D)",
    "a function of any": 'def start(**d):\n    post(d["share"])\nstart(**D)',
    "a function of it": 'def start(d):\n    post(d["share"])\nstart(D)',
    "items": 'for k, v in D.items():\n    if k == "share":\n        post(v)',
    "next of items": 'post(next(v for k, v in D.items() if k == "share"))',
    "values": "post(list(D.values())[1])",
    "unpacked values": "key, share = D.values()\npost(share)",
    "a spread": 'post({**D}["share"])',
    "a copy": 'post(D.copy()["share"])',
    "dict": 'post(dict(D)["share"])',
    "|": 'post((D | {"key": ""})["share"])',
    "a deep copy": 'post(copy.deepcopy(D)["share"])',
    "a proxy": 'post(types.MappingProxyType(D)["share"])',
    "match": 'match D:\n    case {"share": share}:\n        post(share)',
    "a closure": 'def go():\n    post(D["share"])\ngo()',
    "a comprehension": 'post({k: v for k, v in D.items()}["share"])',
    "zip": 'post(dict(zip(D, D.values()))["share"])',
    "a table": 'post({"x": D}["x"]["share"])',
    "a loop over names": 'for name in ("share",):\n    post(D[name])',
    "partial": "def go(key, share):\n    post(share)\nfunctools.partial(go, **D)()",
}
_OF_OBJECT = {
    ".": "post(s.share)",
    "getattr": 'post(getattr(s, "share"))',
    "getattr with a default": f'post(getattr(s, "share", "{DEFAULT}"))',
    "attrgetter": 'post(operator.attrgetter("share")(s))',
    "f-string": 'requests.post(f"{BASE}/invoke/{s.share}", json={})',
    "format": 'requests.post("{}/invoke/{s.share}".format(BASE, s=s), json={})',
    "format of one": 'requests.post("{b}/invoke/{0.share}".format(s, b=BASE), json={})',
    "a function of it": "def start(s):\n    post(s.share)\nstart(s)",
    "a closure": "def go():\n    post(s.share)\ngo()",
    "match": "match s:\n    case object(share=share):\n        post(share)",
    "a copy": "post(copy.copy(s).share)",
    "a loop over names": 'for name in ("share",):\n    post(getattr(s, name))',
    "__getattribute__": 'post(s.__getattribute__("share"))',
}
_OF_VARS = {
    "vars": 'post(vars(s)["share"])',
    "__dict__": 'post(s.__dict__["share"])',
    "format spread vars": 'requests.post("{}/invoke/{share}".format(BASE, **vars(s)), json={})',
    "format_map vars": 'requests.post((BASE + "/invoke/{share}").format_map(vars(s)), json={})',
    "% vars": 'requests.post(BASE + "/invoke/%(share)s" % vars(s), json={})',
    "substitute vars": 'requests.post(BASE + string.Template("/invoke/$share").substitute(vars(s)), json={})',
    "spread vars": 'post({**vars(s)}["share"])',
    "items of vars": 'for k, v in vars(s).items():\n    if k == "share":\n        post(v)',
    "a function of vars": f'def start(key="", share="{DEFAULT}"):\n    post(share)\nstart(**vars(s))',
    "dict of vars": 'post(dict(vars(s))["share"])',
    "get of vars": 'post(vars(s).get("share"))',
}
_OF_DATACLASS = {
    "asdict": 'post(dataclasses.asdict(s)["share"])',
    "astuple": "post(dataclasses.astuple(s)[1])",
    "format spread asdict": 'requests.post("{}/invoke/{share}".format(BASE, **dataclasses.asdict(s)), json={})',
    "replaced": 'post(dataclasses.replace(s, key="").share)',
    "match of a class": "match s:\n    case Settings(share=share):\n        post(share)",
    "fields": (
        "for f in dataclasses.fields(s):\n    if f.name == 'share':\n        post(getattr(s, f.name))"
    ),
}
_OF_TUPLE = {
    "[]": "post(s[1])",
    "unpacked": "key, share = s\npost(share)",
    "_asdict": 'post(s._asdict()["share"])',
    "_replace": 'post(s._replace(key="").share)',
    "format spread": 'requests.post("{0}/invoke/{2}".format(BASE, *s), json={})',
    "match of a class": "match s:\n    case Settings(key, share):\n        post(share)",
}
_OF_MODEL = {
    "model_dump": 'post(s.model_dump()["share"])',
    "model_copy": "post(s.model_copy().share)",
    "dict": 'post(dict(s)["share"])',
}
_OF_CLASS = {
    ".": "post(Settings.share)",
    "an instance": "post(Settings().share)",
    "a derived class": "post(More.share)",
    "an instance of a derived class": "post(More().share)",
    "getattr": 'post(getattr(Settings, "share"))',
    "a method": "post(More().own())",
    "a class method": "post(More.shared())",
    "vars": 'post(vars(Settings)["share"])',
    "__dict__": 'post(Settings.__dict__["share"])',
    "f-string": 'requests.post(f"{BASE}/invoke/{Settings.share}", json={})',
    "format": 'requests.post("{}/invoke/{s.share}".format(BASE, s=Settings), json={})',
    "a closure": "def go():\n    post(Settings.share)\ngo()",
    "attrgetter": 'post(operator.attrgetter("share")(Settings))',
    "format spread vars": 'requests.post("{}/invoke/{share}".format(BASE, **vars(Settings)), json={})',
}
_OF_MODULE = {
    "a name": "post(share)",
    "a function": "def go():\n    post(share)\ngo()",
    "globals": 'post(globals()["share"])',
    "globals().get": 'post(globals().get("share"))',
    "vars": 'post(vars()["share"])',
    "getattr": 'post(getattr(sys.modules[__name__], "share"))',
    "f-string": 'requests.post(f"{BASE}/invoke/{share}", json={})',
    "format spread": 'requests.post("{}/invoke/{share}".format(BASE, **globals()), json={})',
    "%": 'requests.post(BASE + "/invoke/%(share)s" % globals(), json={})',
    "a default": "def go(which=share):\n    post(which)\ngo()",
}
_PLAIN = {**_OF_OBJECT, **_OF_VARS}
TABLE: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "dict": (_DICT, _OF_DICT),
    "dataclass": ({**_DATACLASS, **_OBJECT}, {**_PLAIN, **_OF_DATACLASS}),
    "tuple": (_TUPLE, {**_OF_OBJECT, **_OF_TUPLE}),
    "model": (_MODEL, {**_OF_OBJECT, **_OF_MODEL}),
    "own": ({**_OBJECT, **_OWN}, _PLAIN),
    "inherited": ({**_OBJECT, **_INHERITED}, _OF_OBJECT),
    "namespace": ({**_SETTING, **_NAMESPACE}, _PLAIN),
    "class": (_CLASS, _OF_CLASS),
    "module": (_MODULE, _OF_MODULE),
    "function": (_FUNCTION, {"called": ""}),
}
"""By kind: how settings are merged over the defaults, and how one is read."""


def programs() -> Iterator[tuple[str, str, str, str]]:
    """Kind, way to merge, way to read, and the program."""
    for kind, (merges, readers) in TABLE.items():
        for merge, statement in merges.items():
            for reader, expression in readers.items():
                function = "" if expression.startswith("requests.") else POST
                text = f"{HEAD}{function}{KINDS[kind]}\n{statement}\n{expression}\n"
                yield kind, merge, reader, text

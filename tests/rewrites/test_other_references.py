"""A share_id that code sets through a reference which no name shows: it is looked up at run time."""

from __future__ import annotations

import pytest

from tests.rewrites.verbs import FILE, analysed

HEAD = """
import functools, inspect, logging, operator, sys, weakref
import requests
class Conf:
    share = "share1"
    def get(self):
        return self.share
    def set(self, share):
        __class__.share = share
class Desk(Conf):
    pass
class Settings:
    conf = Desk()
def default(conf=Settings.conf):
    return conf
share = input()
"""
TAIL = """
requests.post(f"https://rest-api.app.kognitos.com/v1/invoke/{Settings.conf.share}", json={"a": 1})
"""
WRITES = [
    'vars(Settings)["conf"].share = share',
    'Settings.__dict__.get("conf").share = share',
    "for value in vars(Settings).values():\n    value.share = share",
    'operator.attrgetter("conf")(Settings).share = share',
    'setattr(operator.attrgetter("conf")(Settings), "share", share)',
    'vars(operator.attrgetter("conf")(Settings)).update(share=share)',
    'operator.attrgetter("conf")(Settings).__dict__["share"] = share',
    'inspect.getattr_static(Settings, "conf").share = share',
    'dict(inspect.getmembers(Settings))["conf"].share = share',
    "Settings.conf.set(share)",
    "Desk.__base__.share = share",
    "Desk.mro()[1].share = share",
    "Settings.conf.get.__self__.share = share",
    "functools.partial(Settings.conf.get).func.__self__.share = share",
    "functools.partial(print, Settings.conf).args[0].share = share",
    'logging.getLogger("a").conf = Settings.conf\nlogging.getLogger("a").conf.share = share',
    "sys.modules[default.__module__].Settings.conf.share = share",
    "weakref.ref(Settings.conf)().share = share",
    "default.__defaults__[0].share = share",
    "Settings.conf.__dict__.__init__(share=share)",
]


@pytest.mark.parametrize("write", WRITES)
def test_the_share_id_is_looked_up(write: str) -> None:
    (change,) = analysed({FILE: f"{HEAD}{write}\n{TAIL}"}).changes
    assert "kognitos_process(Settings.conf.share)" in change.after or (
        "KOGNITOS_PROCESSES[Settings.conf.share]" in change.after
    )

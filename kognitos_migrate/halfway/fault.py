"""One place that is half-migrated."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.codes import OwnCode
from kognitos_migrate.syntax.tree import Site


class Fault(Struct, frozen=True):
    """What is wrong with a call of the new version, where, and what to write instead."""

    kind: OwnCode
    match: Match
    site: Site
    message: str
    help: str

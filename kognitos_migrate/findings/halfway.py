"""From half-migrated places to findings."""

from collections.abc import Iterable, Mapping

from kognitos_migrate.conversations.signs import Matches, signs_of, telling_signs
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.findings.by_hand import by_hand
from kognitos_migrate.findings.finding import Finding
from kognitos_migrate.findings.places import Places
from kognitos_migrate.findings.trace import Traces
from kognitos_migrate.halfway.fault import Fault
from kognitos_migrate.record import replace

_BY_HAND = "not changed: what is half-migrated is finished by hand"


def fault_findings(
    scene: Scene, faults: Iterable[Fault], places: Places, conversations: Mapping[int, str]
) -> list[Finding]:
    """A finding for each fault. `conversations` are those of the new version's calls, by request's number."""
    traces = Traces(scene, places)
    return [_finding(scene, fault, traces, conversations.get(fault.match.request.id)) for fault in faults]


def _finding(scene: Scene, fault: Fault, traces: Traces, conversation: str | None) -> Finding:
    signs = signs_of(scene, fault.match, Matches({}, {}))
    last = traces.step(fault.site, f"here: {fault.message}")
    place = traces.places.of(scene.span(fault.site))
    return replace(
        by_hand(fault.kind, fault.message, place, _BY_HAND, "half-migrated"),
        conversation=conversation,
        trace=(*traces.of(fault.match, telling_signs(signs, fault.match.request.id)), last),
        url=fault.match.operation.url,
        help=fault.help,
    )

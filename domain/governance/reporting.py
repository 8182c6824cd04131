"""What yearly reports are to tell, and what was reported upwards in a year.

The sections are asked for by the documents; a report without one of them is told as such,
never refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.governance.activity import ACTIVITY, ActivityReported, activity_key
from domain.governance.body import BODY, NETWORK_BODIES, BodyKind
from domain.history import History
from domain.parties.network import NETWORK
from domain.values import NetworkKind, Region


class AskedSection(NamedTuple):
    """A section of a yearly report, and the rule that asks for it."""

    key: str
    rule: str
    per_region: bool = False
    """Whether it is asked for each region: ``knowledge_used_vest``."""


OF_NATIONAL: Final = (
    AskedSection("equitable_services", "S1-22"),
    AskedSection("less_variation", "S1-23"),
    AskedSection("knowledge_used", "S1-24", per_region=True),
    AskedSection("advice", "S1-25"),
    AskedSection("competence_spread", "S1-16", per_region=True),
)
OF_BODIES: Final[Mapping[BodyKind, Sequence[AskedSection]]] = {
    BodyKind.STEERING_GROUP: (
        AskedSection("main_focus", "S4-04"),
        AskedSection("pathways", "S4-18"),
        AskedSection("bottlenecks", "S4-20"),
        AskedSection("improvements", "S4-21"),
    ),
    BodyKind.OPERATING_GROUP: (AskedSection("committed_cooperation", "S4-104"),),
    BodyKind.NETWORK_GROUP: (
        AskedSection("committed_cooperation", "S4-65"),
        AskedSection("exchange", "S4-66"),
    ),
}
"""The steering group's report is that of its network (S4-28)."""
OF_RESOURCE_PERSON: Final = (
    AskedSection("clinical_work", "S4-51"),
    AskedSection("collaboration", "S4-52"),
    AskedSection("improvement", "S4-53"),
)


def asked_sections(of: str, history: History) -> Mapping[str, str]:
    """Sections that a report of a network, a body or ``body/seat`` is to have.

    Each comes with its rule.
    """
    network = history.state(NETWORK, of).established
    name, _, seat = of.partition("/")
    body = history.state(BODY, name).last
    asked: Sequence[AskedSection] = ()
    if network is not None:
        asked = OF_NATIONAL if network.kind is NetworkKind.NATIONAL else ()
    elif body is not None and not seat:
        asked = OF_BODIES.get(body.kind, ())
    elif body is not None and body.kind is BodyKind.NETWORK_GROUP:
        asked = OF_RESOURCE_PERSON
    return {
        key: each.rule
        for each in asked
        for key in (
            [f"{each.key}_{region.value}" for region in Region]
            if each.per_region
            else [each.key]
        )
    }


@dataclass(frozen=True, slots=True)
class YearReported:
    """What was told of a year, and what is missing of it."""

    of: str
    year: int
    report: ActivityReported | None
    asked: Mapping[str, str]

    @property
    def missing(self) -> tuple[str, ...]:
        """Sections that the report is without; of no report, all."""
        told = () if self.report is None else self.report.sections
        there = {section.section for section in told}
        return tuple(key for key in self.asked if key not in there)


def reported(of: str, year: int, history: History) -> YearReported:
    """Find the report of a network, a body or ``body/seat`` on a year."""
    report = history.state(ACTIVITY, activity_key(of)).reported.get(year)
    return YearReported(of, year, report, asked_sections(of, history))


def compiled(
    body: str, networks: Sequence[str], year: int, history: History
) -> Sequence[YearReported]:
    """All reports on a year of the bodies that report to one, the missing ones too.

    ``networks`` are those among whose bodies is looked (S4-29).
    """
    names = {
        name
        for bodies in history.states(NETWORK_BODIES, networks).values()
        for name in bodies.names
    }
    below = sorted(
        name
        for name, known in history.states(BODY, names).items()
        if known.last is not None and known.last.reports_to == body
    )
    return [reported(name, year, history) for name in below]

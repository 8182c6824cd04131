"""How a network is governed: its standing, participants, bodies, deadlines, elections."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response

from api.invited import inviters
from api.known import known_names, known_until
from api.obligations import OwedOnDay
from api.pages.acting import may_send
from api.pages.governance.activity_report import ToldReport, told_reports
from api.pages.governance.governance_read import (
    SECTION,
    GovernanceTeller,
    ReadBody,
    participants_of,
    read_bodies,
    seats_to_do,
)
from api.pages.governance.network_acts import NETWORK_ACTS
from api.pages.governance.network_charter import open_milestones, told_charter
from api.pages.obligations.obligation_list import wheel_of
from api.pages.obligations.owed_rows import OwedTeller, owed_to_show
from api.pages.obligations.rule_sentences import sentence_of_rule
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, is_authority
from api.problems import ProblemError
from api.routers import public
from domain.governance.activity import ReportActivity
from domain.governance.body import BODY, BodyChartered, BodyKind, bodies_of
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody
from domain.governance.gathering import GatheringHeld, RecordGathering
from domain.governance.seating import NominatePerson
from domain.governance.standing import NetworkStanding, StandingOnDay, standing
from domain.obligations.obligation import ObligationState
from domain.parties.charter import CHARTER, Charter, CharterNetwork
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.participation import DeclareParticipation, Participation
from domain.values import NetworkKind, NewName

router: Final[APIRouter] = public()
GATHERINGS_SHOWN: Final = 12
NETWORKS_SHOWN: Final = 500
_UNDONE: Final = frozenset({ObligationState.OPEN, ObligationState.OVERDUE})
"""Deadlines that are shown at once; the others when they are asked for."""
STANDING_KIND: Final = {
    NetworkStanding.PROPOSED: "wait",
    NetworkStanding.ESTABLISHING: "warn",
    NetworkStanding.ACTIVE: "ok",
    NetworkStanding.UNDER_EVALUATION: "warn",
    NetworkStanding.CLOSED: "off",
}


class _Governed(NamedTuple):
    """All that the page reads."""

    network: NetworkEstablished
    stands: StandingOnDay
    bodies: list[ReadBody]
    taking_part: Participation
    known: Register
    owed: Sequence[OwedOnDay]
    charter: Charter
    reports: list[ToldReport]
    inviters: frozenset[str]


@router.get("/governance", include_in_schema=False)
def governance_list(visit: TheVisit) -> Response:
    """Networks with how each stands and the seats that nobody holds."""
    speaker = visit.speaker(SECTION)
    rows = []
    with visit.views() as connection:
        names = [*known_names(connection, NetworkEstablished, visit.day)]
        bodies = known_names(connection, BodyChartered, visit.day)
        with known_until(visit.node, visit.day) as history:
            for name in names[:NETWORKS_SHOWN]:
                network = history.state(NETWORK, name).established
                if network is None:
                    continue
                stands = standing(name, history, visit.day)
                found = read_bodies(
                    bodies_of(name, history).values(), history, visit.day
                )
                rows.append((network, stands, _seats(found)))
            versions = (history.state(BODY, each).last for each in bodies)
            committees = [v.body for v in versions if v and v.network is None]
    return visit.page(
        "governance_list.html",
        SECTION,
        "governance",
        rows=[
            (of.network, _named(of, speaker), *_told(stands, speaker), seats)
            for of, stands, seats in rows
        ],
        committees=committees,
        charters=may_send(visit, CharterBody),
    )


def _seats(bodies: list[ReadBody]) -> tuple[int, int]:
    return sum(b.filled for b in bodies), sum(len(b.seats) for b in bodies)


def _named(network: NetworkEstablished, speaker: Speaker) -> str:
    return speaker.either(network.name_nb, network.name_en)


def _told(stands: StandingOnDay, speaker: Speaker) -> tuple[str, str, int]:
    """Icon and words of a standing, and how many rules it lacks."""
    words = speaker.say(f"standing_{stands.standing.value}")
    return STANDING_KIND[stands.standing], words, len(stands.lacking)


@router.get("/networks/{network}/governance", include_in_schema=False)
def governance_page(network: NewName, visit: TheVisit) -> Response:
    """Show how a network is governed."""
    speaker = visit.speaker(SECTION)
    read = _read_governed(visit, network)
    teller = GovernanceTeller(speaker, read.known, visit.day, read.taking_part)
    owed_teller = OwedTeller(speaker, read.known, visit.day, visit.organisation)
    year = visit.day.year
    of_year = [o for o in read.owed if o.obligation.due_on.year == year]
    filled, seats = _seats(read.bodies)
    *stands, lacking = _told(read.stands, speaker)
    deadlines = owed_teller.rows(of_year)
    return visit.page(
        "governance.html",
        SECTION,
        "governance",
        network=read.network,
        name=_named(read.network, speaker),
        coordinator=teller.called(read.network.coordinating_trust),
        stands=stands,
        lacking=[
            (
                rule,
                speaker.say(f"lacks_{rule.lower().replace('-', '_')}"),
                sentence_of_rule(rule, visit.language),
            )
            for rule in read.stands.lacking
        ],
        lacking_number=lacking,
        filled=filled,
        seats=seats,
        participants=_participants(read, teller),
        bodies=[
            (each, teller.chair(each), *teller.state(each))
            for each in sorted(read.bodies, key=_body_order)
        ],
        deadlines=len(deadlines),
        undone=[row for row in deadlines if row.state in _UNDONE],
        done=[row for row in deadlines if row.state not in _UNDONE],
        picture=wheel_of(deadlines, year, visit, speaker) if deadlines else None,
        year=year,
        states=Counter(o.state for o in of_year),
        gatherings=_gatherings(read.bodies),
        elections=[each for each in read.bodies if each.has_chair],
        charter=told_charter(read.charter, speaker, visit.day),
        reports=read.reports,
        **_open_acts(read, visit),
    )


def _open_acts(read: _Governed, visit: Visit) -> Mapping[str, Any]:
    """What the visitor may do here."""
    ours = visit.organisation
    coordinates = _coordinates(read, visit)
    of_ours = any(b.version.organisation == ours for b in read.bodies)
    seats = [seat for body in read.bodies for seat in body.seats]
    to_do = seats_to_do(seats, read.taking_part, (), ours)
    return {
        "gathers": may_send(visit, RecordGathering) and bool(read.bodies),
        "nominates": may_send(visit, NominatePerson) and "nominate" in to_do.acts,
        "acts": _acts(read, visit),
        "charters": may_send(visit, CharterBody),
        "writes_charter": coordinates and may_send(visit, CharterNetwork),
        "reports_now": coordinates and may_send(visit, ReportActivity),
        "invites": ours in read.inviters and may_send(visit, DeclareParticipation),
        "elects": may_send(visit, ElectChair) and of_ours,
    }


def _read_governed(visit: Visit, name: str) -> _Governed:
    with visit.views() as connection:
        known = register(connection, visit.day)
        owed = owed_to_show(visit, connection)
    with known_until(visit.node, visit.day) as history:
        network = history.state(NETWORK, name).established
        if network is None:
            raise ProblemError("not_found")
        bodies = read_bodies(bodies_of(name, history).values(), history, visit.day)
        return _Governed(
            network,
            standing(name, history, visit.day),
            bodies,
            participants_of(name, history),
            known,
            [o for o in owed if _is_of(o, name, {each.name for each in bodies})],
            history.state(CHARTER, name),
            told_reports(name, history, visit.speaker(SECTION)),
            inviters(name, history),
        )


def _is_of(owed: OwedOnDay, network: str, bodies: set[str]) -> bool:
    """Whether it is owed of the network or of one of its bodies and their seats."""
    kind, of, *_ = owed.obligation.id.split("/")
    if kind == "network":
        return of == network
    return kind in {"body", "seat"} and of in bodies


def _body_order(body: ReadBody) -> tuple[int, str]:
    order = [
        BodyKind.STEERING_GROUP,
        BodyKind.OPERATING_GROUP,
        BodyKind.NETWORK_GROUP,
        BodyKind.WORKING_GROUP,
        BodyKind.COORDINATING_UNIT,
        BodyKind.COMMITTEE,
    ]
    return order.index(body.version.kind), body.name


def _excluded_in(bodies: list[ReadBody], participant: str) -> list[str]:
    return [b.name for b in bodies if participant in b.version.chair_excluded]


def _gatherings(bodies: list[ReadBody]) -> list[GatheringHeld]:
    held = [each for body in bodies for each in body.gatherings]
    return sorted(held, key=lambda each: each.held_on, reverse=True)[:GATHERINGS_SHOWN]


def _is_party(read: _Governed, visit: Visit) -> bool:
    ours = {each.organisation for each in read.taking_part.declared.values()}
    return visit.organisation in ours


def _coordinates(read: _Governed, visit: Visit) -> bool:
    return read.network.coordinating_trust == visit.organisation


def _may_decide(read: _Governed, visit: Visit) -> bool:
    """Whether the visitor may be one that decides on such a network."""
    local = read.network.kind is NetworkKind.LOCAL
    return local or is_authority(visit)


def _participants(
    read: _Governed, teller: GovernanceTeller
) -> list[tuple[object, ...]]:
    """Who takes part: name, organisation, by whom represented, end, where excluded."""
    return [
        (
            each.participant,
            teller.participant(each.participant),
            teller.participant(each.represented_by) if each.represented_by else "",
            read.taking_part.ended.get(each.participant),
            _excluded_in(read.bodies, each.participant),
        )
        for each in read.taking_part.declared.values()
    ]


def _acts(read: _Governed, visit: Visit) -> list[str]:
    """What the visitor may say of the network itself."""
    reaches = _coordinates(read, visit) and bool(open_milestones(read.charter))
    is_open = {
        "participate": True,
        "leave": _is_party(read, visit),
        "milestone": reaches,
    }
    decides = _may_decide(read, visit)
    return [
        name
        for name, act in NETWORK_ACTS.items()
        if may_send(visit, act.command) and is_open.get(name, decides)
    ]

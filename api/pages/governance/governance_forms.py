"""What is said of bodies and seats, as forms: which fields each has, and its command."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from api.pages.governance.governance_read import GovernanceTeller, ReadBody, ReadSeat
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from domain.fact import Command
from domain.governance.assignment import OrderAssignment
from domain.governance.chair import ElectChair
from domain.governance.gathering import GatheringKind, RecordGathering
from domain.governance.plan import AdoptFocusArea
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.parties.participation import Participation

Options = Sequence[tuple[str, str]]


class ActScope(NamedTuple):
    """Where something is said: a network with its bodies, or one body."""

    visit: Visit
    network: str
    """Empty where something is said of a body."""
    at: str
    """Address of the page that one comes from."""
    bodies: Sequence[ReadBody]
    """Of which one is chosen; one alone where it is known."""
    all_bodies: Sequence[ReadBody]
    """Of the whole network."""
    taking_part: Participation
    areas: Sequence[str]
    networks: Sequence[str]
    coordinates: str
    """The network, where the visitor's organisation coordinates it; else nothing."""
    committees: Sequence[str]
    """Of the visitor's organisation."""
    milestones: Options
    """Of the network, those that are not reached."""
    teller: GovernanceTeller
    speaker: Speaker

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """Governance, and the network or the body of which something is said."""
        name = self.network or self.bodies[0].name
        return [(self.speaker.say("title"), "/governance"), (name, self.at)]

    @property
    def seats(self) -> Sequence[ReadSeat]:
        """Seats of the bodies of which one is chosen."""
        return [seat for body in self.bodies for seat in body.seats]

    def is_ours(self, participant: str) -> bool:
        """Whether a participant is of the visitor's organisation."""
        declared = self.taking_part.declared.get(participant)
        return declared is not None and (
            declared.organisation == self.visit.organisation
        )


class ActField(NamedTuple):
    """A field of a form."""

    name: str
    kind: str
    """``text``, ``area``, ``day``, ``number``, ``person``, ``choice``, ``many`` or
    ``document``, which is a text or a file."""
    needed: bool = True
    options: Callable[[ActScope], Options] | None = None

    def has_options(self, scope: ActScope) -> bool:
        """Whether there is something to choose."""
        return self.options is not None and bool(self.options(scope))


class GovernanceAct(NamedTuple):
    """Something that is said in a form."""

    command: type[Command]
    fields: Sequence[ActField]
    members: Callable[[ActScope, Mapping[str, Any]], Mapping[str, Any]]
    """Members of the command, of what was read from the fields."""

    @property
    def texts(self) -> list[str]:
        """Fields that become documents."""
        return [field.name for field in self.fields if field.kind == "document"]


def _bodies(scope: ActScope) -> Options:
    return [(body.name, body.name) for body in scope.bodies]


def _kinds(scope: ActScope) -> Options:
    say = scope.speaker.say
    return [(kind.value, say(f"gathering_{kind.value}")) for kind in GatheringKind]


def _participants(scope: ActScope) -> Options:
    named = [
        (each, scope.teller.participant(each)) for each in scope.taking_part.declared
    ]
    return [("", scope.speaker.say("none_such")), *named]


def _places(scope: ActScope) -> Options:
    names = [(body.name, body.name) for body in scope.all_bodies]
    # Of all bodies the seats are too many; a meeting with a person is of one body.
    seats = scope.seats if len(scope.bodies) == 1 else ()
    return [*names, *((seat.place, seat.place) for seat in seats)]


def _own_seats(scope: ActScope) -> Options:
    """Each seat with each of the visitor's participants that may hold it."""
    return [
        (f"{seat.place}|{name}", f"{seat.place}: {scope.teller.participant(name)}")
        for seat in scope.seats
        for name in seat.seat.participants
        if scope.is_ours(name)
    ]


def _to_nominate(scope: ActScope) -> Options:
    appointed = {s.place for s in scope.seats if s.seat.appointed_by is not None}
    return [o for o in _own_seats(scope) if o[0].partition("|")[0] in appointed]


def _to_fill(scope: ActScope) -> Options:
    """Own seats that no body appoints to, and who is nominated where the own does."""
    appointed = {s.place for s in scope.seats if s.seat.appointed_by is not None}
    own = [o for o in _own_seats(scope) if o[0].partition("|")[0] not in appointed]
    ours = scope.visit.organisation
    whose = {each.name: each.version.organisation for each in scope.all_bodies}
    nominated = [
        (
            f"{seat.place}|{each.participant}|{each.person}",
            scope.speaker.say(
                "nominated_for",
                seat=seat.place,
                participant=scope.teller.participant(each.participant),
                number=number,
            ),
        )
        for seat in scope.seats
        if whose.get(seat.seat.appointed_by or "", ours) == ours
        for number, each in enumerate(seat.nominations, start=1)
    ]
    return [*own, *nominated]


def _held_by_us(scope: ActScope) -> Options:
    return [
        (
            f"{seat.place}|{seat.term.participant}",
            f"{seat.place}: {scope.teller.participant(seat.term.participant)}",
        )
        for seat in scope.seats
        if seat.term is not None and scope.is_ours(seat.term.participant)
    ]


def _electable(scope: ActScope) -> Options:
    """Seats that somebody holds, with whom they are for."""
    return [
        (seat.place, f"{seat.place}: {scope.teller.participant(seat.term.participant)}")
        for body in scope.bodies
        for seat in body.seats
        if body.version.organisation == scope.visit.organisation
        and seat.term is not None
        and body.has_chair
    ]


def _networks(scope: ActScope) -> Options:
    return [(each, each) for each in scope.networks]


def reporters(scope: ActScope) -> Options:
    """Whoever the visitor reports for: the network, own bodies, seats that are held."""
    own = [
        (body.name, body.name)
        for body in scope.bodies
        if body.version.organisation == scope.visit.organisation
    ]
    network = [(scope.coordinates, scope.coordinates)] if scope.coordinates else []
    return [
        *network,
        *own,
        *((place.partition("|")[0], text) for place, text in _held_by_us(scope)),
    ]


def _placed(read: Mapping[str, Any]) -> dict[str, Any]:
    """Body, seat, participant and person of a choice."""
    place, *more = str(read["seat"]).split("|")
    body, _, seat = place.partition("/")
    found = dict(zip(("participant", "person"), more, strict=False))
    return {"body": body, "seat": seat, **found}


def _gathering(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    named = {name: read[name] or None for name in ("host", "co_organiser")}
    return {**read, **named}


def _nominated(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**_placed(read), "person": read["person"]}


def _filled(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"person": read["person"], **_placed(read), "from_on": read["from_on"]}


def _vacated(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**_placed(read), "left_on": read["left_on"]}


def _elected(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**_placed(read), "elected_on": read["elected_on"]}


def _as_read(_: ActScope, read: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in read.items() if value not in ("", None)}


_BODY: Final = ActField("body", "choice", options=_bodies)
ACTS: Final[Mapping[str, GovernanceAct]] = {
    "gathering": GovernanceAct(
        RecordGathering,
        (
            _BODY,
            ActField("gathering", "text"),
            ActField("kind", "choice", options=_kinds),
            ActField("held_on", "day"),
            ActField("host", "choice", needed=False, options=_participants),
            ActField("co_organiser", "choice", needed=False, options=_participants),
            ActField("attended", "many", needed=False, options=_places),
            ActField("minutes", "document", needed=False),
        ),
        _gathering,
    ),
    "nominate": GovernanceAct(
        NominatePerson,
        (
            ActField("seat", "choice", options=_to_nominate),
            ActField("person", "person"),
        ),
        _nominated,
    ),
    "fill": GovernanceAct(
        FillSeat,
        (
            ActField("seat", "choice", options=_to_fill),
            ActField("person", "person", needed=False),
            ActField("from_on", "day"),
        ),
        _filled,
    ),
    "vacate": GovernanceAct(
        VacateSeat,
        (
            ActField("seat", "choice", options=_held_by_us),
            ActField("left_on", "day"),
        ),
        _vacated,
    ),
    "elect": GovernanceAct(
        ElectChair,
        (
            ActField("seat", "choice", options=_electable),
            ActField("elected_on", "day"),
        ),
        _elected,
    ),
    "area": GovernanceAct(
        AdoptFocusArea,
        (
            _BODY,
            ActField("area", "text"),
            ActField("text", "area"),
            ActField("valid_from", "day"),
            ActField("valid_until", "day", needed=False),
        ),
        _as_read,
    ),
    "assignment": GovernanceAct(
        OrderAssignment,
        (
            _BODY,
            ActField("assignment", "text"),
            ActField("network", "choice", options=_networks),
            ActField("text", "area"),
            ActField("due_on", "day", needed=False),
        ),
        _as_read,
    ),
}
"""By the last part of the address."""

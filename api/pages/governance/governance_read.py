"""What pages of governance read: a network's bodies, seats, people's terms and elections."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from api.pages.register import Register
from api.pages.rendering import Speaker
from domain.governance.body import BODY, BodyChartered, BodyKind, Seat, bodies_of
from domain.governance.gathering import GATHERINGS, GatheringHeld
from domain.governance.holding import (
    BodyView,
    SeatTerm,
    body_on,
    holder,
    last_election,
    seatings,
    terms,
)
from domain.governance.seat import SeatFilled, Seating, SeatNominated, SeatVacated
from domain.history import History
from domain.parties.participation import PARTICIPATION, Participation
from domain.values import REGIONAL_AUTHORITY, Region

SECTION: Final = "page_governance"


class ReadSeat(NamedTuple):
    """A seat with who holds it on the day."""

    body: str
    seat: Seat
    seating: Seating
    term: SeatTerm | None
    vacant_since: date | None
    """The first day without a holder; None where nobody ever held it."""

    @property
    def place(self) -> str:
        """As commands name it."""
        return f"{self.body}/{self.seat.seat}"

    @property
    def nominations(self) -> Sequence[SeatNominated]:
        """Whom participants have nominated, each once, and nobody has appointed since."""
        found = {}
        for each in self.seating.facts:
            if isinstance(each, SeatNominated):
                found[each.participant, each.person] = each
            elif isinstance(each, SeatFilled):
                found.pop((each.participant, each.person), None)
        return [*found.values()]

    def percent_run(self, day: date) -> int:
        """How much of the term has gone, in per cent."""
        if self.term is None:
            return 0
        whole = (self.term.until_on - self.term.from_on).days + 1
        return (day - self.term.from_on).days * 100 // max(1, whole)


class SeatsToDo(NamedTuple):
    """What an organisation could say of some seats, what is due first."""

    acts: Sequence[str]
    """Of ``fill``, ``nominate`` and ``vacate``."""
    is_due: bool
    """Whether the first of them would fill what nobody holds."""


def seats_to_do(
    seats: Sequence[ReadSeat],
    taking_part: Participation,
    appointing: Collection[str],
    organisation: str,
) -> SeatsToDo:
    """Tell what an organisation could say of some seats of a network.

    A participant fills its seats itself, or nominates where a body appoints: the
    organisation of that body, one of ``appointing``, then fills it with a nominee.
    """
    ours = {
        name
        for name, each in taking_part.declared.items()
        if each.organisation == organisation
    }
    own = [each for each in seats if ours & {*each.seat.participants}]
    to_nominate = [each for each in own if each.seat.appointed_by is not None]
    to_fill = [each for each in own if each.seat.appointed_by is None]
    to_fill += [
        each
        for each in seats
        if each.seat.appointed_by in appointing and each.nominations
    ]
    to_vacate = [each for each in seats if each.term and each.term.participant in ours]
    fills = any(each.term is None for each in to_fill)
    nominates = any(
        each.term is None
        and not ours & {nominee.participant for nominee in each.nominations}
        for each in to_nominate
    )
    could = {"nominate": to_nominate, "fill": to_fill, "vacate": to_vacate}
    first = "fill" if fills else "nominate"
    order = [first, *(each for each in could if each != first)]
    return SeatsToDo([act for act in order if could[act]], fills or nominates)


class ReadBody(NamedTuple):
    """A body on a day."""

    version: BodyChartered
    view: BodyView
    seats: Sequence[ReadSeat]
    elected_on: date | None
    chair_until: date | None
    gatherings: Sequence[GatheringHeld]
    covers: Mapping[str, Sequence[str]]
    """By seat, the network groups that its holder sits in."""

    @property
    def name(self) -> str:
        """Name of the body."""
        return self.version.body

    @property
    def filled(self) -> int:
        """How many seats somebody holds."""
        return sum(seat.term is not None for seat in self.seats)

    @property
    def has_chair(self) -> bool:
        """Whether it is of those that elect a chair."""
        return self.version.kind in CHAIRED


CHAIRED: Final = frozenset({BodyKind.STEERING_GROUP, BodyKind.OPERATING_GROUP})


def read_bodies(
    versions: Iterable[BodyChartered], history: History, day: date
) -> list[ReadBody]:
    """Read bodies with their seats and elections."""
    found = [*versions]
    seats = {each.body: _read_seats(each, history, day) for each in found}
    groups = _groups_of(found, seats, history, day)
    return [_read_body(each, seats[each.body], groups, history, day) for each in found]


def _read_body(
    version: BodyChartered,
    seats: Sequence[ReadSeat],
    groups: Mapping[tuple[str, str], Sequence[str]],
    history: History,
    day: date,
) -> ReadBody:
    election = last_election(version.body, history)
    covers = {
        each.seat.seat: groups.get((each.term.participant, each.term.person), ())
        if version.kind is BodyKind.OPERATING_GROUP and each.term
        else ()
        for each in seats
    }
    held = history.state(GATHERINGS, version.body).held
    return ReadBody(
        version,
        body_on(version.body, history, day),
        seats,
        election.fact.elected_on if election else None,
        election.fact.until_on if election else None,
        sorted(held, key=lambda each: each.held_on, reverse=True),
        covers,
    )


def _read_seats(version: BodyChartered, history: History, day: date) -> list[ReadSeat]:
    said = seatings(version.body, version.seats, history)
    found = []
    for seat in version.seats:
        seating = said[seat.seat]
        term = holder(seating, day)
        left = [f.left_on for f in seating.facts if isinstance(f, SeatVacated)]
        ended = [each.until_on for each in terms(seating) if each.until_on < day]
        since = max([*left, *ended], default=None) if term is None else None
        found.append(ReadSeat(version.body, seat, seating, term, since))
    return found


def _groups_of(
    versions: Sequence[BodyChartered],
    seats: Mapping[str, Sequence[ReadSeat]],
    history: History,
    day: date,
) -> Mapping[tuple[str, str], Sequence[str]]:
    """By participant and person, the network groups in which they hold a seat."""
    networks = {
        each.network
        for each in versions
        if each.network is not None and each.kind is BodyKind.OPERATING_GROUP
    }
    found: dict[tuple[str, str], list[str]] = {}
    for network in networks:
        groups = bodies_of(network, history, BodyKind.NETWORK_GROUP)
        for name, group in groups.items():
            for seat in seats.get(name) or _read_seats(group, history, day):
                if seat.term is not None:
                    whose = seat.term.participant, seat.term.person
                    found.setdefault(whose, []).append(name)
    return found


def body_version(name: str, history: History) -> BodyChartered | None:
    """Last version of a body, if it was chartered."""
    return history.state(BODY, name).last


def participants_of(network: str | None, history: History) -> Participation:
    """Who takes part in a network."""
    return Participation() if network is None else history.state(PARTICIPATION, network)


class SeatRow(NamedTuple):
    """A seat, as a row."""

    seat: str
    address: str
    unit: str
    participant: str
    covers: str
    until: date | None
    percent: int
    kind: str
    words: str


class GovernanceTeller:
    """Tells bodies and seats to one reader, as of a day."""

    def __init__(
        self, speaker: Speaker, known: Register, day: date, taking_part: Participation
    ) -> None:
        self._speaker = Speaker(speaker.language, SECTION)
        self._known = known
        self._day = day
        self._taking_part = taking_part

    def called(self, number: str) -> str:
        """Name of an organisation."""
        known = self._known.get(number)
        if known is not None:
            return known.name
        home = next((r for r in Region if REGIONAL_AUTHORITY[r] == number), None)
        return self._speaker.say(f"region_{home.value}") if home else number

    def participant(self, name: str) -> str:
        """A participant: its organisation, and which part of it."""
        declared = self._taking_part.declared.get(name)
        if declared is None:
            return name
        organisation = self.called(declared.organisation)
        return f"{organisation}, {declared.unit}" if declared.unit else organisation

    def chair(self, body: ReadBody) -> str:
        """Whose seat has the chair, and until when."""
        say = self._speaker.say
        if not body.has_chair:
            return say("elects_none")
        if body.view.chair is None:
            return say("no_chair")
        until = self._speaker.short_day(body.chair_until)
        return say("chair_until", seat=body.view.chair, day=until)

    def state(self, body: ReadBody) -> tuple[str, str]:
        """How a body stands: an icon and words."""
        say, vacant = self._speaker.say, len(body.view.vacant)
        if vacant:
            return "warn", self._speaker.count("vacant", vacant)
        if body.view.uncovered:
            return "warn", say("not_covered", names=", ".join(body.view.uncovered))
        if body.has_chair and body.view.chair is None:
            return "warn", say("without_chair")
        if body.version.kind is BodyKind.OPERATING_GROUP:
            return "ok", say("all_covered")
        return "ok", say("constituted" if body.seats else "in_work")

    def seat_row(self, body: ReadBody, seat: ReadSeat) -> SeatRow:
        """A seat as a row of its body."""
        of = seat.seat
        name = seat.term.participant if seat.term else next(iter(of.participants), "")
        kind, words = self._seat_state(body, seat)
        return SeatRow(
            of.seat,
            f"/bodies/{body.name}/seats/{of.seat}",
            of.unit,
            self.participant(name) if name else "",
            ", ".join(body.covers.get(of.seat, ())),
            seat.term.until_on if seat.term else None,
            seat.percent_run(self._day),
            kind,
            words,
        )

    def _seat_state(self, body: ReadBody, seat: ReadSeat) -> tuple[str, str]:
        say = self._speaker.say
        if seat.term is None and seat.nominations:
            number = len(seat.nominations)
            return "wait", self._speaker.count("seat_nominated", number)
        if seat.term is None and seat.vacant_since is None:
            return "warn", say("never_filled")
        if seat.term is None:
            return "warn", say(
                "vacant_since", day=self._speaker.short_day(seat.vacant_since)
            )
        if body.view.chair == seat.seat.seat:
            return "ok", say("is_chair")
        if seat.term.participant in body.version.chair_excluded:
            return "off", say("is_excluded")
        return "ok", say("is_filled")

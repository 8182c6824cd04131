"""Setting up a body, or changing it by another version: a form with rows of seats."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from typing_extensions import override

from api.known import known_names, known_until
from api.pages.forms import NO_FAULTS, Faults, Typed
from api.pages.governance.governance_read import (
    SECTION,
    GovernanceTeller,
    body_version,
    participants_of,
)
from api.pages.long_form import Fields, LongForm, ToldFacts, typed_rows, with_typed_rows
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from domain.governance.body import (
    BODY,
    BodyChartered,
    BodyKind,
    ChosenFrom,
    bodies_of,
)
from domain.governance.chartering import CharterBody
from domain.parties.network import NETWORK
from domain.values import NewName

router: Final[APIRouter] = public()
NEW: Final = "/bodies/new"
SEATS: Final = "seats"
ROWS_FIRST: Final = 3
"""Empty rows of a new body; as many more are added at a time."""
OF_SEAT: Final = ("seat", "first", "unit")
"""What makes a row of a seat: without any of it, the row is empty."""


class _Read(NamedTuple):
    """What a form is made of."""

    network: str
    last: BodyChartered | None
    participants: Sequence[tuple[str, str]]
    """Of the network, with what each is called."""
    bodies: Sequence[str]
    """Those to report to, or that may appoint: of the network, and committees."""
    teller: GovernanceTeller


def _read(visit: Visit, network: str, body: str = "") -> _Read:
    """Read a body, or the network in which one is set up; refuse what is not there."""
    with visit.views() as connection:
        known = register(connection, visit.day)
        names = known_names(connection, BodyChartered, visit.day)
    with known_until(visit.node, visit.day) as history:
        last = body_version(body, history) if body else None
        if body and last is None:
            raise ProblemError("not_found")
        of = network if last is None else last.network or ""
        if of and history.state(NETWORK, of).established is None:
            raise ProblemError("not_found")
        taking_part = participants_of(of or None, history)
        states = history.states(BODY, sorted(names))
        free = [n for n, s in states.items() if s.last and s.last.network is None]
        inside = [*bodies_of(of, history)] if of else []
    teller = GovernanceTeller(visit.speaker(SECTION), known, visit.day, taking_part)
    named = _named_by(last)
    participants = [
        (each, teller.participant(each))
        for each in taking_part.declared
        if each not in taking_part.ended or each in named
    ]
    others = [each for each in dict.fromkeys((*inside, *free)) if each != body]
    return _Read(of, last, participants, others, teller)


def _named_by(last: BodyChartered | None) -> set[str]:
    """Participants that a version names: they stay, also when they have left."""
    if last is None:
        return set()
    seats = {name for seat in last.seats for name in seat.participants}
    return {*seats, *last.chair_excluded, *last.rotation}


class BodyForm(LongForm):
    """Form of a version of a body's charter."""

    command = CharterBody
    section = SECTION

    def __init__(self, visit: Visit, read: _Read) -> None:
        say = visit.speaker(SECTION).say
        last, network = read.last, read.network
        at = f"/bodies/{last.body}" if last else ""
        over = f"/networks/{network}/governance" if network else "/governance"
        crumbs = [(say("title"), "/governance")]
        if network:
            crumbs.append((network, over))
        if last:
            crumbs.append((last.body, at))
        super().__init__(visit, f"{at}/charter" if last else NEW, at or over, crumbs)
        self.words = "charter" if last else "new_body"
        self.read = read

    @override
    def shown(self, form: Fields, faults: Faults = NO_FAULTS) -> Response:
        """Show the form; there is always a row to begin with."""
        rows = typed_rows(form, SEATS, OF_SEAT)
        more = form.get("more") == SEATS
        number = max(len(rows) + (ROWS_FIRST if more else 0), 1)
        values = with_typed_rows(form, SEATS, rows)
        for index in range(len(rows), number):
            values[f"{SEATS}.{index}.mandatory"] = "yes"
        say = self.speaker.say
        return self.visit.page(
            "body_charter.html",
            SECTION,
            "governance",
            of=self,
            read=self.read,
            title=say(f"act_{self.words}"),
            lead=say(f"lead_{self.words}"),
            values=values,
            faults=faults,
            rows=number,
            opened={index for index, row in enumerate(rows) if _has_more(row)},
            kinds=[(each.value, say(f"kind_{each.value}")) for each in BodyKind],
            chosen=[(each.value, say(f"chosen_{each.value}")) for each in ChosenFrom],
            over=[("", say("none_such")), *((n, n) for n in self.read.bodies)],
            appoint=[("", say("the_participant")), *((n, n) for n in self.read.bodies)],
        )

    @override
    def members(self, typed: Typed, form: Fields, *, keeps: bool) -> dict[str, Any]:
        """Members of the command; what another version cannot change is the last's."""
        del keeps
        last = self.read.last
        rows = typed_rows(form, SEATS, OF_SEAT) if self.read.network else []
        names = [name for name, _ in self.read.participants]
        typed_anew = Typed(self.visit, with_typed_rows(form, SEATS, rows))
        seats = [self._seat(typed_anew, index, names) for index in range(len(rows))]
        found = {
            "body": last.body if last else typed.text("body", needed=True),
            "version": last.version + 1 if last else 1,
            "kind": last.kind.value if last else typed.text("kind", needed=True),
            "network": self.read.network,
            "organisation": self.visit.organisation,
            "field": typed.text("field"),
            "reports_to": typed.text("reports_to"),
            "term_years": typed.number("term_years"),
            "chair_excluded": [n for n in names if form.get(f"excluded.{n}")],
            "rotation": _in_turn(typed, names),
            "plan_due": typed.month_day("plan_due"),
            "report_due": typed.month_day("report_due"),
            "seats": seats,
        }
        typed.take_over(typed_anew)
        return found

    def _seat(
        self, typed: Typed, index: int, names: Sequence[str]
    ) -> Mapping[str, Any]:
        at = f"{SEATS}.{index}"
        first = typed.text(f"{at}.first", needed=True)
        also = [n for n in names if n != first and typed.text(f"{at}.also.{n}")]
        return {
            "seat": typed.text(f"{at}.seat", needed=True),
            "participants": [first, *also] if first else [],
            "unit": typed.text(f"{at}.unit"),
            "appointed_by": typed.text(f"{at}.appointed_by") or None,
            "chosen_from": typed.text(f"{at}.chosen_from") or ChosenFrom.ANYONE.value,
            "mandatory": bool(typed.text(f"{at}.mandatory")),
        }

    @override
    def facts(self, command: CharterBody, form: Fields) -> ToldFacts:
        """What the body is, each seat, and which seats are gone."""
        del form
        say, called = self.speaker.say, self.read.teller.participant
        told: ToldFacts = [
            (say("body"), command.body),
            (say("kind"), say(f"kind_{command.kind.value}")),
            (say("version"), command.version),
            (say("network"), command.network or ""),
            (say("field"), command.field or ""),
            (say("reports_to"), command.reports_to or ""),
            (say("field_term_years"), command.term_years),
            (say("rotation"), "; ".join(map(called, command.rotation))),
            (say("cannot_be_elected"), "; ".join(map(called, command.chair_excluded))),
            (say("plan_due"), _day_of_years(command.plan_due)),
            (say("report_due"), _day_of_years(command.report_due)),
        ]
        for seat in command.seats:
            held = "; ".join(map(called, seat.participants))
            more = [
                seat.unit,
                say("appointed_by_body", name=seat.appointed_by)
                if seat.appointed_by
                else "",
                ""
                if seat.chosen_from is ChosenFrom.ANYONE
                else say("among_resource_persons"),
                "" if seat.mandatory else say("seat_voluntary"),
            ]
            words = ", ".join([held, *filter(None, more)])
            told.append((say("seat_named", name=seat.seat), words))
        before = self.read.last.seats if self.read.last else ()
        kept = {seat.seat for seat in command.seats}
        gone = ", ".join(each.seat for each in before if each.seat not in kept)
        return [
            (name, text) for name, text in (*told, (say("seats_gone"), gone)) if text
        ]

    @override
    def done_at(self, command: CharterBody) -> str:
        """The body itself."""
        return f"/bodies/{command.body}"


def _has_more(row: Mapping[str, str]) -> bool:
    """Whether others than the first may hold a seat."""
    return any(name.startswith("also.") for name in row)


def _in_turn(typed: Typed, names: Sequence[str]) -> list[str]:
    """Participants by the number of their turn; two of one number are a fault."""
    turns: dict[int, str] = {}
    for name in names:
        number = typed.number(f"turn.{name}", needed=False)
        if number in turns:
            typed.note(f"turn.{name}", "form_turn_twice")
        elif number is not None:
            turns[number] = name
    return [turns[number] for number in sorted(turns)]


def _day_of_years(month_day: str | None) -> str:
    return f"{month_day[3:]}.{month_day[:2]}." if month_day else ""


def _fields_of(last: BodyChartered) -> dict[str, str]:
    """Fields that say what a version says."""
    fields = {
        "field": last.field or "",
        "reports_to": last.reports_to or "",
        "term_years": str(last.term_years),
        "plan_due": _day_of_years(last.plan_due),
        "report_due": _day_of_years(last.report_due),
        **{f"excluded.{name}": "yes" for name in last.chair_excluded},
        **{f"turn.{name}": str(n) for n, name in enumerate(last.rotation, 1)},
    }
    rows = [
        {
            "seat": seat.seat,
            "first": next(iter(seat.participants), ""),
            **{f"also.{name}": "yes" for name in seat.participants[1:]},
            "unit": seat.unit,
            "appointed_by": seat.appointed_by or "",
            "chosen_from": seat.chosen_from.value,
            "mandatory": "yes" if seat.mandatory else "",
        }
        for seat in last.seats
    ]
    return with_typed_rows(fields, SEATS, rows)


@router.get(NEW, include_in_schema=False)
def new_body(visit: TheVisit, network: str = "") -> Response:
    """Form for a body of a network, or for a committee that is of none."""
    form = BodyForm(visit, _read(visit, network[:200]))
    kind = BodyKind.NETWORK_GROUP if form.read.network else BodyKind.COMMITTEE
    return form.shown({"kind": kind.value, "term_years": "2", "more": SEATS})


@router.post(NEW, include_in_schema=False)
async def body_made(visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    form = await sent_form(visit)
    return await BodyForm(visit, _read(visit, form.get("network", ""))).taken(form)


@router.get("/bodies/{body}/charter", include_in_schema=False)
def next_version(body: NewName, visit: TheVisit) -> Response:
    """Form for the next version, filled with what is in force."""
    form = BodyForm(visit, _read(visit, "", body))
    assert form.read.last is not None, "a body that is there has a version"
    return form.shown(_fields_of(form.read.last))


@router.post("/bodies/{body}/charter", include_in_schema=False)
async def body_changed(body: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    form = await sent_form(visit)
    return await BodyForm(visit, _read(visit, "", body)).taken(form)

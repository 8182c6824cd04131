"""What is owed of a body: its chair, gatherings, plan, report, and what it has ordered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.governance.body import (
    BODY,
    AssignmentOrdered,
    BodyChartered,
    BodyKind,
    ChairElected,
    CharteredBody,
)
from domain.governance.gathering import GATHERINGS, GatheringKind, gatherings_with
from domain.governance.plan import PLAN, PlanAdopted
from domain.history import History
from domain.obligations.duty import Duty, duty_of
from domain.obligations.obligation import (
    Obligation,
    days_before,
    first,
    months_before,
)
from domain.obligations.of_networks import closes_on, reported_on
from domain.parties.network import NETWORK
from domain.parties.participation import PARTICIPATION

FOLLOW_UP_DAYS = 90
"""Within which a report is followed up; own, no source says it (S4-97)."""


@dataclass(frozen=True, slots=True)
class KnownBody:
    """A body with what the obligations of it and of its seats are read from."""

    name: str
    state: CharteredBody
    last: BodyChartered
    chartered_on: date
    """The day on which its first version was recorded."""
    elected: tuple[tuple[ChairElected, date], ...]
    ordered: tuple[tuple[AssignmentOrdered, date], ...]
    history: History
    until_year: int
    closes_on: date | None

    @property
    def years(self) -> range:
        """The years of its yearly obligations."""
        return range(self.chartered_on.year, self.until_year + 1)

    def organisation_of(self, participant: str) -> str:
        """Organisation of a participant of the network; without one, the body's own."""
        network = self.last.network
        if network is None:
            return self.last.organisation
        declared = self.history.state(PARTICIPATION, network).declared
        known = declared.get(participant)
        return self.last.organisation if known is None else known.organisation

    def standing(self, owed: Iterable[Obligation]) -> Iterator[Obligation]:
        """Leave out what falls away with the network; reports of its years stay."""
        end = self.closes_on
        for each in owed:
            if end is None or each.due_on < end or _reports_until(end, each.id):
                yield each


def _reports_until(end: date, obligation: str) -> bool:
    """Whether an obligation is a report on a year up to that of a day."""
    if duty_of(obligation) not in {Duty.BODY_REPORT, Duty.SEAT_REPORT}:
        return False
    return int(obligation.rpartition("/")[2]) <= end.year


def known_body(name: str, history: History, until_year: int) -> KnownBody | None:
    """Body of a name, with the days on which it was chartered, elected and ordered."""
    state = history.state(BODY, name)
    if state.last is None:
        return None
    entries = history.entries(BODY, [name])[name]
    days = [(entry.fact, entry.recorded_on) for entry in entries]
    return KnownBody(
        name,
        state,
        state.last,
        next(day for fact, day in days if isinstance(fact, BodyChartered)),
        tuple((fact, day) for fact, day in days if isinstance(fact, ChairElected)),
        tuple((fact, day) for fact, day in days if isinstance(fact, AssignmentOrdered)),
        history,
        until_year,
        closes_on(state.last.network, history),
    )


def of_body(body: KnownBody) -> Iterator[Obligation]:
    """What is owed of a body itself, yearly rows up to those of a year.

    The follow-up of its reports is another body's, and falls away with that one's network.
    """
    yield from body.standing(_all(body))
    yield from _follow_ups(body)


def _all(body: KnownBody) -> Iterator[Obligation]:
    yield from _chairs(body)
    if body.last.kind is BodyKind.NETWORK_GROUP:
        yield from _gatherings(body)
        yield from _joint(body)
    if body.last.kind is BodyKind.OPERATING_GROUP:
        yield from _professional_days(body)
    yield from _plans(body)
    yield from _reports(body)
    yield from _assignments(body)


def _chairs(body: KnownBody) -> Iterator[Obligation]:
    ends = {elected.until_on for elected, _ in body.elected}
    for until_on in sorted(ends):
        later = (day for fact, day in body.elected if fact.until_on > until_on)
        yield Obligation(
            f"body/{body.name}/chair/{until_on}",
            "S4-80",
            body.last.organisation,
            until_on,
            months_before(until_on, 6, 3),
            done_on=first(later),
        )


def _gatherings(body: KnownBody) -> Iterator[Obligation]:
    own = body.history.state(GATHERINGS, body.name).held
    local = [each.held_on for each in own if each.kind is GatheringKind.LOCAL]
    for year in body.years:
        halves = (
            (1, date(year, 1, 1), date(year, 6, 30), date(year, 5, 1)),
            (2, date(year, 6, 30), date(year, 12, 31), date(year, 11, 1)),
        )
        for half, chartered_by, due_on, remind_on in halves:
            if body.chartered_on > chartered_by:
                continue
            first_day = date(year, 1, 1) if half == 1 else date(year, 7, 1)
            held = (day for day in local if first_day <= day <= due_on)
            yield Obligation(
                f"body/{body.name}/gathering/{year}-{half}",
                "S4-69",
                _in_turn(body, year, half),
                due_on,
                (remind_on,),
                done_on=first(held),
            )


def _in_turn(body: KnownBody, year: int, half: int) -> str:
    rotation = body.last.rotation
    if not rotation:
        return body.last.organisation
    return body.organisation_of(rotation[(2 * year + half) % len(rotation)])


def _years_from_july(body: KnownBody) -> Iterator[int]:
    """Years before whose 1 July the body was chartered."""
    return (year for year in body.years if body.chartered_on < date(year, 7, 1))


def _joint(body: KnownBody) -> Iterator[Obligation]:
    joint = [
        each.held_on
        for each in gatherings_with(body.name, GatheringKind.JOINT, body.history)
    ]
    for year in _years_from_july(body):
        yield Obligation(
            f"body/{body.name}/joint/{year}",
            "S4-70",
            body.last.organisation,
            date(year, 12, 31),
            (date(year, 9, 1),),
            done_on=first(day for day in joint if day.year == year),
        )


def _professional_days(body: KnownBody) -> Iterator[Obligation]:
    own = body.history.state(GATHERINGS, body.name).held
    held = [g.held_on for g in own if g.kind is GatheringKind.PROFESSIONAL_DAY]
    for year in _years_from_july(body):
        yield Obligation(
            f"body/{body.name}/professional-day/{year}",
            "S4-85",
            body.last.organisation,
            date(year, 12, 31),
            (date(year, 9, 1),),
            must=False,
            done_on=first(day for day in held if day.year == year),
        )


def _on(year: int, month_day: str) -> date:
    return date.fromisoformat(f"{year}-{month_day}")


def _plans(body: KnownBody) -> Iterator[Obligation]:
    if body.last.plan_due is None:
        return
    adopted: dict[int, date] = {}
    for entry in body.history.entries(PLAN, [body.name])[body.name]:
        if isinstance(entry.fact, PlanAdopted):
            adopted.setdefault(entry.fact.year, entry.recorded_on)
    for year in range(body.chartered_on.year, body.until_year + 2):
        due_on = _on(year - 1, body.last.plan_due)
        if due_on < body.chartered_on:
            continue
        yield _in_writing(body, f"plan/{year}", "S4-23", due_on, adopted.get(year))


def _reports(body: KnownBody) -> Iterator[Obligation]:
    if body.last.report_due is None:
        return
    reported = reported_on(body.name, body.history)
    for year in _years_from_july(body):
        due_on = _on(year + 1, body.last.report_due)
        yield _in_writing(body, f"report/{year}", "S4-28", due_on, reported.get(year))


def _in_writing(
    body: KnownBody, what: str, rule: str, due_on: date, done_on: date | None
) -> Obligation:
    """What a body is to hand in: reminded of twice, and escalated after a week."""
    return Obligation(
        f"body/{body.name}/{what}",
        rule,
        body.last.organisation,
        due_on,
        days_before(due_on, 30, 7),
        due_on + timedelta(days=7),
        done_on=done_on,
    )


def _follow_ups(body: KnownBody) -> Iterator[Obligation]:
    """What its superior owes once this body has reported (S4-97)."""
    name = body.last.reports_to
    superior = None if name is None else body.history.state(BODY, name).last
    if superior is None:
        return
    meetings = [
        each.held_on
        for each in body.history.state(GATHERINGS, superior.body).held
        if each.kind is GatheringKind.MEETING
    ]
    end = closes_on(superior.network, body.history)
    for year, day in reported_on(body.name, body.history).items():
        due_on = day + timedelta(days=FOLLOW_UP_DAYS)
        if end is not None and due_on >= end:
            continue
        yield Obligation(
            f"body/{superior.body}/follow-up/{body.name}/{year}",
            "S4-97",
            superior.organisation,
            due_on,
            days_before(due_on, 30),
            done_on=first(held for held in meetings if held >= day),
        )


def _assignments(body: KnownBody) -> Iterator[Obligation]:
    for fact, day in body.ordered:
        network = body.history.state(NETWORK, fact.network).established
        if fact.due_on is None or network is None:
            continue
        reported = reported_on(fact.network, body.history).values()
        yield Obligation(
            f"assignment/{body.name}/{fact.assignment}",
            "S4-26",
            network.coordinating_trust,
            fact.due_on,
            days_before(fact.due_on, 14),
            done_on=first(each for each in reported if each >= day),
        )

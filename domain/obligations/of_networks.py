"""What is owed of a network: by its coordinating trust, and by the health authorities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.agreements.answer import ANSWERS, VersionAccepted
from domain.agreements.counted import FRAME
from domain.agreements.known import known_agreements
from domain.governance.activity import ACTIVITY, ActivityReported
from domain.history import History
from domain.obligations.obligation import (
    Obligation,
    days_before,
    first,
    months_before,
)
from domain.parties.authority import AUTHORITY, NetworkEvaluated
from domain.parties.charter import CHARTER, MilestoneReached, NetworkChartered
from domain.parties.network import NETWORK, NetworkEstablished, homes, periods
from domain.parties.organisation import ORGANISATION
from domain.values import REGIONAL_AUTHORITY, NetworkKind, Region, months_later


@dataclass(frozen=True, slots=True)
class _Network:
    """A network with what its obligations are read from."""

    name: str
    established: NetworkEstablished
    history: History
    until_year: int
    closes_on: date | None

    @property
    def owed_by(self) -> str:
        return self.established.coordinating_trust

    @property
    def years(self) -> range:
        """The years of its yearly obligations."""
        return range(self.established.starts_on.year, self.until_year + 1)

    def charters(self) -> list[tuple[NetworkChartered, date]]:
        """Versions of the charter, each with the day on which it was recorded."""
        entries = self.history.entries(CHARTER, [self.name])[self.name]
        return [
            (entry.fact, entry.recorded_on)
            for entry in entries
            if isinstance(entry.fact, NetworkChartered)
        ]


def closes_on(network: str | None, history: History) -> date | None:
    """Day from which a network is closed, if somebody has closed it."""
    if network is None:
        return None
    closed = history.state(AUTHORITY, network).closed
    return first(each.closes_on for each in closed)


def owed_of_network(
    name: str, history: History, until_year: int
) -> Iterator[Obligation]:
    """What is owed of a network, yearly rows up to those of a year."""
    established = history.state(NETWORK, name).established
    if established is None:
        return
    end = closes_on(name, history)
    network = _Network(name, established, history, until_year, end)
    for each in _all(network):
        falls_away = end is not None and each.due_on >= end
        if not falls_away or each.id.startswith(f"network/{name}/report/"):
            yield each


def _all(network: _Network) -> Iterator[Obligation]:
    yield from _documents(network)
    if network.established.kind is not NetworkKind.NATIONAL:
        return
    yield from _reports(network)
    yield from _evaluations(network)
    yield from _exit_plans(network)
    yield from _milestones(network)
    yield from _agreements(network)


def _reports(network: _Network) -> Iterator[Obligation]:
    done = reported_on(network.name, network.history)
    for year in network.years:
        if network.closes_on is not None and year > network.closes_on.year:
            return
        due_on = date(year + 1, 2, 10)
        yield Obligation(
            f"network/{network.name}/report/{year}",
            "S1-40",
            network.owed_by,
            due_on,
            days_before(due_on, 30, 7),
            due_on + timedelta(days=14),
            done_on=done.get(year),
        )


def reported_on(of: str, history: History) -> dict[int, date]:
    """Day on which the activity of each year was reported, the first of each."""
    days: dict[int, date] = {}
    for entry in history.entries(ACTIVITY, [of])[of]:
        if isinstance(entry.fact, ActivityReported):
            days.setdefault(entry.fact.year, entry.recorded_on)
    return days


def _evaluations(network: _Network) -> Iterator[Obligation]:
    entries = network.history.entries(AUTHORITY, [network.name])[network.name]
    evaluated = [
        (entry.fact, entry.recorded_on)
        for entry in entries
        if isinstance(entry.fact, NetworkEvaluated)
    ]
    for number, period in enumerate(periods(network.established, network.history), 1):
        for region, authority in REGIONAL_AUTHORITY.items():
            if network.history.state(ORGANISATION, authority).registered is None:
                continue
            yield Obligation(
                f"network/{network.name}/evaluation/{number}/{region.value}",
                "S1-37",
                authority,
                period.end,
                months_before(period.end, 12, 6, 3),
                done_on=first(
                    day
                    for fact, day in evaluated
                    if (fact.authority, fact.period) == (authority, number)
                ),
            )


def _exit_plans(network: _Network) -> Iterator[Obligation]:
    with_plan = [day for fact, day in network.charters() if fact.exit_plan is not None]
    for year in network.years:
        yield Obligation(
            f"network/{network.name}/exit-plan/{year}",
            "S1-36",
            network.owed_by,
            date(year, 12, 31),
            (date(year, 12, 1),),
            done_on=first(day for day in with_plan if day.year == year),
        )


def _milestones(network: _Network) -> Iterator[Obligation]:
    charter = network.history.state(CHARTER, network.name).last
    if charter is None:
        return
    entries = network.history.entries(CHARTER, [network.name])[network.name]
    for milestone in charter.milestones:
        yield Obligation(
            f"network/{network.name}/milestone/{milestone.milestone}",
            "S1-39",
            network.owed_by,
            milestone.due_on,
            days_before(milestone.due_on, 14),
            done_on=first(
                entry.recorded_on
                for entry in entries
                if isinstance(entry.fact, MilestoneReached)
                and entry.fact.milestone == milestone.milestone
            ),
        )


def _agreements(network: _Network) -> Iterator[Obligation]:
    """An agreement in every other region, within six months (own, S1-18)."""
    starts_on = network.established.starts_on
    due_on = months_later(starts_on, 6)
    monthly = tuple(months_later(starts_on, months) for months in range(1, 6))
    home = homes([network.name], network.history)[network.name]
    accepted = _accepted_on(network)
    for region in Region:
        if region is home:
            continue
        yield Obligation(
            f"network/{network.name}/agreement/{region.value}",
            "S1-18",
            network.owed_by,
            due_on,
            monthly,
            done_on=accepted.get(region),
        )


def _accepted_on(network: _Network) -> dict[Region, date]:
    """First day on which a version was accepted, by its payee's region."""
    history = network.history
    names = sorted(history.state(FRAME, network.name).agreements)
    answers = history.entries(ANSWERS, names)
    days: dict[Region, date] = {}
    for name, known in known_agreements(names, history).items():
        signed = {terms.fingerprint: terms for terms in known.accepted}
        for entry in answers[name]:
            fact = entry.fact
            if not isinstance(fact, VersionAccepted) or fact.fingerprint not in signed:
                continue
            payee = signed[fact.fingerprint].payee
            registered = history.state(ORGANISATION, payee).registered
            if registered is not None:
                region, day = registered.region, entry.recorded_on
                days[region] = min(day, days.get(region, day))
    return days


def _documents(network: _Network) -> Iterator[Obligation]:
    """A document that runs out; the last charter that has the title says when."""
    charters = network.charters()
    last_with = {
        title: (index, fact)
        for index, (fact, _) in enumerate(charters)
        for title in (each.title for each in fact.founded_on)
    }
    for title, (index, fact) in last_with.items():
        due_on = next(
            each.valid_until for each in fact.founded_on if each.title == title
        )
        if due_on is None:
            continue
        later = [day for _, day in charters[index + 1 :]]
        yield Obligation(
            f"network/{network.name}/document/{title}",
            "K-27",
            network.owed_by,
            due_on,
            days_before(due_on, 90),
            done_on=first(later),
        )

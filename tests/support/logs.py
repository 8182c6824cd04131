"""The logs of all regions after some business, and the ways they come to a journal."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from domain.fact import Command
from domain.history import RecordedFact
from domain.invoicing.invoice_decision import RegisterInvoice
from domain.values import Region, instant_text, parse_instant
from federation.journal.shapes import Sealed
from federation.journal.store import MICROSECOND, Journal
from federation.signed.entry import EntryHeader, Envelope, Row, build
from federation.signed.merkle import Frontier, extend
from tests.simulation.book import YEAR
from tests.simulation.business import Business
from tests.support.scenario import Scenario


def logs(seed: int, count: int = 250) -> dict[Region, list[Row]]:
    """Return the logs of all regions after some random business."""
    return logs_of(days(Business(Random(seed)), count))


def days(business: Business, count: int) -> Iterator[tuple[date, Command]]:
    """Yield commands in the order of their business days, over some thirteen months."""
    start = date(YEAR - 1, 12, 1)
    for command in business.beginnings():
        yield start, command
    for number in range(count):
        day = start + timedelta(days=number * 400 // count)
        yield day, business.next(day)


def logs_of(work: Iterable[tuple[date, Command]]) -> dict[Region, list[Row]]:
    """Return the logs of all regions after some commands; a refused one leaves none."""
    scenario = Scenario()
    found: dict[Region, list[Row]] = {region: [] for region in Region}
    for number, (day, command) in enumerate(work):
        receives = isinstance(command, RegisterInvoice)
        actor = "receiver" if receives else "controller"
        scenario.when(command, today=day, actor=actor)
        for entry in scenario.appended:
            log = found[entry.stream.region]
            earliest = datetime.combine(day, time(12), UTC)
            after = (
                parse_instant(log[-1].recorded_at) + MICROSECOND if log else earliest
            )
            log.append(row_of(entry, number, max(earliest, after)))
    return found


def row_of(entry: RecordedFact, command: int, recorded_at: datetime) -> Row:
    """Return an entry as a journal holds it, of a command with some number."""
    stream, fact = entry.stream, entry.fact
    seen = " ".join(f"{name}/{e}/{n}" for name, (e, n) in entry.seen.items())
    asked = Envelope("controller", "", f"logs/{command}", "", "logs", seen)
    at = instant_text(recorded_at)
    place = EntryHeader(*entry.place, str(stream), entry.version, fact.TYPE, at)
    return build(place, asked, fact.to_bytes())


def fill(journal: Journal, history: dict[Region, list[Row]], until: str) -> None:
    """Give a journal all entries that were recorded until an instant."""
    for rows in history.values():
        known = [row for row in rows if row.recorded_at <= until]
        with journal.writing() as cursor:
            journal.insert_rows(cursor, known)


def hold(journal: Journal, rows: list[Row]) -> None:
    """Append entries of another region, their checkpoint not looked at here."""
    kept = journal.sealed(rows[0].origin)
    frontier = extend(kept.frontier if kept else Frontier(), (row.leaf for row in rows))
    journal.receive(rows, Sealed(frontier, "note"))


def arriving(
    history: dict[Region, list[Row]], journal: Journal, random: Random
) -> Iterator[Region]:
    """Give a journal all logs, in some order and in pieces; tell whose each was."""
    left = {region: list(rows) for region, rows in history.items() if rows}
    while left:
        region = random.choice(list(left))
        count = random.randint(1, 30)
        taken, left[region] = left[region][:count], left[region][count:]
        if not left[region]:
            del left[region]
        if region is journal.region:
            # At home an entry is made, not received: make it with the same bytes.
            with journal.writing() as cursor:
                journal.insert_rows(cursor, taken)
        else:
            hold(journal, taken)
        yield region

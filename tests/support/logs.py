"""The logs of all regions after random business, and a journal that holds them."""

from datetime import UTC, datetime, time

from domain.invoice_decision import RegisterInvoice
from domain.values import Region, instant_text, parse_instant
from federation.entry import Place, Row, build
from federation.journal.store import MICROSECOND, Journal
from tests.support.business import Business
from tests.support.scenario import Scenario


def logs(seed: int, count: int = 250) -> dict[Region, list[Row]]:
    """Return the logs of all regions after some random business."""
    scenario = Scenario()
    found: dict[Region, list[Row]] = {region: [] for region in Region}
    for day, command in Business(seed).days(count):
        receives = isinstance(command, RegisterInvoice)
        actor = "receiver" if receives else "controller"
        scenario.when(command, today=day, actor=actor)
        versions = {stream: scenario.version(stream) for stream, _ in scenario.appended}
        for stream, fact in scenario.appended:
            log = found[stream.region]
            earliest = datetime.combine(day, time(12), UTC)
            after = (
                parse_instant(log[-1].recorded_at) + MICROSECOND if log else earliest
            )
            place = Place(
                stream.region.value,
                1,
                len(log) + 1,
                str(stream),
                versions[stream],
                fact.TYPE,
                instant_text(max(earliest, after)),
            )
            log.append(build(place, None, fact.to_bytes()))
    return found


def fill(journal: Journal, history: dict[Region, list[Row]], until: str) -> None:
    """Give a journal all entries that were recorded until an instant."""
    for rows in history.values():
        known = [row for row in rows if row.recorded_at <= until]
        with journal.writing() as cursor:
            journal.insert_rows(cursor, known)

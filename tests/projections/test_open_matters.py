"""What is open between trusts, before a region leaves."""

from collections import defaultdict
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from domain.history import Stream
from domain.invoicing.dispute import ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.payments.payment import RegisterPayment
from domain.values import Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.sqlite import SQLiteJournal
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.open_matters import Matter, open_matters
from tests.support.closing import HALF_YEAR_ORE, SUMMER, draw_up, drawn, invoiced, sign
from tests.support.examples import AGREED, BERGEN, OSLO, accept, version
from tests.support.federation import instant
from tests.support.scenario import Scenario

DAY = date(2026, 12, 31)
PARTIES = (BERGEN, OSLO)
DOCUMENT: dict[str, Any] = {"agreement": "ms-ous", "period_start": date(2026, 1, 1)}


def matters(scenario: Scenario, folder: Path, region: Region) -> list[Matter]:
    """Return what is open after a history, whoever recorded it."""
    versions: defaultdict[Stream, int] = defaultdict(int)
    views = open_sqlite(folder / f"{region.value}-views.sqlite")
    path = folder / f"{region.value}.sqlite"
    with closing(SQLiteJournal(path, region, instant)) as journal:
        for stream, fact in scenario.recorded_so_far:
            versions[stream] += 1
            recorded = Recorded(str(stream), versions[stream], fact)
            journal.append([MAPPER.to_stored_event(recorded)])
        projector = Projector(journal, views)
        projector.prepare()
        projector.catch_up()
        with reading(views) as connection:
            found = list(open_matters(connection, region, DAY))
    views.dispose()
    return found


def test_nothing_is_open_before_anything_is_owed(tmp_path: Path) -> None:
    scenario = Scenario().given(*AGREED)
    assert not matters(scenario, tmp_path, Region.VEST)


def test_everything_that_somebody_has_still_to_do_is_open_until_it_is_done(
    tmp_path: Path,
) -> None:
    """For the trusts of both regions, and of no other."""
    scenario = invoiced().given(draw_up(), today=SUMMER)
    statement = drawn(scenario)
    dispute = DecideInvoice(verdict=Verdict.DISPUTED, reason="vacant", **DOCUMENT)
    scenario.given(dispute, version(2), today=SUMMER)
    expected = [
        Matter("invoice", f"{OSLO}/2026/1", PARTIES),
        Matter("proposal", "ms-ous/2", PARTIES),
        Matter("dispute", f"{OSLO}/2026/1/nurse", PARTIES),
        Matter("statement", f"{BERGEN}/{OSLO}/2026-06-30", PARTIES),
    ]
    assert matters(scenario, tmp_path, Region.VEST) == expected
    assert matters(scenario, tmp_path, Region.SOROST) == expected
    assert not matters(scenario, tmp_path, Region.NORD)
    upheld = ResolveDispute(outcome=Resolution.UPHELD, text="It stands", **DOCUMENT)
    paid = RegisterPayment(amount_ore=HALF_YEAR_ORE, paid_on=SUMMER, **DOCUMENT)
    scenario.given(RegisterInvoice(**DOCUMENT), today=SUMMER, actor="reception")
    scenario.given(sign(statement), accept(2), upheld, paid, today=SUMMER)
    done = tmp_path / "done"
    done.mkdir()
    assert not matters(scenario, done, Region.VEST)

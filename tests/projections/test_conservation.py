"""Money is conserved over random years, whatever the order in which facts arrive.

The properties of a year, and where each is held:

- the periods of a year add up to it, for every post and frequency: ``test_accrual``;
- what is fully reported and fully invoiced is billed what it accrued: here, through
  all decisions, and ``test_billing``, for the arithmetic alone;
- the nets of all regions sum to zero: here, and ``test_settlement`` for any books;
- the order in which regions' facts arrive changes nothing: here for the settlement,
  ``test_convergence`` for every row.
"""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.closing.ledger import Account, balances_of
from domain.closing.settlement import Settlement
from domain.fact import Command
from domain.payments.payment import RegisterPayment
from domain.posts.staffing import Change, RecordStaffing
from domain.values import (
    Frequency,
    NetworkKind,
    Period,
    Region,
    Vacancy,
    VatTreatment,
    add_months,
    day_before,
)
from federation.journal.sqlite import SQLiteJournal
from federation.signed.entry import Row
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.ledger import account_balances, recorded_vouchers
from projections.replay import settlements
from projections.settlement import settlement
from tests.support.examples import (
    BERGEN,
    HOME,
    ORGANISATIONS,
    REPORTED,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    version,
)
from tests.support.federation import instant
from tests.support.logs import arriving, logs_of
from tests.support.logs import fill as fill_journal

Work = list[tuple[date, Command]]
YEAR = 2026
FIRST, LAST = date(YEAR, 1, 1), date(YEAR, 12, 31)
BEFORE, AFTER = date(YEAR - 1, 12, 1), date(YEAR + 1, 1, 31)


def a_year(seed: int) -> Work:
    """Make up a year in four regions: all of it is reported, and all is invoiced."""
    random = Random(seed)
    work: Work = [(BEFORE, each) for each in ORGANISATIONS]
    work.append((BEFORE, network(kind=NetworkKind.LOCAL)))
    for trust in HOME:
        if trust != BERGEN:
            name = f"ms-{trust}"
            said = report(report=name, trust=trust)
            work += [(FIRST, said), (FIRST, approve(name))]
            for number in range(random.randint(1, 2)):
                work += agreed(random, f"{name}-{number}", trust)
    return sorted(work, key=lambda each: each[0])


def agreed(random: Random, name: str, payee: str) -> Work:
    """Make up an agreement that changes, is staffed late, invoiced and paid."""
    frequency = random.choice(list(Frequency))
    posts = [f"{name}-{post}" for post in ("nurse", "physician")]

    def terms(number: int, effective_from: date) -> Work:
        proposed = version(
            number,
            agreement=name,
            payee=payee,
            effective_from=effective_from,
            frequency=frequency,
            vacancy=random.choice(list(Vacancy)),
            vat_treatment=random.choice([VatTreatment.EXEMPT, VatTreatment.STANDARD]),
            posts=tuple(
                post(each, annual_cost_ore=random.randrange(10**8))
                for each in posts[: random.randint(1, 2)]
            ),
        )
        day = BEFORE if number == 1 else some_day(random, FIRST)
        return [(day, proposed), (day, accept(number, agreement=name))]

    work = terms(1, FIRST) + [(BEFORE, fill(FIRST, each)) for each in posts]
    if random.random() < 0.5:
        work += terms(2, some_day(random, FIRST))
    for _ in range(random.randint(2, 8)):
        told = some_day(random, FIRST)
        change = RecordStaffing(
            post=random.choice(posts),
            change=random.choice(list(Change)),
            effective_on=some_day(random, BEFORE),
        )
        work.append((told, change))
    starts = [date(YEAR, month, 1) for month in range(1, 13, frequency.months)]
    for start in starts:
        period = Period(start, day_before(add_months(start, frequency.months)))
        issued = period.end + timedelta(days=random.randint(1, 20))
        bill = invoice(*period, agreement=name)
        # What had nothing to invoice then may have by the end of the year.
        work += [(issued, bill), (AFTER, bill)]
        paid = RegisterPayment(
            agreement=name,
            period_start=start,
            amount_ore=random.randrange(10**7),
            paid_on=AFTER,
        )
        work.append((AFTER, paid))
    return work


def some_day(random: Random, first: date) -> date:
    """Return a day until the end of the year."""
    return first + timedelta(days=random.randrange((LAST - first).days))


def arrived(
    history: dict[Region, list[Row]], random: Random, folder: Path, home: Region
) -> Settlement:
    """Settle at a node where the logs arrive in some order, folded as they do."""
    folder.mkdir()
    journal = SQLiteJournal(folder / "journal.db", home, instant)
    views = open_sqlite(folder / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    for region in arriving(history, journal, random):
        if random.random() < 0.5:
            projector.step(region.value)
    projector.catch_up()
    with reading(views) as connection:
        settled = settlement(connection, YEAR, AFTER)
    assert list(settlements(journal, (YEAR,), AFTER)) == [settled]
    views.dispose()
    journal.close()
    return settled


@pytest.mark.law(6)
@pytest.mark.law(7)
@settings(max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_a_year_that_is_all_invoiced_is_billed_what_accrued_in_any_order(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("year")
    history = logs_of(a_year(seed))
    random = Random(seed)
    settled, *others = (
        arrived(history, random, folder / home.value, home) for home in Region
    )
    assert all(other == settled for other in others)
    posts = [post for each in settled.agreements for post in each.posts]
    assert all(each.invoiced_ore == each.accrued_ore for each in posts)
    assert sum(each.net_ore for each in settled.regions.values()) == 0
    assert len(settled.agreements) >= len(HOME) - 1


@pytest.mark.law(7)
def test_a_clock_that_is_behind_books_no_payment_before_its_document(
    tmp_path: Path,
) -> None:
    day, before = date(YEAR, 7, 10), date(YEAR, 7, 9)
    paid = RegisterPayment(
        agreement="ms-ous", period_start=FIRST, amount_ore=100, paid_on=before
    )
    work = [*((BEFORE, each) for each in REPORTED), (day, invoice()), (before, paid)]
    journal = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    fill_journal(journal, logs_of(work), "9999")
    views = open_sqlite(tmp_path / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    for as_of, owed_ore in ((before, 0), (day, 181_000_00 - 100)):
        booked = balances_of(
            line
            for voucher in recorded_vouchers(journal, as_of)
            for line in voucher.lines
        )
        with reading(views) as connection:
            (settled,) = settlement(connection, YEAR, as_of).agreements
            assert booked == account_balances(connection, as_of)
        owed = sum(e.amount_ore for e in booked if e.account is Account.RECEIVABLES)
        assert owed == settled.outstanding_ore == owed_ore
    views.dispose()
    journal.close()

"""A year in which people work at their pages: business as both sides tell it, and who they are.

What :mod:`tests.bench.invoicing` plays is told by both parties here: who is paid knows
of it, what is received is registered, and most pairs have closed the first half-year.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations, takewhile
from typing import Any, Final, NamedTuple

from api.desk.sessions import BrowserSessions, cookie_name
from domain.agreements.agreement import VersionProposed
from domain.closing.closing import (
    SIGNATURES,
    STATEMENTS,
    StatementDrawnUp,
    StatementSigned,
    draft,
)
from domain.fact import Fact
from domain.history import Append, Category
from domain.invoicing.invoice import DocumentId, PeriodBilled
from domain.invoicing.invoice_decision import INVOICE_DECISIONS, InvoiceRegistered
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.mandate import MANDATES, MandateGranted
from domain.parties.pair import PAIR, AgreementListed, Pair, pair_of
from domain.payments.payment import RECEIPTS, PaymentReceived, PaymentRegistered
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Period, Region
from federation.journal.store import Journal
from federation.log.executor import Executor
from tests.bench.invoicing import Business, Happening, trusts
from tests.bench.settlement import Filling
from tests.support.federation import DIGESTS

NETWORKS: Final = 50
TODAY: Final = date(2026, 12, 15)
"""Three quarters are invoiced."""
HALF_YEAR: Final = Period(date(2026, 1, 1), date(2026, 6, 30))
CLOSED_ON: Final = date(2026, 8, 1)
PEOPLE: Final = 50
ROLES: Final = (
    *(Role.CONTROLLER, Role.CONTROLLER, Role.APPROVER),
    *(Role.LEADER, Role.COORDINATOR, Role.READER),
)
_BEGINS: Final = date(2025, 11, 1)
"""Before anything else is recorded."""
UNSIGNED: Final = 10
"""One statement of so many waits for its other signature."""
UNKNOWN: Final = 100
"""One payment of so many has not reached whom it was paid to."""

_REGION_OF: Final[Mapping[str, Region]] = {
    each.organisation.org_number: each.organisation.region for each in trusts()
}


def fill_office(journal: Journal) -> int:
    """Append the year until today to an empty journal; return how many invoices."""
    until_today = takewhile(lambda each: each.day <= TODAY, Business(NETWORKS).run())
    happened = [*told_by_both(until_today)]
    filling = Filling(journal)
    filling.add(_mandates())
    before = filling.add(each for each in happened if each.day < CLOSED_ON)
    filling.add(_closed(journal))
    return before + filling.add(each for each in happened if each.day >= CLOSED_ON)


def told_by_both(happened: Iterable[Happening]) -> Iterator[Happening]:
    """Add what the other party records of it."""
    payments = 0
    for each in happened:
        yield each
        facts = [append.fact for append in each.appends]
        match facts:
            case [VersionProposed(terms=terms)]:
                pair = pair_of(terms.payer, terms.payee)
                listed = AgreementListed(
                    first=pair.first, second=pair.second, agreement=terms.agreement
                )
                yield _by(terms.payer, each.day, (PAIR, pair.key, listed))
            case [InvoiceIssued(payer=payer), PeriodBilled() as billed]:
                document = DocumentId(billed.seller, billed.year, billed.number)
                checked = InvoiceRegistered(
                    **document._asdict(), registered_by="person-1"
                )
                told = (INVOICE_DECISIONS, document.key, checked)
                yield _by(payer, each.day, told)
            case [PaymentRegistered() as paid]:
                payments += 1
                if payments % UNKNOWN:
                    yield _received(paid, each.day)
            case _:
                pass


def _by(
    organisation: str, day: date, *facts: tuple[Category[Any], str, Fact]
) -> Happening:
    region = _REGION_OF[organisation]
    appends = [Append(of.stream(region, key), fact) for of, key, fact in facts]
    return Happening(day, organisation, appends)


def _received(paid: PaymentRegistered, day: date) -> Happening:
    document = DocumentId(paid.seller, paid.year, paid.number)
    received = PaymentReceived(
        **document._asdict(),
        amount_ore=paid.amount_ore,
        received_on=paid.paid_on,
        reference=f"b-{paid.year}-{paid.number}",
    )
    return _by(paid.seller, day, (RECEIPTS, document.key, received))


def _closed(journal: Journal) -> list[Happening]:
    """Draw up the statements of the half-year, of which most are signed."""
    numbers = sorted(_REGION_OF)
    found = []
    with Executor(journal, DIGESTS).history() as history:
        for index, (first, second) in enumerate(combinations(numbers, 2)):
            pair = Pair(first, second)
            statement = draft(pair, HALF_YEAR, CLOSED_ON, history)
            if not statement.documents:
                continue
            drawn = StatementDrawnUp(
                statement=statement,
                fingerprint=statement.fingerprint,
                drawn_up_by="person-1",
            )
            found.append(_by(first, CLOSED_ON, (STATEMENTS, pair.key, drawn)))
            signed = StatementSigned(
                first=first,
                second=second,
                number=statement.number,
                revision=statement.revision,
                fingerprint=statement.fingerprint,
                signed_by="person-2",
            )
            if index % UNSIGNED:
                found.append(_by(second, CLOSED_ON, (SIGNATURES, pair.key, signed)))
    return found


def _of_authorities() -> Iterator[tuple[int, Region, Role]]:
    """Give the numbers of those who act for a health authority: also as its auditors."""
    for index, number in enumerate(range(0, PEOPLE, 10)):
        role = Role.AUDITOR if index % 2 else Role.CONTROLLER
        yield number, [*Region][index % len(Region)], role


def _mandates() -> Iterator[Happening]:
    """Let health authorities give theirs: an auditor reads on nothing else."""
    given: Counter[Region] = Counter()
    for number, region, role in _of_authorities():
        given[region] += 1
        organisation = REGIONAL_AUTHORITY[region]
        granted = MandateGranted(
            organisation=organisation,
            number=given[region],
            person=f"person-{number}",
            role=role,
            starts_on=_BEGINS,
            ends_on=TODAY,
            purpose="Audit of the year",
            granted_by="person-0",
        )
        appends = [Append(MANDATES.stream(region, organisation), granted)]
        yield Happening(_BEGINS, organisation, appends)


class AtWork(NamedTuple):
    """Somebody who is signed in, and what they send with each request."""

    organisation: str
    role: Role
    headers: Mapping[str, str]


def people(sessions: BrowserSessions, now: int) -> list[AtWork]:
    """Sign in people of all trusts, some of the health authorities, and auditors."""
    trusts_ = sorted(_REGION_OF)
    authorities = {n: (REGIONAL_AUTHORITY[o], r) for n, o, r in _of_authorities()}
    found = []
    for number in range(PEOPLE):
        organisation, role = trusts_[number % len(trusts_)], ROLES[number % len(ROLES)]
        organisation, role = authorities.get(number, (organisation, role))
        begun = sessions.begin(f"person-{number}", now, language="nb")
        session = sessions.act_as(begun, organisation, role, None)
        cookie = f"{cookie_name(Region.VEST)}={session.secret}"
        headers = {"Accept": "text/html", "Cookie": cookie}
        found.append(AtWork(organisation, role, headers))
    return found

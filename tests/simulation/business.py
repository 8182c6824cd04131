"""Random business: what people of four trusts could send, sensible or not.

Agreements are proposed, answered, staffed, reported, invoiced, disputed and paid
in an order in which people might do it, and in many in which they may not. What
the domain refuses is refused; what it takes must hold on every node.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Final, NamedTuple

from domain.agreements.agreement import ProposeVersion
from domain.agreements.answer import Answer, AnswerVersion
from domain.fact import Command
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice, Verdict
from domain.invoicing.issue import IssueInvoice
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck
from domain.parties.network import EstablishNetwork
from domain.parties.organisation import RegisterOrganisation
from domain.payments.payment import RegisterPayment
from domain.posts.report import DecideReport, Outcome
from domain.posts.staffing import Change, RecordStaffing
from domain.values import NetworkKind, NetworkModel, OrganisationKind
from tests.simulation import bargaining, billing
from tests.simulation.anything import Said
from tests.simulation.bargaining import COORDINATOR, NATIONAL
from tests.simulation.book import HOME, KID_DIGITS, YEAR, Book, period

PLANNED: Final = 0.6
PLANS_MAX: Final = 40
ANYTHING: Final = 0.1
"""So often somebody sends what may make no sense at all."""
MONTHS_MAX: Final = 6
"""Invoices are planned for the first half of the year; the rest comes by chance."""

KINDS: Final[tuple[Callable[[Book], Command], ...]] = (
    *(bargaining.propose, bargaining.negotiate) * 2,
    *(billing.credit, billing.dispute),
    *(bargaining.answer, bargaining.staff) * 3,
    *(bargaining.report, bargaining.decide_report) * 2,
    *(billing.invoice, billing.register, billing.verdict, billing.pay) * 3,
    *(billing.bank_entry, billing.by_hand, billing.correct),
)


class Plan(NamedTuple):
    """What somebody means to do, from a day on."""

    day: date
    command: Command


class Business:
    """Makes up one command after another, the same for the same chance."""

    def __init__(self, random: Random) -> None:
        self._book = Book(random)
        self._said = Said(random)
        self._plans: list[Plan] = []
        """What people mean to do next, to bring an agreement to its end."""

    def beginnings(self) -> list[Command]:
        """Return what must be there before anything can be agreed."""
        registered: list[Command] = [
            RegisterOrganisation(
                org_number=number,
                name=f"Trust {number}",
                short_name=f"T{number[-3:]}",
                kind=OrganisationKind.HF,
                region=region,
            )
            for number, region in HOME.items()
        ]
        paid = [
            RecordBillingDetails(
                org_number=number,
                account="86011117947",
                kid_check=KidCheck.MOD_10,
                kid_length=KID_DIGITS,
            )
            for number in HOME
        ]
        networks = [
            _network(f"n-{region.value}", NetworkKind.LOCAL, number)
            for number, region in HOME.items()
        ]
        national = _network(NATIONAL, NetworkKind.NATIONAL, COORDINATOR)
        return [*registered, *paid, *networks, national]

    def next(self, today: date) -> Command:
        """Return what somebody sends on a day."""
        command = self._next(today)
        self._said.note(command)
        return command

    def _next(self, today: date) -> Command:
        if not self._book.agreements:
            return self._proposed(bargaining.propose(self._book))
        ready = next((plan for plan in self._plans if plan.day <= today), None)
        if ready is not None and self._book.draws(PLANNED):
            self._plans.remove(ready)
            return ready.command
        if self._book.draws(ANYTHING) and (made := self._said.anything()) is not None:
            return made
        command = self._book.random.choice(KINDS)(self._book)
        new = isinstance(command, ProposeVersion) and command.version == 1
        return self._proposed(command) if new else command

    def _proposed(self, proposal: Command) -> Command:
        """Plan what becomes of a new agreement."""
        assert isinstance(proposal, ProposeVersion), "this is how agreements begin"
        if len(self._plans) < PLANS_MAX:
            self._plans.extend(self._course(proposal))
        return proposal

    def _course(self, of: ProposeVersion) -> Iterator[Plan]:
        """Yield what leads from an agreement to paid invoices."""
        for command in self._agreed(of):
            yield Plan(date.min, command)
        months = of.frequency.months
        for month in range(1, MONTHS_MAX - months + 2, months):
            start, end = period(month, of.frequency)
            due = end + timedelta(days=1)
            amount = self._book.random.randrange(1, 10**7)
            for command in _settled(of.agreement, start, end, amount):
                yield Plan(due, command)

    def _agreed(self, of: ProposeVersion) -> Iterator[Command]:
        """Yield what leads from a proposal to what may be invoiced."""
        if of.endorsement_required:
            yield bargaining.endorsing(of)
        yield AnswerVersion(
            agreement=of.agreement, version=of.version, answer=Answer.ACCEPTED
        )
        for post in of.posts:
            yield RecordStaffing(
                post=post.post,
                change=Change.FILLED,
                effective_on=of.effective_from,
                holder="p",
            )
        report = bargaining.reporting(self._book, of)
        yield report
        yield DecideReport(report=report.report, outcome=Outcome.APPROVED)


def _settled(
    agreement: str, start: date, end: date, amount_ore: int
) -> Iterator[Command]:
    """Yield what leads from a period that is over to a payment."""
    yield IssueInvoice(agreement=agreement, period_start=start, period_end=end)
    yield RegisterInvoice(agreement=agreement, period_start=start)
    yield DecideInvoice(
        agreement=agreement, period_start=start, verdict=Verdict.APPROVED
    )
    yield RegisterPayment(
        agreement=agreement, period_start=start, amount_ore=amount_ore, paid_on=end
    )


def _network(name: str, kind: NetworkKind, coordinator: str) -> EstablishNetwork:
    return EstablishNetwork(
        network=name,
        kind=kind,
        name_nb=f"Nettverk {name}",
        name_en="Norwegian National Network for Business",
        coordinating_trust=coordinator,
        starts_on=date(YEAR - 1, 1, 1),
        model=NetworkModel.WITH_PART_TIME_POSTS,
        coordination_budget_ore=100_000_00,
    )

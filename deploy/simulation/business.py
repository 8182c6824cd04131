"""Random business: what people of four trusts could send, sensible or not.

Agreements are proposed, answered, staffed, reported, invoiced, disputed and paid
in an order in which people might do it, and in many in which they may not. What
the domain refuses is refused; what it takes must hold on every node.
"""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Final

from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.agreements.answer import Answer, AnswerVersion
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.issue import IssueInvoice
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck, kid
from domain.parties.network import EstablishNetwork
from domain.parties.organisation import RegisterOrganisation
from domain.payments.bank import BankEntry, ImportBankEntries, MatchBankEntry
from domain.payments.matching import Direction
from domain.payments.payment import RegisterPayment
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.posts.staffing import Change, RecordStaffing
from domain.values import (
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Period,
    Region,
    Vacancy,
    VatTreatment,
    add_months,
    day_before,
)

HOME: Final = {
    "983974724": Region.VEST,
    "993467049": Region.SOROST,
    "983974899": Region.NORD,
    "883974832": Region.MIDT,
}
"""A trust in each region."""
YEAR: Final = 2026
KID_DIGITS: Final = 9
AGREEMENTS_MAX: Final = 200
NUMBERS: Final = 12
"""Invoice numbers, bank references: low enough that they often meet something."""
RECENT: Final = 6
RARELY: Final = 0.02
OFTEN: Final = 0.8
PLANNED: Final = 0.6


class Business:
    """Makes up one command after another, the same for the same chance."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._agreements: dict[str, ProposeVersion] = {}
        self._reports = 0
        self._planned: deque[Command] = deque()
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
            EstablishNetwork(
                network=f"n-{region.value}",
                kind=NetworkKind.LOCAL,
                name_nb=f"Nettverk {region.value}",
                name_en=f"Network {region.value}",
                coordinating_trust=number,
                starts_on=date(YEAR - 1, 1, 1),
                model=NetworkModel.WITH_PART_TIME_POSTS,
                coordination_budget_ore=10_000_000_00,
            )
            for number, region in HOME.items()
        ]
        return [*registered, *paid, *networks]

    def next(self) -> Command:
        """Return what somebody sends now."""
        if not self._agreements:
            return self._propose()
        if self._planned and self._random.random() < PLANNED:
            return self._planned.popleft()
        kinds: list[Callable[[], Command]] = [
            *[self._propose, self._negotiate, self._credit, self._dispute],
            *[self._answer, self._staff] * 3,
            *[self._report, self._decide_report] * 2,
            *[self._invoice, self._register, self._verdict, self._pay] * 3,
            *[self._bank_entry, self._by_hand],
        ]
        return self._random.choice(kinds)()

    def _some(self) -> ProposeVersion:
        """Return an agreement, most often one of the last."""
        known = list(self._agreements.values())
        recent = self._random.random() < OFTEN
        return self._random.choice(known[-RECENT:] if recent else known)

    def _day(self) -> date:
        return date(YEAR, 1, 1) + timedelta(days=self._random.randrange(365))

    def _period(self, frequency: Frequency) -> Period:
        month = self._random.randrange(0, 9, frequency.months) + 1
        start = date(YEAR, month, 1)
        return Period(start, day_before(add_months(start, frequency.months)))

    def _propose(self) -> Command:
        payer, payee = self._random.sample(list(HOME), 2)
        number = len(self._agreements) % AGREEMENTS_MAX
        name = f"{HOME[payer].value}-{number}"
        proposal = ProposeVersion(
            agreement=name,
            version=1,
            network=f"n-{HOME[payer].value}",
            payer=payer,
            payee=payee,
            effective_from=date(YEAR, self._random.randrange(1, 7), 1),
            starts_on=date(YEAR, 1, 1),
            ends_on=date(YEAR + 1, 12, 31),
            frequency=self._random.choice([Frequency.QUARTERLY, Frequency.HALF_YEARLY]),
            vacancy=self._random.choice(list(Vacancy)),
            vat_treatment=self._random.choice(
                [VatTreatment.EXEMPT, VatTreatment.STANDARD]
            ),
            vat_reason="health personnel",
            posts=tuple(
                ProposedPost(
                    post=f"{name}-{post}",
                    content="Teaching",
                    percent="20.00",
                    starts_on=date(YEAR, 1, 1),
                    ends_on=date(YEAR + 1, 12, 31),
                    annual_cost_ore=self._random.randrange(10**7),
                )
                for post in range(self._random.randrange(1, 3))
            ),
            endorsement_required=False,
        )
        self._agreements[name] = proposal
        if len(self._planned) < RECENT:
            self._planned.extend(self._course(proposal))
        return proposal

    def _course(self, of: ProposeVersion) -> Iterator[Command]:
        """Yield what leads from an agreement to paid invoices."""
        self._reports += 1
        report = f"r{self._reports}"
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
        yield SubmitReport(
            report=report,
            network=of.network,
            trust=of.payee,
            period_start=date(YEAR, 1, 1),
            period_end=date(YEAR, 12, 31),
        )
        yield DecideReport(report=report, outcome=Outcome.APPROVED)
        for month in range(1, 7, of.frequency.months):
            start = date(YEAR, month, 1)
            end = day_before(add_months(start, of.frequency.months))
            yield IssueInvoice(
                agreement=of.agreement, period_start=start, period_end=end
            )
            yield RegisterInvoice(agreement=of.agreement, period_start=start)
            yield DecideInvoice(
                agreement=of.agreement, period_start=start, verdict=Verdict.APPROVED
            )
            yield RegisterPayment(
                agreement=of.agreement,
                period_start=start,
                amount_ore=self._random.randrange(1, 10**7),
                paid_on=end,
            )

    def _negotiate(self) -> Command:
        of, number = self._some(), self._random.randrange(2, 5)
        changed = of.model_copy(
            update={"version": number, "effective_from": self._day()}
        )
        if self._random.random() < RARELY:
            ends_on = date(YEAR + 1, 6, 30)
            return TerminateAgreement(
                agreement=of.agreement, ends_on=ends_on, reason="Enough"
            )
        choices: list[Command] = [
            changed,
            CounterVersion(version=of.version, proposal=changed),
            AdoptCounterProposal(agreement=of.agreement, version=number),
            WithdrawVersion(agreement=of.agreement, version=of.version),
            ProposeWageGrowth(
                agreement=of.agreement,
                version=number,
                effective_from=self._day(),
                factor="1.04",
                source="index",
            ),
        ]
        return self._random.choice(choices)

    def _answer(self) -> Command:
        of = self._some()
        return AnswerVersion(
            agreement=of.agreement,
            version=self._random.choice([of.version, of.version, 2, 3]),
            answer=(
                Answer.ACCEPTED if self._random.random() < OFTEN else Answer.DECLINED
            ),
        )

    def _staff(self) -> Command:
        change = self._random.choice([Change.FILLED] * 3 + [Change.VACATED])
        return RecordStaffing(
            post=self._random.choice(self._some().posts).post,
            change=change,
            effective_on=self._day(),
            holder="p",
        )

    def _report(self) -> Command:
        of = self._some()
        self._reports += 1
        return SubmitReport(
            report=f"r{self._reports}",
            network=of.network,
            trust=of.payee,
            period_start=date(YEAR, 1, 1),
            period_end=date(YEAR, 12, 31),
        )

    def _decide_report(self) -> Command:
        number = self._reports - self._random.randrange(RECENT)
        approves = self._random.random() < OFTEN
        outcome = Outcome.APPROVED if approves else Outcome.RETURNED
        return DecideReport(report=f"r{max(1, number)}", outcome=outcome)

    def _invoice(self) -> Command:
        of = self._some()
        start, end = self._period(of.frequency)
        return IssueInvoice(agreement=of.agreement, period_start=start, period_end=end)

    def _register(self) -> Command:
        of = self._some()
        start = self._period(of.frequency).start
        return RegisterInvoice(agreement=of.agreement, period_start=start)

    def _verdict(self) -> Command:
        of = self._some()
        return DecideInvoice(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            verdict=self._random.choice(list(Verdict)),
            post=self._random.choice([None, of.posts[0].post]),
        )

    def _credit(self) -> Command:
        of = self._some()
        line = CreditedLine(
            post=of.posts[0].post, amount_ore=self._random.randrange(10**6)
        )
        return CreditInvoice(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            lines=self._random.choice([(), (line,)]),
            reason="r",
        )

    def _dispute(self) -> Command:
        of = self._some()
        number = self._random.randrange(1, NUMBERS)
        if self._random.random() < OFTEN / 2:
            return CommentDispute(seller=of.payee, year=YEAR, number=number, text="t")
        return ResolveDispute(
            seller=of.payee,
            year=YEAR,
            number=number,
            post=self._random.choice([None, of.posts[0].post]),
            outcome=self._random.choice(list(Resolution)),
        )

    def _pay(self) -> Command:
        of = self._some()
        return RegisterPayment(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            amount_ore=self._random.randrange(1, 10**7),
            paid_on=self._day(),
        )

    def _bank_entry(self) -> Command:
        of, direction = self._some(), self._random.choice(list(Direction))
        number = self._random.randrange(1, NUMBERS)
        entry = BankEntry(
            reference=f"b{self._random.randrange(NUMBERS)}",
            direction=direction,
            amount_ore=self._random.randrange(1, 10**7),
            booked_on=self._day(),
            kid=kid(YEAR, number, KidCheck.MOD_10, KID_DIGITS) or "",
        )
        owner = of.payee if direction is Direction.CREDIT else of.payer
        return ImportBankEntries(organisation=owner, entries=(entry,))

    def _by_hand(self) -> Command:
        of = self._some()
        return MatchBankEntry(
            organisation=self._random.choice([of.payee, of.payer]),
            reference=f"b{self._random.randrange(NUMBERS)}",
            payee=of.payee,
            year=YEAR,
            number=self._random.randrange(1, NUMBERS),
        )

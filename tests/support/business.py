"""Random business: commands that people could send, for property tests."""

from datetime import date, timedelta
from random import Random

from domain.agreements.agreement import ProposeVersion
from domain.agreements.answer import Answer
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
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
from domain.invoicing.year_correction import CorrectYear
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck, kid
from domain.payments.bank import (
    BankEntry,
    ImportBankEntries,
    MatchBankEntry,
    SetAsideCause,
    SetBankEntryAside,
)
from domain.payments.matching import Direction
from domain.payments.payment import RegisterPayment
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.posts.staffing import Change, RecordStaffing
from domain.values import (
    Frequency,
    NetworkKind,
    Period,
    Vacancy,
    VatTreatment,
    add_months,
)
from tests.support.examples import (
    BERGEN,
    HOME,
    ORGANISATIONS,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    terminate,
    version,
)
from tests.support.negotiation import endorse

YEAR = 2026
COORDINATOR = BERGEN
KID_DIGITS = 9
RARELY = 0.05


class Business:
    """Makes up one day's work after another, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.agreements: dict[str, ProposeVersion] = {}
        self.reports = 0

    def days(self, count: int) -> list[tuple[date, Command]]:
        """Return commands in the order of their business days."""
        start = date(YEAR - 1, 12, 1)
        known = [
            network(network=name, kind=kind)
            for name, kind in (
                ("ms", NetworkKind.NATIONAL),
                ("local", NetworkKind.LOCAL),
            )
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
        agreed = self._agreed()
        work = [
            (start, command) for command in (*ORGANISATIONS, *known, *paid, *agreed)
        ]
        for number in range(count):
            day = start + timedelta(days=number * 400 // count)
            work.append((day, self._command()))
        return work

    def _agreed(self) -> list[Command]:
        """Return an agreement that may be invoiced from the beginning."""
        self.agreements["base"] = version(
            agreement="base",
            network="local",
            frequency=Frequency.QUARTERLY,
            vat_treatment=VatTreatment.STANDARD,
            posts=(post("base-0", annual_cost_ore=365_01), post("base-1")),
        )
        return [
            self.agreements["base"],
            accept(agreement="base"),
            fill(name="base-0"),
            fill(name="base-1"),
            report(report="r-base", network="local"),
            approve("r-base"),
        ]

    def _command(self) -> Command:
        kinds = [self._propose, self._answer, self._staff, self._report]
        kinds += [self._negotiate]
        kinds += [
            self._decide_report,
            self._invoice,
            self._invoice,
            self._register,
            self._verdict,
            self._credit,
            self._correct,
            self._dispute,
            self._pay,
            self._bank_entry,
            self._by_hand,
        ]
        return self.random.choice(kinds)() if self.agreements else self._propose()

    def _some(self) -> ProposeVersion:
        if self.random.random() < 0.5:
            return self.agreements["base"]
        return self.random.choice(list(self.agreements.values()))

    def _day(self) -> date:
        return date(YEAR, 1, 1) + timedelta(days=self.random.randrange(365))

    def _period(self, frequency: Frequency) -> Period:
        first = self.random.randrange(0, 12, frequency.months) + 1
        start = date(YEAR, first, 1)
        return Period(start, add_months(start, frequency.months) - timedelta(days=1))

    def _propose(self) -> Command:
        name = f"a{self.random.randrange(4)}"
        hosts = [number for number in HOME if number != COORDINATOR]
        before = self.agreements.get(name)
        proposal = version(
            self.random.randrange(1, 4),
            agreement=name,
            network=self.random.choice(["ms", "local"]),
            payee=before.payee if before else self.random.choice(hosts),
            effective_from=self._day(),
            frequency=self.random.choice(list(Frequency)),
            vacancy=self.random.choice(list(Vacancy)),
            vat_treatment=self.random.choice(list(VatTreatment)),
            posts=tuple(
                post(f"{name}-{n}", annual_cost_ore=self.random.randrange(200_000_00))
                for n in range(self.random.randrange(1, 3))
            ),
        )
        self.agreements[name] = proposal
        return proposal

    def _negotiate(self) -> Command:
        of = self._some()
        # Counter-proposals and grown wages have numbers above those proposed.
        number = self.random.randrange(4, 7)
        counter = of.model_copy(
            update={"version": number, "effective_from": self._day()}
        )
        choices: list[Command] = [
            CounterVersion(version=of.version, proposal=counter),
            endorse(of.version, agreement=of.agreement),
            WithdrawVersion(agreement=of.agreement, version=of.version),
            ProposeWageGrowth(
                agreement=of.agreement,
                version=number,
                effective_from=self._day(),
                factor="1.04",
                source="index",
            ),
            *(
                AdoptCounterProposal(agreement=of.agreement, version=each)
                for each in range(4, 7)
            ),
        ]
        if self.random.random() < RARELY:
            return terminate(self._day(), of.agreement)
        return self.random.choice(choices)

    def _answer(self) -> Command:
        of = self._some()
        answer = self.random.choice([Answer.ACCEPTED] * 4 + [Answer.DECLINED])
        return accept(of.version, of.agreement, answer=answer)

    def _staff(self) -> Command:
        change = self.random.choice([Change.FILLED] * 3 + [Change.VACATED])
        name = self.random.choice(self._some().posts).post
        return RecordStaffing(
            post=name, change=change, effective_on=self._day(), holder="p"
        )

    def _report(self) -> Command:
        of = self._some()
        self.reports += self.random.choice([0, 1, 1])
        return SubmitReport(
            report=f"r{self.reports}",
            network=of.network,
            trust=of.payee,
            period_start=date(YEAR, 1, 1),
            period_end=date(YEAR, 12, 31),
        )

    def _decide_report(self) -> Command:
        outcome = self.random.choice([Outcome.APPROVED] * 4 + [Outcome.RETURNED])
        return DecideReport(report=f"r{self.reports}", outcome=outcome)

    def _invoice(self) -> Command:
        of = self._some()
        period = self._period(of.frequency)
        return invoice(period.start, period.end, of.agreement)

    def _register(self) -> Command:
        of = self._some()
        period_start = self._period(of.frequency).start
        return RegisterInvoice(agreement=of.agreement, period_start=period_start)

    def _verdict(self) -> Command:
        of = self._some()
        return DecideInvoice(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            verdict=self.random.choice(list(Verdict)),
            post=self.random.choice([None, of.posts[0].post]),
        )

    def _credit(self) -> Command:
        of = self._some()
        line = CreditedLine(
            post=of.posts[0].post, amount_ore=self.random.randrange(10**6)
        )
        return CreditInvoice(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            lines=self.random.choice([(), (line,)]),
            reason="r",
        )

    def _correct(self) -> Command:
        return CorrectYear(agreement=self._some().agreement, year=YEAR)

    def _dispute(self) -> Command:
        of, seller = self._some(), self.random.choice(list(HOME))
        number = self.random.randrange(1, 4)
        if self.random.random() < 0.5:
            return CommentDispute(seller=seller, year=YEAR, number=number, text="t")
        post = self.random.choice([None, of.posts[0].post])
        outcome = self.random.choice(list(Resolution))
        return ResolveDispute(
            seller=seller, year=YEAR, number=number, post=post, outcome=outcome
        )

    def _pay(self) -> Command:
        of = self._some()
        return RegisterPayment(
            agreement=of.agreement,
            period_start=self._period(of.frequency).start,
            amount_ore=self.random.randrange(1, 10**7),
            paid_on=self._day(),
        )

    def _bank_entry(self) -> Command:
        of = self._some()
        direction = self.random.choice(list(Direction))
        number = self.random.randrange(1, 4)
        entry = BankEntry(
            reference=f"b{self.random.randrange(20)}",
            direction=direction,
            amount_ore=self.random.randrange(1, 10**7),
            booked_on=self._day(),
            kid=kid(YEAR, number, KidCheck.MOD_10, KID_DIGITS) or "",
        )
        owner = of.payee if direction is Direction.CREDIT else of.payer
        return ImportBankEntries(organisation=owner, entries=(entry,))

    def _by_hand(self) -> Command:
        of = self._some()
        owner = self.random.choice([of.payee, of.payer])
        reference = f"b{self.random.randrange(20)}"
        if self.random.random() < 0.3:
            cause = self.random.choice(list(SetAsideCause))
            return SetBankEntryAside(
                organisation=owner, reference=reference, cause=cause
            )
        return MatchBankEntry(
            organisation=owner,
            reference=reference,
            payee=of.payee,
            year=YEAR,
            number=self.random.randrange(1, 4),
        )

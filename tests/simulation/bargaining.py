"""What trusts send each other about agreements: terms, answers, posts and reports."""

from datetime import date
from typing import Final

from domain.agreements.agreement import ProposedPost, ProposeVersion
from domain.agreements.answer import Answer, AnswerVersion, EndorserRole
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.fact import Command
from domain.posts.report import DecideReport, Outcome, SubmitReport
from domain.posts.staffing import Change, RecordStaffing
from domain.values import Frequency, Vacancy, VatTreatment
from tests.simulation.book import HOME, OFTEN, RECENT, YEAR, Book

NATIONAL: Final = "national"
COORDINATOR: Final = next(iter(HOME))
"""Who coordinates the national network."""
RARELY: Final = 0.02
ENDORSED: Final = 0.2
WAIVED: Final = "As agreed before"
"""Why something is left out of terms."""


def propose(book: Book) -> ProposeVersion:
    """Propose a new agreement."""
    random = book.random
    payer, payee = random.sample(list(HOME), 2)
    name = book.next_agreement(HOME[payer])
    local = f"n-{HOME[payer].value}"
    proposal = ProposeVersion(
        agreement=name,
        version=1,
        network=NATIONAL if payer == COORDINATOR and book.draws(0.5) else local,
        payer=payer,
        payee=payee,
        effective_from=date(YEAR, random.randrange(1, 7), 1),
        starts_on=date(YEAR, 1, 1),
        ends_on=date(YEAR + 1, 12, 31),
        frequency=random.choice(list(Frequency)),
        vacancy=random.choice(list(Vacancy)),
        vat_treatment=random.choice(list(VatTreatment)),
        vat_reason="health personnel",
        posts=tuple(
            ProposedPost(
                post=f"{name}-{post}",
                content="Teaching",
                percent="20.00",
                starts_on=date(YEAR, 1, 1),
                ends_on=date(YEAR + 1, 12, 31),
                annual_cost_ore=random.randrange(10**7),
            )
            for post in range(random.randrange(1, 3))
        ),
        endorsement_required=book.draws(ENDORSED),
        cooperation_waived=WAIVED,
    )
    if not proposal.endorsement_required:
        proposal = proposal.model_copy(update={"endorsement_waived": WAIVED})
    book.agreements[name] = proposal
    return proposal


def endorsing(of: ProposeVersion) -> Command:
    """Return what the host's line sends about a version."""
    return EndorseVersion(
        agreement=of.agreement,
        version=of.version,
        role=EndorserRole.CLINIC_DIRECTOR,
        endorsed_by="p",
        endorsed_on=date(YEAR - 1, 11, 30),
    )


def reporting(book: Book, of: ProposeVersion) -> SubmitReport:
    """Return the report of a host on the whole year."""
    return SubmitReport(
        report=book.next_report(),
        network=of.network,
        trust=of.payee,
        period_start=date(YEAR, 1, 1),
        period_end=date(YEAR, 12, 31),
    )


def negotiate(book: Book) -> Command:
    """Go on about an agreement that was proposed, or end it."""
    of, number = book.some(), book.random.randrange(2, 5)
    changed = of.model_copy(update={"version": number, "effective_from": book.day()})
    if book.draws(RARELY):
        ends_on = date(YEAR + 1, 6, 30)
        return TerminateAgreement(
            agreement=of.agreement, ends_on=ends_on, reason="Enough"
        )
    choices: list[Command] = [
        changed,
        endorsing(of),
        CounterVersion(version=of.version, proposal=changed),
        AdoptCounterProposal(agreement=of.agreement, version=number),
        WithdrawVersion(agreement=of.agreement, version=of.version),
        ProposeWageGrowth(
            agreement=of.agreement,
            version=number,
            effective_from=book.day(),
            factor="1.04",
            source="index",
        ),
    ]
    return book.random.choice(choices)


def answer(book: Book) -> Command:
    """Answer some version."""
    of = book.some()
    return AnswerVersion(
        agreement=of.agreement,
        version=book.random.choice([of.version, of.version, 2, 3]),
        answer=(Answer.ACCEPTED if book.draws(OFTEN) else Answer.DECLINED),
    )


def staff(book: Book) -> Command:
    """Fill or vacate a post."""
    change = book.random.choice([Change.FILLED] * 3 + [Change.VACATED])
    return RecordStaffing(
        post=book.random.choice(book.some().posts).post,
        change=change,
        effective_on=book.day(),
        holder="p",
    )


def report(book: Book) -> Command:
    """Report on a post that somebody pays for."""
    return reporting(book, book.some())


def decide_report(book: Book) -> Command:
    """Approve a report, or give it back."""
    number = book.reports - book.random.randrange(RECENT)
    approves = book.draws(OFTEN)
    outcome = Outcome.APPROVED if approves else Outcome.RETURNED
    return DecideReport(report=f"r{max(1, number)}", outcome=outcome)

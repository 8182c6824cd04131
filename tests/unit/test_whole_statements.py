"""Statements of two trusts with all that can stand in them, whole."""

from datetime import date
from typing import Any, Final

from domain.closing.closing import CarriedLine, draft
from domain.closing.reconciliation import LineState
from domain.closing.stated_money import Balance, OpenPayment, StatedPayment
from domain.closing.statement import (
    OpenLine,
    StatedDocument,
    StatedPost,
    StatedRestatement,
    Statement,
    StatementCause,
)
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.invoice_decision import DecideInvoice, Verdict
from domain.invoicing.sales_document import DocumentKind
from domain.payments.payment import RegisterPayment
from domain.refusal import Code, Refusal
from domain.values import Period, Region, VatTreatment
from tests.support import bank
from tests.support.closing import (
    FIRST,
    OTHER_WAY,
    PAIR,
    SECOND,
    SUMMER,
    WINTER,
    closed,
    confirmed,
    draw_up,
)
from tests.support.examples import (
    BERGEN,
    OSLO,
    REPORTED,
    fill,
    invoice,
    post,
    vacate,
    version,
)
from tests.support.refusals import answer
from tests.support.scenario import Scenario

YEAR_START: Final = FIRST.start
MS: Final[dict[str, Any]] = {"agreement": "ms-ous", "version": 1}
ALS: Final[dict[str, Any]] = {"agreement": "als-hbe", "version": 1}
OF_MS: Final[dict[str, Any]] = {
    **MS,
    "network": "ms",
    "payer": BERGEN,
    "payee": OSLO,
}
OF_ALS: Final[dict[str, Any]] = {
    **ALS,
    "network": "als",
    "payer": OSLO,
    "payee": BERGEN,
}
OSLOS: Final[dict[str, Any]] = {"seller": OSLO, "year": 2026, "number": 1}


def paid(amount_ore: int, day: date, start: date = YEAR_START) -> RegisterPayment:
    """Register a payment, as Bergen."""
    return RegisterPayment(
        agreement="ms-ous", period_start=start, amount_ore=amount_ore, paid_on=day
    )


def carried(*posts: str) -> dict[str, Any]:
    """Carry over lines of the first half-year."""
    lines = [
        CarriedLine(agreement="ms-ous", post=each, period_start=YEAR_START)
        for each in posts
    ]
    return {"carry_over": tuple(lines)}


def spans(period: Period) -> dict[str, Any]:
    """Return the members that say a period."""
    return {"period_start": period.start, "period_end": period.end}


def first_half() -> Scenario:
    """Return a half-year in which each of the two bills the other.

    Oslo bills a nurse and a chief, of whom it gives up 1 000 kroner; Bergen disputes
    the chief's line, and has registered less as paid than Oslo's bank has booked.
    """
    posts = (post("chief"), post())
    agreed = version(posts=posts, vat_treatment=VatTreatment.STANDARD)
    given = [agreed if each == version() else each for each in REPORTED]
    scenario = Scenario().given(*given, fill(name="chief"), bank.details())
    scenario.given(invoice(), *OTHER_WAY, *confirmed(date(2026, 7, 9)), today=SUMMER)
    lines = (CreditedLine(post="chief", amount_ore=1_000_00),)
    entry = bank.entry(scenario, amount_ore=300_000_00, booked_on=date(2026, 7, 9))
    return scenario.given(
        CreditInvoice(**OSLOS, lines=lines, reason="Agreed"),
        DecideInvoice(**OSLOS, post="chief", verdict=Verdict.DISPUTED),
        paid(80_000_00, date(2026, 7, 8)),
        bank.imported(OSLO, entry),
        today=SUMMER,
    )


OPEN_CHIEF: Final = OpenLine(
    agreement="ms-ous",
    post="chief",
    **spans(FIRST),
    billed_ore=180_000_00,
    accrued_ore=181_000_00,
    state=LineState.PAYMENT_DIFFERS,
    disputed=True,
    conceded_ore=1_000_00,
)
OPEN_NURSE: Final = OpenLine(
    agreement="ms-ous",
    post="nurse",
    **spans(FIRST),
    billed_ore=181_000_00,
    accrued_ore=181_000_00,
    state=LineState.PAYMENT_DIFFERS,
    disputed=False,
)
FIRST_STATEMENT: Final = Statement(
    first=BERGEN,
    second=OSLO,
    number=1,
    revision=1,
    **spans(FIRST),
    posts=(
        StatedPost(**OF_ALS, post="doctor", accrued_ore=181_000_00),
        StatedPost(**OF_MS, post="chief", accrued_ore=181_000_00),
        StatedPost(**OF_MS, post="nurse", accrued_ore=181_000_00),
    ),
    documents=(
        StatedDocument(
            seller=BERGEN,
            year=2026,
            number=1,
            kind=DocumentKind.INVOICE,
            **ALS,
            **spans(FIRST),
            net_ore=181_000_00,
            vat_ore=0,
        ),
        StatedDocument(
            **OSLOS,
            kind=DocumentKind.INVOICE,
            **MS,
            **spans(FIRST),
            net_ore=362_000_00,
            vat_ore=90_500_00,
        ),
        StatedDocument(
            seller=OSLO,
            year=2026,
            number=2,
            kind=DocumentKind.CREDIT_NOTE,
            **MS,
            **spans(FIRST),
            net_ore=-1_000_00,
            vat_ore=-250_00,
        ),
    ),
    payments=(StatedPayment(**OSLOS, entry="vest/1/17", amount_ore=80_000_00),),
    open_lines=(OPEN_CHIEF, OPEN_NURSE),
    balances=(
        Balance(
            payer=BERGEN,
            payee=OSLO,
            opening_ore=0,
            invoiced_ore=451_250_00,
            paid_ore=80_000_00,
            disputed_ore=225_000_00,
            received_ore=300_000_00,
            open_ore=146_250_00,
        ),
        Balance(
            payer=OSLO,
            payee=BERGEN,
            opening_ore=0,
            invoiced_ore=181_000_00,
            paid_ore=0,
            disputed_ore=0,
        ),
    ),
    receipts=(StatedPayment(**OSLOS, entry="sorost/1/22", amount_ore=300_000_00),),
    open_payments=(
        OpenPayment(
            **OSLOS,
            left_ore=451_250_00,
            paid_ore=80_000_00,
            received_ore=300_000_00,
        ),
    ),
)


def test_a_statement_says_all_that_the_two_have_between_them() -> None:
    scenario = first_half()
    assert draft(PAIR, FIRST, SUMMER, scenario) == FIRST_STATEMENT
    signed = closed(scenario, FIRST, SUMMER, **carried("chief", "nurse"))
    assert signed == FIRST_STATEMENT
    assert signed.period == FIRST
    assert signed.pair == PAIR
    assert [each.closing_ore for each in signed.balances] == [371_250_00, 181_000_00]
    assert [each.undisputed_ore for each in signed.balances] == [0, 181_000_00]


SECOND_STATEMENT: Final = Statement(
    first=BERGEN,
    second=OSLO,
    number=2,
    revision=1,
    **spans(SECOND),
    previous=FIRST_STATEMENT.fingerprint,
    posts=(
        StatedPost(**OF_ALS, post="doctor", accrued_ore=184_000_00),
        StatedPost(**OF_MS, post="chief", accrued_ore=184_000_00),
        StatedPost(
            **OF_MS,
            post="nurse",
            accrued_ore=0,
            restatements=(
                StatedRestatement(
                    **spans(FIRST),
                    old_ore=181_000_00,
                    new_ore=151_000_00,
                    causes=(
                        StatementCause(
                            entry="sorost/1/24",
                            type="post.vacated.v1",
                            region=Region.SOROST,
                            rule="S1-12",
                        ),
                    ),
                ),
            ),
        ),
    ),
    documents=(
        StatedDocument(
            seller=OSLO,
            year=2027,
            number=1,
            kind=DocumentKind.INVOICE,
            **MS,
            **spans(SECOND),
            net_ore=154_000_00,
            vat_ore=38_500_00,
        ),
    ),
    payments=(
        StatedPayment(**OSLOS, entry="vest/1/19", amount_ore=10_000_00),
        StatedPayment(
            **{**OSLOS, "year": 2027}, entry="vest/1/20", amount_ore=5_000_00
        ),
    ),
    open_lines=(
        OpenLine(
            agreement="als-hbe",
            post="doctor",
            **spans(SECOND),
            billed_ore=0,
            accrued_ore=184_000_00,
            state=LineState.NOT_INVOICED,
            disputed=False,
        ),
        OPEN_CHIEF,
        OPEN_NURSE.model_copy(
            update={"billed_ore": 151_000_00, "accrued_ore": 151_000_00}
        ),
        OPEN_CHIEF.model_copy(
            update={
                **spans(SECOND),
                "billed_ore": 184_000_00,
                "accrued_ore": 184_000_00,
                "disputed": False,
                "conceded_ore": None,
            }
        ),
        OPEN_NURSE.model_copy(
            update={**spans(SECOND), "billed_ore": 0, "accrued_ore": 0}
        ),
    ),
    balances=(
        Balance(
            payer=BERGEN,
            payee=OSLO,
            opening_ore=371_250_00,
            invoiced_ore=192_500_00,
            paid_ore=15_000_00,
            disputed_ore=225_000_00,
            open_ore=136_250_00,
        ),
        Balance(
            payer=OSLO,
            payee=BERGEN,
            opening_ore=181_000_00,
            invoiced_ore=0,
            paid_ore=0,
            disputed_ore=0,
        ),
    ),
    open_payments=(
        OpenPayment(
            **OSLOS,
            left_ore=451_250_00,
            paid_ore=90_000_00,
            received_ore=300_000_00,
        ),
        OpenPayment(
            **{**OSLOS, "year": 2027},
            left_ore=192_500_00,
            paid_ore=5_000_00,
            received_ore=0,
        ),
    ),
)


def test_the_next_statement_says_what_the_last_one_could_not_know() -> None:
    scenario = first_half()
    closed(scenario, FIRST, SUMMER, **carried("chief", "nurse"))
    scenario.given(vacate(date(2026, 6, 1)), today=date(2026, 8, 1))
    scenario.given(paid(10_000_00, WINTER), invoice(*SECOND), today=WINTER)
    scenario.given(paid(5_000_00, WINTER, SECOND.start), today=WINTER)
    assert draft(PAIR, SECOND, WINTER, scenario) == SECOND_STATEMENT


def test_more_than_an_amount_may_be_is_no_statement() -> None:
    """Each payment may be what it says; the two together are no amount."""
    scenario = first_half().given(paid(6 * 10**14, SUMMER), today=SUMMER)
    assert isinstance(draft(PAIR, FIRST, SUMMER, scenario), Statement)
    scenario.given(paid(5 * 10**14, SUMMER), today=SUMMER)
    refusal = Refusal(Code.SUM_TOO_LARGE, "period_start")
    assert answer(draft, PAIR, FIRST, SUMMER, scenario) == refusal
    scenario.when(draw_up(), today=SUMMER).refused(Code.SUM_TOO_LARGE)

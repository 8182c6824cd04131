"""Each document whole, as it is issued, corrected and credited: all that it says."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.fact import Command
from domain.invoicing.billing import Billed, BilledLine, BillingCause, Restatement
from domain.invoicing.invoice import BILLING, BilledDocument, Billing, DocumentId
from domain.invoicing.sales_document import DocumentKind, InvoicedParty, InvoiceIssued
from domain.parties.billing_details import RecordBillingDetails
from domain.values import Period, VatTreatment
from tests.support.documents import (
    AGREED_WITH_VAT,
    CORRECTION,
    DETAILS,
    DUE,
    FIRST,
    HALVES,
    INVOICED,
    SECOND,
    TODAY,
    credit,
)
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    accept,
    approve,
    fill,
    network,
    post,
    report,
    vacate,
    version,
)
from tests.support.scenario import Scenario
from tests.support.whole_documents import (
    Recorded,
    assigned,
    billed,
    came_about,
    corrected,
    corrects,
    counted,
    doctor,
    issued,
    note,
    nothing,
    nurse,
    restated,
)

IN_SECOND: Final[dict[str, Any]] = {
    "period_start": HALVES[1][0],
    "period_end": HALVES[1][1],
}
IN_YEAR: Final[dict[str, Any]] = {
    "period_start": HALVES[0][0],
    "period_end": HALVES[1][1],
}
# Ten days of June are found vacant, and the doctor is out of the agreement.
CHANGED: Final = (
    *(vacate(date(2026, 6, 21)), fill(date(2026, 7, 1))),
    *(version(2, vat_treatment=VatTreatment.STANDARD), accept(2)),
)
# Ten days of either half were vacant when it was billed, and were not in truth.
LATE: Final = (
    *(*AGREED_WITH_VAT, *DETAILS, report(), approve()),
    *(fill(), vacate(date(2026, 6, 21)), FIRST),
    *(fill(date(2026, 7, 1)), vacate(date(2026, 12, 22)), SECOND),
    *(fill(date(2026, 6, 21)), fill(date(2026, 12, 22))),
)
# The second document bills the doctor for the first half, which its own did not.
DOCTOR_LATER: Final = (
    *(*AGREED_WITH_VAT, *DETAILS, fill(), report(), approve()),
    *(FIRST, fill(name="doctor"), SECOND),
)
JUNE: Final = restated(
    0,
    -10_000_00,
    BillingCause.STAFFING,
    came_about(
        date(2026, 1, 1),
        date(2026, 6, 20),
        171,
        171_000_00,
        of=2,
        staffing=3,
        billed_ore=181_000_00,
    ),
)
DROPPED: Final = restated(
    0, -181_00, BillingCause.AGREEMENT, nothing(1, billed_ore=181_00)
)


ISSUED: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    (DUE, FIRST, [issued(1), billed(1, 0), assigned(1)]),
    (
        (*AGREED_WITH_VAT, fill(), fill(name="doctor"), report(), approve()),
        FIRST,
        [
            issued(
                1,
                seller=InvoicedParty(name=f"Trust {OSLO}"),
                buyer=InvoicedParty(name=f"Trust {BERGEN}"),
                buyer_reference="ms-ous",
                account="",
                kid="",
            ),
            billed(1, 0),
        ],
    ),
    (
        (*INVOICED, *CHANGED),
        SECOND,
        [
            issued(
                2,
                **IN_SECOND,
                version=2,
                lines=(
                    doctor(-181_00, DROPPED, arithmetic=nothing(1)),
                    nurse(
                        174_000_00,
                        JUNE,
                        arithmetic=came_about(
                            *HALVES[1], 184, 184_000_00, of=2, staffing=3
                        ),
                    ),
                ),
                net_ore=173_819_00,
                vat_ore=43_454_75,
                corrects=corrects(1),
                counted=counted(1, 3, 1, 2),
            ),
            billed(2, 1),
            assigned(2),
        ],
    ),
    (
        (*INVOICED, SECOND, vacate(date(2026, 12, 22))),
        CORRECTION,
        [
            issued(
                3,
                **IN_YEAR,
                kind=DocumentKind.CREDIT_NOTE,
                due_on=None,
                lines=(
                    nurse(
                        -10_000_00,
                        restated(
                            1,
                            -10_000_00,
                            BillingCause.STAFFING,
                            came_about(
                                date(2026, 7, 1),
                                date(2026, 12, 21),
                                174,
                                174_000_00,
                                staffing=2,
                                billed_ore=184_000_00,
                            ),
                        ),
                    ),
                ),
                net_ore=-10_000_00,
                vat_ore=-2_500_00,
                corrects=corrects(2),
                counted=counted(1, 2, 1),
                corrects_year=True,
            ),
            corrected(3),
        ],
    ),
    (
        LATE,
        CORRECTION,
        [
            issued(
                3,
                **IN_YEAR,
                lines=(
                    nurse(
                        20_000_00,
                        *(
                            restated(
                                half,
                                10_000_00,
                                BillingCause.STAFFING,
                                came_about(
                                    *HALVES[half],
                                    days,
                                    days * 1_000_00,
                                    staffing=6,
                                    billed_ore=(days - 10) * 1_000_00,
                                ),
                            )
                            for half, days in enumerate((181, 184))
                        ),
                    ),
                ),
                net_ore=20_000_00,
                vat_ore=5_000_00,
                corrects=corrects(1, 2),
                counted=counted(0, 6, 1),
                corrects_year=True,
            ),
            corrected(3),
            assigned(3),
        ],
    ),
]
NEW_DETAILS: Final = (
    RecordBillingDetails(org_number=OSLO, account="15032080119", city="Oslo"),
    RecordBillingDetails(org_number=BERGEN, buyer_reference="KST 1", city="Bergen"),
)
CREDITED: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    (
        INVOICED,
        credit(1, ("nurse", 60_00), ("nurse", 40_00)),
        note(2, 1, [nurse(-100_00)], -25_00, whole=False),
    ),
    (
        (*INVOICED, *NEW_DETAILS),
        credit(1, ("nurse", 100_00)),
        note(
            2,
            1,
            [nurse(-100_00)],
            -25_00,
            whole=False,
            seller=InvoicedParty(name=f"Trust {OSLO}", city="Oslo"),
            buyer=InvoicedParty(name=f"Trust {BERGEN}", city="Bergen"),
            account="15032080119",
            kid="",
        ),
    ),
    (
        (*INVOICED, credit(1, ("nurse", 100_00))),
        credit(),
        note(3, 1, [doctor(-181_00), nurse(-180_900_00)], -45_270_25),
    ),
    (
        (*INVOICED, *CHANGED, SECOND),
        credit(2),
        note(
            3,
            2,
            [
                doctor(181_00, restated(0, 181_00, BillingCause.CREDIT)),
                nurse(-174_000_00, restated(0, 10_000_00, BillingCause.CREDIT)),
            ],
            -43_454_75,
            version=2,
            **IN_SECOND,
        ),
    ),
    (
        (*INVOICED, SECOND, vacate(date(2026, 12, 22)), CORRECTION),
        credit(3),
        [
            *note(
                4,
                3,
                [nurse(10_000_00, restated(1, 10_000_00, BillingCause.CREDIT))],
                2_500_00,
                kind=DocumentKind.INVOICE,
                due_on=date(2027, 3, 3),
                **IN_YEAR,
            ),
            assigned(4),
        ],
    ),
    (
        (*LATE, CORRECTION),
        credit(3, ("nurse", 15_000_00)),
        note(
            4,
            3,
            [
                nurse(
                    -15_000_00,
                    restated(0, -10_000_00, BillingCause.CREDIT),
                    restated(1, -5_000_00, BillingCause.CREDIT),
                )
            ],
            -3_750_00,
            whole=False,
            **IN_YEAR,
        ),
    ),
    (
        (*LATE, CORRECTION),
        credit(3, ("nurse", 10_000_00)),
        note(
            4,
            3,
            [nurse(-10_000_00, restated(0, -10_000_00, BillingCause.CREDIT))],
            -2_500_00,
            whole=False,
            **IN_YEAR,
        ),
    ),
    (
        DOCTOR_LATER,
        credit(1, ("doctor", 80_00)),
        note(3, 1, [doctor(-80_00)], -20_00, whole=False),
    ),
    (
        (*DOCTOR_LATER, credit(1, ("doctor", 80_00))),
        credit(),
        note(4, 1, [nurse(-181_000_00), doctor(80_00)], -45_230_00),
    ),
]


@pytest.mark.parametrize(("before", "command", "recorded"), [*ISSUED, *CREDITED])
def test_a_document_says_all_of_it_and_no_more(
    before: Sequence[Command], command: Command, recorded: Recorded
) -> None:
    scenario = Scenario().given(*before, today=TODAY).when(command, today=TODAY)
    found = [(str(each.stream), each.fact) for each in scenario.appended]
    assert found == recorded, scenario.outcome


def test_what_has_billed_an_agreement_is_known_in_the_order_of_issue() -> None:
    scenario = Scenario().given(
        *(*INVOICED, SECOND, vacate(date(2026, 12, 22)), CORRECTION),
        *(credit(3), credit(1, ("nurse", 1)), credit(2)),
        today=TODAY,
    )
    one, two, three = (DocumentId(OSLO, 2027, number) for number in (1, 2, 3))
    halves = [Period(*half) for half in HALVES]
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    assert scenario.state(BILLING, "ms-ous") == Billing(
        issued=(
            BilledDocument(halves[0], one, corrects_year=False),
            BilledDocument(halves[1], two, corrects_year=False),
            BilledDocument(year, three, corrects_year=True),
        ),
        credits={
            three: (DocumentId(OSLO, 2027, 4),),
            one: (DocumentId(OSLO, 2027, 5),),
            two: (DocumentId(OSLO, 2027, 6),),
        },
        taken_back=frozenset({two, three}),
    )


def test_an_older_document_leaves_the_cause_of_a_change_unknown() -> None:
    scenario = Scenario().given(*INVOICED, today=TODAY)
    scenario.bend(InvoiceIssued, counted=None).given(vacate(date(2026, 6, 21)))
    document = scenario.when(SECOND, today=TODAY).recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    (restated_,) = document.lines[1].restatements
    assert (restated_.amount_ore, restated_.cause) == (-10_000_00, BillingCause.UNKNOWN)


def test_what_a_document_bills_is_read_back_from_it() -> None:
    scenario = Scenario().given(*INVOICED, *CHANGED, SECOND, today=TODAY)
    document = scenario.recorded(InvoiceIssued)
    assert isinstance(document, InvoiceIssued)
    first, second = (Period(*half) for half in HALVES)
    assert document.billed == Billed(
        second,
        (
            BilledLine(
                "doctor",
                -181_00,
                (Restatement(first, -181_00, BillingCause.AGREEMENT),),
            ),
            BilledLine(
                "nurse",
                174_000_00,
                (Restatement(first, -10_000_00, BillingCause.STAFFING),),
            ),
        ),
        {"doctor": 1, "nurse": 3},
    )


def test_a_document_of_nothing_is_an_invoice_and_is_due() -> None:
    """Ten days of the nurse's first half are set off against ten of the doctor's second."""
    agreed = version(posts=(post(), post("doctor")))
    scenario = Scenario().given(
        *(*ORGANISATIONS, network(), agreed, accept(), report(), approve()),
        *(fill(), FIRST, vacate(date(2026, 6, 21))),
        *(fill(date(2026, 12, 22), "doctor"), SECOND),
        today=TODAY,
    )
    for given in ((), (credit(2),)):
        document = scenario.given(*given, today=TODAY).recorded(InvoiceIssued)
        assert isinstance(document, InvoiceIssued)
        assert [abs(line.amount_ore) for line in document.lines] == [10_000_00] * 2
        assert (document.net_ore, document.kind) == (0, DocumentKind.INVOICE)
        assert document.due_on == date(2027, 3, 3)

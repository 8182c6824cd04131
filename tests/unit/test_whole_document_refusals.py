"""Each refusal about documents and what is paid on them, whole."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.fact import Command
from domain.invoicing.invoice_decision import Resolution
from domain.invoicing.year_correction import CorrectYear
from domain.parties.organisation import OrganisationRegistered
from domain.refusal import Code, Refusal
from domain.values import Region, VatTreatment
from tests.support.documents import (
    AGREED_WITH_VAT,
    CORRECTION,
    DUE,
    FIRST,
    INVOICED,
    SECOND,
    TODAY,
    approval,
    comment,
    credit,
    dispute,
    register,
    resolve,
)
from tests.support.examples import (
    AGREED,
    BERGEN,
    HOME,
    ORGANISATIONS,
    OSLO,
    STAVANGER,
    TROMSO,
    UNKNOWN,
    accept,
    approve,
    fill,
    invoice,
    network,
    report,
    vacate,
    version,
)
from tests.support.paying import aside, by_hand, entry, imports, payment
from tests.support.refusals import not_entitled, unknown_organisation, wrong_region
from tests.support.scenario import Scenario

Case = tuple[Sequence[Command], Command, Refusal]
PROPOSED: Final = (*ORGANISATIONS, network(), version())
NOT_ASSESSED: Final = (
    *(*AGREED, version(2, vat_treatment=VatTreatment.NOT_ASSESSED)),
    accept(2),
)
VACANT: Final = (*AGREED_WITH_VAT, report(), approve())
DISPUTED: Final = (*INVOICED, dispute("nurse"))
VACATED: Final = (vacate(date(2026, 6, 21)), fill(date(2026, 7, 1)))
UNKNOWN_AGREEMENT: Final = Refusal(
    Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": "b"}
)
NO_VAT: Final = Refusal(Code.VAT_NOT_ASSESSED, "agreement", {"version": 2})
FIRST_OF_B: Final[dict[str, Any]] = {
    "agreement": "b",
    "period_start": date(2026, 1, 1),
    "seller": None,
    "year": None,
    "number": None,
}
SECOND_HALF: Final[dict[str, Any]] = {
    **FIRST_OF_B,
    "agreement": "ms-ous",
    "period_start": date(2026, 7, 1),
}


def unknown_invoice(shown: str, member: str = "number") -> Refusal:
    """Tell that there is no such document."""
    return Refusal(Code.UNKNOWN_INVOICE, member, {"invoice": shown})


def exceeds(left_ore: int, name: str | None = None) -> Refusal:
    """Tell how much is left of a line, or of a document."""
    of = {} if name is None else {"post": name}
    return Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", {**of, "left_ore": left_ore})


def about_post(code: Code, member: str = "post", name: str = "b") -> Refusal:
    """Refuse what is said of a post."""
    return Refusal(code, member, {"post": name})


ISSUES: Final[Sequence[Case]] = [
    (DUE, invoice(agreement="b"), UNKNOWN_AGREEMENT),
    (PROPOSED, FIRST, Refusal(Code.NOT_ACCEPTED, "agreement")),
    (NOT_ASSESSED, FIRST, NO_VAT),
    (
        DUE,
        invoice(date(2026, 1, 1), date(2026, 3, 31)),
        Refusal(Code.PERIOD_NOT_ALLOWED, "period_start", {"frequency": "half_yearly"}),
    ),
    (
        DUE,
        invoice(date(2027, 1, 1), date(2027, 6, 30)),
        Refusal(Code.PERIOD_NOT_ENDED, "period_end"),
    ),
    (
        (*INVOICED, SECOND),
        SECOND,
        Refusal(Code.ALREADY_INVOICED, "period_start", {"number": 2, "year": 2027}),
    ),
    ((*AGREED_WITH_VAT, fill()), FIRST, Refusal(Code.REPORT_MISSING, "period_start")),
    (VACANT, FIRST, Refusal(Code.NOTHING_TO_INVOICE, "period_start")),
    (DUE, CorrectYear(agreement="b", year=2026), UNKNOWN_AGREEMENT),
    (PROPOSED, CORRECTION, Refusal(Code.NOT_ACCEPTED, "agreement")),
    (NOT_ASSESSED, CORRECTION, NO_VAT),
    (
        (*INVOICED, vacate(date(2026, 6, 21))),
        CorrectYear(agreement="ms-ous", year=2027),
        Refusal(Code.PERIOD_NOT_ENDED, "year"),
    ),
    (INVOICED, CORRECTION, Refusal(Code.NOTHING_TO_INVOICE, "year")),
]
CREDITS: Final[Sequence[Case]] = [
    (INVOICED, credit(2), unknown_invoice(f"{OSLO} 2027-2")),
    (
        INVOICED,
        credit().model_copy(update={"seller": UNKNOWN}),
        unknown_invoice(f"{UNKNOWN} 2027-1"),
    ),
    (INVOICED, credit().model_copy(update=FIRST_OF_B), UNKNOWN_AGREEMENT),
    (
        INVOICED,
        credit().model_copy(update=SECOND_HALF),
        unknown_invoice("ms-ous 2026-07-01", "period_start"),
    ),
    ((*INVOICED, credit()), credit(), exceeds(0)),
    (
        (*INVOICED, credit(1, ("nurse", 181_000_00), ("doctor", 181_00))),
        credit(),
        exceeds(0),
    ),
    (INVOICED, credit(1, ("b", 1)), about_post(Code.UNKNOWN_POST, "lines")),
    (INVOICED, credit(1, ("nurse", 0)), exceeds(181_000_00, "nurse")),
    (
        (*INVOICED, credit(1, ("doctor", 1_00))),
        credit(1, ("doctor", 100_00), ("doctor", 80_01)),
        exceeds(180_00, "doctor"),
    ),
    (
        (*INVOICED, *VACATED, SECOND),
        credit(1, ("nurse", 171_000_01)),
        exceeds(171_000_00, "nurse"),
    ),
    ((*INVOICED, *VACATED, SECOND), credit(), exceeds(171_000_00, "nurse")),
    (
        (*DUE, vacate(date(2026, 6, 21)), FIRST, fill(date(2026, 6, 21)), CORRECTION),
        credit(2, ("nurse", 10_000_01)),
        exceeds(10_000_00, "nurse"),
    ),
    (
        (*INVOICED, vacate(date(2026, 6, 21)), CORRECTION),
        credit(2, ("nurse", 1)),
        exceeds(0, "nurse"),
    ),
]
VERDICTS: Final[Sequence[Case]] = [
    (INVOICED, register(number=2), unknown_invoice(f"{OSLO} 2027-2")),
    (
        (*INVOICED, register(ehf_sha256="5e" * 32)),
        register(ehf_sha256="00" * 32),
        Refusal(Code.CONFLICTING_ROW, "ehf_sha256"),
    ),
    *(
        (INVOICED, command.model_copy(update=FIRST_OF_B), UNKNOWN_AGREEMENT)
        for command in (register(), dispute(), comment(), resolve(Resolution.UPHELD))
    ),
    (INVOICED, dispute("b"), about_post(Code.UNKNOWN_POST)),
    (INVOICED, approval(), Refusal(Code.NOT_REGISTERED, "verdict")),
    ((*INVOICED, register()), approval(), Refusal(Code.FOUR_EYES, "verdict")),
    (INVOICED, comment("b"), about_post(Code.UNKNOWN_POST)),
    (INVOICED, comment(), about_post(Code.NOT_DISPUTED, name="")),
    (DISPUTED, comment("doctor"), about_post(Code.NOT_DISPUTED, name="doctor")),
    (DUE, comment(), unknown_invoice(f"{OSLO} 2027-1")),
    (DUE, resolve(Resolution.UPHELD), unknown_invoice(f"{OSLO} 2027-1")),
    (DISPUTED, resolve(Resolution.UPHELD, "b"), about_post(Code.UNKNOWN_POST)),
    (
        INVOICED,
        resolve(Resolution.UPHELD),
        about_post(Code.NOT_DISPUTED, name=""),
    ),
    (
        DISPUTED,
        resolve(Resolution.UPHELD, "doctor"),
        about_post(Code.NOT_DISPUTED, name="doctor"),
    ),
    (
        (*DISPUTED, credit(1, ("doctor", 1_00))),
        resolve(Resolution.CREDITED),
        about_post(Code.NOT_CREDITED, "outcome", "nurse"),
    ),
    (
        (*INVOICED, credit(1, ("nurse", 1_00)), dispute("nurse")),
        resolve(Resolution.CREDITED),
        about_post(Code.NOT_CREDITED, "outcome", "nurse"),
    ),
    (
        (*INVOICED, dispute(), credit(1, ("doctor", 1_00))),
        resolve(Resolution.CREDITED),
        about_post(Code.NOT_CREDITED, "outcome", "nurse"),
    ),
    (DISPUTED, resolve(Resolution.AMENDED), Refusal(Code.NOT_AMENDED, "outcome")),
    (
        DISPUTED,
        resolve(Resolution.UPHELD),
        Refusal(Code.NOT_REGISTERED),
    ),
    (
        (*DISPUTED, register()),
        resolve(Resolution.UPHELD),
        Refusal(Code.FOUR_EYES),
    ),
]
ALREADY_SETTLED: Final = Refusal(Code.ALREADY_SETTLED, "reference")
WAITING: Final = (*INVOICED, imports(entry(kid="")))


def unknown_entry(reference: str) -> Refusal:
    """Tell that no bank has told of an entry."""
    return Refusal(Code.UNKNOWN_BANK_ENTRY, "reference", {"reference": reference})


def about_entry(code: Code, place: int, reference: str = "B1") -> Refusal:
    """Refuse one of the entries that are told."""
    return Refusal(code, f"entries.{place}", {"reference": reference})


PAYMENTS: Final[Sequence[Case]] = [
    (INVOICED, payment(agreement="b"), UNKNOWN_AGREEMENT),
    (
        INVOICED,
        payment(period_start=date(2026, 7, 1)),
        unknown_invoice("ms-ous 2026-07-01", "period_start"),
    ),
    *(
        (
            WAITING,
            command,
            unknown_organisation(UNKNOWN, "organisation"),
        )
        for command in (
            imports(entry(), organisation=UNKNOWN),
            by_hand(organisation=UNKNOWN),
            aside(organisation=UNKNOWN),
        )
    ),
    (
        INVOICED,
        imports(entry(reference="B2"), entry(reference="NONREF")),
        about_entry(Code.REFERENCE_NAMES_NOTHING, 1, "NONREF"),
    ),
    (
        INVOICED,
        imports(entry(), entry(reference="B2"), entry(amount_ore=1)),
        about_entry(Code.CONFLICTING_ROW, 2),
    ),
    (WAITING, imports(entry(amount_ore=1)), about_entry(Code.CONFLICTING_ROW, 0)),
    (
        INVOICED,
        imports(entry(account="15032080119")),
        about_entry(Code.OTHER_ACCOUNT, 0),
    ),
    (WAITING, by_hand(reference="B2"), unknown_entry("B2")),
    (WAITING, aside(reference="B2"), unknown_entry("B2")),
    (WAITING, by_hand(number=2), unknown_invoice(f"{OSLO} 2027-2")),
    (WAITING, by_hand(payee=TROMSO), unknown_invoice(f"{TROMSO} 2027-1")),
    (
        (*INVOICED, imports(entry(), organisation=TROMSO)),
        by_hand(organisation=TROMSO),
        Refusal(Code.OTHER_PARTY, "number"),
    ),
    ((*WAITING, SECOND, by_hand()), by_hand(number=2), ALREADY_SETTLED),
    ((*WAITING, by_hand()), aside(), ALREADY_SETTLED),
    ((*WAITING, aside()), by_hand(), ALREADY_SETTLED),
    ((*WAITING, aside()), aside(reason="Wages"), ALREADY_SETTLED),
]


@pytest.mark.parametrize(
    ("before", "command", "refusal"), [*ISSUES, *CREDITS, *VERDICTS, *PAYMENTS]
)
def test_a_refusal_says_what_is_wrong_and_where(
    before: Sequence[Command], command: Command, refusal: Refusal
) -> None:
    scenario = Scenario().given(*before, today=TODAY).when(command, today=TODAY)
    assert scenario.outcome == refusal


ENTITLED: Final[Sequence[tuple[Sequence[Command], Command, str]]] = [
    (DUE, FIRST, OSLO),
    (INVOICED, CORRECTION, OSLO),
    (INVOICED, credit(), OSLO),
    (INVOICED, register(), BERGEN),
    (INVOICED, approval(), BERGEN),
    (INVOICED, dispute("nurse"), BERGEN),
    (DISPUTED, comment(), OSLO),
    (DISPUTED, resolve(Resolution.UPHELD), BERGEN),
    (INVOICED, payment(), BERGEN),
    (INVOICED, imports(entry()), OSLO),
    (INVOICED, imports(entry(), organisation=BERGEN), BERGEN),
    (WAITING, by_hand(), OSLO),
    (WAITING, aside(), OSLO),
]


@pytest.mark.parametrize(("before", "command", "number"), ENTITLED)
def test_others_are_told_who_may_and_at_which_node(
    before: Sequence[Command], command: Command, number: str
) -> None:
    scenario, home = Scenario().given(*before, today=TODAY), HOME[number]
    scenario.when(command, today=TODAY, organisation=STAVANGER, region=home)
    assert scenario.outcome == not_entitled(number, home)
    scenario.when(command, today=TODAY, organisation=number, region=Region.MIDT)
    assert scenario.outcome == wrong_region(number, home)


def test_the_payer_comments_at_its_own_node() -> None:
    scenario = Scenario().given(*DISPUTED, today=TODAY)
    scenario.when(comment(), organisation=BERGEN, region=Region.SOROST)
    assert scenario.outcome == wrong_region(BERGEN, Region.VEST)


@pytest.mark.parametrize(
    ("before", "command", "asks", "number", "member"),
    [
        (DUE, FIRST, OSLO, OSLO, "agreement"),
        (DUE, FIRST, OSLO, BERGEN, "agreement"),
        (INVOICED, CORRECTION, OSLO, OSLO, "agreement"),
        (
            (*INVOICED, vacate(date(2026, 6, 21))),
            CORRECTION,
            OSLO,
            BERGEN,
            "agreement",
        ),
        (INVOICED, credit(), OSLO, BERGEN, "agreement"),
        (INVOICED, register(), BERGEN, BERGEN, "agreement"),
        (INVOICED, approval(), BERGEN, BERGEN, "agreement"),
        (DISPUTED, comment(), BERGEN, BERGEN, "seller"),
        (DISPUTED, resolve(Resolution.UPHELD), BERGEN, BERGEN, "agreement"),
        (INVOICED, payment(), BERGEN, BERGEN, "agreement"),
    ],
)
def test_nothing_is_said_to_or_by_who_is_not_registered_here(
    before: Sequence[Command], command: Command, asks: str, number: str, member: str
) -> None:
    """Terms may be here of which the log that registers their trust is not."""
    scenario = Scenario().given(*before, today=TODAY)
    scenario = scenario.without(OrganisationRegistered, org_number=number)
    scenario.when(command, today=TODAY, organisation=asks, region=HOME[asks])
    assert scenario.outcome == unknown_organisation(number, member)

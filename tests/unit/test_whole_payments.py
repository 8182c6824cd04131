"""What is said of a document and paid on it, whole: each fact in its stream."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.fact import Command, Fact
from domain.invoicing.dispute import DISPUTE, DisputeCommented
from domain.invoicing.invoice import OnDocument
from domain.invoicing.invoice_decision import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
    Resolution,
)
from domain.payments.bank import (
    BankEntryImported,
    BankEntryMatched,
    BankEntrySetAside,
    SetAsideCause,
)
from domain.payments.matching import Direction, Unmatched
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.values import VatTreatment
from tests.support.documents import (
    INVOICED,
    TODAY,
    approval,
    comment,
    credit,
    dispute,
    numbered,
    register,
    resolve,
)
from tests.support.examples import BERGEN, OSLO, accept, version
from tests.support.paying import BOOKED, ENTRY, aside, by_hand, entry, imports, payment
from tests.support.scenario import Scenario
from tests.support.whole_documents import Recorded

KEY: Final = f"{OSLO}:2027:1"
HASH: Final = "5e" * 32
BY_PERIOD: Final[dict[str, Any]] = {
    "agreement": "ms-ous",
    "period_start": date(2026, 1, 1),
    "seller": None,
    "year": None,
    "number": None,
}
ASKED_BY: Final = "controller"
SAID: Final[dict[str, Any]] = {**numbered(), "decided_by": ASKED_BY}
DISPUTED: Final = (*INVOICED, dispute())
AMENDED: Final = (version(2, vat_treatment=VatTreatment.STANDARD), accept(2))


def decided(*facts: Fact) -> Recorded:
    """Return what the payer says of a document."""
    return [(f"vest:invoice-decisions:{KEY}", fact) for fact in facts]


def resolved(outcome: Resolution, name: str | None = None) -> DisputeResolved:
    """End a dispute."""
    return DisputeResolved(**SAID, post=name, outcome=outcome, text="So be it")


def upheld(*names: str) -> list[InvoiceApproved]:
    """Approve what was disputed."""
    return [InvoiceApproved(**SAID, post=name, reason="So be it") for name in names]


def disputed(name: str | None = None, **known: Any) -> InvoiceDisputed:
    """Dispute a document, or a line of it."""
    return InvoiceDisputed(**SAID, post=name, reason="Not as agreed", **known)


WORDS: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    *(
        (
            INVOICED,
            register(ehf_sha256=HASH, **named),
            decided(
                InvoiceRegistered(**numbered(), registered_by=ASKED_BY, ehf_sha256=HASH)
            ),
        )
        for named in ({}, BY_PERIOD)
    ),
    (
        (*INVOICED, register()),
        register(ehf_sha256=HASH),
        decided(
            InvoiceRegistered(**numbered(), registered_by=ASKED_BY, ehf_sha256=HASH)
        ),
    ),
    ((*INVOICED, register(ehf_sha256=HASH)), register(ehf_sha256=HASH), []),
    ((*INVOICED, register(ehf_sha256=HASH)), register(), []),
    (INVOICED, dispute("nurse"), decided(disputed("nurse", credits=0, versions=1))),
    (
        (*INVOICED, credit(1, ("nurse", 1)), *AMENDED),
        dispute(**BY_PERIOD),
        decided(disputed(credits=1, versions=2)),
    ),
    (
        (*DISPUTED, credit(1, ("nurse", 1)), credit(1, ("doctor", 1))),
        resolve(Resolution.CREDITED),
        decided(resolved(Resolution.CREDITED)),
    ),
    (
        (*DISPUTED, credit(1, ("nurse", 1))),
        resolve(Resolution.CREDITED, "nurse"),
        decided(resolved(Resolution.CREDITED, "nurse")),
    ),
    (
        (*DISPUTED, *AMENDED),
        resolve(Resolution.AMENDED),
        decided(resolved(Resolution.AMENDED)),
    ),
]
BY_ANOTHER: Final[Sequence[tuple[Command, Recorded]]] = [
    (approval(), decided(InvoiceApproved(**SAID, reason="As agreed"))),
    (
        approval("nurse"),
        decided(InvoiceApproved(**SAID, post="nurse", reason="As agreed")),
    ),
    (
        resolve(Resolution.UPHELD),
        decided(*upheld("doctor", "nurse"), resolved(Resolution.UPHELD)),
    ),
    (
        resolve(Resolution.UPHELD, "nurse"),
        decided(*upheld("nurse"), resolved(Resolution.UPHELD, "nurse")),
    ),
]
DOCUMENT: Final = numbered()
IMPORTED: Final = BankEntryImported(
    organisation=OSLO,
    reference="B1",
    direction=Direction.CREDIT,
    amount_ore=100_00,
    booked_on=BOOKED,
    kid="270000000108",
    account="86011117947",
    **DOCUMENT,
    transaction="T1",
)
NO_DOCUMENT: Final[dict[str, Any]] = {
    "kid": "",
    "seller": None,
    "year": None,
    "number": None,
    "unmatched": Unmatched.NO_KID,
}


def told(organisation: str = OSLO, **changes: Any) -> tuple[str, Fact]:
    """Record what a bank says of an entry."""
    region = "sorost" if organisation == OSLO else "vest"
    fact = IMPORTED.model_copy(update={"organisation": organisation, **changes})
    return f"{region}:bank-entry:{organisation}:{fact.reference}", fact


def received(amount_ore: int = 100_00, reference: str = "B1") -> tuple[str, Fact]:
    """Let Oslo receive an amount."""
    fact = PaymentReceived(
        **DOCUMENT, amount_ore=amount_ore, received_on=BOOKED, reference=reference
    )
    return f"sorost:receipts:{KEY}", fact


def paid(amount_ore: int, paid_on: date = BOOKED) -> tuple[str, Fact]:
    """Let Bergen pay an amount."""
    fact = PaymentRegistered(**DOCUMENT, amount_ore=amount_ore, paid_on=paid_on)
    return f"vest:payments:{KEY}", fact


def matched(organisation: str, region: str) -> tuple[str, Fact]:
    """Record which document an entry pays."""
    fact = BankEntryMatched(organisation=organisation, reference="B1", **DOCUMENT)
    return f"{region}:bank-entry:{organisation}:B1", fact


def waiting(of: str, direction: Direction = Direction.CREDIT) -> Sequence[Command]:
    """Return what leads to an entry without a document."""
    unmatched = entry(kid="", direction=direction)
    return (*INVOICED, imports(unmatched, organisation=of))


DEBIT: Final[dict[str, Any]] = {"direction": Direction.DEBIT}
MONEY: Final[Sequence[tuple[Sequence[Command], Command, Recorded]]] = [
    (INVOICED, payment(), [paid(70_00, date(2027, 1, 30))]),
    (INVOICED, imports(entry()), [told(), received()]),
    (
        INVOICED,
        imports(entry(**DEBIT, paid_to=ENTRY.account), organisation=BERGEN),
        [told(BERGEN, **DEBIT), paid(100_00)],
    ),
    (INVOICED, imports(entry(kid="")), [told(**NO_DOCUMENT)]),
    (
        (*INVOICED, imports(entry())),
        imports(entry(), entry(reference="B2", transaction=None)),
        [told(reference="B2", transaction=None), received(reference="B2")],
    ),
    (
        INVOICED,
        imports(
            entry(**DEBIT, kid=""),
            entry(),
            entry(amount_ore=5, transaction="T2"),
            entry(reference="B2", account="15032080119"),
            whole_account=True,
        ),
        [
            *(told(), received()),
            told(reference="B1~2", amount_ore=5, transaction="T2"),
            received(5, "B1~2"),
        ],
    ),
    (waiting(OSLO), by_hand(), [matched(OSLO, "sorost"), received()]),
    (
        waiting(OSLO, Direction.DEBIT),
        by_hand(),
        [matched(OSLO, "sorost"), received(-100_00)],
    ),
    (
        waiting(BERGEN, Direction.DEBIT),
        by_hand(organisation=BERGEN),
        [matched(BERGEN, "vest"), paid(100_00)],
    ),
    (
        waiting(BERGEN),
        by_hand(organisation=BERGEN),
        [matched(BERGEN, "vest"), paid(-100_00)],
    ),
    ((*INVOICED, imports(entry())), by_hand(), []),
    ((*waiting(OSLO), by_hand()), by_hand(), []),
    (
        waiting(OSLO),
        aside(),
        [
            (
                f"sorost:bank-entry:{OSLO}:B1",
                BankEntrySetAside(
                    organisation=OSLO,
                    reference="B1",
                    cause=SetAsideCause.NOT_OURS,
                    reason="Rent",
                ),
            )
        ],
    ),
    ((*waiting(OSLO), aside()), aside(), []),
]


@pytest.mark.parametrize(("before", "command", "recorded"), [*WORDS, *MONEY])
def test_a_decision_records_all_that_was_said_and_no_more(
    before: Sequence[Command], command: Command, recorded: Recorded
) -> None:
    scenario = Scenario().given(*before, today=TODAY).when(command, today=TODAY)
    assert isinstance(scenario.outcome, tuple)
    assert [(str(e.stream), e.fact) for e in scenario.appended] == recorded


@pytest.mark.parametrize(("command", "recorded"), BY_ANOTHER)
def test_who_approves_is_another_than_who_registered(
    command: Command, recorded: Recorded
) -> None:
    scenario = Scenario().given(*DISPUTED, today=TODAY)
    scenario.given(register(), today=TODAY, actor="per").when(command)
    assert [(str(e.stream), e.fact) for e in scenario.appended] == recorded


def test_each_party_comments_in_its_own_region() -> None:
    scenario = Scenario().given(*DISPUTED, today=TODAY)
    said = {**numbered(), "text": "It was filled"}
    payees = DisputeCommented(
        **said, post="nurse", written_by=ASKED_BY, organisation=OSLO
    )
    payers = DisputeCommented(**said, written_by="kari", organisation=BERGEN)
    scenario.given(comment("nurse"))
    scenario.when(comment(), organisation=BERGEN, actor="kari")
    found = [(str(each.stream), each.fact) for each in scenario.held[-2:]]
    assert found == [
        (f"sorost:dispute:{KEY}", payees),
        (f"vest:dispute:{KEY}", payers),
    ]
    assert scenario.state(DISPUTE, KEY).comments == (payees, payers)


def test_a_document_is_named_in_one_of_two_ways() -> None:
    with pytest.raises(ValueError, match="names a document by its period, or by its"):
        OnDocument(**{**numbered(), "year": None})

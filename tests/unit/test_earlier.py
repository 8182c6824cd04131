"""What was recorded under a name that is written no more is decided again as well."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.catalogue import EARLIER, FACTS, decode
from domain.earlier import (
    LACKED,
    PAYMENT_TAKEN_BACK,
    came,
    gone,
    newest,
    went_back,
)
from domain.fact import canonical
from domain.history import Append, Asked
from domain.invoicing.invoice import DocumentId
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Verdict,
)
from domain.parties.mandate import MANDATES, MandateCode, MandateGranted
from domain.payments.bank import BankEntryImported
from domain.payments.matching import Direction, Unmatched
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.redeciding import (
    NO_COMMAND,
    OTHER_FACTS,
    WRITTEN_NO_MORE,
    decision_fault,
)
from domain.refusal import Code
from domain.role import Role
from domain.values import Region
from tests.support.bank import (
    BOOKED,
    GROSS,
    SUMMER,
    details,
    entry,
    imported,
    invoiced,
    second_payee,
)
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    TROMSO,
    invoice,
)
from tests.support.mandates import granted
from tests.support.scenario import Scenario

PAYMENT, ENTRY = "payment.registered.v1", "bank.entry_imported.v1"
MANDATE = "mandate.granted.v1"
APPROVED, DISPUTED = "invoice.approved.v1", "invoice.disputed.v1"
VEST: Final = Asked(Region.VEST, BERGEN, SUMMER, "controller")
SOROST: Final = Asked(Region.SOROST, OSLO, SUMMER, "controller")
NUMBERED: Final[dict[str, Any]] = {"seller": OSLO, "year": 2026, "number": 1}


def fault(
    scenario: Scenario,
    recorded: Sequence[Append],
    first: str,
    *,
    asked: Asked = VEST,
    others: Sequence[str] = (),
    **changes: Any,
) -> str | None:
    """Decide again what was recorded, of which the first fact had an earlier name."""
    bent = recorded[0]._replace(fact=recorded[0].fact.model_copy(update=changes))
    facts = [bent, *recorded[1:]]
    names = [first, *(others or (each.fact.TYPE for each in recorded[1:]))]
    return decision_fault(facts, [asked], scenario, names)


def decided(scenario: Scenario) -> list[Append]:
    """Return what the last command led to."""
    return [Append(each.stream, each.fact) for each in scenario.appended]


def under(name: str, append: Append) -> Append:
    """Return what is recorded as an earlier release said it."""
    shape = append.fact.model_dump(mode="json", exclude_none=True)
    for path in LACKED[name]:
        drop(shape, path.split("."))
    return append._replace(fact=decode(name, canonical(shape)))


def drop(shape: Any, path: Sequence[str]) -> None:
    if isinstance(shape, list):
        for each in shape:
            drop(each, path)
    elif len(path) == 1:
        shape.pop(path[0], None)
    else:
        drop(shape[path[0]], path[1:])


def test_every_earlier_name_says_which_release_took_another() -> None:
    for name in EARLIER:
        assert 0 <= came(name) < gone(name), name
    for name in FACTS:
        assert gone(name) == 0, name
        is_first = name.endswith(".v1")
        assert is_first or came(name), f"{name} came with a release"
    assert LACKED.keys() <= EARLIER.keys()


def test_a_log_has_no_earlier_name_after_a_later_one() -> None:
    assert newest([]) == newest(["post.filled.v1", APPROVED]) == 0
    assert newest(["post.filled.v1", "kid.assigned.v1", PAYMENT]) == came(ENTRY)
    registered = newest(["invoice.registered.v1"])
    assert registered == gone(APPROVED)
    assert went_back([PAYMENT, APPROVED], registered)
    assert not went_back([PAYMENT, "post.filled.v1"], registered)
    assert not went_back([APPROVED], registered - 1)


def test_under_the_earlier_name_any_organisation_made_anybody_auditor() -> None:
    granting = granted("eva", Role.AUDITOR)
    fact = MandateGranted(**dict(granting), number=2, granted_by="controller")
    recorded = Append(MANDATES.stream(Region.SOROST, OSLO), fact)
    asked = replace(SOROST, mandate=1)
    before = Scenario().given(*ORGANISATIONS, granted())
    assert fault(before, [recorded], MANDATE, asked=asked) is None
    said = fault(before, [recorded], MANDATE, asked=asked, purpose="Revisjon")
    assert said == OTHER_FACTS
    refused = fault(before, [recorded], "mandate.granted.v2", asked=asked)
    assert refused == MandateCode.AUDITOR_OF_AUTHORITY


def paid(**changes: Any) -> tuple[Scenario, list[Append]]:
    """Return a document and Bergen's payment on it."""
    after = invoiced()
    scenario = after.copy()
    said = {**NUMBERED, "amount_ore": 100, "paid_on": SUMMER, **changes}
    return scenario, decided(after.given(RegisterPayment(**said)))


@pytest.mark.parametrize("paid_on", [SUMMER, date(1999, 12, 31), date(2028, 1, 1)])
def test_a_payment_of_then_may_be_of_any_day(paid_on: date) -> None:
    scenario, recorded = paid()
    then = fault(scenario, recorded, PAYMENT, paid_on=paid_on)
    now = fault(scenario, recorded, PaymentRegistered.TYPE, paid_on=paid_on)
    assert then is None
    assert now == (None if paid_on == SUMMER else Code.DAY_NOT_PLAUSIBLE)


def test_a_payment_of_then_may_be_of_nothing() -> None:
    scenario, recorded = paid()
    assert fault(scenario, recorded, PAYMENT, amount_ore=0) is None
    now = fault(scenario, recorded, PaymentRegistered.TYPE, amount_ore=0)
    assert now == Code.NO_AMOUNT


def test_a_payment_of_then_may_take_back_more_than_was_paid() -> None:
    scenario, recorded = paid()
    for then in PAYMENT_TAKEN_BACK:
        assert fault(scenario, recorded, then, amount_ore=-100) is None
    now = fault(scenario, recorded, PaymentRegistered.TYPE, amount_ore=-100)
    assert now == Code.TAKES_BACK_TOO_MUCH


def test_a_payment_of_then_is_the_payer_s_own_and_on_a_document_that_is_there() -> None:
    scenario, recorded = paid()
    assert fault(scenario, recorded, PAYMENT, asked=SOROST) == Code.NOT_ENTITLED
    assert fault(scenario, recorded, PAYMENT, number=2) == Code.UNKNOWN_INVOICE
    twice = [*recorded, *recorded]
    assert fault(scenario, twice, PAYMENT, others=[PAYMENT]) == OTHER_FACTS
    assert fault(scenario, twice, PAYMENT) == WRITTEN_NO_MORE
    elsewhere = [recorded[0]._replace(stream=recorded[0].stream._replace(key="x"))]
    assert fault(scenario, elsewhere, PAYMENT) == OTHER_FACTS


OUT: Final = {"direction": Direction.DEBIT}


def booked(**changes: Any) -> tuple[Scenario, list[Append]]:
    """Return a document, and what a bank says of its money."""
    after = invoiced()
    scenario = after.copy()
    changes = {**OUT, "amount_ore": GROSS, **changes}
    organisation = OSLO if changes["direction"] is Direction.CREDIT else BERGEN
    command = imported(organisation, entry(after, **changes))
    return scenario, decided(after.given(command, today=BOOKED))


def test_an_entry_of_then_found_its_document_by_its_kid_alone() -> None:
    """Now what is outstanding on each tells two documents of one KID apart."""
    scenario = second_payee(invoiced())
    scenario.given(RegisterPayment(**NUMBERED, amount_ore=1, paid_on=SUMMER))
    after = scenario.copy().given(imported(BERGEN, entry(scenario, **OUT)))
    recorded = decided(after)
    told = getattr(recorded[0].fact, "document", None)
    assert told == DocumentId(TROMSO, 2026, 1)
    waits: dict[str, Any] = {"seller": None, "year": None, "number": None}
    several = {**waits, "unmatched": Unmatched.SEVERAL_DOCUMENTS}
    now = BankEntryImported.TYPE
    assert fault(scenario, recorded[:1], ENTRY, **several) is None
    assert fault(scenario, recorded[:1], now, **several) == OTHER_FACTS
    assert fault(scenario, recorded, now) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "NONREF"},
        {"booked_on": date(1999, 1, 1)},
        {"booked_on": date(2199, 1, 1)},
        {"amount_ore": 0},
    ],
)
def test_an_entry_of_then_may_say_what_was_not_asked(changes: dict[str, Any]) -> None:
    scenario, recorded = booked(kid="", direction=Direction.CREDIT)
    (imported,) = recorded
    key = f"{OSLO}:{changes.get('reference', 'B1')}"
    named = [imported._replace(stream=imported.stream._replace(key=key))]
    assert fault(scenario, named, ENTRY, asked=SOROST, **changes) is None
    now = fault(scenario, named, BankEntryImported.TYPE, asked=SOROST, **changes)
    assert now is not None


def test_an_entry_of_then_is_of_its_own_bank_and_leads_to_what_it_says() -> None:
    scenario, recorded = booked()
    both: dict[str, Any] = {"others": [PAYMENT]}
    assert fault(scenario, recorded, ENTRY, **both) is None
    assert fault(scenario, recorded, ENTRY, **both, asked=SOROST) == Code.NOT_ENTITLED
    others: list[dict[str, Any]] = [
        {"amount_ore": GROSS - 1},
        {"booked_on": SUMMER},
        {"kid": ""},
        {"direction": Direction.CREDIT},
        {"number": None},
    ]
    for changes in others:
        assert fault(scenario, recorded, ENTRY, **both, **changes) == OTHER_FACTS
    assert fault(scenario, recorded, ENTRY, **both, number=2) == NO_COMMAND
    assert fault(scenario, recorded[:1], ENTRY) == OTHER_FACTS
    by_others = Asked(Region.VEST, TROMSO, SUMMER, "controller")
    assert fault(scenario, recorded, ENTRY, **both, asked=by_others) is not None


def test_an_entry_of_then_is_told_once() -> None:
    scenario, recorded = booked()
    scenario.receive(*recorded)
    assert fault(scenario, recorded, ENTRY, others=[PAYMENT]) == OTHER_FACTS
    other = fault(scenario, recorded[:1], ENTRY, amount_ore=5)
    assert other == Code.CONFLICTING_ROW


def verdict(told: Verdict) -> tuple[Scenario, list[Append]]:
    """Return a document, and that Bergen approves or disputes it."""
    after = invoiced().given(RegisterInvoice(**NUMBERED), actor="per")
    after.given(DecideInvoice(verdict=told, reason="No", **NUMBERED), actor="kari")
    return invoiced(), decided(after)


def test_one_person_was_enough_for_an_approval_of_then() -> None:
    scenario, recorded = verdict(Verdict.APPROVED)
    then = [under(APPROVED, recorded[0])]
    assert fault(scenario, then, APPROVED) is None
    assert fault(scenario, then, "invoice.approved.v2") == Code.NOT_REGISTERED
    scenario.given(RegisterInvoice(**NUMBERED), actor=VEST.actor)
    assert fault(scenario, then, APPROVED) is None
    assert fault(scenario, then, "invoice.approved.v2") == Code.FOUR_EYES
    assert fault(scenario, then, APPROVED, asked=SOROST) == Code.NOT_ENTITLED
    assert fault(scenario, then, APPROVED, post="x") == Code.UNKNOWN_POST


@pytest.mark.parametrize("told", Verdict)
def test_a_verdict_of_then_says_no_more_than_one_could(told: Verdict) -> None:
    scenario, recorded = verdict(told)
    name = f"invoice.{told}.v1"
    then = [under(name, recorded[0])]
    assert fault(scenario, then, name) is None
    more: list[dict[str, Any]] = [{"decided_by": "controller"}]
    if told is Verdict.DISPUTED:
        more += [{"credits": 1}, {"versions": 1}]
    for changes in more:
        assert fault(scenario, then, name, **changes) == OTHER_FACTS


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_document_of_then_is_computed_again(number: int) -> None:
    name = f"invoice.issued.v{number}"
    before = Scenario().given(*REPORTED)
    after = before.copy().given(invoice(), today=SUMMER)
    issued, *rest = decided(after)
    then = [under(name, issued), *rest]
    assert then[0] != issued
    assert fault(before, then, name, asked=SOROST) is None
    assert fault(before, then, issued.fact.TYPE, asked=SOROST) == OTHER_FACTS
    more: list[dict[str, Any]] = [
        {"net_ore": GROSS + 1},
        {"issued_on": date(2026, 7, 9)},
        {"network_names": getattr(issued.fact, "network_names", None)},
    ]
    for changes in more:
        assert fault(before, then, name, asked=SOROST, **changes) == OTHER_FACTS
    full = [issued, *rest]
    assert fault(before, full, name, asked=SOROST) == OTHER_FACTS


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_only_later_releases_record_beside_a_fact_may_be_missing(
    number: int,
) -> None:
    """A KID was assigned by none that wrote the first shape, and by all of the third."""
    name = f"invoice.issued.v{number}"
    before = Scenario().given(*REPORTED, details())
    issued, *rest = decided(before.copy().given(invoice(), today=SUMMER))
    assert rest[-1].fact.TYPE == "kid.assigned.v1"
    then = [under(name, issued), *rest]
    assert fault(before, then[:-1], name, asked=SOROST) == (
        OTHER_FACTS if number == 3 else None
    )
    assert fault(before, then, name, asked=SOROST) == (
        WRITTEN_NO_MORE if number == 1 else None
    )


def test_a_name_of_a_later_release_beside_it_is_a_breach() -> None:
    scenario, recorded = booked()
    assert fault(scenario, recorded, ENTRY) == WRITTEN_NO_MORE
    assert fault(scenario, recorded, BankEntryImported.TYPE, others=[PAYMENT]) == (
        WRITTEN_NO_MORE
    )

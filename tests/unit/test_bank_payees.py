"""A KID is its payee's own: what went out is on the document of who was paid."""

from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.history import Asked
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.invoice import DocumentId
from domain.payments.bank import (
    BANK_ENTRIES,
    EntryState,
    MatchBankEntry,
    SetAsideCause,
    SetBankEntryAside,
    entry_key,
)
from domain.payments.bank_import import verdicts
from domain.payments.matching import Direction, Unmatched
from domain.payments.payment import PAYMENTS, RECEIPTS, RegisterPayment
from domain.payments.telling import (
    BookedEntry,
    Doubt,
    Found,
    ImportBankEntries,
    Known,
    LeftOut,
)
from domain.refusal import Code
from domain.values import Region
from tests.support.bank import (
    ACCOUNT,
    BOOKED,
    GROSS,
    OTHER_ACCOUNT,
    SUMMER,
    details,
    entry,
    imported,
    invoiced,
    second_payee,
)
from tests.support.examples import (
    BERGEN,
    OSLO,
    TROMSO,
    TRONDHEIM,
    organisation,
    post,
    version,
)
from tests.support.scenario import Scenario

OSLOS: Final = DocumentId(OSLO, 2026, 1)
TROMSOS: Final = DocumentId(TROMSO, 2026, 1)
HALF: Final[dict[str, Any]] = {"annual_cost_ore": 182_500_00}
"""Tromsø's document is of half the amount."""
PRIVATE: Final = "12345678903"
"""An account of nobody here."""


def debit(scenario: Scenario, **changes: Any) -> BookedEntry:
    """Tell of what Bergen paid out with the KID: the whole amount of Oslo's document."""
    return entry(scenario, **{"direction": Direction.DEBIT, **changes})


def file(*entries: BookedEntry, organisation: str = BERGEN) -> ImportBankEntries:
    """Import a bank's file."""
    command = imported(organisation, *entries)
    return command.model_copy(update={"whole_account": True})


def state(scenario: Scenario, reference: str = "B1", of: str = BERGEN) -> EntryState:
    """Return what became of an entry."""
    return scenario.state(BANK_ENTRIES, entry_key(of, reference))


def waits(scenario: Scenario, reference: str = "B1") -> Unmatched | None:
    """Return why an entry waits; it must."""
    found = state(scenario, reference)
    assert found.imported is not None
    assert not found.settled
    return found.imported.unmatched


def paid_ore(scenario: Scenario, document: DocumentId = OSLOS) -> int:
    """Return what its payer has paid on a document."""
    return scenario.state(PAYMENTS, document.key).paid_ore


def left_out(scenario: Scenario, *entries: BookedEntry) -> list[object]:
    """Return the codes of what a file's import leaves out; the rest has none."""
    asked = Asked(Region.VEST, BERGEN, BOOKED, "controller")
    found = verdicts(file(*entries), asked, scenario)
    return [each.code if isinstance(each, LeftOut) else type(each) for each in found]


def told_in_file(organisation: str, *entries: BookedEntry) -> ImportBankEntries:
    """Import a bank's file, as :func:`imported` does entries by hand."""
    return file(*entries, organisation=organisation)


EACH_WAY: Final = pytest.mark.parametrize("told", [imported, told_in_file])


@EACH_WAY
@pytest.mark.parametrize(
    "amount_ore", [1, GROSS // 2, GROSS - 1, GROSS + 1, -1, -GROSS]
)
def test_what_went_out_to_whom_nobody_says_is_on_no_document_by_its_kid_alone(
    told: Any, amount_ore: int
) -> None:
    scenario = invoiced()
    scenario.given(told(BERGEN, debit(scenario, amount_ore=amount_ore)))
    assert waits(scenario) is Unmatched.PAYEE_NOT_TOLD
    assert paid_ore(scenario) == 0


@EACH_WAY
def test_what_is_exactly_what_is_outstanding_is_on_the_only_such_document(
    told: Any,
) -> None:
    scenario = invoiced()
    scenario.given(told(BERGEN, debit(scenario)))
    assert state(scenario).document == OSLOS
    again = debit(scenario, reference="B2")
    scenario.given(told(BERGEN, again))
    assert waits(scenario, "B2") is Unmatched.PAYEE_NOT_TOLD, "nothing is outstanding"
    back = debit(scenario, reference="B3", amount_ore=-GROSS)
    scenario.given(told(BERGEN, back))
    assert state(scenario, "B3").document == OSLOS, "all that is paid is taken back"
    assert paid_ore(scenario) == 0


def test_a_part_to_the_payees_account_is_on_its_document_and_the_rest_without() -> None:
    scenario = invoiced()
    part = debit(scenario, amount_ore=100, paid_to=ACCOUNT)
    rest = debit(scenario, reference="B2", amount_ore=GROSS - 100)
    scenario.given(imported(BERGEN, part), imported(BERGEN, rest))
    assert state(scenario).document == state(scenario, "B2").document == OSLOS
    assert paid_ore(scenario) == GROSS


def test_what_is_credited_and_registered_as_paid_is_not_outstanding() -> None:
    scenario = invoiced()
    line = CreditedLine(post="nurse", amount_ore=1000_00)
    note = CreditInvoice(seller=OSLO, year=2026, number=1, lines=(line,), reason="Why")
    paid = RegisterPayment(
        agreement="ms-ous",
        period_start=date(2026, 1, 1),
        amount_ore=500_00,
        paid_on=SUMMER,
    )
    scenario.given(note, paid, today=SUMMER)
    scenario.given(imported(BERGEN, debit(scenario)))
    assert waits(scenario) is Unmatched.PAYEE_NOT_TOLD
    rest = debit(scenario, reference="B2", amount_ore=GROSS - 1500_00)
    scenario.given(imported(BERGEN, rest))
    assert state(scenario, "B2").document == OSLOS


def test_the_document_that_comes_later_is_paid_once_the_file_is_told_again() -> None:
    scenario = invoiced()
    paid = debit(scenario, amount_ore=GROSS // 2)
    scenario.given(file(paid))
    assert waits(scenario) is Unmatched.PAYEE_NOT_TOLD
    scenario.when(file(paid)).unchanged()
    second_payee(scenario, **HALF).given(file(paid))
    assert state(scenario).document == TROMSOS
    assert (paid_ore(scenario), paid_ore(scenario, TROMSOS)) == (0, GROSS // 2)
    scenario.when(file(paid)).unchanged()


def test_several_that_waited_have_their_documents_at_once_with_what_is_new() -> None:
    scenario = invoiced()
    two = [
        debit(scenario, reference=each, amount_ore=GROSS // 4) for each in ("B1", "B2")
    ]
    scenario.given(file(*two))
    second_payee(scenario, **HALF)
    told = [each.model_copy(update={"paid_to": OTHER_ACCOUNT}) for each in two]
    whole = debit(scenario, reference="B3")
    scenario.copy().given(file(*told))
    scenario.given(file(*told, whole))
    assert paid_ore(scenario, TROMSOS) == GROSS // 2
    assert state(scenario, "B3").document == OSLOS


def test_what_waits_is_matched_or_set_aside_at_once() -> None:
    scenario = invoiced()
    paid = debit(scenario, amount_ore=1)
    scenario.given(file(paid))
    named: dict[str, Any] = {"organisation": BERGEN, "reference": "B1"}
    document: dict[str, Any] = {"payee": OSLO, "year": 2026, "number": 1}
    scenario.copy().given(MatchBankEntry(**named, **document))
    aside = SetBankEntryAside(**named, cause=SetAsideCause.NOT_OURS)
    second_payee(scenario.given(aside), **HALF)
    told = paid.model_copy(update={"paid_to": ACCOUNT})
    scenario.when(file(told)).unchanged()


def test_what_was_paid_to_an_account_of_nobody_here_is_not_recorded() -> None:
    scenario = invoiced()
    private = debit(scenario, paid_to=PRIVATE)
    back = debit(scenario, reference="B2", paid_to=PRIVATE, amount_ore=-5)
    assert left_out(scenario, private, back) == [None, Doubt.TAKEN_BACK]
    scenario.when(file(private, back)).unchanged()


def test_what_was_paid_to_a_payee_whose_document_comes_later_is_told_again() -> None:
    scenario = invoiced()
    paid = debit(scenario, paid_to=OTHER_ACCOUNT, amount_ore=7)
    assert left_out(scenario, paid) == [None]
    second_payee(scenario).given(file(paid))
    assert state(scenario).document == TROMSOS


def test_what_was_recorded_by_hand_before_its_document_came_is_put_right() -> None:
    scenario = invoiced()
    paid = debit(scenario, paid_to=OTHER_ACCOUNT, amount_ore=7)
    scenario.given(imported(BERGEN, paid))
    assert waits(scenario) is Unmatched.OTHER_PAYEE
    second_payee(scenario).given(imported(BERGEN, paid))
    assert state(scenario).document == TROMSOS


def test_a_payees_other_account_is_its_own() -> None:
    scenario = invoiced().given(details(account=OTHER_ACCOUNT))
    scenario.given(imported(BERGEN, debit(scenario, paid_to=OTHER_ACCOUNT)))
    assert state(scenario).document == OSLOS
    second_payee(scenario)
    later = debit(scenario, reference="B2", paid_to=OTHER_ACCOUNT, amount_ore=1)
    scenario.given(imported(BERGEN, later))
    assert state(scenario, "B2").document == TROMSOS, "its document says so"


def test_an_account_that_two_payees_say_is_theirs_tells_neither() -> None:
    scenario = second_payee(invoiced(), account=ACCOUNT, **HALF)
    for reference, amount_ore in (("B1", GROSS), ("B2", GROSS // 2), ("B3", 1)):
        paid = debit(
            scenario, reference=reference, amount_ore=amount_ore, paid_to=ACCOUNT
        )
        scenario.given(imported(BERGEN, paid))
        assert waits(scenario, reference) is Unmatched.SEVERAL_DOCUMENTS
    assert paid_ore(scenario) == paid_ore(scenario, TROMSOS) == 0


def also_tromsos(scenario: Scenario, **terms: Any) -> Scenario:
    """Let Tromsø deal with Bergen, and say that Oslo's account is its own."""
    proposed = version(agreement="ms-unn", payee=TROMSO, posts=(post("doctor"),))
    return scenario.given(details(TROMSO), proposed.model_copy(update=terms))


@EACH_WAY
@pytest.mark.parametrize("amount_ore", [GROSS, GROSS // 2, 1])
def test_an_account_of_two_is_on_no_document_though_that_of_one_has_not_come(
    told: Any, amount_ore: int
) -> None:
    """Tromsø's document with the same KID is on its way: the money may be for it."""
    scenario = also_tromsos(invoiced())
    paid = debit(scenario, amount_ore=amount_ore, paid_to=ACCOUNT)
    scenario.given(told(BERGEN, paid))
    assert waits(scenario) is Unmatched.SEVERAL_DOCUMENTS
    assert paid_ore(scenario) == 0
    scenario.given(
        MatchBankEntry(
            organisation=BERGEN, reference="B1", payee=OSLO, year=2026, number=1
        )
    )
    assert paid_ore(scenario) == amount_ore, "a person says it"


def test_an_account_that_the_payee_once_had_is_no_other_s_either() -> None:
    scenario = invoiced(account=OTHER_ACCOUNT).given(details())
    also_tromsos(scenario)
    scenario.given(imported(BERGEN, debit(scenario, paid_to=ACCOUNT)))
    assert waits(scenario) is Unmatched.SEVERAL_DOCUMENTS
    own = debit(scenario, reference="B2", paid_to=OTHER_ACCOUNT)
    scenario.given(imported(BERGEN, own))
    assert state(scenario, "B2").document == OSLOS


def test_nobody_holds_up_money_that_cannot_be_owed_to_it() -> None:
    """Who has no agreement with the payer has no document to it."""
    scenario = invoiced().given(organisation(TRONDHEIM), details(TRONDHEIM))
    scenario.given(imported(BERGEN, debit(scenario, paid_to=ACCOUNT)))
    assert state(scenario).document == OSLOS


def test_money_that_comes_in_is_not_asked_whose_account_it_is() -> None:
    scenario = also_tromsos(invoiced())
    scenario.given(imported(OSLO, entry(scenario, account=ACCOUNT)))
    assert state(scenario, of=OSLO).document == OSLOS


def test_what_comes_in_is_on_the_payees_own_document_alone() -> None:
    scenario = second_payee(invoiced().given(details(account=OTHER_ACCOUNT)))
    for account in ("", OTHER_ACCOUNT):
        credit = entry(scenario, account=account, reference=f"B{account}")
        scenario.given(imported(TROMSO, credit), imported(OSLO, credit))
    for document in (OSLOS, TROMSOS):
        received = scenario.state(RECEIPTS, document.key)
        assert received.paid_ore == 2 * GROSS, "each its own word"
        assert paid_ore(scenario, document) == 0


@pytest.mark.parametrize("told", ["", ACCOUNT])
def test_of_two_of_one_amount_nobody_knows_which_was_paid_to_whom(told: str) -> None:
    """One of them may pay another payee's document, which has not come."""
    scenario = invoiced()
    one = debit(scenario, paid_to=told)
    two = debit(scenario, reference="B2")
    for entries in ([one, two], [two, one]):
        scenario.copy().given(file(*entries))
    scenario.given(file(one, two))
    assert waits(scenario, "B2") is Unmatched.PAYEE_NOT_TOLD
    assert paid_ore(scenario) == (GROSS if told else 0)


def test_what_waited_waits_on_beside_what_is_new_on_its_document() -> None:
    scenario = invoiced()
    one = debit(scenario, amount_ore=GROSS - 100)
    scenario.given(file(one))
    part = debit(scenario, reference="B2", amount_ore=100, paid_to=ACCOUNT)
    scenario.given(file(part))
    other = debit(scenario, reference="B3", amount_ore=GROSS - 100)
    both = scenario.copy().given(file(one, other))
    assert waits(both) is Unmatched.PAYEE_NOT_TOLD
    assert state(both, "B3").document == OSLOS
    scenario.given(file(one))
    assert state(scenario).document == OSLOS


def test_what_takes_back_what_waits_is_on_no_document_either() -> None:
    scenario = invoiced()
    two = [debit(scenario), debit(scenario, reference="B2")]
    back = debit(scenario, kid="", amount_ore=-GROSS)
    scenario.given(file(*two, back))
    assert waits(scenario, "B1~2") is Unmatched.NO_KID
    assert paid_ore(scenario) == 0


def test_what_is_of_another_payers_document_is_nobodys_business() -> None:
    scenario = invoiced()
    asked = Asked(Region.NORD, TROMSO, BOOKED, "controller")
    command = file(debit(scenario), organisation=TROMSO)
    (found,) = verdicts(command, asked, scenario)
    assert found == LeftOut(None)


@pytest.mark.parametrize("way", list(Direction))
def test_an_entry_of_nothing_is_no_entry(way: Direction) -> None:
    scenario = invoiced()
    nothing = entry(scenario, direction=way, amount_ore=0)
    scenario.when(imported(BERGEN, nothing)).refused(Code.NO_AMOUNT, "entries.0")
    assert left_out(scenario, nothing) == [Code.NO_AMOUNT]


DAYS: Final = [
    (BOOKED + timedelta(days=366), True),
    (BOOKED + timedelta(days=367), False),
    (date(2099, 1, 1), False),
    (date(2000, 1, 1), True),
    (date(1999, 12, 31), False),
    (date(1900, 1, 1), False),
]


@pytest.mark.parametrize(("day", "may_be"), DAYS)
def test_a_day_is_not_far_ahead_of_what_is_recorded(day: date, *, may_be: bool) -> None:
    scenario = invoiced()
    booked = debit(scenario, booked_on=day)
    paid = RegisterPayment(
        agreement="ms-ous", period_start=date(2026, 1, 1), amount_ore=1, paid_on=day
    )
    if may_be:
        scenario.copy().given(imported(BERGEN, booked), today=BOOKED)
        scenario.given(paid, today=BOOKED)
        return
    scenario.when(imported(BERGEN, booked), today=BOOKED)
    scenario.refused(Code.DAY_NOT_PLAUSIBLE, "entries.0.booked_on")
    assert left_out(scenario, booked) == [Code.DAY_NOT_PLAUSIBLE]
    scenario.when(paid, today=BOOKED).refused(Code.DAY_NOT_PLAUSIBLE, "paid_on")


TOLD = st.fixed_dictionaries(
    {
        "reference": st.sampled_from(["A", "B", "C"]),
        "amount_ore": st.sampled_from([GROSS, GROSS // 2, 1, -GROSS, -GROSS // 2]),
        "paid_to": st.sampled_from(["", "", ACCOUNT, OTHER_ACCOUNT, PRIVATE]),
        "transaction": st.sampled_from([None, "a", "b"]),
    },
    optional={"kid": st.just("")},
)
FILES = st.lists(st.lists(TOLD, min_size=1, max_size=5), min_size=1, max_size=3)


@given(
    before=FILES,
    after=FILES,
    account=st.sampled_from([ACCOUNT, OTHER_ACCOUNT]),
    told_again=st.booleans(),
)
def test_whatever_is_told_everybody_decides_it_again_alike(
    *,
    before: list[list[dict[str, Any]]],
    after: list[list[dict[str, Any]]],
    account: str,
    told_again: bool,
) -> None:
    """A scenario decides again all that it is given."""
    scenario = invoiced()
    for files in (before, [*before, *after] if told_again else after):
        for told in files:
            scenario.given(file(*(debit(scenario, **each) for each in told)))
        if files is before:
            second_payee(scenario, account=account, **HALF)
    asked = Asked(Region.VEST, BERGEN, BOOKED, "controller")
    for told in after[-1:]:
        again = file(*(debit(scenario, **each) for each in told))
        found = verdicts(again, asked, scenario)
        assert all(isinstance(each, Known | LeftOut | Found) for each in found)


@pytest.mark.parametrize("amount_ore", [-1, 1])
def test_a_payment_that_somebody_registers_is_of_something(amount_ore: int) -> None:
    scenario = invoiced()
    said: dict[str, Any] = {"seller": OSLO, "year": 2026, "number": 1}
    nothing = RegisterPayment(**said, amount_ore=0, paid_on=SUMMER)
    scenario.when(nothing).refused(Code.NO_AMOUNT, "amount_ore")
    scenario.given(nothing.model_copy(update={"amount_ore": 1}))
    scenario.given(nothing.model_copy(update={"amount_ore": amount_ore}))
    assert paid_ore(scenario) == 1 + amount_ore, "with a minus it puts another right"

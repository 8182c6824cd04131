"""Entries of a bank are known again: none is lost, and none is taken twice."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.history import Append, Asked
from domain.payments.bank import BankEntryImported, BankEntryNamed
from domain.payments.bank_import import concerns, verdicts
from domain.payments.matching import Direction
from domain.payments.recognising import Untold, comparable, is_placeholder
from domain.payments.telling import (
    BookedEntry,
    EntryVerdict,
    ImportBankEntries,
    Known,
    LeftOut,
    New,
)
from domain.redeciding import decision_fault
from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.bank import (
    ACCOUNT,
    BOOKED,
    GROSS,
    OTHER_ACCOUNT,
    SUMMER,
    details,
    entry,
    first_kid,
    imported,
    invoiced,
)
from tests.support.examples import BERGEN, OSLO
from tests.support.scenario import Scenario
from tests.unit.test_bank_by_hand import by_hand

K, N = "known", "new"


def file(*entries: BookedEntry, organisation: str = OSLO) -> ImportBankEntries:
    """Import a bank's file."""
    command = imported(organisation, *entries)
    return command.model_copy(update={"whole_account": True})


def judged(scenario: Scenario, command: ImportBankEntries) -> list[EntryVerdict]:
    """Return what becomes of each entry, and record what can be."""
    region = Region.SOROST if command.organisation == OSLO else Region.VEST
    today = max(each.booked_on for each in command.entries)
    asked = Asked(region, command.organisation, today, "controller")
    found = verdicts(command, asked, scenario)
    assert not isinstance(found, Refusal)
    recorded = [fact for v in found if isinstance(v, New) for fact in v.recorded]
    if recorded:
        assert decision_fault(recorded, [asked], scenario) is None
    scenario.given(command)
    assert [
        Append(e.stream, e.fact)
        for e in scenario.appended
        if not isinstance(e.fact, BankEntryNamed)
    ] == recorded
    return list(found)


def said(found: list[EntryVerdict]) -> list[str]:
    """Return verdicts in a word each."""
    return [
        str(each.code) if isinstance(each, LeftOut) else type(each).__name__.lower()
        for each in found
    ]


def recorded(found: list[EntryVerdict]) -> list[str]:
    """Return the references that are given or known."""
    return [
        each.reference
        if isinstance(each, Known)
        else getattr(each.recorded[0].fact, "reference", "")
        for each in found
        if not isinstance(each, LeftOut)
    ]


@pytest.fixture
def scenario() -> Scenario:
    """Give Oslo an invoice, and two accounts."""
    return invoiced().given(details(account=OTHER_ACCOUNT))


def plain(scenario: Scenario, **changes: Any) -> BookedEntry:
    """Return an entry without a KID."""
    return entry(scenario, **{"kid": "", **changes})


@pytest.mark.parametrize(
    "reference",
    [
        "", " ", "-", "...", "0", "000 000", "NONREF", "nonref", "NOTPROVIDED", "Not Provided", "NOTAVAILABLE", "N/A", "n.a.",
        "None", "NULL", "\uff2e\uff2f\uff2e\uff32\uff25\uff26", "Ukjent", "ukjend", "uten referanse", "XXXX", "no ref",
        "NOT_AVAILABLE", "REFERENCE", "ingen", "unknown", "Ikke oppgitt", "ikkje oppgjeve", "NO REFERENCE PROVIDED", "9999999999",
        "Referanse mangler", "NOT AVAIL.",
    ],
)  # fmt: skip
def test_a_placeholder_names_nothing(reference: str) -> None:
    assert is_placeholder(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "1",
        "X",
        "0001",
        "B0",
        "20260808-0017",
        "NONREF1",
        "REF4711",
        "N17",
        "notat",
        "999",
    ],
)
def test_what_names_an_entry_is_no_placeholder(reference: str) -> None:
    assert not is_placeholder(reference)


def test_by_hand_a_placeholder_is_refused(scenario: Scenario) -> None:
    command = imported(OSLO, entry(scenario, reference="NotProvided"))
    scenario.when(command).refused(Code.REFERENCE_NAMES_NOTHING, "entries.0")


def test_a_file_that_is_told_again_changes_nothing(scenario: Scenario) -> None:
    several = [plain(scenario, amount_ore=each) for each in (100, 200, 100)]
    first = judged(scenario, file(*several))
    assert said(first) == [N, N, N]
    assert recorded(first) == ["B1", "B1~2", "B1~3"]
    again = judged(scenario, file(*several))
    assert said(again) == [K, K, K]
    assert recorded(again) == ["B1", "B1~2", "B1~3"]
    assert said(judged(scenario, file(*reversed(several)))) == [K, K, K]
    assert said(judged(scenario, file(several[2]))) == [K]
    assert said(judged(scenario, file(*several, several[1]))) == [K, K, K, N]
    missing = file(*several, several[0])
    assert said(judged(scenario, missing)) == [K, K, K, "conflicting_row"]


def test_one_reference_at_two_accounts_is_two_entries(scenario: Scenario) -> None:
    for told in (imported, file_of):
        silent = entry(scenario, reference=told.__name__)
        one, two = (
            silent.model_copy(update={"account": account})
            for account in (ACCOUNT, OTHER_ACCOUNT)
        )
        assert said(judged(scenario, told(OSLO, one))) == [N]
        assert said(judged(scenario, told(OSLO, silent))) == [K], "the only one"
        assert said(judged(scenario, told(OSLO, two))) == [N]
        for each in (one, two, silent):
            assert said(judged(scenario, told(OSLO, each))) == [K]
        expected = [f"{told.__name__}~2", told.__name__]
        assert recorded(judged(scenario, file(two, one))) == expected
    third = [entry(scenario, reference="T", account=a) for a in ("", ACCOUNT)]
    assert said(judged(scenario, file(third[0]))) == [N]
    assert said(judged(scenario, file(*third))) == [K, N]


def file_of(organisation: str, *entries: BookedEntry) -> ImportBankEntries:
    """Import an organisation's file."""
    return file(*entries, organisation=organisation)


def test_payments_that_the_bank_names_apart_are_apart(scenario: Scenario) -> None:
    one, two, three = (plain(scenario, transaction=each) for each in ("1", "2", "3"))
    silent = plain(scenario)
    assert said(judged(scenario, file(one))) == [N]
    assert said(judged(scenario, file(silent))) == [K]
    assert said(judged(scenario, file(two))) == [N], "of the same day and amount"
    assert said(judged(scenario, file(silent, silent, silent))) == [K, K, N]
    assert said(judged(scenario, file(three, two, one))) == [K, K, K]
    changed = plain(scenario, transaction="1", amount_ore=1)
    assert said(judged(scenario, file(changed, two))) == ["conflicting_row", K]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"amount_ore": GROSS + 1}, "conflicting_row"),
        ({"booked_on": SUMMER}, "conflicting_row"),
        ({"kid": "42"}, "conflicting_row"),
        ({"kid": ""}, K),
        ({"account": ACCOUNT}, K),
        ({"transaction": "1"}, K),
        ({"amount_ore": GROSS + 1, "booked_on": SUMMER}, N),
        ({"amount_ore": -GROSS}, N),
        ({"reference": "B2"}, N),
    ],
)
def test_what_may_be_the_same_is_for_a_person_to_say(
    scenario: Scenario, changes: dict[str, Any], verdict: str
) -> None:
    assert said(judged(scenario, file(entry(scenario)))) == [N]
    other = entry(scenario, **changes)
    assert said(judged(scenario, file(other))) == [verdict]
    assert said(judged(scenario, file(entry(scenario)))) == [K]


def test_a_debit_takes_no_credit_for_itself() -> None:
    scenario = invoiced()
    credit = plain(scenario)
    debit = entry(scenario, direction=Direction.DEBIT)
    assert said(judged(scenario, file(credit, organisation=BERGEN))) == [N]
    assert said(judged(scenario, file(debit, organisation=BERGEN))) == [N]


DEBIT = {"direction": Direction.DEBIT}


def test_what_takes_back_a_payment_is_our_business() -> None:
    scenario = invoiced()
    paid = entry(scenario, **DEBIT)
    back = plain(scenario, amount_ore=-GROSS, **DEBIT)
    other = {"amount_ore": -1, "kid": "2345676", "booked_on": SUMMER, **DEBIT}
    unclear = plain(scenario, **other)
    both = file(paid, back, organisation=BERGEN)
    assert said(judged(scenario, both)) == [N, N]
    assert said(judged(scenario, both)) == [K, K]
    assert said(judged(scenario, file(unclear, organisation=BERGEN))) == [N]
    elsewhere = plain(scenario, reference="B2", amount_ore=-2, **DEBIT)
    found = judged(scenario, file(elsewhere, organisation=BERGEN))
    assert said(found) == ["bank_taken_back"]
    with_kid = unclear.model_copy(update={"reference": "B2"})
    assert said(judged(scenario, file(with_kid, organisation=BERGEN))) == ["None"]


def of_document(found: list[EntryVerdict]) -> list[bool]:
    """Say of each entry that is new whether it has its document."""
    facts = [v.recorded[0].fact for v in found if isinstance(v, New)]
    return [isinstance(f, BankEntryImported) and f.document is not None for f in facts]


@pytest.mark.parametrize("way", list(Direction))
def test_what_is_surely_taken_back_is_on_the_document_of_what_it_takes_back(
    way: Direction,
) -> None:
    scenario = invoiced()
    of = OSLO if way is Direction.CREDIT else BERGEN
    paid = entry(scenario, direction=way)
    back = plain(scenario, direction=way, amount_ore=-GROSS)
    later = back.model_copy(update={"booked_on": date(2026, 9, 9)})
    assert of_document(judged(scenario, file(paid, organisation=of))) == [True]
    again = judged(scenario, file(back, later, organisation=of))
    assert of_document(again) == [True, False], "the second takes back nothing known"
    for told in ([back, paid], [paid, back]):
        other = [each.model_copy(update={"reference": "B9"}) for each in told]
        fresh = invoiced()
        assert of_document(judged(fresh, file(*other, organisation=of))) == [True, True]


@pytest.mark.parametrize(
    ("first", "second", "sure"),
    [
        ({}, {}, True),
        ({}, {"transaction": "a"}, True),
        ({"transaction": "a"}, {"transaction": "a"}, True),
        ({"transaction": "a"}, {}, False),
        ({"transaction": "a"}, {"transaction": "b"}, False),
        ({}, {"amount_ore": -GROSS + 1}, False),
        ({}, {"kid": "2345676"}, False),
        ({"kid": ""}, {}, False),
        ({"account": ACCOUNT}, {"account": ACCOUNT}, True),
    ],
)
def test_what_may_take_back_something_else_waits(
    first: dict[str, Any], second: dict[str, Any], sure: bool
) -> None:
    scenario = invoiced()
    assert said(judged(scenario, file(entry(scenario, **first)))) == [N]
    content = {"amount_ore": -GROSS, "kid": "", "booked_on": SUMMER, **second}
    back = judged(scenario, file(entry(scenario, **content)))
    assert (said(back), of_document(back)) == ([N], [sure])


def test_of_two_entries_on_one_document_and_none_it_is_not_sure() -> None:
    scenario = invoiced()
    both = entry(scenario), plain(scenario, booked_on=SUMMER)
    assert said(judged(scenario, file(*both))) == [N, N]
    back = plain(scenario, amount_ore=-GROSS)
    assert of_document(judged(scenario, file(back))) == [False]


def test_what_is_taken_back_of_a_match_by_hand_is_on_that_document() -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, plain(scenario)), by_hand())
    back = plain(scenario, amount_ore=-GROSS)
    assert of_document(judged(scenario, file(back))) == [True]


def test_what_is_taken_back_is_of_the_same_account_and_way() -> None:
    scenario = invoiced()
    paid = entry(scenario, account=ACCOUNT, **DEBIT)
    received = plain(scenario, reference="B2")
    assert said(judged(scenario, file(paid, received, organisation=BERGEN))) == [N, N]
    for changes in ({"account": OTHER_ACCOUNT}, {"reference": "B2"}):
        back = plain(scenario, **{"amount_ore": -GROSS, **DEBIT, **changes})
        found = judged(scenario, file(back, organisation=BERGEN))
        assert said(found) == ["bank_taken_back"]
    wages = plain(scenario, reference="B3", **DEBIT)
    back = wages.model_copy(update={"amount_ore": -GROSS})
    found = judged(scenario, file(wages, back, organisation=BERGEN))
    assert said(found) == ["None", "bank_taken_back"]


def test_an_entry_may_be_told_whole_and_in_its_parts(scenario: Scenario) -> None:
    kid = first_kid(scenario)
    parts = [
        entry(scenario, amount_ore=60, transaction="a"),
        plain(scenario, amount_ore=40, transaction="b"),
    ]
    assert said(judged(scenario, file(*parts))) == [N, N]
    for changes, verdict in (
        ({}, K),
        ({"kid": kid}, K),
        ({"kid": "42"}, "conflicting_row"),
        ({"amount_ore": 101}, "conflicting_row"),
        ({"booked_on": SUMMER}, N),
    ):
        whole = plain(scenario, **{"amount_ore": 100, **changes})
        assert said(judged(scenario, file(whole))) == [verdict], changes
    assert said(judged(scenario, file(plain(scenario, reference="W")))) == [N]
    halves = [plain(scenario, reference="W", amount_ore=GROSS // 2)] * 2
    assert said(judged(scenario, file(*halves))) == [K, K]
    quarters = [plain(scenario, reference="W", amount_ore=GROSS // 4)] * 2
    assert said(judged(scenario, file(*quarters))) == ["conflicting_row"] * 2


def test_only_one_of_several_entries_is_the_whole(scenario: Scenario) -> None:
    halves = [plain(scenario, amount_ore=each) for each in (50, 50)]
    assert said(judged(scenario, file(*halves))) == [N, N]
    others = [plain(scenario, amount_ore=each) for each in (30, 70)]
    assert said(judged(scenario, file(*others))) == ["conflicting_row"] * 2


def test_what_is_left_out_of_a_file_stops_nothing(scenario: Scenario) -> None:
    debit = {"direction": Direction.DEBIT}
    entries = [
        plain(scenario, reference="wages", **debit),
        entry(scenario, reference="rent", kid="2345676", **debit),
        entry(scenario, reference="other account", account="12345678903"),
        entry(scenario, reference="ours"),
    ]
    found = judged(scenario, file(*entries))
    assert said(found) == ["None", "None", "other_account", N]
    command = imported(OSLO, entries[2], entries[3])
    scenario.when(command).refused(Code.OTHER_ACCOUNT, "entries.0")


def test_a_name_that_is_too_long_for_a_number_is_no_other_entrys(
    scenario: Scenario,
) -> None:
    reference = "r" * 80
    one, two = (
        entry(scenario, reference=reference, account=account)
        for account in (ACCOUNT, OTHER_ACCOUNT)
    )
    assert said(judged(scenario, file(one))) == [N]
    assert said(judged(scenario, file(two))) == ["conflicting_row"]


def test_a_name_that_somebody_took_by_hand_is_passed_by(scenario: Scenario) -> None:
    taken = plain(scenario, reference="B1~2", amount_ore=1, booked_on=SUMMER)
    scenario.given(imported(OSLO, taken))
    found = judged(scenario, file(plain(scenario), plain(scenario, amount_ore=2)))
    assert recorded(found) == ["B1", "B1~3"]


def test_a_kid_concerns_the_federation_where_a_document_has_it(
    scenario: Scenario,
) -> None:
    assert concerns(["42", first_kid(scenario)], scenario)
    assert not concerns(["42", "2345676", ""], scenario)
    assert not concerns([], scenario)


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("", "", True),
        ("", ACCOUNT, True),
        (ACCOUNT, "", True),
        (ACCOUNT, ACCOUNT, True),
        (ACCOUNT, OTHER_ACCOUNT, False),
    ],
)
def test_entries_may_be_of_one_account_where_one_does_not_say(
    scenario: Scenario, one: str, other: str, *, may_be: bool
) -> None:
    two = (plain(scenario, account=account) for account in (one, other))
    assert comparable(*two) is may_be


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (OTHER_ACCOUNT, ["B1", "B1", "B1~2", "B1~2"]),
        ("", ["B1", "B1", "B1~2", "B1~3"]),
    ],
)
def test_the_parts_of_one_account_are_no_parts_of_another(
    scenario: Scenario, second: str, expected: list[str]
) -> None:
    accounts = (ACCOUNT, OTHER_ACCOUNT) if second else (ACCOUNT,)
    wholes = (plain(scenario, amount_ore=300, account=each) for each in accounts)
    judged(scenario, file(*wholes))
    parts = (
        plain(scenario, amount_ore=amount_ore, account=account)
        for account in (ACCOUNT, second)
        for amount_ore in (100, 200)
    )
    assert recorded(judged(scenario, file(*parts))) == expected


def test_what_is_taken_back_is_no_entry_of_nothing(scenario: Scenario) -> None:
    untold = Untold([plain(scenario, amount_ore=0)])
    assert untold.may_be(plain(scenario, amount_ore=5))
    assert not untold.may_be(plain(scenario, amount_ore=-5))


TOLD = st.fixed_dictionaries(
    {
        "reference": st.sampled_from(["A", "B"]),
        "amount_ore": st.sampled_from([100, 200, -100]),
        "booked_on": st.sampled_from([BOOKED, SUMMER, date(2026, 9, 9)]),
        "account": st.sampled_from(["", ACCOUNT, OTHER_ACCOUNT]),
        "transaction": st.sampled_from([None, "a", "b"]),
    }
)


@given(st.lists(st.lists(TOLD, min_size=1, max_size=5), max_size=4))
def test_told_again_nothing_is_new_and_no_name_is_used_twice(
    files: list[list[dict[str, Any]]],
) -> None:
    scenario = invoiced().given(details(account=OTHER_ACCOUNT))
    names: list[str] = []
    for told in files:
        command = file(*(plain(scenario, **each) for each in told))
        found = judged(scenario, command)
        names += [
            each.recorded[0].fact.reference
            for each in found
            if isinstance(each, New)
            and isinstance(each.recorded[0].fact, BankEntryImported)
        ]
        again = judged(scenario, command)
        assert N not in said(again)
        assert [K if each == N else each for each in said(found)] == said(again)
    assert len(names) == len({*names})

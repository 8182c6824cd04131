"""Accounts and KID, and who may record them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.history import Append, Asked
from domain.parties.billing_details import (
    BILLING_DETAILS,
    HOLDERS,
    AccountNamed,
    BillingDetails,
    BillingDetailsRecorded,
    RecordBillingDetails,
)
from domain.parties.kid import KidCheck, is_account, is_kid, kid
from domain.redeciding import OTHER_FACTS, decision_fault
from domain.refusal import Code
from domain.texts import as_recorded
from domain.values import Region
from tests.support.examples import BERGEN, ORGANISATIONS, OSLO, UNKNOWN
from tests.support.scenario import Scenario

ACCOUNT = "86011117947"
YEARS = st.integers(1900, 2199)
NUMBERS = st.integers(1, 999_999)
CHECKS = st.sampled_from(list(KidCheck))


@pytest.mark.parametrize(
    ("account", "good"),
    [
        (ACCOUNT, True),
        ("86011117948", False),
        ("8601.11.17947", False),
        ("8601111794", False),
        ("٨٦٠١١١١٧٩٤٧", False),
    ],
)
def test_an_account_passes_its_check(account: str, good: bool) -> None:
    assert is_account(account) is good


@pytest.mark.parametrize(
    "account",
    [
        "8601.11.17947",
        "8601 11 17947",
        "8601-11-17947",
        "8601\u00a011\u202f17947",
        "NO93 8601 1117 947",
        "no9386011117947",
    ],
)
def test_an_account_is_kept_as_its_digits_however_it_is_written(account: str) -> None:
    scenario = Scenario().given(*ORGANISATIONS, recorded(account=account))
    state = scenario.state(BILLING_DETAILS, OSLO)
    assert state.accounts == {ACCOUNT}
    scenario.when(recorded()).unchanged()
    with as_recorded():
        assert recorded(account=account).account == account, "once taken as it stands"


@pytest.mark.parametrize(
    ("text", "check", "good"),
    [
        ("2345676", KidCheck.MOD_10, True),
        ("2345677", KidCheck.MOD_10, False),
        ("12345678903", KidCheck.MOD_11, True),
        ("12345678904", KidCheck.MOD_11, False),
        ("123456789a3", KidCheck.MOD_11, False),
    ],
)
def test_known_kids(text: str, check: KidCheck, good: bool) -> None:
    assert is_kid(text, check, len(text)) is good
    assert not is_kid(text, check, len(text) + 1)


@given(YEARS, NUMBERS, CHECKS, st.integers(10, 25))
def test_a_kid_has_the_payees_form(
    year: int, number: int, check: KidCheck, length: int
) -> None:
    found = kid(year, number, check, length)
    assert found is not None
    assert is_kid(found, check, length)


@given(NUMBERS, NUMBERS, CHECKS)
def test_two_documents_have_two_kids(one: int, other: int, check: KidCheck) -> None:
    kids = {kid(2026, number, check, 12) for number in (one, other)}
    assert len(kids) == len({one, other})


@given(NUMBERS, CHECKS, st.integers(4, 25), st.integers(0, 9))
def test_one_wrong_digit_is_noticed(
    number: int, check: KidCheck, place: int, digit: int
) -> None:
    found = kid(2026, number, check, 25)
    assert found is not None
    place = place % len(found)
    changed = found[:place] + str(digit) + found[place + 1 :]
    assert is_kid(changed, check, 25) is (changed == found)


@pytest.mark.parametrize(
    ("year", "number", "check", "length", "expected"),
    [
        (2026, 123, KidCheck.MOD_10, 12, "260000012302"),
        (2005, 7, KidCheck.MOD_10, 10, "0500000708"),
        (2026, 7, KidCheck.MOD_10, 5, "26708"),
        (2026, 123456, KidCheck.MOD_10, 8, "12345609"),
        (2026, 12, KidCheck.MOD_10, 4, "1206"),
        (2026, 7, KidCheck.MOD_10, 4, "0703"),
        (2026, 123, KidCheck.MOD_11, 12, "260000012302"),
        (2026, 1, KidCheck.MOD_11, 12, "260000000118"),
        (2026, 17, KidCheck.MOD_11, 12, "260000001718"),
        (2026, 7, KidCheck.MOD_11, 5, "26700"),
    ],
)
def test_a_kid_is_the_year_the_number_and_what_makes_it_one(
    year: int, number: int, check: KidCheck, length: int, expected: str
) -> None:
    """Of 1 and 17 the digit before the last is raised: with 0, modulus 11 has none."""
    assert kid(year, number, check, length) == expected


def test_a_number_without_room_has_no_kid() -> None:
    assert kid(2026, 12, KidCheck.MOD_10, 4) is not None
    assert kid(2026, 123, KidCheck.MOD_10, 4) is None


def recorded(**changes: object) -> RecordBillingDetails:
    """Record how Oslo is paid."""
    content = {
        "org_number": OSLO,
        "account": ACCOUNT,
        "kid_check": KidCheck.MOD_10,
        "kid_length": 12,
    }
    return RecordBillingDetails.model_validate({**content, **changes})


def test_the_last_details_count_and_every_account_is_known() -> None:
    scenario = Scenario().given(*ORGANISATIONS)
    scenario.when(recorded()).recorded(BillingDetailsRecorded)
    scenario.when(recorded()).unchanged()
    scenario.when(recorded(city="Oslo")).recorded(BillingDetailsRecorded)
    scenario.when(recorded()).recorded(BillingDetailsRecorded)
    other = "12345678903"
    scenario.given(recorded(account=other), recorded(account="", city="Oslo"))
    last = BillingDetailsRecorded(
        org_number=OSLO, kid_check=KidCheck.MOD_10, kid_length=12, city="Oslo"
    )
    state = scenario.state(BILLING_DETAILS, OSLO)
    assert state == BillingDetails(last, frozenset({ACCOUNT, other}))


def test_whose_an_account_is_is_found_by_its_digits() -> None:
    scenario = Scenario().given(*ORGANISATIONS)
    other = "12345678903"
    scenario.when(recorded()).then(
        BillingDetailsRecorded(**dict(recorded())),
        AccountNamed(org_number=OSLO, account=ACCOUNT),
    )
    scenario.when(recorded(city="Oslo")).recorded(BillingDetailsRecorded)
    for changes in ({"org_number": BERGEN}, {"account": other}):
        scenario.given(recorded(**changes))
    found = scenario.states(HOLDERS, {ACCOUNT, other, "x"})
    assert found == {
        ACCOUNT: frozenset({OSLO, BERGEN}),
        other: frozenset({OSLO}),
        "x": frozenset(),
    }


def test_an_account_of_before_this_was_said_is_said_when_details_are_sent_again() -> (
    None
):
    """Of every account so far; what is decided again lacks it where it was not said."""
    scenario = Scenario().given(*ORGANISATIONS)
    other = "12345678903"
    for account in (other, ACCOUNT):
        after = scenario.copy().given(recorded(account=account))
        scenario.receive(Append(after.appended[0].stream, after.appended[0].fact))
    before, (details, *named) = scenario.copy(), scenario.given(recorded()).appended
    assert [each.fact for each in named] == [
        AccountNamed(org_number=OSLO, account=each) for each in (other, ACCOUNT)
    ]
    scenario.when(recorded()).unchanged()
    asked = Asked(Region.SOROST, OSLO, date(2025, 12, 1), "controller")
    first = [Append(details.stream, details.fact)]
    for version, reason in (("v1", None), ("v2", OTHER_FACTS)):
        names = [f"organisation.billing_details_recorded.{version}"]
        assert decision_fault(first, [asked], before, names) == reason


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "86011117948"}, Code.INVALID_ACCOUNT),
        ({"account": "8601.11.17948"}, Code.INVALID_ACCOUNT),
        ({"account": "NO94 8601 1117 947"}, Code.INVALID_ACCOUNT),
        ({"account": "8601111794"}, Code.NOT_AN_ACCOUNT),
        ({"account": "SE45 5000 0000 0583 9825 7466"}, Code.NOT_AN_ACCOUNT),
        ({"account": "8601/11/17947"}, Code.NOT_AN_ACCOUNT),
        (
            {
                "account": "\u0668\u0666\u0660\u0661\u0661\u0661\u0661\u0667\u0669\u0664\u0667"
            },
            Code.NOT_AN_ACCOUNT,
        ),
        ({"kid_length": None}, Code.INVALID_KID),
        ({"kid_check": None}, Code.INVALID_KID),
        ({"org_number": UNKNOWN}, Code.UNKNOWN_ORGANISATION),
        ({"org_number": "1"}, Code.INVALID_ORGANISATION_NUMBER),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, object], code: Code) -> None:
    Scenario().given(*ORGANISATIONS).when(recorded(**changes)).refused(code)


def test_only_the_organisation_itself_records_its_details() -> None:
    scenario = Scenario().given(*ORGANISATIONS)
    scenario.when(recorded(), organisation=BERGEN, region=Region.VEST)
    scenario.refused(Code.NOT_ENTITLED)


@pytest.mark.parametrize("length", [3, 26])
def test_a_kid_has_four_to_twentyfive_digits(length: int) -> None:
    with pytest.raises(ValidationError):
        recorded(kid_length=length)

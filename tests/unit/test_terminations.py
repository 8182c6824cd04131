"""Terminations with notice, and what they cut."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import PostTerms, VersionTerms, full_staffing, post_costs
from domain.agreements.agreement import VersionProposed
from domain.agreements.answer import VersionAccepted
from domain.agreements.termination import TERMINATIONS, AgreementTerminated
from domain.agreements.wage_growth import grown_ore
from domain.invoicing.sales_document import InvoiceIssued
from domain.refusal import Code
from domain.values import Region, Vacancy, day_after
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    TROMSO,
    accept,
    invoice,
    network,
    post,
    terminate,
    version,
)
from tests.support.negotiation import grow
from tests.support.scenario import Scenario

TODAY = date(2026, 1, 31)


def agreed(notice_months: int | None = 3) -> Scenario:
    """Return a scenario with an agreement that has a notice."""
    return Scenario().given(
        *ORGANISATIONS, network(), version(notice_months=notice_months), accept()
    )


@pytest.mark.parametrize(
    ("months", "first_day"),
    [
        (None, date(2026, 1, 31)),
        (0, date(2026, 1, 31)),
        (1, date(2026, 2, 28)),
        (3, date(2026, 4, 30)),
        (12, date(2027, 1, 31)),
    ],
)
def test_a_termination_gives_the_agreed_notice(
    months: int | None, first_day: date
) -> None:
    scenario = agreed(months)
    early = date.fromordinal(first_day.toordinal() - 1)
    scenario.when(terminate(early), today=TODAY).refused(
        Code.NOTICE_TOO_SHORT, "ends_on"
    )
    scenario.when(terminate(first_day), today=TODAY).recorded(AgreementTerminated)
    scenario.when(terminate(first_day), today=TODAY).unchanged()


def test_the_notice_is_that_of_the_version_in_force() -> None:
    scenario = agreed(1).given(
        version(2, effective_from=date(2026, 6, 1), notice_months=6), accept(2)
    )
    scenario.when(terminate(date(2026, 6, 30)), today=date(2026, 5, 30))
    scenario.recorded(AgreementTerminated)
    later = agreed(1).given(
        version(2, effective_from=date(2026, 6, 1), notice_months=6), accept(2)
    )
    later.when(terminate(date(2026, 7, 30)), today=date(2026, 6, 30))
    later.refused(Code.NOTICE_TOO_SHORT)


def test_either_party_terminates_and_nobody_else() -> None:
    scenario = agreed()
    scenario.when(terminate(date(2026, 12, 31)), organisation=TROMSO).refused(
        Code.NOT_ENTITLED
    )
    scenario.when(
        terminate(date(2026, 12, 31)), organisation=OSLO, region=Region.VEST
    ).refused(Code.WRONG_REGION)
    for trust, region, day in (
        (OSLO, Region.SOROST, date(2026, 12, 31)),
        (BERGEN, Region.VEST, date(2026, 9, 30)),
    ):
        scenario.when(terminate(day), organisation=trust, region=region)
        scenario.recorded(AgreementTerminated)
        assert scenario.appended[0].stream.region is region
    assert scenario.state(TERMINATIONS, "ms-ous").last_day == date(2026, 9, 30)
    scenario.when(terminate(date(2026, 10, 31))).refused(Code.AGREEMENT_TERMINATED)


def test_what_is_not_agreed_is_not_terminated() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network())
    scenario.when(terminate(date(2026, 12, 31))).refused(Code.UNKNOWN_AGREEMENT)
    scenario.given(version()).when(terminate(date(2026, 12, 31))).refused(
        Code.NOT_ACCEPTED
    )


def test_nothing_takes_effect_after_the_last_day() -> None:
    open_version = version(2, effective_from=date(2026, 7, 1))
    scenario = agreed(0).given(open_version, terminate(date(2026, 6, 30)))
    scenario.when(accept(2)).refused(Code.AGREEMENT_TERMINATED)
    scenario.when(version(3, effective_from=date(2026, 7, 1))).refused(
        Code.AGREEMENT_TERMINATED
    )
    scenario.given(version(3, effective_from=date(2026, 6, 30)))
    scenario.when(accept(3)).recorded(VersionAccepted)


def test_an_invoice_bills_until_the_last_day() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.given(terminate(date(2026, 8, 31)), today=date(2026, 7, 1))
    for start, end, days in (
        (date(2026, 1, 1), date(2026, 6, 30), 181),
        (date(2026, 7, 1), date(2026, 12, 31), 62),
    ):
        scenario.when(invoice(start, end), today=date(2027, 1, 10))
        issued = scenario.recorded(InvoiceIssued)
        assert isinstance(issued, InvoiceIssued)
        assert issued.net_ore == days * 1_000_00


@pytest.mark.rule("S1-34")
def test_a_termination_frees_the_frame() -> None:
    scenario = Scenario().given(
        *ORGANISATIONS,
        network(),
        version(posts=(post(annual_cost_ore=1_000_000_00),)),
        accept(),
    )
    other = version(
        agreement="b",
        payee=TROMSO,
        effective_from=date(2027, 1, 1),
        posts=(post("b", annual_cost_ore=1_000_000_00),),
    )
    scenario.when(other).refused(Code.FRAME_EXCEEDED)
    scenario.given(terminate(date(2026, 12, 31)))
    scenario.when(other).recorded(VersionProposed)


@given(
    first=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    second=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    last=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
)
def test_until_a_day_everything_accrues_as_before_and_then_nothing(
    first: date, second: date, last: date
) -> None:
    versions = [
        VersionTerms(
            number,
            start,
            date(2026, 1, 1),
            date(2027, 12, 31),
            Vacancy.PAY,
            {"p": PostTerms(date(2026, 1, 1), date(2027, 12, 31), number * 100_00)},
        )
        for number, start in ((1, first), (2, second))
    ]
    cut = [terms.until(last) for terms in versions]
    for costs in (full_staffing, lambda terms: post_costs(terms, {})):
        whole, rest = costs(versions)["p"], costs(cut)["p"]
        assert rest.accrued_ore(last) == whole.accrued_ore(last)
        year_end = date(last.year, 12, 31)
        assert rest.accrued_ore(year_end) == rest.accrued_ore(last)
        assert rest.accrued_ore(date(last.year + 1, 12, 31)) == 0
    assert [terms.until(None) for terms in versions] == versions
    assert day_after(last) > last


# Wage growth


def test_wage_growth_is_a_proposal_of_what_is_in_force() -> None:
    scenario = Scenario().given(*AGREED).when(grow())
    proposed = scenario.recorded(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    terms = proposed.terms
    assert [each.annual_cost_ore for each in terms.posts] == [378_687_50]
    assert terms.effective_from == date(2027, 1, 1)
    assert terms.wage_growth is not None
    assert terms.wage_growth.of_version == 1
    scenario.when(grow()).unchanged()
    scenario.when(accept(2)).recorded(VersionAccepted)
    scenario.when(grow()).unchanged()
    scenario.when(grow(factor="1.04")).refused(Code.CONFLICTING_ROW, "version")


@pytest.mark.rule("S1-34")
def test_wage_growth_stays_within_the_frame() -> None:
    scenario = Scenario().given(
        *ORGANISATIONS,
        network(),
        version(posts=(post(annual_cost_ore=1_000_000_00),)),
        accept(),
    )
    scenario.when(grow()).refused(Code.FRAME_EXCEEDED)


def test_what_is_not_in_force_does_not_grow() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network())
    scenario.when(grow()).refused(Code.UNKNOWN_AGREEMENT)
    scenario.given(version()).when(grow()).refused(Code.NOT_ACCEPTED)
    scenario.given(accept())
    scenario.when(grow(effective_from=date(2028, 1, 1))).refused(Code.NOT_ACCEPTED)
    scenario.when(grow(source=" ")).refused(Code.TERMS_INCOMPLETE, "source")
    scenario.when(grow(), organisation=OSLO).refused(Code.NOT_ENTITLED)


@given(st.integers(0, 10**9), st.integers(1, 9_999_999))
def test_growth_rounds_half_away_from_zero(cost_ore: int, millionths: int) -> None:
    factor = f"{millionths // 10**6}.{millionths % 10**6:06d}"
    exact = cost_ore * Fraction(millionths, 10**6)
    assert abs(grown_ore(cost_ore, factor) - exact) <= Fraction(1, 2)
    assert grown_ore(1_00, "1.005") == 101


@pytest.mark.parametrize("factor", ["0", "0.0", "-1", "10", "1,04", "1.1234567", ""])
def test_a_factor_is_a_decimal_above_zero(factor: str) -> None:
    with pytest.raises(ValueError, match="factor"):
        grow(factor=factor)

"""Where an agreement and its versions stand on a day."""

from datetime import date

import pytest

from domain.agreements.accrual import VersionTerms
from domain.agreements.standing import (
    AgreementStatus,
    VersionStatus,
    agreement_status,
    superseded_by,
)
from domain.values import Vacancy


def version(
    number: int = 1,
    effective_from: date = date(2026, 1, 1),
    ends_on: date = date(2026, 12, 31),
) -> VersionTerms:
    """Return an accepted version."""
    start = date(2026, 1, 1)
    return VersionTerms(number, effective_from, start, ends_on, Vacancy.STOP)


@pytest.mark.parametrize(
    ("last_day", "day", "status"),
    [
        (None, date(2025, 12, 31), AgreementStatus.AGREED),
        (None, date(2026, 1, 1), AgreementStatus.IN_FORCE),
        (None, date(2026, 12, 31), AgreementStatus.IN_FORCE),
        (None, date(2027, 1, 1), AgreementStatus.EXPIRED),
        (date(2026, 6, 30), date(2026, 6, 30), AgreementStatus.IN_FORCE),
        (date(2026, 6, 30), date(2026, 7, 1), AgreementStatus.TERMINATED),
        (date(2025, 12, 31), date(2025, 12, 31), AgreementStatus.TERMINATED),
        (date(2026, 12, 31), date(2027, 1, 1), AgreementStatus.EXPIRED),
    ],
)
def test_an_agreement_ends_by_its_dates_or_by_a_party(
    last_day: date | None, day: date, status: AgreementStatus
) -> None:
    found = agreement_status([version()], last_day, day, awaits_answer=True)
    assert found is status


def test_without_two_signatures_nothing_is_agreed() -> None:
    day = date(2026, 1, 1)
    waiting = agreement_status([], None, day, awaits_answer=True)
    assert waiting is AgreementStatus.PROPOSED
    over = agreement_status([], None, day, awaits_answer=False)
    assert over is AgreementStatus.NOT_AGREED


def test_terms_that_are_never_in_force_have_expired() -> None:
    never = version(effective_from=date(2027, 6, 1))
    found = agreement_status([never], None, date(2026, 1, 1), awaits_answer=False)
    assert found is AgreementStatus.EXPIRED
    day = date(2026, 1, 1)
    ended = agreement_status([never], day, day, awaits_answer=False)
    assert ended is AgreementStatus.EXPIRED
    assert superseded_by(1, [never], day) is None


def test_a_version_is_superseded_when_a_higher_one_takes_its_place_for_good() -> None:
    versions = [version(), version(2, date(2026, 7, 1)), version(3, date(2026, 3, 1))]
    assert superseded_by(1, versions, date(2026, 2, 28)) is None
    assert superseded_by(1, versions, date(2026, 3, 1)) == 3
    assert superseded_by(2, versions, date(2026, 3, 1)) == 3, "it never comes in force"
    assert superseded_by(3, versions, date(2027, 1, 1)) is None


def test_what_may_still_be_accepted_counts_in_a_frame() -> None:
    counting = {each for each in VersionStatus if each.counts}
    assert counting == {
        VersionStatus.PROPOSED,
        VersionStatus.ACCEPTED,
        VersionStatus.WITHDRAWN,
    }

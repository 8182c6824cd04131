"""Every kind of obligation has its deed, and is told by the obligation's id."""

import pytest

from domain.catalogue import COMMANDS
from domain.obligations.duty import DONE_BY, Duty, duty_of


def test_each_duty_has_its_deed() -> None:
    assert DONE_BY.keys() == {*Duty}
    assert {*DONE_BY.values()} <= COMMANDS.keys()


@pytest.mark.parametrize(
    ("obligation", "duty"),
    [
        ("application/a/submit", Duty.APPLICATION_SUBMIT),
        ("grant/a b/first-use", Duty.GRANT_FIRST_USE),
        ("grant/a/report/final", Duty.GRANT_REPORT),
        ("network/n/evaluation/1/vest", Duty.NETWORK_EVALUATION),
        ("body/b/gathering/2026-1", Duty.BODY_GATHERING),
        ("body/b/follow-up/c/2026", Duty.BODY_FOLLOW_UP),
        ("body/b/professional-day/2026", Duty.BODY_PROFESSIONAL_DAY),
        ("seat/b/s/vacancy/2026-03-01", Duty.SEAT_VACANCY),
        ("assignment/b/report", Duty.ASSIGNMENT),
    ],
)
def test_an_id_tells_its_duty(obligation: str, duty: Duty) -> None:
    assert duty_of(obligation) is duty


@pytest.mark.parametrize("obligation", ["", "x", "grant/a/other", "seat/b/s/x/1"])
def test_no_other_text_is_an_id(obligation: str) -> None:
    with pytest.raises(ValueError, match="Duty"):
        duty_of(obligation)

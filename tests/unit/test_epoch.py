"""The reason that an operator writes for what a region says of its log."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.parties.epoch import LOG, EpochBegun, Epochs, written_reason
from domain.values import Region

ROOT = "0" * 64
BEGUN = EpochBegun.model_validate(
    {
        "epoch": 2,
        "kept": 0,
        "kept_root": ROOT,
        "promised": 1,
        "promised_root": ROOT,
        "begun_on": date(2026, 7, 1),
        "reason": "The disk is lost",
        "without": (Region.NORD,),
    }
)


def test_a_reason_is_recorded_without_what_surrounds_it() -> None:
    assert written_reason(" The disk is lost \n") == "The disk is lost"


@pytest.mark.parametrize("text", ["", " ", "two\nlines", "a" * 5000])
def test_a_reason_is_one_line_that_says_something(text: str) -> None:
    with pytest.raises(ValidationError):
        written_reason(text)


def test_the_last_epoch_counts() -> None:
    assert LOG.evolve(LOG.initial, BEGUN) == Epochs(BEGUN)

"""What others had seen of a log is there, or was declared lost; else it is missing."""

from dataclasses import replace
from datetime import date

import pytest

from domain.parties.epoch import EpochBegun
from domain.values import Region
from federation.checks.closure import end_before, missing_tails, unwitnessed
from federation.checks.verified import SeenBy, Verified
from federation.log.completeness import FOREVER

ROOT = "0" * 64
SEEN_AT = "2026-01-01T12:00:00.000000Z"


def log(
    origin: str,
    entries: int,
    seen: dict[tuple[str, int], int] | None = None,
    *epochs: EpochBegun,
) -> Verified:
    """Return a log that had seen some positions of others."""
    places = {
        each: SeenBy(at, f"{origin}/1/9", SEEN_AT) for each, at in (seen or {}).items()
    }
    return Verified(origin, entries, 1, {}, epochs=epochs, seen=places)


def begun(epoch: int, kept: int, promised: int, *without: Region) -> EpochBegun:
    return EpochBegun(
        epoch=epoch,
        kept=kept,
        kept_root=ROOT,
        promised=promised,
        promised_root=ROOT,
        begun_on=date(2026, 1, 1),
        reason="A disk was lost",
        without=without,
    )


def test_what_was_seen_and_is_here_is_whole() -> None:
    seen = {("nord", 1): 5, ("midt", 1): 90}
    assert not missing_tails([log("midt", 9, seen), log("nord", 5)])


def test_the_largest_gap_of_each_region_is_told() -> None:
    midt = log("midt", 9, {("nord", 1): 7, ("vest", 1): 2})
    sorost = log("sorost", 9, {("nord", 1): 8})
    found = missing_tails([midt, log("nord", 5), sorost])
    assert [each[:3] for each in found] == [
        ("nord", 5, "nord/1/8"),
        ("vest", 0, "vest/1/2"),
    ]
    assert [(each.by, each.missing) for each in found] == [
        ("sorost/1/9", 3),
        ("midt/1/9", 2),
    ]


@pytest.mark.parametrize(
    ("seen", "without", "missing"),
    [
        (5, (), 0),
        (8, (), 0),
        (9, (), 1),
        (9, (Region.VEST,), 1),
        (9, (Region.MIDT,), 0),
    ],
)
def test_what_an_epoch_declared_lost_is_not_missing(
    seen: int, without: tuple[Region, ...], missing: int
) -> None:
    """Kept are 5 entries, 8 had been promised; more was lost without a word."""
    nord = log("nord", 30, {}, begun(2, 5, 8, *without))
    found = missing_tails([log("midt", 9, {("nord", 1): seen}), nord])
    assert sum(each.missing for each in found) == missing


def test_an_epoch_that_was_seen_is_here() -> None:
    """However many entries there are: they are of one that is over."""
    midt = log("midt", 9, {("nord", 2): 7})
    (found,) = missing_tails([midt, log("nord", 20)])
    assert (found.place, found.entries, found.missing) == ("nord/2/7", 20, 1)
    assert not missing_tails([midt, log("nord", 20, {}, begun(2, 5, 8))])


def test_witnesses_count_where_they_cosigned_all() -> None:
    whole = Verified("nord", 5, 1, {}, witnesses={"vest": 5, "midt": 4, "sorost": 5})
    assert not unwitnessed([whole, Verified("vest", 0, 0, {})], 2)
    (found,) = unwitnessed([whole], 3)
    assert found == ("nord", 5, 4)


def test_a_day_ends_at_midnight_in_norway() -> None:
    day = date(2026, 7, 1)
    told = Verified("nord", 5, 1, {}, complete_to="2026-07-01T21:59:59.999999Z")
    assert not end_before([told], day)
    before = Verified("nord", 5, 1, {}, complete_to="2026-07-01T21:59:59.999998Z")
    assert end_before([before], day) == [("nord", "2026-07-01T21:59:59.999998Z")]
    assert end_before([Verified("nord", 0, 0, {})], day) == [("nord", "")]


@pytest.mark.parametrize(
    ("complete_to", "denied"),
    [
        ("", False),
        ("2026-01-03T11:59:59.999999Z", False),
        ("2026-01-03T12:00:00.000000Z", True),
        (FOREVER, False),
    ],
)
def test_what_a_region_has_signed_not_to_be_there_was_never_seen(
    complete_to: str, denied: bool
) -> None:
    nord = replace(log("nord", 5), complete_to=complete_to)
    (found,) = missing_tails([log("midt", 9, {("nord", 1): 7}), nord])
    assert (found.by, found.is_denied) == ("midt/1/9", denied)

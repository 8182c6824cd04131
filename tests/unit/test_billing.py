"""Billing: lines, restatements and VAT, over random corrections."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import AccruingDays, PostCost
from domain.invoicing.billing import (
    Billed,
    BilledLine,
    Restatement,
    billed_lines,
    billed_ore,
    vat_ore,
)
from domain.values import Period, VatTreatment, add_months

YEAR = [
    Period(date(2026, m, 1), add_months(date(2026, m, 1), 3) - timedelta(days=1))
    for m in (1, 4, 7, 10)
]
costs = st.dictionaries(
    st.sampled_from(["a", "b"]),
    st.lists(
        st.builds(
            AccruingDays,
            st.builds(
                lambda start, length: Period(start, start + timedelta(days=length)),
                st.dates(date(2025, 12, 1), date(2026, 12, 31)),
                st.integers(0, 120),
            ),
            st.integers(0, 10**8),
            st.integers(1, 3),
        ),
        max_size=3,
    ).map(tuple),
).map(lambda posts: {post: PostCost(post, spans) for post, spans in posts.items()})


def untold(_post: str, _facts: int) -> PostCost:
    """Never be asked: the documents do not say what they counted."""
    raise AssertionError


@given(st.permutations(YEAR), st.lists(costs, min_size=4, max_size=4))
def test_every_period_is_billed_what_was_known_when_the_last_was_issued(
    order: list[Period], known: list[dict[str, PostCost]]
) -> None:
    issued: list[Billed] = []
    for period, now in zip(order, known, strict=True):
        lines = billed_lines(period, now, issued, untold)
        issued.append(Billed(period, lines))
        billed = billed_ore(issued)
        for done in order[: len(issued)]:
            for post in ("a", "b"):
                expected = now[post].amount_ore(done) if post in now else 0
                assert billed.get((post, done), 0) == expected


@given(costs)
def test_a_fully_invoiced_year_is_billed_what_accrued(
    known: dict[str, PostCost],
) -> None:
    issued: list[Billed] = []
    for period in YEAR:
        issued.append(Billed(period, billed_lines(period, known, issued, untold)))
    total: defaultdict[str, int] = defaultdict(int)
    for document in issued:
        for line in document.lines:
            assert not line.restatements, "nothing has changed"
            total[line.post] += line.amount_ore
    assert all(total[post] == cost.year_ore(2026) for post, cost in known.items())


def test_a_restatement_names_its_period_and_a_cancelled_line_stays() -> None:
    first, second = YEAR[0], YEAR[1]
    whole = PostCost(
        "a", (AccruingDays(Period(date(2026, 1, 1), date(2026, 12, 31)), 365_00, 1),)
    )
    half = PostCost(
        "a", (AccruingDays(Period(date(2026, 2, 1), date(2026, 12, 31)), 365_00, 1),)
    )
    (line,) = billed_lines(first, {"a": whole}, (), untold)
    assert line == BilledLine("a", 90_00)
    (line,) = billed_lines(second, {"a": half}, [Billed(first, (line,))], untold)
    assert line.restatements == (Restatement(first, -31_00),)
    assert line.restatement_ore == -31_00
    assert line.amount_ore == 91_00 - 31_00


def test_a_post_without_accrual_and_without_change_has_no_line() -> None:
    assert billed_lines(YEAR[0], {"a": PostCost("a", ())}, (), untold) == ()


def test_a_change_is_told_from_the_last_document_that_billed_the_post() -> None:
    asked: list[tuple[str, int]] = []

    def before(post: str, facts: int) -> PostCost:
        asked.append((post, facts))
        return PostCost(post, ())

    restated = BilledLine("a", -3, (Restatement(YEAR[0], -3),))
    earlier = [
        Billed(YEAR[0], (BilledLine("a", 10), BilledLine("b", 10)), {"a": 1, "b": 1}),
        Billed(YEAR[1], (restated,), {"a": 2, "b": 2}),
    ]
    lines = billed_lines(YEAR[2], {}, earlier, before)
    assert [(each.post, each.amount_ore) for each in lines] == [("a", -7), ("b", -10)]
    assert asked == [("a", 2), ("b", 1)]


def test_a_post_that_fell_away_is_restated_to_nothing() -> None:
    issued = [Billed(YEAR[0], (BilledLine("gone", 100),))]
    (line,) = billed_lines(YEAR[1], {}, issued, untold)
    assert line == BilledLine("gone", -100, (Restatement(YEAR[0], -100),))


@pytest.mark.parametrize(
    ("net_ore", "expected"), [(1, 0), (2, 1), (-2, -1), (6, 2), (10_512_877, 2_628_219)]
)
def test_vat_is_rounded_once_half_away_from_zero(net_ore: int, expected: int) -> None:
    assert vat_ore(net_ore, VatTreatment.STANDARD) == expected
    assert vat_ore(-net_ore, VatTreatment.STANDARD) == -expected
    for other in (VatTreatment.EXEMPT, VatTreatment.OUTSIDE_SCOPE):
        assert vat_ore(net_ore, other) == 0

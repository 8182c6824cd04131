"""The settlement's arithmetic: conservation, listing, disputes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import PostTerms, StaffingChange, VersionTerms
from domain.closing.settlement import (
    AgreementRecord,
    LineVerdict,
    Parties,
    SettledDocument,
    SettledLine,
    disputed,
    settle,
)
from domain.values import Period, Region, Vacancy

REGION_OF = {"1": Region.VEST, "2": Region.NORD, "3": Region.MIDT, "4": Region.SOROST}
H1 = Period(date(2026, 1, 1), date(2026, 6, 30))
END = date(2026, 12, 31)


def terms(
    number: int = 1, ends_on: date = END, posts: tuple[str, ...] = ("a",)
) -> VersionTerms:
    """Return terms of posts that cost 365 kroner a year."""
    start = date(2026, 1, 1)
    agreed = {post: PostTerms(start, END, 365_00) for post in posts}
    return VersionTerms(number, start, start, ends_on, Vacancy.STOP, agreed)


def document(number: int = 1, **changes: object) -> SettledDocument:
    """Return an invoice of a hundred kroner for the first half of the year."""
    content = {
        "payee": "2",
        "year": 2026,
        "number": number,
        "kind": "invoice",
        "agreement": "x",
        "period": H1,
        "issued_on": date(2026, 7, 1),
        "net_ore": 100_00,
        "vat_ore": 25_00,
        "lines": (SettledLine("a", 100_00, 0),),
    }
    return SettledDocument(**{**content, **changes})  # type: ignore[arg-type]


def record(
    name: str = "x", payer: str = "1", payee: str = "2", **changes: object
) -> AgreementRecord:
    """Return an agreement with one accepted version and one invoice."""
    content = {
        "agreement": name,
        "parties": Parties(payer, payee, "ms"),
        "versions": (terms(),),
        "staffing": {"a": [StaffingChange(date(2026, 1, 1), filled=True)]},
        "documents": (document(agreement=name),),
    }
    return AgreementRecord(**{**content, **changes})  # type: ignore[arg-type]


@pytest.mark.law(7)
@given(
    st.lists(
        st.tuples(
            st.permutations("1234"),
            st.integers(-(10**9), 10**9),
            st.integers(0, 10**8),
            st.integers(-(10**9), 10**9),
        ),
        max_size=8,
    )
)
def test_the_nets_of_all_regions_sum_to_zero(
    books: list[tuple[list[str], int, int, int]],
) -> None:
    records = [
        record(
            f"x{n}",
            payer=parties[0],
            payee=parties[1],
            documents=(
                document(
                    agreement=f"x{n}",
                    vat_ore=vat,
                    paid_ore=paid,
                    lines=(SettledLine("a", net, 0),),
                ),
            ),
        )
        for n, (parties, net, vat, paid) in enumerate(books)
    ]
    settled = settle(records, REGION_OF, 2026, END)
    assert sum(region.net_ore for region in settled.regions.values()) == 0
    owed = sum(each.outstanding_ore for each in settled.agreements)
    assert sum(region.receivable_ore for region in settled.regions.values()) == owed


@given(st.permutations(["a", "b", "c"]))
def test_the_order_of_agreements_changes_nothing(names: list[str]) -> None:
    settled = settle([record(name) for name in names], REGION_OF, 2026, END)
    assert [each.agreement for each in settled.agreements] == ["a", "b", "c"]
    assert settled == settle([record(n) for n in "abc"], REGION_OF, 2026, END)


@given(st.dates(date(2025, 6, 1), date(2027, 6, 1)))
def test_accrual_stops_at_the_day_or_the_year(as_of: date) -> None:
    (agreement,) = settle([record()], REGION_OF, 2026, as_of).agreements
    first = date(2026, 1, 1)
    days = max(0, (min(as_of, END) - first).days + 1)
    assert agreement.accrued_ore == days * 100
    assert agreement.committed_ore == 365_00
    assert agreement.unbilled_ore == days * 100 - 100_00


def test_an_agreement_is_listed_when_an_accepted_version_touches_the_year() -> None:
    for year, listed in ((2025, False), (2026, True), (2027, False)):
        settled = settle([record(documents=())], REGION_OF, year, END)
        assert bool(settled.agreements) is listed
    short = (terms(ends_on=date(2026, 1, 1)),)
    (agreement,) = settle([record(versions=short)], REGION_OF, 2026, END).agreements
    assert agreement.accrued_ore == 100


def test_what_was_billed_for_days_after_a_termination_is_still_owed() -> None:
    cut = terms().until(date(2025, 12, 31))
    ended = record(versions=(cut,))
    settlement = settle([ended], REGION_OF, 2026, END)
    (agreement,) = settlement.agreements
    assert agreement.outstanding_ore == 125_00
    assert agreement.unbilled_ore == -100_00
    assert [each.number for each in settlement.documents] == [1]
    assert settlement.regions[Region.NORD].net_ore == 125_00
    assert settle([ended], REGION_OF, 2027, END).agreements == ()


def test_every_post_of_an_accepted_version_is_listed_also_at_zero() -> None:
    versions = (terms(1, posts=("a", "gone")), terms(2))
    (agreement,) = settle([record(versions=versions)], REGION_OF, 2026, END).agreements
    assert [post.post for post in agreement.posts] == ["a", "gone"]
    assert agreement.posts[1].committed_ore == 0


def test_documents_count_in_the_year_of_their_period() -> None:
    other = document(2, period=Period(date(2027, 1, 1), date(2027, 6, 30)))
    settled = settle([record(documents=(document(), other))], REGION_OF, 2026, END)
    assert [each.number for each in settled.documents] == [1]
    assert settled.agreements[0].invoiced_ore == 100_00
    assert settled.agreements[0].vat_ore == 25_00
    assert settled.agreements[0].outstanding_ore == 125_00


def test_documents_are_sorted_by_payee_year_and_number() -> None:
    def of(payee: str, year: int, number: int) -> SettledDocument:
        return document(number, payee=payee, year=year)

    documents = (
        of("2", 2027, 1),
        of("2", 2026, 10),
        of("1", 2026, 3),
        of("2", 2026, 9),
    )
    settled = settle([record(documents=documents)], REGION_OF, 2026, END)
    found = [(each.payee, each.year, each.number) for each in settled.documents]
    assert found == [("1", 2026, 3), ("2", 2026, 9), ("2", 2026, 10), ("2", 2027, 1)]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], set()),
        ([LineVerdict(None, disputed=True)], {"a", "b"}),
        ([LineVerdict("a", disputed=True)], {"a"}),
        ([LineVerdict(None, disputed=True), LineVerdict("a", disputed=False)], {"b"}),
        ([LineVerdict("a", disputed=True), LineVerdict(None, disputed=False)], set()),
        ([LineVerdict("a", disputed=False), LineVerdict("a", disputed=True)], {"a"}),
    ],
)
def test_a_later_decision_replaces_the_earlier_one_for_its_lines(
    verdicts: list[LineVerdict], expected: set[str]
) -> None:
    assert disputed(["a", "b"], verdicts) == expected


def test_disputed_amounts_are_those_of_disputed_lines() -> None:
    lines = (SettledLine("a", 60_00, 0), SettledLine("b", 40_00, -1_00))
    both = (terms(posts=("a", "b")),)
    documents = (document(lines=lines, disputed_posts=frozenset({"b"})),)
    settled = settle([record(versions=both, documents=documents)], REGION_OF, 2026, END)
    assert [post.disputed_ore for post in settled.agreements[0].posts] == [0, 40_00]
    assert settled.agreements[0].disputed_ore == 40_00


def test_days_before_the_agreement_cost_nothing() -> None:
    late = date(2026, 1, 1) - timedelta(days=1)
    (agreement,) = settle([record()], REGION_OF, 2026, late).agreements
    assert agreement.accrued_ore == 0

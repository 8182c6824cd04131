"""Overviews: the figures of stories, summed by hand, as files and pages."""

import html
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import httpx
import pytest
from python_calamine import CalamineWorkbook

from api.auth import Role
from api.overviews.overview import OverviewKind
from domain.document import Section
from domain.governance.activity import ReportActivity
from domain.grants.awarding import AnnounceAwards
from domain.values import REGIONAL_AUTHORITY, Region
from tests.api.pages.test_grant_money import GRANTED
from tests.api.pages.test_grant_pages import done, submitted
from tests.api.test_given_documents import given
from tests.api.test_problems import is_problem
from tests.support.applications import AALESUND, MIDT, NETWORKS, NORD, document
from tests.support.doors import Door
from tests.support.examples import BERGEN, OSLO, TROMSO, TRONDHEIM, network
from tests.support.granting import CLOSED, Person, granting, on_day, record
from tests.support.stories import told
from tests.support.visitors import Visitor, words

LAST: Final = "2026-07-31"
AWARDS: Final = "/v1/overviews/awards?of=hmn-25"
ALL: Final = {
    OverviewKind.AWARDS: ("s3", "hmn-25"),
    OverviewKind.FUNDS: ("s3", ""),
    OverviewKind.POSTS_BY_REGION: ("s1", "ms"),
    OverviewKind.NETWORK_REPORT: ("s1", "ms"),
    OverviewKind.COMPILED_REPORT: ("s4", "fousam"),
}
"""Each overview with a story that it tells of, and what it is of."""
HOMES: Final = {"s1": Region.VEST, "s3": Region.MIDT, "s4": Region.VEST}


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    """Open a door to each story; all are only read."""
    with (
        told(tmp_path_factory.mktemp("s1"), "s1", HOMES["s1"]) as s1,
        told(tmp_path_factory.mktemp("s3"), "s3", HOMES["s3"]) as s3,
        told(tmp_path_factory.mktemp("s4"), "s4", HOMES["s4"]) as s4,
    ):
        yield {"s1": s1, "s3": s3, "s4": s4}


@pytest.fixture
def midt(stories: dict[str, Door]) -> Door:
    """Give the door of the funder of collaboration."""
    return stories["s3"]


def rows(door: Door, path: str, sheet: str, as_of: str = LAST) -> list[list[str]]:
    """Return the rows of a sheet, as the funder's controller reads it in English."""
    asked = f"{path}&format=csv&sheet={sheet}&as_of={as_of}"
    answer = door.get(asked, organisation=MIDT)
    assert answer.status_code == 200, answer.text
    lines = answer.content.decode("utf-8-sig").splitlines()
    return [line.split(";") for line in lines[1:]]


@pytest.mark.rule("S2-27")
@pytest.mark.rule("S3-10")
@pytest.mark.rule("S3-21")
def test_awards_are_summed_by_trust_region_purpose_and_share(midt: Door) -> None:
    of_olav = ["St. Olavs hospital HF", "Helse Midt-Norge", "2", "1"]
    assert rows(midt, AWARDS, "awards_by_trust") == [
        [TRONDHEIM, *of_olav, "3100000,00", "3000000,00"],
        [AALESUND, "Helse Møre og Romsdal HF", "Helse Midt-Norge", "1", "1", "2500000,00", "2000000,00"],
    ]  # fmt: skip
    assert rows(midt, AWARDS, "awards_by_region") == [
        ["Helse Midt-Norge", "3", "2", "5600000,00", "5000000,00"]
    ]
    by_purpose = rows(midt, AWARDS, "awards_by_purpose")
    assert [(row[0], row[-1]) for row in by_purpose] == [
        ("regional_plan", "3000000,00"),
        ("national_plan", "2000000,00"),
        ("mandate_letter", "2000000,00"),
    ]
    by_split = rows(midt, AWARDS, "awards_by_split")
    assert [(row[0], row[3], row[4]) for row in by_split] == [
        ("one_year", "1", "3000000,00"),
        ("multi_year", "1", "2000000,00"),
    ]
    (of_call,) = rows(midt, AWARDS, "awards_of_call")
    assert of_call[3:] == ["2025-02-28", "3", "2", "5000000,00", "5000000,00", "0,00"]


def test_funds_of_each_year_come_to_what_was_given(midt: Door) -> None:
    """3 000 000 and 2 000 000; each line is counted in the files of the story."""
    funds = "/v1/overviews/funds?of=hmn-25"
    (whole,) = rows(midt, funds, "funds_by_call")
    given_ore, paid, used, lapsed, left, to_repay, repaid = whole[4:]
    assert (given_ore, paid) == ("5000000,00", "3500000,00")
    assert (used, lapsed, left) == ("1500000,00", "3500000,00", "0,00")
    assert (to_repay, repaid) == ("1800000,00", "200000,00")
    first, second = rows(midt, funds, "funds_by_year")
    assert first[2:7] == ["5000000,00", "3500000,00", "1000000,00", "2000000,00", "200000,00"]  # fmt: skip
    assert first[7:] == ["2000000,00", "300000,00"]
    assert second[2:] == ["0,00", "0,00", "500000,00", "1500000,00", "0,00", "0,00", "1800000,00"]  # fmt: skip
    in_all = rows(midt, "/v1/overviews/funds?year=2025", "funds_in_all")
    assert in_all == [first[1:], second[1:]]


def test_a_workbook_sums_counts_and_money_but_not_purposes(midt: Door) -> None:
    answer = midt.get(f"{AWARDS}&as_of={LAST}", organisation=MIDT, Accept_Language="nn")
    assert answer.headers["content-disposition"] == 'attachment; filename="awards.xlsx"'
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert book.sheet_names == [
        *("Utlysinga", "Per føretak", "Per region", "Per føremål"),
        "Per del av potten",
    ]
    by_trust = book.get_sheet_by_name("Per føretak").to_python()
    assert by_trust[-1] == ["Sum", "", "", 3.0, 2.0, 5_600_000.0, 5_000_000.0]
    by_purpose = book.get_sheet_by_name("Per føremål").to_python()
    assert by_purpose[-1][0] == "mandate_letter"


@pytest.fixture
def unannounced(tmp_path: Path) -> Iterator[Door]:
    """Open a node whose authority has granted an application, and told nobody."""
    with granting(tmp_path, pot_ore=500_000_00) as door:
        at = submitted(door, Person(door, TROMSO, Role.SECRETARY, "Per Li"))
        on_day(door, CLOSED)
        done(Person(door, NORD, Role.DECIDER, "Rolf Tho"), f"{at}/decide", **GRANTED)
        yield door


def test_what_is_decided_is_hidden_until_it_is_announced(unannounced: Door) -> None:
    door, amount = unannounced, b"120000,00"
    every = "/v1/overviews/funds?format=csv"
    for path in (f"/v1/overviews/{kind}?of={NETWORKS}" for kind in ("awards", "funds")):
        is_problem(door.get(path, organisation=TROMSO), 403, "not_announced")
        assert door.get(path, organisation=NORD).status_code == 200
        auditor = door.get(path, organisation=TROMSO, roles=(Role.AUDITOR,))
        assert auditor.status_code == 200
    assert amount not in door.get(every, organisation=TROMSO).content
    assert amount in door.get(every, organisation=NORD).content
    applicant = Visitor(door, TROMSO)
    hidden = applicant.look("/overviews/awards", of=NETWORKS)
    assert hidden.status_code == 403
    shown = applicant.read("/overviews/funds")
    assert "Calls whose awards are not announced are left out." in shown
    assert "Nothing to show." in shown
    call, link = f"/grants/calls/{NETWORKS}", f"/overviews/awards?of={NETWORKS}"
    assert link not in applicant.look(call).text
    assert link in Visitor(door, NORD, Role.DECIDER).look(call).text
    record(door, NORD, CLOSED, AnnounceAwards(call=NETWORKS))
    assert link in applicant.look(call).text
    assert amount in door.get(every, organisation=TROMSO).content
    assert "120,000.00" in applicant.read("/overviews/awards", of=NETWORKS)


@pytest.mark.rule("S1-33")
def test_each_region_has_its_posts_and_one_without_has_none(
    stories: dict[str, Door],
) -> None:
    path = "/v1/overviews/posts-by-region?of=ms&year=2026"
    found = rows(stories["s1"], path, "posts_by_region", "2026-12-31")
    posts = {row[0]: row[1:5] for row in found}
    assert posts["Helse Sør-Øst"] == ["1", "0", "20,00", "300000,00"]
    assert [posts[f"Helse {name}"][0] for name in ("Midt-Norge", "Nord", "Vest")] == [
        "0"
    ] * 3
    late = rows(stories["s1"], path.replace("2026", "2027"), "posts_of_regions")
    assert not late, "the post ends in February 2026"


@pytest.mark.rule("S4-29")
def test_who_has_not_reported_is_named(stories: dict[str, Door]) -> None:
    path = "/v1/overviews/compiled-report?of=fousam&year=2026"
    (row,) = rows(stories["s4"], path, "compiled_report", "2027-01-20")
    contents = rows(stories["s4"], path, "compiled_sections", "2027-01-20")
    assert {(each[0], each[2]) for each in contents} == {("styring", "missing")}
    assert [each[-1] for each in contents] == ["S4-04", "S4-18", "S4-20", "S4-21"]
    assert row[0] == "styring"
    assert row[4:6] == ["missing", ""]


@pytest.mark.parametrize("kind", OverviewKind)
def test_each_overview_is_a_paper_a_workbook_and_a_sheet(
    stories: dict[str, Door], kind: OverviewKind
) -> None:
    story, of = ALL[kind]
    who = {"organisation": REGIONAL_AUTHORITY[HOMES[story]]}

    def taken(language: str, **asked: str) -> httpx.Response:
        said = {"of": of, "as_of": "2027-07-31", "language": language, **asked}
        query = "&".join(f"{name}={value}" for name, value in said.items() if value)
        answer = stories[story].get(f"/v1/overviews/{kind.value}?{query}", **who)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-language"] == language
        return answer

    for language in ("nb", "nn", "en"):
        paper = taken(language, format="pdf")
        assert paper.content.startswith(b"%PDF-")
        assert paper.content == taken(language, format="pdf").content
        assert taken(language, format="xlsx").content.startswith(b"PK")
        assert taken(language, format="csv").headers["content-type"].startswith("text/csv")  # fmt: skip


TITLES: Final = {
    "nb": (
        *("Tildelinger: Regionale", "Midler i alle utlysninger"),
        *(
            "Stillinger per region 2027",
            "Årsrapport for 2026",
            "Samlet rapport for 2026",
        ),
    ),
    "nn": (
        *("Tildelingar: Regionale", "Midlar i alle utlysingar"),
        *(
            "Stillingar per region 2027",
            "Årsrapport for 2026",
            "Samla rapport for 2026",
        ),
    ),
    "en": (
        *("Awards: Regionale", "Funds of all calls"),
        *("Posts by region 2027", "Annual report on 2026", "Compiled report on 2026"),
    ),
}


@pytest.mark.parametrize("language", TITLES)
def test_each_overview_is_a_page_that_leads_to_its_files(
    stories: dict[str, Door], language: str
) -> None:
    for (kind, (story, of)), title in zip(ALL.items(), TITLES[language], strict=True):
        door, number = stories[story], REGIONAL_AUTHORITY[HOMES[story]]
        visitor = Visitor(door, number, Role.DECIDER, language)
        asked = {"as_of": "2027-07-31"} | ({"of": of} if of else {})
        page = visitor.look(f"/overviews/{kind.value}", **asked)
        assert page.status_code == 200, words(page)
        assert title in words(page)
        files = re.findall(r'href="(/v1/overviews/[^"]+)"', page.text)
        assert len(files) >= 2 + 1
        for file in files:
            path = html.unescape(file)
            assert door.get(path, organisation=number).status_code == 200, path


def test_a_page_shows_the_same_figures(midt: Door) -> None:
    shown = Visitor(midt, MIDT, Role.DECIDER).read("/overviews/awards", of="hmn-25", as_of=LAST)  # fmt: skip
    assert (
        "St. Olavs hospital HF Helse Midt-Norge 2 1 3,100,000.00 3,000,000.00" in shown
    )
    assert "Total 3 2 5,600,000.00 5,000,000.00" in shown
    assert "/overviews/funds" in Visitor(midt, AALESUND).look("/grants").text


def test_pages_lead_to_the_overviews_of_networks_and_bodies(
    stories: dict[str, Door],
) -> None:
    of_network = Visitor(stories["s1"]).look("/networks/ms/governance").text
    assert "/overviews/posts-by-region?of=ms" in of_network
    assert "/overviews/network-report?of=ms" in of_network
    assert "/overviews/posts-by-region?of=ms" in Visitor(stories["s1"]).look("/networks/ms").text  # fmt: skip
    local = Visitor(stories["s4"])
    assert "network-report" not in local.look("/networks/kreft/governance").text
    assert "/overviews/compiled-report?of=fousam" in local.look("/bodies/fousam").text
    assert "compiled-report" not in local.look("/bodies/hardanger").text


def test_whoever_coordinates_is_led_to_recording_the_reference(
    stories: dict[str, Door],
) -> None:
    where = "/networks/ms/governance/report?of=ms&amp;year=2021"
    asked = {"of": "ms", "year": "2021"}
    coordinator = Visitor(stories["s1"], BERGEN, Role.SECRETARY)
    assert where in coordinator.look("/overviews/network-report", **asked).text
    reader = Visitor(stories["s1"], BERGEN)
    assert where not in reader.look("/overviews/network-report", **asked).text
    other = Visitor(stories["s1"], OSLO, Role.SECRETARY)
    assert where not in other.look("/overviews/network-report", **asked).text
    told_already = coordinator.look("/overviews/network-report", of="ms", year="2025")
    assert "governance/report" not in told_already.text


@pytest.mark.rule("S1-16", "S1-24", "S1-25", "S1-40")
def test_a_networks_report_stands_under_the_headings_with_its_reference(
    door: Door,
) -> None:
    door.register(BERGEN)
    record(door, BERGEN, date(2026, 1, 2), network(network="ms"))
    path = "/v1/overviews/network-report?of=ms&year=2026"
    about = {row[0]: row[1] for row in rows(door, path, "report_about", "2027-02-10")}
    assert about["Reference in eRapport"] == ""
    advice = given(door, "Råd om diagnostikk".encode())
    sections = (
        Section(section="advice", document=advice),
        Section(section="knowledge_used_nord", document=document()),
        Section(section="more", document=document()),
    )
    reference = "NKT-HV-01/2026"
    report = ReportActivity(of="ms", year=2026, sections=sections, reference=reference)
    record(door, BERGEN, date(2027, 2, 9), report)
    about = {row[0]: row[1] for row in rows(door, path, "report_about", "2027-02-10")}
    assert about["Reference in eRapport"] == reference
    assert about["Recorded in Fagnett"] == "2027-02-09"
    found = rows(door, path, "report_sections", "2027-02-10")
    advised = ["Research and networks", "Advice to owners and national authorities", "", "reported", "Råd om diagnostikk", "S1-25"]  # fmt: skip
    assert advised in found
    used = [row for row in found if row[1].startswith("Knowledge from research")]
    assert [row[3] for row in used] == ["missing", "reported", "missing", "missing"]
    assert used[1][4].startswith("SHA-256 "), "its text is not at this node"
    assert found[-1][0] == "Other"
    regions = rows(door, path, "posts_by_region", "2027-02-10")
    assert [row[-2:] for row in regions[:2]] == [["missing"] * 2, ["reported", "missing"]]  # fmt: skip


def test_what_is_not_there_has_no_overview(stories: dict[str, Door]) -> None:
    for kind in OverviewKind:
        path = f"/v1/overviews/{kind.value}?of=none"
        is_problem(stories["s4"].get(path, organisation=MIDT), 404, "not_found")
    local = "/v1/overviews/network-report?of=kreft"
    is_problem(stories["s4"].get(local, organisation=MIDT), 404, "not_found")
    wrong = "/v1/overviews/compiled-report?of=ssu&sheet=none"
    is_problem(stories["s4"].get(wrong, organisation=MIDT), 422, "invalid_row")

"""Folders of grants and governance: the stories of the rule book, without servers."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.words import Language
from deploy.year.checking import check_year
from deploy.year.folder import read_year
from deploy.year.parts import INCOMPLETE
from deploy.year.plan import Plan, plan

STORIES = Path(__file__).parents[1] / "data" / "rule_book"
Refusal = tuple[str, int, str]


def planned(folder: Path) -> Plan:
    """Plan a folder."""
    return plan(read_year(folder))


def refused(folder: Path) -> Sequence[Refusal]:
    """Return what is refused of a folder, by file and line."""
    checked = asyncio.run(check_year(planned(folder), Language.NB))
    return [(each.file, each.line, each.code) for each in checked.refused]


def expected(folder: Path) -> Sequence[Refusal]:
    """Return what the contract says is refused."""
    told: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    return [(each["file"], each["line"], each["code"]) for each in told["refused"]]


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """Give a copy of the story of S0."""
    copy = tmp_path / "s0"
    shutil.copytree(STORIES / "s0", copy)
    return copy


def add(folder: Path, file: str, *rows: str) -> None:
    """Add rows to a file."""
    path = folder / f"{file}.csv"
    path.write_text(path.read_text() + "".join(f"{row}\n" for row in rows))


def more(folder: Path) -> set[Refusal]:
    """Return what is refused of a changed S0 that is not refused of S0."""
    return {*refused(folder)} - {*expected(STORIES / "s0")}


@pytest.mark.parametrize("name", sorted(path.name for path in STORIES.iterdir()))
def test_of_a_story_is_refused_what_the_contract_says(name: str) -> None:
    assert refused(STORIES / name) == expected(STORIES / name)


@pytest.mark.rule("S4-48")
@pytest.mark.parametrize(
    ("file", "row", "code"),
    [
        ("participants", "kreft,stord,940791901,,,2025-11-04", "conflicting_row"),
        ("participants", "kreft,stord,940791901,,,2025-10-31", "unknown_network"),
        ("participants", "kreft,stord,940791901,,x,2025-11-01", "unknown_participant"),
        (
            "bodies",
            "styring,2,steering_group,annet,983974724,,fousam,2,,,,,2025-11-04",
            "unknown_network",
        ),
    ],
)
def test_a_refused_row_does_not_make_another_person_of_who_is_nominated(
    tmp_path: Path, file: str, row: str, code: str
) -> None:
    folder = tmp_path / "s4"
    shutil.copytree(STORIES / "s4", folder)
    add(folder, file, row)
    (other,) = {*refused(folder)} - {*expected(STORIES / "s4")}
    assert (other[0], other[2]) == (f"{file}.csv", code)


@pytest.mark.rule("S1-38")
def test_an_evaluation_on_the_same_row_is_none_of_a_later_period(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "s1"
    shutil.copytree(STORIES / "s1", folder)
    said = "ms,evaluated,983658725,,renew,,God spredning,2026-01-20"
    add(folder, "authorities", f"{said},2030-06-01")
    add(folder, "authorities", "ms,renewed,983658725,,,,,2031-03-01,2030-06-02")
    (other,) = {*refused(folder)} - {*expected(STORIES / "s1")}
    assert other == ("authorities.csv", 12, "not_evaluated")


def test_a_part_without_its_row_is_refused_by_itself(story: Path) -> None:
    add(story, "budget_lines", "none-25,1,room,venue_and_catering,1.00,")
    add(story, "application_texts", "kols-25,3,purpose,Ingen slik revisjon")
    assert more(story) == {
        ("application_texts.csv", 10, "unknown_application"),
        ("budget_lines.csv", 8, "unknown_application"),
    }


def test_a_part_without_its_row_that_cannot_be_read_either_wants_its_row_first(
    story: Path,
) -> None:
    add(story, "budget_lines", "none-25,1,room,venue_and_catering,mye,")
    add(story, "budget_lines", "kols-25,første,room,venue_and_catering,1.00,")
    assert more(story) == {
        ("budget_lines.csv", 8, "unknown_application"),
        ("budget_lines.csv", 9, "invalid_row"),
    }


def test_a_part_that_cannot_be_read_leaves_every_row_of_its_own_incomplete(
    story: Path,
) -> None:
    rows = (story / "applications.csv").read_text().splitlines()
    add(story, "applications", rows[2])
    add(story, "budget_lines", "kols-25,2,more,venue_and_catering,mye,")
    assert {
        ("budget_lines.csv", 8, "invalid_row"),
        ("applications.csv", 3, INCOMPLETE),
        ("applications.csv", 6, INCOMPLETE),
    } <= {*refused(story)}


@pytest.mark.parametrize(
    ("file", "row"),
    [
        ("budget_lines", "kols-25,2,more,venue_and_catering,-1.00,"),
        ("budget_lines", "kols-25,2,more,Lokaler og mat,1.00,"),
        ("application_texts", "kols-25,2,Formål,Tekst"),
        ("application_texts", "kols-25,2,more,Tekst\x07"),
    ],
)
def test_a_part_that_no_command_takes_is_no_row_either(
    story: Path, file: str, row: str
) -> None:
    add(story, file, row)
    line = len((story / f"{file}.csv").read_text().splitlines())
    told = {(f"{file}.csv", line, "invalid_row"), ("applications.csv", 3, INCOMPLETE)}
    assert told <= more(story)


def test_a_row_that_rests_on_one_that_fell_names_it_and_a_name_is_asked_about(
    story: Path,
) -> None:
    texts = (story / "applications.csv").read_text()
    (story / "applications.csv").write_text(texts.replace("brann-25,1", "Brann-25,1"))
    found = asyncio.run(check_year(planned(story), Language.EN)).refused
    told = {(each.file, each.line): each for each in found}
    submitted = told["submissions.csv", 5]
    assert submitted.code == "unknown_application"
    assert "Did you mean “Brann-25”?" in submitted.reason


def test_of_two_parts_of_one_key_the_earlier_counts(story: Path) -> None:
    add(story, "budget_lines", "kols-25,2,room,venue_and_catering,1.00,")
    add(story, "budget_lines", "kols-25,2,room,venue_and_catering,80000.00,")
    assert more(story) == {("budget_lines.csv", 8, "conflicting_row")}


def test_where_the_row_is_refused_its_parts_are_not_named(story: Path) -> None:
    head, *rows = (story / "applications.csv").read_text().splitlines()
    rows[3] = rows[3].replace("10000.00", "mange")
    (story / "applications.csv").write_text("\n".join([head, *rows]) + "\n")
    files = {file for file, _, _ in more(story)}
    assert "budget_lines.csv" not in files
    assert "application_texts.csv" not in files


@pytest.mark.parametrize(
    ("file", "row"),
    [
        ("assessments", "kols-25,Ida Ek,,quality=4|quality=5,,2025-02-10"),
        ("assessments", "kols-25,Ida Ek,,quality=-,,2025-02-10"),
        ("assessments", "kols-25,Ida Ek,,quality=waived:,,2025-02-10"),
        ("assessments", "kols-25,Ida Ek,,Kvalitet=4,,2025-02-10"),
        ("calls", "other,1,s9-2030,,2024-12-02"),
        ("calls", "other,1,../s0/rules.json,,2024-12-02"),
        ("calls", "other,1,broken.json,,2024-12-02"),
        ("rankings", "hn-2025,983974899,kols-25|kols-25,medical_director,A,2025-02-10"),
        ("rankings", "hn-2025,983974899,kols-25||b,medical_director,A,2025-02-10"),
        ("bodies", "b,1,committee,,983974899,,,2,,,02-29,,2025-01-01"),
        ("bodies", "b,1,committee,,983974899,,,2,,,2-1,,2025-01-01"),
    ],
)
def test_what_several_values_cannot_say_is_no_row(
    story: Path, file: str, row: str
) -> None:
    (story / "broken.json").write_text("{")
    path = story / f"{file}.csv"
    heads = {
        "assessments": "application,assessor,seat,scores,conflict,recorded_on",
        "rankings": "call,trust,order,role,ranked_by,recorded_on",
        "bodies": "body,version,kind,network,organisation,field,reports_to,term_years,"
        "chair_excluded,rotation,plan_due,report_due,recorded_on",
    }
    if file in heads:
        path.write_text(f"{heads[file]}\n")
    add(story, file, row)
    line = len(path.read_text().splitlines())
    assert more(story) == {(f"{file}.csv", line, "invalid_row")}


def test_rules_of_a_call_may_stand_in_a_file_beside_the_tables(story: Path) -> None:
    (call,) = (c for b in planned(story).batches for c in b.calls if b.name == "calls")
    (story / "own rules.json").write_text(json.dumps(call.request.body["rules"]))
    calls = story / "calls.csv"
    calls.write_text(calls.read_text().replace("s0-2025", "own rules.json"))
    assert more(story) == set()


@pytest.mark.rule("S0-02")
def test_rules_in_a_file_say_their_deadline_or_that_there_is_none(story: Path) -> None:
    (call,) = (c for b in planned(story).batches for c in b.calls if b.name == "calls")
    rules = {**call.request.body["rules"], "deadline": None}
    (story / "endless.json").write_text(json.dumps(rules), "utf-8-sig")
    add(story, "calls", "endless,1,endless.json,,2024-12-02")
    assert more(story) == set()
    del rules["deadline"]
    (story / "endless.json").write_text(json.dumps(rules))
    line = len((story / "calls.csv").read_text().splitlines())
    assert more(story) == {("calls.csv", line, "invalid_row")}


def test_a_text_that_controls_how_it_is_shown_cannot_be_read(story: Path) -> None:
    row = (story / "applications.csv").read_text().splitlines()[4]
    add(
        story,
        "applications",
        row.replace("late-25,1,", "late-25,2,", 1).replace("KOLS", "KOLS\x07"),
    )
    assert more(story) == {("applications.csv", 6, "invalid_row")}


@pytest.mark.law(8)
def test_an_identity_number_is_nobody_s_name(tmp_path: Path) -> None:
    """Also where another node than the own one would record who fills a seat."""
    s4 = tmp_path / "s4"
    shutil.copytree(STORIES / "s4", s4)
    seatings = s4 / "seatings.csv"
    seatings.write_text(seatings.read_text().replace("Gro Kreft", "13097248022"))
    told = {line for file, line, code in refused(s4) if code == "invalid_row"}
    assert told == {8, 13}


def test_the_order_of_several_values_means_nothing_where_it_is_not_said(
    tmp_path: Path,
) -> None:
    s4 = tmp_path / "s4"
    shutil.copytree(STORIES / "s4", s4)
    bodies = s4 / "bodies.csv"
    bodies.write_text(bodies.read_text().replace(",kf,,11-30", ",kor|kf,,11-30"))
    asked = {
        c.row.line: c.request.body
        for b in planned(s4).batches
        for c in b.calls
        if b.name == "bodies"
    }
    assert asked[4]["chair_excluded"] == ["kf", "kor"]
    assert asked[7]["rotation"] == ["fonna", "ullensvang"]
    (municipal, *_) = (s for s in asked[4]["seats"] if s["seat"] == "municipal")
    assert municipal["participants"] == ["stord", "ullensvang", "karmoy"]
    assert municipal["mandatory"] is True

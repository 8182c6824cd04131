"""``fagnett check``: what a folder would come to, which row fell first, what it waits for."""

import asyncio
import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from api.words import Language
from api.written.names import NameOf, spellings
from deploy.year.because import Fallen, FallenRows
from deploy.year.checking import Checked, check_year
from deploy.year.folder import read_year
from deploy.year.forms import FORMS
from deploy.year.plan import Noticed, Refused, plan
from tests.support.commands import SAMPLE, fagnett
from tests.support.norwegian import Style, write_folder, write_workbook
from tests.support.years.many import write_many

YEAR = SAMPLE / "2026"
ORDER = Path(__file__).parents[1] / "data" / "folders" / "order"


def checked(folder: Path) -> Checked:
    """Check a folder."""
    return asyncio.run(check_year(plan(read_year(folder)), Language.EN))


def because(found: Checked) -> set[tuple[str, str]]:
    """Return which rows fell after which."""
    rows = ((f"{each.file}:{each.line}", each.because) for each in found.refused)
    return {(row, first) for row, first in rows if first}


def test_the_bundled_year_waits_for_what_nobody_has_said() -> None:
    found = checked(YEAR)
    assert [each.key for each in found.waiting] == [
        "report_decision",
        "approval",
        "payment",
        "authorisation",
    ]
    assert found.waiting[0].names == ["coping-unn-2026-07-01"]
    assert because(found) == {
        ("acceptances.csv:16", "agreements.csv:16"),
        ("acceptances.csv:17", "agreements.csv:17"),
        ("payments.csv:9", "invoices.csv:6"),
    }


def test_what_was_due_within_the_bundled_year_is_named_and_nothing_earlier() -> None:
    owed = {each.obligation: each.due_on for each in checked(YEAR).overdue}
    assert owed["network/coping/agreement/midt"] == date(2026, 7, 1)
    assert min(owed.values()) >= date(2025, 12, 1), "its first day"
    assert "network/ms/exit-plan/2024" not in owed
    assert "network/coping/agreement/nord" not in owed, "it was done"
    assert checked(SAMPLE / "fonna").overdue == []


LACKING = {
    "submissions": {"submission": ["fall", "hjerte"]},
    "awards": {"award": ["fall", "hjerte"]},
    "announcements": {"announcement": ["trygg-22", "samhandling-25"]},
    "grant_payments": {"disbursement": ["fall", "hjerte"]},
    "authorities": {"authorisation": ["ms", "kreft"]},
    "elections": {"chair": ["drift"]},
    "seatings": {"seating": ["drift/kommune", "drift/sjukehus"], "chair": ["drift"]},
    "grant_report_decisions": {"grant_report_decision": ["fall status", "fall final"]},
}


@pytest.mark.parametrize("file", LACKING)
def test_a_file_that_is_missing_is_told_by_what_waits_for_it(
    tmp_path: Path, file: str
) -> None:
    found = checked(example_without(tmp_path, file))
    assert {each.key: each.names for each in found.waiting} == LACKING[file]


@pytest.mark.parametrize(
    ("file", "owed"),
    [
        ("gatherings", "body/ssu/follow-up/drift/2025"),
        ("announcements", "call/trygg-22/announce"),
        ("grant_reports", "grant/fall/report/final"),
        ("grant_costs", "grant/hjerte/first-use"),
    ],
)
def test_a_file_that_is_missing_is_told_by_what_is_owed(
    tmp_path: Path, file: str, owed: str
) -> None:
    found = checked(example_without(tmp_path, file))
    assert owed in {each.obligation for each in found.overdue}


def example_without(tmp_path: Path, file: str) -> Path:
    """Give the example without one of its files."""
    folder = tmp_path / "year"
    shutil.copytree(SAMPLE / "example", folder)
    (folder / f"{file}.csv").unlink()
    return folder


def test_of_organisations_alone_nothing_waits(tmp_path: Path) -> None:
    for name in ("organisations", "networks"):
        shutil.copy(YEAR / f"{name}.csv", tmp_path)
    networks = tmp_path / "networks.csv"
    networks.write_text(networks.read_text().splitlines()[0])
    found = checked(tmp_path)
    assert (found.waiting, found.overdue) == ((), ())


def test_what_was_due_is_told_by_duty(tmp_path: Path) -> None:
    said = fagnett("check", example_without(tmp_path, "gatherings"), "--language", "nb")
    assert "Følg opp rapporten (1): ssu drift 2025 (14.04.2026)" in said.stdout


def test_an_agreement_without_an_answer_and_a_post_of_nobody_are_named() -> None:
    waiting = {each.key: each.names for each in checked(ORDER).waiting}
    assert waiting["answer"] == ["u 1"]
    assert waiting["staffing"] == ["z1"]


def test_a_row_that_cannot_be_read_is_where_others_fall_from(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    reports = folder / "reports.csv"
    lines = reports.read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace(",2026-01-01,", ",2026-13-01,")
    reports.write_text("".join(lines))
    fell = {first for _, first in because(checked(folder))}
    assert "reports.csv:2" in fell
    assert {row for row, first in because(checked(folder)) if first == "reports.csv:2"}


@pytest.mark.parametrize("old", [",983974724,", ",half_yearly,", "ms-ous,1,ms,"])
def test_every_row_that_rests_on_one_that_fell_names_it(
    tmp_path: Path, old: str
) -> None:
    """Whether it could not be read, or was refused."""
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    agreements = folder / "agreements.csv"
    head, first, *others = agreements.read_text().splitlines()
    others = [each for each in others if not each.startswith("ms-ous,")]
    posts = folder / "posts.csv"
    lines = posts.read_text().splitlines()
    posts.write_text("\n".join(e for e in lines if not e.startswith("ms-ous,2,")))
    assert old in first
    first = first.replace(old, {"ms-ous,1,ms,": "ms-ous,1,no-such,"}.get(old, ",x,"))
    agreements.write_text("\n".join([head, first, *others]))
    for name, row in {
        "credits.csv": "agreement,period_start,post,amount,reason,recorded_on\n"
        "ms-ous,2026-01-01,,,wrong,2026-12-31\n",
        "disputes.csv": "agreement,period_start,post,by,action,outcome,text,recorded_on\n"
        "ms-ous,2026-01-01,,payer,comment,,why,2026-12-31\n",
    }.items():
        (folder / name).write_text(row)
    found = checked(folder)
    told = {f"{e.file}:{e.line}": e.because for e in found.refused}
    rest = {
        f"{file}:{number}"
        for file in (
            "acceptances",
            "staffing",
            "invoices",
            "invoice_decisions",
            "payments",
        )
        for number, line in enumerate(
            (folder / f"{file}.csv").read_text().splitlines(), 1
        )
        if line.startswith(("ms-ous,", "ms-ous-1,"))
    }
    rest = {each.replace(":", ".csv:") for each in rest}
    assert len(rest) > 6
    for each in (*rest, "credits.csv:2", "disputes.csv:2"):
        assert told[each] == "agreements.csv:2", each


@pytest.mark.parametrize(
    ("code", "cells", "more", "wanted"),
    [
        ("unknown_network", {"network": "ms"}, (), "networks"),
        ("unknown_network", {"network": "als"}, (), None),
        ("not_entitled", {"network": "ms"}, (), None),
        ("report_missing", {"agreement": "a"}, ("ms", "993467049"), "reports"),
        ("report_missing", {"agreement": "a"}, ("ms",), None),
    ],
)
def test_a_row_rests_on_one_that_has_its_key(
    code: str, cells: dict[str, str], more: Sequence[str], wanted: str | None
) -> None:
    fallen = [
        Fallen("networks", "networks.csv", 2, {"network": "ms"}),
        Fallen("reports", "reports.csv", 3, {"network": "ms", "trust": "993467049"}),
        Fallen("reports", "reports.csv", 4, {"network": "ms", "trust": None}),
    ]
    rows = FallenRows()
    for each in fallen:
        rows.add(each)
    first = rows.first(code, cells, more)
    assert (None if first is None else first.name) == wanted


def told(found: Checked) -> set[tuple[str, int, str]]:
    """Return the rows that are refused and those that are noticed."""
    rows: list[Refused | Noticed] = [*found.refused, *found.noticed]
    return {(each.file, each.line, each.code) for each in rows}


def test_rows_are_named_by_the_files_that_the_folder_has(tmp_path: Path) -> None:
    plain = told(checked(YEAR))
    named = {
        form.name: f"{spellings(NameOf.FILE, form.name, Language.NB)[0]}.csv"
        for form in FORMS
    }
    found = checked(write_folder(YEAR, tmp_path / "year", Style()))
    assert told(found) == {
        (named[file.removesuffix(".csv")], line, code) for file, line, code in plain
    }
    assert ("betalinger.csv:9", "fakturaer.csv:6") in because(found)


def test_rows_are_named_by_the_sheets_of_the_workbook(tmp_path: Path) -> None:
    found = checked(write_workbook(YEAR, tmp_path / "År 2026.xlsx"))
    files = {file for file, _, _ in told(found)}
    assert "[År 2026.xlsx]Betalinger" in files
    assert all(file.startswith("[År 2026.xlsx]") for file in files)
    lines = {each.because for each in found.refused if "Betalinger" in each.file}
    assert lines == {"[År 2026.xlsx]Fakturaer:9"}


def test_a_refusal_quotes_the_value_that_it_is_about() -> None:
    reasons = {(e.file, e.line): e.reason for e in checked(YEAR).refused}
    assert reasons["organisations.csv", 60] == (
        "The organisation number does not pass modulus 11. "
        "Read as org_number: “984166762”."
    )
    assert reasons["staffing.csv", 21].endswith("Read as post: “no-such-post”.")
    everything = " ".join(reasons.values())
    assert "holder" not in everything, "names of persons are not repeated"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("acceptances", "ms-ous,1", "Ms-OUS,1"),
        ("staffing", "ms-ous-1,filled", "ms–ous–1,filled"),
        ("payments", "ms-ous,2026", "ms—ous,2026"),
        ("reports", ",ms,993467049", ",MS,993467049"),
        ("report_decisions", "ms-ous-2026-01-01", "ms-ous 2026-01-01"),
        ("posts", "ms-ous,1,", "MS-ous,1,"),
    ],
)
def test_a_name_in_another_case_or_with_other_dashes_is_asked_about(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    path = folder / f"{file}.csv"
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    fell = next(
        e for e in checked(folder).refused if e.file == path.name and "Did" in e.reason
    )
    meant = "ms" if file == "reports" else old.partition(",")[0]
    assert fell.reason.endswith(f"Did you mean “{meant}”?")


def test_an_organisation_in_another_region_than_its_parent_is_told(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    path = folder / "organisations.csv"
    content = path.read_text()
    line = content.splitlines().index(next(_of(content, "983974694,"))) + 1
    path.write_text(content.replace(",vest,983658725", ",nord,983658725", 3))
    told = [e for e in checked(folder).noticed if e.code == "other_region"]
    assert line in {each.line for each in told}
    assert len(told) == 3
    assert told[0].reason == (
        "The organisation above, 983658725, is of Helse Vest. Is the region right?"
    )
    assert not [e for e in checked(YEAR).noticed if e.code == "other_region"]


def _of(content: str, start: str) -> Iterator[str]:
    return (each for each in content.splitlines() if each.startswith(start))


def test_what_rests_on_a_misspelt_name_names_its_row(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    path = folder / "acceptances.csv"
    path.write_text(path.read_text().replace("ms-ous,1", "Ms-OUS,1", 1))
    assert ("invoices.csv:2", "acceptances.csv:2") in because(checked(folder))


def reason(tmp_path: Path, row: str) -> str:
    """Give an agreement that is proposed first, and return why it is refused."""
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    agreements = folder / "agreements.csv"
    head, _, *others = agreements.read_text().splitlines()
    agreements.write_text("\n".join([head, row, *others]))
    return next(e.reason for e in checked(folder).refused if e.file == agreements.name)


def test_all_that_is_wrong_with_a_row_is_told_at_once(tmp_path: Path) -> None:
    row = (
        "ms-ous,1,ms,983974723,993467094,2026-13-01,2026-01-01,2025-12-31,"
        "halvårsvis,stop,exempt,x,2025-12-05"
    )
    assert reason(tmp_path, row) == (
        "payer does not pass modulus 11. Read: “983974723”. "
        "payee does not pass modulus 11. Read: “993467094”. "
        "effective_from is not a day written YYYY-MM-DD or DD.MM.YYYY. "
        "Read: “2026-13-01”. "
        "end date is before the first day. Read: “2025-12-31”. "
        "frequency is not one of yearly, half_yearly, tertial, quarterly, monthly. "
        "Read: “halvårsvis”."
    )


def test_what_no_command_takes_is_told_with_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    found = bodies(tmp_path, "Nursing Care,ssu,0,,,2-2,")
    assert found == (
        "field has something that cannot stand there. Read: “Nursing Care”. "
        "term_years is not a whole number from 1. Read: “0”. "
        "plan_due is not a day of the year written MM-DD or DD.MM., and never "
        "29 February. Read: “2-2”."
    )


def test_all_that_no_command_takes_is_told_by_its_columns(tmp_path: Path) -> None:
    found = bodies(tmp_path, "Nursing Care,ssu,500,,,11-15,")
    assert found == (
        "field may have small letters a to z, digits and underscores alone, 40 "
        "characters at most. term_years may be at most 100. Read as field: “Nursing Care”."
    )


def bodies(tmp_path: Path, end: str) -> str:
    """Give a body in the example, and return why it is refused."""
    folder = tmp_path / "year"
    shutil.copytree(SAMPLE / "example", folder)
    path = folder / "bodies.csv"
    head, ssu, _ = path.read_text().splitlines()
    row = f"drift,1,operating_group,kreft,983974694,{end}01-15,2025-12-03"
    path.write_text(f"{head}\n{ssu}\n{row}")
    return next(e.reason for e in checked(folder).refused if e.file == path.name)


def test_a_row_that_is_refused_tells_of_every_number_that_is_none(
    tmp_path: Path,
) -> None:
    row = (
        "ms-ous,1,ms,983974723,993467094,2026-01-01,2026-01-01,2027-12-31,"
        "half_yearly,stop,exempt,x,2025-12-05"
    )
    assert reason(tmp_path, row) == (
        "The organisation number does not pass modulus 11. Read as payer: “983974723”. "
        "payee does not pass modulus 11. Read: “993467094”."
    )


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("cop-hbe,2026-01-01,126452.05,2026-08-10,2026-12-31", ["same_row"]),
        ("ms-ous,2026-01-01,1.37,2026-08-10,2026-12-31", []),
        ("ms-ous,2026-01-01,13.70,2026-08-10,2026-12-31", ["paid_beyond"]),
        ("ms-ous,2026-01-01,1.37,2025-08-10,2026-12-31", ["paid_before_issue"]),
        ("ms-ous,2026-01-01,1.37,2027-01-01,2026-12-31", ["paid_ahead"]),
        ("ms-ous,2026-01-01,157939.73,2026-08-11,2026-12-31", ["paid_beyond"]),
        ("ms-ous,2026-01-01,-157939.73,2026-08-11,2026-12-31", []),
        ("ms-ous,2026-01-01,-157939.74,2026-08-11,2026-12-31", ["takes_back_too_much"]),
    ],
)
def test_a_payment_that_may_be_mistyped_is_told_with_its_row(
    tmp_path: Path, row: str, codes: list[str]
) -> None:
    folder = tmp_path / "year"
    shutil.copytree(YEAR, folder)
    payments = folder / "payments.csv"
    content = payments.read_text()
    line = content.count("\n") + 1
    payments.write_text(f"{content}{row}\n")
    found = told(checked(folder)) - told(checked(YEAR))
    assert found == {("payments.csv", line, code) for code in codes}


def test_of_several_rows_that_fell_the_first_is_named() -> None:
    rows = FallenRows()
    for line in (2, 3):
        rows.add(Fallen("posts", "posts.csv", line, {"agreement": "a"}))
    rows.add(Fallen("agreements", "agreements.csv", 2, {"agreement": "a"}))
    first = rows.first("unknown_agreement", {"agreement": "a"})
    assert first == Fallen("posts", "posts.csv", 2, {"agreement": "a"})


def test_a_year_many_times_over_is_refused_what_each_is(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    assert write_many(folder, 2) == 59 + 2 * 207
    found = checked(folder)
    assert len(found.refused) == 1 + 2 * 20
    assert ("payments.csv:9", "invoices.csv:6") in because(found)
    assert ("payments.csv:17", "invoices.csv:49") in because(found)


def test_the_command_tells_it_and_strict_ends_with_1() -> None:
    done = fagnett("check", YEAR, "--strict", "--json")
    assert done.returncode == 1, done.stderr
    assert len(json.loads(done.stdout)["refused"]) == 21
    told = fagnett("check", YEAR)
    assert told.returncode == 0, told.stderr
    assert "243 rows were read; 21 would be refused. Nothing is stored." in told.stdout
    assert "It follows from agreements.csv:16, which was refused." in " ".join(
        told.stdout.split()
    )


def test_a_folder_that_cannot_be_read_ends_with_2(tmp_path: Path) -> None:
    done = fagnett("check", tmp_path)
    assert done.returncode == 2
    assert "organisations.csv" in done.stderr


def test_a_mistyped_year_far_ahead_refuses_its_row_and_no_other(tmp_path: Path) -> None:
    """It ends no day: a row of the next day that somebody adds is not behind it."""
    shutil.copytree(YEAR, tmp_path / "year")
    payments = tmp_path / "year" / "payments.csv"
    with payments.open("a") as file:
        file.write("ms-ous,2026-01-01,1.37,2026-08-10,2062-12-31\n")
    found = checked(tmp_path / "year").refused
    known = {(each.file, each.line) for each in checked(YEAR).refused}
    (row,) = (each for each in found if (each.file, each.line) not in known)
    assert (row.file, row.code) == ("payments.csv", "business_day_far_ahead")
    assert "2062-12-31 is more than 3660 days after the last" in row.reason

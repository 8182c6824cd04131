"""Reading folders: every form of a good one, and clear words for every bad one."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from api.words import Language, catalogue, sentence
from deploy.year.folder import read_year
from deploy.year.forms import FORMS
from deploy.year.lines import FolderError
from deploy.year.plan import plan

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
MONEY = ("coordination_budget", "annual_cost", "amount")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the bundled year."""
    copy = tmp_path / "year"
    shutil.copytree(SAMPLE, copy)
    return copy


def workbook(folder: Path, path: Path, *, typed: bool) -> None:
    """Write a folder as one workbook, with text or with Excel's own types."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for file in sorted(folder.glob("*.csv")):
        sheet = book.add_worksheet(file.stem)
        with file.open(encoding="utf-8") as lines:
            table = list(csv.reader(lines))
        for row, cells in enumerate(table):
            for column, cell in enumerate(cells):
                name = table[0][column]
                if not cell:
                    continue  # an empty text is no truly empty cell
                if row and typed and name in MONEY:
                    sheet.write_number(row, column, float(cell))
                elif row and typed and cell.isdigit():
                    sheet.write_number(row, column, int(cell))
                elif (
                    row and typed and name.endswith(("_on", "_from", "_start", "_end"))
                ):
                    sheet.write_datetime(row, column, date.fromisoformat(cell), day)
                else:
                    sheet.write_string(row, column, cell)
    book.close()


def test_every_file_of_the_bundled_year_is_read() -> None:
    year = read_year(SAMPLE)
    assert year.bad == []
    assert year.notes == []
    filled = {name for name, rows in year.rows.items() if rows}
    names = [form.name for form in FORMS]
    of_money = {*names[: names.index("closings") + 1]}
    assert filled == of_money - {
        "accounts",
        "agreement_endorsements",
        "bank_entries",
        "credits",
        "disputes",
        "closings",
    }
    first = year.rows["networks"][0]
    assert first.line == 2
    assert first.cells["coordination_budget"] == 1_000_000_00


@pytest.mark.parametrize("typed", [False, True], ids=["text", "Excel's own types"])
@pytest.mark.parametrize("alone", [False, True], ids=["in a folder", "by itself"])
def test_a_workbook_is_read_as_its_files_are(
    tmp_path: Path, *, typed: bool, alone: bool
) -> None:
    book = tmp_path / "book" / "year.xlsx"
    book.parent.mkdir()
    workbook(SAMPLE, book, typed=typed)
    found = read_year(book if alone else book.parent)
    assert found.rows == read_year(SAMPLE).rows
    assert found.bad == []


def test_csv_and_workbooks_may_stand_side_by_side(tmp_path: Path, folder: Path) -> None:
    part = tmp_path / "part"
    part.mkdir()
    (folder / "payments.csv").rename(part / "payments.csv")
    workbook(part, folder / "payments.xlsx", typed=True)
    assert read_year(folder).rows == read_year(SAMPLE).rows


def change(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Change one text in one file."""

    def act(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return act


def write(file: str, content: bytes) -> Callable[[Path], None]:
    """Write one file."""

    def act(folder: Path) -> None:
        (folder / file).write_bytes(content)

    return act


def empty(folder: Path) -> None:
    """Leave nothing in the folder."""
    for path in folder.iterdir():
        path.unlink()


def dos(folder: Path) -> None:
    """Save a file as an old program would."""
    path = folder / "organisations.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp850"))


BAD: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no folder": (shutil.rmtree, "no_folder", "year"),
    "empty": (
        empty,
        "missing_file",
        "organisations.csv, networks.csv",
    ),
    "missing file": (
        lambda folder: (folder / "networks.csv").unlink(),
        "missing_file",
        "networks.csv",
    ),
    "missing column": (
        change("payments.csv", ",amount,", ",sum,"),
        "wrong_columns",
        "payments.csv: the header line lacks: amount; and does not know or repeats: sum",
    ),
    "misspelt column": (
        change("payments.csv", ",amount,", ",amuont,"),
        "near_columns",
        "It has “amuont”: did you mean “amount”?",
    ),
    "column twice": (
        change("payments.csv", "paid_on,recorded_on", "paid_on,paid_on,recorded_on"),
        "named_twice",
        "more than once: paid_on",
    ),
    "no header": (write("payments.csv", b""), "wrong_columns", "agreement"),
    "mixed signs": (
        change("payments.csv", "agreement,period_start,", "agreement;period_start,"),
        "separators",
        "different signs: “agreement;period_start”",
    ),
    "another encoding": (dos, "unknown_encoding", "organisations.csv, line 5"),
    "a quote that does not end": (
        change("networks.csv", "ms,national,Nasjonalt", 'ms,national,"Nasjonalt'),
        "not_csv",
        "networks.csv, line 2",
    ),
    "no workbook": (write("extra.xlsx", b"hello"), "not_a_workbook", "extra.xlsx"),
    "twice": (
        lambda folder: workbook(SAMPLE, folder / "all.xlsx", typed=False),
        "twice",
        "all.xlsx",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_folder_is_refused_with_clear_words(folder: Path, what: str) -> None:
    act, key, said = BAD[what]
    act(folder)
    with pytest.raises(FolderError) as caught:
        read_year(folder)
    assert caught.value.key == key
    assert said in sentence(Language.EN, "folder", key, caught.value.values)


CELLS = {
    "text in an amount": ("157939.73", "about 158 000", "amount", "not_an_amount"),
    "signs in an amount": ("157939.73", '"157.939,735"', "amount", "not_an_amount"),
    "three decimals": ("157939.73", "157939.735", "amount", "not_an_amount"),
    "no amount": ("157939.73", "", "amount", "empty"),
    "no such day": ("2026-08-10", "2026-02-30", "paid_on", "no_such_day"),
    "American day": ("2026-08-10", "08/10/2026", "paid_on", "not_a_day"),
    "short year": ("2026-08-10", "10.08.76", "paid_on", "short_year"),
    "no day": ("2026-08-10,2026-08-10", "2026-08-10,", "recorded_on", "empty"),
    "year with a slip": (
        "2026-08-10,2026-08-10",
        "2026-08-10,0026-08-10",
        "recorded_on",
        "not_a_business_day",
    ),
    "far day": (
        "2026-08-10,2026-08-10",
        "2026-08-10,9999-12-31",
        "recorded_on",
        "not_a_business_day",
    ),
    "too long": ("ms-ous,", "x" * 1001 + ",", "agreement", "too_long"),
    "no name": ("ms-ous,", "ms/ous,", "agreement", "not_a_name"),
}


@pytest.mark.parametrize("what", CELLS)
def test_a_cell_that_cannot_be_read_is_named(folder: Path, what: str) -> None:
    old, new, column, key = CELLS[what]
    change("payments.csv", old, new)(folder)
    year = read_year(folder)
    (bad,) = year.bad
    assert (bad.form.name, bad.line, bad.reason) == ("payments", 2, key)
    assert bad.values["column"] == column
    planned = plan(year)
    (unread,) = planned.unread
    assert (unread.file, unread.line, unread.code) == ("payments.csv", 2, "invalid_row")
    whole = plan(read_year(SAMPLE))
    days = [batch.day for batch in planned.batches]
    assert {days[0], days[-1]} == {whole.batches[0].day, whole.last_day}, "of the clock"


@pytest.mark.parametrize(
    ("file", "old", "new", "choices"),
    [
        ("agreements.csv", "half_yearly", "sometimes", "yearly, half_yearly"),
        ("organisations.csv", ",vest,", ",west,", "midt, nord, sorost, vest"),
        ("agreements.csv", "ms-ous,1,", "ms-ous,0,", ""),
        ("agreements.csv", "ms-ous,1,", "ms-ous,one,", ""),
        ("posts.csv", ",20.00,", ",twenty,", ""),
    ],
)
def test_a_value_that_is_none_of_its_kind_is_named(
    folder: Path, file: str, old: str, new: str, choices: str
) -> None:
    change(file, old, new)(folder)
    (bad,) = read_year(folder).bad
    assert choices in str(bad.values["choices"])


def test_a_row_with_more_cells_than_the_header_is_not_guessed_at(folder: Path) -> None:
    path = folder / "payments.csv"
    path.write_text(path.read_text() + "a,b,c,d,e,f\n")
    (bad,) = read_year(folder).bad
    assert (bad.line, bad.reason) == (10, "cell_count")


def test_cells_left_out_at_the_end_are_empty(folder: Path) -> None:
    path = folder / "payments.csv"
    path.write_text(path.read_text() + "ms-ous,2026-01-01\n")
    (bad,) = read_year(folder).bad
    assert (bad.line, bad.reason, bad.values["column"]) == (10, "empty", "amount")


def test_a_stray_quote_costs_its_own_row_alone(folder: Path) -> None:
    rows = len(read_year(folder).rows["networks"])
    change("networks.csv", "ms,national,Nasjonalt", 'ms,national,"Nasjonalt" x')(folder)
    year = read_year(folder)
    (bad,) = year.bad
    assert (bad.line, bad.reason) == (2, "not_csv")
    assert len(year.rows["networks"]) == rows - 1


def test_a_cell_with_line_breaks_is_read_as_one_line(folder: Path) -> None:
    broken = '"one\ntwo\x85three\u2028four\r\n"'
    change("agreements.csv", '"competence work, no patient care"', broken)(folder)
    year = read_year(folder)
    assert year.bad == []
    reasons = [row.cells["vat_reason"] for row in year.rows["agreements"]]
    assert "one two three four" in reasons
    lines = [row.line for row in year.rows["agreements"]]
    assert lines == [*range(2, 2 + len(lines))], "a line is a row, the header is 1"


def test_the_case_of_a_file_name_does_not_matter(folder: Path) -> None:
    (folder / "staffing.csv").rename(folder / "Staffing.CSV")
    assert read_year(folder).rows["staffing"]


def test_a_table_that_no_file_of_a_year_is_called_is_named(folder: Path) -> None:
    (folder / "payments.csv").rename(folder / "payment.csv")
    (folder / "old.XLS").write_bytes(b"not read")
    (folder / "notes.txt").write_text("not a table")
    (folder / "~$payments.xlsx").write_bytes(b"a lock of Excel's")
    book = xlsxwriter.Workbook(str(folder / "more.xlsx"))
    book.add_worksheet("Sheet1")
    book.close()
    year = read_year(folder)
    unplayed = [(note.key, *note.values.values()) for note in year.notes]
    assert unplayed == [
        ("unplayed", "[more.xlsx]Sheet1"),
        ("unplayed", "old.XLS"),
        ("unplayed_near", "payment.csv", "payments"),
    ]
    assert year.rows["payments"] == []


def test_rows_without_any_content_are_skipped(folder: Path) -> None:
    path = folder / "payments.csv"
    path.write_text(path.read_text() + ",,,,\n   \n")
    assert read_year(folder).bad == []


def test_blank_lines_byte_order_marks_and_line_ends_do_not_matter(folder: Path) -> None:
    path = folder / "payments.csv"
    lines = path.read_text().splitlines()
    text = "\r\n".join([lines[0], "", *lines[1:], "", ""])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    found = read_year(folder).rows["payments"]
    before = read_year(SAMPLE).rows["payments"]
    assert [row.cells for row in found] == [row.cells for row in before]
    assert found[0].line == 3, "the line is where the row stands in the file"


def test_a_quoted_cell_may_hold_a_comma(folder: Path) -> None:
    rows = read_year(folder).rows["agreements"]
    assert "competence work, no patient care" in [
        row.cells["vat_reason"] for row in rows
    ]


def test_every_reason_has_its_words_in_every_language() -> None:
    used = {key for _, key, _ in BAD.values()} | {"unreadable", "unplayed"}
    used |= {"unplayed_near", "named_twice"}
    used |= {"hidden_sheet", "hidden_rows", "hidden_columns"}
    used |= {"no_header", "header_twice", "extra_columns", "rows_above", "total_row"}
    used |= {"other_unit", "other_format", "locked", "missing_file_others"}
    used |= {"irregular", "too_large", "too_many_bytes", "too_many_parts"}
    used |= {"not_an_upload", "zip_too_large", "zip_broken", "twice_in_zip"}
    cells = {key for *_, key in CELLS.values()} | {"cell_count", "not_one_of"}
    cells |= {"not_lines", "not_a_number", "not_a_percentage", "not_csv", "ends_first"}
    cells |= {"error", "not_computed", "truth", "scientific", "digits_lost", "blank"}
    cells |= {"formatted", "a_number", "a_percentage", "a_day", "merged"}
    cells |= {"no_such_day"}
    cells |= {"read", "read_at", "at", "two_ways", "other_unit"}
    # Of cells with several values, tests/deploy/test_rule_book.py.
    cells |= {"not_a_key", "no_value", "twice", "not_scores", "not_absences"}
    cells |= {"no_such_file", "file_too_large", "not_rules", "not_a_month_day"}
    cells |= {"not_text"}
    cells |= {"unfit", "minus_behind", "not_a_postcode"}
    cells |= {
        "wrong_check_digit",
        "meant",
        "share",
        "not_an_organisation",
        "not_digits",
        "has",
    }
    assert catalogue().sentences["folder"].keys() == used
    assert catalogue().sentences["cell"].keys() == cells


def test_a_column_that_came_later_may_be_missing(folder: Path) -> None:
    head = "organisation,reference,direction,amount,booked_on,kid"
    row = "993467049,B1,credit,10.00,2026-12-30,"
    path = folder / "bank_entries.csv"
    told = []
    for more, cell in (("", ""), (",paid_to", ","), (",paid_to", ",86011117947")):
        path.write_text(
            f"{head}{more},recorded_on\n{row}{cell},2026-12-31\n", encoding="utf-8"
        )
        (call,) = [
            call
            for batch in plan(read_year(folder)).batches
            for call in batch.calls
            if batch.name == "bank_entries"
        ]
        told.append(call.request.body.get("paid_to"))
    assert told == [None, None, "86011117947"]

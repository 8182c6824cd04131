"""A cell means what a person sees in it: the right value is kept, all else refused."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words import Language
from deploy.year.folder import FolderYear, read_year
from deploy.year.forms import BY_NAME
from deploy.year.lines import CellKind, FolderError
from deploy.year.number_formats import number_format
from deploy.year.readers import Cell
from deploy.year.rows import BadRow
from deploy.year.telling import cell_reason
from tests.support import workbooks
from tests.support.workbooks import row

CASES = Path(__file__).parents[1] / "data" / "cases"
HEADERS = {name: [c.name for c in form.columns] for name, form in BY_NAME.items()}
EMPTY = "<c/>"


def read(  # noqa: PLR0913 - the parts of a workbook
    tmp_path: Path,
    rows: Sequence[str],
    *,
    sheet: str = "credits",
    around: tuple[str, str] = ("", ""),
    book: str = "",
    state: str = "visible",
    texts: str = "",
    formats: tuple[str, ...] = (),
) -> FolderYear:
    """Read rows of one sheet, in a folder with what a year cannot lack."""
    for name in ("organisations", "networks"):
        (tmp_path / f"{name}.csv").write_text(",".join(HEADERS[name]) + "\n")
    whole = "".join([row(*HEADERS[sheet]), *rows])
    content = workbooks.parts(
        whole,
        name=sheet,
        around=around,
        book=book,
        state=state,
        texts=texts,
        formats=formats,
    )
    workbooks.write(tmp_path / "book.xlsx", content)
    return read_year(tmp_path)


def credit(post: str = EMPTY, amount: str = EMPTY, reason: str = "Error") -> str:
    """Return a row of credits."""
    return row("a", "2026-01-01", post, amount, reason, "2026-07-01")


def only(year: FolderYear) -> BadRow:
    """Return the one row that was refused."""
    assert not year.rows["credits"]
    (bad,) = year.bad
    return bad


def number(value: str, style: int = 0) -> str:
    """Return a cell with a number."""
    return f'<c s="{style}"><v>{value}</v></c>'


def test_a_lookup_that_fails_credits_nothing() -> None:
    year = read_year(CASES / "excel-error-cell-credits-the-whole-document")
    bad = only(year)
    assert (bad.form.name, bad.line, bad.reason) == ("credits", 2, "error")
    said = cell_reason(Language.EN, bad.reason, bad.values)
    assert said == (
        "post holds an error of the spreadsheet. "
        "[credits.xlsx]credits!C2 was read as “#N/A”."
    )


def test_cells_that_are_truly_empty_mean_the_whole_document(tmp_path: Path) -> None:
    nothing = ("", EMPTY, "<c><v></v></c>", "<c><v/></c>", '<c t="inlineStr"/>')
    year = read(tmp_path, [credit(cell, cell) for cell in nothing if cell])
    assert year.bad == []
    assert {(r.cells["post"], r.cells["amount"]) for r in year.rows["credits"]} == {
        (None, None)
    }


UNREADABLE = {
    "an error": ('<c t="e"><v>#REF!</v></c>', "error", "#REF!"),
    "an error of a formula": (
        '<c t="e"><f>VLOOKUP(1,A:B,2,0)</f><v>#N/A</v></c>',
        "error",
        "#N/A",
    ),
    "an error pasted as text": ("#NAME?", "error", "#NAME?"),
    "an error in Norwegian": ("#VERDI!", "error", "#VERDI!"),
    "a column too narrow": ("########", "error", "########"),
    "an error of LibreOffice": ("Err:502", "error", "Err:502"),
    "never computed": ("<c><f>A1+B1</f></c>", "not_computed", "=A1+B1"),
    "an empty value": ("<c><f>A1+B1</f><v></v></c>", "not_computed", "=A1+B1"),
    "never computed text": ('<c t="str"><f>A1</f></c>', "not_computed", "=A1"),
    "true": ('<c t="b"><v>1</v></c>', "truth", "TRUE"),
    "a formula of nothing": ('<c t="str"><f>""</f><v></v></c>', "blank", ""),
    "nothing, pasted as a value": (workbooks.text(""), "blank", ""),
    "nothing, pasted and shared": ('<c t="s"><v>0</v></c>', "blank", ""),
    "an error without its name": ('<c t="e"/>', "error", ""),
    "blanks": (" \u00a0 ", "blank", ""),
    "characters without width": ("\u200b\u00ad", "blank", ""),
    "scientific text": ("1,23457E+14", "scientific", "1,23457E+14"),
}


@pytest.mark.parametrize("what", UNREADABLE)
@pytest.mark.parametrize("column", ["post", "amount"])
def test_what_is_no_value_is_refused_with_its_place(
    tmp_path: Path, what: str, column: str
) -> None:
    cell, key, said = UNREADABLE[what]
    bad = only(read(tmp_path, [credit(**{column: cell})], texts="<si><t></t></si>"))
    place = {"post": "C2", "amount": "D2"}[column]
    assert (bad.reason, bad.values["column"]) == (key, column)
    assert bad.values["cell"] == f"[book.xlsx]credits!{place}"
    assert bad.values["text"] == said
    for language in Language:
        told = cell_reason(language, bad.reason, bad.values)
        assert f"credits!{place}" in told
        assert said in told


@pytest.mark.parametrize(
    "text",
    ["#N/A", "#I/T", "#REF!", "#DIV/0!", "#NAVN?", "#SPILL!", "#####", " ", "\u00a0"],
)
@pytest.mark.parametrize("column", ["post", "amount"])
def test_a_csv_file_means_what_a_person_sees_too(
    tmp_path: Path, text: str, column: str
) -> None:
    read(tmp_path, [])
    (tmp_path / "book.xlsx").unlink()
    cells = {"post": "", "amount": "", column: text}
    header = ",".join(HEADERS["credits"])
    (tmp_path / "credits.csv").write_text(
        f"{header}\na,2026-01-01,{cells['post']},{cells['amount']},Why,2026-07-01\n"
    )
    bad = only(read_year(tmp_path))
    assert bad.reason == ("error" if text.strip() else "blank")
    assert bad.values["column"] == column


def test_a_line_that_ends_early_does_not_say_all_of_it(tmp_path: Path) -> None:
    read(tmp_path, [])
    (tmp_path / "book.xlsx").unlink()
    (tmp_path / "credits.csv").write_text(
        "agreement,period_start,reason,recorded_on,post,amount\n"
        "a,2026-01-01,Why,2026-07-01\n"
    )
    assert only(read_year(tmp_path)).reason == "blank"


@pytest.mark.parametrize("form", ["invoice_decisions", "disputes", "credits"])
def test_wherever_nothing_means_all_blanks_are_refused(form: str) -> None:
    columns = {c.name for c in BY_NAME[form].columns if c.all_when_empty}
    assert columns == {"post", *(["amount"] if form == "credits" else [])}


def test_a_placeholder_for_what_is_to_be_computed_is_no_zero(tmp_path: Path) -> None:
    cell = "<c><f>SUM(A1:A9)</f><v>0</v></c>"
    given = "<c><f>SUM(A1:A9)</f><v>12.5</v></c>"
    later = '<calcPr fullCalcOnLoad="1"/>'
    rows = [credit("p", cell), credit("p", given)]
    year = read(tmp_path, rows, book=later)
    assert [bad.reason for bad in year.bad] == ["not_computed"]
    assert [r.cells["amount"] for r in year.rows["credits"]] == [1250]
    year = read(tmp_path, rows)
    assert [r.cells["amount"] for r in year.rows["credits"]] == [0, 1250]


def test_texts_come_from_where_programs_put_them(tmp_path: Path) -> None:
    texts = (
        "<si><t>unused</t></si>"
        "<si><r><t>Wrong </t></r><r><t>in_x000D_\nJune</t></r><rPh><t>x</t></rPh></si>"
    )
    year = read(tmp_path, [credit(reason='<c t="s"><v>1</v></c>')], texts=texts)
    assert [r.cells["reason"] for r in year.rows["credits"]] == ["Wrong in June"]
    formula = credit(reason='<c t="str"><f>A1</f><v>Computed</v></c>')
    assert read(tmp_path, [formula]).rows["credits"][0].cells["reason"] == "Computed"


def test_cells_may_be_where_they_say(tmp_path: Path) -> None:
    cells = "".join(
        workbooks.text(value, f' r="{place}"')
        for place, value in {
            "A7": "a",
            "B7": "2026-01-01",
            "D7": "1.5",
            "E7": "Why",
            "F7": "2026-07-01",
        }.items()
    )
    (found,) = read(tmp_path, [f'<row r="7">{cells}</row>']).rows["credits"]
    assert (found.line, found.cells["post"], found.cells["amount"]) == (7, None, 150)


OF_FORMATS: list[tuple[str, str, str, str, Cell]] = [
    # format, value, form, column, what is read
    ("0%", "0.2", "posts", "percent", "20.00"),
    ("0.00%", "0.1254", "posts", "percent", "12.54"),
    ("0\\ %", "0.2", "posts", "percent", "20.00"),
    ('0" %"', "20", "posts", "percent", "20.00"),
    ("0.00", "20", "posts", "percent", "20.00"),
    ("General", "12.5", "posts", "percent", "12.50"),
    ("#,##0.00", "157939.73", "posts", "annual_cost", 15793973),
    ("#,##0.00", "157939.73000000001", "posts", "annual_cost", 15793973),
    ('"kr" #,##0.00', "157939.73", "posts", "annual_cost", 15793973),
    (
        "[$kr-414]\\ #,##0.00;[Red]-[$kr-414]\\ #,##0.00",
        "7.5",
        "posts",
        "annual_cost",
        750,
    ),
    ('_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', "0", "posts", "annual_cost", 0),
    ("General", "1.5E5", "posts", "annual_cost", 15000000),
    ("0000", "150", "accounts", "postcode", "0150"),
    ("[&lt;=9999]0000;General", "150", "accounts", "postcode", "0150"),
    ("00000000000", "1234567890", "accounts", "account", "01234567890"),
    ("0000\\ 00\\ 00000", "12345678903", "accounts", "account", "12345678903"),
    ("000\\ 000\\ 000", "983974880", "accounts", "org_number", "983974880"),
    ("General", "983974880", "accounts", "org_number", "983974880"),
    ("0000000", "1234", "bank_entries", "kid", "0001234"),
    ("0", "12345678901234", "bank_entries", "kid", "12345678901234"),
    ("dd.mm.yyyy", "46023", "posts", "starts_on", "2026-01-01"),
    ("[$-414]d.\\ mmmm\\ yyyy;@", "46023", "posts", "starts_on", "2026-01-01"),
    ("yyyy-mm-dd\\ hh:mm", "46023.75", "posts", "starts_on", "2026-01-01"),
    ("m/d/yyyy", "46037", "posts", "starts_on", "2026-01-15"),
    ("@", "20", "posts", "percent", "20.00"),
    ("General", "12345678.25", "bank_entries", "amount", 1234567825),
    ("General", "-12345678.25", "bank_entries", "amount", -1234567825),
    ("General", "123456789.5", "bank_entries", "amount", 12345678950),
    ("#,##0.00", "123456789012.34", "bank_entries", "amount", 12345678901234),
    ("0;[Red]0", "-5", "bank_entries", "amount", -500),
    ("0;(0)", "-5", "bank_entries", "amount", -500),
    ("0.00", "-5.25", "bank_entries", "amount", -525),
    ("0.00;-0.00", "-5.25", "bank_entries", "amount", -525),
    ("0.00_);\\(0.00\\)", "-5.25", "bank_entries", "amount", -525),
    ('0.00;0.00"-"', "-5.25", "bank_entries", "amount", -525),
    ("0.00;[Red]\u22120.00", "-5.25", "bank_entries", "amount", -525),
    ('#,##0",-"', "1072", "bank_entries", "amount", 107200),
    ('#,##0",\u2013";-#,##0",\u2013"', "-1072", "bank_entries", "amount", -107200),
    ('"kr."#,##0.00', "7.5", "posts", "annual_cost", 750),
    ('#,##0.00" kr."', "7.5", "posts", "annual_cost", 750),
    ("#\\ ###\\ ##0.00", "1038000.5", "posts", "annual_cost", 103800050),
    ("+0.00", "7.5", "posts", "annual_cost", 750),
    ("-0.00", "0", "bank_entries", "amount", 0),
    ('"-"General', "0", "bank_entries", "amount", 0),
    ("0000\\.00\\.00000", "12345678903", "accounts", "account", "12345678903"),
    ('0000"-"00"-"00000', "1234567890", "accounts", "account", "01234567890"),
]


def cell_of(tmp_path: Path, form: str, column: str, code: str, value: str) -> Cell:
    """Read one cell, in a row that may lack all others."""
    index = HEADERS[form].index(column)
    cells = [EMPTY] * len(HEADERS[form])
    cells[index] = number(value, style=1)
    year = read(tmp_path, [row(*cells)], sheet=form, formats=(code,))
    read_rows = [found.cells for found in year.rows[form]]
    (cells_read,) = [*read_rows, *(bad.cells for bad in year.bad)]
    return cells_read[column]


@pytest.mark.parametrize(("code", "value", "form", "column", "wanted"), OF_FORMATS)
def test_a_number_is_read_as_it_shows(
    tmp_path: Path, code: str, value: str, form: str, column: str, wanted: Cell
) -> None:
    assert cell_of(tmp_path, form, column, code, value) == wanted


OTHERWISE: list[tuple[str, str, str]] = [
    # format, value, the key of what is wrong with it as an amount of credits
    ("0%", "0.2", "a_percentage"),
    ('0" %"', "20", "a_percentage"),
    ("dd.mm.yyyy", "46023", "a_day"),
    ("mmm\\ yyyy", "46023", "formatted"),
    ("h:mm", "0.5", "formatted"),
    ("[h]:mm", "30", "formatted"),
    ("dd.mm.yyyy", "60", "formatted"),
    ("dd.mm.yyyy", "-1", "formatted"),
    ("#,##0", "157939.73", "formatted"),
    ("#,##0,", "157939000", "formatted"),
    ('0.0,,"mill."', "1500000", "formatted"),
    ("[$€-2]\\ #,##0.00", "100", "formatted"),
    ('#,##0.00\\ "EUR"', "100", "formatted"),
    ("$#,##0.00", "100", "formatted"),
    ("0\\0", "5", "formatted"),
    ("# ?/?", "0.5", "formatted"),
    (";;;", "100", "formatted"),
    ("#,###", "0", "formatted"),
    ('0;-0;""', "0", "formatted"),
    ("0;0", "-5", "formatted"),
    ("[DBNum1]0", "5", "formatted"),
    ("0.00E+00", "1500", "scientific"),
    ("General", "123456789012", "scientific"),
    ("General", "123456789012.34", "scientific"),
    ("General", "123456789.12", "formatted"),
    ("General", "-123456789.12", "formatted"),
    ("General", "1234567890.5", "formatted"),
    ('"kr" General', "123456789.12", "formatted"),
    ("@", "123456789.12", "formatted"),
    ("General", "0.0000000001", "formatted"),
    ("0", "1.23456789012345E+14", "digits_lost"),
    ("0", "1.2345678901234567E+19", "digits_lost"),
    ("0", "1E999", "digits_lost"),
    ("0.000", "1.235", "not_an_amount"),
    ('0"."00', "103400", "formatted"),
    ('0","00', "103400", "formatted"),
    ("0\\.00", "103400", "formatted"),
    ("0\\:00", "1046", "formatted"),
    ('0"."000', "1034000", "formatted"),
    ("#\\.##0.00", "1038000.5", "formatted"),
    ('0" "00', "103400", "formatted"),
    ("0_ 00", "103400", "formatted"),
    ("0* 00", "103400", "formatted"),
    ("0\\-00", "103400", "formatted"),
    ("0[$kr]00", "103400", "formatted"),
    ('"."00', "50", "formatted"),
    ('"kr ."00', "50", "formatted"),
    ("-0.00", "5", "formatted"),
    ('"-"0.00', "5", "formatted"),
    ("\\-0.00", "5", "formatted"),
    ("*-0.00", "5", "formatted"),
    ("\u22120.00", "5", "formatted"),
    ("(0.00)", "5", "formatted"),
    ("0.00)", "5", "formatted"),
    ('0.00"-"', "5", "formatted"),
    ('0.00" -"', "5", "formatted"),
    ('"-"General', "5", "formatted"),
    ("[Red]-0.00", "5", "formatted"),
    ("[$-414]-0.00", "5", "formatted"),
    ("-0.00", "-5", "formatted"),
    ("(0.00)", "-5", "formatted"),
    ('0;0",-"', "-5", "formatted"),
    ("[&lt;0]0.00;0.00", "-5", "formatted"),
    ("[&gt;9]0.00;-0.00", "5", "formatted"),
    ("-0%", "0.2", "formatted"),
]


@pytest.mark.parametrize(("code", "value", "key"), OTHERWISE)
def test_a_number_that_shows_as_something_else_is_refused(
    tmp_path: Path, code: str, value: str, key: str
) -> None:
    rows = [credit("p", number(value, style=1))]
    assert only(read(tmp_path, rows, formats=(code,))).reason == key


@pytest.mark.parametrize(
    ("column", "code", "value", "key"),
    [
        ("reason", "dd.mm.yyyy", "46023", "a_day"),
        ("post", "d-mmm-yy", "46023", "a_day"),
        ("post", "0.00", "1.1", "a_number"),
        ("post", "0", "-1", "a_number"),
        ("post", "0%", "1", "a_percentage"),
        ("post", '"kr" 0', "1", "a_number"),
        ("recorded_on", "General", "46023", "a_number"),
        ("period_start", "0.00", "46023", "a_number"),
        ("period_start", "mmm\\ yyyy", "46023", "formatted"),
        ("agreement", "General", "1234567890123456", "digits_lost"),
    ],
)
def test_what_is_not_of_the_columns_kind_is_refused(
    tmp_path: Path, column: str, code: str, value: str, key: str
) -> None:
    cells = ["a", "2026-01-01", "p", "1.00", "Why", "2026-07-01"]
    cells[HEADERS["credits"].index(column)] = number(value, style=1)
    bad = only(read(tmp_path, [row(*cells)], formats=(code,)))
    assert (bad.reason, bad.values["column"]) == (key, column)


def test_a_day_that_does_not_show_is_refused_with_its_place(tmp_path: Path) -> None:
    code = "[$-107041E]d\\ mmmm\\ yyyy"
    cells = ["a", "", "p", "1.00", "Why", "2026-07-01"]
    for cell in (number("46023", 1), '<c s="1" t="d"><v>2026-01-01</v></c>'):
        cells[1] = cell
        bad = only(read(tmp_path, [row(*cells)], formats=(code,)))
        told = cell_reason(Language.EN, bad.reason, bad.values)
        assert f"[book.xlsx]credits!B2 was read as “2026-01-01 ({code})”" in told
    cells[1] = '<c t="d"><v>2026-13-01</v></c>'
    with pytest.raises(FolderError):
        read(tmp_path, [row(*cells)])


def test_days_are_counted_as_the_workbook_says(tmp_path: Path) -> None:
    cells = ["a", number("44561", 1), "p", "1.00", "Why", "2026-07-01"]
    formats = ("yyyy-mm-dd",)
    earlier = '<workbookPr date1904="1"/>'
    year = read(tmp_path, [row(*cells)], formats=formats, book=earlier)
    assert year.rows["credits"][0].cells["period_start"] == "2026-01-01"
    cells[1] = '<c t="d"><v>2026-01-01T00:00:00</v></c>'
    year = read(tmp_path, [row(*cells)])
    assert year.rows["credits"][0].cells["period_start"] == "2026-01-01"


def test_rows_that_share_a_cell_are_refused(tmp_path: Path) -> None:
    rows = [credit("p", "1.00"), credit("p"), credit("p", "3.00")]
    merged = '<mergeCells><mergeCell ref="D2:D3"/><mergeCell ref="Z2:Z4"/></mergeCells>'
    year = read(tmp_path, rows, around=("", merged))
    assert [(bad.line, bad.reason) for bad in year.bad] == [
        (2, "merged"),
        (3, "merged"),
    ]
    assert year.bad[0].values["cell"] == "[book.xlsx]credits!D2"
    assert [r.line for r in year.rows["credits"]] == [4]


def test_what_is_hidden_is_read_and_named(tmp_path: Path) -> None:
    rows = [
        row("a", "2026-01-01", "p", "1.00", "Why", "2026-07-01", attributes=said)
        for said in (' hidden="1"', "", ' ht="0"')
    ]
    columns = '<cols><col min="3" max="4" hidden="1"/></cols>'
    filtered = '<autoFilter ref="A1:F4"/>'
    around = (columns, filtered)
    year = read(tmp_path, rows, around=around, state="veryHidden")
    assert len(year.rows["credits"]) == len(rows)
    assert {note.key: dict(note.values) for note in year.notes} == {
        "hidden_sheet": {"sheet": "[book.xlsx]credits"},
        "hidden_rows": {"sheet": "[book.xlsx]credits", "rows": "2, 4"},
        "hidden_columns": {"sheet": "[book.xlsx]credits", "columns": "C, D"},
    }


def test_a_message_repeats_nothing_about_persons(tmp_path: Path) -> None:
    staffing = ["p", "filled", "not a day", "x" * 1001, "2026-07-01"]
    (bad,) = read(tmp_path, [row(*staffing)], sheet="staffing").bad
    assert bad.values["text"] == "not a day"
    staffing[2] = "2026-07-01"
    (bad,) = read(tmp_path, [row(*staffing)], sheet="staffing").bad
    assert (bad.values["column"], bad.values["text"]) == ("holder", "")
    cells = ["a", "13097248022", "p", "1.00", "Why", "2026-07-01"]
    assert only(read(tmp_path, [row(*cells)])).values["text"] == ""


@given(st.decimals(min_value=-(10**11) + 1, max_value=10**11 - 1, places=2))
def test_every_amount_shows_as_it_is(amount: Decimal) -> None:
    seen = number_format("#,##0.00").seen(float(amount), from_1904=False)
    assert seen.fault == ""
    assert seen.kind in {CellKind.NUMBER, CellKind.DIGITS}
    assert Decimal(seen.text) == amount


@given(
    st.text('0#?.,%;"\\[]$<=>-dmyhsE+@_*GeneralkrA\u20ac ', max_size=20), st.floats()
)
def test_no_format_and_no_number_is_too_odd(code: str, value: float) -> None:
    seen = number_format(code).seen(value, from_1904=False)
    assert seen.text

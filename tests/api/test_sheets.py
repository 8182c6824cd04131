"""What people take into a spreadsheet opens there as it should."""

import hashlib
import io
import zipfile
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from api.sheet_files import csv_file, xlsx_file
from api.sheets import ColumnKind, Sheet
from api.words import Language
from tests.support.doors import Door
from tests.support.examples import BERGEN

SHEET = Sheet(
    "posts",
    [
        ("post", ColumnKind.TEXT),
        ("status", ColumnKind.WORD),
        ("filled", ColumnKind.WORD),
        ("percent", ColumnKind.PERCENT),
        ("starts_on", ColumnKind.DAY),
        ("number", ColumnKind.NUMBER),
        ("annual_cost_ore", ColumnKind.ORE),
    ],
    [
        ["nord", "accepted", True, "20.00", date(2026, 1, 1), 7, 1_250_798_60],
        ["=1+1;x", "declined", False, None, None, None, -5],
    ],
)


def test_a_csv_file_is_as_norwegian_excel_opens_it() -> None:
    content = csv_file(SHEET, Language.NB)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("Stilling;Status;Besatt;")
    assert lines[1] == "nord;godtatt;ja;20,00;2026-01-01;7;1250798,60"
    assert lines[2] == '"\'=1+1;x";avslått;nei;;;;-0,05', "never run as a formula"


@pytest.mark.parametrize("begin", "=+-@\t\r\uff1d\uff0b\uff0d\uff20")
def test_nothing_is_run_by_who_opens_a_file(begin: str) -> None:
    sheet = Sheet("posts", [("post", ColumnKind.TEXT)], [[f"{begin}1+1"]])
    assert f"'{begin}1+1" in csv_file(sheet, Language.EN).decode()


def test_a_workbook_has_its_own_numbers_days_and_totals() -> None:
    content = xlsx_file(
        [SHEET, Sheet("regions", [("net", ColumnKind.ORE)], [])], Language.NN
    )
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Stillingar", "Regionar"]
    rows = book.get_sheet_by_name("Stillingar").to_python()
    assert rows[1][:3] == ["nord", "godteken", "ja"]
    assert rows[1][3:] == [20.0, date(2026, 1, 1), 7.0, 1_250_798.60]
    assert rows[2][0] == "=1+1;x"
    assert (rows[3][0], rows[3][-1]) == ("Sum", 1_250_798.55)


def test_a_page_says_what_it_is_of_which_day_and_its_fingerprint() -> None:
    content = xlsx_file([SHEET], Language.NB, date(2026, 12, 31))
    page = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    digest = hashlib.sha256(csv_file(SHEET, Language.EN)).hexdigest()[:16]
    for part in ("Stillinger", "31. desember 2026", digest, 'orientation="landscape"'):
        assert part in page.decode()
    assert 'fitToHeight="2"' in page.decode()
    many = Sheet(SHEET.name, SHEET.columns, [*SHEET.rows] * 101)
    page = zipfile.ZipFile(io.BytesIO(xlsx_file([many], Language.NB))).read(
        "xl/worksheets/sheet1.xml"
    )
    assert 'fitToHeight="0"' in page.decode(), "as many pages as it takes"


def test_the_same_sheets_are_the_same_bytes() -> None:
    assert xlsx_file([SHEET], Language.EN) == xlsx_file([SHEET], Language.EN)
    assert csv_file(SHEET, Language.EN) == csv_file(SHEET, Language.EN)


def test_an_export_is_a_workbook_or_one_of_its_sheets(door: Door) -> None:
    door.register(BERGEN)
    book = door.get("/v1/exports/settlement?year=2026", Accept_Language="nb")
    assert book.headers["content-disposition"].endswith('"settlement.xlsx"')
    names = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).sheet_names
    assert names == ["Regioner", "Avtaler", "Stillinger"]
    text = door.get("/v1/exports/settlement?format=csv&sheet=regions&year=2026")
    assert text.headers["content-type"].startswith("text/csv")
    assert len(text.content.decode("utf-8-sig").splitlines()) == 1 + 4
    for what in ("posts", "invoices", "ledger"):
        assert door.get(f"/v1/exports/{what}?format=csv").status_code == 200
    book = door.get("/v1/exports/ledger", Accept_Language="nn")
    names = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).sheet_names
    assert names == ["Hovudbok", "Saldoar", "Kontoar"]
    wrong = door.get("/v1/exports/posts?sheet=regions")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_row")

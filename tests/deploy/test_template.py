"""The workbook to fill in can be played as it is written, in every language."""

import asyncio
import io
import zipfile
from pathlib import Path

import pytest

from api.words import Language
from deploy.year.checking import check_year
from deploy.year.folder import read_year
from deploy.year.forms import FORMS
from deploy.year.plan import plan
from deploy.year.template import template
from tests.support.commands import fagnett


@pytest.mark.parametrize("language", list(Language))
def test_its_example_is_played_without_a_word(
    language: Language, tmp_path: Path
) -> None:
    path = tmp_path / "year.xlsx"
    path.write_bytes(template(language))
    year = read_year(path)
    assert (list(year.bad), list(year.notes)) == ([], [])
    assert {name for name, rows in year.rows.items() if rows} >= {
        *("organisations", "networks", "agreements", "posts", "acceptances"),
        *("staffing", "reports", "report_decisions", "invoices"),
        *("invoice_decisions", "payments"),
    }
    assert asyncio.run(check_year(plan(year), language)).refused == []


def test_a_column_of_few_values_has_a_list_and_every_header_a_note() -> None:
    book = zipfile.ZipFile(io.BytesIO(template(Language.NB)))
    for number, form in enumerate(FORMS, 1):
        page = book.read(f"xl/worksheets/sheet{number}.xml").decode()
        lists = page.count('<dataValidation type="list"')
        assert lists == sum(bool(column.choices) for column in form.columns)
        notes = book.read(f"xl/comments{number}.xml").decode()
        assert notes.count("<comment ") == len(form.columns)
    agreements = book.read("xl/worksheets/sheet4.xml").decode()
    assert "halvårlig" in agreements


def test_the_same_language_gives_the_same_bytes() -> None:
    assert template(Language.NN) == template(Language.NN)


def test_the_command_writes_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "year.xlsx"
    assert fagnett("template", "--to", path).returncode == 0
    done = fagnett("template", "--to", path)
    assert done.returncode == 2
    assert "exists already" in done.stderr

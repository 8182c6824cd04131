"""The workbook to fill in can be played as it is written, in every language."""

import asyncio
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from api.words import Language, catalogue, sentence
from deploy.year.checking import check_year
from deploy.year.folder import read_year
from deploy.year.forms import FORMS
from deploy.year.plan import plan
from deploy.year.template import column_note, offered, template
from tests.support.commands import SAMPLE, fagnett
from tests.support.norwegian import sent


@pytest.mark.parametrize("language", list(Language))
def test_its_example_is_played_without_a_word(
    language: Language, tmp_path: Path
) -> None:
    path = tmp_path / "year.xlsx"
    path.write_bytes(template(language))
    year = read_year(path)
    assert (list(year.bad), list(year.notes)) == ([], [])
    empty = {name for name, rows in year.rows.items() if not rows}
    assert empty == {"credits", "disputes"}, "what is in order has none"
    found = asyncio.run(check_year(plan(year), language))
    assert (found.refused, found.noticed) == ([], [])
    assert (found.waiting, found.overdue) == ([], [])


def test_it_is_played_as_the_folder_that_it_is_made_of(tmp_path: Path) -> None:
    path = tmp_path / "year.xlsx"
    path.write_bytes(template(Language.NN))
    plain = plan(read_year(SAMPLE / "example"))
    assert sent(plan(read_year(path))) == sent(plain)


def test_its_invoice_is_paid_to_the_ore(tmp_path: Path) -> None:
    """One øre more would be told."""
    path = tmp_path / "year.xlsx"
    path.write_bytes(template(Language.EN))
    year = read_year(path)
    (paid,) = year.rows["payments"]
    ore = paid.cells["amount"]
    assert isinstance(ore, int)
    more = replace(paid, cells={**paid.cells, "amount": ore + 1})
    dearer = replace(year, rows={**year.rows, "payments": [more]})
    found = asyncio.run(check_year(plan(dearer), Language.EN))
    assert [each.code for each in found.noticed] == ["paid_beyond"]


def test_a_column_of_few_values_has_a_list_and_every_header_a_note() -> None:
    book = zipfile.ZipFile(io.BytesIO(template(Language.NB)))
    for number, form in enumerate(FORMS, 1):
        page = book.read(f"xl/worksheets/sheet{number}.xml").decode()
        lists = page.count('<dataValidation type="list"')
        assert lists == sum(
            bool(offered(form, column, Language.NB)) for column in form.columns
        )
        notes = book.read(f"xl/comments{number}.xml").decode()
        assert notes.count("<comment ") == len(form.columns)
    agreements = book.read("xl/worksheets/sheet4.xml").decode()
    assert "halvårlig" in agreements


def test_keys_of_calls_are_offered_and_others_may_stand_there() -> None:
    """Rules of one's own, in a file beside the tables, have keys of their own."""
    book = zipfile.ZipFile(io.BytesIO(template(Language.NB)))
    number = 1 + [form.name for form in FORMS].index("budget_lines")
    page = book.read(f"xl/worksheets/sheet{number}.xml").decode()
    (offer,) = re.findall("<dataValidation .*?</dataValidation>", page)
    assert "venue_and_catering" in offer
    assert "participant_travel" not in offer, "no money is given for it"
    assert 'showErrorMessage="1"' not in offer
    notes = book.read(f"xl/comments{number}.xml").decode()
    assert "I regelsettet s2-2022: project (Prosjektkostnader)" in notes


@pytest.mark.parametrize("language", list(Language))
def test_the_note_of_a_column_says_what_it_means(language: Language) -> None:
    book = zipfile.ZipFile(io.BytesIO(template(language)))
    used = set()
    for number, form in enumerate(FORMS, 1):
        notes = book.read(f"xl/comments{number}.xml").decode()
        for column in form.columns:
            used.add(column_note(form, column))
            assert sentence(language, "column_note", column_note(form, column)) in notes
    assert used == catalogue().sentences["column_note"].keys(), "none is said nowhere"


def test_the_same_language_gives_the_same_bytes() -> None:
    assert template(Language.NN) == template(Language.NN)


def test_only_a_workbook_is_written(tmp_path: Path) -> None:
    done = fagnett("template", "--to", tmp_path / "year.csv")
    assert done.returncode == 2
    assert "must end with .xlsx" in done.stderr
    assert not (tmp_path / "year.csv").exists()


def test_the_command_writes_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "year.xlsx"
    assert fagnett("template", "--to", path).returncode == 0
    done = fagnett("template", "--to", path)
    assert done.returncode == 2
    assert "exists already" in done.stderr

"""Files that cannot be read are refused in a sentence that says what to do."""

from datetime import date
from pathlib import Path

import pytest

from api.words import Language, sentence
from api.written.names import in_words
from deploy.year.folder import read_year
from deploy.year.lines import FolderError
from deploy.year.plan import plan
from deploy.year.telling import cell_reason
from tests.support.norwegian import (
    Cells,
    Style,
    figure,
    sent,
    write_folder,
    write_workbook,
)

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def refusal(path: Path) -> str:
    """Return why a folder is refused, in bokmål."""
    with pytest.raises(FolderError) as caught:
        read_year(path)
    values = in_words(caught.value.values, Language.NB)
    return sentence(Language.NB, "folder", caught.value.key, values)


def reasons(path: Path) -> set[tuple[str, str]]:
    """Return the files with rows that cannot be read, and why, in bokmål."""
    return {
        (each.place, cell_reason(Language.NB, each.reason, each.values))
        for each in read_year(path).bad
    }


@pytest.mark.parametrize("suffix", [".xls", ".ods", ".xlsb", ".numbers"])
def test_other_formats_are_told_what_to_save_as(tmp_path: Path, suffix: str) -> None:
    folder = write_folder(SAMPLE, tmp_path / "year", Style())
    (folder / "betalinger.csv").rename(folder / f"betalinger{suffix}")
    assert refusal(folder) == (
        f"betalinger{suffix} er i et format som ikke leses. Lagre den som "
        "Excel-arbeidsbok (.xlsx) eller CSV UTF-8."
    )
    whole = tmp_path / f"Avregning 2026{suffix}"
    whole.write_bytes(COMPOUND)
    assert "er i et format som ikke leses" in refusal(whole)


def test_a_workbook_with_a_password_is_told_so(tmp_path: Path) -> None:
    book = tmp_path / "2026.xlsx"
    book.write_bytes(COMPOUND)
    assert refusal(book).startswith("2026.xlsx er beskyttet med passord")


def test_a_workbook_with_macros_is_read(tmp_path: Path) -> None:
    book = write_workbook(SAMPLE, tmp_path / "2026.xlsx")
    renamed = book.rename(book.with_suffix(".xlsm"))
    assert sent(plan(read_year(renamed))) == sent(plan(read_year(SAMPLE)))


def test_sheets_of_other_names_are_named(tmp_path: Path) -> None:
    style = Style(name=lambda text: f"{text} 2026")
    assert "Dette er der, uten at navnet er kjent: " in refusal(
        write_workbook(SAMPLE, tmp_path / "2026.xlsx", style)
    )


def test_a_table_in_two_places_is_named_in_words(tmp_path: Path) -> None:
    folder = write_folder(SAMPLE, tmp_path / "year", Style())
    (folder / "payments.csv").write_bytes((folder / "betalinger.csv").read_bytes())
    assert refusal(folder) == ("betalinger er både i betalinger.csv og i payments.csv.")


def test_text_that_does_not_say_that_it_is_utf_16_is_refused(tmp_path: Path) -> None:
    style = Style(encoding="utf-16-le", separator="\t")
    assert "bokstavene er verken" in refusal(
        write_folder(SAMPLE, tmp_path / "year", style)
    )


def again(rows: Cells) -> Cells:
    """Put the header among the rows once more."""
    return [*rows[:2], rows[0], *rows[2:]]


def short(day: str) -> str:
    """Return ``01-02-26``."""
    return f"{date.fromisoformat(day):%d-%m-%y}"


ROWS: dict[str, tuple[Style, str, str]] = {
    "a share of one": (
        Style(percent=lambda text: str(float(text) / 100).replace(".", ",")),
        "stillinger.csv",
        (
            "stillingsprosent kan være en prosent eller en andel av 1. Skriv prosenten med "
            "prosenttegn. stillinger.csv!E2 er lest som «0,2»."
        ),
    ),
    "a name behind a number": (
        Style(
            change=lambda rows: [
                [f"{c} HF" if c == "983974724" else c for c in r] for r in rows
            ]
        ),
        "nettverk.csv",
        (
            "koordinerende foretak er ikke et organisasjonsnummer på ni sifre. "
            "nettverk.csv!E2 er lest som «983974724 HF»."
        ),
    ),
    "days with hyphens": (
        Style(day=short),
        "betalinger.csv",
        (
            "periode fra er ikke en dag skrevet ÅÅÅÅ-MM-DD eller DD.MM.ÅÅÅÅ. "
            "betalinger.csv!B2 er lest som «01-01-26»."
        ),
    ),
    "another day of the week": (
        Style(day=lambda _: "mandag 1. januar 2026"),
        "betalinger.csv",
        (
            "periode fra er ikke en dag skrevet ÅÅÅÅ-MM-DD eller DD.MM.ÅÅÅÅ. "
            "betalinger.csv!B2 er lest som «mandag 1. januar 2026»."
        ),
    ),
    "hours of elsewhere": (
        Style(day=lambda day: f"{day}T23:00:00Z"),
        "betalinger.csv",
        (
            "periode fra er ikke en dag skrevet ÅÅÅÅ-MM-DD eller DD.MM.ÅÅÅÅ. "
            "betalinger.csv!B2 er lest som «2026-01-01T23:00:00Z»."
        ),
    ),
    "a minus behind": (
        Style(money=lambda text: f"{figure(text)}-"),
        "betalinger.csv",
        (
            "beløp har minustegnet bak. Skriv det foran om beløpet er under null, og "
            "ellers ikke. "
            "betalinger.csv!C2 er lest som «157 939,73-»."
        ),
    ),
    "brackets for a minus": (
        Style(money=lambda text: f"({figure(text)})"),
        "betalinger.csv",
        (
            "beløp er ikke et beløp i kroner med høyst to desimaler. "
            "betalinger.csv!C2 er lest som «(157 939,73)»."
        ),
    ),
    "a header again": (
        Style(change=again),
        "avtaler.csv",
        "versjon er ikke et helt tall fra 1. avtaler.csv!B3 er lest som «versjon».",
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_a_cell_is_refused_with_its_place_and_what_was_read(
    tmp_path: Path, what: str
) -> None:
    style, file, reason = ROWS[what]
    assert (file, reason) in reasons(write_folder(SAMPLE, tmp_path / "year", style))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("26 0000 0001 09", "260000000109"),
        ('="260000000109"', "260000000109"),
        ("KID 26", "KID er ikke bare sifre. bankposter.csv!F2 er lest som «KID 26»."),
        ("2,6E+11", "KID vises med tierpotens"),
    ],
)
def test_a_kid_is_its_digits(tmp_path: Path, written: str, read: str) -> None:
    folder = write_folder(SAMPLE, tmp_path / "year", Style())
    head = "Virksomhet;Bankreferanse;Retning;Beløp;Bokført;KID;Registrert"
    row = f"993467049;B1;Inn;5;30.12.2026;{written};31.12.2026"
    table = folder / "bankposter.csv"
    table.write_text(f"{head}\n{row}\n", encoding="cp1252")
    year = read_year(folder)
    told = [str(each.cells["kid"]) for each in year.rows["bank_entries"]]
    told += [cell_reason(Language.NB, e.reason, e.values) for e in year.bad]
    assert told[0].startswith(read)

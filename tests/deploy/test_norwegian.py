"""Folders as Norwegian controllers have them mean what the plain ones do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from api.words import Language
from api.words import day as say_day
from api.written.csv_text import HEADER_WITHIN
from api.written.names import NameOf, folded_name, near, spellings
from deploy.year.folder import read_year
from deploy.year.forms import BY_NAME, FORMS
from deploy.year.lines import FolderError
from deploy.year.plan import plan
from deploy.year.telling import cell_reason
from deploy.year.units import says_other_unit
from tests.support import workbooks
from tests.support.norwegian import (
    HEAD,
    HEADERS,
    ROW,
    Cells,
    Style,
    credits_of,
    dotted,
    figure,
    same,
    sent,
    write_folder,
    write_workbook,
)
from tests.support.workbooks import row

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
FOLDERS = Path(__file__).parents[1] / "data" / "folders"
ORGANISATION_DIGITS = 9
WEEKDAYS = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]
NYNORSK = ["måndag", "tysdag", "onsdag", "torsdag", "fredag", "laurdag", "sundag"]
NARROW = "\u202f"
LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Ø": "OE", "Å": "AA"})


def titles(rows: Cells) -> Cells:
    """Put a title and an empty row above a table."""
    return [["Avregning 2026"], ["Utskrift", "31.12.2026"], [], *rows]


def extra(rows: Cells) -> Cells:
    """Put columns of somebody's own before and behind a table."""
    head, *rest = rows
    return [
        ["Nr.", *head, "Merknad"],
        *([str(n), *row, ""] for n, row in enumerate(rest)),
    ]


def total(rows: Cells, word: str = "Totalt") -> Cells:
    """Put a sum below a table that has amounts, and nothing else is in it."""
    at = [
        folded_name(name) in {"beloep", "aarskostnad", "stillingsprosent"}
        for name in rows[0]
    ]
    if not any(at):
        return rows
    return [*rows, [word, *("1 234,50" if each else "" for each in at[1:])]]


def gaps(rows: Cells) -> Cells:
    """Put empty rows between those of a table."""
    return [each for row in rows for each in (row, [""] * len(row))]


def turned(rows: Cells) -> Cells:
    """Turn the order of the columns."""
    return [row[::-1] for row in rows]


def at(day: str) -> int:
    """Return which day of the week one is, from 0."""
    return date.fromisoformat(day).weekday()


def in_letters(day: str) -> str:
    """Return ``1. januar 2026``."""
    return say_day(date.fromisoformat(day), Language.NB)


def numbers(pattern: str) -> Style:
    """Write organisation numbers, which nine digits are, in some way."""

    def change(rows: Cells) -> Cells:
        return [
            [
                pattern.format(cell[:3], cell[3:6], cell[6:])
                if cell.isdigit() and len(cell) == ORGANISATION_DIGITS
                else cell
                for cell in row
            ]
            for row in rows
        ]

    return Style(change=change)


VARIANTS: dict[str, Style] = {
    "Excel in Norwegian": Style(),
    "CSV UTF-8": Style(encoding="utf-8", mark=b"\xef\xbb\xbf"),
    "UTF-8 without a mark": Style(encoding="utf-8"),
    "nynorsk": Style(language=Language.NN),
    "English names": Style(language=Language.EN),
    "tabs": Style(separator="\t", suffix=".tsv"),
    "Unicode text": Style(encoding="utf-16", separator="\t", suffix=".txt"),
    "commas, quoted": Style(separator=",", quoted=True),
    "commas": Style(separator=","),
    "a line of its separator": Style(before="sep=;\r\n"),
    "Unix lines": Style(end="\n"),
    "old Mac lines": Style(end="\r"),
    "capitals": Style(name=str.upper),
    "underscores": Style(name=lambda text: text.replace(" ", "_")),
    "stars and brackets": Style(name=lambda text: f"[{text}]*", suffix=".CSV"),
    "percent in words": Style(percent=lambda text: f"{figure(text)} prosent"),
    "hyphens": Style(name=lambda text: text.replace(" ", "-")),
    "ae, oe, aa": Style(name=lambda text: text.translate(LETTERS)),
    "titles": Style(change=titles),
    "more columns": Style(change=extra),
    "a sum": Style(change=total),
    "all of it": Style(change=lambda rows: titles(extra(total(rows)))),
    "empty rows": Style(change=gaps),
    "another order": Style(change=turned),
    "no-break blanks": Style(money=lambda text: figure(text, "\u00a0")),
    "narrow no-break blanks": Style(
        money=lambda text: figure(text, NARROW), encoding="utf-8"
    ),
    "points between thousands": Style(money=lambda text: figure(text, ".")),
    "kroner": Style(money=lambda text: f"kr {figure(text)}"),
    "kroner behind": Style(money=lambda text: f"{figure(text)} kr"),
    "a percent sign": Style(percent=lambda text: f"{figure(text)} %"),
    "short days": Style(
        day=lambda day: f"{int(day[8:])}.{int(day[5:7])}.{day[:4]}",
    ),
    "short years": Style(
        day=lambda day: f"{int(day[8:])}.{int(day[5:7])}.{day[2:4]}",
    ),
    "a time of day": Style(
        day=lambda day: f"{day[8:]}.{day[5:7]}.{day[:4]} 00:00:00",
    ),
    "ISO days": Style(day=same),
    "a quoted line of its separator": Style(before='"sep=;"\r\n'),
    "its separator, and a mark": Style(
        encoding="utf-8", mark=b"\xef\xbb\xbf", before="sep=;\r\n"
    ),
    "UTF-16, big end first": Style(
        encoding="utf-16-be", mark=b"\xfe\xff", separator="\t"
    ),
    "apostrophes": Style(money=lambda text: figure(text, "'")),
    "curved apostrophes": Style(money=lambda text: figure(text, "\u2019")),
    "thin blanks": Style(money=lambda text: figure(text, "\u2009"), encoding="utf-8"),
    "figure blanks": Style(money=lambda text: figure(text, "\u2007"), encoding="utf-8"),
    "kr, a no-break blank": Style(money=lambda text: f"kr\u00a0{figure(text)}"),
    "in words": Style(money=lambda text: f"{figure(text)} kroner"),
    "English figures": Style(money=lambda text: figure(text, ",", ".")),
    "days in words": Style(day=in_letters),
    "with their weekday": Style(
        day=lambda day: f"{WEEKDAYS[at(day)]} {in_letters(day)}"
    ),
    "in nynorsk": Style(
        language=Language.NN,
        day=lambda day: f"{NYNORSK[at(day)]} {in_letters(day)}".upper(),
    ),
    "no-break blanks in days": Style(
        day=lambda day: in_letters(day).replace(" ", "\u00a0")
    ),
    "an hour": Style(day=lambda day: f"{dotted(day)} kl. 00:00"),
    "ISO, with an hour": Style(day=lambda day: f"{day} 00:00:00"),
    "an hour in Norwegian": Style(day=lambda day: f"{dotted(day)} kl. 13.45"),
    "no-break percent": Style(percent=lambda text: f"{figure(text)}\u00a0%"),
    "trailing separators": Style(change=lambda rows: [[*row, "", ""] for row in rows]),
    "an empty column before": Style(change=lambda rows: [["", *row] for row in rows]),
    "lines of separators": Style(
        change=lambda rows: [each for row in rows for each in (row, ["", "", ""])]
    ),
    "a row above that groups": Style(
        change=lambda rows: [["Avtale", *[""] * len(rows[0])], *rows]
    ),
    "several lines in a header": Style(name=lambda text: text.replace(" ", "\n")),
    "what is not seen in names": Style(
        name=lambda text: f"\u200b{text[:3]}\u00ad{text[3:]}",
        encoding="utf-8",
        suffix=".csv",
    ),
    "separators and quotes in cells": Style(
        change=lambda rows: [[*row, 'a;b"c\r\nd'] for row in rows]
    ),
    "til saman": Style(change=lambda rows: total(rows, "Til saman:")),
    "samlet": Style(change=lambda rows: total(rows, "SAMLET")),
    "organisation numbers with VAT": numbers("NO {} {} {} MVA"),
    "organisation numbers with points": numbers("{}.{}.{}"),
    "organisation numbers with odd blanks": numbers("{}\u00a0 {}\u00a0 {}"),
    "organisation numbers as text": numbers('="{}{}{}"'),
}


@pytest.mark.parametrize("what", VARIANTS)
def test_a_folder_means_the_same_however_it_is_written(
    tmp_path: Path, what: str
) -> None:
    folder = write_folder(SAMPLE, tmp_path / "year", VARIANTS[what])
    year = read_year(folder)
    assert year.bad == []
    assert sent(plan(year)) == sent(plan(read_year(SAMPLE)))
    assert {note.key for note in year.notes} <= {"extra_columns", "total_row"}


@pytest.mark.parametrize("name", [path.name for path in FOLDERS.iterdir()])
def test_every_folder_of_tests_means_the_same_in_norwegian(
    tmp_path: Path, name: str
) -> None:
    plain = plan(read_year(FOLDERS / name))
    found = plan(read_year(write_folder(FOLDERS / name, tmp_path / "year", Style())))
    assert sent(found) == sent(plain)
    unread = [(each.name, each.line, each.key, each.code) for each in found.unread]
    assert unread == [(e.name, e.line, e.key, e.code) for e in plain.unread]


def test_a_norwegian_workbook_means_the_same(tmp_path: Path) -> None:
    year = read_year(write_workbook(SAMPLE, tmp_path / "År 2026.xlsx"))
    assert year.bad == []
    assert sent(plan(year)) == sent(plan(read_year(SAMPLE)))
    notes = [(note.key, note.values["sheet"]) for note in year.notes]
    assert ("total_row", "[År 2026.xlsx]Betalinger") in notes
    assert sum(key == "extra_columns" for key, _ in notes) == 11
    assert year.rows["payments"][0].line == 5, "as it stands in the sheet"


def test_days_of_lines_that_are_carried_over_are_read_alike() -> None:
    (column,) = (c for c in BY_NAME["closings"].columns if c.name == "carry_over")
    assert column.read("a/p/1.1.2026|b/q/2026-01-01") == "a/p/2026-01-01|b/q/2026-01-01"


def test_an_organisation_number_may_have_blanks(tmp_path: Path) -> None:
    def spaced(rows: Cells) -> Cells:
        return [[_spaced(cell) for cell in row] for row in rows]

    folder = write_folder(SAMPLE, tmp_path / "year", Style(change=spaced))
    assert sent(plan(read_year(folder))) == sent(plan(read_year(SAMPLE)))


def _spaced(cell: str) -> str:
    number = len(cell) == 9 and cell.isdigit()
    return f"{cell[:3]} {cell[3:6]}\u00a0{cell[6:]}" if number else cell


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "a slip": (HEAD.replace("beløp", "beøp"), "near_columns"),
    "nothing like it": (HEAD.replace("beløp", "tall"), "wrong_columns"),
    "the same twice": (HEAD.replace("\n", ";amount\n"), "named_twice"),
    "the same in two languages": (
        HEAD.replace("\n", ";Beløp i kroner\n"),
        "named_twice",
    ),
    "mixed signs": (HEAD.replace(";", ",", 2), "separators"),
    "another sign than it says": ("sep=,\n" + HEAD + ROW, "separators"),
    "thousands": ("Betalinger 2026, beløp i hele tusen\n" + HEAD + ROW, "other_unit"),
    "another currency": (HEAD.replace("\n", ";Alt i EUR\n") + ROW, "other_unit"),
    "one byte": (b"\xff", "wrong_columns"),
    "one semicolon": (b";", "wrong_columns"),
    "many titles": ("Tittel\n" * 100 + HEAD, "no_header"),
    "a header too far down": (f"{'x' * 3}\n" * HEADER_WITHIN + HEAD, "no_header"),
    "another table above": (
        HEAD.replace("beløp", "tall").replace("begrunnelse", "hvorfor")
        + ROW
        + HEAD
        + ROW,
        "wrong_columns",
    ),
    "a header in another order": (
        HEAD + ROW + "stilling;avtale;periode fra;beløp;begrunnelse;registrert dato\n",
        "header_twice",
    ),
    "DOS letters": (HEAD.encode("cp850"), "unknown_encoding"),
    "Mac letters": (HEAD.encode("mac_roman"), "unknown_encoding"),
    "two encodings": (
        HEAD.encode() + ROW.replace("Feil", "Gjør").encode("cp1252"),
        "unknown_encoding",
    ),
    "half of UTF-16": ("\ufeff".encode("utf-16-le") + b"a", "unknown_encoding"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_leaves_doubt_is_refused(tmp_path: Path, what: str) -> None:
    content, key = REFUSED[what]
    with pytest.raises(FolderError) as caught:
        credits_of(tmp_path, content)
    assert caught.value.key == key


def test_a_slip_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(FolderError) as caught:
        credits_of(tmp_path, HEAD.replace("beløp", "beøp"))
    assert caught.value.values["meant"] == "beløp"
    assert near("betald dato", NameOf.COLUMN, ["paid_on"]) == "betalt dato"


def test_a_header_again_costs_its_own_row_alone(tmp_path: Path) -> None:
    year = credits_of(tmp_path, HEAD + ROW + HEAD + ROW.replace(";p;", ";q;"))
    assert [row.line for row in year.rows["credits"]] == [2, 4]
    assert [bad.line for bad in year.bad] == [3]


def test_a_refusal_names_the_place_in_a_file_of_another_name(tmp_path: Path) -> None:
    (tmp_path / "Betalinger.csv").write_text(
        "Mine betalinger\nAvtale;Periode fra;Beløp (kr);Betalt dato;Registrert\n"
        "a;1.1.2026;ca. 5;1.7.2026;1.7.2026\n"
    )
    (bad,) = credits_of(tmp_path, HEAD).bad
    assert (bad.form.file, bad.line) == ("payments.csv", 3)
    told = cell_reason(Language.NB, bad.reason, bad.values)
    assert told == (
        "Beløp (kr) er ikke et beløp i kroner med høyst to desimaler."
        " Betalinger.csv!C3 er lest som «ca. 5»."
    )


def test_what_is_merged_or_hidden_beside_the_table_does_not_count(
    tmp_path: Path,
) -> None:
    rows = [
        row(*HEAD.strip().split(";"), "Merknad"),
        *[row(*ROW.strip().split(";"))] * 2,
    ]
    around = (
        '<cols><col min="7" max="7" hidden="1"/></cols>',
        '<mergeCells><mergeCell ref="G2:G3"/></mergeCells>',
    )
    content = workbooks.parts("".join(rows), name="Kreditnotaer", around=around)
    workbooks.write(tmp_path / "bok.xlsx", content)
    for each in ("organisations", "networks"):
        (tmp_path / f"{each}.csv").write_text(",".join(HEADERS[each]) + "\n")
    year = read_year(tmp_path)
    assert year.bad == []
    assert [note.key for note in year.notes] == ["extra_columns"]
    assert len(year.rows["credits"]) == 2


def test_two_names_of_one_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Kreditnotaer.csv").write_text(HEAD)
    with pytest.raises(FolderError) as caught:
        credits_of(tmp_path, HEAD)
    assert caught.value.key == "twice"


def test_what_is_left_out_is_named_once(tmp_path: Path) -> None:
    head = "Nr;" + HEAD.replace("\n", ";Merknad;;\n")
    rows = [f"{n};{ROW.strip()};x;y;\n" for n in range(3)]
    year = credits_of(tmp_path, head + "".join(rows) + "Sum;;;;15,00;;\n")
    assert year.bad[0].reason == "cell_count", "nothing names the column that y is in"
    rows = [row.replace(";y;", ";;") for row in rows]
    year = credits_of(tmp_path, head + "".join(rows) + "Sum;;;;15,00;;\n")
    assert year.bad == []
    assert [(note.key, dict(note.values)) for note in year.notes] == [
        ("total_row", {"sheet": "credits.csv", "row": 5}),
        ("extra_columns", {"sheet": "credits.csv", "columns": "«Nr», «Merknad»"}),
    ]


SUMS: list[tuple[str, bool]] = [
    ("Sum;;;5,00;;\n", True),
    ("SUM:;;;5,00;;\n", True),
    (";;I alt;5,00;;\n", True),
    ("Totalt\n", True),
    ("Sum;;;#REF!;;\n", True),
    ("Sum;1.1.2026;;5,00;;\n", False),
    ("a;;Sum;5,00;;\n", False),
    ("Sum;;;5,00;;\nUtarbeidet av økonomi\n", False),
    ("Sum;;;5,00;;1.7.2026\n", False),
    (";;;5,00;;\n", False),
]


@pytest.mark.parametrize(("row", "left_out"), SUMS)
def test_only_a_sum_below_all_rows_is_left_out(
    tmp_path: Path, row: str, *, left_out: bool
) -> None:
    year = credits_of(tmp_path, HEAD + ROW + row)
    assert [note.key for note in year.notes] == ["total_row"] * left_out
    assert (year.bad == []) is left_out
    assert len(year.rows["credits"]) == 1


@pytest.mark.parametrize(
    ("unit", "is_other"),
    [
        ("EUR", True),
        ("€", True),
        ("tusen kr", True),
        ("MNOK", True),
        ("i 1000 kr", True),
        ("NOK", False),
        ("kr", False),
        ("kroner", False),
        ("1000", False),
        ("1 000 kr", False),
        ("eurofighter", False),
        ("1 000 timer i året", False),
    ],
)
def test_a_unit_beside_an_amount_is_seen(
    tmp_path: Path, unit: str, *, is_other: bool
) -> None:
    head = HEAD.replace("\n", ";Valuta\n")
    year = credits_of(tmp_path, head + ROW.replace("\n", f";{unit}\n"))
    assert [bad.reason for bad in year.bad] == ["other_unit"] * is_other


@pytest.mark.parametrize(
    ("title", "is_other"),
    [
        ("Beløp i tusen", True),
        ("Alle beløp i hele 1000 kr", True),
        ("Beløp i 1 000 kroner", True),
        ("Tall i mill. kr", True),
        ("Beløp (MNOK)", True),
        ("Beløp, tusen kroner", True),
        ("Beløp i kroner", False),
        ("Rammen er 2 mill. kr per år", False),
        ("2 MNOK", False),
        ("Helse Vest i europeiske nettverk", False),
    ],
)
def test_a_title_may_say_that_amounts_are_not_in_kroner(
    title: str, *, is_other: bool
) -> None:
    assert says_other_unit(title) is is_other


def test_a_row_above_the_header_that_is_no_title_is_named(tmp_path: Path) -> None:
    year = credits_of(tmp_path, "Tittel\nx;y;z\n" + HEAD + ROW)
    assert [(note.key, note.values["rows"]) for note in year.notes] == [
        ("rows_above", "2")
    ]


def test_a_refusal_names_values_in_the_language_of_its_reader(tmp_path: Path) -> None:
    (tmp_path / "svar.csv").write_text(
        "Avtale;Versjon;Svar;Registrert dato\na;1;kanskje;1.1.2026\n"
    )
    (bad,) = credits_of(tmp_path, HEAD).bad
    told = {each: cell_reason(each, bad.reason, bad.values) for each in Language}
    assert told == {
        Language.NB: "Svar er ikke en av godtatt, avslått. svar.csv!C2 er lest som «kanskje».",
        Language.NN: "Svar er ikkje ein av godteke, avslått. svar.csv!C2 er lesen som «kanskje».",
        Language.EN: "Svar is not one of accepted, declined. svar.csv!C2 was read as “kanskje”.",
    }


def test_every_name_has_its_words_and_no_two_of_a_table_are_alike() -> None:
    for form in FORMS:
        names = [column.name for column in form.columns]
        require_apart(NameOf.COLUMN, names)
        for column in form.columns:
            require_apart(NameOf.VALUE, column.choices)
    require_apart(NameOf.FILE, [form.name for form in FORMS])


def require_apart(of: NameOf, names: list[str] | tuple[str, ...]) -> None:
    """Require that names have words, and that none is also another's."""
    meant: dict[str, str] = {}
    for name in names:
        for language in Language:
            assert spellings(of, name, language), (of, name)
            for spelling in (name, *spellings(of, name, language)):
                assert meant.setdefault(folded_name(spelling), name) == name, spelling


BROKEN: dict[str, Callable[[str], str]] = {
    "an early end": lambda text: text.replace(";p;5;Feil;1.7.2026", ""),
    "commas": lambda text: text.replace(";", ","),
    "a quote": lambda text: text.replace("Feil", '"Feil" x'),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_row_is_never_read(tmp_path: Path, what: str) -> None:
    year = credits_of(tmp_path, HEAD + BROKEN[what](ROW) + ROW)
    assert [bad.line for bad in year.bad] == [2]
    assert [row.line for row in year.rows["credits"]] == [3]

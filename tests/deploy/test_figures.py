"""Figures and days that are written as text are read as a person reads them."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words import Language
from api.written.figures import Figures
from deploy.year.forms import BY_NAME
from deploy.year.lines import CellKind, SeenCell
from deploy.year.readers import Cell, UnreadableCellError
from deploy.year.telling import cell_reason
from domain.values import parse_kroner
from tests.support.norwegian import HEAD, credits_of, figure

NARROW = "\u202f"


def amounts(tmp_path: Path, *texts: str, separator: str = ";") -> list[Cell]:
    """Read amounts; those that are refused are the key of why."""
    rows = [f'a;1.1.2026;p;"{text}";Feil;1.7.2026' for text in texts]
    content = HEAD + "\n".join(rows)
    year = credits_of(tmp_path, content.replace(";", separator))
    found = {row.line: row.cells["amount"] for row in year.rows["credits"]}
    found |= {bad.line: bad.reason for bad in year.bad}
    return [found[line] for line in sorted(found)]


AMOUNTS: list[tuple[str, Cell]] = [
    ("181 000,00", 18100000),
    ("181\u00a0000,5", 18100050),
    ("181\u202f000", 18100000),
    ("181.000,00", 18100000),
    ("181,000.00", 18100000),
    ("1.181.000", 118100000),
    ("kr 181 000,00", 18100000),
    ("kr. 5", 500),
    ("NOK 5,5", 550),
    ("5 kr", 500),
    ("181 000,-", 18100000),
    ("181 000,–", 18100000),
    ("−5,00", -500),
    ("-kr 5,00", -500),
    ("0,5", 50),
    ("007,50", 750),
    ("5,-", 500),
    ("1.234,-", 123400),
    ("kr 1.234.567,-", 123456700),
    ("1,234,-", "two_ways"),
    ("1.234.-", "two_ways"),
    ("157939,735", "not_an_amount"),
    ("0,735", "not_an_amount"),
    ("12 34", "not_an_amount"),
    ("1 23", "not_an_amount"),
    ("1234 567", "not_an_amount"),
    ("1 234.567", "not_an_amount"),
    ("1,234.567", "not_an_amount"),
    ("1.234,567", "not_an_amount"),
    ("1.23,45", "not_an_amount"),
    ("5,00-", "minus_behind"),
    ("1 020,50−", "minus_behind"),
    ("kr 100-", "minus_behind"),
    ("(5,00)", "not_an_amount"),
    ("5,00 %", "not_an_amount"),
    ("€ 5", "not_an_amount"),
    ("5 000 000 EUR", "not_an_amount"),
    ("5,,0", "not_an_amount"),
    ("ca. 5", "not_an_amount"),
    ("1e5", "not_an_amount"),
    ("٥", "not_an_amount"),
]


@pytest.mark.parametrize(("text", "wanted"), AMOUNTS)
def test_an_amount_is_read_as_a_person_reads_it(
    tmp_path: Path, text: str, wanted: Cell
) -> None:
    assert amounts(tmp_path, text) == [wanted]


TWO = "two_ways"
DECIDED: list[tuple[str, tuple[str, ...], list[Cell]]] = [
    (";", ("1.234",), [TWO]),
    (";", ("1,234",), [TWO]),
    (",", ("1,234",), [TWO]),
    ("\t", ("1.234",), [TWO]),
    (";", ("1.234", "5,00"), [123400, 500]),
    (";", ("1,234", "5,00"), ["not_an_amount", 500]),
    (";", ("1.234", "5.00"), [TWO, 500]),
    (";", ("1.234", "5,00", "5.00"), [TWO, 500, 500]),
    (",", ("1,234", "5.00"), [123400, 500]),
    (",", ("1.234", "5.00"), ["not_an_amount", 500]),
    (",", ("1.234", "5,00"), [TWO, 500]),
    ("\t", ("1.234", "5,00"), [123400, 500]),
    ("\t", ("1.234", "7", "1 000"), [TWO, 700, 100000]),
    ("\t", ("1.234", "1.234.567"), [123400, 123456700]),
]


@pytest.mark.parametrize(("separator", "texts", "wanted"), DECIDED)
def test_what_can_be_read_in_two_ways_is_decided_by_the_whole_table(
    tmp_path: Path, separator: str, texts: tuple[str, ...], wanted: list[Cell]
) -> None:
    assert amounts(tmp_path, *texts, separator=separator) == wanted
    again = amounts(tmp_path, *reversed(texts), separator=separator)
    assert again == wanted[::-1], "whichever stands first"


def test_a_refusal_says_what_was_read_and_what_it_may_mean(tmp_path: Path) -> None:
    (bad,) = credits_of(tmp_path, f"{HEAD}a;1.1.2026;p;1.234;Feil;1.7.2026\n").bad
    told = cell_reason(Language.NB, bad.reason, bad.values)
    assert told == (
        "beløp kan bety 1234 eller 1,234 kroner, og ingenting i tabellen viser hvilket."
        " Skriv den med øre. Lest: «1.234»."
    )


def test_decimals_that_a_comma_has_cut_off_are_not_lost(tmp_path: Path) -> None:
    head = "agreement,period_start,post,reason,recorded_on,amount,note\n"
    row = "a,2026-01-01,p,Why,2026-07-01"
    year = credits_of(tmp_path, f"{head}{row},100,50\n{row},100,ok\n{row},100.50,5\n")
    assert [(bad.line, bad.reason) for bad in year.bad] == [(2, TWO)]
    assert [r.cells["amount"] for r in year.rows["credits"]] == [10000, 10050]


DAYS: list[tuple[str, str]] = [
    ("2026-01-02", "2026-01-02"),
    ("02.01.2026", "2026-01-02"),
    ("2.1.2026", "2026-01-02"),
    ("2. 1. 2026", "2026-01-02"),
    ("2.1.26", "2026-01-02"),
    ("02.01.49", "2049-01-02"),
    ("02.01.2026 00:00", "2026-01-02"),
    ("2026-01-02T00:00:00", "2026-01-02"),
    ("02.01.2026 kl. 13.45", "2026-01-02"),
    ("2. januar 2026", "2026-01-02"),
    ("2. Jan. 2026", "2026-01-02"),
    ("02.jan.26", "2026-01-02"),
    ("2. jun 2026", "2026-06-02"),
    ("2 mai 2026", "2026-05-02"),
    ("2. ju 2026", "not_a_day"),
    ("2. may 2026", "not_a_day"),
    ("31. juni 2026", "no_such_day"),
    ("2. jan. 76", "short_year"),
    ("02.01.50", "short_year"),
    ("02.01.99", "short_year"),
    ("29.02.2026", "no_such_day"),
    ("13.13.2026", "not_a_day"),
    ("01/02/2026", "not_a_day"),
    ("1-2-2026", "not_a_day"),
    ("2026.01.02", "not_a_day"),
    ("20260102", "not_a_day"),
    ("02.01.026", "not_a_day"),
    ("1.2026", "not_a_day"),
    ("46024", "not_a_day"),
    ("٠٢.٠١.٢٠٢٦", "not_a_day"),
]


@pytest.mark.parametrize(("text", "wanted"), DAYS)
def test_a_day_is_read_as_a_person_reads_it(
    tmp_path: Path, text: str, wanted: str
) -> None:
    year = credits_of(tmp_path, f"{HEAD}a;{text};p;5;Feil;1.7.2026\n")
    found = [str(row.cells["period_start"]) for row in year.rows["credits"]]
    assert [*found, *(bad.reason for bad in year.bad)] == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("11-15", "11-15"),
        ("15.11.", "11-15"),
        ("5.1", "01-05"),
        ("15. november", "11-15"),
        ("2026-11-15 (d. mmm)", "11-15"),
        ("2026-11-15 (d\\-mmm;@)", "11-15"),
        ("2026-11-15 (m. yyyy)", "not_a_month_day"),
        ("29.2.", "not_a_month_day"),
        ("15.13.", "not_a_month_day"),
        ("15.11.2026", "not_a_month_day"),
        ("15. ma", "not_a_month_day"),
    ],
)
def test_a_day_of_every_year_is_read_as_a_person_reads_it(
    text: str, wanted: str
) -> None:
    (column,) = (c for c in BY_NAME["bodies"].columns if c.name == "plan_due")
    try:
        found = column.cell(SeenCell(CellKind.TEXT, text), Figures())
    except UnreadableCellError as error:
        found = error.key
    assert found == wanted


@given(
    st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    st.sampled_from((" ", "\u00a0", NARROW, ".", "")),
    st.sampled_from(("{}", "kr {}", "{} kr", "NOK {}")),
)
def test_every_amount_is_read_as_it_is_written(
    amount: Decimal, thousands: str, beside: str
) -> None:
    text = figure(f"{abs(amount):.2f}", thousands)
    signed = f"-{text}" if amount < 0 else text
    assert Decimal(Figures().amount(beside.format(signed))) == amount


@given(st.text("0123456789., \u00a0-kr", max_size=14))
def test_whatever_is_read_as_an_amount_has_its_digits(text: str) -> None:
    figures = Figures()
    figures.complete = True
    try:
        amount_ore = parse_kroner(figures.amount(text))
    except ValueError:
        return
    digits = re.sub(r"[^0-9]", "", text)
    places = len("".join(re.findall(r"[.,]([0-9]{1,2})[^0-9]*$", text)))
    assert abs(amount_ore) == int(digits) * 10 ** (2 - places)
    assert (amount_ore < 0) <= ("-" in text)

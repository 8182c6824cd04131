"""Writing a plain folder as Norwegian controllers have it: CSV files and workbooks."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import xlsxwriter

from api.words import Language
from api.written.names import NameOf, spellings
from deploy.year.columns import FormColumn
from deploy.year.folder import FolderYear, read_year
from deploy.year.form import Form
from deploy.year.forms import BY_NAME
from deploy.year.plan import Plan
from deploy.year.readers import as_business_day, as_day

Cells = list[list[str]]
DAYS: Final = (as_day, as_business_day)
HEADERS: Final = {
    name: [c.name for c in form.columns] for name, form in BY_NAME.items()
}
HEAD: Final = "avtale;periode fra;stilling;beløp;begrunnelse;registrert dato\n"
ROW: Final = "a;1.1.2026;p;5;Feil;1.7.2026\n"
"""The header of a table of credits, and a row."""


def dotted(day: str) -> str:
    """Return ``01.01.2026``."""
    return f"{date.fromisoformat(day):%d.%m.%Y}"


def figure(text: str, thousands: str = " ", decimal: str = ",") -> str:
    """Return ``181 000,00``."""
    whole, _, decimals = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{grouped}{decimal}{decimals.ljust(2, '0')}"


def same(text: str) -> str:
    """Return a text as it is."""
    return text


@dataclass(frozen=True, kw_only=True)
class Style:
    """How somebody writes a folder."""

    language: Language = Language.NB
    encoding: str = "cp1252"
    separator: str = ";"
    suffix: str = ".csv"
    mark: bytes = b""
    before: str = ""
    end: str = "\r\n"
    quoted: bool = False
    name: Callable[[str], str] = same
    """How a name of a file, a column or a value is written."""
    day: Callable[[str], str] = dotted
    money: Callable[[str], str] = figure
    percent: Callable[[str], str] = figure
    change: Callable[[Cells], Cells] = list
    """What is done to the rows of a table, its header the first."""

    def own(self, of: NameOf, name: str) -> str:
        """Return a name of ours as it is written."""
        return self.name(next(iter(spellings(of, name, self.language)), name))

    def cell(self, column: FormColumn, text: str) -> str:
        """Return a cell as it is written."""
        if not text:
            return ""
        if column.choices:
            return self.own(NameOf.VALUE, text)
        if column.read in DAYS:
            return self.day(text)
        if column.is_money:
            return self.money(text)
        return self.percent(text) if column.is_figure else text


def tables(folder: Path) -> Mapping[Form, Cells]:
    """Return the tables of a plain folder."""
    found = {}
    for form in BY_NAME.values():
        if (folder / form.file).exists():
            with (folder / form.file).open(encoding="utf-8", newline="") as lines:
                found[form] = list(csv.reader(lines))
    return found


def written(form: Form, table: Cells, style: Style) -> Cells:
    """Return a table in a style."""
    columns = {column.name: column for column in form.columns}
    order = [columns[name] for name in table[0]]
    return style.change(
        [
            [style.own(NameOf.COLUMN, column.name) for column in order],
            *(
                [
                    style.cell(*pair)
                    for pair in zip(order if row else (), row, strict=True)
                ]
                for row in table[1:]
            ),
        ]
    )


def write_folder(folder: Path, to: Path, style: Style) -> Path:
    """Write a plain folder in a style."""
    to.mkdir()
    for form, table in tables(folder).items():
        path = to / f"{style.own(NameOf.FILE, form.name)}{style.suffix}"
        with path.open("w", encoding=style.encoding, newline="") as file:
            file.write(style.before)
            writer = csv.writer(
                file,
                delimiter=style.separator,
                lineterminator=style.end,
                quoting=csv.QUOTE_ALL if style.quoted else csv.QUOTE_MINIMAL,
            )
            writer.writerows(written(form, table, style))
        path.write_bytes(style.mark + path.read_bytes())
    return to


def write_workbook(folder: Path, to: Path, style: Style | None = None) -> Path:
    """Write a plain folder as a workbook: with titles, notes, real dates and sums."""
    style = style or Style()
    book = xlsxwriter.Workbook(str(to))
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    kroner = book.add_format({"num_format": "#,##0.00"})
    for form, table in tables(folder).items():
        sheet = book.add_worksheet(style.own(NameOf.FILE, form.name).capitalize())
        sheet.merge_range(0, 0, 0, 3, "Nasjonale nettverk, avregning 2026")
        sheet.write_string(1, 0, "Utskrift 31.12.2026")
        rows = written(form, table, style)
        days = {column.name for column in form.columns if column.read in DAYS}
        money = [name for name in table[0] if name in ("amount", "annual_cost")]
        for at, (row, plain) in enumerate(zip(rows, table, strict=True)):
            for column, text in enumerate([*row, "Merknad" if at == 0 else "ok"]):
                name = table[0][column] if column < len(row) else ""
                typed = at % 2 and text and column < len(row)
                if typed and name in days:
                    real = date.fromisoformat(plain[column])
                    sheet.write_datetime(at + 3, column, real, day)
                elif typed and name in money:
                    sheet.write_number(at + 3, column, float(plain[column]), kroner)
                elif text:
                    sheet.write_string(at + 3, column, text)
        if money:
            last = len(rows) + 3
            sheet.write_string(last, 0, "Sum")
            sheet.write_formula(
                last, table[0].index(money[0]), "=SUM(A1:A2)", kroner, 7
            )
    book.close()
    return to


def sent(plan: Plan) -> Sequence[tuple[object, ...]]:
    """Return what a plan asks of whom and when, without the lines it comes from."""
    return [
        (batch.day, batch.name, *call.request, call.organisation)
        for batch in plan.batches
        for call in batch.calls
    ]


def credits_of(
    tmp_path: Path, content: str | bytes, name: str = "credits.csv"
) -> FolderYear:
    """Read a table of credits, in a folder with what a year cannot lack."""
    for each in ("organisations", "networks"):
        (tmp_path / f"{each}.csv").write_text(",".join(HEADERS[each]) + "\n")
    raw = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(raw)
    return read_year(tmp_path)

"""A workbook to fill in: a sheet for every file of a year, in the reader's language.

A header says what a column is, a list gives its values, a note what may stand there.
The example rows are one agreement's course in the bundled year: as it is written, the
workbook can be played, and whoever fills it in begins by writing over them.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from api.sheet_files import WRITTEN
from api.words import Language, catalogue, sentence
from api.written.names import NameOf, shown
from deploy.year.columns import FormColumn
from deploy.year.folder import FolderYear, read_year
from deploy.year.form import Form
from deploy.year.forms import ENDORSEMENTS, FORMS
from deploy.year.readers import (
    Cell,
    as_business_day,
    as_day,
    as_money,
    as_number,
    as_percent,
)
from domain.values import KRONE

LINES: Final = 1000
"""Lines that have lists and formats."""
_OF: Final[Mapping[str, str]] = {
    "network": "ms",
    "agreement": "ms-ous",
    "post": "ms-ous-1",
    "report": "ms-ous-2026-01-01",
}
"""Of the rows of the bundled year, those about these are the example."""
_ACCOUNTS: Final[Sequence[Mapping[str, Cell]]] = (
    {
        "org_number": "993467049",
        "account": "86011117947",
        "kid_check": "mod10",
        "kid_length": 12,
        "buyer_reference": "KST 1001",
        "street": "Kirkeveien 166",
        "postcode": "0450",
        "city": "Oslo",
    },
    {
        "org_number": "983974724",
        "buyer_reference": "KST 4410",
        "street": "Haukelandsveien 22",
        "postcode": "5021",
        "city": "Bergen",
    },
)
"""How the example's payee is paid and its payer invoiced; the bundled year does not say."""
_ENDORSEMENT: Final[Mapping[str, Cell]] = {
    "agreement": _OF["agreement"],
    "version": 1,
    "role": "clinic_director",
    "endorsed_by": "Ingrid Vold",
    "endorsed_on": "2025-12-11",
    "recorded_on": "2025-12-11",
}
"""Without the table no endorsement is asked for; the bundled year has none."""
_PAID: Final[Mapping[str, Cell]] = {"amount": 157_941_10}
"""All of the example's invoice; in the bundled year it is not."""
_NOTE_SIZE: Final = {"x_scale": 2, "y_scale": 1.5}
"""Of a note, so that all of it is seen."""
_DAYS: Final = frozenset({as_day, as_business_day})
_KINDS: Final[Mapping[object, str]] = {
    as_money: "money",
    as_percent: "percent",
    as_number: "number",
}
_FORMATS: Final = {
    "day": "dd.mm.yyyy",
    "money": "#,##0.00",
    "percent": "0.00",
    "number": "0",
    "text": "@",
}


def template(language: Language) -> bytes:
    """A workbook, the same bytes whenever it is written."""
    bundled = resources.files("deploy").joinpath("sample", "2026")
    with resources.as_file(bundled) as folder:
        year = read_year(Path(folder))
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": WRITTEN})
    formats = {k: book.add_format({"num_format": v}) for k, v in _FORMATS.items()}
    formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for form in FORMS:
        page = book.add_worksheet(shown(NameOf.FILE, form.name, language))
        for place in range(len(form.columns)):
            _head(page, form, place, language, formats)
        for line, cells in enumerate(_examples(form, year), 1):
            for place, column in enumerate(form.columns):
                _write(page, (line, place), column, cells.get(column.name), language)
        page.freeze_panes(1, 0)
    book.close()
    return content.getvalue()


def _head(
    page: Any,  # noqa: ANN401 - xlsxwriter has no types
    form: Form,
    place: int,
    language: Language,
    formats: Mapping[str, Any],
) -> None:
    column = form.columns[place]
    name = shown(NameOf.COLUMN, column.name, language)
    page.set_column(place, place, max(14, len(name) + 2), formats[_kind(column)])
    page.write_string(0, place, name, formats["head"])
    page.write_comment(0, place, _note(form, column, language), _NOTE_SIZE)
    if column.choices:
        listed = [shown(NameOf.VALUE, choice, language) for choice in column.choices]
        rule = {"validate": "list", "source": listed, "ignore_blank": True}
        page.data_validation(1, place, LINES, place, rule)


def _note(form: Form, column: FormColumn, language: Language) -> str:
    """What a column means, and what may stand in it."""
    if column.all_when_empty:
        need = "all"
    else:
        need = "optional" if column.optional else "required"
    kind = _kind(column)
    parts = [sentence(language, "column_note", column_note(form, column))]
    parts += [
        sentence(language, "template", key) for key in (need, kind) if key != "text"
    ]
    if column.personal:
        parts.append(sentence(language, "template", "personal"))
    return " ".join(parts)


def column_note(form: Form, column: FormColumn) -> str:
    """Key of the words that say what a column means, where it may be the form's own."""
    own = f"{form.name}_{column.name}"
    return own if own in catalogue().sentences["column_note"] else column.name


def _kind(column: FormColumn) -> str:
    if column.read in _DAYS:
        return "day"
    return _KINDS.get(column.read, "text")


def _examples(form: Form, year: FolderYear) -> Iterator[Mapping[str, Cell]]:
    """Yield the example: of most files one row; the parties and who is above them."""
    if form.name == "accounts":
        yield from _ACCOUNTS
        return
    if form.name == ENDORSEMENTS:
        yield _ENDORSEMENT
        return
    rows = [row.cells for row in year.rows[form.name]]
    if form.name == "organisations":
        (agreed,) = (
            row.cells
            for row in year.rows["agreements"]
            if (row.cells["agreement"], row.cells["version"]) == (_OF["agreement"], 1)
        )
        parties = [
            e for e in rows if e["org_number"] in {agreed["payer"], agreed["payee"]}
        ]
        above = {party["parent_org_number"] for party in parties}
        yield from (each for each in rows if each["org_number"] in above)
        yield from parties
        return
    about = (
        {**row, **_PAID} if form.name == "payments" else row
        for row in rows
        if not _OF.keys().isdisjoint(row)
        and all(row[key] in {name, None} for key, name in _OF.items() if key in row)
    )
    yield from islice(about, 1)


def _write(
    page: Any,  # noqa: ANN401 - xlsxwriter has no types
    place: tuple[int, int],
    column: FormColumn,
    cell: Cell,
    language: Language,
) -> None:
    if cell is None:
        return
    kind = _kind(column)
    if kind == "day":
        page.write_datetime(*place, date.fromisoformat(str(cell)))
    elif kind == "money":
        page.write_number(*place, Decimal(int(cell)) / KRONE)
    elif kind in {"percent", "number"}:
        page.write_number(*place, Decimal(str(cell)))
    elif column.choices:
        page.write_string(*place, shown(NameOf.VALUE, str(cell), language))
    else:
        page.write_string(*place, str(cell))

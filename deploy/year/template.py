"""A workbook to fill in: a sheet for every file of a year, in the reader's language.

A header says what a column is, a list gives its values, a note what may stand there.
The example rows are `deploy/sample/example`: one agreement's course from the register to a
signed statement, two grants' and one network's with its body. As it is written the workbook
can be played, and whoever fills it in begins by writing over them.
"""

import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from api.presets import PRESETS
from api.sheet_files import WRITTEN
from api.words import Language, catalogue, sentence
from api.written.names import NameOf, shown
from deploy.year.columns import FormColumn
from deploy.year.folder import read_year
from deploy.year.form import Form
from deploy.year.forms import FORMS
from deploy.year.keys_of_calls import ONE_BY_ONE, bundled_keys, bundled_rules
from deploy.year.readers import (
    Cell,
    as_business_day,
    as_day,
    as_money,
    as_number,
    as_percent,
)
from domain.grants.rules import CallRules
from domain.values import KRONE

LINES: Final = 1000
"""Lines that have lists and formats."""
_NOTE_SIZE: Final = {"x_scale": 2, "y_scale": 1.5}
"""Of a note, so that all of it is seen."""
_LONG_NOTE: Final = {"x_scale": 4, "y_scale": 4}
LONG_CHARACTERS: Final = 200
"""From so many on a note is a long one."""
RULES: Final = "rules"
"""The column that names the rules of a call."""
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
    bundled = resources.files("deploy").joinpath("sample", "example")
    with resources.as_file(bundled) as folder:
        example = read_year(Path(folder))
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": WRITTEN})
    formats = {k: book.add_format({"num_format": v}) for k, v in _FORMATS.items()}
    formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    for form in FORMS:
        page = book.add_worksheet(shown(NameOf.FILE, form.name, language))
        for place in range(len(form.columns)):
            _head(page, form, place, language, formats)
        for line, row in enumerate(example.rows[form.name], 1):
            for place, column in enumerate(form.columns):
                cell = row.cells.get(column.name)
                _write(page, (line, place), column, cell, language)
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
    note = _note(form, column, language)
    size = _LONG_NOTE if len(note) > LONG_CHARACTERS else _NOTE_SIZE
    page.write_comment(0, place, note, size)
    if listed := offered(form, column, language):
        rule = {"validate": "list", "source": listed, "ignore_blank": True}
        rule["show_error"] = bool(column.choices)
        page.data_validation(1, place, LINES, place, rule)


def offered(form: Form, column: FormColumn, language: Language) -> list[str]:
    """What a list in a column offers; where the rules of a call say it, also other goes."""
    if column.choices:
        return [shown(NameOf.VALUE, choice, language) for choice in column.choices]
    if column.name == RULES:
        return list(PRESETS)
    if (form.name, column.name) not in ONE_BY_ONE:
        return []
    keys = bundled_keys(form.name, column.name).values()
    return list(dict.fromkeys(key for each in keys for key in each))


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
    for rules, keys in bundled_keys(form.name, column.name).items():
        named = (f"{key} ({words})" if words else key for key, words in keys.items())
        values = {"rules": rules, "keys": ", ".join(named)}
        parts.append(sentence(language, "template", "keys", values))
    return " ".join(parts)


def column_note(form: Form, column: FormColumn) -> str:
    """Key of the words that say what a column means, where it may be the form's own."""
    own = f"{form.name}_{column.name}"
    return own if own in catalogue().sentences["column_note"] else column.name


def _kind(column: FormColumn) -> str:
    if column.read in _DAYS:
        return "day"
    return _KINDS.get(column.read, "text")


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
    elif column.name == RULES:
        page.write_string(*place, _preset(str(cell)))
    elif column.choices:
        page.write_string(*place, shown(NameOf.VALUE, str(cell), language))
    else:
        page.write_string(*place, str(cell))


def _preset(content: str) -> str:
    """Name of the bundled rules that have this content."""
    read = CallRules.model_validate_json(content)
    return next(name for name, rules in bundled_rules().items() if rules == read)

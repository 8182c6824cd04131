"""The tables of files and of values, as ``deploy/year/README.md`` prints them."""

from collections import defaultdict

from api.words import Language
from api.written.names import NameOf, spellings
from deploy.year.forms import FORMS


def files() -> str:
    """Return a row for every file: what one row is, and its columns."""
    rows = ["| file | one row is | columns |", "|---|---|---|"]
    for form in FORMS:
        columns = ", ".join(column.name for column in form.columns)
        rows.append(f"| {form.file} | {form.row} | {columns} |")
    return "\n".join(rows)


def values() -> str:
    """Return a row for every column whose values can be listed."""
    homes: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for form in FORMS:
        for column in form.columns:
            if column.choices:
                homes[column.name, column.choices].append(form.file)
    names = [name for name, _ in homes]
    rows = ["| column | values |", "|---|---|"]
    for (name, choices), forms in homes.items():
        where = f" in {', '.join(forms)}" if names.count(name) > 1 else ""
        rows.append(f"| {name}{where} | {', '.join(choices)} |")
    return "\n".join(rows)


def words() -> str:
    """Return a row for every file, column and value: what else it is called."""
    columns = [column for form in FORMS for column in form.columns]
    named = {
        NameOf.FILE: ("file", [form.name for form in FORMS]),
        NameOf.COLUMN: ("column", [column.name for column in columns]),
        NameOf.VALUE: (
            "value",
            [each for column in columns for each in column.choices],
        ),
    }
    rows = ["| what | name | bokmål | nynorsk |", "|---|---|---|---|"]
    for of, (what, names) in named.items():
        for name in dict.fromkeys(names):
            told = (spellings(of, name, each) for each in (Language.NB, Language.NN))
            cells = " | ".join(", ".join(each) for each in told)
            rows.append(f"| {what} | {name} | {cells} |")
    return "\n".join(rows)

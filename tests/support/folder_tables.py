"""The tables of files and of values, as ``deploy/year/README.md`` prints them."""

from collections import defaultdict

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

"""What follows from the code and is written beside it: golden bytes and tables.

``make written`` writes it anew.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from domain.catalogue import FACTS
from tests.support import (
    authority_table,
    facts_document,
    folder_tables,
    golden,
    rule_marks,
)

ROOT: Final = Path(__file__).parents[2]


def documents() -> Mapping[str, str]:
    """Return the documents that hold such tables, as they should be, by path."""
    return {
        "api/rules/tests.csv": rule_marks.table(),
        "domain/FACTS.md": facts_document.document(),
        "domain/README.md": _with(
            "domain/README.md", authority_table.table(), authority_table.roles_table()
        ),
        "deploy/year/README.md": _with(
            "deploy/year/README.md",
            folder_tables.files(),
            folder_tables.values(),
            folder_tables.words(),
        ),
    }


def _with(path: str, *tables: str) -> str:
    """Return a document with tables that take the place of those of the same head."""
    text = (ROOT / path).read_text()
    for table in tables:
        head = re.escape(table.partition("\n")[0])
        found = re.compile(rf"^{head}\n(\|.*\n)+", re.MULTILINE)
        assert len(found.findall(text)) == 1, f"{path}: {head}"
        text = found.sub(lambda _, table=table: f"{table}\n", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    for kind in FACTS.values():
        golden.write(kind)
    for name, text in documents().items():
        (ROOT / name).write_text(text)

"""``fagnett template``: a workbook to fill in."""

from pathlib import Path
from typing import Final

import typer

from api.words import Language, sentence
from deploy.cli.progress import told
from deploy.year.template import template

SUFFIX: Final = ".xlsx"
"""Of a workbook: by another, neither Excel nor ``check`` knows what it is."""


def write_template(to: Path, *, words: Language) -> None:
    """Write the workbook, over nothing that is there."""
    if to.suffix.lower() != SUFFIX:
        told(sentence(words, "template", "not_a_workbook", {"file": str(to)}))
        raise typer.Exit(2)
    content = template(words)
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        told(sentence(words, "template", "exists", {"file": str(to)}))
        raise typer.Exit(2) from None
    except OSError as error:
        values = {"file": str(to), "cause": str(error.strerror)}
        told(sentence(words, "folder", "unreadable", values))
        raise typer.Exit(2) from None

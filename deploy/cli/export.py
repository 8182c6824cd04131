"""``fagnett export``: what a home holds, as files for other programs.

What writes a format is loaded for files of that format alone.
"""

from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Final

import typer

from api.exported import What
from api.words import Language, sentence
from deploy.cli.choices import Format
from deploy.cli.progress import told
from deploy.cli.upkeep import explained, stored
from deploy.databases import last_known, open_journal
from domain.values import EARLIEST_DAY, business_day, parse_instant
from federation.journal.store import Journal

AS: Final = {
    Format.EHF: frozenset({What.INVOICES}),
    Format.PDF: frozenset({What.INVOICES, What.SETTLEMENT}),
}
"""What is exported as some formats; everything as the others."""


def export(  # noqa: PLR0913 - the options of the command
    what: What,
    *,
    home: Path,
    to: Path,
    as_format: Format,
    year: int | None,
    as_of: datetime | None,
    words: Language,
) -> None:
    """Write invoices, the settlement, the register of posts or the ledger to files.

    The same history gives the same bytes, whichever node it is read from.
    """
    if what not in AS.get(as_format, frozenset(What)):
        values = {"what": what.value, "format": as_format.value}
        told(sentence(words, "export", "not_as", values))
        raise typer.Exit(2)
    with explained(words), stored(home, words) as databases:
        store = next(iter(databases.values()))
        with closing(open_journal(store.database, store.region)) as journal:
            day = _last_day(journal) if as_of is None else as_of.date()
            of_year = day.year if year is None else year
            files = _files(journal, what, as_format, of_year, day, words)
    _keep(files, to, words)


def _files(
    journal: Journal,
    what: What,
    as_format: Format,
    year: int,
    day: date,
    words: Language,
) -> Mapping[str, bytes]:
    """Content of each file, by its name."""
    if what is What.INVOICES and as_format in {Format.EHF, Format.PDF}:
        from deploy.cli.documents import ehf_files, pdf_files

        if as_format is Format.EHF:
            return dict(ehf_files(journal, day))
        return dict(pdf_files(journal, day, words))
    from deploy.cli.folding import folded, settlement_files, sheet_files_of

    with folded(journal) as views:
        if as_format is Format.PDF:
            return dict(settlement_files(views, journal, year, day, words))
        from api.all_sheets import sheets

        tables = sheets(views, journal, what, year, day)
        return sheet_files_of(what.value, as_format, tables, day, words)


def _last_day(journal: Journal) -> date:
    """Last business day on which any region recorded something."""
    last = last_known(journal)
    return business_day(parse_instant(last)) if last else EARLIEST_DAY


def _keep(files: Mapping[str, bytes], to: Path, words: Language) -> None:
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(to / name, content)
    except OSError as error:
        values: dict[str, str | int] = {
            "folder": str(to),
            "reason": str(error.strerror),
        }
        told(sentence(words, "export", "unwritable", values))
        raise typer.Exit(1) from None
    values = {"folder": str(to), "count": len(files)}
    key = "written_one" if len(files) == 1 else "written"
    typer.echo(sentence(words, "export", key, values))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that has its name only when it is whole: nobody sends half of one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise

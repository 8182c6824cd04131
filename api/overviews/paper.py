"""An overview as a paper: the same sheets as its page and files."""

from datetime import UTC, datetime, time
from typing import Final

from api.overviews.overview import Overview
from api.overviews.spoken import SpokenTable, spoken_table
from api.pdf.paper import Column, Details, Note, Paper, PaperBlock, Table
from api.pdf.wording import Wording, grouped
from api.words import Language

_SHORT_DIGITS: Final = 16
_FEW: Final = 4
"""Columns that leave room for texts of their own width."""


def overview_paper(overview: Overview, language: Language) -> Paper:
    """Set an overview; each table's fingerprint is that of its sheet in any language."""
    say = Wording(language, "overview")
    title = overview.title(language)
    tables = [spoken_table(sheet, language) for sheet in overview.sheets]
    notes = [say(key) for key in overview.notes]
    amounts = [(say("amounts"), say("in_kroner"))] if overview.has_amounts else []
    blocks: list[PaperBlock] = [_table(each, say) for each in tables]
    return Paper(
        language=language,
        title=title,
        written_at=datetime.combine(overview.day, time(12), UTC),
        author=overview.named(language) or title,
        footer=f"{title} · {say.day(overview.day)}",
        page=say.common("page", page="{page}", pages="{pages}"),
        facts=[(say("as_of"), say.day(overview.day)), *amounts],
        blocks=[*([Note("", notes)] if notes else []), *blocks],
        trace=Details(
            say.common("trace"),
            [
                (
                    f"{each.title}, {say.common('fingerprint')}",
                    grouped(each.fingerprint[:_SHORT_DIGITS]),
                )
                for each in tables
            ],
        ),
        wide=True,
    )


def _table(of: SpokenTable, say: Wording) -> PaperBlock:
    if not of.rows:
        return Note(of.title, [say("no_rows")])
    columns = [
        Column(heading, share=0 if is_number else _share(of, at), amount=is_number)
        for at, (heading, is_number) in enumerate(
            zip(of.headings, of.are_numbers, strict=True)
        )
    ]
    return Table(of.title, columns, of.rows, totals_row=of.totals)


def _share(of: SpokenTable, column: int) -> int:
    """Part of the width: more for longer texts."""
    longest = max(len(row[column]) for row in of.rows)
    return min(1 + longest // 12, _FEW)

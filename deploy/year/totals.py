"""The sum that people put below a table, which is no row of it."""

from collections.abc import Sequence
from functools import cache

from api.words import Language
from api.written.names import NameOf, folded_name, spellings
from deploy.year.headers import Heading
from deploy.year.lines import SeenCell, TableLine


@cache
def _words() -> frozenset[str]:
    texts = (spellings(NameOf.ROW, "total", language) for language in Language)
    return frozenset(folded_name(text) for each in texts for text in each)


def is_total(line: TableLine, headings: Sequence[Heading]) -> bool:
    """Whether a line is a sum: it says so, and has nothing but figures beside.

    What stands in columns that are left out does not count.
    """
    says_so = False
    for index, cell in enumerate(line.cells):
        if folded_name(cell.text) in _words():
            says_so = True
        elif index < len(headings) and not _may_stand(cell, headings[index]):
            return False
    return says_so


def _may_stand(cell: SeenCell, heading: Heading) -> bool:
    """Whether a cell may be one of a sum: a key never is."""
    column = heading.column
    if column is None or not (cell.text or cell.fault):
        return True
    return column.is_figure

"""Which row fell first: a row that is refused may rest on one that was refused before.

What a refused row would have said is not there, so all that rests on it falls too, with
codes of its own. Whoever mends a folder begins at the first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from deploy.year.columns import Cell

_AGREEMENT: Final = {"agreements": ("agreement",), "posts": ("agreement",)}
_RESTS_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "unknown_organisation": {"organisations": ("org_number",)},
    "unknown_network": {"networks": ("network",)},
    "unknown_agreement": _AGREEMENT,
    "unknown_post": {"agreements": ("agreement",), "posts": ("post",)},
    "unknown_report": {"reports": ("report",)},
    "unknown_invoice": {"invoices": ("agreement", "period_start")},
    "not_accepted": {"acceptances": ("agreement",), **_AGREEMENT},
    "nothing_to_invoice": {"staffing": ("post",)},
    "report_missing": {
        "reports": ("network", "trust"),
        "report_decisions": ("report",),
    },
    "missing_content": {"posts": ("agreement", "post")},
}
"""By what a row is refused for, the files of which a row may be missing, and what of
that one stands, as a whole, in what rests on it."""


class Fallen(NamedTuple):
    """A row of which nothing is stored."""

    name: str
    """Of its file, without the suffix."""
    line: int
    cells: Mapping[str, Cell]
    """What could be read of it."""


def first_fallen(
    code: str,
    cells: Mapping[str, Cell],
    fallen: Iterable[Fallen],
    more: Iterable[Cell] = (),
) -> Fallen | None:
    """Return the row that fell before and on which this one rests, if there is one.

    ``more`` is what belongs to the row and stands in others: the parties, the network,
    the posts of its agreement.
    """
    said = {str(each) for each in (*cells.values(), *more) if each is not None}
    for each in fallen:
        columns = _RESTS_ON.get(code, {}).get(each.name, ())
        key = [each.cells.get(column) for column in columns]
        if key and None not in key and said.issuperset(map(str, key)):
            return each
    return None

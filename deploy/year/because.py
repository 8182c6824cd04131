"""Which row fell first: a row that is refused may rest on one that was refused before.

What a refused row would have said is not there, so all that rests on it falls too, with
codes of its own. Whoever mends a folder begins at the first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from api.written.names import folded_name
from deploy.year.readers import Cell

_AGREEMENT: Final = {"agreements": ("agreement",), "posts": ("agreement",)}
_RESTS_ON: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "unknown_organisation": {"organisations": ("org_number",)},
    "unknown_network": {"networks": ("network",)},
    "unknown_agreement": _AGREEMENT,
    "not_endorsed": {
        "agreement_endorsements": ("agreement", "version"),
        "endorsements": ("application", "revision"),
        "applications": ("application",),
    },
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
    "takes_back_too_much": {"payments": ("agreement", "period_start")},
    "not_disputed": {"invoice_decisions": ("agreement", "period_start")},
    "not_credited": {"credits": ("agreement", "period_start")},
    "not_amended": {"acceptances": ("agreement",), **_AGREEMENT},
    "unknown_statement": {"closings": ("trust", "counterpart", "period_end")},
    "unknown_call": {"calls": ("call",)},
    "unknown_application": {"applications": ("application",)},
    "unknown_line": {"budget_lines": ("application", "line")},
    "not_submitted": {
        "submissions": ("application",),
        "applications": ("application",),
    },
    "not_all_decided": {"awards": ("application",)},
    "not_awarded": {"awards": ("application",), "submissions": ("application",)},
    "not_ranked": {"rankings": ("call", "trust")},
    "nothing_to_repay": {"grant_remainders": ("application",)},
    "unknown_participant": {"participants": ("network", "participant")},
    "unknown_body": {"bodies": ("body",)},
    "unknown_seat": {"bodies": ("body",), "seats": ("body", "seat")},
    "seat_vacant": {"seatings": ("body", "seat")},
    "not_nominated": {"seatings": ("body", "seat")},
    "focus_area_not_valid": {"focus_areas": ("area",)},
    "nothing_to_report": {"bodies": ("body",)},
}
"""By what a row is refused for, the files of which a row may be missing, and what of
that one stands, as a whole, in what rests on it."""
_KEYS: Final = {
    name: {tuple(each[name]) for each in _RESTS_ON.values() if name in each}
    for name in {name for each in _RESTS_ON.values() for name in each}
}
"""All that rows of each file are found by."""


class Fallen(NamedTuple):
    """A row of which nothing is stored."""

    name: str
    """Of its form."""
    place: str
    """Its file or sheet, as whoever has the folder knows it."""
    line: int
    cells: Mapping[str, Cell]
    """What could be read of it."""


class FallenRows:
    """The rows that fell so far, found by what rests on them.

    A row that has a name in another case fell for it, and the rest rests on it all the same.
    """

    def __init__(self) -> None:
        """Start where none has fallen."""
        self._count = 0
        self._found: defaultdict[
            tuple[str, Sequence[str], str], list[tuple[int, Sequence[str], Fallen]]
        ] = defaultdict(list)
        """By file, the columns of a key and its first cell: the order, the others."""

    def add(self, row: Fallen) -> None:
        """Add a row that fell after all others."""
        self._count += 1
        for columns in _KEYS.get(row.name, ()):
            key = [row.cells.get(column) for column in columns]
            if None not in key:
                first, *others = (folded_name(str(each)) for each in key)
                told = self._count, others, row
                self._found[row.name, columns, first].append(told)

    def first(
        self, code: str, cells: Mapping[str, Cell], more: Iterable[Cell] = ()
    ) -> Fallen | None:
        """Row that fell first and on which this one rests, if there is one.

        ``more`` is what belongs to the row and stands in others: the parties, the
        network and the posts of its agreement, the agreement of its post.
        """
        texts = {
            folded_name(str(cell))
            for cell in (*cells.values(), *more)
            if cell is not None
        }
        fell: dict[int, Fallen] = {}
        for name, columns in _RESTS_ON.get(code, {}).items():
            for text in texts:
                for order, others, row in self._found.get((name, columns, text), ()):
                    if texts.issuperset(others):
                        fell[order] = row
                        break
        return fell[min(fell)] if fell else None

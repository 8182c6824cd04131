"""Rows that are played with another: posts with a version, seats with a body.

A part that cannot be read leaves its row incomplete, so that nothing is recorded with a
piece missing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import orjson
from pydantic import ValidationError

from api.shapes import body_of
from deploy.year.enclosed import Enclosed
from deploy.year.folder import FolderYear
from deploy.year.form import Form, PlayedWith
from deploy.year.forms import FORMS
from deploy.year.readers import Cell
from deploy.year.rows import BadRow, CellFault, SheetRow

RowParts = Mapping[str, Sequence[SheetRow]]
"""By the name of their form, the parts of a row."""
INCOMPLETE: Final = "incomplete"
_Key = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row that is not played; ``key`` and ``values`` are its reason's words."""

    name: str
    """Of its form."""
    file: str
    """Or sheet, as whoever has the folder knows it."""
    line: int
    code: str
    key: str
    values: Mapping[str, str | int]
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """What could be read of it."""
    others: Sequence[CellFault] = ()
    """What else is wrong with it."""


class PartsOfRows:
    """Finds the parts of each row, and the rows that fall out before any is played."""

    def __init__(self, year: FolderYear) -> None:
        self._year = year
        self._found: defaultdict[tuple[str, _Key], dict[Cell, SheetRow]]
        self._found = defaultdict(dict)
        """By the parts' form and the key of their row, the parts by name."""
        self._spoilt: defaultdict[tuple[str, _Key], list[BadRow]] = defaultdict(list)
        """By form and key, the parts of a row that could not be read."""
        self._known = {
            way: {_key(cells, way) for cells in year.cells_of(way.whole)}
            for ways in _PARTS_OF.values()
            for _, way in ways
        }
        self.unread = [self._unread(bad) for bad in year.bad]
        for form in FORMS:
            if form.played_with is not None:
                self._take(form, form.played_with)

    def of(self, row: SheetRow) -> RowParts:
        """Parts of a row, by the name of their form."""
        return {
            form.name: [*self._found[form.name, _key(row.cells, way)].values()]
            for form, way in _PARTS_OF.get(row.form.name, ())
        }

    def is_whole(self, row: SheetRow) -> bool:
        """Whether all its parts could be read; where not, it is told why it is not played."""
        spoilt = [
            bad
            for _, way in _PARTS_OF.get(row.form.name, ())
            for bad in self._spoilt.get((row.form.name, _key(row.cells, way)), ())
        ]
        if spoilt:
            missing = ", ".join(f"{bad.place}:{bad.line}" for bad in spoilt)
            values: Mapping[str, str | int] = {"missing": missing}
            at = row.form.name, row.place, row.line
            self.unread.append(UnreadRow(*at, INCOMPLETE, "", values, row.cells))
        return not spoilt

    def _take(self, form: Form, way: PlayedWith) -> None:
        for row in self._year.rows[form.name]:
            if self._unfit(row, way):
                continue
            key = _key(row.cells, way)
            first = self._found[form.name, key].setdefault(row.cells[way.part], row)
            if key not in self._known[way]:
                code = way.unknown
            elif first.cells != row.cells:
                code = "conflicting_row"
            else:
                continue
            values = {name: str(row.cells[name]) for name in way.key}
            at = row.form.name, row.place, row.line
            self.unread.append(UnreadRow(*at, code, "", values, row.cells))
        for bad in self._year.bad:
            if bad.form is form:
                self._spoil(bad, way)

    def _unfit(self, row: SheetRow, way: PlayedWith) -> bool:
        """Whether a command would not take a part, whose cells could be read."""
        column = unfit_column(row) if way.spoils else ""
        if column:
            shown = {"column": column, "text": ""}
            bad = BadRow(row.form, row.line, "unfit", shown, row.cells, row.place)
            self._spoil(bad, way)
            self.unread.append(self._unread(bad))
        return bool(column)

    def _unread(self, bad: BadRow) -> UnreadRow:
        """Tell of a row that cannot be read; of a part that has no row, that first."""
        at = bad.form.name, bad.place, bad.line
        way = bad.form.played_with
        if way is not None and way.spoils:
            key = _key(bad.cells, way)
            if None not in key and key not in self._known[way]:
                values = {name: str(bad.cells[name]) for name in way.key}
                return UnreadRow(*at, way.unknown, "", values, bad.cells)
        told = UnreadRow(*at, "invalid_row", bad.reason, bad.values)
        return replace(told, cells=bad.cells, others=bad.others)

    def _spoil(self, bad: BadRow, way: PlayedWith) -> None:
        key = _key(bad.cells, way)
        if way.spoils:
            self._spoilt[way.whole, key].append(bad)
            return
        # It keeps only its name, so that its row is refused for what it lacks instead of
        # being played without it.
        empty = {column.name: None for column in bad.form.columns}
        name = bad.cells.get(way.part, "?")
        cells = {**empty, way.part: name}
        kept = SheetRow(bad.form, bad.line, cells, bad.place)
        self._found[bad.form.name, key][name] = kept


def unfit_column(row: SheetRow) -> str:
    """Column of a part that its command would not take, or nothing."""
    own = row.form.of.model_fields
    said = {k: v for k, v in row.form.members(row.cells).items() if k in own}
    told = {k: v.unkept() if isinstance(v, Enclosed) else v for k, v in said.items()}
    try:
        body_of(row.form.of, tuple(told)).model_validate_json(orjson.dumps(told))
    except ValidationError as error:
        members = {column.member: column.name for column in row.form.columns}
        return members.get(str(error.errors()[0]["loc"][0]), row.form.columns[0].name)
    return ""


def _key(cells: Mapping[str, Cell], way: PlayedWith) -> _Key:
    return tuple(cells.get(name) for name in way.key)


_PARTS_OF: Final[Mapping[str, Sequence[tuple[Form, PlayedWith]]]] = {
    whole.name: [
        (form, form.played_with)
        for form in FORMS
        if form.played_with is not None and form.played_with.whole == whole.name
    ]
    for whole in FORMS
}

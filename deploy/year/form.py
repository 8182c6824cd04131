"""What a file of the folder is: its columns, and what a row of it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from deploy.year.columns import FormColumn, columns
from deploy.year.readers import Cell, as_business_day
from domain.catalogue import COMMANDS
from domain.fact import Command, Message
from domain.kind import Asks


class PlayedWith(NamedTuple):
    """The file of whose row another's row is a part."""

    whole: str
    """Name of its form."""
    key: tuple[str, str]
    """The columns that both have, and that name the row."""
    part: str
    """The column that names the part within it."""
    unknown: str
    """Code of a part whose row is not in the folder."""
    spoils: bool = True
    """Whether a part that cannot be read leaves its row incomplete. Where not, the row is
    played with its name alone, and refused for what it lacks."""


@dataclass(frozen=True)
class Form:
    """A file of the folder."""

    name: str
    row: str
    """What one row is, in words."""
    of: type[Message]
    """The command that a row sends, or the part of one."""
    header: str
    """Its columns, as ``columns`` reads them."""
    others: tuple[FormColumn, ...] = ()
    """Columns that are no members of the command."""
    required: bool = False
    one_by_one: bool = False
    """Whether a row may rest on the one before it, of another trust."""
    side_by_side: bool = False
    """Whether only rows about the same document or post have an order."""
    row_is_key: bool = False
    """Whether the same row again changes nothing."""
    span: tuple[str, str] = ("", "")
    """The columns of a first and a last day, where the one may not follow the other."""
    played_with: PlayedWith | None = None
    """Of what its rows are parts, where they are no rows of their own."""

    @cached_property
    def columns(self) -> tuple[FormColumn, ...]:
        """Its columns, in the order in which they are looked at."""
        return columns(self.of, self.header, (_RECORDED, *self.others))

    @cached_property
    def has_money(self) -> bool:
        """Whether its rows have amounts."""
        return any(column.is_money for column in self.columns)

    @property
    def clock(self) -> bool:
        """Whether its rows say the day on which they are recorded."""
        return self.columns[-1] is _RECORDED

    @property
    def asks(self) -> Asks:
        """Who sends its rows; of what is a part of a command, the organisation itself."""
        if not issubclass(self.of, Command):
            return Asks.ITSELF
        return COMMANDS[self.of].authority.asks

    def ends_before_it_starts(self, cells: Mapping[str, Cell]) -> bool:
        """Whether the row's last day comes before its first."""
        start, end = (cells.get(name) for name in self.span)
        return start is not None and end is not None and str(end) < str(start)

    def members(self, cells: Mapping[str, Cell]) -> dict[str, Any]:
        """Members of a row, without those that are empty."""
        members: dict[str, Any] = {}
        for column in self.columns:
            cell = cells.get(column.name)
            if cell is None and column.sent_empty:
                cell = ""
            if column.member and cell is not None:
                members[column.member] = column.says(cell)
        return members

    @property
    def file(self) -> str:
        """The name by which a row's place is told, also of a workbook's sheet."""
        return f"{self.name}.csv"


_RECORDED: Final = FormColumn("recorded_on", as_business_day)

"""Whose readings somebody sees, and the file of them.

An organisation sees what its own people read, and what others read of its data; a
regional health authority also what others read of the data of its trusts. An auditor
sees all. All else is sealed: see ``api.reading_chain``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from api.auth import Caller
from api.desk.reading_log import ReadingLog
from api.problems import ProblemError
from api.reading_chain import COLUMNS, ChainLine, NotedRead, SealedRead, cells
from api.sheets import ColumnKind, Sheet
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region
from projections import tables

LINES_MAX: Final = 200_000
"""In one file, which Excel opens."""
_NUMBER: Final = re.compile(r"[0-9]{9}")
_LISTS: Final = ("/v1/", "/invoices", "/statements", "/bank", "/history/")
"""Addresses that show what lies between trusts, also where they name none."""


class Whose(StrEnum):
    """Readings by whom."""

    ALL = "all"
    OWN = "own"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class AskedReadings:
    """Which readings somebody asks for."""

    since: int
    """The first POSIX second."""
    until: int
    """The last one."""
    whose: Whose = Whose.ALL
    text: str = ""
    """Stands in the person, the organisation, the role or what was read."""

    def fits(self, line: NotedRead, organisation: str) -> bool:
        """Whether a line is asked for, but for its instant."""
        if self.whose is not Whose.ALL:
            is_own = line.organisation == organisation
            if is_own is not (self.whose is Whose.OWN):
                return False
        said = f"{line.person} {line.organisation} {line.role} {line.what}"
        return self.text.casefold() in said.casefold()


def seen_by(caller: Caller, connection: Connection) -> Callable[[NotedRead], bool]:
    """Tell which lines somebody sees who reads the log at all."""
    if Role.AUDITOR in caller.roles:
        return lambda _: True
    own, ours = caller.organisation, _ours(caller.organisation, connection)
    parties = _parties(connection)
    authorities = {REGIONAL_AUTHORITY[each] for each in _regions(ours, connection)}

    def sees(line: NotedRead) -> bool:
        if line.organisation == own:
            return True
        named = _named(line.what, parties)
        if named:
            return not named.isdisjoint(ours)
        by_auditor = Role.AUDITOR in line.role.split("/")
        reads_ours = by_auditor or line.organisation in authorities
        return reads_ours and line.what.startswith(_LISTS)

    return sees


def _ours(own: str, connection: Connection) -> frozenset[str]:
    """The organisation; of a health authority, all of its region."""
    of_authority = {number: region for region, number in REGIONAL_AUTHORITY.items()}
    table = tables.organisation
    within = select(table.c.org_number).where(table.c.region == of_authority.get(own))
    return frozenset({own, *connection.execute(within).scalars()})


def _regions(ours: frozenset[str], connection: Connection) -> set[Region]:
    table = tables.organisation
    of = select(table.c.region).where(table.c.org_number.in_(ours)).distinct()
    return {Region(each) for each in connection.execute(of).scalars()}


def _parties(connection: Connection) -> dict[str, set[str]]:
    """Payers and payees of each agreement."""
    table = tables.version
    found: dict[str, set[str]] = {}
    rows = select(table.c.agreement, table.c.payer, table.c.payee).distinct()
    for agreement, payer, payee in connection.execute(rows):
        found.setdefault(agreement, set()).update((payer, payee))
    return found


def _named(what: str, parties: dict[str, set[str]]) -> set[str]:
    """Whom an address names: organisations, and the parties of agreements."""
    named: set[str] = set()
    for part in what.split("/"):
        if _NUMBER.fullmatch(part):
            named.add(part)
        named |= parties.get(part, set())
    return named


def readings_sheet(
    log: ReadingLog,
    asked: AskedReadings,
    organisation: str,
    sees: Callable[[NotedRead], bool],
) -> Sheet:
    """The chain of a period, from the line before it: what is not asked for is sealed.

    Raise :class:`ProblemError` where it is more than a file holds.
    """
    span = log.span(asked.since, asked.until)
    if span is not None and span[1] - span[0] >= LINES_MAX:
        raise ProblemError("too_many_readings", {"most": LINES_MAX})

    def shown() -> Iterator[ChainLine]:
        if span is None:
            return
        first, last = span
        for line in log.lines(max(1, first - 1), last=last):
            is_shown = line.number >= first and sees(line)
            if is_shown and asked.fits(line, organisation):
                yield line
            else:
                yield SealedRead(line.number, line.digest)

    columns = [
        (name, ColumnKind.NUMBER if name == "number" else ColumnKind.TEXT)
        for name in COLUMNS
    ]
    return Sheet(
        "readings", columns, [cells(line) for line in shown()], has_totals=False
    )

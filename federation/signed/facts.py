"""The fact inside an entry, or why this release cannot read it."""

from enum import StrEnum

from domain.fact import Fact
from federation.signed.entry import BrokenEntryError, Row, data_of


class QuarantineReason(StrEnum):
    """Why an entry goes no further here; it is kept and passed on all the same."""

    UNKNOWN = "unknown"
    """Its name is none that this release knows: another region upgraded first."""
    BROKEN = "broken"
    """It does not have the shape that its name says."""
    REFUSED = "refused"
    """The database of the read models does not take its rows."""
    UNFOUNDED = "unfounded"
    """Its region had to refuse it, on what it had seen, as this release decides."""


class UnreadableFactError(Exception):
    """An entry's fact cannot be read by this release; holds nothing of its data."""

    def __init__(self, row: Row, reason: QuarantineReason, what: str) -> None:
        self.origin = row.origin
        self.place = row.id
        self.reason = reason
        self.what = what
        super().__init__(f"{self.place}: {what}")


def fact_of(row: Row) -> Fact:
    """Read the fact of an entry; raise :class:`UnreadableFactError`.

    All facts are loaded with the first: who checks logs reads few, and many read none.
    """
    from domain.catalogue import (  # noqa: PLC0415
        BrokenFactError,
        UnknownFactError,
        decode,
    )

    try:
        return decode(row.type, data_of(row.body))
    except UnknownFactError as error:
        raise UnreadableFactError(row, QuarantineReason.UNKNOWN, str(error)) from None
    except (BrokenFactError, BrokenEntryError) as error:
        raise UnreadableFactError(row, QuarantineReason.BROKEN, str(error)) from None

"""Who said when that the posts of an agreement are filled or vacant, each with its entry."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from domain.agreements.accrual import StaffingChange
from federation.signed.entry import entry_id
from projections import tables
from projections.agreements import AgreementView
from projections.asof import keyed


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """A post is filled or vacant from a day, as its host has recorded it."""

    change: StaffingChange
    recorded_on: date
    entry: str


def recorded_changes(
    connection: Connection, as_of: date, agreement: AgreementView
) -> Mapping[str, Sequence[RecordedChange]]:
    """Changes as known on a day by post, in the order in which they were recorded."""
    found: defaultdict[str, list[RecordedChange]] = defaultdict(list)
    if agreement.holder is None:
        return found
    names = [agreement.agreement]
    for row in keyed(connection, tables.staffing, as_of, names, "agreement"):
        if agreement.holder.concerns(row.seen):
            change = StaffingChange(row.effective_on, row.change == "filled")
            entry = entry_id(row.origin, row.epoch, row.position)
            found[row.post].append(RecordedChange(change, row.recorded_on, entry))
    return found

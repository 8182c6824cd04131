"""Entries of the signed logs: what paper names is found here, and proved."""

from typing import Annotated

from fastapi import Path

from api.access import note_if_of_others
from api.dependencies import TheCaller, TheNode
from api.entries import ShownEntry, shown_entry
from api.entry_access import is_open, may_read_entry
from api.problems import ProblemError
from api.routers import PREFIX, member_router
from domain.history import ShownTo
from domain.values import Region
from federation.checks.inclusion import entry_at, included

router = member_router("entries", ShownTo.MEMBERS)


@router.get("/entries/{region}/{epoch}/{position}")
def get_entry(
    region: Region,
    epoch: Annotated[int, Path(ge=1, lt=10**9)],
    position: Annotated[int, Path(ge=1, lt=10**18)],
    node: TheNode,
    caller: TheCaller,
) -> ShownEntry:
    """An entry as it was recorded, and who has signed that it stands there.

    Everybody can check that with the regions' public keys alone, as
    `federation/README.md` says. What lies between two trusts is for these alone, and
    what an organisation's bank has booked for that organisation.
    """
    row = entry_at(node.journal, region.value, epoch, position)
    if row is None or not may_read_entry(node, caller, row):
        raise ProblemError("not_found")
    if not is_open(row):
        note_if_of_others(node, caller, f"{PREFIX}/entries/{region}/{epoch}/{position}")
    return shown_entry(included(node.journal, row))

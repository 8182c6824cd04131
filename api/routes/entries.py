"""Entries of the signed logs: what paper names is found here, and proved."""

from typing import Annotated

import orjson
from fastapi import Path

from api.auth import Caller
from api.dependencies import TheCaller, TheNode
from api.entries import ShownEntry, shown_entry
from api.problems import ProblemError
from api.routers import member_router
from domain.payments.bank import BANK_ENTRIES
from domain.values import Region
from federation.checks.inclusion import entry_at, included
from federation.signed.entry import Row

router = member_router("entries")


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
    `federation/README.md` says. What an organisation's bank has booked is for that
    organisation only.
    """
    row = entry_at(node.journal, region.value, epoch, position)
    if row is None or not _may_read(caller, row):
        raise ProblemError("not_found")
    return shown_entry(included(node.journal, row))


def _may_read(caller: Caller, row: Row) -> bool:
    if row.stream.split(":")[1:2] != [BANK_ENTRIES.kind]:
        return True
    owner: object = orjson.loads(row.body).get("organisation")
    return owner == caller.organisation

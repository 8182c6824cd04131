"""The ledger: what each account of each pair of trusts holds."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.problems import Problem
from api.routers import member_router
from domain.closing.ledger import Account
from domain.history import ShownTo
from domain.values import NewName, OrganisationNumber
from projections.ledger import Books, account_balances

router = member_router("ledger", ShownTo.PARTIES)


class LedgerShownBalance(BaseModel):
    """What an account holds; debit is positive."""

    organisation: str
    counterpart: str
    network: str
    year: int
    account: Account
    amount_ore: int


class Balances(BaseModel):
    """The balances of a day. What one is owed another owes, and all sums are zero."""

    as_of: date
    balances: list[LedgerShownBalance]


@router.get(
    "/ledger/balances",
    responses={500: {"model": Problem, "description": "The books do not balance."}},
)
def get_balances(
    node: TheNode,
    views: TheViews,
    trust: Annotated[
        OrganisationNumber | None,
        Query(description="Only its own books, and those of others with it."),
    ] = None,
    network: NewName | None = None,
    year: Annotated[
        int | None,
        Query(ge=1900, le=2199, description="Of the periods that were invoiced."),
    ] = None,
    as_of: AsOf = None,
) -> Balances:
    """The accounts of each organisation, counterpart, network and year (law 7)."""
    day = day_of(node, as_of)
    with views() as connection:
        balances = account_balances(connection, day, Books(trust, network, year))
    shown = [LedgerShownBalance(**balance._asdict()) for balance in balances]
    return Balances(as_of=day, balances=shown)

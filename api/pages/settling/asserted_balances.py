"""Balances that two trusts assert, beside each other and beside the history."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter, Response

from api.access import require_between
from api.pages.acting import may_send, require_sender, then
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, sent_form
from api.routers import public
from domain.closing.balance import AssertBalance, BalanceCheck, check_balances
from domain.closing.books import read_books
from domain.parties.pair import pair_of
from domain.values import OrganisationNumber, business_day

router: Final[APIRouter] = public()
SECTION: Final = "page_asserted"
THEY_OWE: Final = "they"


@router.get("/statements/{first}/{second}/asserted-balances", include_in_schema=False)
def asserted_balances_page(
    visit: TheVisit, first: OrganisationNumber, second: OrganisationNumber
) -> Response:
    """What each of the two asserts, and by which vouchers they differ."""
    return _page(visit, first, second, {}, NO_FAULTS)


def _page(
    visit: Visit, first: str, second: str, typed: Mapping[str, str], faults: Faults
) -> Response:
    require_between(visit.node, visit.caller, first, second)
    with visit.views() as connection:
        known = register(connection, visit.day)
    pair = pair_of(first, second)
    own = visit.organisation
    asserts = own in pair and may_send(visit, AssertBalance)
    return visit.page(
        "asserted_balances.html",
        SECTION,
        "statements",
        pair=pair,
        names={n: each.name.removesuffix(" HF") for n, each in known.items()},
        checks=_checks(visit, first, second),
        other=(pair.second if own == pair.first else pair.first) if asserts else "",
        where=f"/statements/{first}/{second}/asserted-balances",
        typed=typed,
        faults=faults,
    )


def _checks(visit: Visit, first: str, second: str) -> Sequence[BalanceCheck]:
    pair, today = pair_of(first, second), business_day(visit.node.clock.now())
    with visit.node.executor.history() as history:
        return check_balances(pair, read_books(pair, today, history), history)


@router.post("/statements/{first}/{second}/asserted-balances", include_in_schema=False)
async def assert_page(
    visit: TheVisit, first: OrganisationNumber, second: OrganisationNumber
) -> Response:
    """Assert what the own books say."""
    require_sender(visit, AssertBalance)
    form = await sent_form(visit)
    typed = Typed(visit, form)
    day, ore = typed.day("day"), typed.amount_ore("owed_ore")
    sign = -1 if form.get("who") == THEY_OWE else 1
    own = visit.organisation
    outcome = await attempt(
        visit,
        form,
        typed,
        lambda: AssertBalance.model_validate(
            {
                "organisation": own,
                "counterpart": second if own == first else first,
                "day": day,
                "owed_ore": sign * (ore or 0),
            }
        ),
    )
    if isinstance(outcome, Faults):
        return await asyncio.to_thread(_page, visit, first, second, form, outcome)
    return then(f"/statements/{first}/{second}/asserted-balances", outcome)

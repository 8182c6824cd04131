"""Netting: the fewest payments that settle the closed statements of a period."""

from datetime import date
from typing import Final

from fastapi import APIRouter, Response

from api.access import require_reading
from api.netting import netting_proposal
from api.pages.addresses import address
from api.pages.register import register
from api.pages.settling.settlement import read_day
from api.pages.visit import TheVisit
from api.routers import public
from domain.history import ShownTo

router: Final[APIRouter] = public()
SECTION: Final = "page_netting"


@router.get("/netting", include_in_schema=False)
def netting_page(visit: TheVisit, period_end: str = "") -> Response:
    """Propose payments, once statements of a period are closed."""
    require_reading(visit.caller, ShownTo.PARTIES)
    usual = date(visit.day.year - 1, 12, 31)
    end = read_day(period_end) if period_end else usual
    with visit.views() as connection:
        known = register(connection, visit.day)
    speaker = visit.speaker(SECTION)
    return visit.page(
        "netting.html",
        SECTION,
        "statements",
        end=end,
        typed=period_end if end is None else speaker.short_day(end),
        proposal=netting_proposal(visit.node, end, visit.day) if end else None,
        names={n: each.name.removesuffix(" HF") for n, each in known.items()},
        own=visit.organisation,
        address=address,
    )

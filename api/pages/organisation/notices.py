"""Notices: where somebody says whether, and how, they want to hear of what waits."""

import re
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from api.desk.notices import NoticePace, NoticeWish
from api.pages.visit import TheVisit, Visit, sent_form
from api.routers import public

router: Final[APIRouter] = public()
SECTION: Final = "page_notices"
EMAIL: Final = re.compile(r"[^\s@<>,;\"()]{1,64}@[A-Za-z0-9.-]{1,189}\.[A-Za-z]{2,24}")
"""What a mail server is given; whether somebody reads it nobody here knows."""


@router.get("/notices", include_in_schema=False)
def notices(visit: TheVisit) -> Response:
    """Show what the visitor wants to hear."""
    wish = visit.node.notices.wish_of(
        visit.caller.actor, visit.organisation, visit.role
    )
    saved = visit.request.query_params.get("saved") == "1"
    if wish is None:
        return _shown(visit, "", NoticePace.DAILY, saved=saved)
    return _shown(visit, wish.address, wish.pace, saved=saved)


def _shown(
    visit: Visit,
    address: str,
    pace: NoticePace,
    *,
    saved: bool = False,
    error: str = "",
    status: int = 200,
) -> Response:
    page = visit.page(
        "notices.html",
        SECTION,
        "",
        address=address,
        pace=pace.value,
        paces=[each.value for each in (NoticePace.DAILY, NoticePace.AT_ONCE)],
        saved=saved,
        error=error,
        sends=visit.node.sends_mail,
    )
    page.status_code = status
    return page


@router.post("/notices", include_in_schema=False)
async def keep_notices(visit: TheVisit) -> Response:
    """Keep what the visitor wants to hear, or forget the address."""
    form = await sent_form(visit)
    address = form.get("address", "").strip()
    pace = NoticePace(form["pace"]) if form.get("pace") in [*NoticePace] else None
    own = visit.caller.actor, visit.organisation, visit.role
    if not address:
        visit.node.notices.forget(*own)
    elif pace is None or not EMAIL.fullmatch(address):
        words = visit.speaker(SECTION).say("wrong_address")
        kept = pace or NoticePace.DAILY
        return _shown(visit, address, kept, error=words, status=422)
    else:
        wish = NoticeWish(*own, address, visit.language.value, pace)
        visit.node.notices.keep(wish)
    return RedirectResponse("/notices?saved=1", 303)

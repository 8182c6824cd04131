"""My day: what waits for the visitor, and for whom else."""

from typing import Final

from fastapi import APIRouter, Response

from api.pages.visit import TheVisit
from api.routers import public

router: Final[APIRouter] = public()


@router.get("/my-day", include_in_schema=False)
def my_day(visit: TheVisit) -> Response:
    """What waits for whoever is signed in."""
    return visit.page("my_day.html", "page_my_day", "my-day")

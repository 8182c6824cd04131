"""The frame of a network: what it is used for, and what would still fit."""

from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.problems import ProblemError
from api.queries import PROBLEMS, only
from api.schemas import ShownFrame, ShownFrameYear
from domain.frame import Growth
from domain.values import Day, NewName
from projections import register
from projections.frame import Frame, WhatIf, frame

router = APIRouter(prefix="/v1", tags=["queries"], responses=PROBLEMS)

WageGrowth = Annotated[
    str,
    Query(
        pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$",
        description="Per cent a year, from the next year on; a forecast, no promise.",
        examples=["3.5"],
    ),
]


async def the_what_if(
    extra_annual_cost_ore: Annotated[
        int | None, Query(ge=0, description="Of a post that is thought of.")
    ] = None,
    extra_starts_on: Annotated[Day | None, Query(description="Its first day.")] = None,
    extra_ends_on: Annotated[Day | None, Query(description="Its last day.")] = None,
) -> WhatIf | None:
    """Return the post that somebody thinks of; all of it is said, or nothing."""
    if extra_annual_cost_ore is None and extra_starts_on is extra_ends_on is None:
        return None
    if (
        extra_annual_cost_ore is None
        or extra_starts_on is None
        or extra_ends_on is None
    ):
        errors = [{"field": "extra_annual_cost_ore", "code": "missing"}]
        raise ProblemError("invalid_row", errors=errors)
    return WhatIf(extra_annual_cost_ore, extra_starts_on, extra_ends_on)


@router.get("/networks/{network}/frame")
def get_frame(
    network: NewName,
    node: TheNode,
    views: TheViews,
    wage_growth: WageGrowth = "0",
    what_if: Annotated[WhatIf | None, Depends(the_what_if)] = None,
    as_of: AsOf = None,
) -> ShownFrame:
    """Return what a network's frame is used for, and what would still fit (S1-34)."""
    day = day_of(node, as_of)
    growth = Growth(Fraction(wage_growth) / 100, day.year)
    with views() as connection:
        page = register.Page(limit=1)
        found = only(register.networks(connection, day, page, network=network))
        return shown_frame(frame(connection, day, found, growth, what_if))


def shown_frame(frame: Frame) -> ShownFrame:
    """Return the document of a network's frame."""
    return ShownFrame(
        network=frame.network,
        years=[
            ShownFrameYear(
                year=each.year,
                frame_ore=each.frame_ore,
                coordination_ore=each.coordination_ore,
                accepted_ore=each.accepted_ore,
                reserved_ore=each.reserved_ore,
                left_ore=each.left_ore,
                warning=each.is_nearly_used,
            )
            for each in frame.years
        ],
        fits_until=frame.fits_until,
    )

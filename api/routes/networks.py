"""Professional networks, and the frame of each."""

from fractions import Fraction
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from api.bodies import RequestDay
from api.commands import door
from api.dependencies import (
    AsOf,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
)
from api.doors import Way
from api.pagination import only
from api.problems import ProblemError
from api.queries import listing, one
from api.routers import member_router, reader_router
from api.watching import open_warnings
from api.words import Language, sentence
from domain.agreements.frame import FrameYear, Growth
from domain.governance.warned import warnings_of_network
from domain.history import ShownTo
from domain.parties.network import EstablishNetwork, NetworkEstablished
from domain.values import NewName
from projections.frame import FrameView, WhatIf, frame
from projections.listed import first_facts

router = member_router("networks", ShownTo.MEMBERS)
open_warnings(router, "/networks/{network}/warnings", warnings_of_network)
register_router = reader_router("networks")
"""Of who there is, for whoever has a token."""


class ShownFrameYear(BaseModel):
    """One calendar year of a network against its frame.

    Of a year before the network was recorded here, of which nothing has been recorded
    since, nobody knows what was used: its figures are null, and the words say so.
    """

    year: int
    recorded: bool
    frame_ore: int
    coordination_ore: int
    accepted_ore: int | None = Field(
        description="Full-staffing cost of accepted versions."
    )
    reserved_ore: int | None = Field(
        description="With versions that await an answer, where they cost more."
    )
    left_ore: int | None = Field(description="Below zero where the frame is exceeded.")
    warning: bool | None = Field(
        description="Nine tenths of the frame or more are used."
    )
    words: str | None


class ShownFrame(BaseModel):
    """A national network's years against its frame; other networks have none."""

    network: str
    years: list[ShownFrameYear]
    fits_until: int | None = Field(
        description="The last year until which everything fits; null where none does."
    )


door(router, "/networks", EstablishNetwork, Way(made="/v1/networks/{network}"))


listing(
    register_router,
    "/networks",
    NetworkEstablished,
    "Networks by name, or those that a trust coordinates.",
    by={"trust": "coordinating_trust"},
)
one(register_router, "/networks/{network}", NetworkEstablished, "A network.")


WageGrowthQuery = Annotated[
    str,
    Query(
        pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$",
        description="Per cent a year, from the next year on; a forecast, no promise.",
        examples=["3.5"],
    ),
]


async def the_what_if(
    extra_annual_cost_ore: Annotated[
        int | None,
        Query(ge=0, le=10**15, description="Of a post that is thought of."),
    ] = None,
    extra_starts_on: Annotated[
        RequestDay | None, Query(description="Its first day.")
    ] = None,
    extra_ends_on: Annotated[
        RequestDay | None, Query(description="Its last day.")
    ] = None,
) -> WhatIf | None:
    """Post that somebody thinks of; all of it is said, or nothing."""
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
    language: TheLanguage,
    wage_growth: WageGrowthQuery = "0",
    what_if: Annotated[WhatIf | None, Depends(the_what_if)] = None,
    as_of: AsOf = None,
) -> ShownFrame:
    """What a network's frame is used for, and what would still fit (S1-34)."""
    day = day_of(node, as_of)
    growth = Growth(Fraction(wage_growth) / 100, day.year)
    with views() as connection:
        networks = first_facts(connection, NetworkEstablished, day, [network])
        view = frame(connection, day, only([*networks.values()]), growth, what_if)
    return shown_frame(view, language)


def shown_frame(frame: FrameView, language: Language) -> ShownFrame:
    """Years in the caller's language."""
    return ShownFrame(
        network=frame.network,
        years=[
            _year(year, language, recorded=year.year not in frame.unrecorded)
            for year in frame.years
        ],
        fits_until=frame.fits_until,
    )


def _year(each: FrameYear, language: Language, *, recorded: bool) -> ShownFrameYear:
    return ShownFrameYear(
        year=each.year,
        recorded=recorded,
        frame_ore=each.frame_ore,
        coordination_ore=each.coordination_ore,
        accepted_ore=each.accepted_ore if recorded else None,
        reserved_ore=each.reserved_ore if recorded else None,
        left_ore=each.left_ore if recorded else None,
        warning=each.is_nearly_used if recorded else None,
        words=None if recorded else sentence(language, "absent", "not_recorded"),
    )

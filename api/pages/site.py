"""The pages there are: a router of each."""

from typing import Final

from fastapi import APIRouter

from api.pages import (
    my_day,
    settlement,
    signing_in,
)

PAGES: Final[tuple[APIRouter, ...]] = (
    my_day.router,
    settlement.router,
    signing_in.router,
)

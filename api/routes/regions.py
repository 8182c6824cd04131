"""Regions: how far the record of each is complete."""

from fastapi import APIRouter

from api.commands import Way, door
from api.problems import PROBLEMS
from api.receipts import REGISTRAR
from domain.parties.day import ConfirmDay

router = APIRouter(prefix="/v1", tags=["regions"], responses=PROBLEMS)


door(
    router,
    "/regions/{region}/confirmed-days",
    ConfirmDay,
    Way(allowed=REGISTRAR),
)

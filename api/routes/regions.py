"""Regions: how far the record of each is complete."""

from api.commands import Way, door
from api.receipts import REGISTRAR
from api.routers import members
from domain.parties.day import ConfirmDay

router = members("regions")


door(
    router,
    "/regions/{region}/confirmed-days",
    ConfirmDay,
    Way(allowed=REGISTRAR),
)

"""Regions: how far the record of each is complete."""

from api.auth import Role
from api.commands import door
from api.doors import Way
from api.routers import member_router
from domain.parties.day import ConfirmDay

router = member_router("regions")


door(
    router,
    "/regions/{region}/confirmed-days",
    ConfirmDay,
    Way(role=Role.REGISTRAR),
)

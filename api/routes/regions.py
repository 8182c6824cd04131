"""Regions: how far the record of each is complete."""

from api.commands import door
from api.routers import member_router
from domain.history import ShownTo
from domain.parties.day import ConfirmDay

router = member_router("regions", ShownTo.MEMBERS)


door(router, "/regions/{region}/confirmed-days", ConfirmDay)

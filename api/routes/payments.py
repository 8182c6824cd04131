"""Payments on documents."""

from fastapi import APIRouter

from api.commands import door
from api.problems import PROBLEMS
from domain.payments.payment import RegisterPayment

router = APIRouter(prefix="/v1", tags=["payments"], responses=PROBLEMS)


door(
    router,
    "/agreements/{agreement}/invoices/{period_start}/payments",
    RegisterPayment,
)

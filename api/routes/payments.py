"""Payments on documents."""

from api.commands import door
from api.routers import members
from domain.payments.payment import RegisterPayment

router = members("payments")


door(
    router,
    "/agreements/{agreement}/invoices/{period_start}/payments",
    RegisterPayment,
)

"""Payments on documents."""

from api.commands import door
from api.doors import OF_DOCUMENT, OF_PERIOD, Way
from api.routers import member_router
from domain.history import ShownTo
from domain.payments.payment import RegisterPayment

router = member_router("payments", ShownTo.PARTIES)


door(router, f"{OF_PERIOD}/payments", RegisterPayment, Way(pays=True))
door(
    router,
    f"{OF_DOCUMENT}/payments",
    RegisterPayment,
    Way(name="register_payment_of_document", pays=True),
)

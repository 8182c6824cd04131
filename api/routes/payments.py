"""Payments on documents."""

from fastapi import APIRouter, Response
from pydantic import Field

from api.bodies import Body, Day, Ore
from api.dependencies import TheAsker, TheNode
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, Receipt, receipt, run
from domain.payments.payment import RegisterPayment
from domain.values import NewName

router = APIRouter(prefix="/v1", tags=["payments"], responses=PROBLEMS)


class NewPayment(Body):
    """A payment on the document of a period; the payer asks."""

    amount_ore: Ore = Field(description="Øre, VAT included.")
    paid_on: Day


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/payments",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def register_payment(
    agreement: NewName,
    period_start: Day,
    body: NewPayment,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Register a payment on the document of a period, as the payer."""
    command = RegisterPayment(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))

"""Regions: how far the record of each is complete."""

from fastapi import APIRouter, Depends, Response

from api.bodies import Body, Day
from api.dependencies import TheAsker, TheNode, registrar
from api.problems import PROBLEMS, REFUSALS
from api.receipts import Receipt, receipt, run
from domain.parties.day import ConfirmDay
from domain.values import Region

router = APIRouter(prefix="/v1", tags=["regions"], responses=PROBLEMS)


class NewConfirmedDay(Body):
    """A day of which a region has recorded all; its health authority asks."""

    day: Day


@router.post(
    "/regions/{region}/confirmed-days",
    status_code=201,
    dependencies=[Depends(registrar)],
    responses=REFUSALS,
)
def confirm_day(
    region: Region,
    body: NewConfirmedDay,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Confirm that a region has recorded what belongs to a day and those before it."""
    command = ConfirmDay(region=region, day=body.day)
    return receipt(run(node, command, asker, response))

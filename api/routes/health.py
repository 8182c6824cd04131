"""Whether a node lives and is ready, and its figures; for what watches it."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry
from pydantic import BaseModel, Field

from api.dependencies import TheNode
from api.metrics import NodeCollector
from api.routers import public
from api.services import Node
from domain.values import Region
from projections.completeness import complete_to

router = public()

FIGURES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}}},
        "description": "In Prometheus' text format.",
    }
}


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"]


class Readiness(BaseModel):
    """Whether a node takes commands, and how far it is."""

    ready: bool
    region: Region
    leads: bool = Field(description="Whether this process carries for its region.")
    checks: dict[str, bool]
    down: dict[str, str] = Field(description="Parts that do not go on, and why.")
    positions: dict[str, int] = Field(description="Held here, of each region.")
    complete_to: dict[str, str] = Field(
        description="The instant to which each region is complete, or nothing."
    )


@router.get("/healthz", tags=["health"])
async def healthz() -> Alive:
    """Say that the process answers."""
    return Alive(status="alive")


@router.get(
    "/readyz",
    tags=["health"],
    responses={503: {"model": Readiness, "description": "It does not."}},
)
def readyz(node: TheNode, response: Response) -> Readiness:
    """Whether the node takes commands.

    It does where its journal answers and is written to, its parts run, and its clock is
    believed.

    The other checks tell of what goes on by itself, or of one region alone; the
    node takes commands meanwhile.
    """
    ends = {origin: end.position for origin, end in node.journal.positions().items()}
    checks = node_checks(node)
    ready = takes_commands(checks)
    response.status_code = 200 if ready else 503
    return Readiness(
        ready=ready,
        region=node.region,
        leads=node.leads(),
        checks=checks,
        down=dict(node.background.down),
        positions=ends,
        complete_to=dict(complete_to(node.journal, node.projector)),
    )


def node_checks(node: Node) -> dict[str, bool]:
    """What is looked at of a node, and whether it holds."""
    return {
        "background": not node.background.down,
        "database": node.database.refused is None,
        "read_models": not node.projector.state.stopped_at,
        "carrier": node.outbox.trouble is None,
        "store": node.outbox.stores,
        "home_log": node.restore.whole,
        "clock": node.clock.apart() is None,
        "announcements": all(of.refused is None for of in node.listeners.values()),
    }


def takes_commands(checks: Mapping[str, bool]) -> bool:
    """Whether a node takes commands that these checks hold of."""
    needed = ("background", "database", "home_log", "clock")
    return all(checks[each] for each in needed)


@router.get("/metrics", tags=["health"], response_class=Response, responses=FIGURES)
def metrics(node: TheNode) -> Response:
    """Figures of the node for Prometheus."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

"""Whether a node lives, is ready, and how far it is; for operators and players."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry

from api.dependencies import AtLeast, TheCaller, TheNode, not_yet_here, positions_of
from api.metrics import NodeCollector
from api.services import Node
from domain.values import Region
from federation.arrivals import arrived

router = APIRouter()


@router.get("/healthz", tags=["health"])
async def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz", tags=["health"])
def readyz(node: TheNode, response: Response) -> dict[str, Any]:
    """Say whether the node takes commands: its journal answers, its parts run.

    The other checks tell of what goes on by itself, or of one region alone; the
    node takes commands meanwhile.
    """
    held = {origin: each.position for origin, each in node.journal.positions().items()}
    checks = {
        "background": not node.ended,
        "read_models": not node.projector.state.stopped_at,
        "carrier": node.courier.trouble is None,
    }
    ready = checks["background"]
    response.status_code = 200 if ready else 503
    return {"ready": ready, "region": node.region, "checks": checks, "positions": held}


@router.get("/metrics", tags=["health"])
def metrics(node: TheNode) -> Response:
    """Return the node's figures for Prometheus."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/v1/federation", tags=["federation"])
def federation(node: TheNode, _caller: TheCaller) -> dict[str, Any]:
    """Return how far this node is with each region, and what troubles it."""
    return {
        "region": node.region,
        "version": node.version,
        "damaged": node.ranges.damaged,
        "regions": {region: _region(node, region) for region in Region},
    }


def _region(node: Node, region: Region) -> dict[str, Any]:
    held = node.journal.positions()[region.value]
    projected = node.projector.state.positions.get(region.value)
    stop = node.projector.state.stopped_at.get(region.value)
    told: dict[str, Any]
    if region is node.region:
        courier = node.courier
        told = {"sent": courier.sent, "trouble": courier.trouble, "refused": None}
    else:
        receiver = node.receivers[region]
        told = {
            "complete_to": receiver.complete_to,
            "trouble": receiver.trouble,
            "refused": receiver.refused,
            "repaired": receiver.repaired,
        }
    return {
        "epoch": held.epoch,
        "position": held.position,
        "projected": projected.position if projected else 0,
        "stopped_at": None if stop is None else str(stop),
        **told,
    }


@router.get("/v1/federation/positions", tags=["federation"])
async def positions(
    node: TheNode,
    _caller: TheCaller,
    at_least: AtLeast = [],  # noqa: B006 - never changed
    timeout_seconds: Annotated[float, Query(ge=0, le=30)] = 5.0,
) -> dict[str, int]:
    """Wait until the journal holds some positions, and return all it holds."""
    wanted = positions_of(at_least)
    held = await arrived(node.journal, wanted, timeout_seconds)
    missing = {o: p for o, p in wanted.items() if held.get(o, 0) < p}
    if missing:
        raise not_yet_here(missing)
    return held

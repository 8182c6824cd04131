"""Whether a node lives and is ready, and its figures; for what watches it."""

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry

from api.dependencies import TheNode
from api.metrics import NodeCollector
from projections.completeness import complete_to

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
        "background": not node.background.down,
        "read_models": not node.projector.state.stopped_at,
        "carrier": node.courier.trouble is None,
        "home_log": node.restore.whole,
        "announcements": all(each.refused is None for each in node.listeners.values()),
    }
    ready = checks["background"] and checks["home_log"]
    response.status_code = 200 if ready else 503
    return {
        "ready": ready,
        "region": node.region,
        "leads": node.leads(),
        "checks": checks,
        "down": node.background.down,
        "positions": held,
        "complete_to": complete_to(node.journal, node.projector),
    }


@router.get("/metrics", tags=["health"])
def metrics(node: TheNode) -> Response:
    """Return the node's figures for Prometheus."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(node))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

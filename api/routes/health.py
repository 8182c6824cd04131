"""Whether a node lives, is ready, and how far it is; for operators and players."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import CollectorRegistry

from api.dependencies import (
    AtLeast,
    TheCaller,
    TheLanguage,
    TheNode,
    not_yet_here,
    positions_of,
)
from api.metrics import NodeCollector
from api.status import regions
from federation.journal.witnessing import incidents
from federation.log.arrivals import arrived
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


@router.get("/v1/federation", tags=["federation"])
def federation(
    node: TheNode, _caller: TheCaller, language: TheLanguage
) -> dict[str, Any]:
    """Return how far this node is with each region, and what troubles it."""
    return {
        "region": node.region,
        "version": node.version,
        "leads": node.leads(),
        "damaged": node.journal.damage.last,
        "differing": node.comparison.differing,
        "quorum": node.quorum,
        "withheld": node.restore.reason,
        "background": node.background.down,
        "regions": regions(node, language),
    }


@router.get("/v1/federation/incidents", tags=["federation"])
def federation_incidents(node: TheNode, _caller: TheCaller) -> list[dict[str, Any]]:
    """Return what regions signed and must not have, with the evidence.

    The evidence of what is ``proved`` can be checked with the regions' public keys
    alone. The rest only this node has seen; who caused it is not known.
    """
    return [
        {
            **incident._asdict(),
            "evidence": orjson.loads(incident.evidence),
            "proved": not incident.observed,
        }
        for incident in incidents(node.journal)
    ]


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

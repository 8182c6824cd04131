"""How far a node is with each region, and what it saw; for operators and players."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query

from api.dependencies import AtLeast, TheLanguage, TheNode, not_yet_here, positions_of
from api.problems import PROBLEMS
from api.status import clock_words, regions
from federation.journal.witnessing import incidents
from federation.log.arrivals import arrived

router = APIRouter(prefix="/v1", tags=["federation"], responses=PROBLEMS)


@router.get("/federation")
def federation(node: TheNode, language: TheLanguage) -> dict[str, Any]:
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
        "clock": clock_words(node, language),
        "regions": regions(node, language),
    }


@router.get("/federation/incidents")
def federation_incidents(node: TheNode) -> list[dict[str, Any]]:
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


@router.get("/federation/positions")
async def positions(
    node: TheNode,
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

"""How far a node is with each region, and what it saw; for operators and players."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import BaseModel, ConfigDict

from api.dependencies import AtLeast, TheLanguage, TheNode, not_yet_here, positions_of
from api.routers import member_router
from api.status import FederationStatus, federation_status
from domain.history import ShownTo
from domain.values import Region
from federation.journal.witnessing import incidents
from federation.log.arrivals import arrived

router = member_router("federation", ShownTo.MEMBERS)


class IncidentSeen(BaseModel):
    """What a region signed and must not have, or what this node alone has seen."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    incident_id: str
    origin: Region
    kind: str
    evidence: dict[str, Any]
    """Signed notes and entries, by the kind."""
    noticed_at: str
    reason: str | None
    """Why an operator lets the region go on; nothing until then."""
    decided_at: str | None
    proved: bool


@router.get("/federation", response_model_exclude_unset=True)
def federation(node: TheNode, language: TheLanguage) -> FederationStatus:
    """How far this node is with each region, and what troubles it."""
    return federation_status(node, language)


@router.get("/federation/incidents")
def federation_incidents(node: TheNode) -> list[IncidentSeen]:
    """What regions signed and must not have, with the evidence.

    The evidence of what is ``proved`` can be checked with the regions' public keys
    alone. The rest only this node has seen; who caused it is not known.
    """
    return [
        IncidentSeen(
            **incident._asdict()
            | {
                "evidence": orjson.loads(incident.evidence),
                "proved": not incident.observed,
            }
        )
        for incident in incidents(node.journal)
    ]


@router.get("/federation/positions")
async def positions(
    node: TheNode,
    at_least: AtLeast = [],  # noqa: B006 - never changed
    timeout_seconds: Annotated[float, Query(ge=0, le=30)] = 5.0,
) -> dict[str, int]:
    """Wait until the journal holds some positions, and return all it holds."""
    asked = positions_of(at_least)
    ends = await arrived(node.journal, asked, timeout_seconds)
    missing = {o: p for o, p in asked.items() if ends.get(o, 0) < p}
    if missing:
        raise not_yet_here(missing)
    return ends

"""Raising an incident: evidence is checked, kept and told, by each node for itself."""

import hashlib
from collections.abc import Mapping

import structlog

from domain.values import instant_text
from federation.checkpoint import said
from federation.epochs import given_up
from federation.evidence import Contradiction, Evidence, against, contradiction
from federation.journal.store import Journal
from federation.journal.witnessing import Incident, keep_incident
from federation.keys import Verifier

log = structlog.get_logger()


def raise_incident(
    journal: Journal,
    evidence: Evidence,
    keys: Mapping[str, Verifier],
    *,
    known: bool = False,
) -> bool:
    """Keep what evidence proves; say whether it is news.

    What a region has declared lost is no incident to who holds the declaration,
    unless ``known`` says that it is one nevertheless. Raises
    :class:`~federation.evidence.NoEvidenceError` when it proves nothing.
    """
    about, kind = contradiction(evidence, keys)
    if kind is Contradiction.ABANDONED and not known:
        both = said(evidence.first), said(evidence.second)
        if given_up(journal, min(both, key=lambda each: each.epoch)):
            return False
    signed = [note.partition("\n\n")[0] for note in (evidence.first, evidence.second)]
    incident = Incident(
        hashlib.sha256("\n\n".join(signed).encode()).hexdigest()[:16],
        about.origin,
        kind.value,
        evidence.to_bytes().decode(),
        instant_text(journal.clock()),
    )
    news = keep_incident(journal, incident)
    if news:
        log.error(
            "incident",
            origin=about.origin,
            kind=incident.kind,
            incident_id=incident.incident_id,
        )
    return news


def accuse(journal: Journal, note: str, keys: Mapping[str, Verifier]) -> bool:
    """Raise an incident where a region's signed note contradicts what is held."""
    evidence = against(journal, note)
    if evidence is not None:
        raise_incident(journal, evidence, keys)
    return evidence is not None

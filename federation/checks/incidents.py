"""Raising an incident: evidence is checked, kept and told, by each node for itself.

What no evidence shows is kept too, as what this node has seen. It is told to
nobody and keeps no log from being taken: who bent what was seen is not known.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

import orjson
import structlog

from domain.values import instant_text
from federation.checks.evidence import (
    AnyEvidence,
    Contradiction,
    Evidence,
    NoEvidenceError,
    against,
    proved,
)
from federation.journal.store import Journal
from federation.journal.witnessing import (
    OBSERVED,
    Incident,
    decide_one,
    incidents,
    is_known,
    keep_incident,
)
from federation.log.epochs import given_up
from federation.signed.checkpoint import BrokenCheckpointError, claimed, read
from federation.signed.cosignature import cosigned_at
from federation.signed.entry import entry_id, leaf_hash, position_of
from federation.signed.keys import Verifier, key_name

log = structlog.get_logger()


class Observed(StrEnum):
    """What a node sees and cannot show to others."""

    NOT_SIGNED = f"{OBSERVED}not-signed"
    """What came under a region's subject is not signed with a key of it known here."""
    NOT_ITS_ROOT = f"{OBSERVED}not-its-root"
    """A page does not hash to the root that was signed."""
    TOO_LARGE = f"{OBSERVED}too-large"
    """More came in one message than one may take."""
    NOT_COME = f"{OBSERVED}not-come"
    """A region signed for an entry of an instant that has not come here."""
    UNPROVED = f"{OBSERVED}unproved"
    """A region signed for what must be refused, and it cannot be shown to others."""
    WITHHELD = f"{OBSERVED}withheld"
    """A region speaks of entries that it has signed for, and nobody gives them."""
    NO_EVIDENCE = f"{OBSERVED}no-evidence"
    """A region told of an incident that what it showed does not prove."""
    UNFOUNDED = f"{OBSERVED}unfounded"
    """A region recorded what it had to refuse, as this release decides."""
    UNJUDGED = f"{OBSERVED}unjudged"
    """What a region's decision rested on has not come here for long."""
    FLOOD = f"{OBSERVED}flood"
    """In a region's name far more is asked than is answered."""


class Observation(NamedTuple):
    """What a node has seen, and of what."""

    kind: Observed
    where: str
    """The subject or the log."""
    text: str
    came: bytes = b""
    """Of what came only the hash is kept."""
    entry: str = ""
    """The entry that it is about, where there is one."""
    note: str = ""
    """The note that came, where a key is missing that may be accepted later."""
    signer: str = ""
    """Whose key should have signed or cosigned it."""


def observe(journal: Journal, about: str, seen: Observation, origin: str = "") -> bool:
    """Keep what was seen of what came from a region; say whether it is news.

    It is told once for its entry; without one, while the log of ``origin``, or of
    that region, stands where it stands.
    """
    log = origin or about
    end = journal.positions()[log]
    entry = seen.entry or entry_id(log, end.epoch, end.position)
    place = f"{seen.where} at {entry}"
    # It may quote what came, and be printed on a terminal.
    text = "".join(
        character if character.isprintable() else "?" for character in seen.text
    )
    shape = {
        "place": place,
        "seen": text,
        "sha256": hashlib.sha256(seen.came).hexdigest(),
    }
    if seen.kind is Observed.NOT_SIGNED and _is_note(seen.note):
        shape |= {"note": seen.note, "signer": seen.signer}
    named = f"{about}\n{seen.kind.value}\n{place}"
    return _keep(journal, named, about, seen.kind.value, orjson.dumps(shape))


_NOT_READ: Final = {Observed.UNFOUNDED, Observed.UNJUDGED}


def unfounded(journal: Journal, origin: str) -> Mapping[int, str]:
    """Positions at which a region recorded what nobody may rest on here, and why.

    That is what it had to refuse, and what cannot be judged. Those on which nobody has decided, and which no new epoch has given up.
    """
    reasons: dict[int, str] = {}
    for incident in incidents(journal, undecided=True):
        if incident.origin != origin or incident.kind not in _NOT_READ:
            continue
        shape = orjson.loads(incident.evidence)
        place = str(shape["place"]).rpartition(" ")[2]
        position = position_of(place)
        for row in journal.entries(origin, position - 1, 1):
            if place == row.id:
                # The auditor's words end with the code.
                code = str(shape["seen"]).rpartition(": ")[2]
                reasons[position] = f"{row.type} ({code})"
    return reasons


def check_observed(stored: bytes) -> None:
    """Raise :class:`NoEvidenceError` unless :func:`observe` wrote it."""
    shape = orjson.loads(stored)
    names = {"place", "seen", "sha256"}
    with_note = names | {"note", "signer"}
    if set(shape) not in (names, with_note) or not all(
        isinstance(value, str) for value in shape.values()
    ):
        message = "this is nothing that was observed"
        raise NoEvidenceError(message)


def _is_note(text: str) -> bool:
    try:
        claimed(text)
    except BrokenCheckpointError:
        return False
    return True


KEY_ACCEPTED: Final = "key-accepted"
"""Reason of an incident that waits no more: the key that was missing is known now."""


def settle_accepted(journal: Journal, keys: Mapping[str, Verifier]) -> None:
    """Decide what was seen only because a key was not accepted here yet.

    What came is checked again with the keys of now; somebody else's words never are
    what a region signs. Whoever has decided keeps the own reason.
    """
    for incident in incidents(journal, undecided=True):
        if incident.kind == Observed.NOT_SIGNED and _is_signed_now(
            incident.evidence, keys
        ):
            decide_one(journal, incident.incident_id, KEY_ACCEPTED)


def _is_signed_now(evidence: str, keys: Mapping[str, Verifier]) -> bool:
    shape = orjson.loads(evidence)
    note, key = shape.get("note"), keys.get(shape.get("signer"))
    if note is None or key is None:
        return False
    try:
        if cosigned_at(note, key) is not None:
            return True
        return key_name(read(note, key).origin) == key.name
    except BrokenCheckpointError:
        return False


def raise_incident(
    journal: Journal,
    evidence: AnyEvidence,
    keys: Mapping[str, Verifier],
    *,
    even_given_up: bool = False,
) -> bool:
    """Keep what evidence proves; say whether it is news.

    What a region has declared lost is no incident to who holds the declaration,
    unless ``even_given_up`` says that it is one nevertheless. Raises
    :class:`~federation.checks.evidence.NoEvidenceError` when it proves nothing.
    """
    about, kind = proved(evidence, keys)
    if isinstance(evidence, Evidence):
        both = claimed(evidence.first), claimed(evidence.second)
        lost = min(both, key=lambda checkpoint: checkpoint.epoch)
        if (
            kind is Contradiction.ABANDONED
            and not even_given_up
            and given_up(journal, lost)
        ):
            return False
        signed = [
            note.partition("\n\n")[0] for note in (evidence.first, evidence.second)
        ]
        named = "\n\n".join(signed)
    else:
        # Whatever else is shown with it, one entry breaks one thing once.
        last = evidence.entries[-1]
        leaf = leaf_hash(last.body).hex()
        named = f"{about.origin}\n{kind.value}\n{last.position}\n{leaf}"
    return _keep(journal, named, about.origin, kind.value, evidence.to_bytes())


def is_proved(
    journal: Journal,
    evidence: AnyEvidence,
    keys: Mapping[str, Verifier],
    *,
    even_given_up: bool = False,
) -> bool:
    """Raise the incident that evidence proves, as above; say whether it proves one."""
    try:
        raise_incident(journal, evidence, keys, even_given_up=even_given_up)
    except NoEvidenceError:
        return False
    return True


def _keep(journal: Journal, named: str, origin: str, kind: str, shown: bytes) -> bool:
    incident = Incident(
        hashlib.sha256(named.encode()).hexdigest()[:16],
        origin,
        kind,
        shown.decode(),
        instant_text(journal.clock()),
    )
    # Most are told again and again: that takes no turn at the database.
    news = not is_known(journal, incident.incident_id) and keep_incident(
        journal, incident
    )
    if news:
        log.error(
            "incident", origin=origin, kind=kind, incident_id=incident.incident_id
        )
    return news


def accuse(journal: Journal, note: str, keys: Mapping[str, Verifier]) -> bool | None:
    """Raise an incident where a region's signed note contradicts what is held.

    None where it does not; else whether that is proved: what is held may be signed
    with a key that was revoked since, and then it is evidence for nobody.
    """
    evidence = against(journal, note)
    return None if evidence is None else is_proved(journal, evidence, keys)

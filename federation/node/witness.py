"""The witness: signs for what it holds of others' logs, and hears what others sign.

A region that shows two histories to two peers is found out when the peers'
cosignatures meet. What is heard is bounded, verified and never trusted.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.checks.evidence import (
    EVIDENCE_BYTES_MAX,
    NoEvidenceError,
    evidence_from,
)
from federation.checks.incidents import (
    Observation,
    Observed,
    accuse,
    observe,
    raise_incident,
    settle_accepted,
)
from federation.checks.signed_heads import SignedHeads, breach
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import FIRST_EPOCH, Journal
from federation.journal.witnessing import (
    Cosigned,
    count_undecided,
    incidents,
    keep_cosignature,
    last_cosignatures,
)
from federation.log.arrivals import commits, within
from federation.log.epochs import given_up
from federation.node.floods import Flood
from federation.signed.checkpoint import (
    BrokenCheckpointError,
    Checkpoint,
    claimed,
    read,
)
from federation.signed.cosignature import LAST, cosign, cosigned_at
from federation.signed.keys import SigningKey, Verifier, VerifierKey
from federation.tasks import first_of
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
"""Pause between two cosignatures of one log: one signs for all pages that came
meanwhile."""
REPEAT_SECONDS: Final = 5.0
"""Pause between two announcements of the same: who was away hears it then."""
HEARD_SECONDS: Final = 0.02
"""Pause between two announcements of one region that are looked at: bounds its
share."""
FLOOD_HEARD: Final = 100
"""Announcements of one kind within :data:`~federation.node.floods.FLOOD_SECONDS` before
a flood is reported."""
RETRY_SECONDS: Final = 0.5
AHEAD_SECONDS_MAX: Final = 24 * 3600
"""Furthest that a cosignature may be ahead of this node's clock."""


class RefusedCosignatureError(Exception):
    """What came is not a witness's cosignature of a region's checkpoint."""


class ForeignCosignatureError(RefusedCosignatureError):
    """What came is not cosigned by the region under whose subject it came."""


@dataclass(slots=True)
class WitnessState:
    """What an operator asks of a witness."""

    breaches: dict[str, str] = field(default_factory=dict)
    """Regions whose log here is less, or other, than what was signed for."""
    ahead: dict[str, int] = field(default_factory=dict)
    """The largest signed log of a region that another one has cosigned and that is
    not here yet."""
    refused: dict[str, str] = field(default_factory=dict)
    """What was wrong with the last that a region announced and that was no good."""
    given_up: dict[str, dict[str, int]] = field(default_factory=dict)
    """How much of an epoch that was given up another region cosigned, by the region
    whose log it is."""

    def ahead_of(self, origin: str) -> int:
        """Size to which others have cosigned a log and that is not here yet, or 0."""
        return self.ahead.get(origin, 0)


def witnessed(journal: Journal, origin: str, quorum: int) -> int:
    """How much of a log at least ``quorum`` witnesses have cosigned.

    A cosignature is kept only when it agrees with the entries here, so one of a
    larger log is one of every smaller log too.
    """
    return cosigned_by(quorum, cosigned_sizes(journal, origin))


def cosigned_by(quorum: int, cosigned: Mapping[str, int]) -> int:
    """How much at least ``quorum`` witnesses have cosigned, of how much each has."""
    sizes = sorted(cosigned.values(), reverse=True)
    return sizes[quorum - 1] if len(sizes) >= quorum else 0


def cosigned_sizes(journal: Journal, origin: str) -> dict[str, int]:
    """How much of a log each witness has cosigned."""
    last = journal.positions()[origin].epoch
    last_of: dict[str, Cosigned] = {}
    for epoch in range(last, FIRST_EPOCH - 1, -1):
        missing = [witness for witness in _others(origin) if witness not in last_of]
        last_of |= last_cosignatures(journal, origin, epoch, missing)
    return {name: cosigned.size for name, cosigned in last_of.items()}


def _others(origin: str) -> list[str]:
    return [region.value for region in Region if region.value != origin]


class _Weighed(NamedTuple):
    """A cosignature that was kept, and all that this rested on."""

    note: str
    keys: tuple[Sequence[VerifierKey], Sequence[VerifierKey]]
    """Of the witness now, and of the region for that size."""
    end: Position
    sealed: str | None
    """The last checkpoint of the home log, which comes after its entries; those of
    others come with them."""


class Witness:
    """Cosigns the other regions' logs, and hears of all of them."""

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        key: SigningKey,
        peers: Mapping[str, Verifier],
        signed_heads: SignedHeads,
        unix_seconds: Callable[[], int | None],
    ) -> None:
        """Prepare; nothing is signed while no clock is believed that gives seconds."""
        self._journal = journal
        self._transport = transport
        self._key = key
        self._peers = peers
        self._signed_heads = signed_heads
        self._unix_seconds = unix_seconds
        self._home = journal.region.value
        self._later: dict[tuple[str, str], str] = {}
        self._weighed: dict[tuple[str, str], _Weighed] = {}
        self._waits_for: str | None = None
        self.state = WitnessState()

    async def run(self) -> None:
        """Witness until cancelled."""
        parts = [self._announce()]
        for region in _others(self._home):
            for subject, take in (
                (f"fagnett.cosignatures.{region}", self.take_cosignature),
                (f"fagnett.incidents.{region}", self.take_incident),
            ):
                parts.append(self._hear(region, subject, take))
        await first_of(*parts)

    async def remember(self) -> None:
        """Promise what any process of the region has said, until cancelled.

        The one that leads next may stand beside another file of signed heads.
        """
        while True:
            try:
                await asyncio.to_thread(self._remember)
            except (PersistenceError, OSError) as error:
                self._waits(error)
            await asyncio.sleep(REPEAT_SECONDS)

    def _remember(self) -> None:
        for origin, end in self._journal.positions().items():
            # What others have cosigned of the home log is what has left of it.
            at_home = origin == self._home
            who = _others(origin) if at_home else [self._home]
            last = last_cosignatures(self._journal, origin, end.epoch, who)
            for cosigned in last.values():
                self._signed_heads.keep(cosigned.note)

    def _waits(self, error: Exception) -> None:
        reason = type(error).__name__
        if self._waits_for != reason:
            log.warning("witness_waits", reason=reason)
        self._waits_for = reason

    # What this node says

    async def _announce(self) -> None:
        said_before: list[tuple[str, bytes]] = []
        said_at = 0.0
        clock = asyncio.get_running_loop().time
        with commits(self._journal) as committed:
            while True:
                committed.clear()
                try:
                    saying = await asyncio.to_thread(self._sayings)
                    repeated = clock() - said_at >= REPEAT_SECONDS
                    for subject, payload in saying:
                        if repeated or (subject, payload) not in said_before:
                            await self._transport.announce(subject, payload)
                    said_at = clock() if repeated else said_at
                    said_before = saying
                    self._waits_for = None
                except (
                    TransportError,
                    PersistenceError,
                    DamagedEntryError,
                    OSError,
                ) as error:
                    self._waits(error)
                    said_before = []
                await asyncio.sleep(PAUSE_SECONDS)
                await within(committed, REPEAT_SECONDS)

    def _sayings(self) -> list[tuple[str, bytes]]:
        self._look_again()
        settle_accepted(self._journal, self._peers)
        notes = self.cosign()
        evidence = [
            incident.evidence
            for incident in incidents(self._journal, undecided=True)
            if not incident.observed
        ]
        return [
            *((f"fagnett.cosignatures.{self._home}", note.encode()) for note in notes),
            *(
                (f"fagnett.incidents.{self._home}", shown.encode())
                for shown in evidence
            ),
        ]

    def cosign(self) -> list[str]:
        """Sign for what is new of each other region; return the last notes of all.

        A log is never signed for that is less, or other, than what was signed
        for before; nor one of a region that signed two histories.
        """
        notes = []
        for origin in _others(self._home):
            note = self._signed_heads.note(origin)
            if self._keeps(origin, note) and not count_undecided(self._journal, origin):
                note = self._signed(origin, note)
            if note is not None:
                notes.append(note)
        return notes

    def _keeps(self, origin: str, note: str | None) -> bool:
        """Whether the journal keeps what was promised; tell when it does not."""
        broken = None if note is None else breach(self._journal, claimed(note))
        if broken is None or note is None:
            self.state.breaches.pop(origin, None)
            return True
        if origin not in self.state.breaches:
            log.error("promise_broken", origin=origin, reason=str(broken))
        self.state.breaches[origin] = str(broken)
        if not broken.older:
            accuse(self._journal, note, self._peers)
        return False

    def _signed(self, origin: str, last: str | None) -> str | None:
        try:
            sealed = self._journal.sealed(origin)
            if sealed is None:
                return last
            note, signed = last, claimed(sealed.note)
        except (DamagedEntryError, BrokenCheckpointError) as error:
            # The other regions' logs are signed for all the same.
            self._journal.damage.found(origin, error)
            return last
        if (
            last is None
            or (claimed(last).epoch, claimed(last).size) < (signed.epoch, signed.size)
            or cosigned_at(last, self._key.verifier) is None
        ):
            seconds = self._unix_seconds()
            if seconds is None:
                return last
            note = cosign(sealed.note, self._key, seconds)
            # First the memory that outlives a restored database, then the word.
            self._signed_heads.keep(note)
        assert note is not None, "one of the two there is"
        self._keep(self._home, note)
        return note

    # What others say

    async def _hear(
        self, region: str, subject: str, take: Callable[[str, bytes], None]
    ) -> None:
        flood = Flood(self._journal, region, subject, FLOOD_HEARD)
        while True:
            try:
                async with aclosing(self._transport.hear(subject)) as heard:
                    async for payload in heard:
                        await self._look_at(region, payload, take)
                        await flood.count()
                        await asyncio.sleep(HEARD_SECONDS)
            except TransportError:
                pass
            await asyncio.sleep(RETRY_SECONDS)

    async def _look_at(
        self, region: str, payload: bytes, take: Callable[[str, bytes], None]
    ) -> None:
        try:
            await asyncio.to_thread(take, region, payload)
        except (RefusedCosignatureError, NoEvidenceError) as error:
            if self.state.refused.get(region) != str(error):
                log.warning("announcement_refused", origin=region, reason=str(error))
            self.state.refused[region] = str(error)
            await self._tell(region, payload, error)
        except (PersistenceError, DamagedEntryError, OSError) as error:
            self._waits(error)

    async def _tell(self, region: str, payload: bytes, error: Exception) -> None:
        """Keep what was seen of an announcement that its region cannot have made."""
        if isinstance(error, NoEvidenceError):
            seen = Observation(Observed.NO_EVIDENCE, "evidence", str(error), payload)
        elif isinstance(error, ForeignCosignatureError) and self._peers[region].ever():
            seen = Observation(Observed.NOT_SIGNED, "cosignatures", str(error), payload)
            seen = seen._replace(note=payload.decode(errors="replace"), signer=region)
        else:
            # A key may be new here, or yet to come.
            return
        try:
            await asyncio.to_thread(observe, self._journal, region, seen)
        except PersistenceError as failure:
            self._waits(failure)

    def take_incident(self, _region: str, payload: bytes) -> None:
        """Check evidence and raise the same incident; who brings it does not matter."""
        if len(payload) > EVIDENCE_BYTES_MAX:
            text = f"evidence of {len(payload)} bytes is too large"
            raise NoEvidenceError(text)
        raise_incident(self._journal, evidence_from(payload), self._peers)

    def take_cosignature(self, region: str, payload: bytes) -> None:
        """Hold a cosigned checkpoint against what is here, and keep it.

        Raises :class:`RefusedCosignatureError` when it is none.
        """
        try:
            note = payload.decode()
            offered = claimed(note)
        except (ValueError, BrokenCheckpointError) as error:
            raise ForeignCosignatureError(str(error)) from None
        if self._is_weighed(region, note, offered):
            # Everything is said again every few seconds; nothing has changed.
            return
        try:
            checkpoint = self._checked(region, note)
        except (KeyError, BrokenCheckpointError) as error:
            raise RefusedCosignatureError(str(error)) from None
        if not self._weigh(region, note, checkpoint):
            text = f"{region} cosigns another log of {checkpoint.origin} than is here"
            raise RefusedCosignatureError(text)

    def _is_weighed(self, region: str, note: str, offered: Checkpoint) -> bool:
        """Whether a note was kept and is the witness's last, and all is as it was."""
        place = (offered.origin, region)
        weighed = self._weighed.get(place)
        if weighed is None or weighed.note != note:
            self._weighed.pop(place, None)
            return False
        end = self._journal.positions()[offered.origin]
        return weighed == self._now(region, note, offered, end)

    def _now(
        self, region: str, note: str, offered: Checkpoint, end: Position
    ) -> _Weighed:
        """Everything on which the weighing of a region's note rests."""
        at_home = offered.origin == self._home
        sealed = self._journal.sealed(self._home) if at_home else None
        region_keys = self._peers[offered.origin].at(offered.epoch, offered.size)
        return _Weighed(
            note,
            (self._peers[region].at(*LAST), region_keys),
            end,
            None if sealed is None else sealed.note,
        )

    def _checked(self, region: str, note: str) -> Checkpoint:
        origin = claimed(note).origin
        at = cosigned_at(note, self._peers[region])
        if at is None or origin == region:
            text = f"a checkpoint of {origin} is not cosigned by {region}"
            raise ForeignCosignatureError(text)
        now = self._unix_seconds()
        if now is not None and at > now + AHEAD_SECONDS_MAX:
            text = f"{region} cosigns at a time that has not come"
            raise RefusedCosignatureError(text)
        return read(note, self._peers[origin])

    def _weigh(self, region: str, note: str, checkpoint: Checkpoint) -> bool:
        """Keep what agrees with what is here, or accuse; say whether either was done."""
        origin = checkpoint.origin
        end = self._journal.positions()[origin]
        # Before it is weighed: what comes meanwhile has it weighed anew.
        there = end.position >= checkpoint.size
        now = self._now(region, note, checkpoint, end) if there else None
        if given_up(self._journal, checkpoint):
            self._later.pop((origin, region), None)
            self._count_ahead(origin)
            given_up_sizes = self.state.given_up.setdefault(origin, {})
            given_up_sizes[region] = checkpoint.size
            return True
        proved = accuse(self._journal, note, self._peers)
        if proved is not None:
            self._later.pop((origin, region), None)
            self._count_ahead(origin)
            return proved
        end = self._journal.positions()[origin]
        if end.epoch < checkpoint.epoch or end.position < checkpoint.size:
            self._later[origin, region] = note
            if origin == self._home:
                # The home log has come further than anything here remembers.
                self._signed_heads.keep(note)
        else:
            self._later.pop((origin, region), None)
            self._keep(region, note)
            if now is not None:
                self._weighed[origin, region] = now
        self._count_ahead(origin)
        return True

    def _count_ahead(self, origin: str) -> None:
        waiting = [
            claimed(n).size for (o, _), n in list(self._later.items()) if o == origin
        ]
        self.state.ahead[origin] = max(waiting, default=0)

    def _look_again(self) -> None:
        """Weigh what could not be weighed when it came; drop what is signed no more."""
        for (origin, region), note in list(self._later.items()):
            try:
                checkpoint = self._checked(region, note)
            except (RefusedCosignatureError, BrokenCheckpointError):
                # A key was revoked meanwhile.
                self._later.pop((origin, region), None)
                self._count_ahead(origin)
            else:
                self._weigh(region, note, checkpoint)

    def _keep(self, witness: str, note: str) -> None:
        checkpoint = claimed(note)
        place = (checkpoint.origin, checkpoint.epoch, witness, checkpoint.size)
        keep_cosignature(self._journal, Cosigned(*place, note))

"""What was verified, as a file that whoever verifies keeps, to go on from there.

A line says of which file it is; then a line for each log at each node, in canonical JSON.
Whoever goes on trusts it: that the log was verified up to that checkpoint, and that what
stood there then stands there still.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from domain.catalogue import BrokenFactError, UnknownFactError, decode
from domain.fact import canonical
from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft
from federation.checks.verified import SeenBy, Verified, VerifiedTo
from federation.signed.checkpoint import BrokenCheckpointError, claimed
from federation.signed.merkle import frontier_from
from federation.signed.seen import DecidedOn

HEADER: Final = {"fagnett": "verified", "format": 1}
LOGS_MAX: Final = 64
VERIFIED_BYTES_MAX: Final = 16 * 1024 * 1024


class BrokenKeptError(Exception):
    """A file is none that says what was verified."""


def kept_bytes(verified: Mapping[str, Sequence[Verified]]) -> bytes:
    """Lines of all logs that are signed, by the node at which they were verified."""
    lines = [
        {"node": node, "origin": log.origin, **_members(log.to)}
        for node, logs in verified.items()
        for log in logs
        if log.to is not None
    ]
    return b"".join(canonical(line) + b"\n" for line in (HEADER, *lines))


def _members(to: VerifiedTo) -> dict[str, Any]:
    decided = to.decided
    return {
        "note": to.note,
        "frontier": to.frontier.to_bytes().hex(),
        "checkpoints": to.checkpoints,
        "recorded_at": to.recorded_at,
        "decided": [] if decided is None else [_of_decision(decided)],
        "left": to.left,
        "seen": [[*place, *seen] for place, seen in to.seen.items()],
        "facts": [
            [fact.TYPE, fact.to_bytes().decode()]
            for fact in (*to.epochs, *to.memberships)
        ],
        "witnesses": dict(to.witnesses),
    }


def _of_decision(basis: DecidedOn) -> list[Any]:
    place = [basis.id, basis.origin, basis.epoch, basis.position]
    seen = {origin: [*at] for origin, at in basis.seen.items()}
    return [*place, basis.rules, basis.command.hex(), seen]


def read_kept(content: bytes) -> Mapping[tuple[str, str], VerifiedTo]:
    """What was verified, by node and region; raise :class:`BrokenKeptError`."""
    lines = content.splitlines()[: LOGS_MAX + 1]
    try:
        header, *rest = map(orjson.loads, lines)
        if header != HEADER:
            raise BrokenKeptError
        return {(line["node"], line["origin"]): _read(line) for line in rest}
    except (
        *(ValueError, TypeError, KeyError, AttributeError),
        *(BrokenCheckpointError, BrokenFactError, UnknownFactError),
    ):
        raise BrokenKeptError from None


def _read(line: dict[str, Any]) -> VerifiedTo:
    size = claimed(line["note"]).size
    facts = [decode(name, text.encode()) for name, text in line["facts"]]
    return VerifiedTo(
        note=line["note"],
        frontier=frontier_from(size, bytes.fromhex(line["frontier"])),
        checkpoints=int(line["checkpoints"]),
        recorded_at=str(line["recorded_at"]),
        decided=_decision(line["decided"]),
        left=bool(line["left"]),
        seen={
            (origin, epoch): SeenBy(position, by, recorded_at)
            for origin, epoch, position, by, recorded_at in line["seen"]
        },
        epochs=tuple(fact for fact in facts if isinstance(fact, EpochBegun)),
        memberships=tuple(
            fact for fact in facts if isinstance(fact, RegionJoined | RegionLeft)
        ),
        witnesses=dict(line["witnesses"]),
    )


def _decision(told: Iterable[list[Any]]) -> DecidedOn | None:
    for name, origin, epoch, position, rules, command, seen in told:
        places = {of: (int(at[0]), int(at[1])) for of, at in seen.items()}
        return DecidedOn(
            *(name, origin, epoch, position, rules, bytes.fromhex(command), places)
        )
    return None

"""The region's NATS server as the node finds it: reachable, bounded, on time."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from deploy.carrier.configuration import PAYLOAD_BYTES_MAX
from deploy.doctor.finding import Finding, Values, fails, ok, warns
from federation.node.asking import FLOOD_PER_SECOND
from federation.transport.connection import Inspected
from federation.transport.subjects import stream_name

DRIFT_MILLISECONDS_MAX: Final = 1000
DRIFT_MILLISECONDS_BAD: Final = 60_000
"""Drift from which what the region records stands under a wrong time."""


def carrier(region: str, inspected: Inspected, now: datetime) -> Iterator[Finding]:
    """Judge what was found at the server, at an instant of this machine's clock."""
    if inspected.payload_bytes_max < PAYLOAD_BYTES_MAX:
        values: Values = {
            "found": inspected.payload_bytes_max,
            "wanted": PAYLOAD_BYTES_MAX,
        }
        yield fails("carrier", "payload", **values)
    else:
        yield ok("carrier", release=inspected.release)
    name, command = stream_name(region), f"fagnett carrier declare {region}"
    if inspected.messages is None:
        yield fails("stream", "none", stream=name, command=command)
    elif inspected.differing:
        names = ", ".join(inspected.differing)
        yield fails("stream", stream=name, settings=names, command=command)
    else:
        yield ok("stream", stream=name, messages=inspected.messages)
    if inspected.may:
        yield fails("permissions", acts=", ".join(inspected.may), stream=name)
    else:
        yield ok("permissions", stream=name)
    yield clock(inspected.at, now)


def readers(rates: Mapping[str, float]) -> Iterator[Finding]:
    """Tell who asks the stream without end."""
    flooding = {
        reader: rate for reader, rate in rates.items() if rate > FLOOD_PER_SECOND
    }
    for reader, rate in flooding.items():
        yield warns("readers", "flood", reader=reader, rate=round(rate))
    if not flooding:
        yield ok("readers")


def clock(at: str | None, now: datetime) -> Finding:
    """Hold this machine's clock against the server's."""
    if at is None:
        return warns("clock", "none")
    # Nanoseconds are more than is read here.
    theirs = datetime.fromisoformat(f"{at[:19]}{at[19:-1][:7]}+00:00")
    apart = int((now - theirs).total_seconds() * 1000)
    if abs(apart) > DRIFT_MILLISECONDS_BAD:
        return fails(
            "clock", "ahead_bad" if apart > 0 else "behind_bad", apart=abs(apart)
        )
    if abs(apart) > DRIFT_MILLISECONDS_MAX:
        return warns("clock", "ahead" if apart > 0 else "behind", apart=abs(apart))
    return ok("clock", apart=apart)

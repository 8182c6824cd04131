"""Who may publish and hear what on NATS: the least that a federation needs.

A node publishes its own announcements, and reads and asks the others on subjects that
are its own with each of them; what it publishes on its stream only a connection of its
courier can, in an account that nobody else is in. Nobody but a region's operator may
create, change, purge or delete the stream, and the hub lets nobody do it from another
region. A link has the same bounds at the hub, whatever the server at its other end allows.

A server answers on whatever subject an asker names. So what a region asks of another's
stream comes to an account and over a link that are for these two alone, and over that link
nothing leaves but to the asker's own inboxes.
"""

from collections.abc import Iterator
from typing import Any, Final

from domain.values import Region
from federation.transport.subjects import (
    ACCOUNTS,
    AT_HOME,
    CONSUMERS_MAX,
    consumer_name,
    consumers_of,
    courier_name,
    inbox_prefix,
    node_name,
    operator_name,
    pages_subject,
    ranges_subject,
    reading_prefix,
    stream_name,
    watch_name,
)

ANNOUNCEMENTS: Final = ("checkpoints", "cosignatures", "incidents")
"""What a region tells all others, each on ``fagnett.<kind>.<region>``."""
LOOKING: Final = ("STREAM.INFO", "DIRECT.GET")
"""What is asked of a stream itself; it changes nothing."""
CONSUMING: Final = ("CONSUMER.RESET", "CONSUMER.MSG.NEXT")
"""What is asked of a reader's consumers, by their names. They are the owner's, who bounds
what may wait there: a reader makes none, and asks nothing of the stream itself."""
CONSUMING_EARLIER: Final = ("CONSUMER.CREATE", "CONSUMER.DELETE", "CONSUMER.MSG.NEXT")
"""What a node asked of an earlier release, besides what it asked of the stream."""


def acts(origin: Region, reader: Region) -> Iterator[str]:
    """What a region may ask of another's stream, after ``$JS.API``."""
    stream = stream_name(origin.value)
    for name in consumers(reader):
        for act in CONSUMING:
            yield f"{act}.{stream}.{name}"


def consumers(reader: Region) -> list[str]:
    """Names of the consumers that a region has of each other's stream."""
    return [consumer_name(reader.value, number) for number in range(CONSUMERS_MAX)]


def requests(origin: Region, reader: Region) -> list[str]:
    """Requests by which a region reads another's stream."""
    begin = reading_prefix(origin.value, reader.value)
    return [f"{begin}.{act}" for act in acts(origin, reader)]


def earlier_requests(origin: Region, reader: Region) -> list[str]:
    """Requests by which a node of an earlier release does.

    A server that has its configuration of this one answers none of them, and says so at
    once: such a node asks for ranges then.
    """
    begin = reading_prefix(origin.value, reader.value)
    stream = stream_name(origin.value)
    acts = [f"{act}.{stream}" for act in LOOKING]
    acts += [
        f"{act}.{stream}.{name}"
        for name in consumers(reader)
        for act in CONSUMING_EARLIER
    ]
    return [f"{begin}.{act}" for act in acts]


def announcing(region: Region) -> list[str]:
    """Subjects on which a region alone speaks."""
    return [f"fagnett.{kind}.{region.value}" for kind in ANNOUNCEMENTS]


def replies(region: Region) -> str:
    """Subjects on which a region's node gets answers."""
    return f"{inbox_prefix(node_name(region.value))}.>"


def answering(asker: Region, asked: Region) -> str:
    """Subjects on which one region answers another, and nobody else does."""
    return f"{inbox_prefix(node_name(asker.value, asked.value))}.>"


def node(region: Region) -> dict[str, Any]:
    """What a node may do at its own server."""
    publish = announcing(region)
    for other in all_but(region):
        publish += [ranges_subject(other.value, region.value), answering(other, region)]
        asked = [*requests(other, region), *earlier_requests(other, region)]
        publish += dict.fromkeys(asked)
    subscribe = [replies(region)]
    for other in all_but(region):
        subscribe += [ranges_subject(region.value, other.value), *announcing(other)]
    return _allow(publish, subscribe)


def courier(region: Region) -> dict[str, Any]:
    """What a node's courier may do: add to its own stream, and look at it."""
    looking = [f"{AT_HOME}.{act}.{stream_name(region.value)}" for act in LOOKING]
    return _allow(
        [pages_subject(region.value), *looking],
        [f"{inbox_prefix(courier_name(region.value))}.>"],
    )


def watch(region: Region) -> dict[str, Any]:
    """What it takes to see how much others ask of a server."""
    return _allow([ACCOUNTS], [f"{inbox_prefix(watch_name(region.value))}.>"])


def operator(region: Region) -> dict[str, Any]:
    """What a region's operator may do: with its own stream, everything."""
    stream = stream_name(region.value)
    acts = [
        f"STREAM.{act}.{stream}"
        for act in ("CREATE", "UPDATE", "DELETE", "PURGE", "INFO")
    ]
    acts += [
        f"CONSUMER.{act}.{stream}.{name}"
        for name in consumers_of(region.value)
        for act in ("CREATE", "DELETE")
    ]
    return _allow(
        [f"{AT_HOME}.{act}" for act in acts],
        [f"{inbox_prefix(operator_name(region.value))}.>"],
    )


def link(region: Region) -> dict[str, Any]:
    """What may pass the hub from a region's server, and to it."""
    acts = node(region)
    # A server whose configuration is of an earlier release answers them over this link.
    acts["subscribe"]["allow"] += [
        asked for other in all_but(region) for asked in earlier_requests(region, other)
    ]
    return acts


def reading_link(origin: Region, reader: Region) -> dict[str, Any]:
    """What may pass where one region reads another's stream, and nothing else."""
    return _allow([answering(reader, origin)], requests(origin, reader))


def services(origin: Region, reader: Region) -> Iterator[tuple[str, str]]:
    """What a reader asks of a stream, and what that is at its server."""
    begin = reading_prefix(origin.value, reader.value)
    for act in acts(origin, reader):
        yield f"{begin}.{act}", f"{AT_HOME}.{act}"


def all_but(region: Region) -> list[Region]:
    """All regions but one."""
    return [other for other in Region if other is not region]


def _allow(publish: list[str], subscribe: list[str]) -> dict[str, Any]:
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}

"""Who may publish and hear what on NATS: the least that a federation needs.

A node publishes its own pages and announcements and reads the others' streams.
Nobody but a region's operator may create, change, purge or delete its stream,
and the hub lets nobody do it from another region. A link has the same bounds
at the hub, whatever the server at its other end allows.
"""

from typing import Any, Final

from domain.values import Region
from federation.carrier.connection import (
    inbox,
    node_name,
    operator_name,
    stream_name,
    subject,
)

ANNOUNCEMENTS: Final = ("checkpoints", "cosignatures", "incidents")
"""What a region tells all others, each on ``fagnett.<kind>.<region>``."""


def reading(origin: Region, *, at_home: bool = False) -> list[str]:
    """Return the requests by which a region's stream is read; they change nothing.

    A consumer can be made without a name only: such a one ends by itself. A
    server takes the domain out of a request to its own before it looks.
    """
    stream = stream_name(origin.value)
    api = "$JS.API" if at_home else f"$JS.{origin.value}.API"
    return [
        f"{api}.STREAM.INFO.{stream}",
        f"{api}.DIRECT.GET.{stream}",
        f"{api}.CONSUMER.CREATE.{stream}",
        f"{api}.CONSUMER.MSG.NEXT.{stream}.*",
    ]


def announcing(region: Region) -> list[str]:
    """Return the subjects on which a region alone speaks."""
    return [f"fagnett.{kind}.{region.value}" for kind in ANNOUNCEMENTS]


def ranges(region: Region) -> str:
    """Return the subject on which a region is asked for ranges of entries."""
    return f"fagnett.ranges.{region.value}"


def replies(region: Region) -> str:
    """Return the subjects on which a region's node gets answers."""
    return f"{inbox(node_name(region.value))}.>"


def node(region: Region) -> dict[str, Any]:
    """Return what a node may do at its own server."""
    others = _others(region)
    publish = [subject(region.value), *announcing(region)]
    # Not whatever subject an asker names: that would lend it what the node may do.
    publish += [each for other in others for each in (ranges(other), replies(other))]
    publish += reading(region, at_home=True)
    publish += [each for other in others for each in reading(other)]
    subscribe = [replies(region), ranges(region)]
    subscribe += [each for other in others for each in announcing(other)]
    return _allow(publish, subscribe)


def operator(region: Region) -> dict[str, Any]:
    """Return what a region's operator may do: with its own stream, everything."""
    stream = stream_name(region.value)
    return _allow(
        [
            f"$JS.API.STREAM.{act}.{stream}"
            for act in ("CREATE", "UPDATE", "DELETE", "PURGE", "INFO")
        ],
        [f"{inbox(operator_name(region.value))}.>"],
    )


def link(region: Region) -> dict[str, Any]:
    """Return what may pass the hub from a region's server, and to it."""
    others = _others(region)
    publish = announcing(region)
    for other in others:
        publish += [ranges(other), replies(other), *reading(other)]
    subscribe = [replies(region), ranges(region), *reading(region)]
    subscribe += [each for other in others for each in announcing(other)]
    return _allow(publish, subscribe)


def _others(region: Region) -> list[Region]:
    return [each for each in Region if each is not region]


def _allow(publish: list[str], subscribe: list[str]) -> dict[str, Any]:
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}

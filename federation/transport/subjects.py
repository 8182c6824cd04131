"""The names of connections, streams and subjects: who speaks is said by the subject.

Between two regions each has its own, so that the servers know who asks and who answers.
"""

from typing import Final

from domain.region import Region

AT_HOME: Final = "$JS.API"
"""Prefix of requests to JetStream at a region's own server."""
ACCOUNTS: Final = "$SYS.REQ.ACCOUNT.PING.STATZ"
"""Subject on which each server of a region tells what came to its accounts."""
CONSUMERS_MAX: Final = 4
"""Consumers of one stream that a region has: one to look, and those that it reads by in
turn."""


def stream_name(region: str) -> str:
    """As ``fagnett-vest``."""
    return f"fagnett-{region}"


def pages_subject(region: str) -> str:
    """One subject of a region's stream."""
    return f"fagnett.pages.{region}"


def ranges_subject(owner: str, asker: str) -> str:
    """Subject on which one region's node is asked by another's."""
    return f"fagnett.ranges.{owner}.{asker}"


def reading_prefix(owner: str, reader: str) -> str:
    """Prefix of the requests by which a region reads another's stream.

    What follows is what follows ``$JS.API`` at the owner's own server.
    """
    return f"fagnett.reading.{owner}.{reader}"


def consumer_name(reader: str, number: int) -> str:
    """Name of one of a region's readers."""
    return f"{reader}-{number}"


def consumers_of(origin: str) -> list[str]:
    """Names of the consumers of a region's stream: some for each other region."""
    return [
        consumer_name(reader.value, number)
        for reader in Region
        for number in range(CONSUMERS_MAX)
        if reader.value != origin
    ]


def node_name(region: str, other: str = "") -> str:
    """Name of a node's connection, or of that for another region."""
    return f"fagnett-{region}.{other}" if other else f"fagnett-{region}"


def courier_name(region: str) -> str:
    """Name of the connection over which a node fills its stream."""
    return f"courier-{region}"


def operator_name(region: str) -> str:
    """Name of an operator's connection."""
    return f"operator-{region}"


def watch_name(region: str) -> str:
    """Name of the connection over which a region counts what it is asked."""
    return f"watch-{region}"


def reading_account(reader: str) -> str:
    """Name of the account of any region's server in which another region reads."""
    return f"READS_{reader.upper()}"


def inbox_prefix(name: str) -> str:
    """Prefix of the subjects of a connection's answers."""
    return f"_INBOX_{name}"

"""What another region's entry must be before it is kept, whoever signed it.

Its fact may be unknown here and is stored then; what is known of it must fit.
"""

from domain.catalogue import stream_kind
from domain.parties.membership import TYPES
from federation.log import epochs, membership
from federation.signed.entry import Row


def misfit(row: Row) -> str | None:
    """Return why an entry stands in no stream of its kind, by itself alone."""
    if (row.stream == epochs.stream(row.origin)) is not (row.type == epochs.BEGUN):
        return f"is a {row.type} in {row.stream}, where only epochs begin"
    if (row.stream == membership.stream(row.origin)) is not (row.type in TYPES):
        return f"is a {row.type} in {row.stream}, where only regions join and leave"
    kind = stream_kind(row.type)
    if kind is not None and not row.stream.startswith(f"{row.origin}:{kind}:"):
        return f"is a {row.type} in a stream of another kind"
    return None


def unreadable(row: Row) -> str | None:
    """Return why a fact is refused on which it rests how the log may go on."""
    if row.type in TYPES and membership.membership_of(row) is None:
        return f"is a {row.type} that cannot be read"
    return None


def is_ahead(row: Row, latest: str | None) -> bool:
    """Say whether an entry is recorded when nothing can be recorded yet.

    ``latest`` is the last instant at which something can be, by this node's clock.
    """
    return latest is not None and row.recorded_at > latest

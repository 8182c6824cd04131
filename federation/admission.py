"""What another region's entry must be before it is kept, whoever signed it.

Its fact may be unknown here and is stored then; what is known of it must fit.
"""

from domain.catalogue import stream_kind
from federation import epochs, membership
from federation.entry import Row


def inadmissible(row: Row, latest: str | None) -> str | None:
    """Return why an entry is refused, or None where nothing speaks against it.

    ``latest`` is the instant after which nothing can be recorded yet.
    """
    if (row.stream == epochs.stream(row.origin)) is not (row.type == epochs.BEGUN):
        return f"is a {row.type} in {row.stream}, where only epochs begin"
    if (row.stream == membership.stream(row.origin)) is not (
        row.type in membership.NAMES
    ):
        return f"is a {row.type} in {row.stream}, where only regions join and leave"
    if row.type in membership.NAMES and membership.membership_of(row) is None:
        return f"is a {row.type} that cannot be read"
    kind = stream_kind(row.type)
    if kind is not None and not row.stream.startswith(f"{row.origin}:{kind}:"):
        return f"is a {row.type} in a stream of another kind"
    if latest is not None and row.recorded_at > latest:
        return f"is recorded at {row.recorded_at}, which has not come"
    return None

"""What another region's entry must be before it is kept, whoever signed it.

Its fact may be unknown here and is stored then; what is known of it must fit.
"""

from domain.catalogue import stream_kind
from domain.parties.membership import TYPES
from federation.journal.shapes import Position
from federation.log.epochs import BEGUN, epoch_stream
from federation.log.membership import membership_of, membership_stream
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import Row


def refusal(row: Row, end: Position, signed: Checkpoint) -> str | None:
    """Why an entry of a page is refused, whatever the time is here.

    The page goes on from what is ``end``, or begins before that; with it was
    ``signed`` to what instant the log is complete.
    """
    if row.recorded_at > signed.complete_to:
        return "is recorded after the instant to which its page is complete"
    if row.type == BEGUN and row.position > end.position:
        next_epoch = (end.position + 1, end.epoch + 1)
        if (row.position, row.epoch) != next_epoch:
            return "begins no epoch"
    if reason := misfit(row):
        return reason
    if row.type in TYPES and membership_of(row) is None:
        # How the log may go on rests on it.
        return f"is a {row.type} that cannot be read"
    return None


def misfit(row: Row) -> str | None:
    """Why an entry stands in no stream of its kind, by itself alone."""
    if (row.stream == epoch_stream(row.origin)) is not (row.type == BEGUN):
        return f"is a {row.type} in {row.stream}, where only epochs begin"
    if (row.stream == membership_stream(row.origin)) is not (row.type in TYPES):
        return f"is a {row.type} in {row.stream}, where only regions join and leave"
    kind = stream_kind(row.type)
    if kind is not None and not row.stream.startswith(f"{row.origin}:{kind}:"):
        return f"is a {row.type} in a stream of another kind"
    return None

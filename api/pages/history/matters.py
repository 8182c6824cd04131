"""What belongs to one matter: the streams of an entry, and the pages where it counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from api.pages.history.entry_subject import entry_document, stream_kind_of
from api.pages.saying import EntryAsTold
from domain.fact import Message
from domain.history import Stream
from domain.values import Region
from federation.journal.shapes import DatabaseCursor
from federation.journal.store import Journal
from federation.signed.entry import Row

TOGETHER: Final = (
    ("agreement", "answers", "terminations", "billing"),
    ("post", "staffing"),
    ("report", "report-decisions"),
    ("invoice-decisions", "dispute", "payments", "receipts"),
    ("statements", "signatures"),
    ("organisation", "billing-details", "mandates"),
)
"""Kinds of streams that are about the same where their keys are."""
_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    kind: kinds for kinds in TOGETHER for kind in kinds
}
TIMELINE_MAX: Final = 200
DOCUMENT_KINDS: Final = ("invoice-decisions", "dispute", "payments", "receipts")


class MatterEntries(NamedTuple):
    """The entries of a matter, and the kind of stream that it is called after."""

    kind: str
    rows: Sequence[Row]
    more: int
    """How many more there are than are given."""


def matter_of(journal: Journal, entry: EntryAsTold) -> MatterEntries:
    """All that was recorded of what an entry is about, in the order of recording."""
    _, kind, key = entry.row.stream.split(":", 2)
    kinds, own = _WITH.get(kind, (kind,)), None
    if kind == "invoices":
        seller, year, number = entry_document(entry) or ("", 0, 0)
        kinds, key, own = DOCUMENT_KINDS, f"{seller}:{year}:{number}", entry.row
    streams = [str(Stream(region, each, key)) for region in Region for each in kinds]
    with journal.reading() as cursor:
        rows = [*journal.streams_in(cursor, streams)]
        if kind in DOCUMENT_KINDS:
            own = _issued_in(journal, cursor, key)
    if own is not None:
        rows.insert(0, own)
    return MatterEntries(
        "invoices" if kind in DOCUMENT_KINDS else kind,
        _around(rows, entry.row),
        max(0, len(rows) - TIMELINE_MAX),
    )


def _issued_in(journal: Journal, cursor: DatabaseCursor, key: str) -> Row | None:
    """Entry that issued a document."""
    seller, year, number = key.split(":")
    for region in Region:
        stream = str(Stream(region, "invoices", f"{seller}:{year}"))
        row = journal.entry_in(cursor, stream, int(number))
        if row is not None:
            return row
    return None


def _around(rows: Sequence[Row], own: Row) -> Sequence[Row]:
    """Select as many rows as are shown, with an entry among them."""
    at = next((n for n, row in enumerate(rows) if row.id == own.id), 0)
    start = max(0, min(at - TIMELINE_MAX // 2, len(rows) - TIMELINE_MAX))
    return rows[start : start + TIMELINE_MAX]


class CountsIn(NamedTuple):
    """A page on which an entry counts: the key of its words, what they name, its address."""

    key: str
    values: Mapping[str, str]
    address: str


def counts_in(entry: EntryAsTold) -> Iterator[CountsIn]:
    """Give the pages on which an entry counts, the nearest first."""
    fact = entry.fact
    if fact is None:
        return
    names = dict(_names(fact))
    key = entry_document(entry)
    if key is not None:
        seller, year, number = key
        values = {"number": str(number), "year": str(year), "seller": seller}
        yield CountsIn("to_invoice", values, f"/invoices/{seller}/{year}/{number}")
    if agreement := names.get("agreement"):
        yield CountsIn(
            "to_agreement", {"agreement": agreement}, f"/agreements/{agreement}"
        )
    if network := names.get("network"):
        yield CountsIn("to_network", {"network": network}, f"/networks/{network}")
    kind = stream_kind_of(fact)
    if kind in {"statements", "signatures"}:
        yield CountsIn("to_statements", {}, "/statements")
    if key is not None or agreement:
        yield CountsIn("to_settlement", {}, "/settlement")
    if kind == "bank-entry":
        yield CountsIn("to_bank", {}, "/bank")
    if kind in {"days", "log"}:
        yield CountsIn("to_federation", {}, "/federation")


def _names(message: Message) -> Iterator[tuple[str, str]]:
    """Give what a fact names of agreements and networks, its own names last."""
    for name in type(message).model_fields:
        value = getattr(message, name)
        if isinstance(value, Message):
            yield from _names(value)
        elif name in {"agreement", "network"} and isinstance(value, str):
            yield name, value

"""A region leaves and joins again, as its operator records it."""

from datetime import date

from domain.parties.membership import TrustedKey, decide_joining, decide_leaving
from federation.journal.store import Journal
from federation.log.membership import record
from federation.signed.entry import Row
from tests.support.federation import KEYS, instant

DAY = date(2026, 7, 10)
KEYS_THEN = tuple(
    TrustedKey(region=region, key=str(key.verifier)) for region, key in KEYS.items()
)


def leaves(journal: Journal) -> Row:
    """Let a region leave."""
    row = record(
        journal, lambda at: decide_leaving(at, DAY, "Enough"), "drift", instant()
    )
    assert isinstance(row, Row)
    return row


def joins(journal: Journal) -> Row:
    """Let a region join again."""
    row = record(
        journal, lambda at: decide_joining(at, DAY, KEYS_THEN), "drift", instant()
    )
    assert isinstance(row, Row)
    return row

"""Opening a journal that is there, for what changes nothing."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from deploy.databases import exists, open_journal
from deploy.settings import StoreSettings
from federation.journal.store import Journal
from federation.journal.unreadable import Cause, UnreadableJournalError


@contextmanager
def looking_at(store: StoreSettings) -> Iterator[Journal]:
    """Open a journal that is there, and make and change nothing."""
    named = store.region.value
    if not exists(store.database):
        raise UnreadableJournalError(Cause.NO_JOURNAL, named)
    try:
        journal = open_journal(store.database, store.region, read_only=True)
    except UnreadableJournalError as error:
        what = f"{named} {error.what}".strip()
        raise UnreadableJournalError(error.cause, what) from None
    with closing(journal):
        yield journal

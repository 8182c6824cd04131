"""The library's face of a journal: an ``ApplicationRecorder``.

A notification id is a position in the home region's log: 1, 2, 3 … without
holes on either database, also after a refused insert.
"""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.persistence import (
    ApplicationRecorder,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
)
from typing_extensions import override

from federation.journal.store import ALL, Journal, marks, stored_event
from federation.signed.entry import data_of


class JournalRecorder(Journal, ApplicationRecorder):
    """A journal that the library can use; the databases' journals inherit it."""

    @override
    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        rows = self.append(stored_events, **kwargs)
        return [row.position for row in rows]

    @override
    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        with self.reading() as cursor:
            cursor.execute(
                "SELECT stream, version, type, body FROM journal "
                "WHERE stream = ? AND version > ? "
                "AND version <= ? "
                f"ORDER BY version {'DESC' if desc else 'ASC'} LIMIT ?",
                (
                    str(originator_id),
                    -1 if gt is None else gt,
                    ALL if lte is None else lte,
                    ALL if limit is None else limit,
                ),
            )
            return [stored_event(row) for row in cursor.fetchall()]

    @override
    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Entries of the home region; a notification id is a position."""
        after = (start or 0) - (1 if inclusive_of_start and start else 0)
        only = f"AND type IN ({marks(len(topics))}) " if topics else ""
        with self.reading() as cursor:
            cursor.execute(
                "SELECT position, stream, version, type, body FROM journal "
                "WHERE origin = ? "
                f"AND position > ? AND position <= ? {only}"
                "ORDER BY position LIMIT ?",
                (
                    self.region.value,
                    after,
                    ALL if stop is None else stop,
                    *topics,
                    limit,
                ),
            )
            return [
                Notification(
                    id=row["position"],
                    originator_id=row["stream"],
                    originator_version=row["version"],
                    topic=row["type"],
                    state=data_of(bytes(row["body"])),
                )
                for row in cursor.fetchall()
            ]

    @override
    def max_notification_id(self) -> int | None:
        return self.positions()[self.region.value].position or None

    @override
    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> "JournalSubscription":
        return JournalSubscription(self, gt, topics)


class JournalSubscription(ListenNotifySubscription[JournalRecorder]):
    """The library's subscription, woken by a commit, with a poll as fallback."""

    POLL_SECONDS: ClassVar[float] = 0.5

    def __init__(
        self,
        recorder: JournalRecorder,
        gt: int | None = None,
        topics: Sequence[str] = (),
    ) -> None:
        recorder.listeners.append(self._wake)
        super().__init__(recorder, gt, topics)

    @override
    def stop(self) -> None:
        if self._wake in self._recorder.listeners:
            self._recorder.listeners.remove(self._wake)
        super().stop()

    def _wake(self, _origin: str) -> None:
        self._has_been_notified.set()

    @override
    def _loop_on_pull(self) -> None:
        try:
            self._pull()
            while not self._has_been_stopped:
                # What another process commits wakes nobody here, so look anyway.
                self._has_been_notified.wait(self.POLL_SECONDS)
                self._pull()
        except BaseException as error:  # noqa: BLE001 - raised by the iterator
            self._thread_error = self._thread_error or error
            self.stop()

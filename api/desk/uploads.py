"""Folders that people have uploaded and tried, until they are recorded or forgotten.

They are kept in this process alone: who comes to another one, or too late, uploads the
file again and loses nothing.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from api.folders import CheckedFolder, RecordedRows, UploadFile

KEPT_SECONDS: Final = 2 * 60 * 60
KEPT_BYTES_MAX: Final = 96 * 1024 * 1024
"""Of all files together."""
_NAME_BYTES: Final = 12


@dataclass
class KeptUpload:
    """A file, what a trial said of it, and how far recording has come."""

    name: str
    person: str
    organisation: str
    file: UploadFile
    checked: CheckedFolder
    kept_at: int
    done: int = 0
    """Rows that were played."""
    total: int = 0
    begun: bool = False
    outcome: RecordedRows | None = None
    failed: str = ""
    """Why recording ended before its end."""
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the file's fingerprint."""
        self.fingerprint = hashlib.sha256(self.file.content).hexdigest()

    @property
    def is_recording(self) -> bool:
        """Whether rows are being recorded right now."""
        return self.begun and self.outcome is None and not self.failed

    def tell(self, done: int, total: int) -> None:
        """Note how far recording has come."""
        self.done, self.total = done, total


class KeptUploads:
    """The uploads of this process; a person has one at a time."""

    def __init__(self) -> None:
        self._kept: dict[str, KeptUpload] = {}

    def keep(
        self,
        person: str,
        organisation: str,
        file: UploadFile,
        checked: CheckedFolder,
        now: int,
    ) -> KeptUpload:
        """Keep what somebody has uploaded, in place of what they had before."""
        for old in list(self._forgotten(person, len(file.content), now)):
            del self._kept[old]
        name = secrets.token_urlsafe(_NAME_BYTES)
        kept = KeptUpload(name, person, organisation, file, checked, now)
        self._kept[name] = kept
        return kept

    def _forgotten(self, person: str, more: int, now: int) -> Iterator[str]:
        """Give what has to go: what is old or replaced, and the oldest for want of room."""
        room = KEPT_BYTES_MAX - more
        for name, each in reversed(self._kept.items()):
            if each.is_recording:
                room -= len(each.file.content)
                continue
            over = each.person == person or now - each.kept_at > KEPT_SECONDS
            if over or len(each.file.content) > room:
                yield name
            else:
                room -= len(each.file.content)

    def find(self, name: str, person: str, organisation: str) -> KeptUpload | None:
        """What somebody has uploaded for an organisation; nobody else's."""
        kept = self._kept.get(name)
        if kept is None or (kept.person, kept.organisation) != (person, organisation):
            return None
        return kept

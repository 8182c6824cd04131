"""Folders that people upload: what a node asks of whoever reads and plays them.

The composition root hands in who does that: the same code as ``fagnett check`` and
``settle``, which stands above the API.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from api.words import Language
from domain.document import Document
from domain.fact import Command
from domain.values import Region

UPLOAD_BYTES_MAX = 8 * 1024 * 1024
"""Of a workbook or a zip of CSV files, as it is sent."""
FOLDER = "folder"
"""Why what a folder cannot say is left out of terms, and where an attachment is kept."""

SendCommand = Callable[[Command, str], Awaitable[bool]]
"""Sends a command under an idempotency key and says whether anything was recorded
that was not there before; raises ``ProblemError`` where it is refused."""


@dataclass(frozen=True, slots=True)
class FolderAsker:
    """Who uploads a folder, and how it is told."""

    organisation: str
    actor: str
    region: Region
    """The node's own."""
    day: date
    """On which everything is recorded."""
    language: Language
    pseudonym: Callable[[str, str], str]
    try_document: Callable[[bytes, str], Document]
    """What the node would say of a document of some type; it keeps none."""
    document: Callable[[bytes, str], Document]
    """Has the node keep a document. Both raise ``ProblemError`` for what is not taken."""
    may: Callable[[type[Command]], bool]
    """Whether the role sends a command."""
    used: Callable[[Collection[str]], Collection[str]]
    """Which of some idempotency keys the organisation has used before."""


class UploadFile(NamedTuple):
    """What was uploaded."""

    name: str
    content: bytes


class RefusedRow(NamedTuple):
    """A row that is not recorded, as its sheet has it."""

    line: int
    texts: Sequence[str]
    marked: int
    """Which of its cells is at fault, from 0."""
    cell: str
    """``E17``, or the line alone where there are no letters."""
    code: str
    reason: str
    because: str
    """Place of the row that fell first, where this one follows it."""
    follows: Sequence[str]
    """Places of the rows that follow this one."""


class SheetOfUpload(NamedTuple):
    """A table of what was uploaded, and a cut-out of it."""

    name: str
    rows: int
    letters: Sequence[str]
    titles: Sequence[str]
    refused: Sequence[RefusedRow]


@dataclass(frozen=True, slots=True)
class CheckedFolder:
    """What would be said of all rows, and how the file was read."""

    rows: int
    refused: int
    following: int
    """How many of these follow another row that is refused."""
    own: int
    """How many rows are ready and the asker's own to record."""
    known: int
    """How many of the asker's own rows were recorded before."""
    of_others: int
    """How many rows are ready and others' to record."""
    sheets: Sequence[SheetOfUpload]
    notes: Sequence[str]
    noticed: Sequence[tuple[str, str]]
    """Place and words of what is doubtful of a row that is recorded all the same."""


class RecordedRows(NamedTuple):
    """What came of recording."""

    recorded: int
    known: int
    """Rows that had been recorded before, with the same content."""
    of_others: int
    refused: Sequence[tuple[str, str]]
    """Place and words of each row that was refused after all."""


class UnreadFolderError(Exception):
    """What was uploaded is no folder; the message says why, in the asker's words."""


class FolderDoor(Protocol):
    """Reads folders, says what would come of them, and records them."""

    async def check(self, file: UploadFile, asker: FolderAsker) -> CheckedFolder:
        """Decide on all rows without recording any; raise :class:`UnreadFolderError`."""
        ...

    async def record(
        self,
        file: UploadFile,
        asker: FolderAsker,
        send: SendCommand,
        tell: Callable[[int, int], None],
    ) -> RecordedRows:
        """Record the asker's own rows; ``tell`` hears how many of how many are done."""
        ...

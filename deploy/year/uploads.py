"""Folders that people upload at a node: read, tried on what the node holds, recorded.

A trial decides on every row as its own region would. Recording sends the uploader's
own rows as the uploader's own commands; all other rows are for their organisations.
"""

import asyncio
import zipfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import orjson
from typing_extensions import override

from api.folders import (
    CheckedFolder,
    FolderAsker,
    RecordedRows,
    RefusedRow,
    SendCommand,
    SheetOfUpload,
    UnreadFolderError,
    UploadFile,
)
from api.problems import ProblemError, row_of_others
from api.words import Language, sentence
from api.written.names import in_words
from deploy.year.dry import SPOKEN, DryFederation, SentCommand, refusal_of
from deploy.year.folder import FolderYear, SeenTable, read_year, rows_as_seen
from deploy.year.lines import FolderError, letters, printable_name
from deploy.year.live import LiveLogs
from deploy.year.plan import Plan, Refused, plan
from deploy.year.player import Player
from deploy.year.rows import BadRow
from domain.decisions import decide_on_any_mandate
from domain.document import Document
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.invoicing.invoice_decision import RegisterInvoice
from domain.refusal import Refusal
from federation.journal.store import Journal

ZIP_FILES_MAX: Final = 100
ZIP_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of all files in a zip, unpacked."""
OF_OTHERS: Final = "row_of_others"
"""Code of a row that is another organisation's to record."""
_CHUNK: Final = 64 * 1024
_ZIPS: Final = frozenset({".zip"})
_BOOKS: Final = frozenset({".xlsx", ".xlsm"})
NOTHING_NEW: Final[Mapping[str, object]] = {"position": None, "warnings": []}
At = tuple[str, int]
"""A row's file or sheet, and its line."""


@contextmanager
def unpacked(file: UploadFile) -> Iterator[Path]:
    """Put what was uploaded where a folder is read from, for as long as it is read."""
    with TemporaryDirectory(prefix="fagnett-upload-") as folder:
        suffix = PurePosixPath(file.name).suffix.lower()
        if suffix in _BOOKS:
            path = Path(folder) / f"{_plain(file.name)}{suffix}"
            path.write_bytes(file.content)
            yield path
        elif suffix in _ZIPS:
            _unzip(file.content, Path(folder))
            yield Path(folder)
        else:
            raise FolderError("not_an_upload", file=printable_name(file.name))


def _plain(name: str) -> str:
    """Name of a file without its folders and its ending, harmless as a path."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    kept = "".join(each if each.isalnum() or each in " -_" else "_" for each in stem)
    return kept.strip()[:80] or "file"


def _unzip(content: bytes, folder: Path) -> None:
    """Unpack a zip's files side by side, whatever folders it has, and not without end."""
    left = ZIP_BYTES_MAX
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            members = [each for each in packed.infolist() if not each.is_dir()]
            if len(members) > ZIP_FILES_MAX:
                raise FolderError("zip_too_large")
            for member in members:
                left = _unpack(packed, member, folder, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise FolderError("zip_broken") from None


def _unpack(
    packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, left: int
) -> int:
    name = PurePosixPath(member.filename.replace("\\", "/"))
    path = folder / f"{_plain(name.name)}{name.suffix.lower()[:6]}"
    if name.name.startswith(".") or "__MACOSX" in name.parts:
        return left
    if path.exists():
        raise FolderError("twice_in_zip", file=printable_name(name.name))
    with packed.open(member) as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                # What the zip says of its sizes may be a lie: the bytes count.
                raise FolderError("zip_too_large")
            target.write(chunk)
    return left


class UploadFederation(DryFederation):
    """Takes the player's requests; own rows alone count where ``only_own``."""

    def __init__(
        self,
        logs: LiveLogs,
        asker: FolderAsker,
        *,
        only_own: bool,
        send: SendCommand | None = None,
    ) -> None:
        super().__init__(logs)
        self._asker = asker
        self._only_own = only_own
        self._send = send
        self._used: Collection[str] = ()
        self._turn = asyncio.Lock()
        self.own = 0
        """Own rows of which something is recorded now."""
        self.known = 0
        """Own rows that had been recorded before."""

    def begin(self, keys: Collection[str]) -> None:
        """Look up, once, which rows have been recorded before."""
        self._used = self._asker.used(keys)

    @override
    def token(self, organisation: str, *_roles: object, actor: str = "") -> str:  # type: ignore[override]
        own = self._only_own and organisation == self._asker.organisation
        return f"{organisation}:{self._asker.actor if own else actor}"

    @override
    def outcome(
        self, command: Command, asked: Asked, history: History
    ) -> Decision | Refusal:
        """Decide on rows of all organisations, whatever mandates these have given.

        Which of the own rows the asker's role may send is asked apart, and the node
        asks for the mandate when a row is recorded.
        """
        return decide_on_any_mandate(command, asked, history)

    @override
    def pseudonym(self, organisation: str, name: str) -> str:
        return self._asker.pseudonym(organisation, name)

    @override
    def document(self, organisation: str, content: bytes, media_type: str) -> Document:
        """Have the node keep what the asker's own rows refer to, when they are recorded."""
        if organisation != self._asker.organisation:
            return super().document(organisation, content, media_type)
        take = self._asker.try_document if self._send is None else self._asker.document
        return take(content, media_type)

    @override
    async def post(
        self,
        url: str,
        *,
        params: object = None,
        json: Mapping[str, Any] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str],
    ) -> httpx.Response:
        language = Language(headers[SPOKEN])
        try:
            asked = await self._asked(url, json or {}, content, headers)
        except ProblemError as error:
            return refusal_of(error, language)
        if asked is not None:
            return httpx.Response(201, content=orjson.dumps(asked))
        async with self._turn:
            try:
                sent, decision = await self._judged(url, orjson.dumps(json), headers)
                if decision is None:
                    self.known += 1
                    return httpx.Response(201, content=orjson.dumps(NOTHING_NEW))
                if self.is_own(sent):
                    await self._take_own(sent, decision)
                answer = self.recorded(sent, decision, language)
            except ProblemError as error:
                return refusal_of(error, language)
        return httpx.Response(201, content=orjson.dumps(answer))

    async def _asked(self, *said: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
        if self._send is None:
            return self.asked_first(*said)
        return await asyncio.to_thread(self.asked_first, *said)

    async def _judged(
        self, url: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[SentCommand, Decision | None]:
        """Decide beside what else the node does, where it is more than a trial.

        None where the row was recorded before.
        """

        def judge() -> tuple[SentCommand, Decision | None]:
            sent = self.read(url, content, headers)
            own = sent.organisation == self._asker.organisation
            if own and sent.key in self._used:
                return sent, None
            decision = self.decided(sent)
            if self._only_own and not self.is_own(sent):
                raise row_of_others(sent.organisation)
            return sent, decision

        return judge() if self._send is None else await asyncio.to_thread(judge)

    async def _take_own(self, sent: SentCommand, decision: Decision) -> None:
        new = bool(decision)
        if self._send is not None:
            new = await self._send(sent.command, sent.key)
        self.own += new
        self.known += not new

    def is_own(self, sent: SentCommand) -> bool:
        """Whether a command is the asker's to send.

        A document is registered by a person who has seen it, never in passing.
        """
        asker = self._asker
        own = sent.organisation == asker.organisation and sent.region == asker.region
        seen = not isinstance(sent.command, RegisterInvoice) or not self._only_own
        return own and seen and asker.may(type(sent.command))


@dataclass
class PlayedUpload:
    """What came of a folder's rows."""

    player: Player
    federation: UploadFederation

    @property
    def refused(self) -> list[Refused]:
        """Rows that are refused, those of others left out."""
        return [each for each in self.player.refused if each.code != OF_OTHERS]

    @property
    def of_others(self) -> int:
        """How many rows were left to others."""
        return len(self.player.refused) - len(self.refused)


async def played(
    planned: Plan,
    asker: FolderAsker,
    federation: UploadFederation,
    tell: Callable[[int], None] = lambda _: None,
) -> PlayedUpload:
    """Play the rows in their order, all of them on the asker's day."""
    day = asker.day.isoformat()
    batches = tuple(replace(batch, day=day) for batch in planned.batches)
    player = Player(
        federation.urls,
        federation.token,
        asker.language,
        tell,
        caller=federation,
        spread=federation.spread,
    )
    keys = [call.key for batch in batches for call in batch.calls]
    await asyncio.to_thread(federation.begin, keys)
    await player.play(replace(planned, batches=batches))
    return PlayedUpload(player, federation)


class UploadDoor:
    """Takes folders at one node."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def check(self, file: UploadFile, asker: FolderAsker) -> CheckedFolder:
        """Decide on all rows without recording any; raise ``UnreadFolderError``."""
        return await asyncio.to_thread(lambda: asyncio.run(self._check(file, asker)))

    async def _check(self, file: UploadFile, asker: FolderAsker) -> CheckedFolder:
        with _told(asker.language), unpacked(file) as path:
            year = read_year(path, whole=False)
            planned = plan(year)
            every = await self._tried(planned, asker, only_own=False)
            own = await self._tried(planned, asker, only_own=True)
            wanted: defaultdict[str, set[int]] = defaultdict(set)
            for each in every.refused:
                wanted[each.file].add(each.line)
            seen = rows_as_seen(path, wanted)
        rows = planned.calls + len(planned.unread)
        noticed = [
            (_at(each.file, each.line), each.reason) for each in every.player.noticed
        ]
        return CheckedFolder(
            rows=rows,
            refused=len(every.refused),
            following=sum(1 for each in every.refused if each.because),
            own=own.federation.own,
            known=own.federation.known,
            of_others=rows
            - len(every.refused)
            - own.federation.own
            - own.federation.known,
            sheets=_sheets(year, every, seen),
            notes=[
                sentence(asker.language, "folder", note.key, note.values)
                for note in year.notes
            ],
            noticed=noticed,
        )

    async def _tried(
        self, planned: Plan, asker: FolderAsker, *, only_own: bool
    ) -> PlayedUpload:
        logs = LiveLogs(self._journal)
        federation = UploadFederation(logs, asker, only_own=only_own)
        return await played(planned, asker, federation)

    async def record(
        self,
        file: UploadFile,
        asker: FolderAsker,
        send: SendCommand,
        tell: Callable[[int, int], None],
    ) -> RecordedRows:
        """Record the asker's own rows, one after the other."""

        def read() -> Plan:
            with unpacked(file) as path:
                return plan(read_year(path, whole=False))

        with _told(asker.language):
            planned = await asyncio.to_thread(read)
        logs = await asyncio.to_thread(LiveLogs, self._journal)
        federation = UploadFederation(logs, asker, only_own=True, send=send)
        done = await played(
            planned, asker, federation, lambda count: tell(count, planned.calls)
        )
        return RecordedRows(
            federation.own,
            federation.known,
            done.of_others,
            [(_at(each.file, each.line), each.reason) for each in done.refused],
        )


@contextmanager
def _told(language: Language) -> Iterator[None]:
    """Say in words why a folder cannot be read at all."""
    try:
        yield
    except FolderError as error:
        values = in_words(error.values, language)
        raise UnreadFolderError(
            sentence(language, "folder", error.key, values)
        ) from None


def _sheets(
    year: FolderYear, done: PlayedUpload, seen: Mapping[str, SeenTable]
) -> list[SheetOfUpload]:
    """All tables, and of those with refused rows a cut-out."""
    counts: defaultdict[str, int] = defaultdict(int)
    for rows in year.rows.values():
        for row in rows:
            counts[row.place] += 1
    for bad in year.bad:
        counts[bad.place] += 1
    marks = {(bad.place, bad.line): _titles(bad) for bad in year.bad}
    follows: defaultdict[str, list[str]] = defaultdict(list)
    for each in done.refused:
        if each.because:
            follows[each.because].append(_at(each.file, each.line))
    by_sheet: defaultdict[str, list[Refused]] = defaultdict(list)
    for each in done.refused:
        by_sheet[each.file].append(each)
    sheets = []
    for place, count in counts.items():
        table = seen.get(place)
        columns = table.columns if table else ()
        sheets.append(
            SheetOfUpload(
                _sheet(place),
                count,
                [letters(n) for n in range(len(columns))],
                [heading.title for heading in columns],
                [
                    _refused(each, table, done, marks, follows)
                    for each in by_sheet[place]
                ],
            )
        )
    return sheets


def _sheet(place: str) -> str:
    """Name of a sheet, without its workbook's: there is one, and it is named above."""
    return printable_name(place.rpartition("]")[2] or place)


def _at(place: str, line: int | str) -> str:
    return f"{_sheet(place)} {line}"


def _titles(bad: BadRow) -> Collection[str]:
    """Headings of the cells that could not be read."""
    faults = (bad.values, *(each.values for each in bad.others))
    return {str(values["column"]) for values in faults if "column" in values}


def _refused(
    each: Refused,
    table: SeenTable | None,
    done: PlayedUpload,
    titles: Mapping[At, Collection[str]],
    follows: Mapping[str, Sequence[str]],
) -> RefusedRow:
    at = each.file, each.line
    columns = table.columns if table else ()
    names = done.player.at_fault.get(at, ())
    marked = next(
        (
            number
            for number, (title, column) in enumerate(columns)
            if title in titles.get(at, ()) or (column and column.name in names)
        ),
        0,
    )
    texts = list(table.lines.get(each.line, ())) if table else []
    texts += [""] * (len(columns) - len(texts))
    return RefusedRow(
        each.line,
        texts,
        marked,
        f"{letters(marked)}{each.line}" if columns else str(each.line),
        each.code,
        each.reason,
        _at(*each.because.rsplit(":", 1)) if each.because else "",
        follows.get(f"{each.file}:{each.line}", ()),
    )

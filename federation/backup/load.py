"""Filling an empty journal from a dump, all of it or nothing.

- Nothing is believed of the file: every entry is parsed and hashed, every root and
  signature checked with the regions' keys.
- Entries stand in the order of their log and streams, as :meth:`Journal.receive` asks.
- Trees and memories of commands are made anew.
- One transaction holds everything; what is wrong anywhere undoes it.
"""

import base64
import codecs
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, BinaryIO, Final, NoReturn

import orjson
from eventsourcing.persistence import DataError, IntegrityError
from pydantic import StrictInt, TypeAdapter

from domain.values import Region, Text
from federation.backup.dump import ENTRY, FORMAT, NAME
from federation.checks.evidence import NoEvidenceError, evidence_from, proved
from federation.checks.incidents import Observed, check_observed
from federation.journal.announced import Announced, keep
from federation.journal.copying import (
    BATCH_ROWS,
    COMMAND,
    PLAIN,
    insert_cosigned,
    insert_plain,
    is_empty,
)
from federation.journal.order import check_order
from federation.journal.restoring import CommandPlace, memories, remember
from federation.journal.shapes import (
    ContradictionError,
    DatabaseCursor,
    Head,
    Position,
    Sealed,
)
from federation.journal.store import Journal
from federation.journal.witnessing import Cosigned, Incident
from federation.log.epochs import goes_on
from federation.signed.checkpoint import BrokenCheckpointError, claimed, read
from federation.signed.cosignature import cosigned_with
from federation.signed.entry import BrokenEntryError, Row, command_of, entry_id, parse
from federation.signed.keyring import EverKeys
from federation.signed.keys import Verifier
from federation.signed.merkle import Frontier, extend, root

LINE_BYTES_MAX: Final = 1024 * 1024
_OTHER_ENCODINGS: Final = (
    *(codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    *(b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd"),
)
"""First bytes of files that another program has written anew, or packed."""
COMMAND_ENTRIES_MAX: Final = 100_000
_PLAIN: Final = {table.name: table for table in PLAIN}


class BrokenDumpError(Exception):
    """A file is not a whole dump; the message says where and why."""


class OtherFormError(BrokenDumpError):
    """A file is no dump that this release reads; nothing says that it is damaged."""


class NotEmptyError(Exception):
    """There is something in the journal that was to be filled."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a dump says of itself."""

    region: Region
    made_at: Text
    release: Text
    positions: Mapping[str, tuple[StrictInt, StrictInt]]


_SAID: Final = [each.name for each in fields(Header)]
_HEADER: Final = TypeAdapter(Header)


@dataclass(slots=True)
class _Log:
    """One region's log, as far as it has been read."""

    origin: str
    epoch: int = 1
    frontier: Frontier = field(default_factory=Frontier)
    recorded_at: str = ""
    """Of the last entry."""
    inserted_at: str = ""
    """The same, of the last one that is inserted."""
    left: bool = False
    """Whether the region has left, with that one."""
    announced: str = ""
    """Until when it was said to be complete: what follows was recorded later."""
    signed: int = 0
    """The size of the last checkpoint."""
    notes: set[str] = field(default_factory=set)
    """Which notes there have been since the last entry, and by whom."""
    waiting: list[Row] = field(default_factory=list)
    """Read, and not inserted yet."""
    left_out: int = 0
    """Entries at its end that were recorded after what may be."""


def read_header(line: bytes) -> Header:
    """Read the first line of a dump; raise :class:`BrokenDumpError`.

    Or :class:`OtherFormError` where it is of another format or encoding.
    """
    if line.startswith(_OTHER_ENCODINGS) or b"\x00" in line[:4]:
        message = "line 1: this is not text in UTF-8"
        raise OtherFormError(message)
    try:
        header = orjson.loads(line)
        if (header["fagnett"], header["format"]) != (NAME, FORMAT):
            message = "line 1: it is of another format; a newer release may read it"
            raise OtherFormError(message)
        return _HEADER.validate_python({name: header[name] for name in _SAID})
    except (ValueError, TypeError, KeyError):
        _refuse(1, "this is not a copy of a journal")


def first_line(file: BinaryIO) -> Header:
    """Read what a dump says of itself; raise as :func:`load` does."""
    line = file.readline(LINE_BYTES_MAX)
    _check_length(1, line)
    return read_header(line)


def _check_length(number: int, line: bytes) -> None:
    """Raise :class:`OtherFormError` for a line that is longer than any is written."""
    if len(line) == LINE_BYTES_MAX:
        message = f"line {number}: more than {LINE_BYTES_MAX} bytes"
        raise OtherFormError(message)


def load(
    journal: Journal,
    file: BinaryIO,
    keys: Mapping[Region, Verifier],
    latest: str | None = None,
) -> Header:
    """Fill a journal from a dump of the same region's, and return what that says.

    What its own region recorded, signed or announced of a time after ``latest``, and
    what follows, is left out. Raises :class:`BrokenDumpError` with the line, and :class:`NotEmptyError`.
    """
    number = 0
    try:
        with journal.writing() as cursor:
            journal.hold_appends(cursor)
            if not is_empty(cursor):
                raise NotEmptyError
            loading = _Loading(journal, cursor, keys, latest)
            for number, line in enumerate(_whole_lines(file), start=1):
                loading.take(number, line)
            loading.finish()
    except (
        BrokenEntryError,
        BrokenCheckpointError,
        ContradictionError,
        NoEvidenceError,
    ) as error:
        _refuse(number, str(error))
    except (DataError, IntegrityError):
        # The driver's own words may hold what stood in the row.
        _refuse(number, "the database does not take it, or has it already")
    except (ValueError, TypeError, KeyError, AttributeError):
        _refuse(number, "this is not a line of a journal")
    for region in Region:
        journal.tell(region.value)
    return loading.header


def _refuse(number: int, reason: str) -> NoReturn:
    message = f"line {number}: {reason}"
    raise BrokenDumpError(message)


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines up to the last one, which has the digest of all before it."""
    digest, number, entries = hashlib.sha256(), 0, 0
    while line := file.readline(LINE_BYTES_MAX):
        _check_length(number + 1, line)
        if not line.endswith(b"\n"):
            _refuse(number + 1, "it does not end")
        if line.startswith(b'{"end":'):
            end = {"entries": entries, "lines": number, "sha256": digest.hexdigest()}
            if orjson.loads(line) != {"end": end}:
                _refuse(number + 1, "the lines before are not those that were written")
            if file.read(1):
                _refuse(number + 2, "something stands behind the end")
            return
        digest.update(line)
        number += 1
        entries += line.startswith(ENTRY)
        yield line
    _refuse(number + 1, "the file ends before its last line")


class _Loading:
    """Takes the lines of one dump into one transaction."""

    header: Header

    def __init__(
        self,
        journal: Journal,
        cursor: DatabaseCursor,
        keys: Mapping[Region, Verifier],
        latest: str | None,
    ) -> None:
        self._latest = latest
        self._journal = journal
        self._cursor = cursor
        self._keys = keys
        self._logs = {region.value: _Log(region.value) for region in Region}
        self.number = 0
        self._places: list[CommandPlace] = []

    def take(self, number: int, line: bytes) -> None:
        """Check the next line, and keep what it says."""
        self.number = number
        if self.number == 1:
            self.header = read_header(line)
            if self.header.region is not self._journal.region:
                _refuse(1, f"this is the journal of {self.header.region.value}")
        elif line.startswith(ENTRY):
            self._entry(line[len(ENTRY) : -2])
        else:
            ((kind, content),) = orjson.loads(line).items()
            if kind == "checkpoint":
                self._checkpoint(content)
            elif kind == "announced":
                self._announced(content)
            elif kind == "cosigned":
                self._cosigned(*content)
            else:
                self._plain(kind, content)

    def finish(self) -> None:
        """Check that everything is there."""
        self._end_logs()
        home = self._journal.region.value
        for log in self._logs.values():
            size = log.frontier.size
            epoch, position = self.header.positions[log.origin]
            if position != size + log.left_out or (
                epoch != log.epoch and not log.left_out
            ):
                self._refuse(f"the log of {log.origin} is not whole")
            if log.origin != home and log.signed != size:
                place = entry_id(log.origin, log.epoch, size)
                self._refuse(f"no checkpoint was signed for the entries up to {place}")

    def _end_logs(self) -> None:
        """Insert what waits."""
        for log in self._logs.values():
            self._flush(log)
        remember(self._cursor, memories(self._places))
        self._places = []

    def _refuse(self, reason: str) -> NoReturn:
        _refuse(self.number, reason)

    def _entry(self, body: bytes) -> None:
        row = parse(body)
        log = self._logs[row.origin]
        if log.left_out or self._is_after(row.origin, row.recorded_at):
            log.left_out += 1
            return
        if row.position != log.frontier.size + 1 or row.epoch < log.epoch:
            place = entry_id(log.origin, log.epoch, log.frontier.size + 1)
            self._refuse(f"entry {place} is missing")
        end = Position(log.epoch, log.frontier.size)
        if not goes_on(row, end, log.frontier):
            self._refuse(f"entry {row.id} does not begin an epoch where it stands")
        log.epoch, log.recorded_at = row.epoch, row.recorded_at
        log.frontier = extend(log.frontier, [row.leaf])
        log.notes.clear()
        log.waiting.append(row)
        if len(log.waiting) >= BATCH_ROWS:
            self._flush(log)

    def _is_after(self, origin: str, instant: str) -> bool:
        """Whether something of the home log is of a time that is left out."""
        at_home = origin == self._journal.region.value
        return at_home and self._latest is not None and instant > self._latest

    def _leaves_out(self, note: str) -> bool:
        """Whether a note is about entries that are left out, or such a time."""
        about = claimed(note)
        log = self._logs[about.origin]
        return log.left_out > 0 or self._is_after(log.origin, about.complete_to)

    def _flush(self, log: _Log) -> None:
        if not log.waiting:
            return
        after = max(log.inserted_at, log.announced)
        head = Head(log.epoch, log.waiting[0].position - 1, after, log.left)
        check_order(self._cursor, head, log.waiting)
        self._journal.insert_rows(self._cursor, log.waiting)
        log.inserted_at, log.left = log.recorded_at, head.then(log.waiting).left
        if log.origin == self._journal.region.value:
            self._places += [(r.position, command_of(r.body)) for r in log.waiting]
            last = self._places[-1][1]
            done = [place for place in self._places if place[1] != last]
            remember(self._cursor, memories(done))
            self._places = [place for place in self._places if place[1] == last]
            if len(self._places) > COMMAND_ENTRIES_MAX:
                self._refuse("a command recorded more than any does")
        log.waiting = []

    def _signed(self, note: str) -> _Log:
        """Log that a note is about: it is signed, and of all read so far."""
        named = claimed(note).origin
        checkpoint = read(note, self._keys[Region(named)])
        log = self._logs[named]
        size = log.frontier.size
        if (checkpoint.size, checkpoint.root) != (size, root(log.frontier)):
            place = entry_id(named, log.epoch, size)
            self._refuse(f"the entries up to {place} do not hash to the signed root")
        if checkpoint.epoch != log.epoch:
            self._refuse(f"a note of {named} is of another epoch than its entries")
        if checkpoint.complete_to < log.recorded_at:
            self._refuse(f"a note of {named} is older than what it is about")
        return log

    def _checkpoint(self, note: str) -> None:
        if self._leaves_out(note):
            return
        log = self._signed(note)
        self._once(log, "checkpoint")
        sealed = Sealed(log.frontier, note)
        self._journal.insert_seal(self._cursor, log.origin, log.epoch, sealed)
        log.signed = log.frontier.size

    def _once(self, log: _Log, note: str) -> None:
        if note in log.notes:
            self._refuse("the same note is there twice")
        log.notes.add(note)

    def _announced(self, note: str) -> None:
        if self._leaves_out(note):
            return
        log = self._signed(note)
        if log.announced:
            self._refuse(f"{log.origin} has announced its log twice")
        self._flush(log)
        log.announced = claimed(note).complete_to
        what = Announced(log.epoch, log.frontier.size, log.announced, note)
        keep(self._cursor, log.origin, what)

    def _cosigned(self, witness: str, note: str) -> None:
        if self._leaves_out(note):
            return
        log = self._signed(note)
        ever = self._keys[Region(witness)].ever()
        if all(cosigned_with(note, key) is None for key in ever):
            self._refuse(f"a note is not cosigned by {witness}")
        self._once(log, witness)
        size = log.frontier.size
        cosigned = Cosigned(log.origin, log.epoch, witness, size, note)
        insert_cosigned(self._cursor, cosigned)

    def _plain(self, kind: str, cells: list[Any]) -> None:
        self._end_logs()
        table = _PLAIN[kind]
        if table is COMMAND and cells[2:] != [0, 0]:
            self._refuse("a command is remembered for entries that do not name it")
        if kind == "incident":
            self._incident(Incident(*cells))
        row = [
            base64.b64decode(cell, validate=True) if name == table.binary else cell
            for name, cell in zip(table.columns, cells, strict=True)
        ]
        texts = len(row) - 2 if table is COMMAND else len(row)
        if not all(isinstance(cell, str) for cell in cells[:texts]):
            raise TypeError
        row[texts:] = [0] * (len(row) - texts)
        insert_plain(self._cursor, table, [row])

    def _incident(self, incident: Incident) -> None:
        if incident.observed:
            Observed(incident.kind)
            check_observed(incident.evidence.encode())
            return
        # Proved when it was raised. A key that was revoked since, often because of
        # that very incident, ends none of it.
        keys = {region.value: EverKeys(key) for region, key in self._keys.items()}
        about, how = proved(evidence_from(incident.evidence.encode()), keys)
        if (about.origin, how.value) != (incident.origin, incident.kind):
            self._refuse("an incident is not what its evidence proves")

"""Checks a pack as federation/README.md says, and is written from that page alone.

Nothing of the project is imported: hashlib, json and Ed25519 are what it takes.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.auditor.notes import (
    REGIONS,
    Term,
    Wrong,
    canonical,
    is_cosigned,
    is_signed,
    need,
    read_json,
    read_keys,
    read_note,
    sha256,
    unbase64,
    vkey_of,
)

ENTRY, ENTRY_BYTES_MAX, LINE_BYTES_MAX = b'{"entry":', 262_144, 1_048_576
ID = re.compile(r"([a-z]{1,20})/([1-9]\d{0,8})/([1-9]\d{0,17})", re.ASCII)
SEEN = re.compile(r"(?:midt|nord|sorost|vest)/\d{1,9}/\d{1,18}", re.ASCII)
OF_THE_LOG = {"epoch.begun.v1", "federation.joined.v1", "federation.left.v1"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class Log:
    """One region's log, as far as it has been read."""

    region: str
    size: int = 0
    epoch: int = 1
    subtrees: list[tuple[int, bytes]] = field(default_factory=list)
    time: str = ""
    announced: str = ""
    left: bool = False
    signed: int = 0
    versions: dict[str, int] = field(default_factory=dict)
    ended: dict[int, tuple[int, list[str]]] = field(default_factory=dict)
    """Of an epoch that is over: how far it is no loss, and who was not asked."""
    shown: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)
    decided: Mapping[str, Any] = field(default_factory=dict)
    """The last entry that a command came to, of this epoch."""
    cosigned: dict[str, int] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)
    """Which there have been of what is here."""

    def add(self, leaf: bytes) -> None:
        self.size += 1
        self.subtrees.append((1, leaf))
        while len(self.subtrees) > 1 and self.subtrees[-1][0] == self.subtrees[-2][0]:
            (size, right), (_, left) = self.subtrees.pop(), self.subtrees.pop()
            self.subtrees.append((2 * size, sha256(b"\x01" + left + right)))

    def root(self) -> bytes:
        if not self.subtrees:
            return sha256(b"")
        *rest, (_, node) = self.subtrees
        for _, left in reversed(rest):
            node = sha256(b"\x01" + left + node)
        return node


def check_form(entry: Any, what: str) -> tuple[str, int, int]:
    """Check that a value is an entry; return its region, epoch and position."""
    need(isinstance(entry, dict), f"{what}: no entry")
    found = ID.fullmatch(str(entry.get("id")))
    need(found, f"{what}: no id")
    assert found is not None
    region, subject, time = found[1], entry.get("subject"), entry.get("time")
    need(entry.get("source") == f"urn:fagnett:{region}", f"{what}: source")
    need(entry.get("specversion") == "1.0", f"{what}: specversion")
    need(
        isinstance(subject, str) and subject.startswith(f"{region}:"), f"{what}: stream"
    )
    need(
        len(subject.encode()) <= 500 and not CONTROLS.search(subject), f"{what}: stream"
    )
    version, kind, seen = (
        entry.get("streamversion"),
        entry.get("type"),
        entry.get("seen", ""),
    )
    need(type(version) is int and 1 <= version < 2**31, f"{what}: version")
    need(isinstance(kind, str) and len(kind) <= 100, f"{what}: type")
    need(not CONTROLS.search(kind), f"{what}: type")
    need(isinstance(time, str) and TIME.fullmatch(time), f"{what}: time")
    need(not time.startswith(("0000", "0001", "9999")), f"{what}: time")
    try:
        datetime.fromisoformat(time)
    except ValueError:
        raise Wrong(f"{what}: time") from None
    need(isinstance(seen, str), f"{what}: seen")
    need(not seen or all(map(SEEN.fullmatch, seen.split(" "))), f"{what}: seen")
    mandate = entry.get("mandate", 1)
    need(type(mandate) is int and 1 <= mandate < 2**31, f"{what}: mandate")
    check_data(entry, what)
    return region, int(found[2]), int(found[3])


def check_data(entry: Mapping[str, Any], what: str) -> None:
    if "data" in entry:
        need(entry.get("datacontenttype") == "application/json", f"{what}: data")
        need("data_base64" not in entry, f"{what}: data")
    else:
        unbase64(str(entry.get("data_base64", "?")), f"{what}: data")
    for name, value in entry.items():
        flat = name == "data" or not isinstance(value, dict | list)
        between = "data" < name < "datacontenttype" and name != "data_base64"
        need(flat and not between, f"{what}: member {name}")


def places(entry: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return the epoch and position of each log that an entry had seen."""
    parted = (each.split("/") for each in entry.get("seen", "").split())
    return {region: (int(epoch), int(at)) for region, epoch, at in parted}


class Audit:
    """The checks of one pack, in their order."""

    def __init__(self, keys: Mapping[str, list[Term]]) -> None:
        self.keys = keys
        self.logs = {region: Log(region) for region in REGIONS}
        self.positions: dict[str, list[int]] = {}

    def read(self, history: Path) -> None:
        """Read all lines (checks 2 to 4)."""
        for number, line in enumerate(whole_lines(history), start=1):
            what = f"line {number}"
            shape = read_json(line[:-1], what)
            if number == 1:
                need((shape["fagnett"], shape["format"]) == ("journal", 1), what)
                self.positions = shape["positions"]
                continue
            need(isinstance(shape, dict) and len(shape) == 1, f"{what}: no line")
            ((kind, content),) = shape.items()
            if kind == "entry":
                self.entry(content, line[len(ENTRY) : -2], what)
            elif kind != "incident":
                need(kind in {"checkpoint", "cosigned", "announced"}, f"{what}: {kind}")
                self.note(kind, content, what)

    def entry(self, entry: Any, body: bytes, what: str) -> None:
        need(len(body) <= ENTRY_BYTES_MAX, f"{what}: too large")
        region, epoch, position = check_form(entry, what)
        log = self.logs[region]
        place = f"{region}/{epoch}/{position}"
        need(position == log.size + 1, f"{region}: entry {log.size + 1} is missing")
        self.epoch(log, entry, epoch)
        need(entry["time"] > max(log.time, log.announced), f"{place}: not later")
        stream = entry["subject"]
        follows = log.versions.get(stream, 0) + 1
        need(entry["streamversion"] == follows, f"{place}: stream version")
        self.membership(log, entry)
        self.memory(log, entry, epoch)
        log.epoch, log.time, log.versions[stream] = epoch, entry["time"], follows
        log.add(sha256(b"\x00" + body))
        log.notes.clear()
        for each in filter(None, entry.get("seen", "").split(" ")):
            other, of, at = each.split("/")
            known = log.seen.get((other, int(of)), (0, ""))
            log.seen[other, int(of)] = max(known, (int(at), place))

    def memory(self, log: Log, entry: Any, epoch: int) -> None:
        """Check that an entry had seen what the one before it had, and that one."""
        if entry["type"] in OF_THE_LOG:
            return
        before, log.decided = log.decided, entry
        if not before or epoch != log.epoch:
            return
        rules, old_rules = entry.get("rules", 0), before.get("rules", 0)
        need(rules >= old_rules, f"{entry['id']}: names no rules")
        if rules < 1:
            return
        seen, old = places(entry), places(before)
        if entry.get("commandid") != before.get("commandid"):
            old[log.region] = (epoch, log.size)
        for region, place in old.items():
            less = seen.get(region, (0, 0)) < place
            need(not less, f"{entry['id']}: had seen less of {region}")

    def epoch(self, log: Log, entry: Any, epoch: int) -> None:
        begins = entry["type"] == "epoch.begun.v1"
        if not begins:
            need(epoch == log.epoch, f"{entry['id']}: epoch")
            return
        said = entry["data"]
        after = (log.epoch + 1, log.epoch + 1, log.size, log.root().hex())
        named = (epoch, said["epoch"], said["kept"], said["kept_root"])
        need(named == after, f"{entry['id']}: begins no epoch")
        need(entry["subject"] == f"{log.region}:log:epoch", f"{entry['id']}: stream")
        lost = max(said["kept"], said["promised"])
        log.ended[log.epoch] = (lost, said.get("without", []))

    def membership(self, log: Log, entry: Any) -> None:
        kind = entry["type"]
        may = {"federation.joined.v1", "epoch.begun.v1"}
        need(not log.left or kind in may, f"{entry['id']}: after leaving")
        if kind == "federation.joined.v1":
            log.shown += [
                (each["region"], each["key"]) for each in entry["data"]["keys"]
            ]
        log.left = kind == "federation.left.v1" or (
            log.left and kind != "federation.joined.v1"
        )

    def note(self, kind: str, content: Any, what: str) -> None:
        witness, text = content if kind == "cosigned" else ("", content)
        note = read_note(text)
        log = self.logs[note.region]
        need(note.size == log.size, f"{what}: not of what is here")
        need(note.root == log.root(), f"{what}: not the root of {note.region}")
        need(note.epoch == log.epoch, f"{what}: epoch")
        need(note.complete_to >= log.time, f"{what}: before the last entry")
        need(
            is_signed(note, self.keys[note.region]),
            f"{what}: not signed by {note.region}",
        )
        need(f"{kind} {witness}" not in log.notes, f"{what}: twice")
        log.notes.add(f"{kind} {witness}")
        if kind == "checkpoint":
            log.signed = note.size
        elif kind == "announced":
            need(not log.announced, f"{what}: announced twice")
            log.announced = note.complete_to
        else:
            need(witness in REGIONS and witness != note.region, f"{what}: witness")
            need(
                is_cosigned(note, witness, self.keys[witness]),
                f"{what}: not {witness}'s",
            )
            log.cosigned[witness] = note.size

    def finish(self) -> None:
        """Check the ends, the keys that were shown, and what was seen (5 to 7)."""
        for region, log in self.logs.items():
            need(self.positions[region][1] == log.size, f"{region}: cut")
            need(log.signed == log.size, f"{region}: the end is not signed")
        for log in self.logs.values():
            for owner, vkey in log.shown:
                known = [vkey_of(owner, term.public) for term in self.keys[owner]]
                need(not known or vkey in known, f"{log.region}: was shown another key")
        for missing in self.missing():
            raise Wrong(missing)

    def missing(self) -> Iterator[str]:
        for log in self.logs.values():
            for (other, epoch), (position, by) in log.seen.items():
                if other == log.region:
                    continue
                seen = self.logs.get(other) or Log(other)
                end, excused = seen.ended.get(epoch, (seen.size, []))
                here = position <= end and epoch <= seen.epoch
                if not here and log.region not in excused:
                    yield f"{other}: ends before {position}, which {by} had seen"

    def ask(self, witnesses: int = 0, day: date | None = None) -> None:
        """Ask for witnesses and a day (8 and 9)."""
        for region, log in self.logs.items():
            count = sum(size == log.size for size in log.cosigned.values())
            need(not log.size or count >= witnesses, f"{region}: {count} witnesses")
            complete_to = "" if not log.size else max(log.time, log.announced)
            nobody = not log.size and not self.keys[region]
            if day is not None and not log.left and not nobody:
                need(complete_to >= end_of(day), f"{region}: complete to {complete_to}")


def end_of(day: date) -> str:
    """Return the last microsecond of a day in Norway, in UTC."""
    next_day = datetime.combine(day + timedelta(days=1), datetime.min.time())
    end = next_day.replace(tzinfo=ZoneInfo("Europe/Oslo")) - timedelta(microseconds=1)
    return end.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_lines(history: Path) -> Iterator[bytes]:
    """Give the lines before the last, which has the digest of them (check 2)."""
    *lines, last = history.read_bytes().splitlines(keepends=True) or [b""]
    yield from lines
    text = b"".join(lines)
    entries = sum(line.startswith(ENTRY) for line in lines)
    digest = hashlib.sha256(text).hexdigest()
    end = {"entries": entries, "lines": len(lines), "sha256": digest}
    need(last == canonical({"end": end}) + b"\n", "the end does not fit")
    need(all(len(line) <= LINE_BYTES_MAX for line in lines), "a line is too long")


def audit(
    history: Path, keys: str, witnesses: int = 0, day: date | None = None
) -> Audit:
    """Check a pack; raise :class:`Wrong` at the first that is not as it should be."""
    found = Audit(read_keys(keys))
    try:
        found.read(history)
        found.finish()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Wrong(f"of another form: {error!r}") from None
    found.ask(witnesses, day)
    return found

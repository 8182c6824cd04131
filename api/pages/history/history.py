"""History: what happened, who said it, what it rests on, and that it is proved."""

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal, NamedTuple

import orjson
from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from api.entries import shown_entry
from api.entry_access import readable_entries
from api.pages.history.matters import counts_in, matter_of
from api.pages.history.why_amount import amounts_by
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.saying import (
    EntryAsTold,
    effective_day,
    name_of,
    said,
    told_entry,
)
from api.pages.visit import TheVisit, Visit
from api.problems import ProblemError
from api.routers import public
from api.words import catalogue
from api.written.figures import Figures, TwoWaysError
from domain.history import Stream
from domain.values import KRONE, Region, business_day, parse_instant
from federation.checks.inclusion import Included, Inclusion, entry_at, included
from federation.journal.shapes import DamagedEntryError
from federation.signed.entry import Row, place_of, seen_of
from federation.signed.merkle import root_by
from projections.search import FOUND_MAX, Sought, find_places

router: Final[APIRouter] = public()
SECTION: Final = "page_history"
SHOWN_MAX: Final = 30
KID_DIGITS: Final = range(2, 26)


class ShownRow(NamedTuple):
    """An entry as a list shows it."""

    id: str
    when: str
    text: str
    organisation: str
    address: str
    """Of the page on which it counts; empty where there is none."""
    is_this: bool


def shown_rows(
    entries: Sequence[EntryAsTold],
    speaker: Speaker,
    known: Register,
    this: str = "",
) -> list[ShownRow]:
    """Entries as a list shows them."""
    return [
        ShownRow(
            each.row.id,
            speaker.short_day(each.row.recorded_at),
            said(each, speaker, known),
            name_of(each.organisation, known),
            next((one.address for one in counts_in(each)), ""),
            each.row.id == this,
        )
        for each in entries
    ]


@router.get("/history", include_in_schema=False)
def history(
    visit: TheVisit,
    q: Annotated[str, Query(max_length=200)] = "",
    region: Region | Literal[""] = "",
    before: Annotated[int, Query(ge=1, lt=10**18)] = 10**18 - 1,
) -> Response:
    """Search what was recorded; without a search, what was recorded last."""
    asked = " ".join(q.split())
    if (place := place_of(asked)) and visit.node.journal.entries_at([place]):
        return RedirectResponse(f"/history/{asked}", 303)
    with visit.views() as connection:
        known = register(connection, visit.day)
        rows = (
            _sought(visit, connection, known, asked)
            if asked
            else _latest(visit, region, before)
        )
        told = [each for each in map(told_entry, rows) if _is_by(each, visit.day)]
    entries = _readable(visit, told)
    speaker = visit.speaker(SECTION)
    older = "" if asked else _older(region, rows)
    return visit.page(
        "history.html",
        SECTION,
        "history",
        asked=asked,
        region=region,
        regions=[each.value for each in Region],
        rows=shown_rows(entries, speaker, known),
        hidden=len(told) - len(entries),
        many=len(rows) >= FOUND_MAX,
        older=older,
    )


def _is_by(entry: EntryAsTold, day: date) -> bool:
    return business_day(parse_instant(entry.row.recorded_at)) <= day


def _older(region: str, rows: Sequence[Row]) -> str:
    """Address of the entries of a region's log before those that are shown."""
    first = min((row.position for row in rows), default=1)
    if region not in list(Region) or first <= 1:
        return ""
    return f"/history?region={region}&before={first}"


def _latest(visit: Visit, region: str, before: int) -> list[Row]:
    """What was recorded last: in a region before a position, or in all of them."""
    journal = visit.node.journal
    ends = journal.positions()
    named = [region] if region in ends else list(ends)
    many = SHOWN_MAX if region in ends else SHOWN_MAX // 2
    found: list[Row] = []
    for origin in named:
        end = min(ends[origin].position, before - 1 if region in ends else 10**18)
        found += journal.entries(origin, max(0, end - many), min(many, end))
    found.sort(key=lambda row: row.recorded_at, reverse=True)
    return found[:SHOWN_MAX]


def _sought(
    visit: Visit, connection: Connection, known: Register, asked: str
) -> list[Row]:
    folded = asked.casefold()
    named = [
        number
        for number, each in known.items()
        if number == asked.replace(" ", "")
        or folded in each.name.casefold()
        or folded == each.short_name.casefold()
    ]
    sought = Sought(asked, as_ore(asked), named)
    found = find_places(connection, visit.day, sought)
    rows = [*visit.node.journal.entries_at(found), *_of_kid(visit, asked)]
    rows.sort(key=lambda row: row.recorded_at, reverse=True)
    return rows


def _of_kid(visit: Visit, asked: str) -> Sequence[Row]:
    digits = asked.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in KID_DIGITS:
        return []
    journal = visit.node.journal
    streams = [str(Stream(region, "kid", digits)) for region in Region]
    with journal.reading() as cursor:
        return journal.streams_in(cursor, streams)


def as_ore(text: str) -> int | None:
    """Øre of an amount as people write it; None where it is none."""
    figures = Figures()
    figures.complete = True
    try:
        ore = Decimal(figures.amount(text.replace("\u2212", "-"))) * KRONE
    except (InvalidOperation, TwoWaysError, ValueError):
        return None
    whole = ore == ore.to_integral_value() and abs(ore) < 10**15
    return int(ore) if whole else None


Epoch = Annotated[int, Path(ge=1, lt=10**9)]
EntryPosition = Annotated[int, Path(ge=1, lt=10**18)]


class ReadEntry(NamedTuple):
    """An entry that the visitor may read, its matter, and the names that they need."""

    entry: EntryAsTold
    known: Register
    kind: str
    matter: list[EntryAsTold]
    more: int


def read_entry(visit: Visit, region: Region, epoch: int, position: int) -> ReadEntry:
    """Raise where there is no such entry, or it is not for the visitor."""
    journal = visit.node.journal
    row = entry_at(journal, region.value, epoch, position)
    if row is None:
        raise ProblemError("not_found")
    entry = told_entry(row)
    matter = matter_of(journal, entry)
    told = [each for each in map(told_entry, matter.rows) if _is_by(each, visit.day)]
    with visit.views() as connection:
        known = register(connection, visit.day)
    readable = _readable(visit, [entry, *told])
    if entry not in readable:
        raise ProblemError("not_found")
    others = [each for each in told if each in readable]
    return ReadEntry(entry, known, matter.kind, others, matter.more)


def _readable(visit: Visit, told: Sequence[EntryAsTold]) -> list[EntryAsTold]:
    rows = readable_entries(visit.node, visit.caller, [each.row for each in told])
    return [each for each in told if each.row in rows]


@router.get("/history/{region}/{epoch}/{position}", include_in_schema=False)
def history_entry(
    visit: TheVisit, region: Region, epoch: Epoch, position: EntryPosition
) -> Response:
    """An entry as a sentence, all that happened with the same, and its proof."""
    read = read_entry(visit, region, epoch, position)
    speaker, row = visit.speaker(SECTION), read.entry.row
    recorded = business_day(parse_instant(row.recorded_at))
    effective = effective_day(read.entry.fact)
    return visit.page(
        "history_entry.html",
        SECTION,
        "history",
        id=row.id,
        title=said(read.entry, speaker, read.known),
        by=_by(read, speaker),
        recorded=recorded,
        recorded_at=row.recorded_at,
        effective=effective,
        between=(recorded - effective).days if effective else 0,
        amounts=amounts_by(visit, read.entry),
        kind=read.kind if f"matter_{read.kind}" in _matters() else "other",
        rows=shown_rows(read.matter, speaker, read.known, row.id),
        more=read.more,
        seen=_seen(row, speaker),
        proof=_proof(visit, row),
        body=row.body.decode(),
        counts=[
            (speaker.say(one.key, **_named(one.values, read.known)), one.address)
            for one in counts_in(read.entry)
        ],
    )


def _matters() -> Mapping[str, Any]:
    return catalogue().sentences[SECTION]


def _named(values: Mapping[str, str], known: Register) -> Mapping[str, str]:
    return {
        name: name_of(value, known) or value if name == "seller" else value
        for name, value in values.items()
    }


def _by(read: ReadEntry, speaker: Speaker) -> str:
    name = name_of(read.entry.organisation, read.known)
    return name or speaker.say(f"region_{read.entry.row.origin}")


def _seen(row: Row, speaker: Speaker) -> Sequence[str]:
    """What was known of each region when it was recorded."""
    return [
        speaker.say("seen_of", region=speaker.say(f"region_{origin}"), count=position)
        for origin, (_, position) in sorted(seen_of(row.body).items())
        if position and origin != row.origin
    ]


class ShownProof(NamedTuple):
    """How an entry is proved: ``ok``, ``wait`` for a checkpoint, or ``bad``."""

    kind: str
    leaf: str = ""
    size: int = 0
    root: str = ""
    witnesses: Sequence[str] = ()


def _proof(visit: Visit, row: Row) -> ShownProof:
    """Compute the proof of an entry anew, and say whether it holds."""
    try:
        found = included(visit.node.journal, row)
    except DamagedEntryError:
        return ShownProof("bad", row.leaf.hex())
    if found.signed is None:
        return ShownProof("wait", row.leaf.hex())
    root = _root(found.signed.note)
    holds = all(
        _leads(found, each) for each in (found.signed, *found.cosigned.values())
    )
    return ShownProof(
        "ok" if holds else "bad",
        row.leaf.hex(),
        found.signed.size,
        root,
        [*found.cosigned],
    )


def _root(note: str) -> str:
    """Root that a checkpoint signs, in base64 (C2SP tlog-checkpoint, its third line)."""
    return note.split("\n", 3)[2]


def _leads(found: Included, to: Inclusion) -> bool:
    """Whether the hashes lead from the entry to a note's root."""
    try:
        root = root_by(found.index, to.size, found.row.leaf, to.proof)
    except ValueError:
        return False
    return base64.b64encode(root).decode() == _root(to.note)


@router.get("/history/{region}/{epoch}/{position}/proof", include_in_schema=False)
def history_proof(
    visit: TheVisit, region: Region, epoch: Epoch, position: EntryPosition
) -> Response:
    """The entry with its proofs as a file, which can be checked without any node."""
    read = read_entry(visit, region, epoch, position)
    shown = shown_entry(included(visit.node.journal, read.entry.row))
    name = f"{region.value}-{epoch}-{position}.json"
    return Response(
        orjson.dumps(shown, option=orjson.OPT_INDENT_2),
        media_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )

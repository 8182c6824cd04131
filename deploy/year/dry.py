"""A federation without servers: what a year's commands would come to.

It stands in place of the player's client and all nodes, and takes the same requests.
Every command is read as its door reads it and decided by the domain's own functions, on
what its region had heard by then; nothing is signed, stored or sent. What it refuses,
the nodes refuse.
"""

import hashlib
import re
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import unquote

import httpx
import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

from api.clock import BusinessDayFarAheadError, refuse_far_ahead
from api.doors import Door
from api.problems import ProblemError, far_ahead, invalid, problem_in_words, refused
from api.receipts import document_warnings, payment_warnings
from api.routers import PREFIX
from api.routes import DOORS
from api.routes.governance import NamedPerson
from api.words import Language
from deploy.year.enclosed import DOCUMENTS_AT, NOBODY, PERSONS_AT, SECRET_OF_NONE
from domain.closing.closing import SignStatement
from domain.decisions import decide
from domain.document import Document
from domain.fact import Command, Fact
from domain.history import (
    Asked,
    Category,
    Decision,
    EntryPlace,
    History,
    RecordedFact,
    Stream,
)
from domain.invoicing.lacking import lacking
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.doubt import DoubtfulPayment, doubts
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.payments.telling import BookedEntry, ImportBankEntries
from domain.person import person
from domain.refusal import Refusal
from domain.values import Region, business_day, instant_text
from federation.documents.salted import salted_document
from federation.journal.store import MICROSECOND

S = TypeVar("S")
NOON: Final = time(12, tzinfo=UTC)
SPOKEN: Final = "Accept-Language"
_IN_PATH: Final = re.compile(r"{(\w+)}")
_REJECTION: Final = "/statements/{first}/{second}/{period_end}/rejection"
_BANK_ENTRIES: Final = "/bank-entries"
_DOCUMENTS: Final = DOCUMENTS_AT.removeprefix(PREFIX)
_PERSONS: Final = PERSONS_AT.removeprefix(PREFIX)


class FoldedEntry(NamedTuple):
    """An entry, and when its region recorded it: in this order all regions fold."""

    recorded_at: datetime
    origin: str
    position: int
    recorded: RecordedFact


@dataclass(slots=True)
class Logs:
    """The logs of all regions, and how far every region has heard the others."""

    of_key: defaultdict[tuple[str, str], list[FoldedEntry]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By kind and key of the stream, in the order of folding."""
    of_stream: defaultdict[Stream, list[Fact]] = field(
        default_factory=lambda: defaultdict(list)
    )
    ends: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """The last position of each log, and its instant."""
    heard: defaultdict[str, Mapping[str, tuple[int, datetime]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """The ends that each region has heard of."""

    def entries_of(self, kind: str, key: str) -> list[FoldedEntry]:
        """Entries of a key's streams in all regions, in the order of folding."""
        return self.of_key[kind, key]

    def facts_of(self, stream: Stream) -> list[Fact]:
        """Facts of one stream, by version from 1."""
        return self.of_stream[stream]

    def hear(self, *regions: Region) -> None:
        """Let regions hear all that was recorded so far."""
        for region in regions:
            self.heard[region.value] = dict(self.ends)

    def entries(self) -> list[FoldedEntry]:
        """In the order of folding."""
        return sorted(
            (entry for entries in self.of_key.values() for entry in entries), key=_when
        )

    def append(self, decision: Decision, region: Region, day: date) -> None:
        """Record what a region has decided on a day."""
        own = region.value
        seen = {n: (1, end) for n, (end, _) in self.heard[own].items() if n != own}
        for stream, fact in decision:
            position, recorded_at = self.ends.get(
                own, (0, datetime.min.replace(tzinfo=UTC))
            )
            recorded_at = max(datetime.combine(day, NOON), recorded_at + MICROSECOND)
            position += 1
            self.ends[own] = position, recorded_at
            facts = self.facts_of(stream)
            entries = self.entries_of(stream.kind, stream.key)
            version = len(facts) + 1
            place = EntryPlace(own, 1, position)
            recorded = RecordedFact(place, stream, version, fact, seen, recorded_at)
            facts.append(fact)
            entry = FoldedEntry(recorded_at, own, position, recorded)
            insort(entries, entry, key=_when)


def _when(entry: FoldedEntry) -> tuple[datetime, str, int]:
    return entry.recorded_at, entry.origin, entry.position


StreamKey = tuple[str, str]
"""Kind and key of streams, of whatever region."""


class RestedOn(NamedTuple):
    """What a command rested on, and what came of it."""

    read: Collection[StreamKey]
    """Of which streams it asked."""
    heard: Mapping[str, int]
    """How far its region had heard the others then."""
    asked_ends: bool
    """It asked how far another region has come at all."""
    written: Collection[StreamKey]
    """In which streams it recorded."""
    fingerprint: str
    """Of what it signed, if it signed any."""


class RegionView:
    """The logs as one region has them: its own whole, the others as far as heard."""

    def __init__(self, logs: Logs, region: Region) -> None:
        self._logs = logs
        self._own = region.value
        self.read: set[StreamKey] = set()
        """Of which streams was asked."""
        self.asked_ends = False
        """It was asked how far another region has come."""

    def _end(self, origin: str) -> tuple[int, datetime] | None:
        own = origin == self._own
        return (self._logs.ends if own else self._logs.heard[self._own]).get(origin)

    def _entries(self, category: Category[S], key: str) -> Iterator[RecordedFact]:
        self.read.add((category.kind, key))
        for entry in self._logs.entries_of(category.kind, key):
            end = self._end(entry.origin)
            if end is not None and entry.position <= end[0]:
                yield entry.recorded

    def state(self, category: Category[S], key: str) -> S:
        """Fold of a key's streams."""
        state = category.initial
        for entry in self._entries(category, key):
            state = category.evolve(state, entry.fact)
        return state

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """Folds by key."""
        return {key: self.state(category, key) for key in keys}

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Entries of each key's streams, by key."""
        return {key: list(self._entries(category, key)) for key in keys}

    def recorded_until(self, region: Region) -> date | None:
        """Day of the last entry of a region."""
        self.asked_ends |= region.value != self._own
        end = self._end(region.value)
        return None if end is None else business_day(end[1])

    def version(self, stream: Stream) -> int:
        """Version of the stream's last fact; the stream is the own region's."""
        self.read.add((stream.kind, stream.key))
        return len(self._logs.facts_of(stream))

    def fact(self, stream: Stream, version: int) -> Fact:
        """As it was decided in this run."""
        self.read.add((stream.kind, stream.key))
        return self._logs.facts_of(stream)[version - 1]


class SentCommand(NamedTuple):
    """A command as it came to a region's node, and who asks when."""

    command: Command
    region: Region
    organisation: str
    actor: str
    today: date
    key: str
    view: RegionView


class DryFederation:
    """Answers the requests that play a year."""

    def __init__(self, logs: Logs | None = None) -> None:
        self.logs = Logs() if logs is None else logs
        self.rested = RestedOn((), {}, False, (), "")  # noqa: FBT003 - nothing yet
        """What the last command rested on."""
        self._doors = [
            (_pattern(door.path), door, _readers(door.path)) for door in DOORS
        ]

    @property
    def urls(self) -> Mapping[Region, str]:
        """The nodes' addresses, which only this transport knows."""
        return {region: f"http://{region.value}.dry" for region in Region}

    def pseudonym(self, organisation: str, name: str) -> str:
        """What stands for a person's pseudonym: nobody is kept here."""
        known_by = person(name)
        if not known_by:
            return ""
        told = f"{organisation}\n{known_by}".encode()
        return f"p-{hashlib.sha256(told).hexdigest()[:32]}"

    def document(self, _organisation: str, content: bytes, media_type: str) -> Document:
        """What stands for a document that a node has taken: nothing is kept here."""
        return salted_document(SECRET_OF_NONE, content, media_type)

    def spread(self) -> None:
        """Let every region hear all that was recorded so far."""
        self.logs.hear(*Region)

    @staticmethod
    def token(organisation: str, *_roles: object, actor: str = "") -> str:
        """What stands for a token: who asks."""
        return f"{organisation}:{actor}"

    async def get(
        self,
        url: httpx.URL | str,
        *,
        params: object = None,  # noqa: ARG002 - as an HTTP client has it
        headers: object = None,  # noqa: ARG002
    ) -> httpx.Response:
        """Answer as a node would: whatever is asked, resting on all that was recorded."""
        self.logs.hear(_place(str(url))[0])
        return httpx.Response(200)

    async def post(
        self,
        url: str,
        *,
        params: object = None,  # noqa: ARG002 - as an HTTP client has it
        json: Mapping[str, Any] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Answer as a node would."""
        language = Language(headers[SPOKEN])
        try:
            asked = self.asked_first(url, json or {}, content, headers)
            if asked is None:
                asked = self._take(url, orjson.dumps(json), headers)
            return httpx.Response(201, content=orjson.dumps(asked))
        except ProblemError as error:
            return refusal_of(error, language)

    def asked_first(
        self,
        url: str,
        said: Mapping[str, Any],
        content: bytes,
        headers: Mapping[str, str],
    ) -> Mapping[str, Any] | None:
        """Answer what a player asks for before it sends a command that refers to it."""
        match _place(url)[1]:
            case path if path == _DOCUMENTS:
                organisation, _ = _who(headers)
                said_type = headers["Content-Type"]
                kept = self.document(organisation, content, said_type)
                return kept.model_dump(mode="json")
            case path if path == _PERSONS:
                organisation, _ = _who(headers)
                try:
                    named = NamedPerson.model_validate(said)
                except ValidationError:
                    return {"pseudonym": NOBODY}
                return {"pseudonym": self.pseudonym(organisation, named.name)}
            case _:
                return None

    def _take(
        self, url: str, content: bytes, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        sent = self.read(url, content, headers)
        return self.recorded(sent, self.decided(sent), Language(headers[SPOKEN]))

    def read(self, url: str, content: bytes, headers: Mapping[str, str]) -> SentCommand:
        """Read a request; raise ``ProblemError`` where it says nothing usable."""
        region, path = _place(url)
        organisation, actor = _who(headers)
        view = RegionView(self.logs, region)
        self._rest(view, region)
        ends = [instant for _, instant in self.logs.ends.values()]
        day = _day_of(headers, ends)
        try:
            refuse_far_ahead(day, instant_text(max(ends)) if ends else "")
        except BusinessDayFarAheadError as error:
            raise far_ahead(error) from None
        today = max(day, view.recorded_until(region) or day)
        try:
            command = self._command(path, content, organisation)
        except (ValidationError, RequestValidationError) as error:
            raise invalid(error) from None
        key = headers["Idempotency-Key"]
        return SentCommand(command, region, organisation, actor, today, key, view)

    def decided(self, sent: SentCommand) -> Decision:
        """Decide as its region would; raise ``ProblemError`` where that is refused."""
        asked = Asked(sent.region, sent.organisation, sent.today, sent.actor)
        decision = self.outcome(sent.command, asked, sent.view)
        if isinstance(decision, Refusal):
            self._rest(sent.view, sent.region)
            raise refused(decision)
        return decision

    def outcome(
        self, command: Command, asked: Asked, history: History
    ) -> Decision | Refusal:
        """Decide as a node does."""
        return decide(command, asked, history)

    def recorded(
        self, sent: SentCommand, decision: Decision, language: Language
    ) -> dict[str, Any]:
        """Record what was decided, and answer what is to be said of it."""
        region, view = sent.region, sent.view
        self.logs.append(decision, region, sent.today)
        issued = [f for _, f in decision if isinstance(f, InvoiceIssued)]
        lacks = [lack for fact in issued for lack in lacking(fact)]
        warnings = list(map(dict, document_warnings(lacks, language)))
        doubtful = _doubts(decision, sent.today, view)
        warnings += map(dict, payment_warnings(doubtful, language))
        self._rest(view, region, decision)
        position = (
            f"{region.value}:{self.logs.ends[region.value][0]}" if decision else None
        )
        return {"position": position, "warnings": warnings}

    def _rest(self, view: RegionView, region: Region, decision: Decision = ()) -> None:
        heard = self.logs.heard[region.value].items()
        signed = (getattr(fact, "fingerprint", "") for _, fact in decision)
        self.rested = RestedOn(
            view.read,
            {origin: position for origin, (position, _) in heard},
            view.asked_ends,
            [(stream.kind, stream.key) for stream, _ in decision],
            next(filter(None, signed), ""),
        )

    def _command(self, path: str, content: bytes, organisation: str) -> Command:
        """Read a request as the door at its address does."""
        if path == _BANK_ENTRIES:
            members = orjson.loads(content)
            owner = members.pop("organisation")
            entry = BookedEntry.model_validate_json(orjson.dumps(members))
            return ImportBankEntries(organisation=owner, entries=(entry,))
        if (at := _pattern(_REJECTION).fullmatch(path)) is not None:
            members = {**_unquoted(at), **orjson.loads(content)}
            return SignStatement.model_validate_json(orjson.dumps(members))
        for pattern, door, readers in self._doors:
            if (at := pattern.fullmatch(path)) is not None:
                members = {
                    name: readers[name].validate_python(text)
                    for name, text in _unquoted(at).items()
                }
                return _asked(door, members, content, organisation, self.pseudonym)
        raise ProblemError("not_found")


def _doubts(
    decision: Decision, today: date, view: RegionView
) -> Iterator[DoubtfulPayment]:
    """Give what is doubtful of the payments that were just recorded."""
    for stream, fact in decision:
        if isinstance(fact, PaymentRegistered | PaymentReceived):
            yield from doubts(fact, view.version(stream), today, view)


def _who(headers: Mapping[str, str]) -> tuple[str, str]:
    """Organisation and person that a token names."""
    bearer = headers["Authorization"].removeprefix("Bearer ")
    organisation, _, actor = bearer.partition(":")
    return organisation, actor


def _day_of(headers: Mapping[str, str], ends: Sequence[datetime]) -> date:
    """Business day that a request brings; without one, that of the last entry of all.

    Where nothing was recorded that is this machine's day, as at a node.
    """
    if asked := headers.get("Fagnett-Business-Day"):
        return date.fromisoformat(asked)
    return business_day(max(ends, default=datetime.now(UTC)))


def _place(url: str) -> tuple[Region, str]:
    """Region that an address is of, and the path behind the prefix."""
    if "/." in url:
        url = str(httpx.URL(url))  # which a client changes: ``/a/../b`` is ``/b``
    host, _, path = url.removeprefix("http://").partition("/")
    return Region(host.partition(".")[0]), f"/{path}".removeprefix(PREFIX)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_IN_PATH.sub(r"(?P<\1>[^/]+)", path))


def _unquoted(at: re.Match[str]) -> dict[str, str]:
    return {name: unquote(text) for name, text in at.groupdict().items()}


def _asked(
    door: Door,
    members: dict[str, Any],
    content: bytes,
    organisation: str,
    pseudonym: Callable[[str, str], str],
) -> Command:
    members |= {"signed": None, "if_match": None}
    if door.body is not None:
        members["body"] = door.body.model_validate_json(content)
    return door.asked(members, organisation, pseudonym)


@cache
def _readers(path: str) -> Mapping[str, TypeAdapter[Any]]:
    """What reads each part of a door's address."""
    (door,) = (each for each in DOORS if each.path == path)
    return {name: TypeAdapter(kind) for name, kind in door.kinds_in_path().items()}


def refusal_of(error: ProblemError, language: Language) -> httpx.Response:
    """Answer that a node gives where it refuses."""
    words, errors = problem_in_words(error, language)
    document: dict[str, Any] = {"code": error.code, "detail": words.detail}
    document |= {**error.members, "errors": errors}
    return httpx.Response(words.status, content=orjson.dumps(document))

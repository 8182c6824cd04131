"""What a decision reads and what it answers.

- It reads the command, who asks where on which day, and streams; never a read model.
- The history is one moment: asked twice, it answers the same.
- Its facts go to streams of its own region alone (law 2), in one transaction.
- A decision that would say nothing new is empty; one that breaks a rule is a refusal.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, NamedTuple, Protocol, TypeVar

from typing_extensions import override

from domain.fact import Fact
from domain.values import Region, business_day

S = TypeVar("S")


class Stream(NamedTuple):
    """A stream id. Only the region's own node appends to it (law 2)."""

    region: Region
    kind: str
    key: str

    @override
    def __str__(self) -> str:
        """``vest:agreement:ms-ous``."""
        return f"{self.region.value}:{self.kind}:{self.key}"


class ShownTo(StrEnum):
    """Who reads a kind of fact, beside the auditors."""

    MEMBERS = "members"
    """All members: the register, networks, posts, agreements, frames, reports."""
    PARTIES = "parties"
    """Payer, payee and their health authorities: invoices, disputes, statements,
    payments, accounts."""
    OWN = "own"
    """The organisation that recorded it: what its bank has booked, its people."""


@dataclass(frozen=True, slots=True)
class Category(Generic[S]):
    """One kind of stream: its name, the state before its first fact, its fold, its facts.

    It is shown to the parties alone where nothing else is said.
    """

    kind: str
    initial: S
    evolve: Callable[[S, Fact], S]
    holds: tuple[type[Fact], ...] = ()
    shown_to: ShownTo = ShownTo.PARTIES

    def stream(self, region: Region, key: str) -> Stream:
        """Id of one stream of this kind."""
        return Stream(region, self.kind, key)


class EntryPlace(NamedTuple):
    """Where an entry stands in its region's log."""

    origin: str
    epoch: int
    position: int

    @override
    def __str__(self) -> str:
        """Entry's id, ``vest/1/42``."""
        return f"{self.origin}/{self.epoch}/{self.position}"


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """A fact with its entry, for decisions about what was known when."""

    place: EntryPlace
    stream: Stream
    version: int
    fact: Fact
    seen: Mapping[str, tuple[int, int]]
    """Epoch and position of each other region that the decision rested on."""
    recorded_at: datetime

    @property
    def recorded_on(self) -> date:
        """The business day on which it was recorded."""
        return business_day(self.recorded_at)

    def known_to(self, later: "RecordedFact") -> bool:
        """Whether the decision on another entry could rest on this one."""
        place = self.place.epoch, self.place.position
        if self.place.origin == later.place.origin:
            return place <= (later.place.epoch, later.place.position)
        return place <= later.seen.get(self.place.origin, (0, 0))


class History(Protocol):
    """The journals as one decision sees them, all cut at one moment."""

    def state(self, category: Category[S], key: str) -> S:
        """Fold of the stream with this key, whatever its region.

        A key has its streams in the regions that own facts about it; they are
        folded in the order in which the facts were recorded.
        """
        ...

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """:meth:`state` of each key."""
        ...

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Facts of each key in the order of :meth:`state`, with their entries."""
        ...

    def recorded_until(self, region: Region) -> date | None:
        """Day on which the last entry of a region was recorded."""
        ...

    def version(self, stream: Stream) -> int:
        """How many facts the stream holds."""
        ...

    def fact(self, stream: Stream, version: int) -> Fact:
        """One fact; the caller knows that it is there."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, at which region's node, on which business day."""

    region: Region
    organisation: str
    today: date
    actor: str
    """The person, as a pseudonym (law 8)."""
    mandate: int | None = None
    """The number of the mandate of the organisation that the person acts on, if one."""


class Append(NamedTuple):
    """One fact for one stream."""

    stream: Stream
    fact: Fact


Decision = tuple[Append, ...]
"""Facts to append in one transaction; empty when all of it is recorded already."""

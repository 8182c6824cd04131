"""Given some history, when a command is decided, then these facts or a refusal."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from string import Formatter
from typing import Self, TypeVar

from api.words import Language, catalogue
from domain.agreements.answer import AnswerVersion
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.decisions import decide_resting, member_names
from domain.fact import Command, Fact
from domain.grants.codes import GrantCode
from domain.history import (
    Append,
    Asked,
    Category,
    EntryPlace,
    RecordedFact,
    Stream,
)
from domain.invoicing.dispute import ResolveDispute
from domain.parties.mandate import MandateCode
from domain.payments.payment import RegisterPayment
from domain.payments.telling import ImportBankEntries
from domain.redeciding import decision_fault
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import BUSINESS_ZONE, Region

S = TypeVar("S")
OF_THE_WHOLE: set[RefusalCode] = {
    Code.NOT_ENTITLED,
    Code.WRONG_REGION,
    MandateCode.NO_MANDATE,
}
"""What is said of a command as a whole, not of a member."""
PASSED_ON = {
    AdoptCounterProposal,
    AnswerVersion,
    CounterVersion,
    ProposeWageGrowth,
    ResolveDispute,
}
"""What is decided as another command is, which may have other members."""
BESIDE_THE_WORDS: dict[RefusalCode, set[str]] = {
    Code.CONFLICTING_ROW: {"agreement", "post", "reference"},
    Code.CREDIT_EXCEEDS_LINE: {"post"},
    Code.NOT_ENDORSED: {"version"},
    Code.INCOMPLETE: {"missing"},
    Code.NO_AMOUNT: {"reference"},
    Code.OUTDATED: {"submission"},
    Code.UNKNOWN_AGREEMENT: {"version"},
    GrantCode.NETWORK_NOT_ELIGIBLE: {"organisation"},
    GrantCode.REASON_MISSING: {"line"},
}
"""What is told to programs alone, by code."""
FIRST = date(2025, 12, 1)
"""On which all is recorded that no test says a day of."""
ELSEWHERE = (Code.NOT_ENTITLED, Code.WRONG_REGION)


def _day_of(command: Command) -> date:
    """Return the day on which a command is sent unless a test says another."""
    said = [FIRST]
    if isinstance(command, RegisterPayment):
        said += [command.paid_on]
    elif isinstance(command, ImportBankEntries):
        said += [each.booked_on for each in command.entries]
    return max(said)


class Scenario:
    """A history in memory, and what the last command led to."""

    def __init__(self) -> None:
        self.streams: defaultdict[Stream, list[Fact]] = defaultdict(list)
        self.held: list[RecordedFact] = []
        """All entries, in the order of recording."""
        self.last_days: dict[Region, date] = {}
        """Of each region's last entry."""
        self.outcome: tuple[Fact, ...] | Refusal = ()
        self.appended: Sequence[RecordedFact] = ()
        """What the last command recorded, where."""

    @property
    def recorded_so_far(self) -> list[Append]:
        """All facts with their streams, in the order of recording."""
        return [Append(each.stream, each.fact) for each in self.held]

    # The history that decisions read

    def state(self, category: Category[S], key: str) -> S:
        """Return the fold of a key's streams."""
        state = category.initial
        streams = {category.stream(region, key) for region in Region}
        for entry in self.held:
            if entry.stream in streams:
                state = category.evolve(state, entry.fact)
        return state

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """Return the folds of some keys' streams."""
        return {key: self.state(category, key) for key in keys}

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Return the entries of some keys' streams."""
        streams = {
            category.stream(region, key): key for key in keys for region in Region
        }
        found: dict[str, list[RecordedFact]] = {key: [] for key in keys}
        for entry in self.held:
            if entry.stream in streams:
                found[streams[entry.stream]].append(entry)
        return found

    def recorded_until(self, region: Region) -> date | None:
        """Return the day of the last command that a region recorded."""
        return self.last_days.get(region)

    def version(self, stream: Stream) -> int:
        """Return the last version of a stream."""
        return len(self.streams.get(stream, ()))

    def fact(self, stream: Stream, version: int) -> Fact:
        """Return one fact of a stream."""
        return self.streams[stream][version - 1]

    # Given, when, then

    def given(
        self,
        *commands: Command,
        today: date | None = None,
        actor: str = "controller",
    ) -> Self:
        """Record what commands lead to; each must be accepted."""
        for command in commands:
            self.when(command, today=today, actor=actor)
            assert not isinstance(self.outcome, Refusal), (command, self.outcome)
        return self

    def when(
        self,
        command: Command,
        *,
        today: date | None = None,
        organisation: str | None = None,
        region: Region = Region.VEST,
        actor: str = "controller",
    ) -> Self:
        """Decide a command; without an organisation, as the one that it needs."""
        today = _day_of(command) if today is None else today
        asked = Asked(region, organisation or "", today, actor)
        decision, mandate = decide_resting(command, asked, self)
        lost = organisation is None and isinstance(decision, Refusal)
        if isinstance(decision, Refusal) and lost and decision.code in ELSEWHERE:
            assert decision.region is not None
            assert decision.organisation is not None
            asked = Asked(decision.region, decision.organisation, today, actor)
            decision, mandate = decide_resting(command, asked, self)
        self.appended = ()
        if isinstance(decision, Refusal):
            says_where_and_why(decision, command)
            self.outcome = decision
            return self
        if decision:
            rests = replace(asked, mandate=mandate)
            again = decision_fault(decision, [rests], self)
            assert again is None, (again, "it must be decided again as it was")
        for stream, _ in decision:
            assert stream.region is asked.region, "a node appends to its own streams"
            self.last_days[asked.region] = today
        before = len(self.held)
        self.receive(*decision)
        self.appended = self.held[before:]
        self.outcome = tuple(fact for _, fact in decision)
        return self

    def receive(self, *entries: Append | RecordedFact) -> None:
        """Hold entries, whoever recorded them; facts alone have seen all before them."""
        sizes = Counter(each.place.origin for each in self.held)
        seen = {region.value: (1, sizes[region.value]) for region in Region}
        for each in entries:
            entry = each
            if isinstance(entry, Append):
                origin = entry.stream.region.value
                sizes[origin] += 1
                entry = RecordedFact(
                    EntryPlace(origin, 1, sizes[origin]),
                    entry.stream,
                    len(self.streams[entry.stream]) + 1,
                    entry.fact,
                    {name: place for name, place in seen.items() if name != origin},
                    self._noon_of(entry.stream.region),
                )
            self.streams[entry.stream].append(entry.fact)
            self.held.append(entry)

    def _noon_of(self, region: Region) -> datetime:
        """Return when a region records: on its last day, noon in Norway."""
        day = self.last_days.get(region, date(2000, 1, 1))
        return datetime.combine(day, time(12), BUSINESS_ZONE)

    def copy(self) -> "Scenario":
        """Return the same history, to go on from otherwise."""
        other = Scenario()
        other.last_days = dict(self.last_days)
        other.receive(*self.held)
        return other

    def without(self, kind: type[Fact], **said: object) -> "Scenario":
        """Return the history as it was without the facts of a kind that say so."""
        other = Scenario()
        other.receive(
            *(
                each
                for each in self.held
                if type(each.fact) is not kind
                or any(getattr(each.fact, name) != said[name] for name in said)
            )
        )
        return other

    def then(self, *facts: Fact) -> Self:
        """Expect exactly these facts."""
        assert self.outcome == facts, self.outcome
        return self

    def bend(self, kind: type[Fact], **changes: object) -> Self:
        """Change a fact that was just recorded, as only its own region's node could."""
        for index, entry in enumerate(self.held):
            fact = entry.fact
            if isinstance(fact, kind):
                bent = fact.model_copy(update=changes)
                self.held[index] = replace(entry, fact=bent)
                self.streams[entry.stream] = [
                    bent if each is fact else each
                    for each in self.streams[entry.stream]
                ]
        return self

    def recorded(self, kind: type[Fact]) -> Fact:
        """Return the one fact of a kind that the last command recorded."""
        assert not isinstance(self.outcome, Refusal), self.outcome
        (found,) = [fact for fact in self.outcome if isinstance(fact, kind)]
        return found

    def unchanged(self) -> Self:
        """Expect that the command was known already."""
        return self.then()

    def refused(self, code: RefusalCode, member: str | None = None) -> Self:
        """Expect a refusal, with its code and the member at fault."""
        assert isinstance(self.outcome, Refusal), self.outcome
        assert self.outcome.code is code, self.outcome
        if member is not None:
            assert self.outcome.member == member, self.outcome
        return self


def says_where_and_why(refusal: Refusal, command: Command) -> None:
    """Expect that a refusal names a member, and that its words can be filled."""
    place = (refusal.member or "").split(".")[0]
    nowhere = refusal.code in OF_THE_WHOLE or type(command) in PASSED_ON
    assert place in member_names(type(command)) if place else nowhere, refusal
    said = catalogue().problems[refusal.code][Language.EN].detail
    wanted = {name for _, name, _, _ in Formatter().parse(said) if name}
    told = wanted | BESIDE_THE_WORDS.get(refusal.code, set())
    assert wanted <= refusal.values.keys() <= told, (wanted, refusal)
    assert None not in refusal.values.values(), refusal

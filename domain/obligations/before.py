"""What applications owe, brought forward: only where something was recorded since.

What an application owes follows from entries alone, and from the day. The same entries
say the same, so what was derived of them before stands.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from domain.grants.application import APPLICATION, ApplicationPresented
from domain.grants.assessment import ASSESSMENT
from domain.grants.award import AWARDS, ApplicationDecided
from domain.grants.call import CALL
from domain.grants.grant import GRANT
from domain.grants.standing import applications_named
from domain.grants.use import GRANT_USE
from domain.history import Category, EntryPlace, History, RecordedFact
from domain.obligations.obligation import Obligation
from domain.obligations.of_applications import of_application
from domain.parties.organisation import ORGANISATION

_Places = tuple[EntryPlace, ...]


class OwedByOne(NamedTuple):
    """What an application owes; nothing where nobody presented it."""

    rests_on: _Places
    """Its own entries, with the decisions on it."""
    call: str
    owed: tuple[Obligation, ...]


class OwedByApplications(NamedTuple):
    """What some applications owe on a day, and by which entries."""

    day: date
    of_calls: _Places
    """Entries by which all of them are judged: the calls and their funders."""
    of_each: Mapping[str, OwedByOne]
    """By name."""

    @property
    def owed(self) -> Iterator[Obligation]:
        """All that they owe, in any order."""
        for each in self.of_each.values():
            yield from each.owed


def owed_by_applications(
    names: Collection[str],
    history: History,
    day: date,
    before: OwedByApplications | None = None,
) -> OwedByApplications:
    """Derive what applications owe on a day; of those whose entries are the same, it is known.

    ``history`` is what was recorded up to the day.
    """
    presented = history.entries(APPLICATION, names)
    calls = sorted(_calls(presented.values()))
    of_calls = _of_calls(calls, history)
    rests_on = _rests_on(presented, calls, history)
    owed: dict[str, OwedByOne] = {}
    if before is not None and (before.day, before.of_calls) == (day, of_calls):
        owed = {
            name: each
            for name, each in before.of_each.items()
            if each.rests_on == rests_on.get(name)
        }
    new = [name for name in names if name not in owed]
    owed |= {name: OwedByOne(rests_on[name], "", ()) for name in new}
    for name, standing in applications_named(new, history).items():
        of_one = tuple(of_application(standing, history, day))
        owed[name] = OwedByOne(rests_on[name], standing.call, of_one)
    return OwedByApplications(day, of_calls, owed)


def _calls(presented: Iterable[Collection[RecordedFact]]) -> set[str]:
    """The calls that are named in any revision."""
    return {
        entry.fact.call
        for entries in presented
        for entry in entries
        if isinstance(entry.fact, ApplicationPresented)
    }


def _of_calls(calls: Collection[str], history: History) -> _Places:
    funders = {
        each.latest.rules.funder
        for each in history.states(CALL, calls).values()
        if each.latest is not None
    }
    published = history.entries(CALL, calls)
    registered = history.entries(ORGANISATION, sorted(funders))
    return (
        *_places(*published.values()),
        *_places(*registered.values()),
    )


def _rests_on(
    presented: Mapping[str, Collection[RecordedFact]],
    calls: Collection[str],
    history: History,
) -> Mapping[str, _Places]:
    decided: dict[str, list[RecordedFact]] = {}
    for awards in history.entries(AWARDS, calls).values():
        for entry in awards:
            if isinstance(entry.fact, ApplicationDecided):
                decided.setdefault(entry.fact.application, []).append(entry)
    kinds: tuple[Category[Any], ...] = (ASSESSMENT, GRANT, GRANT_USE)
    others = [history.entries(category, presented) for category in kinds]
    return {
        name: _places(own, decided.get(name, ()), *(each[name] for each in others))
        for name, own in presented.items()
    }


def _places(*entries: Iterable[RecordedFact]) -> _Places:
    return tuple(entry.place for each in entries for entry in each)

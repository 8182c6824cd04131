"""Terminations: either party ends an agreement from a day on, with notice.

Each party records its own in its own region; where both have, the earliest
last day counts, so the order in which they arrive says nothing. A termination
is never taken back: to go on, the trusts make another agreement. What it cuts
is said in ``accrual.py`` alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from domain.agreements.accrual import VersionTerms
from domain.agreements.agreement import Agreement, Terms
from domain.fact import Fact
from domain.history import Category, History, ShownTo
from domain.refusal import Code, Refusal
from domain.values import Day, Name, OrganisationNumber, Text


class AgreementTerminated(Fact, name="agreement.terminated.v1"):
    """A party ends an agreement; ``ends_on`` is the last day that counts."""

    agreement: Name
    terminated_by: OrganisationNumber
    ends_on: Day
    reason: Text


@dataclass(frozen=True, slots=True)
class Terminations:
    """The terminations of an agreement."""

    notices: frozenset[AgreementTerminated] = frozenset()

    @property
    def last_day(self) -> date | None:
        """The earliest last day that a party has named."""
        return min((notice.ends_on for notice in self.notices), default=None)

    def costs(self, versions: Iterable[Terms]) -> list[VersionTerms]:
        """Money terms of some versions, cut at the last day."""
        last_day = self.last_day
        return [terms.costs.until(last_day) for terms in versions]

    def require_lasting(self, terms: Terms) -> None:
        """Refuse terms that would take effect after the agreement has ended."""
        last_day = self.last_day
        if last_day is None or terms.effective_from <= last_day:
            return
        values = {"last_day": last_day.isoformat()}
        raise Refusal(Code.AGREEMENT_TERMINATED, "effective_from", values)


def evolve(state: Terminations, fact: Fact) -> Terminations:
    """Fold one fact."""
    match fact:
        case AgreementTerminated():
            return Terminations(state.notices | {fact})
        case _:
            return state


TERMINATIONS = Category(
    "terminations",
    Terminations(),
    evolve,
    holds=(AgreementTerminated,),
    shown_to=ShownTo.MEMBERS,
)


def terminations_of(
    agreements: Iterable[Agreement], history: History
) -> Mapping[str, Terminations]:
    """Terminations of some agreements, by name; not those of others with the name."""
    by_name = {each.name: each for each in agreements if each.first is not None}
    return {
        name: reduce(
            evolve,
            (entry.fact for entry in entries if by_name[name].concerns(entry)),
            TERMINATIONS.initial,
        )
        for name, entries in history.entries(TERMINATIONS, by_name).items()
    }


def terminated(agreement: Agreement, history: History) -> Terminations:
    """Terminations of an agreement; none of one that is not proposed yet."""
    by_name = terminations_of((agreement,), history)
    return next(iter(by_name.values()), TERMINATIONS.initial)

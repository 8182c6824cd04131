"""What became of applications: derived from what trust and funder said, never stored.

- A name is of the trust that presented it first. What another trust said under it, and
  what a funder said of that, before they had heard of the first, counts for nothing.
- *Submitted* is what was submitted, not withdrawn, and not returned since.
- An award wins over a withdrawal that crosses it: where a funder decides it had not
  heard of the withdrawal, or the award would have been refused.
- An application is judged by the version of its call that was the latest when it was
  last submitted, and before that by the latest (K-18).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce

from domain.fact import Fact
from domain.grants.application import (
    APPLICATION,
    Application,
    ApplicationEndorsed,
    ApplicationPresented,
    evolve,
)
from domain.grants.assessment import (
    ASSESSMENT,
    ApplicationAssessed,
    ApplicationChecked,
    CheckOutcome,
)
from domain.grants.award import AWARDS, ApplicationDecided
from domain.grants.call import CALL, CallPublished, CallVersions
from domain.grants.codes import GrantCode
from domain.grants.rules import CallRules
from domain.history import History, RecordedFact
from domain.parties.organisation import ORGANISATION
from domain.refusal import Refusal
from domain.values import Region


class ApplicationStatus(StrEnum):
    """What an application is, the first that holds of them."""

    WITHDRAWN = "withdrawn"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REJECTED = "rejected"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PRESENTED = "presented"


@dataclass(frozen=True, slots=True)
class AppliedFor:
    """An application that was presented, but for what the funder's assessors found."""

    said: Application
    last: ApplicationPresented
    """The last revision: its call and trust are those of all."""
    of_call: CallVersions
    award: ApplicationDecided | None
    is_withdrawn: bool
    first: RecordedFact
    """By which the trust took the name."""
    funder_region: Region | None

    @property
    def call(self) -> str:
        """Name of the call."""
        return self.last.call

    @property
    def trust(self) -> str:
        """Organisation number of who applies."""
        return self.last.content.trust


@dataclass(frozen=True, slots=True)
class ApplicationStanding(AppliedFor):
    """An application that was presented, and what became of it."""

    returned: ApplicationChecked | None
    """The check by which the last submission was returned."""
    checks: tuple[ApplicationChecked, ...]
    """Those of every revision, in the order of recording."""
    assessments: tuple[ApplicationAssessed, ...]
    """Those of every revision, with declared conflicts, in the order of recording."""

    def funder_said(self, entries: Iterable[RecordedFact]) -> Iterator[Fact]:
        """What the funder said on it, of what was recorded under its name."""
        return (e.fact for e in _on(self.first, entries, self.funder_region))

    def trust_said(self, entries: Iterable[RecordedFact]) -> Iterator[Fact]:
        """What the trust said on it, of what was recorded under its name."""
        return (e.fact for e in _on(self.first, entries, self.first.stream.region))

    @property
    def rules(self) -> CallRules:
        """Rules by which it is judged (K-18)."""
        submission = self.said.last_submission
        version = submission and self.of_call.version(submission.call_version)
        return (version or latest_version(self.of_call)).rules

    @property
    def rules_of_last(self) -> CallRules:
        """Rules by which its last revision is judged, or will be once it is submitted.

        What is completed after a return is submitted by the latest: so whom these
        name endorses it.
        """
        submission = self.said.last_submission
        if submission is not None and submission.revision == self.last.revision:
            return self.rules
        return latest_version(self.of_call).rules

    @property
    def endorsements(self) -> Sequence[ApplicationEndorsed]:
        """Those of the last revision."""
        return [
            each
            for each in self.said.endorsements
            if each.revision == self.last.revision
        ]

    @property
    def is_checked(self) -> bool:
        """Whether its last revision was found complete."""
        return any(
            each.revision == self.last.revision
            and each.outcome is CheckOutcome.COMPLETE
            for each in self.checks
        )

    @property
    def is_assessed(self) -> bool:
        """Whether somebody without a conflict has assessed its last revision."""
        return any(
            each.revision == self.last.revision and each.conflict is None
            for each in self.assessments
        )

    @property
    def may_be_submitted(self) -> bool:
        """Whether its last revision was never submitted, and nothing stands for it."""
        was_submitted = any(
            each.revision == self.last.revision for each in self.said.submissions
        )
        return not (self.is_submitted or self.is_withdrawn or was_submitted)

    @property
    def is_submitted(self) -> bool:
        """Whether it was submitted, not withdrawn, and not returned since."""
        was_submitted = self.said.last_submission is not None
        return was_submitted and not self.is_withdrawn and self.returned is None

    @property
    def status(self) -> ApplicationStatus:
        """What it is; returned until it is submitted again."""
        if self.is_withdrawn:
            return ApplicationStatus.WITHDRAWN
        if self.award is not None:
            return ApplicationStatus(self.award.outcome.value)
        if self.is_submitted:
            return ApplicationStatus.SUBMITTED
        is_returned = self.returned is not None
        return (
            ApplicationStatus.RETURNED if is_returned else ApplicationStatus.PRESENTED
        )


def latest_rules(call: str, history: History) -> CallRules:
    """Rules by which a call is open or closed; refuse a call that nobody published."""
    return latest_version(history.state(CALL, call)).rules


def latest_version(call: CallVersions) -> CallPublished:
    """Latest version of a call; refuse a call that nobody published."""
    if call.latest is None:
        raise Refusal(GrantCode.UNKNOWN_CALL, "call")
    return call.latest


def require_closed(rules: CallRules, today: date, member: str) -> None:
    """Refuse what comes before the day after a call's deadline; without one is none."""
    if rules.deadline is not None and today <= rules.deadline:
        raise Refusal(GrantCode.CALL_OPEN, member)


def application_named(name: str, history: History) -> ApplicationStanding:
    """Find an application; refuse one that nobody presented."""
    standing = applications_named((name,), history).get(name)
    if standing is None:
        raise Refusal(GrantCode.UNKNOWN_APPLICATION, "application")
    return standing


def applications_named(
    names: Collection[str], history: History
) -> Mapping[str, ApplicationStanding]:
    """Find what became of applications; nothing of a name that nobody presented."""
    found = applied_for(names, history)
    checks = history.entries(ASSESSMENT, found)
    return {name: _standing(each, checks[name]) for name, each in found.items()}


def applied_for(names: Collection[str], history: History) -> Mapping[str, AppliedFor]:
    """:func:`applications_named` where nobody asks what was found in them."""
    own = {
        name: of_trust
        for name, entries in history.entries(APPLICATION, names).items()
        if (of_trust := _own(entries))
    }
    said = {name: _fold(entries) for name, entries in own.items()}
    lasts = {name: each.last for name, each in said.items() if each.last is not None}
    call_names = {last.call for last in lasts.values()}
    calls = history.states(CALL, call_names)
    homes = _homes(calls, history)
    awards = {
        call: _by_application(entries)
        for call, entries in history.entries(AWARDS, call_names).items()
    }
    found = {}
    for name, last in lasts.items():
        home, first = homes.get(last.call), own[name][0]
        decided = awards[last.call].get(last.application, ())
        award = next(_on(first, decided, home), None)
        found[name] = AppliedFor(
            said[name],
            last,
            calls[last.call],
            award.fact
            if award and isinstance(award.fact, ApplicationDecided)
            else None,
            _is_withdrawn(said[name], own[name], award),
            first,
            home,
        )
    return found


def _own(entries: Sequence[RecordedFact]) -> Sequence[RecordedFact]:
    """Entries of the trust that presented first, from then on."""
    for index, first in enumerate(entries):
        if isinstance(first.fact, ApplicationPresented):
            home = first.stream.region
            return [each for each in entries[index:] if each.stream.region is home]
    return ()


def _fold(entries: Sequence[RecordedFact]) -> Application:
    return reduce(evolve, (entry.fact for entry in entries), Application())


def _homes(calls: Mapping[str, CallVersions], history: History) -> Mapping[str, Region]:
    """Region of each call's funder."""
    funders = {
        name: call.latest.rules.funder
        for name, call in calls.items()
        if call.latest is not None
    }
    found = history.states(ORGANISATION, {*funders.values()})
    return {
        name: registered.region
        for name, funder in funders.items()
        if (registered := found[funder].registered) is not None
    }


def _on(
    first: RecordedFact, entries: Iterable[RecordedFact], home: Region | None
) -> Iterator[RecordedFact]:
    """Entries of a region that can be on what was presented first."""
    for entry in entries:
        if entry.stream.region is home and first.known_to(entry):
            yield entry


def _standing(of: AppliedFor, checks: Sequence[RecordedFact]) -> ApplicationStanding:
    facts = [entry.fact for entry in _on(of.first, checks, of.funder_region)]
    return ApplicationStanding(
        of.said,
        of.last,
        of.of_call,
        of.award,
        of.is_withdrawn,
        of.first,
        of.funder_region,
        _return(of.said, facts),
        tuple(fact for fact in facts if isinstance(fact, ApplicationChecked)),
        tuple(fact for fact in facts if isinstance(fact, ApplicationAssessed)),
    )


def _by_application(
    entries: Iterable[RecordedFact],
) -> Mapping[str, Sequence[RecordedFact]]:
    """Decisions of a call on each application, in the order of recording."""
    found: dict[str, list[RecordedFact]] = {}
    for entry in entries:
        if isinstance(entry.fact, ApplicationDecided):
            found.setdefault(entry.fact.application, []).append(entry)
    return found


def _return(said: Application, found: Sequence[Fact]) -> ApplicationChecked | None:
    """Find the check by which the last submission was returned.

    A revision is submitted once, so its checks are those of its submission.
    """
    submission = said.last_submission
    for fact in found:
        if (
            submission is not None
            and isinstance(fact, ApplicationChecked)
            and fact.revision == submission.revision
            and fact.outcome is CheckOutcome.RETURNED
        ):
            return fact
    return None


def _is_withdrawn(
    said: Application, own: Sequence[RecordedFact], award: RecordedFact | None
) -> bool:
    """Whether a withdrawal counts: the funder's award, if any, had heard of it."""
    if said.withdrawn is None:
        return False
    withdrawal = next(each for each in own if each.fact is said.withdrawn)
    return award is None or withdrawal.known_to(award)

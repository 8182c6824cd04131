"""Mandates: who has which role for an organisation, from when to when, given by whom.

One stream per organisation, in its own region. Where an organisation has given any,
each of its decisions rests on one: of the person who acts, of that day, and of a role
that may send the command.

- Nobody gives or ends a mandate but an administrator of the organisation.
- An auditor reads everything: a regional health authority alone makes somebody one, until
  a day and for a purpose.
- Where it has no administrator that day, whoever its region lets in as one gives the
  next mandate, which is an administrator's and counts from then on.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.earlier import WITHOUT_PURPOSE, is_recorded_under
from domain.fact import Command, Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.person import person
from domain.refusal import Refusal, RefusalCode
from domain.role import Role
from domain.texts import without_national_id
from domain.values import (
    REGIONAL_AUTHORITY,
    Actor,
    Day,
    FreeText,
    OrganisationNumber,
    Text,
    day_before,
    not_before,
)

MandateNumber = Annotated[int, Field(ge=1, le=10**6, examples=[3])]
"""Of an organisation's mandates, in the order in which they were given."""

ActingPerson = Annotated[
    Actor,
    AfterValidator(person),
    AfterValidator(without_national_id),
    Field(examples=["p-0f8fad5bd9cb469fa1657086ab3be28d"]),
]
"""The code of a person who acts, as tokens and entries have it; never a name (law 8)."""


class MandateCode(RefusalCode):
    """Why a mandate is refused, or a command for want of one."""

    NO_MANDATE = "no_mandate"
    FIRST_MANDATE = "first_mandate"
    LAST_ADMINISTRATOR = "last_administrator"
    UNKNOWN_MANDATE = "unknown_mandate"
    MANDATE_OVER = "mandate_over"
    MANDATE_WAS_GOOD = "mandate_was_good"
    AUDITOR_OF_AUTHORITY = "auditor_of_authority"
    ENGAGEMENT_INCOMPLETE = "engagement_incomplete"


class MandateGranted(
    Fact, name="mandate.granted.v2", earlier={WITHOUT_PURPOSE: unchanged}
):
    """A person has a role for an organisation."""

    organisation: OrganisationNumber
    number: MandateNumber
    person: Actor
    role: Role
    starts_on: Day
    ends_on: Annotated[Day | None, not_before("starts_on")] = None
    """The last day; without one it counts until it is ended."""
    purpose: Text | None = None
    """What it was given for: of an auditor, whose engagement it is."""
    granted_by: Actor


class MandateEnded(Fact, name="mandate.ended.v1"):
    """A mandate counts no more."""

    organisation: OrganisationNumber
    number: MandateNumber
    ended_on: Day
    """The first day on which it counts no more."""
    ended_by: Actor


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate, and how it was ended; the earliest end counts."""

    granted: MandateGranted
    ended: MandateEnded | None = None

    @property
    def last_day(self) -> date:
        """Last day on which it counts, as far as is known."""
        last = self.granted.ends_on or date.max
        return (
            last if self.ended is None else min(last, day_before(self.ended.ended_on))
        )

    def counts_on(self, day: date) -> bool:
        """Whether somebody may act on it that day."""
        return self.granted.starts_on <= day <= self.last_day

    def lets(self, actor: str, roles: AbstractSet[Role], day: date) -> bool:
        """Whether a person may act on it in one of some roles, that day."""
        is_theirs = self.granted.person == actor and self.granted.role in roles
        return is_theirs and self.counts_on(day)


@dataclass(frozen=True, slots=True)
class Mandates:
    """All mandates that an organisation has given, by number from 1."""

    given: tuple[Mandate, ...] = ()

    def numbered(self, number: int) -> Mandate | None:
        """Mandate of a number, if it was given."""
        return self.given[number - 1] if 0 < number <= len(self.given) else None

    def of(self, actor: str, day: date) -> Iterator[Mandate]:
        """Give the mandates on which a person may act that day, by number."""
        for mandate in self.given:
            if mandate.granted.person == actor and mandate.counts_on(day):
                yield mandate

    def roles_of(
        self, actor: str, day: date, number: int | None = None
    ) -> frozenset[Role]:
        """Roles in which a person may act that day; on one mandate alone, if it is named."""
        own = self.of(actor, day)
        return frozenset(
            mandate.granted.role
            for mandate in own
            if number in (None, mandate.granted.number)
        )

    def has_administrator(self, day: date) -> bool:
        """Whether anybody may give and end mandates that day."""
        return any(
            mandate.granted.role is Role.ADMINISTRATOR and mandate.counts_on(day)
            for mandate in self.given
        )


def evolve(state: Mandates, fact: Fact) -> Mandates:
    """Fold one fact; numbers are given in order, and only what was given is ended."""
    given = state.given
    match fact:
        case MandateGranted() if fact.number == len(given) + 1:
            return Mandates((*given, Mandate(fact)))
        case MandateEnded() if (mandate := state.numbered(fact.number)) is not None:
            if fact.ended_on > mandate.last_day:
                return state
            ended = replace(mandate, ended=fact)
            return Mandates((*given[: fact.number - 1], ended, *given[fact.number :]))
        case _:
            return state


MANDATES = Category(
    "mandates",
    Mandates(),
    evolve,
    holds=(MandateGranted, MandateEnded),
    shown_to=ShownTo.MEMBERS,
)


class GrantMandate(Command):
    """Give a person a role for an organisation, as one of its administrators."""

    organisation: OrganisationNumber
    person: ActingPerson
    """The code that the person has in this region, never a name: a page shows everybody
    their own."""
    role: Role
    starts_on: Day | None = None
    """The first day; today when left out."""
    ends_on: Annotated[Day | None, not_before("starts_on")] = None
    """The last day; without one it counts until it is ended. An auditor's has one."""
    purpose: Annotated[FreeText, Field(min_length=1)] | None = None
    """What it is given for; of an auditor it is needed, and shown wherever they read."""


def grant(command: GrantMandate, asked: Asked, history: History) -> Decision:
    """Decide on a mandate: the first is that of an administrator."""
    organisation = registered(command.organisation, "organisation", history)
    require_party(asked, organisation.org_number, organisation.region)
    mandates = history.state(MANDATES, command.organisation)
    if any(_is_same(mandate, command, asked.today) for mandate in mandates.given):
        return ()
    if command.role is Role.AUDITOR and not is_recorded_under(WITHOUT_PURPOSE):
        _require_engagement(command)
    fact = MandateGranted(
        **dict(command) | {"starts_on": command.starts_on or asked.today},
        number=len(mandates.given) + 1,
        granted_by=asked.actor,
    )
    first = Mandate(fact).lets(fact.person, {Role.ADMINISTRATOR}, asked.today)
    if not first and not mandates.has_administrator(asked.today):
        values = {"organisation": command.organisation}
        raise Refusal(MandateCode.FIRST_MANDATE, "role", values)
    return (Append(MANDATES.stream(organisation.region, command.organisation), fact),)


def _require_engagement(command: GrantMandate) -> None:
    """Refuse an auditor of whom nobody says who engaged them, until when and what for."""
    if command.organisation not in REGIONAL_AUTHORITY.values():
        raise Refusal(MandateCode.AUDITOR_OF_AUTHORITY, "role")
    for member in ("ends_on", "purpose"):
        if getattr(command, member) is None:
            raise Refusal(MandateCode.ENGAGEMENT_INCOMPLETE, member)


def _is_same(mandate: Mandate, command: GrantMandate, today: date) -> bool:
    """Whether it has been given so already, and was not ended since."""
    known = mandate.granted
    if command.starts_on is None:
        begins = known.starts_on <= today
    else:
        begins = known.starts_on == command.starts_on
    given = known.person, known.role, known.ends_on, known.purpose
    asked_for = command.person, command.role, command.ends_on, command.purpose
    return begins and mandate.ended is None and given == asked_for


declare(
    GrantMandate,
    grant,
    Authority(
        Asks.ITSELF,
        {Role.ADMINISTRATOR},
        REGISTERED,
        "itself: by what the person decides in that role",
    ),
    MandateGranted,
)


class EndMandate(Command):
    """End a mandate of an organisation, as one of its administrators."""

    organisation: OrganisationNumber
    number: MandateNumber
    ended_on: Day
    """The first day on which it counts no more: today, or later."""


def end(command: EndMandate, asked: Asked, history: History) -> Decision:
    """Decide on an end: from today on, and not of the last administrator."""
    organisation = registered(command.organisation, "organisation", history)
    require_party(asked, organisation.org_number, organisation.region)
    mandates = history.state(MANDATES, command.organisation)
    mandate = mandates.numbered(command.number)
    if mandate is None:
        raise Refusal(
            MandateCode.UNKNOWN_MANDATE,
            "number",
            {"organisation": command.organisation, "number": command.number},
        )
    if mandate.ended is not None and mandate.ended.ended_on == command.ended_on:
        return ()
    if command.ended_on < asked.today:
        today = {"day": asked.today.isoformat()}
        raise Refusal(MandateCode.MANDATE_WAS_GOOD, "ended_on", today)
    if command.ended_on > mandate.last_day:
        last = {"day": mandate.last_day.isoformat()}
        raise Refusal(MandateCode.MANDATE_OVER, "ended_on", last)
    if _is_last(mandate, mandates, command.ended_on):
        named = {"organisation": command.organisation}
        raise Refusal(MandateCode.LAST_ADMINISTRATOR, "number", named)
    fact = MandateEnded(**dict(command), ended_by=asked.actor)
    return (Append(MANDATES.stream(organisation.region, command.organisation), fact),)


def _is_last(mandate: Mandate, mandates: Mandates, day: date) -> bool:
    """Whether nobody else is administrator that day, and for no less long."""
    if mandate.granted.role is not Role.ADMINISTRATOR:
        return False
    return not any(
        other.granted.role is Role.ADMINISTRATOR
        and other.counts_on(day)
        and other.last_day >= mandate.last_day
        for other in mandates.given
        if other is not mandate
    )


declare(
    EndMandate,
    end,
    Authority(
        Asks.ITSELF,
        {Role.ADMINISTRATOR},
        {**REGISTERED, MandateGranted: MandateCode.UNKNOWN_MANDATE},
        "itself: what was decided on it stands",
    ),
    MandateEnded,
)

"""The rules of a call, as data: no code names a scheme, a date or an amount of one.

An empty member is "not set" and asks nothing (K-19). Days are days in Norway, both ends
included, never rolled (K-15). Source: the rule book, §3.

Rules that contradict themselves are none: nobody could ever apply by them.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.fact import Message
from domain.texts import UnfitError
from domain.values import (
    CitedNumber,
    CostOre,
    Day,
    FreeText,
    Key,
    NetworkKind,
    OrganisationKind,
    OrganisationNumber,
    Region,
)

RuleId = Annotated[str, StringConstraints(pattern=r"^(S[0-4]|K)-[0-9]{2,3}$")]
"""A rule of the user's documents, or a choice between them."""

Count = Annotated[int, Field(ge=0, le=1000)]
"""How many there must be, or may."""

Years = Annotated[int, Field(ge=0, le=100)]
"""Years of a project."""

ReminderDays = Annotated[int, Field(ge=0, le=366)]
"""So many days before something is due somebody is reminded of it."""


class GrantEndorser(StrEnum):
    """Who endorses an application."""

    TRUST_DIRECTOR = "trust_director"
    DEPUTY_TRUST_DIRECTOR = "deputy_trust_director"
    CLINIC_DIRECTOR = "clinic_director"
    LINE_MANAGER = "line_manager"
    HEALTH_COMMUNITY = "health_community"


class RankerRole(StrEnum):
    """Who ranks a trust's applications."""

    QUALITY_MANAGER = "quality_manager"
    QUALITY_EQUIVALENT = "quality_equivalent"
    MEDICAL_DIRECTOR = "medical_director"


class Choice(Message):
    """Something that is offered, asked for or weighed."""

    key: Key
    words: FreeText
    rule: RuleId


class Priority(Choice):
    """What a call would rather fund."""

    valid_until: Day | None = None
    """The last day of the plan that it follows (K-27)."""


class CostCategory(Choice):
    """What money may be asked for: freely, with a reason, or not."""

    allowed: Literal["yes", "explained", "no"]


class Criterion(Choice):
    """What is weighed, of one application or of all that are awarded."""

    of: Literal["application", "portfolio"] = "application"


class PanelSeat(Choice):
    """Who assesses, and how many of them at the least."""

    assessors_min: Count = 1


class EndorsementRule(Message):
    """One of these roles must have endorsed."""

    one_of: Annotated[tuple[GrantEndorser, ...], Field(min_length=1)]
    when: Literal["always", "with_municipality"] = "always"
    rule: RuleId


class NetworkRule(Message):
    """Only a network of a kind.

    Each of these trusts takes part in it, or lacks the field.
    """

    kind: NetworkKind
    trusts: tuple[CitedNumber, ...]


class PartnerRule(Message):
    """So many trusts; or one trust and so many municipalities."""

    trusts_min: Count
    or_municipalities_min: Count


class UseRule(Message):
    """When the money may be used, and what becomes of the rest."""

    after_decision: bool = True
    first_day: Day | None = None
    last_day: Day | None = None
    project_ends_by: Day | None = None
    project_years_max: Annotated[Years | None, Field(ge=1)] = None
    first_use_months: Annotated[int | None, Field(ge=0, le=1200)] = None
    remainder: Literal["lapses", "carried_by_decision"]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        first, last = self.first_day, self.last_day
        if first is not None and last is not None and last < first:
            message = "comes before the first day"
            raise UnfitError(message, "ends_first")
        return self


class ReportRule(Choice):
    """A report on the use, due on a day or so long after the project."""

    due_on: Day | None = None
    due_days_after_project: Annotated[int | None, Field(ge=0, le=36_500)] = None
    declares: tuple[Key, ...] = ()


class SplitRule(Choice):
    """A share of the pot for projects of so many years begun: more than, up to."""

    project_years: Annotated[tuple[Years, Years], Field(examples=[(0, 1)])]
    amount_ore: CostOre | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        after, up_to = self.project_years
        if after >= up_to:
            message = "no project has so many years"
            raise UnfitError(message, "rules_unfit")
        return self


class CallRules(Message):
    """All rules of a call.

    ``rules`` names, for each member, the rules it comes from; choices carry their own.
    """

    scheme: Key
    title: FreeText
    valid_from: Day
    funder: OrganisationNumber
    case_reference: FreeText | None = None
    intake: Literal["portal", "post_box"]
    intake_address: FreeText = ""
    opens_on: Day
    deadline: Day | None = None
    announce_by: Day | None = None
    applicant_kinds: tuple[OrganisationKind, ...]
    applicant_regions: tuple[Region, ...]
    employed_by: tuple[OrganisationKind, ...] = ()
    network: NetworkRule | None = None
    partners: PartnerRule | None = None
    purposes: tuple[Choice, ...] = ()
    purposes_min: Count = 0
    priorities: tuple[Priority, ...] = ()
    form: FreeText = ""
    sections: tuple[Choice, ...] = ()
    attachments: tuple[Choice, ...] = ()
    endorsements: Annotated[tuple[EndorsementRule, ...], Field(max_length=100)] = ()
    distinct_endorsers: bool = False
    categories: tuple[CostCategory, ...]
    own_contribution: Literal["not_asked", "expected"] = "not_asked"
    criteria: tuple[Criterion, ...] = ()
    points_max: Count = 5
    panel: tuple[PanelSeat, ...] = ()
    rankers: tuple[RankerRole, ...] = ()
    decider: Key | None = None
    informed: tuple[Choice, ...] = ()
    pot_ore: CostOre | None = None
    splits: tuple[SplitRule, ...] = ()
    use: UseRule
    reports: tuple[ReportRule, ...] = ()
    remind_days: tuple[ReminderDays, ...] = (30, 7, 1)
    rules: dict[Key, tuple[RuleId, ...]]

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        """Refuse what would name two things alike, or let nobody apply.

        Of its days nothing is asked: a last day that is over is `call_closed`.
        """
        for choices in (
            *(self.purposes, self.priorities, self.sections, self.attachments),
            *(self.categories, self.criteria, self.panel, self.informed),
            *(self.splits, self.reports),
        ):
            require_once([choice.key for choice in choices])
        require_once(self.remind_days)
        if self.purposes_min > len(self.purposes):
            message = "asks for more purposes than there are"
            raise UnfitError(message, "rules_unfit")
        return self


def require_once(values: Collection[object]) -> None:
    """Refuse values of which one stands twice."""
    if len({*values}) < len(values):
        message = "one stands twice"
        raise UnfitError(message, "stands_twice")

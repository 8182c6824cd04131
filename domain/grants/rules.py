"""The rules of a call, as data: no code names a scheme, a date or an amount of one.

An empty member is "not set" and asks nothing (K-19). Days are days in Norway, both ends
included, never rolled (K-15). Source: the rule book, §3.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from domain.fact import Message
from domain.values import (
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


class CostCategory(Choice):
    """What money may be asked for: freely, with a reason, or not."""

    allowed: Literal["yes", "explained", "no"]


class Criterion(Choice):
    """What is weighed, of one application or of all that are awarded."""

    of: Literal["application", "portfolio"] = "application"


class PanelSeat(Choice):
    """Who assesses, and how many of them at the least."""

    assessors_min: Annotated[int, Field(ge=0)] = 1


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
    trusts: tuple[OrganisationNumber, ...]


class PartnerRule(Message):
    """So many trusts; or one trust and so many municipalities."""

    trusts_min: int
    or_municipalities_min: int


class UseRule(Message):
    """When the money may be used, and what becomes of the rest."""

    after_decision: bool = True
    first_day: Day | None = None
    last_day: Day | None = None
    project_ends_by: Day | None = None
    project_years_max: int | None = None
    first_use_months: int | None = None
    remainder: Literal["lapses", "carried_by_decision"]


class ReportRule(Choice):
    """A report on the use, due on a day or so long after the project."""

    due_on: Day | None = None
    due_days_after_project: int | None = None
    declares: tuple[Key, ...] = ()


class SplitRule(Choice):
    """A share of the pot for projects of so many years begun: more than, up to."""

    project_years: tuple[int, int]
    amount_ore: CostOre | None = None


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
    deadline: Day | None
    announce_by: Day | None = None
    applicant_kinds: tuple[OrganisationKind, ...]
    applicant_regions: tuple[Region, ...]
    employed_by: tuple[OrganisationKind, ...] = ()
    network: NetworkRule | None = None
    partners: PartnerRule | None = None
    purposes: tuple[Choice, ...] = ()
    purposes_min: int = 0
    priorities: tuple[Choice, ...] = ()
    form: FreeText = ""
    sections: tuple[Choice, ...] = ()
    attachments: tuple[Choice, ...] = ()
    endorsements: tuple[EndorsementRule, ...] = ()
    distinct_endorsers: bool = False
    categories: tuple[CostCategory, ...]
    own_contribution: Literal["not_asked", "expected"] = "not_asked"
    criteria: tuple[Criterion, ...] = ()
    points_max: int = 5
    panel: tuple[PanelSeat, ...] = ()
    rankers: tuple[RankerRole, ...] = ()
    decider: Key | None = None
    informed: tuple[Choice, ...] = ()
    pot_ore: CostOre | None = None
    splits: tuple[SplitRule, ...] = ()
    use: UseRule
    reports: tuple[ReportRule, ...] = ()
    remind_days: tuple[int, ...] = (30, 7, 1)
    rules: dict[Key, tuple[RuleId, ...]]

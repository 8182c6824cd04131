"""Cost agreements: versions proposed by the coordinating trust, with their posts.

A version is signed once by proposing it; the other signature is the
acceptance of its fingerprint in the counterparty's region (``answer.py``).
Whoever proposed terms may withdraw them (``withdrawal.py``), in the own region.
Every proposal also passes through the frame of its network (``frame.py``), and
every post is claimed once, so that a post is found by its name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from domain.agreements.accrual import PostTerms, VersionTerms
from domain.fact import Command, Fact, Message
from domain.history import Category
from domain.values import (
    CaseReference,
    CostOre,
    Day,
    EndorsementPolicy,
    FreeLongText,
    FreeText,
    Frequency,
    GrowthFactor,
    KnownPerson,
    LastDay,
    LongText,
    Name,
    NewName,
    NoticeMonths,
    OrganisationNumber,
    Percent,
    Text,
    TravelCost,
    Vacancy,
    VatTreatment,
    VersionNumber,
    WrittenPercent,
    not_before,
)


class PartTimePost(Message):
    """The minimum content of one post in one version (S1-10, S1-11, S1-12)."""

    post: Name
    content: Text
    percent: Percent | None = None
    starts_on: Day
    ends_on: LastDay
    annual_cost_ore: CostOre
    """The agreed cost of the post at its percentage for a whole year."""


class Cooperation(Message):
    """The four sections that formalise a cooperation (S1-27)."""

    tasks: LongText
    obligations: LongText
    aims: LongText
    economy: LongText


class WageGrowth(Message):
    """How a version's costs came from those of an earlier one."""

    factor: GrowthFactor
    source: Text
    of_version: VersionNumber


class Content(Message):
    """What one version of one agreement says.

    Members that may be absent take no space in the canonical bytes, so that
    those who signed before such a member existed signed what is hashed today.
    """

    agreement: Name
    version: VersionNumber
    network: Name
    payer: OrganisationNumber
    payee: OrganisationNumber
    effective_from: Day
    starts_on: Day
    ends_on: LastDay
    frequency: Frequency
    vacancy: Vacancy
    vat_treatment: VatTreatment
    vat_reason: Text
    posts: tuple[PartTimePost, ...]
    cooperation: Cooperation | None = None
    notice_months: NoticeMonths | None = None
    """What a termination gives at least; where absent it may end today."""
    travel: TravelCost | None = None
    vat_decided_by: KnownPerson | None = None
    vat_decided_on: Day | None = None
    archive_reference: CaseReference | None = None
    wage_growth: WageGrowth | None = None
    endorsement: EndorsementPolicy | None = None
    """Whose word is needed before acceptance; where absent, nobody's."""


class Terms(Content):
    """What two trusts sign: the content of one version."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical bytes, in hex: what both parties sign."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def costs(self) -> VersionTerms:
        """What the version says about money."""
        return VersionTerms(
            self.version,
            self.effective_from,
            self.starts_on,
            self.ends_on,
            self.vacancy,
            self.network,
            {
                each.post: PostTerms(each.starts_on, each.ends_on, each.annual_cost_ore)
                for each in self.posts
            },
        )


class VersionProposed(Fact):
    """The coordinating trust proposes, and thereby signs, a version."""

    TYPE: ClassVar[str] = "agreement.version_proposed.v2"

    terms: Terms
    fingerprint: str


class VersionWithdrawn(Fact):
    """Who proposed or counter-proposed terms takes them back.

    It says nothing about whether they were accepted: an acceptance wins over a
    withdrawal that crosses it, whichever is known first (avtaleloven § 7).
    """

    TYPE: ClassVar[str] = "agreement.version_withdrawn.v1"

    agreement: Name
    version: VersionNumber
    fingerprint: str


class PostPlanned(Fact):
    """A post name belongs to one agreement."""

    TYPE: ClassVar[str] = "post.planned.v1"

    post: Name
    agreement: Name


@dataclass(frozen=True, slots=True)
class Agreement:
    """The proposed versions of an agreement, by number."""

    versions: Mapping[int, VersionProposed] = field(default_factory=dict)
    first: Terms | None = None
    """The terms that were proposed first: they fix network, payer and payee."""
    withdrawn: frozenset[str] = frozenset()
    """Fingerprints of terms that were taken back."""
    crossed: Mapping[str, VersionProposed] = field(default_factory=dict)
    """What another region proposed under a number that was taken, by fingerprint."""

    def proposed(self, version: int, fingerprint: str) -> VersionProposed | None:
        """Return the terms that a signature is on, whoever had the number first."""
        first = self.versions.get(version)
        if first is not None and first.fingerprint == fingerprint:
            return first
        other = self.crossed.get(fingerprint)
        return other if other and other.terms.version == version else None


def evolve(state: Agreement, fact: Fact) -> Agreement:
    """Fold one fact; the first proposal of a number stays."""
    match fact:
        case VersionProposed(terms=terms) if terms.version not in state.versions:
            versions = {**state.versions, terms.version: fact}
            return replace(state, versions=versions, first=state.first or terms)
        case VersionProposed():
            return replace(state, crossed={fact.fingerprint: fact, **state.crossed})
        case VersionWithdrawn():
            return replace(state, withdrawn=state.withdrawn | {fact.fingerprint})
        case _:
            return state


AGREEMENT = Category("agreement", Agreement(), evolve)


@dataclass(frozen=True, slots=True)
class Post:
    """A post name, and the agreement that claimed it."""

    agreement: str | None = None


def evolve_post(state: Post, fact: Fact) -> Post:
    """Fold one fact; the first claim of a name stays."""
    match fact:
        case PostPlanned() if state.agreement is None:
            return Post(fact.agreement)
        case _:
            return state


POST = Category("post", Post(), evolve_post)


class ProposedPost(Message):
    """A post as it is proposed; what is left out is refused by rule, not by form."""

    post: NewName
    content: FreeText = ""
    percent: WrittenPercent | None = None
    starts_on: Day | None = None
    ends_on: Annotated[LastDay | None, not_before("starts_on")] = None
    annual_cost_ore: CostOre | None = None


class ProposedCooperation(Message):
    """The sections of a cooperation as they are proposed."""

    tasks: FreeLongText = ""
    obligations: FreeLongText = ""
    aims: FreeLongText = ""
    economy: FreeLongText = ""


class ProposeVersion(Command):
    """Propose a version of an agreement with its posts.

    ``endorsement_required`` left out asks for what the kind of network asks for.
    """

    agreement: NewName
    version: VersionNumber
    network: NewName
    payer: OrganisationNumber
    payee: OrganisationNumber
    effective_from: Day
    starts_on: Day
    ends_on: Annotated[LastDay, not_before("starts_on")]
    frequency: Frequency
    vacancy: Vacancy
    vat_treatment: VatTreatment
    vat_reason: FreeText = ""
    posts: tuple[ProposedPost, ...] = ()
    cooperation: ProposedCooperation | None = None
    notice_months: NoticeMonths | None = None
    travel: TravelCost | None = None
    vat_decided_by: KnownPerson | None = None
    vat_decided_on: Day | None = None
    archive_reference: CaseReference | None = None
    wage_growth: WageGrowth | None = None
    endorsement_required: bool | None = None

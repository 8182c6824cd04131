"""Cost agreements: versions proposed by the coordinating trust, with their posts.

A version is signed once by proposing it; the other signature is the
acceptance of its fingerprint in the counterparty's region (``answer.py``).
Every proposal also passes through the frame of its network (``frame.py``), and
every post is claimed once, so that a post is found by its name.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar

from domain.accrual import PostTerms, VersionTerms
from domain.fact import Command, Fact, Message
from domain.history import Category
from domain.values import (
    CostOre,
    Day,
    FreeText,
    Frequency,
    LastDay,
    Name,
    NewName,
    OrganisationNumber,
    Percent,
    Text,
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


class Terms(Message):
    """What two trusts agree in one version of one agreement."""

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

    TYPE: ClassVar[str] = "agreement.version_proposed.v1"

    terms: Terms
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


def evolve(state: Agreement, fact: Fact) -> Agreement:
    """Fold one fact; the first proposal of a number stays."""
    match fact:
        case VersionProposed(terms=terms) if terms.version not in state.versions:
            return replace(state, versions={**state.versions, terms.version: fact})
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


class ProposeVersion(Command):
    """Propose a version of an agreement with its posts."""

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

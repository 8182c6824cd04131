"""Cost agreements: versions proposed by the coordinating trust, with their posts.

A version is signed once by proposing it; the other signature is the
acceptance of its fingerprint in the counterparty's region (``answer.py``).
Whoever proposed terms may withdraw them (``withdrawal.py``), in the own region.
Every proposal also passes through the frame of its network (``frame.py``), and
every post is claimed once, so that a post is found by its name.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Annotated, Final, Protocol

from pydantic import Field

from domain.agreements.accrual import PostTerms, VersionTerms
from domain.fact import Command, Fact, Message, unchanged
from domain.history import Category, History, RecordedFact, ShownTo
from domain.kind import Needs
from domain.parties.network import homes
from domain.refusal import Code
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
    Region,
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
    endorsement_waived: Text | None = None
    """Why nobody's word is needed (S1-05, S1-20)."""
    cooperation_waived: Text | None = None
    """Why the four sections are left out (S1-27)."""


FIXED: Final = ("network", "payer", "payee")
"""Members that are the same in every version of an agreement."""


class Between(Protocol):
    """What is between two trusts in a network."""

    @property
    def network(self) -> str:
        """The name of the network."""

    @property
    def payer(self) -> str:
        """Its organisation number."""

    @property
    def payee(self) -> str:
        """Its organisation number."""


def same_parties(one: Between, other: Between) -> bool:
    """Whether both are in one network, between the same payer and payee."""
    return all(getattr(one, name) == getattr(other, name) for name in FIXED)


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
            {
                post.post: PostTerms(post.starts_on, post.ends_on, post.annual_cost_ore)
                for post in self.posts
            },
        )


class VersionProposed(
    Fact,
    name="agreement.version_proposed.v3",
    earlier={
        "agreement.version_proposed.v1": unchanged,
        "agreement.version_proposed.v2": unchanged,
    },
):
    """The coordinating trust proposes, and thereby signs, a version."""

    terms: Terms
    fingerprint: str


class VersionWithdrawn(
    Fact, name="agreement.version_withdrawn.v1", found_by=("agreement",)
):
    """Who proposed or counter-proposed terms takes them back.

    It says nothing about whether they were accepted: an acceptance wins over a
    withdrawal that crosses it, whichever is known first (avtaleloven § 7).
    """

    agreement: Name
    version: VersionNumber
    fingerprint: str


class PostPlanned(Fact, name="post.planned.v1"):
    """A post name belongs to one agreement."""

    post: Name
    agreement: Name


@dataclass(frozen=True, slots=True)
class Agreement:
    """The proposed versions of an agreement, by number.

    A name belongs to the agreement that took it first, in the order of recording.
    Whoever gave it to another one had not heard of that yet, and takes another name.
    """

    first: RecordedFact | None = None
    """What took the name: its terms fix network, payer and payee."""
    versions: Mapping[int, VersionProposed] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()
    """Fingerprints of terms that were taken back."""
    displaced: tuple[VersionProposed, ...] = ()
    """What others proposed under the name: it counts for nothing."""

    @property
    def terms(self) -> Terms | None:
        """Those of the first version."""
        fact = None if self.first is None else self.first.fact
        return fact.terms if isinstance(fact, VersionProposed) else None

    @property
    def name(self) -> str:
        """The name of an agreement that is there."""
        assert self.terms is not None
        return self.terms.agreement

    def concerns(self, entry: RecordedFact) -> bool:
        """Whether an entry that names this agreement is about it.

        Who had not heard of its first version meant another one of the name.
        """
        return self.first is not None and (
            not self.displaced or self.first.known_to(entry)
        )


AGREEMENT: Category[None] = Category(
    "agreement",
    None,
    lambda state, _: state,
    holds=(VersionProposed, VersionWithdrawn),
    shown_to=ShownTo.MEMBERS,
)
"""Versions are read with their entries: see :func:`agreements_named`."""
PROPOSED: Final[Needs] = {VersionProposed: Code.UNKNOWN_AGREEMENT}


def agreement_named(name: str, history: History) -> Agreement:
    """Agreement of a name, as :func:`agreements_named` finds it."""
    return agreements_named((name,), history)[name]


def agreements_named(
    names: Collection[str], history: History
) -> Mapping[str, Agreement]:
    """Agreement that has each name; one without versions where none has.

    A proposal counts in the region of the trust that coordinates its network: of two
    networks of one name, too, the first has it.
    """
    recorded = history.entries(AGREEMENT, names)
    networks = {
        entry.fact.terms.network
        for entries in recorded.values()
        for entry in entries
        if isinstance(entry.fact, VersionProposed)
    }
    fold = partial(_evolve, homes(networks, history))
    return {
        name: reduce(fold, entries, Agreement()) for name, entries in recorded.items()
    }


def _evolve(
    home_of: Mapping[str, Region], state: Agreement, entry: RecordedFact
) -> Agreement:
    match entry.fact:
        case VersionProposed() as fact:
            at_home = home_of.get(fact.terms.network) is entry.stream.region
            if not at_home or not same_parties(state.terms or fact.terms, fact.terms):
                return replace(state, displaced=(*state.displaced, fact))
            versions = {fact.terms.version: fact, **state.versions}
            return replace(state, first=state.first or entry, versions=versions)
        case VersionWithdrawn(fingerprint=fingerprint):
            return replace(state, withdrawn=state.withdrawn | {fingerprint})
        case _:
            return state


POST: Category[None] = Category(
    "post", None, lambda state, _: state, holds=(PostPlanned,), shown_to=ShownTo.MEMBERS
)
"""Claims are read with their entries: see :func:`holders`."""


def holders(
    posts: Collection[str], history: History
) -> Mapping[str, Sequence[Agreement]]:
    """Agreements that have taken each post name, the first one first.

    Others are there where regions took one name before they had heard of each other;
    each agreement then has a post of its own.
    """
    recorded = history.entries(POST, posts)
    claims = {
        post: [
            (e.fact.agreement, e) for e in entries if isinstance(e.fact, PostPlanned)
        ]
        for post, entries in recorded.items()
    }
    names = {name for claimed in claims.values() for name, _ in claimed}
    agreements = agreements_named(names, history)
    return {
        post: [
            agreements[name]
            for name in dict.fromkeys(
                name for name, entry in claimed if agreements[name].concerns(entry)
            )
        ]
        for post, claimed in claims.items()
    }


POSTS_MAX: Final = 200
"""Posts in one version."""


class ProposedPost(Message):
    """One part-time post in a version; a national network needs every member."""

    post: NewName = Field(examples=["ms-ous-1"])
    content: FreeText = Field("", description="What the post does (S1-10).")
    percent: WrittenPercent | None = Field(
        None, description="Decimal string, 10.00-20.00 (S1-33).", examples=["20.00"]
    )
    starts_on: Day | None = None
    ends_on: Annotated[LastDay | None, not_before("starts_on")] = None
    annual_cost_ore: CostOre | None = Field(
        None, description="Øre for a whole year at the post's percentage (S1-12)."
    )


class ProposedCooperation(Message):
    """The four sections of a cooperation agreement (S1-27), all of them."""

    tasks: FreeLongText = ""
    obligations: FreeLongText = ""
    aims: FreeLongText = ""
    economy: FreeLongText = ""


class ProposeVersion(Command):
    """Propose a version of an agreement, and sign it thereby (S1-08, S1-09)."""

    agreement: NewName
    version: VersionNumber = Field(examples=[1])
    network: NewName = Field(examples=["ms"])
    payer: OrganisationNumber
    payee: OrganisationNumber
    effective_from: Day
    starts_on: Day
    ends_on: Annotated[LastDay, not_before("starts_on")]
    frequency: Frequency
    vacancy: Vacancy
    """Whether a vacant post is paid for."""
    vat_treatment: VatTreatment
    """There is no default."""
    vat_reason: FreeText = ""
    posts: Annotated[tuple[ProposedPost, ...], Field(max_length=POSTS_MAX)] = ()
    cooperation: ProposedCooperation | None = None
    notice_months: NoticeMonths | None = Field(None, examples=[6])
    """What a termination gives at least."""
    travel: TravelCost | None = None
    """Who bears the travel of a post's holder."""
    vat_decided_by: KnownPerson | None = None
    """Who assessed the VAT. Stays in the own region: only a pseudonym is recorded."""
    vat_decided_on: Day | None = None
    archive_reference: CaseReference | None = Field(None, examples=["2026/1473"])
    wage_growth: WageGrowth | None = None
    endorsement_required: bool | None = None
    """Whether the host's leader or clinic director endorses before acceptance (S1-05,
    S1-20); left out, a national network's version asks for it, unless it says why not."""
    endorsement_waived: FreeText = ""
    """Why a national network's version does not ask for the endorsement."""
    cooperation_waived: FreeText = ""
    """Why a national network's version has no cooperation with its four sections."""

"""The settlement of a calendar year: who owes whom, from what was recorded.

Source: ``domain/README.md``, "The settlement".

- Amounts are øre, without VAT unless said.
- The caller has cut the facts at ``as_of``: here is only arithmetic.
- unbilled = accrued - invoiced - conceded; outstanding = invoiced + VAT - paid.
- The nets of all regions sum to zero (law 7).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import starmap
from operator import attrgetter
from typing import NamedTuple

from domain.agreements.accrual import (
    NOTHING,
    PostCost,
    StaffingChange,
    VersionTerms,
    full_staffing,
    post_costs,
    whole_year,
)
from domain.invoicing.billing import (
    Billed,
    BilledLine,
    Restatement,
    billed_ore,
    conceded_ore,
    due_ore,
)
from domain.values import Period, Region


class Parties(NamedTuple):
    """Who pays, who is paid, in which network."""

    payer: str
    payee: str
    network: str


class SettledLine(NamedTuple):
    """One post's line of a document."""

    post: str
    amount_ore: int
    restatement_ore: int
    restated: tuple[tuple[Period, int], ...] = ()
    """What it restates, period by period; told where something was given up."""


class Credited(NamedTuple):
    """The document of the same payee that a credit note credits."""

    year: int
    number: int
    whole: bool
    """It is taken back; else a part of it is given up."""


class SettledDocument(NamedTuple):
    """An invoice or credit note, with what its payer said and paid."""

    payee: str
    year: int
    number: int
    kind: str
    agreement: str
    period: Period
    issued_on: date
    net_ore: int
    vat_ore: int
    lines: tuple[SettledLine, ...]
    disputed_posts: frozenset[str] = frozenset()
    paid_ore: int = 0
    credited: Credited | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """Its payee, year of issue and number."""
        return self.payee, self.year, self.number

    @property
    def credited_key(self) -> tuple[str, int, int] | None:
        """The key of the document that it credits."""
        other = self.credited
        return None if other is None else (self.payee, other.year, other.number)


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """All that is known of one agreement that is accepted, or has been billed."""

    agreement: str
    parties: Parties
    versions: tuple[VersionTerms, ...]
    """Accepted versions, lowest number first; none of one that has lost its name."""
    staffing: Mapping[str, Sequence[StaffingChange]]
    documents: tuple[SettledDocument, ...]


@dataclass(frozen=True, slots=True)
class PostSettlement:
    """One post of one agreement."""

    agreement: str
    post: str
    parties: Parties
    committed_ore: int
    accrued_ore: int
    invoiced_ore: int
    disputed_ore: int
    conceded_ore: int = 0
    """Of what accrued: given up by credits in part, and never billed again."""

    @property
    def unbilled_ore(self) -> int:
        """What accrued and is neither billed nor given up."""
        return self.accrued_ore - self.invoiced_ore - self.conceded_ore


@dataclass(frozen=True)
class AgreementSettlement:
    """One agreement: the sum of its posts, with VAT and payments.

    Each sum is made once: a settlement is asked for its sums again and again.
    """

    agreement: str
    parties: Parties
    posts: tuple[PostSettlement, ...]
    vat_ore: int
    paid_ore: int
    """VAT included."""

    @cached_property
    def committed_ore(self) -> int:
        """What would accrue if every post were filled all the time."""
        return sum(post.committed_ore for post in self.posts)

    @cached_property
    def accrued_ore(self) -> int:
        """What accrued."""
        return sum(post.accrued_ore for post in self.posts)

    @cached_property
    def invoiced_ore(self) -> int:
        """What is billed, restatements and credits included."""
        return sum(post.invoiced_ore for post in self.posts)

    @cached_property
    def conceded_ore(self) -> int:
        """What is given up by credits in part."""
        return sum(post.conceded_ore for post in self.posts)

    @cached_property
    def unbilled_ore(self) -> int:
        """What accrued and is neither billed nor given up."""
        return sum(post.unbilled_ore for post in self.posts)

    @cached_property
    def disputed_ore(self) -> int:
        """What is billed on lines whose last decision is a dispute."""
        return sum(post.disputed_ore for post in self.posts)

    @cached_property
    def outstanding_ore(self) -> int:
        """What the payer still owes, VAT included."""
        return self.invoiced_ore + self.vat_ore - self.paid_ore


@dataclass(frozen=True, slots=True)
class RegionSettlement:
    """What others owe the trusts of a region, and what these owe."""

    receivable_ore: int = 0
    payable_ore: int = 0
    agreements: int = 0
    """How many its trusts are a party to; of none there is nothing to owe."""

    @property
    def net_ore(self) -> int:
        """Receivable minus payable; over all regions these sum to zero (law 7)."""
        return self.receivable_ore - self.payable_ore


@dataclass(frozen=True, slots=True)
class Settlement:
    """The settlement of one calendar year as of a day."""

    year: int
    as_of: date
    agreements: tuple[AgreementSettlement, ...]
    documents: tuple[SettledDocument, ...]
    regions: Mapping[Region, RegionSettlement]

    @property
    def idle(self) -> Collection[Region]:
        """The regions whose trusts are a party to no agreement of the year."""
        return {region for region, sums in self.regions.items() if not sums.agreements}


class AgreementOfYear(NamedTuple):
    """One agreement of a year, and the documents that its sums are of."""

    settled: AgreementSettlement
    documents: tuple[SettledDocument, ...]


def settle(
    records: Iterable[AgreementRecord],
    region_of: Mapping[str, Region],
    year: int,
    as_of: date,
) -> Settlement:
    """Settle a year. ``region_of`` gives the region of every party."""
    return together(settle_each(records, year, as_of), region_of, year, as_of)


def settle_each(
    records: Iterable[AgreementRecord], year: int, as_of: date
) -> list[AgreementOfYear]:
    """Settle the agreements that are listed in a year, each by itself."""
    calendar_year = whole_year(year)
    listed = (_of(calendar_year, each) for each in records)
    return [
        AgreementOfYear(_agreement(record, calendar_year, as_of), record.documents)
        for record in listed
        if _is_listed(record, calendar_year)
    ]


def together(
    each: Iterable[AgreementOfYear],
    region_of: Mapping[str, Region],
    year: int,
    as_of: date,
) -> Settlement:
    """Put settled agreements together to the settlement of a year."""
    listed = sorted(each, key=attrgetter("settled.agreement", "settled.parties"))
    agreements = tuple(one.settled for one in listed)
    documents = (document for one in listed for document in one.documents)
    return Settlement(
        year,
        as_of,
        agreements,
        tuple(sorted(documents, key=attrgetter("payee", "year", "number"))),
        _regions(agreements, region_of),
    )


def _of(year: Period, record: AgreementRecord) -> AgreementRecord:
    documents = tuple(each for each in record.documents if year.covers(each.period))
    return replace(record, documents=documents)


def _is_listed(record: AgreementRecord, year: Period) -> bool:
    """Whether an agreement is listed in a year, of which its documents are.

    What was billed for a year is owed in it, also where a termination that the payee
    had not heard of leaves nothing of the agreement in that year.
    """
    in_force = any(terms.term.overlaps(year) for terms in record.versions)
    return in_force or bool(record.documents)


def _agreement(
    record: AgreementRecord, year: Period, as_of: date
) -> AgreementSettlement:
    until = min(as_of, year.end)
    accruing = post_costs(record.versions, record.staffing)
    standing = full_staffing(record.versions)
    billed, in_dispute = _billed(record.documents)
    conceded = _conceded(record.documents, accruing)
    posts = tuple(
        PostSettlement(
            record.agreement,
            post,
            record.parties,
            committed_ore=standing.get(post, NOTHING).year_ore(year.start.year),
            accrued_ore=accruing.get(post, NOTHING).accrued_ore(until)
            if until >= year.start
            else 0,
            invoiced_ore=billed[post],
            disputed_ore=in_dispute[post],
            conceded_ore=conceded[post],
        )
        for post in sorted({*standing, *billed})
    )
    return AgreementSettlement(
        record.agreement,
        record.parties,
        posts,
        vat_ore=sum(document.vat_ore for document in record.documents),
        paid_ore=sum(document.paid_ore for document in record.documents),
    )


def _billed(
    documents: Sequence[SettledDocument],
) -> tuple[Counter[str], Counter[str]]:
    """Øre billed for each post, and the part of it that is disputed.

    What is left of a disputed line after its credits is in dispute.
    """
    billed, in_dispute = Counter[str](), Counter[str]()
    posts = {document.key: document.disputed_posts for document in documents}
    for document in documents:
        disputed_posts = posts.get(document.credited_key or document.key, frozenset())
        for post, amount_ore, *_ in document.lines:
            billed[post] += amount_ore
            if post in disputed_posts:
                in_dispute[post] += amount_ore
    return billed, in_dispute


def _conceded(
    documents: Sequence[SettledDocument], accruing: Mapping[str, PostCost]
) -> Counter[str]:
    """Øre of each post's accrual that are given up.

    It is what accrued in a period less what is to be billed for it in all: at most
    what was given up, and less where a later fall is set off against it.
    """
    conceded = Counter[str]()
    whole = {each.credited_key for each in documents if _takes_back(each)}
    standing = [each for each in documents if not {each.key, each.credited_key} & whole]
    if not any(each.credited for each in standing):
        return conceded
    documents_billed = [_as_billed(each) for each in standing]
    given_up, billed = conceded_ore(documents_billed), billed_ore(documents_billed)
    for (post, period), given_up_ore in given_up.items():
        accrued_ore = accruing.get(post, NOTHING).amount_ore(period)
        due = due_ore(accrued_ore, billed[post, period], given_up_ore)
        conceded[post] += accrued_ore - due
    return conceded


def _takes_back(document: SettledDocument) -> bool:
    return document.credited is not None and document.credited.whole


def _as_billed(document: SettledDocument) -> Billed:
    lines = tuple(
        BilledLine(post, amount_ore, tuple(starmap(Restatement, restated)))
        for post, amount_ore, _, restated in document.lines
    )
    # The correction of a year has nothing but restatements, and stands for no period.
    own = any(line.amount_ore != line.restatement_ore for line in lines)
    period = document.period if own else None
    return Billed(period, lines, concedes=document.credited is not None)


def _regions(
    agreements: Iterable[AgreementSettlement], region_of: Mapping[str, Region]
) -> Mapping[Region, RegionSettlement]:
    receivable = dict.fromkeys(Region, 0)
    payable = dict.fromkeys(Region, 0)
    count = dict.fromkeys(Region, 0)
    for each in agreements:
        payer, payee = (
            region_of[each.parties.payer],
            region_of[each.parties.payee],
        )
        receivable[payee] += each.outstanding_ore
        payable[payer] += each.outstanding_ore
        for region in {payer, payee}:
            count[region] += 1
    return {
        region: RegionSettlement(receivable[region], payable[region], count[region])
        for region in Region
    }


class LineVerdict(NamedTuple):
    """One decision of the payer: on one post's line, or on all lines."""

    post: str | None
    disputed: bool


def disputed(posts: Iterable[str], verdicts: Sequence[LineVerdict]) -> frozenset[str]:
    """Decide which posts' lines are disputed after all verdicts, in their order."""
    if not any(verdict.disputed for verdict in verdicts):
        return frozenset()
    last = dict.fromkeys(posts, False)
    for verdict in verdicts:
        for post in last if verdict.post is None else (verdict.post,):
            last[post] = verdict.disputed
    return frozenset(post for post, is_disputed in last.items() if is_disputed)

"""The settlement as a document: the one shape that API, CLI and files share.

Plain dataclasses: of a thousand invoices nothing needs to be validated again.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import orjson

from api.words import DEFAULT, Language, sentence
from domain.closing.settlement import (
    AgreementSettlement,
    PostSettlement,
    SettledDocument,
    Settlement,
)
from domain.fact import canonical
from domain.values import Region

COSTS: Final = ("committed", "accrued", "invoiced", "conceded", "unbilled", "disputed")
"""The amounts of a post, without VAT."""
SUMS: Final = (*COSTS, "vat", "paid", "outstanding")
"""The amounts of an agreement."""


@dataclass(slots=True)
class SettledPost:
    """One post of one agreement, in øre without VAT."""

    agreement: str
    post: str
    payer: str
    payee: str
    network: str
    committed: int
    accrued: int
    invoiced: int
    conceded: int
    """Given up by credits in part."""
    unbilled: int
    disputed: int


@dataclass(slots=True)
class SettledAgreement:
    """One agreement, in øre; `paid` and `outstanding` with VAT."""

    agreement: str
    payer: str
    payee: str
    network: str
    committed: int
    accrued: int
    invoiced: int
    conceded: int
    unbilled: int
    disputed: int
    vat: int
    paid: int
    outstanding: int


@dataclass(slots=True)
class SettledInvoiceLine:
    """One line, in øre; `amount` includes `restatement`."""

    post: str
    amount: int
    restatement: int


@dataclass(slots=True)
class SettledInvoice:
    """A document whose period lies in the year, in øre."""

    payee: str
    number: int
    kind: str
    agreement: str
    period_start: date
    period_end: date
    issued_on: date
    net: int
    vat: int
    lines: list[SettledInvoiceLine]


@dataclass(slots=True)
class SettledRegion:
    """What others owe a region's trusts, and what these owe, in øre."""

    receivable: int
    payable: int
    net: int


@dataclass(slots=True)
class UnheardRegion:
    """A region that was never heard: it may owe, and nobody here knows."""

    words: str
    receivable: None = None
    payable: None = None
    net: None = None


@dataclass(slots=True)
class SettlementDocument:
    """The settlement of a calendar year as of a day; all amounts in øre."""

    year: int
    as_of: date
    posts: list[SettledPost]
    agreements: list[SettledAgreement]
    invoices: list[SettledInvoice]
    regions: dict[Region, SettledRegion | UnheardRegion]

    def to_json(self) -> bytes:
        """JSON, the members in their order."""
        try:
            return orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS)
        except orjson.JSONEncodeError:
            return _however_large(self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical bytes of the document, whatever its language."""
        wordless = replace(
            self,
            regions={
                region: UnheardRegion("") if isinstance(each, UnheardRegion) else each
                for region, each in self.regions.items()
            },
        )
        try:
            written = orjson.dumps(wordless, option=orjson.OPT_NON_STR_KEYS)
            content = canonical(orjson.loads(written))
        except orjson.JSONEncodeError:
            content = _however_large(wordless, sort_keys=True)
        return hashlib.sha256(content).hexdigest()


def _however_large(settled: SettlementDocument, *, sort_keys: bool = False) -> bytes:
    """Write a document whose sums need more than the 64 bits that orjson writes.

    Every amount that is recorded is bounded, but not how many there are.
    """
    text = json.dumps(
        asdict(settled),
        default=date.isoformat,
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=sort_keys,
    )
    return text.encode()


def settlement_document(
    settled: Settlement,
    unheard: Collection[Region] = (),
    language: Language = DEFAULT,
) -> SettlementDocument:
    """Lists are sorted by their first keys.

    Of a region that was never heard (``unheard``) nothing is said but that.
    """
    return SettlementDocument(
        year=settled.year,
        as_of=settled.as_of,
        posts=[_post(post) for of in settled.agreements for post in of.posts],
        agreements=[_agreement(each) for each in settled.agreements],
        invoices=[_invoice(document) for document in settled.documents],
        regions={
            region: _unheard(region, language)
            if region in unheard
            else SettledRegion(**_amounts(net, ("receivable", "payable", "net")))
            for region, net in sorted(settled.regions.items())
        },
    )


def _unheard(region: Region, language: Language) -> UnheardRegion:
    values = {"region": sentence(language, "value", region.value)}
    words = sentence(language, "settled", "unheard", values)
    return UnheardRegion(words)


def _post(post: PostSettlement) -> SettledPost:
    parties, costs = post.parties._asdict(), _amounts(post, COSTS)
    return SettledPost(post.agreement, post.post, **parties, **costs)


def _agreement(of: AgreementSettlement) -> SettledAgreement:
    parties = of.parties._asdict()
    return SettledAgreement(of.agreement, **parties, **_amounts(of, SUMS))


def _amounts(settled: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(settled, f"{name}_ore") for name in names}


def _invoice(each: SettledDocument) -> SettledInvoice:
    return SettledInvoice(
        payee=each.payee,
        number=each.number,
        kind=each.kind,
        agreement=each.agreement,
        period_start=each.period.start,
        period_end=each.period.end,
        issued_on=each.issued_on,
        net=each.net_ore,
        vat=each.vat_ore,
        lines=[
            SettledInvoiceLine(
                post=line.post,
                amount=line.amount_ore,
                restatement=line.restatement_ore,
            )
            for line in each.lines
        ],
    )

"""An invoice or a credit note as a paper: what bokføringsforskriften § 5-1 asks for.

It says what the EHF document says, made from the same fact. Amounts bear the
document's sign: in a credit note what is credited is positive.
"""

from collections.abc import Iterator

from api.ehf.document import (
    EhfDocument,
    EhfLine,
    EhfParty,
    document_number,
    ehf_document,
)
from api.pdf.names import titled
from api.pdf.paper import (
    Column,
    Detail,
    Details,
    Note,
    Paper,
    PaperBlock,
    PaperParty,
    Table,
)
from api.pdf.wording import (
    NO_BREAK,
    Wording,
    account_number,
    organisation_number,
)
from api.words import Language
from domain.invoicing.arithmetic import Arithmetic
from domain.invoicing.billing import BillingCause
from domain.invoicing.invoice import DocumentId
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.values import Period, VatTreatment, parse_instant
from projections.documents import Issued


def invoice_paper(issued: Issued, language: Language) -> Paper:
    """Written from the entry of its issue alone."""
    say = Wording(language, "invoice")
    fact, entry = issued.fact, issued.entry
    document = ehf_document(fact, issued.document.number)
    title = say(f"title_{fact.kind.value}", number=document.number)
    return Paper(
        language=language,
        title=title,
        written_at=parse_instant(entry.recorded_at),
        author=fact.seller.name,
        footer=f"{title} · {organisation_number(fact.payee)}",
        page=say.common("page", page="{page}", pages="{pages}"),
        parties=_parties(say, document, fact),
        facts=list(_facts(say, document, fact)),
        blocks=list(_blocks(say, document, fact)),
        trace=say.trace(entry),
    )


def _parties(
    say: Wording, document: EhfDocument, fact: InvoiceIssued
) -> list[PaperParty]:
    taxed = fact.vat_treatment is VatTreatment.STANDARD
    seller = [
        say.common(
            "number_of_taxed" if taxed else "number_of",
            number=organisation_number(fact.payee),
        ),
        say.common("registered"),
    ]
    buyer = [say.common("number_of", number=organisation_number(fact.payer))]
    return [
        _party(say.common("seller"), document.seller, seller),
        _party(say.common("buyer"), document.buyer, buyer),
    ]


def _party(role: str, party: EhfParty, lines: list[str]) -> PaperParty:
    address = [party.street, f"{party.postcode} {party.city}".strip()]
    return PaperParty(role, party.name, [each for each in (*address, *lines) if each])


def _facts(
    say: Wording, document: EhfDocument, fact: InvoiceIssued
) -> Iterator[Detail]:
    yield say("number"), document.number
    yield say("issued_on"), say.day(document.issued_on)
    if document.due_on is not None:
        yield say("due_on"), say.day(document.due_on)
    yield say("period"), say.period(document.period)
    yield say("place"), fact.seller.city or fact.seller.name
    yield say("reference"), document.buyer_reference
    yield (
        say("agreement"),
        say("agreement_version", agreement=fact.agreement, version=fact.version),
    )
    yield say("network"), _network(say, fact)
    yield (
        say("report"),
        say("report_submission", report=fact.report, submission=fact.submission),
    )


def _network(say: Wording, fact: InvoiceIssued) -> str:
    names = fact.network_names
    if names is None:
        return fact.network
    return titled(names.en if say.language is Language.EN else names.nb, fact.network)


def _blocks(
    say: Wording, document: EhfDocument, fact: InvoiceIssued
) -> Iterator[PaperBlock]:
    yield _lines(say, document, fact)
    yield _vat(say, document, fact)
    reckoned = list(_reckoned(say, fact))
    if reckoned:
        yield Note(say("arithmetic"), reckoned)
    if document.note:
        yield Note(say("why"), [document.note])
    about = list(_about(say, document, fact))
    if about:
        yield Note(say("about"), about)
    if document.kind is DocumentKind.INVOICE:
        yield _payment(say, document)


def _about(say: Wording, document: EhfDocument, fact: InvoiceIssued) -> Iterator[str]:
    """Say which documents it credits or corrects, and which year."""
    credited = ""
    if fact.credited is not None:
        credited = document_number(fact.credited.year, fact.credited.number)
        whole = fact.credited.whole
        yield say("credits_whole" if whole else "credits_part", number=credited)
    if fact.corrects_year:
        yield say("corrects_year", year=fact.period_start.year)
    for number, issued_on in document.corrects:
        if number != credited:
            yield say("corrected", number=number, day=say.day(issued_on))


def _lines(say: Wording, document: EhfDocument, fact: InvoiceIssued) -> Table:
    credit = document.kind is DocumentKind.CREDIT_NOTE
    gross_ore = document.net_ore + document.vat_ore
    rate = fact.vat_treatment.rate_percent
    return Table(
        say("lines"),
        [
            Column(say("post"), share=4),
            Column(say("content"), share=6),
            Column(say("percent"), amount=True),
            Column(say("of_period"), share=4),
            Column(say("amount"), amount=True),
        ],
        [_line(say, line) for line in document.lines],
        totals=[
            (say("net"), say.kroner(document.net_ore)),
            (say("vat", rate=rate), say.kroner(document.vat_ore)),
            (say("to_credit" if credit else "to_pay"), say.kroner(gross_ore)),
        ],
    )


def _line(say: Wording, line: EhfLine) -> list[str]:
    return [
        line.post,
        _restatement(say, line) if line.restates else line.content,
        say.percent(line.percent) if line.percent else "",
        say.period(line.period),
        say.kroner(line.amount_ore),
    ]


def _restatement(say: Wording, line: EhfLine) -> str:
    has_cause = line.cause is not BillingCause.UNKNOWN
    cause = f": {say(f'cause_{line.cause.value}')}" if has_cause else ""
    return say("restatement") + cause


def _reckoned(say: Wording, fact: InvoiceIssued) -> Iterator[str]:
    """Say how each amount came about, as the document itself says it."""
    for line in fact.lines:
        post = titled(line.content, line.post)
        parts = [
            (fact.period, line.arithmetic),
            *(
                (Period(part.period_start, part.period_end), part.arithmetic)
                for part in line.restatements
            ),
        ]
        for period, arithmetic in parts:
            if arithmetic is not None:
                about = f"{post}, {say.period(period)}"
                yield f"{about}: {_arithmetic(say, arithmetic)}"


def _arithmetic(say: Wording, arithmetic: Arithmetic) -> str:
    parts = [
        say(
            "accrued_days",
            days=day.days,
            period=say.period(Period(day.starts_on, day.ends_on)),
            days_in_year=arithmetic.days_in_year,
            annual_cost_ore=day.annual_cost_ore,
            version=day.version,
        )
        for day in arithmetic.days
    ]
    parts.append(say("accrued", accrued_ore=arithmetic.accrued_ore))
    parts.append(say("counted_staffing", entries=arithmetic.staffing))
    if arithmetic.billed_ore is not None:
        parts.append(say("billed_before", billed_ore=arithmetic.billed_ore))
    if arithmetic.conceded_ore is not None:
        parts.append(say("conceded_before", conceded_ore=arithmetic.conceded_ore))
    return " ".join(parts)


def _vat(say: Wording, document: EhfDocument, fact: InvoiceIssued) -> Table:
    treatment = say(fact.vat_treatment.value)
    reason = f"{treatment}: {fact.vat_reason}" if fact.vat_reason else treatment
    rate = fact.vat_treatment.rate_percent
    return Table(
        say("vat_title"),
        [
            Column(say("treatment"), share=1),
            Column(say("basis"), amount=True),
            Column(say("rate"), amount=True),
            Column(say("tax"), amount=True),
        ],
        [
            [
                reason,
                say.kroner(document.net_ore),
                f"{rate}{NO_BREAK}%",
                say.kroner(document.vat_ore),
            ]
        ],
    )


def _payment(say: Wording, document: EhfDocument) -> PaperBlock:
    assert document.due_on is not None
    if not document.account:
        return Note(say("payment"), [say("no_account")])
    facts = [
        (say("account"), account_number(document.account)),
        (say("kid"), document.kid),
        (say("due_on"), say.day(document.due_on)),
        (say("to_pay"), say.kroner(document.net_ore + document.vat_ore)),
    ]
    return Details(say("payment"), [(name, shown) for name, shown in facts if shown])


def file_name(document: DocumentId) -> str:
    """``993467049-2026-00007``."""
    return f"{document.seller}-{document.year}-{document.number:05d}"

"""Running a command, and the answer: what it recorded, or a problem."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi import Response
from pydantic import BaseModel, Field

from api.problems import refused
from api.services import Node
from api.words import Language, sentence
from domain.fact import Command
from domain.invoicing.lacking import Lack, lacking
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.doubt import DoubtfulPayment, PaymentDoubt, doubts
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.refusal import Refusal
from domain.values import business_day, parse_instant
from domain.warning import RuleWarning
from federation.log.executor import Receipt as Recorded
from federation.log.executor import RequestContext
from federation.signed.entry import Row
from federation.signed.facts import fact_of

LOCATED: Final[dict[int | str, dict[str, Any]]] = {
    201: {
        "headers": {
            "Location": {
                "description": "Where that which was recorded is read.",
                "schema": {"type": "string"},
            }
        }
    }
}
"""Of commands that make something with an address of its own."""


class RecordedEntry(BaseModel):
    """One entry of the log."""

    id: str = Field(examples=["vest/1/42"])
    type: str = Field(examples=["agreement.version_proposed.v1"])
    stream: str = Field(examples=["vest:agreement:ms-ous"])
    version: int
    recorded_at: str = Field(examples=["2026-07-10T12:00:00.000001Z"])


class Receipt(BaseModel):
    """What a command recorded; nothing where all of it was there already."""

    recorded: list[RecordedEntry]
    position: str | None = Field(
        description="The log's position after the command, for `at_least`.",
        examples=["vest:42"],
    )


class ShownWarning(BaseModel):
    """What a rule would rather have; nothing is refused for it."""

    rule: str = Field(description="Id of the business rule.", examples=["S1-33"])
    code: str = Field(examples=["region_without_post"])
    values: dict[str, str | int] = Field(
        description="What it is about; amounts are in øre.",
        examples=[{"network": "ms", "region": "nord"}],
    )
    detail: str = Field(description="In the caller's language.")


class WarnedReceipt(Receipt):
    """What a command recorded, and what is warned of."""

    warnings: list[ShownWarning] = Field(
        description="By all that is recorded when it is answered; it is recorded all "
        "the same."
    )


class DocumentWarning(BaseModel):
    """What an issued document lacks, and what will not match because of it."""

    code: Lack
    detail: str = Field(description="In the caller's language.")


class DocumentReceipt(Receipt):
    """What a command recorded that issues a document."""

    warnings: list[DocumentWarning] = Field(
        description="The document is issued all the same."
    )


class PaymentWarning(BaseModel):
    """What may be wrong with a payment."""

    code: PaymentDoubt
    detail: str = Field(description="In the caller's language.")


class PaymentReceipt(Receipt):
    """What a command recorded that says what is paid."""

    warnings: list[PaymentWarning] = Field(
        description="The payment is registered all the same."
    )


def execute(
    node: Node, command: Command, asker: RequestContext, response: Response
) -> Recorded:
    """Execute a command; a refusal becomes a problem document."""
    outcome = node.executor.execute(command, asker)
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    note_recorded(node, asker, outcome)
    return with_status(outcome, response)


def note_recorded(node: Node, asker: RequestContext, outcome: Recorded) -> None:
    """Remember what was recorded for an organisation, whose next questions rest on it."""
    if outcome.rows:
        last = max(node.recorded.get(asker.organisation, 0), outcome.rows[-1].position)
        node.recorded[asker.organisation] = last


def with_status(outcome: Recorded, response: Response) -> Recorded:
    """Say by the status whether anything is new, and whether the command was."""
    response.status_code = 201 if outcome.rows else 200
    if outcome.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return outcome


def receipt(outcome: Recorded) -> Receipt:
    """What a command recorded, the same however often it is asked."""
    last = outcome.rows[-1] if outcome.rows else None
    return Receipt(
        recorded=[_entry(row) for row in outcome.rows],
        position=None if last is None else f"{last.origin}:{last.position}",
    )


def warned_receipt(outcome: Recorded, language: Language) -> WarnedReceipt:
    """What a command recorded, with what is warned of."""
    return WarnedReceipt(
        **dict(receipt(outcome)), warnings=shown_warnings(outcome.warnings, language)
    )


def shown_warnings(
    found: Iterable[RuleWarning], language: Language
) -> list[ShownWarning]:
    """Warnings in words."""
    return [
        ShownWarning(
            rule=each.rule,
            code=each.code,
            values=dict(each.values),
            detail=sentence(language, "warning", each.code, each.values),
        )
        for each in found
    ]


def document_receipt(outcome: Recorded, language: Language) -> DocumentReceipt:
    """What a command recorded, with what its document lacks."""
    issued = (fact_of(row) for row in outcome.rows if row.type == InvoiceIssued.TYPE)
    lacks = [
        lack
        for fact in issued
        if isinstance(fact, InvoiceIssued)
        for lack in lacking(fact)
    ]
    return DocumentReceipt(
        **dict(receipt(outcome)), warnings=document_warnings(lacks, language)
    )


def document_warnings(
    lacks: Iterable[Lack], language: Language
) -> list[DocumentWarning]:
    """What documents lack, in words."""
    return [
        DocumentWarning(code=lack, detail=sentence(language, "lack", lack.value))
        for lack in lacks
    ]


def payment_receipt(
    outcome: Recorded, node: Node, language: Language
) -> PaymentReceipt:
    """What a command recorded, with what is doubtful of its payments."""
    return PaymentReceipt(
        **dict(receipt(outcome)),
        warnings=payment_warnings(doubts_of(outcome, node), language),
    )


def doubts_of(outcome: Recorded, node: Node) -> list[DoubtfulPayment]:
    """List what is doubtful of the payments that a command recorded."""
    paid = [row for row in outcome.rows if row.type in _PAID]
    if not paid:
        return []
    found: list[DoubtfulPayment] = []
    with node.executor.history() as history:
        for row in paid:
            fact = fact_of(row)
            assert isinstance(fact, PaymentRegistered | PaymentReceived)
            today = business_day(parse_instant(row.recorded_at))
            found += doubts(fact, row.version, today, history)
    return found


_PAID: Final = {
    name
    for kind in (PaymentRegistered, PaymentReceived)
    for name in (kind.TYPE, *kind.EARLIER)
}


def payment_warnings(
    found: Iterable[DoubtfulPayment], language: Language
) -> list[PaymentWarning]:
    """What is doubtful of payments, in words."""
    return [
        PaymentWarning(
            code=each.doubt,
            detail=sentence(language, "doubt", each.doubt.value, each.values),
        )
        for each in found
    ]


def _entry(row: Row) -> RecordedEntry:
    return RecordedEntry(
        id=row.id,
        type=row.type,
        stream=row.stream,
        version=row.version,
        recorded_at=row.recorded_at,
    )

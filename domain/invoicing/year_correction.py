"""Correcting an earlier calendar year: its changes alone, in a document of its own.

Ordinary documents restate what has changed in their own calendar year; what
concerns an earlier one stays unbilled until the payee corrects that year.
"""

from domain.agreements.accrual import whole_year
from domain.agreements.answer import AGREED
from domain.fact import Command, Fact
from domain.history import Asked, Decision, History
from domain.invoicing.invoice import PeriodBilled, YearCorrected, document_of
from domain.invoicing.issue import (
    basis_of,
    due,
    invoiceable,
    numbered_document,
    require_assessed_vat,
)
from domain.invoicing.sales_document import InvoiceIssued
from domain.kind import Asks, Authority, Facts, declare
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import NewName, Year


class CorrectYear(Command):
    """Bill what has changed in an earlier calendar year, as the payee."""

    agreement: NewName
    year: Year


def _restored(facts: Facts, _: History) -> Command | None:
    match facts[1:]:
        case [YearCorrected(agreement=agreement, corrected_year=year), *_]:
            return CorrectYear(agreement=agreement, year=year)
        case _:
            return None


def correct(command: CorrectYear, asked: Asked, history: History) -> Decision:
    """Decide on the correction of a year that is over (S1-14)."""
    period = whole_year(command.year)
    source = invoiceable(command.agreement, period, asked, history)
    require_assessed_vat(source.terms)
    if command.year >= asked.today.year:
        raise Refusal(Code.PERIOD_NOT_ENDED, "year")
    lines, counted = due(source, command.year, None, history)
    if not lines:
        raise Refusal(Code.NOTHING_TO_INVOICE, "year")
    # Every period that is corrected rested on an approved report (S1-41); the
    # document rests on that of the last of them.
    billed = [each for each in source.billing.standing if period.covers(each.period)]
    grounds = document_of(billed[-1].id, history)
    report = grounds.report, grounds.submission
    basis = basis_of(source, period, report, lines, counted, history)
    basis = basis._replace(corrects_year=True)
    return numbered_document(basis, source, asked.today, history, _year_corrected)


declare(
    CorrectYear,
    correct,
    Authority(
        Asks.PAYEE,
        {Role.CONTROLLER},
        {**AGREED, PeriodBilled: Code.NOTHING_TO_INVOICE},
        "the payer, as with a document of a period",
        Code.NOTHING_TO_INVOICE,
    ),
    {InvoiceIssued: _restored},
)


def _year_corrected(document: InvoiceIssued, number: int) -> Fact:
    return YearCorrected(
        agreement=document.agreement,
        corrected_year=document.period_start.year,
        seller=document.payee,
        year=document.issued_on.year,
        number=number,
    )

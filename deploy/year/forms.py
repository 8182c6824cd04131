"""The files of a business year, and their columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deploy.year.columns import (
    Cell,
    Column,
    all_or,
    as_business_day,
    as_day,
    as_lines,
    as_money,
    as_name,
    as_number,
    as_percent,
    as_text,
    columns,
    one_of,
    optional,
)
from domain.agreements.answer import Answer
from domain.closing.closing import ClosingAction
from domain.invoicing.invoice_decision import Resolution, Verdict
from domain.parties.kid import KidCheck
from domain.payments.matching import Direction
from domain.posts.report import Outcome
from domain.posts.staffing import Change
from domain.values import (
    Frequency,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
    Vacancy,
    VatTreatment,
)


@dataclass(frozen=True, slots=True)
class Form:
    """A file of the folder."""

    name: str
    columns: tuple[Column, ...]
    required: bool = False
    clock: bool = True
    """Whether its rows say the day on which they are recorded."""
    one_by_one: bool = False
    """Whether a row may rest on the one before it, of another trust."""
    span: tuple[str, str] = ("", "")
    """The columns of a first and a last day, where the one may not follow the other."""

    def ends_before_it_starts(self, cells: Mapping[str, Cell]) -> bool:
        """Say whether a row's last day comes before its first."""
        start, end = (cells.get(name) for name in self.span)
        return start is not None and end is not None and str(end) < str(start)

    @property
    def file(self) -> str:
        """The name by which a row's place is told, also of a workbook's sheet."""
        return f"{self.name}.csv"


class Side(StrEnum):
    """A party to an agreement."""

    PAYER = "payer"
    PAYEE = "payee"


class DisputeAction(StrEnum):
    """What a party does in a dispute that the payer has opened."""

    COMMENT = "comment"
    RESOLVE = "resolve"


_RECORDED: Final = Column("recorded_on", as_business_day)

FORMS: Final = (
    Form(
        "organisations",
        (
            *columns(org_number=as_text, name=as_text),
            optional("short_name"),
            *columns(kind=one_of(OrganisationKind), region=one_of(Region)),
            optional("parent_org_number"),
        ),
        required=True,
        clock=False,
    ),
    Form(
        "accounts",
        (
            *columns(org_number=as_text),
            optional("account"),
            optional("kid_check", one_of(KidCheck)),
            optional("kid_length", as_number),
            *(optional(name) for name in ("buyer_reference", "street")),
            *(optional(name) for name in ("postcode", "city")),
        ),
        clock=False,
    ),
    Form(
        "networks",
        (
            *columns(network=as_name, kind=one_of(NetworkKind), name_nb=as_text),
            optional("name_en"),
            *columns(
                coordinating_trust=as_text,
                starts_on=as_day,
                model=one_of(NetworkModel),
                coordination_budget=as_money,
            ),
            _RECORDED,
        ),
        required=True,
    ),
    Form(
        "agreements",
        (
            *columns(
                agreement=as_name,
                version=as_number,
                network=as_name,
                payer=as_text,
                payee=as_text,
                effective_from=as_day,
                starts_on=as_day,
                ends_on=as_day,
                frequency=one_of(Frequency),
                vacancy=one_of(Vacancy),
                vat_treatment=one_of(VatTreatment),
            ),
            optional("vat_reason"),
            _RECORDED,
        ),
        span=("starts_on", "ends_on"),
    ),
    Form(
        "posts",
        (
            *columns(agreement=as_name, version=as_number, post=as_name),
            optional("content"),
            optional("percent", as_percent),
            optional("starts_on", as_day),
            optional("ends_on", as_day),
            optional("annual_cost", as_money),
        ),
        clock=False,
        span=("starts_on", "ends_on"),
    ),
    Form(
        "acceptances",
        (
            *columns(agreement=as_name, version=as_number, answer=one_of(Answer)),
            _RECORDED,
        ),
    ),
    Form(
        "staffing",
        (
            *columns(post=as_name, change=one_of(Change), effective_on=as_day),
            Column("holder", as_text, optional=True, personal=True),
            _RECORDED,
        ),
    ),
    Form(
        "reports",
        (
            *columns(
                report=as_name,
                network=as_name,
                trust=as_text,
                period_start=as_day,
                period_end=as_day,
            ),
            _RECORDED,
        ),
        span=("period_start", "period_end"),
    ),
    Form(
        "report_decisions",
        (*columns(report=as_name, decision=one_of(Outcome)), _RECORDED),
    ),
    Form(
        "invoices",
        (
            *columns(agreement=as_name, period_start=as_day, period_end=as_day),
            _RECORDED,
        ),
    ),
    Form(
        "invoice_decisions",
        (
            *columns(agreement=as_name, period_start=as_day, decision=one_of(Verdict)),
            all_or("post", as_name),
            optional("reason"),
            _RECORDED,
        ),
    ),
    Form(
        "payments",
        (
            *columns(
                agreement=as_name, period_start=as_day, amount=as_money, paid_on=as_day
            ),
            _RECORDED,
        ),
    ),
    Form(
        "credits",
        (
            *columns(agreement=as_name, period_start=as_day),
            all_or("post", as_name),
            all_or("amount", as_money),
            Column("reason", as_text),
            _RECORDED,
        ),
    ),
    Form(
        "disputes",
        (
            *columns(agreement=as_name, period_start=as_day),
            all_or("post", as_name),
            *columns(by=one_of(Side), action=one_of(DisputeAction)),
            optional("outcome", one_of(Resolution)),
            optional("text"),
            _RECORDED,
        ),
        one_by_one=True,
    ),
    Form(
        "bank_entries",
        (
            *columns(
                organisation=as_text,
                reference=as_name,
                direction=one_of(Direction),
                amount=as_money,
                booked_on=as_day,
            ),
            optional("kid"),
            _RECORDED,
        ),
    ),
    Form(
        "closings",
        (
            *columns(
                trust=as_text,
                counterpart=as_text,
                period_start=as_day,
                period_end=as_day,
                action=one_of(ClosingAction),
            ),
            optional("carry_over", as_lines),
            optional("reason"),
            _RECORDED,
        ),
        one_by_one=True,
        span=("period_start", "period_end"),
    ),
)
"""In the order in which the rows of one day are played."""

BY_NAME: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}

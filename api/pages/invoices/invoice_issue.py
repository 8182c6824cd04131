"""Issuing invoices: which periods are not invoiced, and what each would come to."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response

from api.pages.acting import require_sender
from api.pages.invoices.invoice_drafts import (
    DraftWays,
    ask_document,
    document_draft,
    issue_as_shown,
)
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError, problem_in_words
from api.routers import public
from domain.agreements.agreement import Terms
from domain.agreements.known import KnownAgreement, known_agreement
from domain.fact import Command
from domain.history import History
from domain.invoicing.invoice import BilledDocument, billing_of
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.values import NewName, Period, add_months, day_before
from projections.agreements import AgreementView, agreements
from projections.asof import Slice
from projections.invoice_list import last_invoiced

router: Final[APIRouter] = public()
SECTION: Final = "page_issue"
HOME: Final = "/invoices/new"
MANY_AGREEMENTS: Final = 100
MANY_PERIODS: Final = 24
"""So many of the last periods are looked at: two years of months."""


class DuePeriod(NamedTuple):
    """A period, or a year's changes, that an agreement has not been billed."""

    label: str
    address: str
    """Where it is issued; empty where it cannot be."""
    amount_ore: int | None
    """With VAT."""
    why: str
    """Why it cannot be issued now."""


@router.get(HOME, include_in_schema=False)
def choose_agreement(
    visit: TheVisit, after: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Agreements by which the own trust is paid, and how far each is invoiced."""
    require_sender(visit, IssueInvoice)
    with visit.views() as connection:
        known = register(connection, visit.day)
        part = Slice(after, MANY_AGREEMENTS)
        found = agreements(connection, visit.day, part, visit.organisation)
        ours = [terms for each in found if (terms := _paid_by(each, visit))]
        last = last_invoiced(connection, visit.day, visit.organisation)
    return visit.page(
        "issue.html",
        SECTION,
        "invoices",
        ours=ours,
        known=known,
        last=last,
        more=found[-1].agreement if len(found) == MANY_AGREEMENTS else "",
    )


def _paid_by(agreement: AgreementView, visit: Visit) -> Terms | None:
    """Last accepted terms of an agreement that the visitor's trust is paid by."""
    accepted = [v.terms for v in agreement.versions if len(v.signatures) > 1]
    ours = accepted and accepted[-1].payee == visit.organisation
    return accepted[-1] if ours else None


@router.get(f"{HOME}/{{agreement}}", include_in_schema=False)
def choose_period(
    visit: TheVisit,
    agreement: NewName,
    period_start: date | None = None,
    year: Annotated[int | None, Query(ge=1900, le=2199)] = None,
) -> Response:
    """Periods that are not invoiced; with one, or a year, its document as it would be."""
    require_sender(visit, IssueInvoice)
    with visit.node.executor.history() as history:
        known = _ours(visit, agreement, history)
        if period_start is None and year is None:
            return _periods(visit, known, history)
        command = _command(known, period_start, year)
        draft = document_draft(visit, command, history)
    return _confirm(visit, agreement, draft, period_start, year)


@router.post(f"{HOME}/{{agreement}}", include_in_schema=False)
async def issue_period(visit: TheVisit, agreement: NewName) -> Response:
    """Issue the document that was shown."""
    form = await sent_form(visit)
    start, year = form.get("period_start", ""), form.get("year", "")

    def command() -> Command:
        with visit.node.executor.history() as history:
            known = _ours(visit, agreement, history)
            first = date.fromisoformat(start) if start else None
            return _command(known, first, int(year) if year else None)

    require_sender(visit, IssueInvoice)
    try:
        made = await asyncio.to_thread(command)
    except ValueError:
        raise ProblemError("invalid_row") from None
    return await issue_as_shown(visit, made, form)


def _ours(visit: Visit, name: str, history: History) -> KnownAgreement:
    """Agreement by which the visitor's trust is paid; refuse others."""
    known = known_agreement(name, history)
    if known is None or not known.accepted:
        raise ProblemError("not_found")
    payee = known.accepted[-1].payee
    if payee != visit.organisation:
        raise ProblemError("not_entitled", {"organisation": payee})
    return known


def _command(
    known: KnownAgreement, start: date | None, year: int | None
) -> IssueInvoice | CorrectYear:
    name = known.agreement.name
    if start is None:
        return CorrectYear.model_validate({"agreement": name, "year": year})
    months = known.accepted[-1].frequency.months
    end = day_before(add_months(start.replace(day=1), months))
    return IssueInvoice(agreement=name, period_start=start, period_end=end)


def _periods(visit: Visit, known: KnownAgreement, history: History) -> Response:
    billing = billing_of(known.agreement, history)
    terms = known.accepted[-1]
    with visit.views() as connection:
        names = register(connection, visit.day)
    payer = names[terms.payer].name if terms.payer in names else terms.payer
    due = [*_due(visit, known, billing.documents, history)]
    due += _years(visit, known, billing.standing, history)
    return visit.page(
        "issue_periods.html",
        SECTION,
        "invoices",
        agreement=known.agreement.name,
        payer=payer,
        due=due,
        ready=[each for each in due if each.address],
        issued=sorted(billing.documents, reverse=True),
    )


def _due(
    visit: Visit,
    known: KnownAgreement,
    billed: Sequence[tuple[Period, object]],
    history: History,
) -> Iterator[DuePeriod]:
    speaker = visit.speaker(SECTION)
    taken = [period for period, _ in billed]
    for period in _calendar(known, visit.day):
        if not any(each.overlaps(period) for each in taken):
            asked = f"period_start={period.start.isoformat()}"
            command = _command(known, period.start, None)
            yield _looked_at(visit, speaker.period(period), command, asked, history)


def _calendar(known: KnownAgreement, today: date) -> list[Period]:
    """Periods of an agreement that have begun, the last ones."""
    months = known.accepted[-1].frequency.months
    first = min(terms.starts_on for terms in known.accepted)
    last = min(max(terms.ends_on for terms in known.costs), today)
    start, found = date(first.year, 1, 1), []
    while start <= last:
        following = add_months(start, months)
        if following > first:
            found.append(Period(start, day_before(following)))
        start = following
    return found[-MANY_PERIODS:]


def _years(
    visit: Visit,
    known: KnownAgreement,
    standing: Sequence[BilledDocument],
    history: History,
) -> list[DuePeriod]:
    """Earlier years of which something has changed since they were invoiced."""
    speaker = visit.speaker(SECTION)
    years = {each.period.start.year for each in standing}
    looked = [
        _looked_at(
            visit,
            speaker.say("changes_of", year=year),
            _command(known, None, year),
            f"year={year}",
            history,
        )
        for year in sorted(years)
        if year < visit.day.year
    ]
    return [each for each in looked if each.address]


def _looked_at(
    visit: Visit, label: str, command: Command, asked: str, history: History
) -> DuePeriod:
    """What a document would come to, or why there is none."""
    try:
        draft = document_draft(visit, command, history)
    except ProblemError as error:
        words, _ = problem_in_words(error, visit.language)
        return DuePeriod(label, "", None, words.detail)
    name = getattr(command, "agreement", "")
    return DuePeriod(label, f"{HOME}/{name}?{asked}", draft.gross_ore, "")


def _confirm(
    visit: Visit,
    agreement: str,
    draft: InvoiceIssued,
    start: date | None,
    year: int | None,
) -> Response:
    speaker = visit.speaker(SECTION)
    here = f"{HOME}/{agreement}"
    label = speaker.period(draft.period)
    if year is not None:
        label = speaker.say("changes_of", year=year)
    ways = DraftWays(
        title=speaker.say("confirm_title", agreement=agreement, what=label),
        lead=speaker.say("confirm_lead"),
        action=here,
        back=here,
        crumbs=[
            (speaker.say("menu_invoices"), "/invoices"),
            (speaker.say("title"), HOME),
            (agreement, here),
        ],
        fields={
            "period_start": start.isoformat() if start else "",
            "year": str(year or ""),
        },
    )
    return ask_document(visit, draft, ways)

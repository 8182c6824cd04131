"""The own bank: what is read of its files, what waits for its document, and what is aside."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.access import require_reading
from api.pages.acting import asking, may_send, require_sender, then
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    attempt,
    faults_of_problem,
    sent_file,
)
from api.pages.register import Register, register
from api.pages.settling.bank_proposals import BankProposal, bank_proposals
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from api.routes.bank import Reference, import_bank_file
from api.words import sentence
from api.xml_reading import BYTES_MAX
from domain.fact import Command
from domain.history import ShownTo
from domain.payments.bank import MatchBankEntry, SetAsideCause, SetBankEntryAside
from domain.payments.telling import ImportBankEntries
from projections.bank import BankEntry, EntryFilter, State, bank_entries, entry_counts
from projections.invoice_list import ListedInvoice, invoices_of

router: Final[APIRouter] = public()
SECTION: Final = "page_bank"
HOME: Final = "/bank"
ROWS: Final = 50
KINDS: Final = (".xml", ".csv", ".txt")
"""How the names of files end that are taken."""


@router.get(HOME, include_in_schema=False)
def bank_page(
    visit: TheVisit,
    state: State = State.UNMATCHED,
    after: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """What the visitor's bank has booked."""
    require_reading(visit.caller, ShownTo.OWN)
    return _shown(visit, state, after)


def _shown(
    visit: Visit,
    state: State = State.UNMATCHED,
    after: str = "",
    faults: Faults = NO_FAULTS,
) -> Response:
    with visit.views() as connection:
        known = register(connection, visit.day)
        criteria = EntryFilter(visit.organisation, state)
        entries = bank_entries(connection, visit.day, criteria, after, ROWS)
        counts = entry_counts(connection, visit.day, visit.organisation)
        waiting = state is State.UNMATCHED and bool(entries)
        mine = invoices_of(connection, visit.day, visit.organisation) if waiting else []
    return visit.page(
        "bank.html",
        SECTION,
        "bank",
        state=state.value,
        states=[each.value for each in State],
        entries=[
            (each, bank_address(each.reference), _why(visit, each)) for each in entries
        ],
        proposals=_proposals(visit, entries, mine) if waiting else {},
        known=known,
        counts={each.value: many for each, many in counts.items()},
        more=entries[-1].reference if len(entries) == ROWS else "",
        may_import=may_send(visit, ImportBankEntries),
        faults=faults,
    )


def bank_address(reference: str) -> str:
    """Where an entry of the own bank is."""
    return f"{HOME}/{quote(reference, safe='')}"


def _why(visit: Visit, entry: BankEntry) -> str:
    """Why an entry waits, or why it pays no document."""
    if entry.state is State.UNMATCHED:
        return sentence(visit.language, "value", entry.unmatched or "no_kid")
    if entry.cause:
        return visit.speaker(SECTION).say(f"cause_{entry.cause}")
    return ""


def _proposals(
    visit: Visit, entries: Sequence[BankEntry], mine: Sequence[ListedInvoice]
) -> Mapping[str, Sequence[BankProposal]]:
    with visit.node.executor.history() as history:
        return {each.reference: bank_proposals(each, mine, history) for each in entries}


@router.post(f"{HOME}/import", include_in_schema=False)
async def import_file_page(visit: TheVisit) -> Response:
    """Read a file of the visitor's bank, and say what became of each entry."""
    require_sender(visit, ImportBankEntries)
    name, content, form = await sent_file(visit)
    fault = _of_file(name, content)
    if fault:
        words = visit.speaker(SECTION).say(fault)
        faults = Faults(words, {"file": words})
        return await asyncio.to_thread(_shown, visit, faults=faults)
    asker, unread = asking(visit, form), Response()
    try:
        imported = await asyncio.to_thread(
            import_bank_file, content, visit.node, asker, visit.language, unread
        )
    except ProblemError as error:
        faults = faults_of_problem(visit, error)
        shown = Faults(faults.summary, {"file": faults.summary, **faults.of})
        return await asyncio.to_thread(_shown, visit, faults=shown)
    return visit.page(
        "bank_imported.html",
        SECTION,
        "bank",
        name=name,
        imported=imported,
        matched=[each for each in imported.entries if each.document],
        waiting=[
            (each, sentence(visit.language, "value", each.unmatched.value))
            for each in imported.entries
            if each.unmatched
        ],
        new=sum(each.new for each in imported.entries),
        to_check=[each for each in imported.left_out if each.to_check],
        others=[each for each in imported.left_out if not each.to_check],
        bank_address=bank_address,
    )


def _of_file(name: str, content: bytes) -> str:
    """What is wrong with a file before it is read; key of the words."""
    if not content:
        return "no_file"
    if not name.lower().endswith(KINDS):
        return "wrong_kind"
    return "too_large" if len(content) > BYTES_MAX else ""


@router.get(f"{HOME}/{{reference}}", include_in_schema=False)
def bank_entry_page(visit: TheVisit, reference: Reference) -> Response:
    """An entry of the visitor's bank, and the documents that it may pay."""
    require_reading(visit.caller, ShownTo.OWN)
    return _entry_shown(visit, reference, {})


def _entry_shown(
    visit: Visit,
    reference: str,
    typed: Mapping[str, str],
    faults: Faults = NO_FAULTS,
) -> Response:
    with visit.views() as connection:
        known = register(connection, visit.day)
        criteria = EntryFilter(visit.organisation, None, reference)
        found = bank_entries(connection, visit.day, criteria)
        mine = invoices_of(connection, visit.day, visit.organisation)
    if not found:
        raise ProblemError("not_found")
    entry = found[0]
    waits = entry.state is State.UNMATCHED
    with visit.node.executor.history() as history:
        proposals = bank_proposals(entry, mine, history) if waits else ()
    return visit.page(
        "bank_entry.html",
        SECTION,
        "bank",
        entry=entry,
        address=bank_address(reference),
        why=_why(visit, entry),
        proposals=proposals,
        known=known,
        payees=_payees(visit, mine, known),
        may_settle=waits and may_send(visit, MatchBankEntry),
        causes=[each.value for each in SetAsideCause],
        typed=typed,
        faults=faults,
        key=uuid.uuid4().hex,
    )


def _payees(
    visit: Visit, mine: Sequence[ListedInvoice], known: Register
) -> Sequence[tuple[str, str]]:
    """Whose documents an entry may pay: those that have issued any to or by the own."""
    numbers = {each.payee for each in mine} | {visit.organisation}
    named = [(n, known[n].name if n in known else n) for n in numbers]
    return sorted(named, key=lambda each: each[1])


@router.post(f"{HOME}/{{reference}}/match", include_in_schema=False)
async def match_entry_page(visit: TheVisit, reference: Reference) -> Response:
    """Say which document an entry pays."""
    form = await sent_form(visit)
    typed = Typed(visit, form)
    chosen = typed.text("document")
    if chosen == "other" or not chosen:
        payee = typed.text("payee", needed=True)
        year, number = typed.number("year"), typed.number("number")
    else:
        payee, year, number = _document(chosen)

    def command() -> Command:
        members: dict[str, Any] = {"payee": payee, "year": year, "number": number}
        own = {"organisation": visit.organisation, "reference": reference}
        return MatchBankEntry.model_validate({**own, **members})

    return await _settled(visit, reference, form, typed, command)


def _document(chosen: str) -> tuple[str, int, int]:
    """Read ``983974724/2026/4``."""
    try:
        payee, year, number = chosen.split("/")
        return payee, int(year), int(number)
    except ValueError:
        raise ProblemError("invalid_row") from None


@router.post(f"{HOME}/{{reference}}/set-aside", include_in_schema=False)
async def set_aside_page(visit: TheVisit, reference: Reference) -> Response:
    """Say that an entry pays no document here, and why."""
    form = await sent_form(visit)
    typed = Typed(visit, form)
    cause, reason = typed.text("cause", needed=True), typed.text("reason")

    def command() -> Command:
        own = {"organisation": visit.organisation, "reference": reference}
        members = {**own, "cause": cause, "reason": reason}
        return SetBankEntryAside.model_validate(members, strict=False)

    return await _settled(visit, reference, form, typed, command)


async def _settled(
    visit: Visit,
    reference: str,
    form: Mapping[str, str],
    typed: Typed,
    command: Callable[[], Command],
) -> Response:
    require_reading(visit.caller, ShownTo.OWN)
    outcome = await attempt(visit, form, typed, command)
    if isinstance(outcome, Faults):
        return await asyncio.to_thread(_entry_shown, visit, reference, form, outcome)
    return then(bank_address(reference), outcome)

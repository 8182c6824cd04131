"""What an organisation's bank has booked, and the documents that it pays."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Response
from pydantic import AfterValidator, BaseModel, Field, Strict

from api.bank.beside import take_beside
from api.bank.file import BankFile, BankFileError, fitting
from api.bank.outcome import ImportOutcome, Payees, outcome, unreadable_problem, why
from api.bank.paid_twice import PAID_BY_HAND, paid_by_hand
from api.bank.reading import read_bank_file
from api.bodies import FILE, Body, RequestDay
from api.commands import door
from api.dependencies import (
    AsOf,
    TheAsker,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
    senders,
    the_bytes,
)
from api.doors import Way
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.problems import REFUSALS, refused
from api.receipts import (
    Receipt,
    doubts_of,
    note_recorded,
    payment_warnings,
    receipt,
    with_status,
)
from api.routers import member_router
from api.services import Node
from api.words import Language, sentence
from domain.catalogue import decode
from domain.history import Asked, History, ShownTo
from domain.parties.billing_details import BillingDetailsRecorded
from domain.payments.bank import (
    BANK_ENTRIES,
    AccountDigits,
    BankEntryImported,
    EntryState,
    MatchBankEntry,
    SetBankEntryAside,
    entry_key,
)
from domain.payments.bank_import import may_concern, verdicts
from domain.payments.matching import Direction, KidDigits, Unmatched
from domain.payments.telling import BookedEntry, EntryVerdict, ImportBankEntries, Known
from domain.refusal import Refusal
from domain.texts import without_national_id
from domain.values import (
    AccountText,
    AmountOre,
    BankReference,
    OrganisationNumber,
    business_day,
)
from federation.log.executor import Receipt as Recorded
from federation.log.executor import RequestContext
from federation.signed.entry import data_of
from projections import bank
from projections.database import reading
from projections.listed import recorded_facts

router = member_router("bank", ShownTo.OWN)

Reference = Annotated[BankReference, Path(description="That the bank gave the entry.")]


class NewBankEntry(Body):
    """An entry of an organisation's bank; the organisation itself asks."""

    organisation: OrganisationNumber
    reference: BankReference = Field(
        description="That the bank gave the entry: it names it for ever.",
        examples=["20260808-0017"],
    )
    direction: Direction
    amount_ore: Annotated[AmountOre, Strict()] = Field(
        description="Øre; below zero where the bank took an entry of this direction back."
    )
    booked_on: RequestDay
    kid: Annotated[KidDigits, AfterValidator(without_national_id)] = Field(
        "", examples=["260000000104"]
    )
    account: AccountText = Field("", description="The organisation's own account.")
    paid_to: AccountDigits = Field(
        "", description="The account that was paid, if known. It is not recorded."
    )


class EntryWarning(BaseModel):
    """What a person should look at of an entry that is recorded all the same."""

    code: str = Field(examples=[PAID_BY_HAND])
    why: str = Field(description="The same in words.")


class ImportedEntry(BaseModel):
    """What became of an entry: it has its document, waits with the reason, or is aside."""

    reference: str = Field(
        description="Names the entry: the bank's reference, or what stands for it."
    )
    new: bool = Field(description="False where it was recorded before.")
    document: bank.PaidDocument | None = None
    unmatched: Unmatched | None = None
    warnings: list[EntryWarning] = Field(
        [], description="What may be wrong all the same; it was not refused."
    )


class Imported(Receipt):
    """What an import recorded, and what became of each entry."""

    entries: list[ImportedEntry]


class EntryOfFile(ImportedEntry):
    """What became of an entry of a file."""

    place: str = Field(
        description="Where it stands in the file.", examples=["Ntry[3]", "line 7"]
    )


class LeftOutEntry(BaseModel):
    """An entry of a file that is not recorded."""

    place: str = Field(examples=["Ntry[3]", "line 7"])
    code: str = Field(examples=["bank_not_ours"])
    why: str = Field(description="The same in words.")
    field: str = Field(description="The element or column at fault, if it is one.")
    value: str = Field(description="What was read there.")
    to_check: bool = Field(
        description="Whether it may concern the organisation, and a person should look."
    )


class ImportedFile(Receipt):
    """What an import of a file recorded, and what became of each entry."""

    entries: list[EntryOfFile]
    left_out: list[LeftOutEntry] = Field(
        [], description="What of a file is not recorded, and why."
    )
    not_booked: list[str] = Field(
        [],
        description="Where a file has entries that the bank has not booked yet; "
        "nothing is recorded of them.",
    )


BANK_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "camt.054 (`application/xml`), or CSV (`text/csv`) with the "
        "columns booked_on, amount, kid, reference and direction, account where the "
        "organisation has several, and paid_to, the account that was paid; with names "
        "in English or Norwegian, in UTF-8 or Windows-1252.",
        "content": dict.fromkeys(("application/xml", "text/csv"), FILE),
    }
}


@router.post(
    "/bank-entries",
    status_code=201,
    dependencies=senders(ImportBankEntries),
    responses=REFUSALS,
)
def import_bank_entry(
    body: NewBankEntry,
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> Imported:
    """Record an entry of a bank; by its KID it pays a document, or it waits."""
    members = dict(body)
    organisation = members.pop("organisation")
    entries = (BookedEntry(**members),)
    command = ImportBankEntries(organisation=organisation, entries=entries)
    command, outcome = take_beside(command, asker, node)
    recorded = with_status(_noted(outcome, node, asker), response)
    doubtful = [
        EntryWarning(code=each.code, why=each.detail)
        for each in payment_warnings(doubts_of(recorded, node), language)
    ]
    with node.executor.history() as history:
        (verdict,) = _judged(command, asker, node, history)
        name = verdict.reference if isinstance(verdict, Known) else body.reference
        became = _became(organisation, [name], history)
        twice = paid_by_hand(became, history, node.journal)
    entry = ImportedEntry(
        **_entry(name, became, _new(recorded)),
        warnings=[*_warnings(name, twice, language), *doubtful],
    )
    return Imported(**dict(receipt(recorded)), entries=[entry])


@router.post(
    "/bank-entries/import",
    status_code=201,
    dependencies=senders(ImportBankEntries),
    responses=REFUSALS,
    openapi_extra=BANK_FILE,
)
def import_bank_file(
    content: Annotated[bytes, Depends(the_bytes)],
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> ImportedFile:
    """Record what the caller's bank has booked, from its file.

    What is none of the federation's business, or cannot be recorded, is left out and
    named; the rest is recorded.
    """
    payees = _payees(node, asker)
    try:
        file = read_bank_file(content, partial(node.executor.digests.of, "bank"))
        with node.executor.history() as history:
            file = fitting(file, partial(_may_concern, history, payees))
    except BankFileError as error:
        raise unreadable_problem(error.faults) from None
    recorded, of_file = _recorded(file, payees, node, asker)
    names = [name for _, name in of_file.recorded]
    with node.executor.history() as history:
        became = _became(asker.organisation, names, history)
        twice = paid_by_hand(became, history, node.journal)
    if not of_file.recorded and of_file.to_check:
        raise unreadable_problem(of_file.to_check)
    new = _new(with_status(recorded, response))
    return ImportedFile(
        **dict(receipt(recorded)),
        entries=[
            EntryOfFile(
                **_entry(name, became, new),
                warnings=_warnings(name, twice, language),
                place=entry.place,
            )
            for entry, name in of_file.recorded
        ],
        left_out=[
            LeftOutEntry(**asdict(entry), why=why(entry, language))
            for entry in of_file.left_out
        ],
        not_booked=list(file.not_booked),
    )


def _payees(node: Node, asker: RequestContext) -> Payees:
    """Who is paid with a KID, as far as is known here: it decides nothing."""
    today = business_day(asker.now)
    with reading(node.views) as connection:
        return Payees(recorded_facts(connection, BillingDetailsRecorded, today), today)


def _may_concern(history: History, payees: Payees, entry: BookedEntry) -> bool:
    awaited = payees.may_be_paid(entry.kid, entry.paid_to)
    return awaited or may_concern(entry, history)


def _recorded(
    file: BankFile, payees: Payees, node: Node, asker: RequestContext
) -> tuple[Recorded, ImportOutcome]:
    """Record what can be of a file, and say what became of all of it."""
    recorded = Recorded((), repeated=False)
    judged: Sequence[EntryVerdict] = ()
    entries = tuple(entry.entry for entry in file.entries)
    command: ImportBankEntries | None = None
    if entries:
        command = ImportBankEntries(
            organisation=asker.organisation, entries=entries, whole_account=True
        )
        command, taken = take_beside(command, asker, node)
        recorded = _noted(taken, node, asker)
    with node.executor.history() as history:
        if command:
            judged = _judged(command, asker, node, history)
        became = outcome(file, judged, history, payees, asker.organisation)
        return recorded, became


def _noted(outcome: Recorded | Refusal, node: Node, asker: RequestContext) -> Recorded:
    """Remember what was recorded; a refusal becomes a problem document."""
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    note_recorded(node, asker, outcome)
    return outcome


def _judged(
    command: ImportBankEntries, asker: RequestContext, node: Node, history: History
) -> Sequence[EntryVerdict]:
    day = business_day(asker.now)
    asked = Asked(node.region, asker.organisation, day, asker.actor)
    return verdicts(command, asked, history)


def _new(recorded: Recorded) -> AbstractSet[str]:
    """Names of the entries that were recorded."""
    facts = (decode(row.type, data_of(row.body)) for row in recorded.rows)
    return {fact.reference for fact in facts if isinstance(fact, BankEntryImported)}


def _became(
    organisation: str, names: Iterable[str], history: History
) -> Mapping[str, EntryState]:
    """State of entries by name, whenever they were recorded."""
    keys = {name: entry_key(organisation, name) for name in names}
    states = history.states(BANK_ENTRIES, {*keys.values()})
    return {name: states[key] for name, key in keys.items()}


def _entry(
    name: str, became: Mapping[str, EntryState], new: AbstractSet[str]
) -> dict[str, Any]:
    state = became[name]
    waiting = None if state.settled else state.imported
    return {
        "reference": name,
        "new": name in new,
        "document": state.document and bank.PaidDocument(*state.document),
        "unmatched": waiting and waiting.unmatched,
    }


def _warnings(
    name: str, twice: AbstractSet[str], language: Language
) -> list[EntryWarning]:
    if name not in twice:
        return []
    why = sentence(language, "value", PAID_BY_HAND)
    return [EntryWarning(code=PAID_BY_HAND, why=why)]


door(
    router,
    "/bank-entries/{reference}/match",
    MatchBankEntry,
    Way(by="organisation"),
)
door(
    router,
    "/bank-entries/{reference}/set-aside",
    SetBankEntryAside,
    Way(by="organisation"),
)


@router.get("/bank-entries")
def list_bank_entries(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    state: bank.State | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[bank.BankEntry]:
    """The entries of the caller's bank by reference; those that wait, by state."""
    with views() as connection:
        criteria = bank.EntryFilter(caller.organisation, state)
        (last,) = after(cursor, [""])
        entries = bank.bank_entries(
            connection, day_of(node, as_of), criteria, last, limit
        )
        return page_of(entries, limit, lambda item: [item.reference])


@router.get("/bank-entries/{reference}")
def get_bank_entry(
    reference: Reference,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
) -> bank.BankEntry:
    """An entry of the caller's bank, and what became of it."""
    with views() as connection:
        criteria = bank.EntryFilter(caller.organisation, None, reference)
        return only(bank.bank_entries(connection, day_of(node, as_of), criteria))

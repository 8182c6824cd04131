"""What an organisation's bank has booked, and the documents that it pays."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, BaseModel, Field

from api.bank.file import BankFile, BankFileError
from api.bank.reading import read_bank_file
from api.bodies import Body, Day, Ore, OrgNumber
from api.dependencies import (
    AsOf,
    TheAsker,
    TheCaller,
    TheNode,
    TheViews,
    day_of,
    the_bytes,
)
from api.pagination import ITEMS_MAX, Cursor, Limit, Page, after, only, page_of
from api.problems import PROBLEMS, REFUSALS, ProblemError, refused
from api.receipts import CONTROLLER, Receipt, answered, receipt, run
from domain.catalogue import decode
from domain.payments.bank import (
    AccountDigits,
    BankEntry,
    BankEntryImported,
    ImportBankEntries,
    MatchBankEntry,
    SetAsideCause,
    SetBankEntryAside,
)
from domain.payments.matching import Direction, KidDigits, Unmatched
from domain.refusal import Refusal
from domain.values import FreeText, NewName, without_national_id
from federation.log.executor import Receipt as Recorded
from federation.signed.entry import data_of
from projections import bank

router = APIRouter(prefix="/v1", tags=["bank"], responses=PROBLEMS)

Reference = Annotated[NewName, Path(description="That the bank gave the entry.")]


class NewBankEntry(Body):
    """An entry of an organisation's bank; the organisation itself asks."""

    organisation: OrgNumber
    reference: NewName = Field(
        description="That the bank gave the entry: it names it for ever.",
        examples=["20260808-0017"],
    )
    direction: Direction
    amount_ore: Ore = Field(
        description="Øre; below zero where the bank took an entry of this direction back."
    )
    booked_on: Day
    kid: Annotated[KidDigits, AfterValidator(without_national_id)] = Field(
        "", examples=["260000000104"]
    )
    account: FreeText = Field("", description="The organisation's own account.")
    paid_to: AccountDigits = Field(
        "", description="The account that was paid, if known. It is not recorded."
    )


class NewMatch(Body):
    """The document that an entry pays."""

    payee: OrgNumber
    year: int = Field(strict=True, ge=1900, le=2199, description="Year of issue.")
    number: int = Field(strict=True, ge=1, lt=ITEMS_MAX)


class NewSetAside(Body):
    """Why an entry pays no document."""

    cause: SetAsideCause
    reason: FreeText = ""


class ImportedEntry(BaseModel):
    """What became of an entry: it has its document, or waits with the reason."""

    reference: str
    new: bool = Field(
        description="False where it was recorded before, and where a file's debit has "
        "no KID of a document: that is left out."
    )
    document: bank.Document | None = None
    unmatched: Unmatched | None = None


class Imported(Receipt):
    """What an import recorded, and what became of each entry."""

    entries: list[ImportedEntry]
    not_booked: list[str] = Field(
        [],
        description="Where a file has entries that the bank has not booked yet; "
        "nothing is recorded of them.",
    )


BANK_FILE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "camt.054 (`application/xml`), or CSV (`text/csv`) with the "
        "columns booked_on, amount, kid, reference and direction.",
        "content": {
            kind: {"schema": {"type": "string"}}
            for kind in ("application/xml", "text/csv")
        },
    }
}


@router.post(
    "/bank-entries", status_code=201, dependencies=CONTROLLER, responses=REFUSALS
)
def import_bank_entry(
    body: NewBankEntry, node: TheNode, asker: TheAsker, response: Response
) -> Imported:
    """Record an entry of a bank; by its KID it pays a document, or it waits."""
    members = dict(body)
    organisation = members.pop("organisation")
    entries = (BankEntry(**members),)
    command = ImportBankEntries(organisation=organisation, entries=entries)
    return _imported(command, run(node, command, asker, response))


@router.post(
    "/bank-entries/import",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
    openapi_extra=BANK_FILE,
)
def import_bank_file(
    content: Annotated[bytes, Depends(the_bytes)],
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Imported:
    """Record what the caller's bank has booked, from its file: all of it, or nothing."""
    try:
        file = read_bank_file(content)
    except BankFileError as error:
        first = error.faults[0]
        values = {"place": first.place, "reason": first.code}
        errors = [{"field": each.place, "code": each.code} for each in error.faults]
        raise ProblemError("bank_file_unreadable", values, errors) from None
    if not file.entries:
        response.status_code = 200
        nothing: dict[str, Any] = {"recorded": [], "position": None, "entries": []}
        return Imported(**nothing, not_booked=list(file.not_booked))
    command = ImportBankEntries(
        organisation=asker.organisation,
        entries=tuple(each.entry for each in file.entries),
        whole_account=True,
    )
    outcome = node.executor.execute(command, asker)
    if isinstance(outcome, Refusal):
        raise refused(_in_file(outcome, file))
    found = _imported(command, answered(outcome, response))
    return found.model_copy(update={"not_booked": list(file.not_booked)})


def _in_file(refusal: Refusal, file: BankFile) -> Refusal:
    """Name the place in the file instead of that in the command."""
    _, _, number = (refusal.member or "").partition("entries.")
    if not number:
        return refusal
    return replace(refusal, member=file.entries[int(number)].place)


def _imported(command: ImportBankEntries, outcome: Recorded) -> Imported:
    facts = [decode(row.type, data_of(row.body)) for row in outcome.rows]
    new = {
        each.reference: each for each in facts if isinstance(each, BankEntryImported)
    }
    entries = [
        ImportedEntry(reference=each.reference, new=False)
        if each.reference not in new
        else _entry(new[each.reference])
        for each in command.entries
    ]
    return Imported(**dict(receipt(outcome)), entries=entries)


def _entry(fact: BankEntryImported) -> ImportedEntry:
    found = fact.document
    return ImportedEntry(
        reference=fact.reference,
        new=True,
        document=None if found is None else bank.Document(*found),
        unmatched=fact.unmatched,
    )


@router.post(
    "/bank-entries/{reference}/match",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def match_bank_entry(
    reference: Reference,
    body: NewMatch,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Say by hand which document an entry of the caller's bank pays."""
    command = MatchBankEntry(
        organisation=asker.organisation, reference=reference, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/bank-entries/{reference}/set-aside",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def set_bank_entry_aside(
    reference: Reference,
    body: NewSetAside,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Say that an entry of the caller's bank pays no document, and why."""
    command = SetBankEntryAside(
        organisation=asker.organisation, reference=reference, **dict(body)
    )
    return receipt(run(node, command, asker, response))


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
    """Return the entries of the caller's bank by reference; those that wait, by state."""
    with views() as connection:
        wanted = bank.Wanted(caller.organisation, state)
        (last,) = after(cursor, [""])
        found = bank.bank_entries(connection, day_of(node, as_of), wanted, last, limit)
        return page_of(found, limit, lambda item: [item.reference])


@router.get("/bank-entries/{reference}")
def get_bank_entry(
    reference: Reference,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
) -> bank.BankEntry:
    """Return an entry of the caller's bank, and what became of it."""
    with views() as connection:
        wanted = bank.Wanted(caller.organisation, None, reference)
        return only(bank.bank_entries(connection, day_of(node, as_of), wanted))

"""What an organisation's bank has booked, and the document that each entry pays.

One stream for each entry, in the organisation's own region, by the reference that
the bank gave it. An entry finds its document by its KID, from the streams alone;
what finds none waits until a person matches it or sets it aside. Names and texts
of the bank's files are never recorded (law 8).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field, StringConstraints

from domain.fact import Command, Fact, Message
from domain.history import Append, Asked, Category, Decision, History
from domain.invoicing.invoice import DocumentId, OnDocument, document_of, find_document
from domain.parties.billing_details import BILLING_DETAILS, BillingDetails
from domain.parties.organisation import OrganisationRegistered, registered, wrong_party
from domain.payments.matching import Clues, Direction, KidDigits, Unmatched, match
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.refusal import Code, Refusal
from domain.values import (
    AmountOre,
    Day,
    FreeText,
    Name,
    NewName,
    OrganisationNumber,
    Text,
    without_national_id,
)

AccountDigits = Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")]

ENTRIES_MAX: Final = 5000
"""Of one import: all of it is recorded in one transaction."""


class SetAsideCause(StrEnum):
    """Why an entry pays no document of the federation."""

    NOT_OURS = "not_ours"
    """It pays something else."""
    TO_BE_RETURNED = "to_be_returned"
    """It was paid by mistake."""


class BankEntryImported(Fact):
    """The bank booked an amount; with a document, this is what it pays."""

    TYPE: ClassVar[str] = "bank.entry_imported.v1"

    organisation: OrganisationNumber
    reference: Name
    direction: Direction
    amount_ore: AmountOre
    """Below zero where the bank took an earlier entry of this direction back."""
    booked_on: Day
    kid: KidDigits = ""
    account: Text = ""
    """The organisation's own, on which it is booked."""
    seller: OrganisationNumber | None = None
    year: int | None = None
    number: int | None = None
    unmatched: Unmatched | None = None

    @property
    def document(self) -> DocumentId | None:
        """The document that was found."""
        if self.seller is None or self.year is None or self.number is None:
            return None
        return DocumentId(self.seller, self.year, self.number)


class BankEntryMatched(Fact):
    """Somebody has found the document that an entry pays."""

    TYPE: ClassVar[str] = "bank.entry_matched.v1"

    organisation: OrganisationNumber
    reference: Name
    seller: OrganisationNumber
    year: int
    number: int


class BankEntrySetAside(Fact):
    """Somebody has found that an entry pays no document."""

    TYPE: ClassVar[str] = "bank.entry_set_aside.v1"

    organisation: OrganisationNumber
    reference: Name
    cause: SetAsideCause
    reason: Text = ""


@dataclass(frozen=True, slots=True)
class EntryState:
    """One entry: what the bank booked, and how it was settled, if it was."""

    imported: BankEntryImported | None = None
    document: DocumentId | None = None
    set_aside: BankEntrySetAside | None = None

    @property
    def settled(self) -> bool:
        """Say whether the entry has its document or is set aside; then it stays so."""
        return self.document is not None or self.set_aside is not None


def evolve(state: EntryState, fact: Fact) -> EntryState:
    """Fold one fact."""
    match fact:
        case BankEntryImported():
            return EntryState(fact, fact.document)
        case BankEntryMatched():
            document = DocumentId(fact.seller, fact.year, fact.number)
            return EntryState(state.imported, document)
        case BankEntrySetAside():
            return EntryState(state.imported, None, fact)
        case _:
            return state


BANK_ENTRIES = Category("bank-entry", EntryState(), evolve)


def entry_key(organisation: str, reference: str) -> str:
    """Return the key of an entry's stream."""
    return f"{organisation}:{reference}"


class BankEntry(Message):
    """One entry as the bank tells it."""

    reference: NewName
    direction: Direction
    amount_ore: AmountOre
    booked_on: Day
    kid: Annotated[KidDigits, AfterValidator(without_national_id)] = ""
    account: FreeText = ""
    """The organisation's own, where the bank names it."""
    paid_to: AccountDigits = ""
    """The account that was paid. It tells payees with the same KID apart, and is not
    recorded: it may be a person's."""


class ImportBankEntries(Command):
    """Record what an organisation's bank has booked: all of it, or nothing."""

    organisation: OrganisationNumber
    entries: Annotated[
        tuple[BankEntry, ...], Field(min_length=1, max_length=ENTRIES_MAX)
    ]
    whole_account: bool = False
    """Whether the entries are all that a bank booked, wages and rent among them. What
    was paid out without the KID of a document is then left out: every region gets
    what is recorded, and it is none of their business."""


class MatchBankEntry(Command):
    """Say by hand which document an entry pays."""

    organisation: OrganisationNumber
    reference: NewName
    payee: OrganisationNumber
    year: int
    number: int


class SetBankEntryAside(Command):
    """Say that an entry pays no document."""

    organisation: OrganisationNumber
    reference: NewName
    cause: SetAsideCause
    reason: FreeText = ""


def import_entries(
    command: ImportBankEntries, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on entries; what is recorded already with this content is left out."""
    ours = _own(command.organisation, asked, history)
    if isinstance(ours, Refusal):
        return ours
    details = history.state(BILLING_DETAILS, ours.org_number)
    keys = [entry_key(ours.org_number, each.reference) for each in command.entries]
    known = history.states(BANK_ENTRIES, set(keys))
    found: list[Append] = []
    for place, (key, entry) in enumerate(zip(keys, command.entries, strict=True)):
        fault = _other_account(entry, details)
        imported = known[key].imported
        if key in keys[:place] or (imported and not _same(imported, entry)):
            fault = Code.CONFLICTING_ROW
        if fault is not None:
            values = {"reference": entry.reference}
            return Refusal(fault, f"entries.{place}", values)
        if imported is None:
            recorded = _imported(entry, ours, history)
            if not (command.whole_account and _is_elsewhere(recorded)):
                found += recorded
    return tuple(found)


def _is_elsewhere(recorded: Decision) -> bool:
    """Say whether an entry was paid to somebody outside the federation."""
    fact = recorded[0].fact
    assert isinstance(fact, BankEntryImported)
    outside = (Unmatched.NO_KID, Unmatched.WRONG_CHECK_DIGIT, Unmatched.UNKNOWN_KID)
    return fact.direction is Direction.DEBIT and fact.unmatched in outside


def _own(
    organisation: str, asked: Asked, history: History
) -> OrganisationRegistered | Refusal:
    """Return the organisation that asks about its own bank, at its own node."""
    ours = registered(organisation, "organisation", history)
    if isinstance(ours, Refusal):
        return ours
    return wrong_party(asked, ours.org_number, ours.region) or ours


def _other_account(entry: BankEntry, details: BillingDetails) -> Code | None:
    """Refuse what came in on an account that is not among those recorded.

    What is paid out may be paid from any: only where an organisation is paid is
    recorded, and that may have changed since.
    """
    credit = entry.direction is Direction.CREDIT
    if not credit or not entry.account or not details.accounts:
        return None
    return None if entry.account in details.accounts else Code.OTHER_ACCOUNT


def _same(imported: BankEntryImported, entry: BankEntry) -> bool:
    members = ("direction", "amount_ore", "booked_on", "kid", "account")
    return all(getattr(imported, name) == getattr(entry, name) for name in members)


def _imported(
    entry: BankEntry, ours: OrganisationRegistered, history: History
) -> Decision:
    clues = Clues(entry.kid, entry.direction, entry.amount_ore, entry.paid_to)
    found = match(clues, ours.org_number, history)
    document = None if isinstance(found, Unmatched) else found
    fact = BankEntryImported(
        organisation=ours.org_number,
        reference=entry.reference,
        direction=entry.direction,
        amount_ore=entry.amount_ore,
        booked_on=entry.booked_on,
        kid=entry.kid,
        account=entry.account,
        seller=document and document.seller,
        year=document and document.year,
        number=document and document.number,
        unmatched=found if isinstance(found, Unmatched) else None,
    )
    key = entry_key(ours.org_number, entry.reference)
    stream = BANK_ENTRIES.stream(ours.region, key)
    paid = () if document is None else (_paid(fact, document, ours),)
    return (Append(stream, fact), *paid)


def _paid(
    entry: BankEntryImported, document: DocumentId, ours: OrganisationRegistered
) -> Append:
    """Return what an entry pays: a payee receives, everybody else pays."""
    credit = entry.direction is Direction.CREDIT
    if ours.org_number == document.seller:
        received = PaymentReceived(
            **document._asdict(),
            amount_ore=entry.amount_ore if credit else -entry.amount_ore,
            received_on=entry.booked_on,
            reference=entry.reference,
        )
        return Append(RECEIPTS.stream(ours.region, document.key), received)
    registered_fact = PaymentRegistered(
        **document._asdict(),
        amount_ore=-entry.amount_ore if credit else entry.amount_ore,
        paid_on=entry.booked_on,
    )
    return Append(PAYMENTS.stream(ours.region, document.key), registered_fact)


def match_by_hand(
    command: MatchBankEntry, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on a match: of an entry without one, to a document of the organisation.

    Either way the money went: a payee that gives back what it got too much of
    matches what it paid out to the document that was overpaid.
    """
    found = _waiting(command, asked, history)
    if isinstance(found, Refusal):
        return found
    ours, entry, state = found
    named = OnDocument(seller=command.payee, year=command.year, number=command.number)
    document = find_document(named, history)
    if isinstance(document, Refusal):
        return document
    if state.settled:
        same = state.document == document
        return () if same else Refusal(Code.ALREADY_SETTLED, "reference")
    issued = document_of(document, history)
    if ours.org_number not in {issued.payee, issued.payer}:
        return Refusal(Code.OTHER_PARTY, "number")
    fact = BankEntryMatched(
        organisation=ours.org_number, reference=entry.reference, **document._asdict()
    )
    key = entry_key(ours.org_number, entry.reference)
    stream = BANK_ENTRIES.stream(ours.region, key)
    return Append(stream, fact), _paid(entry, document, ours)


def set_aside(
    command: SetBankEntryAside, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on an entry that pays no document; a second time says nothing new."""
    found = _waiting(command, asked, history)
    if isinstance(found, Refusal):
        return found
    ours, entry, state = found
    fact = BankEntrySetAside(
        organisation=ours.org_number,
        reference=entry.reference,
        cause=command.cause,
        reason=command.reason,
    )
    if state.settled:
        same = state.set_aside == fact
        return () if same else Refusal(Code.ALREADY_SETTLED, "reference")
    key = entry_key(ours.org_number, entry.reference)
    return (Append(BANK_ENTRIES.stream(ours.region, key), fact),)


def _waiting(
    command: MatchBankEntry | SetBankEntryAside, asked: Asked, history: History
) -> tuple[OrganisationRegistered, BankEntryImported, EntryState] | Refusal:
    ours = _own(command.organisation, asked, history)
    if isinstance(ours, Refusal):
        return ours
    key = entry_key(ours.org_number, command.reference)
    state = history.state(BANK_ENTRIES, key)
    if state.imported is None:
        values = {"reference": command.reference}
        return Refusal(Code.UNKNOWN_BANK_ENTRY, "reference", values)
    return ours, state.imported, state

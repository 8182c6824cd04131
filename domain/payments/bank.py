"""What an organisation's bank has booked, and what a person says of an entry.

One stream for each entry, in the organisation's own region, by the reference that
the bank gave it; the second one under a reference has ``~2`` after it. What has found
no document waits until a person matches it or sets it aside. Names and texts of the
bank's files are never recorded (law 8).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.earlier import BANK_ENTRY
from domain.fact import Command, Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.invoicing.invoice import (
    ISSUED,
    DocumentId,
    OnDocument,
    document_of,
    find_document,
)
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.organisation import (
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.payments.matching import Direction, KidDigits, Unmatched
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    AmountOre,
    BankReference,
    Day,
    DocumentNumber,
    FreeText,
    Name,
    OrganisationNumber,
    Text,
    Year,
)

AccountDigits = Annotated[str, StringConstraints(pattern=r"^([0-9]{11})?$")]


class SetAsideCause(StrEnum):
    """Why an entry pays no document of the federation."""

    NOT_OURS = "not_ours"
    """It pays something else."""
    TO_BE_RETURNED = "to_be_returned"
    """It was paid by mistake."""


class BankEntryImported(
    Fact,
    name="bank.entry_imported.v2",
    earlier={BANK_ENTRY: unchanged},
):
    """The bank booked an amount; with a document, this is what it pays.

    Of an earlier version a KID alone may have told the document.
    """

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
    transaction: Name | None = None
    """The bank's own reference of one payment in an entry; of what a report names by
    its place, its name there without the report's time."""

    @property
    def document(self) -> DocumentId | None:
        """The document that was found."""
        if self.seller is None or self.year is None or self.number is None:
            return None
        return DocumentId(self.seller, self.year, self.number)


class BankEntryMatched(Fact, name="bank.entry_matched.v1"):
    """Somebody has found the document that an entry pays, or its bank's file told again."""

    organisation: OrganisationNumber
    reference: Name
    seller: OrganisationNumber
    year: int
    number: int


class BankEntryNamed(Fact, name="bank.entry_named.v1"):
    """The bank has told an entry that is recorded, or a part of it, by another name too.

    What it tells by that name later is known.
    """

    organisation: OrganisationNumber
    reference: Name
    name: Name
    amount_ore: AmountOre
    """Of what has the name: all of the entry, or a part."""
    kid: KidDigits = ""


class BankEntrySetAside(Fact, name="bank.entry_set_aside.v1"):
    """Somebody has found that an entry pays no document."""

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
    names: tuple[BankEntryNamed, ...] = ()
    """By which the bank has told it, or parts of it, since."""

    @property
    def settled(self) -> bool:
        """Whether the entry has its document or is set aside; then it stays so."""
        return self.document is not None or self.set_aside is not None


def evolve(state: EntryState, fact: Fact) -> EntryState:
    """Fold one fact."""
    match fact:
        case BankEntryImported():
            return EntryState(fact, fact.document)
        case BankEntryMatched():
            document = DocumentId(fact.seller, fact.year, fact.number)
            return replace(state, document=document, set_aside=None)
        case BankEntrySetAside():
            return replace(state, document=None, set_aside=fact)
        case BankEntryNamed():
            return replace(state, names=(*state.names, fact))
        case _:
            return state


BANK_ENTRIES = Category(
    "bank-entry",
    EntryState(),
    evolve,
    holds=(BankEntryImported, BankEntryMatched, BankEntryNamed, BankEntrySetAside),
    shown_to=ShownTo.OWN,
)


def entry_key(organisation: str, reference: str) -> str:
    """Key of an entry's stream."""
    return f"{organisation}:{reference}"


class MatchBankEntry(Command):
    """Say by hand which document an entry of the caller's bank pays."""

    organisation: OrganisationNumber
    reference: BankReference
    """That the bank gave the entry."""
    payee: OrganisationNumber
    year: Year
    """Year of issue."""
    number: DocumentNumber


class SetBankEntryAside(Command):
    """Say that an entry of the caller's bank pays no document, and why."""

    organisation: OrganisationNumber
    reference: BankReference
    """That the bank gave the entry."""
    cause: SetAsideCause
    reason: FreeText = ""


def own_bank(
    organisation: str, asked: Asked, history: History
) -> OrganisationRegistered:
    """Organisation that asks about its own bank, at its own node; refuse others."""
    ours = registered(organisation, "organisation", history)
    require_party(asked, ours.org_number, ours.region)
    return ours


def paid_by(
    entry: BankEntryImported, document: DocumentId, ours: OrganisationRegistered
) -> Append:
    """Fact that an entry leads to: a payee receives, everybody else pays."""
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


def _restored(facts: Facts, _: History) -> Command | None:
    fact, *more = (each for each in facts if isinstance(each, BankEntryMatched))
    if more or any(isinstance(each, BankEntryNamed) for each in facts):
        return None
    members = members_of(fact, "organisation", "reference", "year", "number")
    return MatchBankEntry(**members, payee=fact.seller)


def match_by_hand(command: MatchBankEntry, asked: Asked, history: History) -> Decision:
    """Decide on a match: of an entry without one, to a document of the organisation.

    Either way the money went: a payee that gives back what it got too much of
    matches what it paid out to the document that was overpaid.
    """
    ours, entry, state = _waiting(command, asked, history)
    named = OnDocument(seller=command.payee, year=command.year, number=command.number)
    document = find_document(named, asked, history)
    if state.settled:
        if state.document == document:
            return ()
        raise Refusal(Code.ALREADY_SETTLED, "reference")
    issued = document_of(document, history)
    if ours.org_number not in {issued.payee, issued.payer}:
        raise Refusal(Code.OTHER_PARTY, "number")
    return matched(entry, document, ours)


def matched(
    entry: BankEntryImported, document: DocumentId, ours: OrganisationRegistered
) -> Decision:
    """Record the document that is found for an entry that waited, and its payment."""
    fact = BankEntryMatched(
        organisation=ours.org_number, reference=entry.reference, **document._asdict()
    )
    key = entry_key(ours.org_number, entry.reference)
    stream = BANK_ENTRIES.stream(ours.region, key)
    return Append(stream, fact), paid_by(entry, document, ours)


declare(
    MatchBankEntry,
    match_by_hand,
    Authority(
        Asks.ITSELF,
        {Role.CONTROLLER},
        {BankEntryImported: Code.UNKNOWN_BANK_ENTRY, **ISSUED},
        "itself: its own copy of what is paid",
    ),
    {BankEntryMatched: _restored},
)


def set_aside(command: SetBankEntryAside, asked: Asked, history: History) -> Decision:
    """Decide on an entry that pays no document; a second time says nothing new."""
    ours, entry, state = _waiting(command, asked, history)
    fact = BankEntrySetAside(
        organisation=ours.org_number,
        reference=entry.reference,
        cause=command.cause,
        reason=command.reason,
    )
    if state.settled:
        if state.set_aside == fact:
            return ()
        raise Refusal(Code.ALREADY_SETTLED, "reference")
    key = entry_key(ours.org_number, entry.reference)
    return (Append(BANK_ENTRIES.stream(ours.region, key), fact),)


declare(
    SetBankEntryAside,
    set_aside,
    Authority(
        Asks.ITSELF,
        {Role.CONTROLLER},
        {BankEntryImported: Code.UNKNOWN_BANK_ENTRY},
        "itself",
    ),
    BankEntrySetAside,
)


def _waiting(
    command: MatchBankEntry | SetBankEntryAside, asked: Asked, history: History
) -> tuple[OrganisationRegistered, BankEntryImported, EntryState]:
    ours = own_bank(command.organisation, asked, history)
    key = entry_key(ours.org_number, command.reference)
    state = history.state(BANK_ENTRIES, key)
    if state.imported is None:
        values = {"reference": command.reference}
        raise Refusal(Code.UNKNOWN_BANK_ENTRY, "reference", values)
    return ours, state.imported, state

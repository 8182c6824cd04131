"""What a bank tells of an account, and what becomes of each entry of it."""

from enum import StrEnum
from typing import Annotated, Final, NamedTuple, Self

from pydantic import AfterValidator, Field, model_validator

from domain.fact import Command, Message
from domain.history import Decision
from domain.payments.bank import AccountDigits
from domain.payments.matching import Clues, Direction, KidDigits
from domain.refusal import Code
from domain.texts import UnfitError, without_national_id
from domain.values import (
    AccountText,
    AmountOre,
    BankReference,
    Day,
    Name,
    OrganisationNumber,
)

ENTRIES_MAX: Final = 5000
"""Entries in one import, which is one transaction."""


class BookedEntry(Message):
    """One entry as the bank tells it."""

    reference: BankReference
    direction: Direction
    amount_ore: AmountOre
    booked_on: Day
    kid: Annotated[KidDigits, AfterValidator(without_national_id)] = ""
    account: AccountText = ""
    """The organisation's own, where the bank names it."""
    paid_to: AccountDigits = ""
    """The account that was paid. It tells payees with the same KID apart, and is not
    recorded: it may be a person's."""
    transaction: BankReference | None = None
    """The bank's own reference of one payment in an entry."""
    takes_back: BankReference | None = None
    """Under what an entry is recorded that this one takes back. It is on the same
    document, which is recorded; this is not."""

    @property
    def clues(self) -> Clues:
        """What it says of its document."""
        return Clues(self.kid, self.direction, self.amount_ore, self.paid_to)


class EntryName(Message):
    """By which a bank has told an entry that is recorded, or a part of it."""

    reference: Name
    name: Name
    amount_ore: AmountOre
    kid: KidDigits = ""


class ImportBankEntries(Command):
    """Record what an organisation's bank has booked: all of it, or nothing."""

    organisation: OrganisationNumber
    entries: Annotated[tuple[BookedEntry, ...], Field(max_length=ENTRIES_MAX)]
    whole_account: bool = False
    """Whether the entries are all that a bank booked, wages and rent among them. What
    was paid out without the KID of a document is then left out: every region gets
    what is recorded, and it is none of their business. So is what cannot be recorded."""
    beside: tuple[Name, ...] = Field((), exclude=True)
    """What is recorded of these days under other references, by name: the bank may have
    told some of the same there. It is looked up and not said: the command is the same
    with it or without."""
    named: tuple[EntryName, ...] = Field((), exclude=True)
    """What was learned of names when it was decided first. Whoever decides it again does
    not see what told them: it is their organisation's own word."""

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.entries and not self.named:
            message = "holds no entry"
            raise UnfitError(message, "no_entry")
        return self


class Known(NamedTuple):
    """An entry that is recorded, under this reference."""

    reference: str
    names: tuple[EntryName, ...] = ()
    """By which it is told now, and was not before."""


class New(NamedTuple):
    """An entry that is not recorded, and what will be."""

    recorded: Decision


class Found(NamedTuple):
    """An entry that is recorded and waits, whose document is here now."""

    reference: str
    recorded: Decision


class Doubt(StrEnum):
    """Why a person should look at an entry of a bank's file that is not recorded."""

    TAKEN_BACK = "bank_taken_back"
    """Of what was paid out, and nothing tells of which payment."""


class LeftOut(NamedTuple):
    """An entry that is not recorded; without a code it is none of our business."""

    code: Code | Doubt | None


EntryVerdict = Known | New | Found | LeftOut

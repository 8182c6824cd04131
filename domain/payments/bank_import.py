"""Importing what a bank has booked: each entry once, and each finds its document.

An entry is known by its account and the bank's reference. It finds its document by
its KID, from the streams alone; what finds none waits. Of a bank's whole file what
cannot be recorded is left out, and the rest is recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field

from domain.fact import Command, Message
from domain.history import Append, Asked, Decision, History
from domain.invoicing.invoice import DocumentId, document_of
from domain.invoicing.kid_assignment import KIDS
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.billing_details import BILLING_DETAILS
from domain.parties.organisation import REGISTERED, OrganisationRegistered
from domain.payments.bank import (
    BANK_ENTRIES,
    AccountDigits,
    BankEntryImported,
    entry_key,
    own_bank,
    paid_by,
)
from domain.payments.matching import (
    Clues,
    Direction,
    KidDigits,
    Unmatched,
    assigned_with,
    match,
)
from domain.payments.recognising import (
    Said,
    Untold,
    comparable,
    is_placeholder,
    paired,
    takes_back,
    told_otherwise,
)
from domain.refusal import Code, Refusal
from domain.texts import without_national_id
from domain.values import (
    AccountText,
    AmountOre,
    Day,
    NewName,
    OrganisationNumber,
    is_name,
)

ENTRIES_MAX: Final = 5000
"""Of one import: all of it is recorded in one transaction."""
_OUTSIDE: Final = (Unmatched.NO_KID, Unmatched.WRONG_CHECK_DIGIT, Unmatched.UNKNOWN_KID)


class BankEntry(Message):
    """One entry as the bank tells it."""

    reference: NewName
    direction: Direction
    amount_ore: AmountOre
    booked_on: Day
    kid: Annotated[KidDigits, AfterValidator(without_national_id)] = ""
    account: AccountText = ""
    """The organisation's own, where the bank names it."""
    paid_to: AccountDigits = ""
    """The account that was paid. It tells payees with the same KID apart, and is not
    recorded: it may be a person's."""
    transaction: NewName | None = None
    """The bank's own reference of one payment in an entry."""
    takes_back: NewName | None = None
    """Under what an entry is recorded that this one takes back. It is on the same
    document, which is recorded; this is not."""


class ImportBankEntries(Command):
    """Record what an organisation's bank has booked: all of it, or nothing."""

    organisation: OrganisationNumber
    entries: Annotated[
        tuple[BankEntry, ...], Field(min_length=1, max_length=ENTRIES_MAX)
    ]
    whole_account: bool = False
    """Whether the entries are all that a bank booked, wages and rent among them. What
    was paid out without the KID of a document is then left out: every region gets
    what is recorded, and it is none of their business. So is what cannot be recorded."""


class Known(NamedTuple):
    """An entry that is recorded, under this reference."""

    reference: str


class New(NamedTuple):
    """An entry that is not recorded, and what will be."""

    recorded: Decision


class Doubt(StrEnum):
    """Why a person should look at an entry of a bank's file that is not recorded."""

    TAKEN_BACK = "bank_taken_back"
    """Of what was paid out, and nothing tells of which payment."""


class LeftOut(NamedTuple):
    """An entry that is not recorded; without a code it is none of our business."""

    code: Code | Doubt | None


Verdict = Known | New | LeftOut


def _restored(facts: Facts, history: History) -> Command:
    entries = [each for each in facts if isinstance(each, BankEntryImported)]
    names = BankEntry.model_fields.keys() - {"paid_to", "takes_back"}
    return ImportBankEntries(
        organisation=entries[0].organisation,
        entries=tuple(
            BankEntry(
                **members_of(each, *names),
                paid_to=_paid_to(each, history),
                takes_back=_taken_back_by(each, entries, history),
            )
            for each in entries
        ),
    )


_NOBODYS_ACCOUNT: Final = "00000000000"
_BACK_MAX: Final = 1000
"""How many entries under one reference are looked through for one taken back."""


def _taken_back_by(
    entry: BankEntryImported, beside: Sequence[BankEntryImported], history: History
) -> str | None:
    """Return what an entry takes back, where that alone tells of its document."""
    if entry.document is None or entry.kid or entry.amount_ore >= 0:
        return None
    base, _, number = entry.reference.partition("~")
    for each in beside:
        same = each.reference.partition("~")[0] == base
        if same and takes_back(entry, each) and each.document == entry.document:
            return each.reference
    last = int(number) if number.isascii() and number.isdigit() else 1
    for name in (numbered(base, n) for n in range(1, min(last, _BACK_MAX) + 1)):
        state = history.state(BANK_ENTRIES, entry_key(entry.organisation, name))
        found = state.imported is not None and takes_back(entry, state.imported)
        if found and state.document == entry.document:
            return name
    return None


def _paid_to(entry: BankEntryImported, history: History) -> str:
    """Return an account that tells as much as the bank's did, which is not kept."""
    clues = Clues(entry.kid, entry.direction, entry.amount_ore)
    assigned = history.state(KIDS, entry.kid).facts if entry.kid else ()
    documents = (DocumentId(each.seller, each.year, each.number) for each in assigned)
    accounts = [document_of(each, history).account for each in documents]
    for paid_to in ("", *accounts, _NOBODYS_ACCOUNT):
        told = match(clues._replace(paid_to=paid_to), entry.organisation, history)
        if told == (entry.document or entry.unmatched):
            return paid_to
    return ""


def import_entries(
    command: ImportBankEntries, asked: Asked, history: History
) -> Decision:
    """Decide on entries: those that are not recorded yet are."""
    judged = verdicts(command, asked, history)
    found: list[Append] = []
    for place, verdict in enumerate(judged):
        if isinstance(verdict, New):
            found += verdict.recorded
        elif isinstance(verdict, LeftOut) and not command.whole_account:
            # Only of a whole account is anything none of our business.
            assert isinstance(verdict.code, Code)
            values = {"reference": command.entries[place].reference}
            raise Refusal(verdict.code, f"entries.{place}", values)
    return tuple(found)


declare(
    ImportBankEntries,
    import_entries,
    Authority(Asks.ITSELF, REGISTERED, "itself: its own copy of what is paid"),
    {BankEntryImported: _restored},
)


def verdicts(
    command: ImportBankEntries, asked: Asked, history: History
) -> Sequence[Verdict]:
    """Say what becomes of each entry, in their order."""
    ours = own_bank(command.organisation, asked, history)
    under: defaultdict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(command.entries):
        under[each.reference].append(place)
    shelves = _shelves(ours.org_number, under, history)
    judge = _Judge(command, ours, history)
    found: dict[int, Verdict] = {}
    for reference, places in under.items():
        found |= judge.of_reference(places, shelves[reference])
    return [found[place] for place in range(len(command.entries))]


def may_concern(entry: BankEntry, history: History) -> bool:
    """Say whether an entry of a whole account may be of any business here.

    What was paid out is, with the KID of a document; what came in or is taken back may
    be, whatever it says.
    """
    out = entry.direction is Direction.DEBIT and entry.amount_ore >= 0
    return not out or concerns([entry.kid], history)


def concerns(kids: Iterable[str], history: History) -> bool:
    """Say whether one of some KIDs is that of a document."""
    found = (assigned_with(kid, history) for kid in kids)
    return any(not isinstance(each, Unmatched) for each in found)


def numbered(reference: str, number: int) -> str:
    """Return the name of an entry with a number under one reference of a bank.

    A name that is read from a bank's file has no ``~`` of its own.
    """
    return reference if number == 1 else f"{reference}~{number}"


class _Shelf(NamedTuple):
    """What is recorded under one reference, and the next names that are free."""

    recorded: list[BankEntryImported]
    free: list[str]
    documents: dict[str, DocumentId | None]
    """Of what is recorded before the first name that is free, by name."""


def _shelves(
    organisation: str, under: Mapping[str, Sequence[int]], history: History
) -> Mapping[str, _Shelf]:
    """Return what is recorded, with as many free names as there are entries."""
    found = {reference: _Shelf([], [], {}) for reference in under}
    looked = dict.fromkeys(under, 0)
    while wanted := [r for r in under if len(found[r].free) < len(under[r])]:
        names = []
        for reference in wanted:
            first = looked[reference] + 1
            looked[reference] = 2 * looked[reference] + len(under[reference])
            numbers = range(first, looked[reference] + 1)
            names += [(reference, numbered(reference, each)) for each in numbers]
        keys = {name: entry_key(organisation, name) for _, name in names}
        states = history.states(BANK_ENTRIES, set(keys.values()))
        for reference, name in names:
            state, shelf = states[keys[name]], found[reference]
            if state.imported is None:
                shelf.free.append(name)
                continue
            shelf.recorded.append(state.imported)
            if not shelf.free and len(shelf.documents) < _BACK_MAX:
                shelf.documents[name] = state.document
    return found


class _Judge:
    """Says what becomes of the entries under one reference."""

    def __init__(
        self,
        command: ImportBankEntries,
        ours: OrganisationRegistered,
        history: History,
    ) -> None:
        self._entries = command.entries
        self._whole_account = command.whole_account
        self._ours = ours
        self._history = history
        self._accounts = history.state(BILLING_DETAILS, ours.org_number).accounts
        self._found = cache(
            partial(match, organisation=ours.org_number, history=history)
        )

    def of_reference(
        self, places: Sequence[int], shelf: _Shelf
    ) -> Mapping[int, Verdict]:
        """Return the verdicts on entries under one reference, by their places."""
        told = [self._entries[place] for place in places]
        known, left = paired(told, shelf.recorded)
        found: dict[int, Verdict] = {
            places[at]: Known(each.reference) for at, each in known.items()
        }
        rest = [place for place in places if place not in found]
        names = iter(shelf.free)
        if self._whole_account:
            outside = self._outside(rest, shelf.recorded)
            back = self._taken_back(rest, shelf)
            rest = [place for place in rest if place not in outside]
            return {**found, **outside, **self._of_file(rest, left, names, back)}
        for place in rest:
            earlier = [self._entries[each] for each in places if each < place]
            found[place] = self._by_hand(place, [*earlier, *left], names)
        return found

    def _by_hand(
        self,
        place: int,
        others: Sequence[BankEntry | BankEntryImported],
        names: Iterator[str],
    ) -> Verdict:
        """Judge an entry that somebody named: its name is that of no other entry."""
        entry = self._entries[place]
        if is_placeholder(entry.reference):
            return LeftOut(Code.REFERENCE_NAMES_NOTHING)
        if any(comparable(entry, each) for each in others):
            return LeftOut(Code.CONFLICTING_ROW)
        if self._is_on_other_account(entry):
            return LeftOut(Code.OTHER_ACCOUNT)
        return self._new(entry, self._match(entry), names)

    def _outside(
        self, places: Sequence[int], recorded: Sequence[BankEntryImported]
    ) -> Mapping[int, Verdict]:
        """Return what of a bank's file was paid out without the KID of a document.

        What takes back a payment that is recorded, or is told with it, is not.
        """
        told = {place: self._entries[place] for place in places}
        without = {
            place: each
            for place, each in told.items()
            if each.direction is Direction.DEBIT and self._match(each) in _OUTSIDE
        }
        ours: list[Said] = [*recorded]
        ours += (told[place] for place in told if place not in without)
        found: dict[int, Verdict] = {}
        for place, each in without.items():
            if each.amount_ore >= 0:
                found[place] = LeftOut(None)
            elif not any(takes_back(each, one) for one in ours):
                found[place] = LeftOut(None if each.kid else Doubt.TAKEN_BACK)
        return found

    def _taken_back(
        self, places: Sequence[int], shelf: _Shelf
    ) -> Mapping[int, DocumentId]:
        """Return the documents of payments that a bank's file surely takes back.

        That is where all that it may take back, of its amount to the øre, is on one
        document, and not all of it is taken back already.
        """
        seen: defaultdict[object, list[tuple[Said, DocumentId | None]]]
        seen = defaultdict(list)
        for one in shelf.recorded:
            of = shelf.documents.get(one.reference)
            seen[one.direction, abs(one.amount_ore)].append((one, of))
        found: dict[int, DocumentId] = {}
        for place in sorted(places, key=lambda at: self._entries[at].amount_ore < 0):
            entry = self._entries[place]
            by_kid = self._match(entry)
            of_amount = seen[entry.direction, abs(entry.amount_ore)]
            if entry.amount_ore < 0 and not entry.kid:
                same = [each for each in of_amount if comparable(each[0], entry)]
                paid = [each for each in same if takes_back(entry, each[0])]
                apart = {each.transaction for each, _ in paid} - {
                    None,
                    entry.transaction,
                }
                documents = {document for _, document in paid}
                left = 2 * len(paid) > len(same)
                told = documents.pop() if len(documents) == 1 else None
                if told is not None and left and not apart:
                    found[place] = told
            document = None if isinstance(by_kid, Unmatched) else by_kid
            of_amount.append((entry, document))
        return found

    def _of_file(
        self,
        places: Sequence[int],
        left: Sequence[BankEntryImported],
        names: Iterator[str],
        back: Mapping[int, DocumentId],
    ) -> dict[int, Verdict]:
        """Judge what is relevant of a bank's file: what is known, and what is new."""
        found: dict[int, Verdict] = {}
        by_account: defaultdict[str, list[int]] = defaultdict(list)
        for place in places:
            entry = self._entries[place]
            if self._is_on_other_account(entry):
                found[place] = LeftOut(Code.OTHER_ACCOUNT)
            else:
                by_account[entry.account].append(place)
        for of_account in by_account.values():
            told = [self._entries[place] for place in of_account]
            recorded = [each for each in left if comparable(told[0], each)]
            if told_otherwise(told, recorded):
                same = Known(recorded[0].reference)
                found |= dict.fromkeys(of_account, same)
                left = [each for each in left if not comparable(told[0], each)]
                continue
            untold = Untold(recorded)
            for place in of_account:
                entry = self._entries[place]
                found[place] = (
                    LeftOut(Code.CONFLICTING_ROW)
                    if untold.may_be(entry)
                    else self._new(entry, back.get(place, self._match(entry)), names)
                )
        return found

    def _match(self, entry: BankEntry) -> DocumentId | Unmatched:
        clues = Clues(entry.kid, entry.direction, entry.amount_ore, entry.paid_to)
        found = self._found(clues)
        if isinstance(found, Unmatched) and entry.takes_back is not None:
            return self._of_other(entry, entry.takes_back) or found
        return found

    def _of_other(self, entry: BankEntry, name: str) -> DocumentId | None:
        """Return the document of an entry that another says that it takes back."""
        for each in self._entries:
            if each.reference == name and takes_back(entry, each):
                found = self._match(each)
                return None if isinstance(found, Unmatched) else found
        key = entry_key(self._ours.org_number, name)
        state = self._history.state(BANK_ENTRIES, key)
        same = state.imported is not None and takes_back(entry, state.imported)
        return state.document if same else None

    def _is_on_other_account(self, entry: BankEntry) -> bool:
        """Say whether money came in on an account that is not among those recorded.

        What is paid out may be paid from any: only where an organisation is paid is
        recorded, and that may have changed since.
        """
        credit = entry.direction is Direction.CREDIT
        if not credit or not entry.account or not self._accounts:
            return False
        return entry.account not in self._accounts

    def _new(
        self, entry: BankEntry, found: DocumentId | Unmatched, names: Iterator[str]
    ) -> Verdict:
        name = next(names)
        if not is_name(name):
            return LeftOut(Code.CONFLICTING_ROW)
        document = None if isinstance(found, Unmatched) else found
        fact = BankEntryImported(
            organisation=self._ours.org_number,
            reference=name,
            direction=entry.direction,
            amount_ore=entry.amount_ore,
            booked_on=entry.booked_on,
            kid=entry.kid,
            account=entry.account,
            seller=document and document.seller,
            year=document and document.year,
            number=document and document.number,
            unmatched=found if isinstance(found, Unmatched) else None,
            transaction=entry.transaction,
        )
        key = entry_key(self._ours.org_number, name)
        stream = BANK_ENTRIES.stream(self._ours.region, key)
        paid = () if document is None else (paid_by(fact, document, self._ours),)
        return New((Append(stream, fact), *paid))

"""Judging what a bank tells under one reference: what is known, new, or left out."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from domain.earlier import BANK_ENTRY, is_recorded_under
from domain.history import Append, History
from domain.invoicing.invoice import DocumentId
from domain.parties.billing_details import BILLING_DETAILS
from domain.parties.organisation import OrganisationRegistered
from domain.payments.alone import not_alone
from domain.payments.bank import (
    BANK_ENTRIES,
    BankEntryImported,
    BankEntryNamed,
    EntryState,
    entry_key,
    matched,
    paid_by,
)
from domain.payments.elsewhere import Elsewhere, learned
from domain.payments.matching import Direction, Unmatched, matching
from domain.payments.payment import is_plausible
from domain.payments.recognising import (
    EntryDetails,
    Untold,
    comparable,
    is_placeholder,
    paired,
    takes_back,
    told_otherwise,
)
from domain.payments.telling import (
    BookedEntry,
    Doubt,
    EntryVerdict,
    Found,
    ImportBankEntries,
    Known,
    LeftOut,
    New,
)
from domain.payments.told_again import BACK_MAX, numbered
from domain.refusal import Code
from domain.values import is_name

_NO_DOCUMENT: Final = (
    Unmatched.NO_KID,
    Unmatched.WRONG_CHECK_DIGIT,
    Unmatched.UNKNOWN_KID,
)
_OUTSIDE: Final = (*_NO_DOCUMENT, Unmatched.OTHER_PAYEE, Unmatched.OTHER_PAYER)
"""Reasons for which money that went out is on no document here."""

_AT_ONCE: Final = 1000
"""Entries that are looked up in one statement."""


class Shelf(NamedTuple):
    """What is recorded under one reference, and the next names that are free."""

    recorded: list[BankEntryImported]
    free: list[str]
    documents: dict[str, DocumentId | None]
    """Of what is recorded before the first name that is free, by name."""
    waiting: set[str]
    """The names of what waits for its document."""
    names: list[BankEntryNamed]
    """By which else the bank has told what is recorded."""


def shelves_of(
    organisation: str, under: Mapping[str, Sequence[int]], history: History
) -> Mapping[str, Shelf]:
    """Read what is recorded, with as many free names as there are entries."""
    shelves = {reference: Shelf([], [], {}, set(), []) for reference in under}
    looked = dict.fromkeys(under, 0)
    while lacking := [r for r in under if len(shelves[r].free) < len(under[r])]:
        names = []
        for reference in lacking:
            first = looked[reference] + 1
            looked[reference] = 2 * looked[reference] + len(under[reference])
            numbers = range(first, looked[reference] + 1)
            names += [(reference, numbered(reference, number)) for number in numbers]
        keys = {name: entry_key(organisation, name) for _, name in names}
        states = history.states(BANK_ENTRIES, set(keys.values()))
        for reference, name in names:
            state, shelf = states[keys[name]], shelves[reference]
            if state.imported is None:
                shelf.free.append(name)
                continue
            shelf.recorded.append(state.imported)
            shelf.names.extend(state.names)
            if not state.settled:
                shelf.waiting.add(name)
            if not shelf.free and len(shelf.documents) < BACK_MAX:
                shelf.documents[name] = state.document
    return shelves


def _recorded(
    names: Sequence[str], organisation: str, history: History
) -> Iterator[EntryState]:
    """Read entries by name."""
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        keys = [entry_key(organisation, name) for name in some]
        states = history.states(BANK_ENTRIES, keys)
        yield from (states[key] for key in keys if states[key].imported is not None)


class Judge:
    """Says what becomes of the entries under one reference."""

    def __init__(
        self,
        command: ImportBankEntries,
        ours: OrganisationRegistered,
        today: date,
        history: History,
    ) -> None:
        self._today = today
        self._is_earlier = is_recorded_under(BANK_ENTRY)
        self._entries = command.entries
        self._whole_account = command.whole_account
        self._ours = ours
        self._history = history
        self._accounts = history.state(BILLING_DETAILS, ours.org_number).accounts
        self._find = matching(ours.org_number, history)
        self._elsewhere = Elsewhere(
            _recorded(command.beside, ours.org_number, history),
            {entry.reference for entry in command.entries},
        )

    def of_reference(
        self, places: Sequence[int], shelf: Shelf
    ) -> Mapping[int, EntryVerdict]:
        """Verdicts on entries under one reference, by their places."""
        pairs, left = self._paired(places, shelf.recorded)
        verdicts: dict[int, EntryVerdict] = {
            place: self._known(place, entry, shelf) for place, entry in pairs.items()
        }
        rest = [place for place in places if place not in verdicts]
        entries = {place: self._entries[place] for place in rest}
        verdicts |= self._elsewhere.of_reference(entries)
        rest = [place for place in rest if place not in verdicts]
        names = iter(shelf.free)
        if self._whole_account:
            outside = self._outside(rest, shelf.recorded)
            back = self._taken_back(rest, shelf)
            rest = [place for place in rest if place not in outside]
            judged = self._of_file(rest, (left, shelf), names, back)
            return {**verdicts, **outside, **judged}
        for place in rest:
            earlier = [self._entries[each] for each in places if each < place]
            verdicts[place] = self._by_hand(place, [*earlier, *left], names)
        return verdicts

    def _paired(
        self, places: Sequence[int], recorded: Sequence[BankEntryImported]
    ) -> tuple[Mapping[int, BankEntryImported], Sequence[BankEntryImported]]:
        """Pair what is told with what is recorded, and return what is left of that.

        What of a file is on no document here comes last: it was hardly recorded.
        """
        pairs: dict[int, BankEntryImported] = {}
        last = {place for place in places if self._is_outside(self._entries[place])}
        for some in ([at for at in places if at not in last], sorted(last)):
            if not some:
                continue
            entries = [self._entries[place] for place in some]
            found, recorded = paired(entries, recorded, self._payee)
            pairs |= {some[at]: entry for at, entry in found.items()}
        return pairs, recorded

    def _is_outside(self, entry: BookedEntry) -> bool:
        """Whether an entry of a file went out on no document that is here."""
        out = self._whole_account and entry.direction is Direction.DEBIT
        return out and self._match(entry) in _OUTSIDE

    def at_last(self, verdicts: Sequence[EntryVerdict]) -> Sequence[EntryVerdict]:
        """Let an entry wait whose document is not sure after all."""
        if self._is_earlier:
            return verdicts
        lost = not_alone(verdicts, self._entries)
        return [
            self._waits(self._entries[place], verdict) if place in lost else verdict
            for place, verdict in enumerate(verdicts)
        ]

    def _waits(self, entry: BookedEntry, verdict: EntryVerdict) -> EntryVerdict:
        if isinstance(verdict, Found):
            return Known(verdict.reference)
        assert isinstance(verdict, New)
        fact = verdict.recorded[0].fact
        assert isinstance(fact, BankEntryImported)
        reason = Unmatched.PAYEE_NOT_TOLD if entry.kid else Unmatched.NO_KID
        return self._new(entry, reason, iter([fact.reference]))

    def _known(
        self, place: int, entry: BankEntryImported, shelf: Shelf
    ) -> Known | Found:
        """Judge what is recorded: where it waits, its document may be here now."""
        told = self._entries[place]
        document = self._find(told.clues)
        if entry.reference not in shelf.waiting or isinstance(document, Unmatched):
            names = learned(told, entry, shelf.names)
            return Known(entry.reference, names)
        return Found(entry.reference, matched(entry, document, self._ours))

    def _by_hand(
        self,
        place: int,
        others: Sequence[BookedEntry | BankEntryImported],
        names: Iterator[str],
    ) -> EntryVerdict:
        """Judge an entry that somebody named: its name is that of no other entry."""
        entry = self._entries[place]
        if is_placeholder(entry.reference) and not self._is_earlier:
            return LeftOut(Code.REFERENCE_NAMES_NOTHING)
        if any(comparable(entry, other) for other in others):
            return LeftOut(Code.CONFLICTING_ROW)
        if impossible := self._impossible(entry):
            return impossible
        return self._new(entry, self._match(entry), names)

    def _outside(
        self, places: Sequence[int], recorded: Sequence[BankEntryImported]
    ) -> Mapping[int, EntryVerdict]:
        """Leave out what a file paid out without the KID of a document.

        What takes back a payment that is recorded, or is told with it, is not.
        """
        entries = {place: self._entries[place] for place in places}
        without = {
            place: entry for place, entry in entries.items() if self._is_outside(entry)
        }
        ours: list[EntryDetails] = [*recorded]
        ours += (entries[place] for place in entries if place not in without)
        verdicts: dict[int, EntryVerdict] = {}
        for place, entry in without.items():
            if entry.amount_ore >= 0:
                verdicts[place] = LeftOut(None)
            elif not any(takes_back(entry, one) for one in ours):
                of_nobody = entry.kid and self._match(entry) in _NO_DOCUMENT
                verdicts[place] = LeftOut(None if of_nobody else Doubt.TAKEN_BACK)
        return verdicts

    def _taken_back(
        self, places: Sequence[int], shelf: Shelf
    ) -> Mapping[int, DocumentId]:
        """Documents of payments that a bank's file surely takes back.

        That is where all that it may take back, of its amount to the øre, is on one
        document, and not all of it is taken back already.
        """
        seen: defaultdict[object, list[tuple[EntryDetails, DocumentId | None]]]
        seen = defaultdict(list)
        for one in shelf.recorded:
            document = shelf.documents.get(one.reference)
            seen[one.direction, abs(one.amount_ore)].append((one, document))
        sure: dict[int, DocumentId] = {}
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
                    sure[place] = told
            document = None if isinstance(by_kid, Unmatched) else by_kid
            of_amount.append((entry, document))
        return sure

    def _of_file(
        self,
        places: Sequence[int],
        shelved: tuple[Sequence[BankEntryImported], Shelf],
        names: Iterator[str],
        back: Mapping[int, DocumentId],
    ) -> dict[int, EntryVerdict]:
        """Judge what is relevant of a bank's file: what is known, and what is new."""
        left, shelf = shelved
        verdicts: dict[int, EntryVerdict] = {}
        by_account: defaultdict[str, list[int]] = defaultdict(list)
        for place in places:
            entry = self._entries[place]
            if impossible := self._impossible(entry):
                verdicts[place] = impossible
            else:
                by_account[entry.account].append(place)
        for of_account in by_account.values():
            entries = [self._entries[place] for place in of_account]
            recorded = [each for each in left if comparable(entries[0], each)]
            same_money = told_otherwise(entries, recorded, self._payee)
            if same_money is None:
                unclear = LeftOut(Code.CONFLICTING_ROW)
                verdicts |= dict.fromkeys(of_account, unclear)
                continue
            if same_money:
                one = recorded[0]
                verdicts |= {
                    place: Known(
                        one.reference,
                        learned(self._entries[place], one, shelf.names),
                    )
                    for place in of_account
                }
                left = [each for each in left if not comparable(entries[0], each)]
                continue
            untold = Untold(recorded)
            for place in of_account:
                entry = self._entries[place]
                verdicts[place] = (
                    LeftOut(Code.CONFLICTING_ROW)
                    if untold.may_be(entry)
                    else self._new(entry, back.get(place, self._match(entry)), names)
                )
        return verdicts

    def _payee(self, entry: EntryDetails) -> str:
        """Payee of the document that an entry is on, unless it is there by its amount."""
        if isinstance(entry, BankEntryImported):
            return entry.seller or ""
        assert isinstance(entry, BookedEntry)
        on = None if entry.clues.is_untold else self._match(entry)
        return on.seller if isinstance(on, DocumentId) else ""

    def _match(self, entry: BookedEntry) -> DocumentId | Unmatched:
        document = self._find(entry.clues)
        if isinstance(document, Unmatched) and entry.takes_back is not None:
            return self._of_other(entry, entry.takes_back) or document
        return document

    def _of_other(self, entry: BookedEntry, name: str) -> DocumentId | None:
        """Document of an entry that another says that it takes back."""
        for other in self._entries:
            if other.reference == name and takes_back(entry, other):
                document = self._match(other)
                return None if isinstance(document, Unmatched) else document
        key = entry_key(self._ours.org_number, name)
        state = self._history.state(BANK_ENTRIES, key)
        same = state.imported is not None and takes_back(entry, state.imported)
        return state.document if same else None

    def _impossible(self, entry: BookedEntry) -> LeftOut | None:
        """Refuse an entry by what it says alone, whatever else is recorded."""
        if self._is_earlier:
            return None
        if not entry.amount_ore:
            return LeftOut(Code.NO_AMOUNT)
        if not is_plausible(entry.booked_on, self._today):
            return LeftOut(Code.DAY_NOT_PLAUSIBLE)
        if self._is_on_other_account(entry):
            return LeftOut(Code.OTHER_ACCOUNT)
        return None

    def _is_on_other_account(self, entry: BookedEntry) -> bool:
        """Whether money came in on an account that is not among those recorded.

        What is paid out may be paid from any: only where an organisation is paid is
        recorded, and that may have changed since.
        """
        credit = entry.direction is Direction.CREDIT
        if not credit or not entry.account or not self._accounts:
            return False
        return entry.account not in self._accounts

    def _new(
        self, entry: BookedEntry, match: DocumentId | Unmatched, names: Iterator[str]
    ) -> EntryVerdict:
        name = next(names)
        if not is_name(name):
            return LeftOut(Code.CONFLICTING_ROW)
        document = None if isinstance(match, Unmatched) else match
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
            unmatched=match if isinstance(match, Unmatched) else None,
            transaction=entry.transaction,
        )
        key = entry_key(self._ours.org_number, name)
        stream = BANK_ENTRIES.stream(self._ours.region, key)
        paid = () if document is None else (paid_by(fact, document, self._ours),)
        return New((Append(stream, fact), *paid))

"""Importing what a bank has booked: each entry once, and each finds its document.

An entry is known by its account and the bank's reference. It finds its document by
its KID, from the streams alone; what finds none waits. Of a bank's whole file what
cannot be recorded is left out, and the rest is recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.organisation import REGISTERED
from domain.payments.bank import (
    BANK_ENTRIES,
    BankEntryImported,
    BankEntryMatched,
    BankEntryNamed,
    entry_key,
    own_bank,
)
from domain.payments.judging import Judge, shelves_of
from domain.payments.matching import Direction, Unmatched, assigned_with
from domain.payments.telling import (
    BookedEntry,
    EntryName,
    EntryVerdict,
    Found,
    ImportBankEntries,
    Known,
    New,
)
from domain.payments.told_again import told_again
from domain.refusal import Code, Refusal
from domain.role import Role

_KEPT: Final = BookedEntry.model_fields.keys() - {"paid_to", "takes_back"}


def _restored(facts: Facts, history: History) -> Command:
    first = facts[0]
    assert isinstance(first, BankEntryImported | BankEntryMatched | BankEntryNamed)
    entries = told_again(facts, history)
    return ImportBankEntries(
        organisation=first.organisation,
        entries=tuple(
            BookedEntry(
                **members_of(entry.entry, *_KEPT),
                paid_to=entry.paid_to,
                takes_back=entry.takes_back,
            )
            for entry in entries
        ),
        named=tuple(
            EntryName(**members_of(fact, *EntryName.model_fields))
            for fact in facts
            if isinstance(fact, BankEntryNamed)
        ),
    )


def import_entries(
    command: ImportBankEntries, asked: Asked, history: History
) -> Decision:
    """Decide on entries: new ones are recorded, and what waited may have its document."""
    judged = verdicts(command, asked, history)
    new: list[Append] = []
    matched: list[Append] = []
    named = list(command.named)
    for place, verdict in enumerate(judged):
        if isinstance(verdict, New):
            new += verdict.recorded
        elif isinstance(verdict, Found):
            matched += verdict.recorded
        elif isinstance(verdict, Known):
            named += verdict.names
        elif not command.whole_account:
            # Only of a whole account is anything none of our business.
            assert isinstance(verdict.code, Code)
            entry = command.entries[place]
            if verdict.code is Code.DAY_NOT_PLAUSIBLE:
                values = {"day": entry.booked_on.isoformat()}
                raise Refusal(verdict.code, f"entries.{place}.booked_on", values)
            values = {"reference": entry.reference}
            raise Refusal(verdict.code, f"entries.{place}", values)
    return (*new, *matched, *_named(command.organisation, named, asked, history))


def _named(
    organisation: str, names: Iterable[EntryName], asked: Asked, history: History
) -> Iterator[Append]:
    """Record by which names entries are told, each once."""
    unique = {(each.reference, each.name): each for each in names}
    keys = {each: entry_key(organisation, each.reference) for each in unique.values()}
    states = history.states(BANK_ENTRIES, {*keys.values()})
    for each, key in keys.items():
        state = states[key]
        if state.imported is None:
            values = {"reference": each.reference}
            raise Refusal(Code.UNKNOWN_BANK_ENTRY, "named", values)
        if each.name not in {known.name for known in state.names}:
            fact = BankEntryNamed(organisation=organisation, **dict(each))
            yield Append(BANK_ENTRIES.stream(asked.region, key), fact)


declare(
    ImportBankEntries,
    import_entries,
    Authority(
        Asks.ITSELF,
        {Role.CONTROLLER},
        REGISTERED,
        "itself: its own copy of what is paid",
    ),
    {
        BankEntryImported: _restored,
        BankEntryMatched: _restored,
        BankEntryNamed: _restored,
    },
)


def verdicts(
    command: ImportBankEntries, asked: Asked, history: History
) -> Sequence[EntryVerdict]:
    """Judge each entry, in their order."""
    ours = own_bank(command.organisation, asked, history)
    under: defaultdict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(command.entries):
        under[entry.reference].append(place)
    shelves = shelves_of(ours.org_number, under, history)
    judge = Judge(command, ours, asked.today, history)
    by_place: dict[int, EntryVerdict] = {}
    for reference, places in under.items():
        by_place |= judge.of_reference(places, shelves[reference])
    return judge.at_last([by_place[place] for place in range(len(command.entries))])


def may_concern(entry: BookedEntry, history: History) -> bool:
    """Whether an entry of a whole account may be of any business here.

    What was paid out is, with the KID of a document; what came in or is taken back may
    be, whatever it says.
    """
    out = entry.direction is Direction.DEBIT and entry.amount_ore >= 0
    return not out or concerns([entry.kid], history)


def concerns(kids: Iterable[str], history: History) -> bool:
    """Whether one of some KIDs is that of a document."""
    assignments = (assigned_with(kid, history) for kid in kids)
    return any(not isinstance(assigned, Unmatched) for assigned in assignments)

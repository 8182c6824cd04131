"""What a bank tells again under another reference: its own name of a payment says so.

One format names each payment of a batch, which in another stands alone under that
name. A report that is sent again as a duplicate names its entries by all but its time.
What may be the same and may be another is for a person to say.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from domain.payments.bank import BankEntryImported, BankEntryNamed, EntryState
from domain.payments.recognising import OF_REPORT, comparable, names_a_payment
from domain.payments.telling import BookedEntry, EntryName, Known, LeftOut
from domain.payments.told_again import base_of
from domain.refusal import Code

_BY_PLACE: Final = re.compile("[0-9]{8}-[0-9a-f]{16,}")
"""Names an entry by its report and its place in it."""
_OF_SOME_REPORT: Final = OF_REPORT
"""Under what those entries are kept of which earlier releases recorded the time alone."""


class _Form(NamedTuple):
    """What is recorded, as the bank tells it by one of its names."""

    entry: BankEntryImported
    part: str
    """Its name, where only a part of the entry has it."""
    names: frozenset[str]
    """All the names of the entry, where the form is by one that came later."""


def learned(
    entry: BookedEntry, known: BankEntryImported, names: Collection[BankEntryNamed]
) -> tuple[EntryName, ...]:
    """Names that a bank gives what is known, and that are not recorded with it.

    Those by a place in a report tell nothing in another.
    """
    had = {known.reference, base_of(known.reference), known.transaction}
    had |= {each.name for each in names}
    return tuple(
        EntryName(
            reference=known.reference,
            name=name,
            amount_ore=entry.amount_ore,
            kid=entry.kid,
        )
        for name in dict.fromkeys((entry.reference, entry.transaction))
        if name is not None and name not in had and names_a_payment(name)
        if not name.startswith(OF_REPORT) and not _BY_PLACE.fullmatch(name)
    )


class Elsewhere:
    """What is recorded under references that are not told now."""

    def __init__(self, recorded: Iterable[EntryState], told: set[str]) -> None:
        """Prepare; what is ``told`` with an entry, by its reference, is another."""
        self._named: defaultdict[str, list[_Form]] = defaultdict(list)
        self._states: dict[str, EntryState] = {}
        self._taken: defaultdict[str, set[str]] = defaultdict(set)
        for state in recorded:
            one = state.imported
            assert one is not None
            self._states[one.reference] = state
            for name, form in _forms(one, state.names):
                if base_of(one.reference) not in told and names_a_payment(name):
                    self._named[name].append(form)
            if one.transaction is None and _BY_PLACE.fullmatch(base_of(one.reference)):
                self._named[_OF_SOME_REPORT].append(_Form(one, "", frozenset()))

    def of_reference(
        self, entries: Mapping[int, BookedEntry]
    ) -> Mapping[int, Known | LeftOut]:
        """Say which of some entries under one reference are not new, by their places."""
        found: dict[int, Known | LeftOut] = {}
        for place, entry in entries.items():
            forms = self._alike(entry)
            alike = [form.entry for form in forms]
            same = [form for form in forms if _may_be(entry, form.entry)]
            sure = next((form for form in same if _is_surely(entry, form.entry)), None)
            if sure is not None:
                reference = sure.entry.reference
                self._taken[reference].add(sure.part)
                state = self._states[reference]
                assert state.imported is not None
                names = learned(entry, state.imported, state.names)
                found[place] = Known(reference, names)
            elif same or _are_parts(entry, alike, entries.values()):
                found[place] = LeftOut(Code.CONFLICTING_ROW)
        return found

    def _alike(self, entry: BookedEntry) -> list[_Form]:
        """Find what has one of an entry's names, and is of its day, way and account.

        By a name that came later only where the bank names no other payment.
        """
        names = {entry.reference, entry.transaction or entry.reference}
        if entry.reference.startswith(OF_REPORT):
            names.add(_OF_SOME_REPORT)
        alike = {
            (form.entry.reference, form.part): form
            for name in sorted(names)
            for form in self._named.get(name, ())
            if not (form.names and entry.transaction) or entry.transaction in form.names
            if not _is_of_another_report(entry, form.entry)
            and not self._is_taken(form)
            and form.entry.booked_on == entry.booked_on
            and form.entry.direction is entry.direction
            and (form.entry.amount_ore < 0) is (entry.amount_ore < 0)
            and comparable(form.entry, entry)
        }
        return list(alike.values())

    def _is_taken(self, form: _Form) -> bool:
        """Whether something that is told now is this already, whole or in part."""
        taken = self._taken[form.entry.reference]
        return bool(taken) and (not form.part or form.part in taken or "" in taken)


def _forms(
    one: BankEntryImported, names: Sequence[BankEntryNamed]
) -> Iterator[tuple[str, _Form]]:
    """Give an entry as it is recorded, and as it is told by each other name."""
    reference = base_of(one.reference)
    for name in sorted({reference, one.transaction or reference}):
        yield name, _Form(one, "", frozenset())
    all_names = frozenset(
        {reference, one.transaction or reference, *(each.name for each in names)}
    )
    for each in names:
        whole = each.amount_ore == one.amount_ore
        told = {
            "transaction": each.name,
            "amount_ore": each.amount_ore,
            "kid": each.kid,
        }
        form = one.model_copy(update=told)
        yield each.name, _Form(form, "" if whole else each.name, all_names)


def _is_of_another_report(entry: BookedEntry, other: BankEntryImported) -> bool:
    """Whether two reports differ in their time, and neither duplicates the other."""
    name = entry.transaction or ""
    return name.startswith(OF_REPORT) and name == other.transaction


def _may_be(entry: BookedEntry, other: BankEntryImported) -> bool:
    """Whether an entry may be another: of its amount, and with no other KID."""
    silent = not entry.kid or not other.kid
    return entry.amount_ore == other.amount_ore and (silent or entry.kid == other.kid)


def _is_surely(entry: BookedEntry, other: BankEntryImported) -> bool:
    """Whether what may be another is: one is named as the other's payment is.

    Two entries with references of their own may each count their payments.
    """
    named = entry.transaction == base_of(other.reference) or (
        other.transaction == entry.reference
    )
    return named and entry.kid == other.kid


def _are_parts(
    entry: BookedEntry,
    alike: Collection[BankEntryImported],
    told: Iterable[BookedEntry],
) -> bool:
    """Whether one payment may be told whole here and in its parts there."""
    of_one = [
        each.amount_ore
        for each in told
        if (each.transaction, each.booked_on) == (entry.transaction, entry.booked_on)
    ]
    is_whole_there = any(each.amount_ore == sum(of_one) for each in alike)
    parts_ore = sum(each.amount_ore for each in alike)
    is_whole_here = len(alike) > 1 and parts_ore == entry.amount_ore
    return is_whole_here or (len(of_one) > 1 and is_whole_there)

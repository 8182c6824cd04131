"""What a bank tells again under another reference: its own name of a payment says so.

One format names each payment of a batch, which in another stands alone under that
name. A report that is sent again as a duplicate names its entries by all but its time.
What may be the same and may be another is for a person to say.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from domain.payments.bank import BankEntryImported
from domain.payments.recognising import OF_REPORT, comparable, names_a_payment
from domain.payments.telling import BankEntry, Known, LeftOut
from domain.payments.told_again import base_of
from domain.refusal import Code

_BY_PLACE: Final = re.compile("[0-9]{8}-[0-9a-f]{16,}")
"""Names an entry by its report and its place in it."""
_OF_SOME_REPORT: Final = OF_REPORT
"""Under what those entries are kept of which earlier releases recorded the time alone."""


class Elsewhere:
    """What is recorded under references that are not told now."""

    def __init__(self, recorded: Iterable[BankEntryImported], told: set[str]) -> None:
        """Prepare; what is ``told`` with an entry, by its reference, is another."""
        self._named: defaultdict[str, list[BankEntryImported]] = defaultdict(list)
        self._known: set[str] = set()
        for one in recorded:
            reference = base_of(one.reference)
            for name in {reference, one.transaction or reference}:
                if reference not in told and names_a_payment(name):
                    self._named[name].append(one)
            if one.transaction is None and _BY_PLACE.fullmatch(reference):
                self._named[_OF_SOME_REPORT].append(one)

    def of_reference(
        self, entries: Mapping[int, BankEntry]
    ) -> Mapping[int, Known | LeftOut]:
        """Say which of some entries under one reference are not new, by their places."""
        found: dict[int, Known | LeftOut] = {}
        for place, entry in entries.items():
            alike = self._alike(entry)
            same = [each for each in alike if _may_be(entry, each)]
            sure = next((each for each in same if _is_surely(entry, each)), None)
            if sure is not None:
                self._known.add(sure.reference)
                found[place] = Known(sure.reference)
            elif same or _are_parts(entry, alike, entries.values()):
                found[place] = LeftOut(Code.CONFLICTING_ROW)
        return found

    def _alike(self, entry: BankEntry) -> list[BankEntryImported]:
        """Find what has one of an entry's names, and is of its day, way and account."""
        names = {entry.reference, entry.transaction or entry.reference}
        if entry.reference.startswith(OF_REPORT):
            names.add(_OF_SOME_REPORT)
        return [
            one
            for name in names
            for one in self._named.get(name, ())
            if not _is_of_another_report(entry, one)
            and one.reference not in self._known
            and one.booked_on == entry.booked_on
            and one.direction is entry.direction
            and (one.amount_ore < 0) is (entry.amount_ore < 0)
            and comparable(one, entry)
        ]


def _is_of_another_report(entry: BankEntry, other: BankEntryImported) -> bool:
    """Whether two reports differ in their time, and neither duplicates the other."""
    name = entry.transaction or ""
    return name.startswith(OF_REPORT) and name == other.transaction


def _may_be(entry: BankEntry, other: BankEntryImported) -> bool:
    """Whether an entry may be another: of its amount, and with no other KID."""
    silent = not entry.kid or not other.kid
    return entry.amount_ore == other.amount_ore and (silent or entry.kid == other.kid)


def _is_surely(entry: BankEntry, other: BankEntryImported) -> bool:
    """Whether what may be another is: one is named as the other's payment is.

    Two entries with references of their own may each count their payments.
    """
    named = entry.transaction == base_of(other.reference) or (
        other.transaction == entry.reference
    )
    return named and entry.kid == other.kid


def _are_parts(
    entry: BankEntry,
    alike: Collection[BankEntryImported],
    told: Iterable[BankEntry],
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

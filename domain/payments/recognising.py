"""Which of the entries that a bank tells of are recorded already.

A bank's reference names an entry of one account, but banks give one reference to
several entries, tell an entry once as a whole and once in its parts, and say more
of it in one format than in another. What is told is paired with what is recorded,
one for one; what may be the same and may be another is for a person to say.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from itertools import product
from typing import Final, Protocol, TypeVar

from domain.payments.matching import Direction
from domain.texts import account_digits

_NAME_NOTHING: Final = re.compile(
    r"0*|x{2,}|9{4,}|n[ao]|nil|none|null|nan|tbd|tomt?|empty|blank|void|dummy|missing|"
    r"mangler|manglar|ukjen[td]|unknown|undefined|unspecified|"
    r"(no|non|missing|ingen|uten|utan)?ref(eran[sc]e|erence)?"
    r"((not)?(provided|available|given)|mangl[ae]r)?|ingen|"
    r"not(provided|avail|available|applicable|specified|given|used|known|defined)|"
    r"ikk(e|je)(oppgitt|oppgjeve|angitt|kjent|tilgjengelig|tilgjengeleg)"
)
"""What stands where a reference should, without case, spaces and punctuation."""
OF_REPORT: Final = "report-"
"""Begins what names an entry of a report by all but the time of the report."""
_RUNNING: Final = re.compile(r"0*[0-9]{1,3}")


class EntryDetails(Protocol):
    """What a bank says of an entry, whether it is recorded or not."""

    @property
    def direction(self) -> Direction:
        """Which way the money went."""
        ...

    @property
    def amount_ore(self) -> int:
        """Below zero where the bank took an entry of this direction back."""
        ...

    @property
    def booked_on(self) -> date:
        """When it was booked."""
        ...

    @property
    def kid(self) -> str:
        """The KID, or nothing."""
        ...

    @property
    def account(self) -> str:
        """The organisation's own, or nothing where the bank does not say."""
        ...

    @property
    def transaction(self) -> str | None:
        """The bank's reference of one payment in an entry, where it gave one."""
        ...


R = TypeVar("R", bound=EntryDetails)
PayeeOf = Callable[[EntryDetails], str]
"""Says whom an entry surely paid, or nothing where that is not sure."""


def is_placeholder(reference: str) -> bool:
    """Whether a bank's reference names nothing: ``NONREF``, ``n/a``, ``0000``."""
    plain = unicodedata.normalize("NFKC", reference).casefold()
    return _NAME_NOTHING.fullmatch(re.sub(r"[\W_]", "", plain)) is not None


def is_running(reference: str) -> bool:
    """Whether a reference may be a number in its report, with zeros before it or not.

    >>> [is_running(each) for each in ("7", "00017", "1001", "T1")]
    [True, True, False, False]
    """
    return _RUNNING.fullmatch(reference) is not None


def names_a_payment(reference: str) -> bool:
    """Whether a bank's reference names one payment, in whatever report it stands."""
    return not is_placeholder(reference) and not is_running(reference)


def comparable(one: EntryDetails, other: EntryDetails) -> bool:
    """Whether two entries may be of one account; one may not say of which."""
    accounts = account_digits(one.account), account_digits(other.account)
    return "" in accounts or accounts[0] == accounts[1]


def takes_back(entry: EntryDetails, other: EntryDetails) -> bool:
    """Whether an entry may take back another, or a part of it."""
    return (
        entry.amount_ore < 0 < other.amount_ore
        and entry.direction is other.direction
        and comparable(entry, other)
    )


def paired(
    told: Sequence[EntryDetails], recorded: Sequence[R], payee_of: PayeeOf
) -> tuple[Mapping[int, R], Sequence[R]]:
    """Pair entries under one reference with those that are recorded under it.

    Returns what is recorded by the place of what is told, and what is recorded and
    not told. Account, transaction and payee are the same, or one does not say.
    """
    pairs: dict[int, R] = {}
    left = list(recorded)
    for exact in product((True, False), repeat=3):
        pool: defaultdict[object, list[R]] = defaultdict(list)
        for one in reversed(left):
            pool[_mark(one, payee_of(one), exact, told=False)].append(one)
        for place, entry in enumerate(told):
            if place not in pairs:
                same = pool[_mark(entry, payee_of(entry), exact, told=True)]
                if same:
                    pairs[place] = same.pop()
        left = [one for same in reversed(pool.values()) for one in reversed(same)]
    return pairs, left


def _mark(
    entry: EntryDetails, payee: str, exact: Sequence[bool], *, told: bool
) -> object:
    """Key of what must be equal; where not exactly, one of the two says nothing."""
    content = entry.direction, entry.amount_ore, entry.booked_on, entry.kid
    may_be_silent = account_digits(entry.account), entry.transaction, payee
    return content, *(
        value if same else bool(value) is told
        for value, same in zip(may_be_silent, exact, strict=True)
    )


def told_otherwise(
    told: Sequence[EntryDetails],
    recorded: Sequence[EntryDetails],
    payee_of: PayeeOf,
) -> bool | None:
    """Whether an entry is told as its parts, or parts as one, or without its KID.

    Then it is the same money: of one day, the same to the øre, and the bank names
    neither other payments nor another payee. None where it names some of the same
    payments and others: then nobody can tell.
    """
    if not told or not recorded or min(len(told), len(recorded)) > 1:
        return False
    sides = told, recorded
    kids, payments, payees = (
        [{what for entry in side if (what := of(entry))} for side in sides]
        for of in (_kid_of, _transaction_of, payee_of)
    )
    if (
        len({(entry.direction, entry.booked_on) for entry in (*told, *recorded)}) > 1
        or len({sum(entry.amount_ore for entry in side) for side in sides}) > 1
        or not (_agree(kids) and _agree(payees))
    ):
        return False
    if _agree(payments):
        return True
    return None if payments[0] & payments[1] else False


def _kid_of(entry: EntryDetails) -> str:
    return entry.kid


def _transaction_of(entry: EntryDetails) -> str:
    return entry.transaction or ""


def _agree(sides: Sequence[AbstractSet[str]]) -> bool:
    """Whether two sides say the same, or one of them nothing."""
    one, other = sides
    return not one or not other or one == other


class Untold:
    """What is recorded under a reference and was not told again."""

    def __init__(self, recorded: Sequence[EntryDetails]) -> None:
        self._marks = {
            (label, mark)
            for entry in recorded
            for label in (entry.transaction, _ANY)
            for mark in _marks(entry)
        }

    def may_be(self, entry: EntryDetails) -> bool:
        """Whether an entry may be one of them, in spite of a difference.

        Not where the bank names the payments apart, or takes one back with the other,
        nor where both day and amount differ: then it has used its reference again.
        """
        labels = (entry.transaction, None) if entry.transaction else (_ANY,)
        return not self._marks.isdisjoint(product(labels, _marks(entry)))


_ANY: Final = ""


def _marks(entry: EntryDetails) -> Sequence[object]:
    way = entry.direction, entry.amount_ore < 0
    return (*way, entry.booked_on), (*way, entry.amount_ore)

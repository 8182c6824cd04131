"""Balances that two trusts assert to each other: "we owe you this, at this position".

A trust asserts what its own books say at the end of a day, and its entry says
which positions its node had. So a difference between two assertions, or between
an assertion and the log, is followed to the vouchers that one of them lacked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.closing.books import AgreementBooks
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, RecordedFact
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.parties.pair import Pair, pair_of
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import AmountOre, Day, OrganisationNumber


class BalanceAsserted(Fact, name="balance.asserted.v1"):
    """A trust says what it owes another at the end of a day, VAT included."""

    organisation: OrganisationNumber
    counterpart: OrganisationNumber
    day: Day
    owed_ore: AmountOre
    """Below zero where the other owes it."""


@dataclass(frozen=True, slots=True)
class Assertions:
    """The last assertion of each trust of a pair for each day."""

    by_day: Mapping[tuple[date, str], BalanceAsserted] = field(default_factory=dict)


def evolve(state: Assertions, fact: Fact) -> Assertions:
    """Fold one fact; the last one of a trust and day counts."""
    match fact:
        case BalanceAsserted():
            key = fact.day, fact.organisation
            return Assertions({**state.by_day, key: fact})
        case _:
            return state


BALANCES = Category("balances", Assertions(), evolve, holds=(BalanceAsserted,))


class AssertBalance(Command):
    """Assert what your books say that you owe another trust; the entry says its position."""

    organisation: OrganisationNumber
    counterpart: OrganisationNumber
    day: Day
    owed_ore: AmountOre
    """Øre with VAT; below zero if owed to you."""


def assert_balance(command: AssertBalance, asked: Asked, history: History) -> Decision:
    """Decide on an assertion: of one's own books, of a day that is over."""
    pair = pair_of(command.organisation, command.counterpart)
    if pair.first == pair.second:
        raise Refusal(Code.SAME_PARTY, "counterpart")
    trust = registered(command.organisation, "organisation", history)
    registered(command.counterpart, "counterpart", history)
    require_party(asked, trust.org_number, trust.region)
    if command.day >= asked.today:
        raise Refusal(Code.PERIOD_NOT_ENDED, "day")
    fact = BalanceAsserted(**dict(command))
    by_day = history.state(BALANCES, pair.key).by_day
    if by_day.get((command.day, command.organisation)) == fact:
        return ()
    return (Append(BALANCES.stream(trust.region, pair.key), fact),)


declare(
    AssertBalance,
    assert_balance,
    Authority(
        Asks.ITSELF, {Role.CONTROLLER}, REGISTERED, "nobody: the other asserts its own"
    ),
    BalanceAsserted,
)


@dataclass(frozen=True, slots=True)
class BookedVoucher:
    """A document or a payment, by what it adds to what one trust owes the other."""

    entry: RecordedFact
    day: date
    amount_ore: int
    """What ``pair.first`` owes more for it, VAT included."""


@dataclass(frozen=True, slots=True)
class CheckedAssertion:
    """An assertion beside what the log says at the asserting node's positions."""

    organisation: str
    entry: RecordedFact
    asserted_ore: int
    """What ``pair.first`` owes ``pair.second``."""
    logged_ore: int
    """The same, of the vouchers that the asserting node had."""


@dataclass(frozen=True, slots=True)
class BalanceCheck:
    """The balance of a pair at the end of a day, as each trust asserts it."""

    day: date
    assertions: tuple[CheckedAssertion, ...]
    logged_ore: int
    """What ``pair.first`` owes ``pair.second`` by all vouchers that are here now."""
    lacking: tuple[BookedVoucher, ...]
    """Vouchers of the day or before that an asserting node did not have."""

    @property
    def agrees(self) -> bool:
        """Whether both trusts assert what the log says."""
        sums = {assertion.asserted_ore for assertion in self.assertions}
        return len(self.assertions) == len(Pair._fields) and sums == {self.logged_ore}


def booked_vouchers(pair: Pair, books: Sequence[AgreementBooks]) -> list[BookedVoucher]:
    """Documents and payments between two trusts."""
    vouchers = []
    for agreement in books:
        for document in agreement.documents:
            issued = document.document
            sign = 1 if issued.payer == pair.first else -1
            vouchers.append(
                BookedVoucher(
                    document.entry, issued.issued_on, sign * document.gross_ore
                )
            )
            vouchers += [
                BookedVoucher(paid.entry, paid.paid_on, -sign * paid.amount_ore)
                for paid in document.payments
            ]
    return vouchers


def check_balances(
    pair: Pair, books: Sequence[AgreementBooks], history: History
) -> list[BalanceCheck]:
    """Balances that were asserted, by day."""
    booked = booked_vouchers(pair, books)
    last: dict[tuple[date, str], RecordedFact] = {}
    for entry in history.entries(BALANCES, [pair.key])[pair.key]:
        assert isinstance(entry.fact, BalanceAsserted)
        last[entry.fact.day, entry.fact.organisation] = entry
    days = sorted({day for day, _ in last})
    return [
        _check(day, [last[key] for key in sorted(last) if key[0] == day], pair, booked)
        for day in days
    ]


def _check(
    day: date,
    entries: Sequence[RecordedFact],
    pair: Pair,
    booked: Sequence[BookedVoucher],
) -> BalanceCheck:
    until = [voucher for voucher in booked if voucher.day <= day]
    checked = []
    lacking: dict[str, BookedVoucher] = {}
    for entry in entries:
        fact = entry.fact
        assert isinstance(fact, BalanceAsserted)
        sign = 1 if fact.organisation == pair.first else -1
        seen = [voucher for voucher in until if voucher.entry.known_to(entry)]
        logged = sum(voucher.amount_ore for voucher in seen)
        checked.append(
            CheckedAssertion(fact.organisation, entry, sign * fact.owed_ore, logged)
        )
        lacking |= {
            str(voucher.entry.place): voucher
            for voucher in until
            if not voucher.entry.known_to(entry)
        }
    return BalanceCheck(
        day,
        tuple(checked),
        sum(voucher.amount_ore for voucher in until),
        tuple(lacking[key] for key in sorted(lacking)),
    )

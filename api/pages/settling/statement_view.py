"""A statement as its two parties read it: both directions, what is open, both copies."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from api.pages.pictures import Stretch
from api.services import Node
from domain.agreements.accrual import AccruingDays
from domain.closing.books import AgreementBooks, read_books
from domain.closing.netting import Debt
from domain.closing.reconciliation import LineState, SettlementLine, reconcile
from domain.closing.stated_money import Balance, OpenPayment
from domain.closing.statement import StatedDocument, StatedPost, Statement
from domain.values import Period, business_day
from projections.statements import DrawnUp

MONEY: Final = (
    ("opening", lambda balance: balance.opening_ore),
    ("invoiced", lambda balance: balance.invoiced_ore),
    ("paid", lambda balance: -balance.paid_ore),
    ("closing", lambda balance: balance.closing_ore),
    ("open", lambda balance: -(balance.open_ore or 0)),
    ("disputed", lambda balance: -balance.disputed_ore),
    ("netted", lambda balance: balance.undisputed_ore),
)
"""What a balance is made up of, in the order in which it is shown."""


class MoneyRow(NamedTuple):
    """One part of the balance, as each of the two owes it; None where it never did."""

    key: str
    by_first: int | None
    by_second: int | None


def money_rows(statement: Statement) -> Sequence[MoneyRow]:
    """Both directions beside each other."""
    of = {balance.payer: balance for balance in statement.balances}

    def ore(key: int, payer: str) -> int | None:
        balance: Balance | None = of.get(payer)
        return None if balance is None else MONEY[key][1](balance)

    return [
        MoneyRow(name, ore(key, statement.first), ore(key, statement.second))
        for key, (name, _) in enumerate(MONEY)
    ]


def set_off(statement: Statement | DrawnUp) -> Debt | None:
    """What one of the two pays when both directions are set off; None for nothing."""
    first, second = statement.pair
    signs = {first: 1, second: -1}
    net = sum(signs[each.payer] * each.undisputed_ore for each in statement.balances)
    if not net:
        return None
    debtor, creditor = (first, second) if net > 0 else (second, first)
    return Debt(debtor, creditor, abs(net))


class StatedRow(NamedTuple):
    """A document of a statement, with what each of the two says is paid on it."""

    document: StatedDocument
    gross_ore: int
    paid_ore: int
    open: OpenPayment | None


def stated_rows(statement: Statement) -> Sequence[StatedRow]:
    """All documents of a statement."""
    paid = Counter[tuple[str, int, int]]()
    for each in statement.payments:
        paid[each.seller, each.year, each.number] += each.amount_ore
    opened = {(e.seller, e.year, e.number): e for e in statement.open_payments or ()}
    rows = []
    for document in statement.documents:
        key = document.seller, document.year, document.number
        gross = document.net_ore + document.vat_ore
        rows.append(StatedRow(document, gross, paid[key], opened.get(key)))
    return rows


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post of a statement: what accrued by its days, and what is billed by now."""

    stated: StatedPost
    days: Sequence[AccruingDays]
    billed_ore: int
    differs: LineState | None
    """How the two copies differ now, where they do."""
    disputed: bool

    @property
    def filled_days(self) -> int:
        """On how many days it accrued."""
        return sum(each.days for each in self.days)

    @property
    def stretches(self) -> Sequence[Stretch]:
        """Days to draw: those at the highest cost are darkest."""
        dearest = max((each.annual_cost_ore for each in self.days), default=0)
        return [
            Stretch(
                *(each.period.start, each.period.end),
                "s-ink" if each.annual_cost_ore == dearest else "s-ink2",
            )
            for each in self.days
        ]


class BothCopies(NamedTuple):
    """What each of the two has of all that is between them, as this node knows it now."""

    books: Sequence[AgreementBooks]
    lines: Sequence[SettlementLine]


def both_copies(node: Node, statement: Statement) -> BothCopies:
    """Read both copies of what has ended by the end of a statement."""
    today, until = business_day(node.clock.now()), statement.period_end
    with node.executor.history() as history:

        def read() -> BothCopies:
            books = read_books(statement.pair, today, history)
            lines = [line for book in books for line in reconcile(book, until, history)]
            return BothCopies(books, lines)

        question = (both_copies, history.at, statement.pair, today, until)
        return node.moments.answer(question, read)


def post_rows(statement: Statement, copies: BothCopies) -> Sequence[PostRow]:
    """Posts of a statement beside what is billed for its period."""
    costs = {book.agreement: book.costs for book in copies.books if book.costs}
    lines = _by_post(copies.lines, statement.period)
    rows = []
    for post in statement.posts:
        cost = costs.get(post.agreement, {}).get(post.post)
        found = lines.get((post.agreement, post.post), ())
        differing = [e.state for e in found if e.state is not LineState.MATCHED]
        rows.append(
            PostRow(
                post,
                cost.days_in(statement.period) if cost else (),
                sum(line.billed_ore for line in found),
                differing[0] if differing else None,
                any(line.disputed for line in found),
            )
        )
    return rows


def _by_post(
    lines: Iterable[SettlementLine], within: Period
) -> dict[tuple[str, str], list[SettlementLine]]:
    found: defaultdict[tuple[str, str], list[SettlementLine]] = defaultdict(list)
    for line in lines:
        if within.covers(line.period):
            found[line.agreement, line.post].append(line)
    return found

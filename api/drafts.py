"""The statement of two trusts before it is drawn up, for whoever asks at a node."""

from datetime import date
from functools import partial

from api.problems import refused
from api.services import Node
from domain.closing.closing import DraftWithBooks, draft_with_books
from domain.closing.statement import Statement
from domain.parties.pair import pair_of
from domain.refusal import Refusal
from domain.values import Period, business_day


def drafted(
    node: Node, first: str, second: str, period_start: date, period_end: date
) -> Statement:
    """Statement that drawing up a period would sign; raise the problem of a refused one."""
    return drafted_with_books(node, first, second, period_start, period_end).statement


def drafted_with_books(
    node: Node, first: str, second: str, period_start: date, period_end: date
) -> DraftWithBooks:
    """As :func:`drafted`, with the books that it is of."""
    pair, period = pair_of(first, second), Period(period_start, period_end)
    today = business_day(node.clock.now())
    with node.executor.history() as history:
        draft = partial(draft_with_books, pair, period, today, history)
        try:
            question = (draft_with_books, history.at, pair, period, today)
            return node.moments.answer(question, draft)
        except Refusal as refusal:
            raise refused(refusal) from None

"""What can be exported, for whoever only names it."""

from enum import StrEnum


class What(StrEnum):
    """What is exported."""

    INVOICES = "invoices"
    SETTLEMENT = "settlement"
    POSTS = "posts"
    LEDGER = "ledger"

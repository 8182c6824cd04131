"""An overview: its sheets are all that page and files show, each column declared once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from api.auth import Caller
from api.services import Node
from api.sheets import AMOUNTS, Sheet
from api.unannounced import CallsReader
from api.words import Language, sentence
from domain.history import History


class OverviewKind(StrEnum):
    """What is told together."""

    AWARDS = "awards"
    """Of a call: by trust, region, purpose and share of the pot."""
    FUNDS = "funds"
    """Of a call or of all: given, used, lapsed, left and repaid, by year."""
    POSTS_BY_REGION = "posts-by-region"
    """Of a network."""
    NETWORK_REPORT = "network-report"
    """Of a network: its report on a year, under the headings of eRapport."""
    COMPILED_REPORT = "compiled-report"
    """Of a body: who has reported to it on a year, and who has not."""

    @property
    def key(self) -> str:
        """Its key among the words."""
        return self.name.lower()


class AskedOverview(NamedTuple):
    """Which overview somebody asks for."""

    kind: OverviewKind
    of: str
    """A call, a network or a body; empty for all."""
    year: int | None
    """None for the one that it is due of."""


class OverviewSource(NamedTuple):
    """What an overview is read from, and for whom."""

    node: Node
    caller: Caller
    connection: Connection
    history: History
    calls: CallsReader
    """Which calls the caller reads all of."""
    day: date
    """From what was recorded until then."""
    of: str
    """The name of what it is of; empty for all."""
    year: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What was read, as sheets."""

    kind: OverviewKind
    day: date
    sheets: Sequence[Sheet]
    named_nb: str = ""
    """What it is of."""
    named_en: str = ""
    year: int | None = None
    """Of which it is; None of all years."""
    notes: Sequence[str] = ()
    """What a reader should know, as keys of the words."""

    @property
    def has_amounts(self) -> bool:
        """Whether there is money in it."""
        return any(kind in AMOUNTS for each in self.sheets for _, kind in each.columns)

    def named(self, language: Language) -> str:
        """What it is of, in a language."""
        english = language is Language.EN and self.named_en
        return self.named_en if english else self.named_nb

    def title(self, language: Language) -> str:
        """What it is called."""
        values: dict[str, str | int] = {"of": self.named(language)}
        if self.year is not None:
            values["year"] = self.year
        every = self.kind is OverviewKind.FUNDS and not self.named_nb
        key = f"title_{self.kind.key}{'_of_all' if every else ''}"
        return sentence(language, "overview", key, values)

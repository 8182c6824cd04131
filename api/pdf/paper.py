"""What stands in a paper, as texts; how it looks is the template's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from api.words import Language

Detail = tuple[str, str]
"""A label and what it says."""


@dataclass(frozen=True, slots=True)
class PaperParty:
    """A party in its role, with what else is said of it, line by line."""

    role: str
    name: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Details:
    """Labels and values, side by side."""

    title: str
    facts: Sequence[Detail]
    kind: Literal["facts"] = field(default="facts", init=False)


@dataclass(frozen=True, slots=True)
class Note:
    """A few paragraphs under a heading."""

    title: str
    paragraphs: Sequence[str]
    kind: Literal["note"] = field(default="note", init=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``share`` is its part of the width; 0 takes what it needs."""

    heading: str
    share: int = 0
    amount: bool = False
    """Whether it is set to the right."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns whose headings are repeated on every page."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    totals: Sequence[Detail] = ()
    """Labels and sums, under the last column."""
    totals_row: Sequence[str] = ()
    """Sums under their columns."""
    kind: Literal["table"] = field(default="table", init=False)


PaperBlock = Details | Note | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of one or more pages."""

    language: Language
    title: str
    written_at: datetime
    """The creation date that the file bears; never the machine's clock."""
    author: str
    footer: str
    page: str
    """``Side {page} av {pages}``."""
    parties: Sequence[PaperParty] = ()
    facts: Sequence[Detail] = ()
    blocks: Sequence[PaperBlock] = ()
    trace: Details | None = None
    """Where the signed log is, and the fingerprint of what it says."""
    wide: bool = False
    """Whether the page lies on its side."""

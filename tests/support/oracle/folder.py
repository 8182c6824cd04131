"""Reads the folder of a business year: every file as typed rows, in the order in which they are played.

A row class per file of `business-year.md`; what a cell may hold is written in the type of its field.
Money is read as whole øre, percentages as hundredths.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Annotated, Any, get_type_hints

REGIONS = ("midt", "nord", "sorost", "vest")


class Refused(Exception):
    """A row that the rules turn down; nothing of it is stored."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def refuse_if(condition: bool, code: str, reason: str) -> None:
    """Turn the row down when the condition holds."""
    if condition:
        raise Refused(code, reason)


# --- Cells: each reader takes the text of a cell and returns its value, or raises ValueError. ---


def read_text(cell: str) -> str:
    """Free text, which may be empty."""
    return cell


def read_name(cell: str) -> str:
    """A name or number that identifies something."""
    if not cell:
        raise ValueError("is empty")
    return cell


def read_day(cell: str) -> date:
    """An ISO date in its long form."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        raise ValueError(f"{cell!r} is not an ISO date")
    return date.fromisoformat(cell)


def read_hundredths(cell: str) -> int:
    """Kroner as øre, or a percentage as hundredths: at most two decimals, never negative."""
    match = re.fullmatch(r"([0-9]+)(?:\.([0-9]{1,2}))?", cell)
    if not match:
        raise ValueError(f"{cell!r} is not a number with at most two decimals")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def read_version(cell: str) -> int:
    """A version number, from 1."""
    if not re.fullmatch(r"[1-9][0-9]*", cell):
        raise ValueError(f"{cell!r} is not a version number")
    return int(cell)


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of a cell that holds one of these words."""

    def read(cell: str) -> str:
        if cell not in words:
            raise ValueError(f"{cell!r} is not one of {', '.join(words)}")
        return cell

    return read


Text = Annotated[str, read_text]
Name = Annotated[str, read_name]
Day = Annotated[date, read_day]
Version = Annotated[int, read_version]
Ore = Annotated[int, read_hundredths]
MaybeDay = Annotated[date | None, lambda cell: read_day(cell) if cell else None]
MaybeHundredths = Annotated[
    int | None, lambda cell: read_hundredths(cell) if cell else None
]
OrganisationKind = Annotated[
    str,
    one_of(
        "rhf", "hf", "municipality", "university_college", "user_organisation", "other"
    ),
]
NetworkKind = Annotated[str, one_of("national", "regional", "local")]
Region = Annotated[str, one_of(*REGIONS)]
Model = Annotated[str, one_of("with_part_time_posts", "coordination_only")]
Frequency = Annotated[
    str, one_of("yearly", "half_yearly", "tertial", "quarterly", "monthly")
]
Vacancy = Annotated[str, one_of("stop", "pay")]
VatTreatment = Annotated[
    str, one_of("exempt", "standard", "outside_scope", "not_assessed")
]
Answer = Annotated[str, one_of("accepted", "declined")]
EndorserRole = Annotated[str, one_of("leader", "clinic_director")]
Change = Annotated[str, one_of("filled", "vacated")]
ReportDecision = Annotated[str, one_of("approved", "returned")]
InvoiceDecision = Annotated[str, one_of("approved", "disputed")]


# --- Rows: one class per file. Two rows are equal when their content is: recorded_on is not content. ---


@dataclass(frozen=True)
class OrganisationRow:
    org_number: Name
    name: Text
    short_name: Text
    kind: OrganisationKind
    region: Region
    parent_org_number: Text


@dataclass(frozen=True)
class NetworkRow:
    network: Name
    kind: NetworkKind
    name_nb: Text
    name_en: Text
    coordinating_trust: Name
    starts_on: Day
    model: Model
    coordination_budget: Ore
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class AgreementRow:
    agreement: Name
    version: Version
    network: Name
    payer: Name
    payee: Name
    effective_from: Day
    starts_on: Day
    ends_on: Day
    frequency: Frequency
    vacancy: Vacancy
    vat_treatment: VatTreatment
    vat_reason: Text
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class PostRow:
    agreement: Name
    version: Version
    post: Name
    content: Text
    percent: MaybeHundredths
    starts_on: MaybeDay
    ends_on: MaybeDay
    annual_cost: MaybeHundredths


@dataclass(frozen=True)
class AgreementEndorsementRow:
    agreement: Name
    version: Version
    role: EndorserRole
    endorsed_by: Name
    endorsed_on: Day
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class AcceptanceRow:
    agreement: Name
    version: Version
    answer: Answer
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class StaffingRow:
    post: Name
    change: Change
    effective_on: Day
    holder: Text
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class ReportRow:
    report: Name
    network: Name
    trust: Name
    period_start: Day
    period_end: Day
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class ReportDecisionRow:
    report: Name
    decision: ReportDecision
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class InvoiceRow:
    agreement: Name
    period_start: Day
    period_end: Day
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class InvoiceDecisionRow:
    agreement: Name
    period_start: Day
    decision: InvoiceDecision
    post: Text
    reason: Text
    recorded_on: Day = field(compare=False)


@dataclass(frozen=True)
class PaymentRow:
    agreement: Name
    period_start: Day
    amount: Ore
    paid_on: Day
    recorded_on: Day = field(compare=False)


ROW_TYPES: dict[str, type[Any]] = {
    "organisations.csv": OrganisationRow,
    "networks.csv": NetworkRow,
    "agreements.csv": AgreementRow,
    "posts.csv": PostRow,
    "agreement_endorsements.csv": AgreementEndorsementRow,
    "acceptances.csv": AcceptanceRow,
    "staffing.csv": StaffingRow,
    "reports.csv": ReportRow,
    "report_decisions.csv": ReportDecisionRow,
    "invoices.csv": InvoiceRow,
    "invoice_decisions.csv": InvoiceDecisionRow,
    "payments.csv": PaymentRow,
}
FILES = list(ROW_TYPES)
SURPLUS = "cells beyond the header"

# --- The folder: rows in the order in which they are played. ---


@dataclass(frozen=True, order=True)
class Place:
    """Where a row stands: the order of the file in the contract, then the row (the header is 1)."""

    file: int
    line: int


@dataclass
class Folder:
    """What a folder holds, and the rows that were refused while reading it."""

    rows: list[tuple[Place, Any]] = field(default_factory=list)
    posts: dict[tuple[str, str], list[PostRow]] = field(
        default_factory=lambda: defaultdict(list)
    )
    spoiled_versions: set[tuple[str, str]] = field(default_factory=set)
    refused: dict[Place, Refused] = field(default_factory=dict)
    asks_endorsement: bool = False  # versions of national networks do


def cells_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file as text, each numbered; line breaks in a cell part none. A file that is absent has none."""
    if not path.exists():
        return
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        for line, cells in enumerate(reader, 2):
            if cells:
                surplus = {SURPLUS: "".join(cells[len(header) :])}
                yield line, dict(zip(header, cells, strict=False)) | surplus


def read_row(row_type: type[Any], cells: dict[str, str]) -> Any:
    """The row as its class; `invalid_row` when a cell is not what its column says, or an end is before its start."""
    readers = get_type_hints(row_type, include_extras=True)
    refuse_if(
        bool(cells[SURPLUS]), "invalid_row", "the row has more cells than the header"
    )
    values = {}
    for column in (f.name for f in fields(row_type)):
        try:
            values[column] = readers[column].__metadata__[0](cells.get(column, ""))
        except ValueError as problem:
            raise Refused("invalid_row", f"{column}: {problem}") from None
    start = values.get("starts_on") or values.get("period_start")
    end = values.get("ends_on") or values.get("period_end")
    reversed_dates = start is not None and end is not None and end < start
    refuse_if(
        reversed_dates and row_type is not InvoiceRow,
        "invalid_row",
        "the end is before the start",
    )
    return row_type(**values)


def read_folder(path: Path) -> Folder:
    """Read every file, and sort the rows: organisations, then by day, file and line."""
    for required in ("organisations.csv", "networks.csv"):
        if not (path / required).exists():
            raise FileNotFoundError(path / required)
    folder = Folder(asks_endorsement=(path / "agreement_endorsements.csv").exists())
    versions = {
        (cells.get("agreement"), cells.get("version"))
        for _, cells in cells_of(path / "agreements.csv")
    }
    for file, row_type in ROW_TYPES.items():
        for line, cells in cells_of(path / file):
            place = Place(FILES.index(file), line)
            try:
                if row_type is PostRow:
                    add_post(folder, cells, versions)
                else:
                    folder.rows.append((place, read_row(row_type, cells)))
            except Refused as refusal:
                folder.refused[place] = refusal
    folder.rows.sort(
        key=lambda placed: (getattr(placed[1], "recorded_on", date.min), placed[0])
    )
    return folder


def add_post(
    folder: Folder, cells: dict[str, str], versions: set[tuple[str | None, str | None]]
) -> None:
    """Put a post with its version; a post that cannot be read spoils the version it names."""
    key = (cells.get("agreement", ""), cells.get("version", ""))
    try:
        row: PostRow = read_row(PostRow, cells)
    except Refused:
        folder.spoiled_versions.add(key)
        raise
    refuse_if(
        key not in versions,
        "unknown_agreement",
        f"{key[0]} has no version {key[1]} in agreements.csv",
    )
    known = [post for post in folder.posts[key] if post.post == row.post]
    refuse_if(
        bool(known) and known[0] != row,
        "conflicting_row",
        f"{row.post} stands in {key} with other content",
    )
    if not known:
        folder.posts[key].append(row)

"""The building blocks of a generated folder: its rows, and what the generator must remember about them."""

import csv
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

Row = dict[str, str]

COLUMNS = {
    "organisations": "org_number name short_name kind region parent_org_number",
    "networks": "network kind name_nb name_en coordinating_trust starts_on model coordination_budget recorded_on",
    "agreements": "agreement version network payer payee effective_from starts_on ends_on frequency vacancy"
    " vat_treatment vat_reason recorded_on",
    "posts": "agreement version post content percent starts_on ends_on annual_cost",
    "acceptances": "agreement version answer recorded_on",
    "staffing": "post change effective_on holder recorded_on",
    "reports": "report network trust period_start period_end recorded_on",
    "report_decisions": "report decision recorded_on",
    "invoices": "agreement period_start period_end recorded_on",
    "invoice_decisions": "agreement period_start decision post reason recorded_on",
    "payments": "agreement period_start amount paid_on recorded_on",
}
ENDORSEMENT_COLUMNS = "agreement version role endorsed_by endorsed_on recorded_on"
MONTHS = {"yearly": 12, "half_yearly": 6, "tertial": 4, "quarterly": 3, "monthly": 1}


def kroner(ore: int, rng: random.Random) -> str:
    """An amount as people write it: the decimals are left out when there are none, or only sometimes."""
    whole, hundredths = divmod(ore, 100)
    if hundredths == 0 and rng.random() < 0.5:
        return str(whole)
    if hundredths % 10 == 0 and rng.random() < 0.3:
        return f"{whole}.{hundredths // 10}"
    return f"{whole}.{hundredths:02}"


def days_after(day: date, count: int) -> date:
    """The day that many days later (or earlier)."""
    return day + timedelta(days=count)


def clamp(day: date, earliest: date, latest: date) -> date:
    """The day, or the nearest end of the range."""
    return max(earliest, min(day, latest))


def period_of(year: int, number: int, frequency: str) -> tuple[date, date]:
    """The period with this number, from 0, of a year."""
    months = MONTHS[frequency]
    start = date(year, 1 + number * months, 1)
    after = start.month + months
    return start, days_after(
        date(year + 1, 1, 1) if after > 12 else date(year, after, 1), -1
    )


@dataclass
class Network:
    """An established network, and how much of its frame is still free (None when it has no frame)."""

    name: str
    kind: str
    trust: str
    starts_on: date
    last_day: date
    room: int | None

    @property
    def national(self) -> bool:
        return self.kind == "national"


@dataclass
class Post:
    """A post as one version has it; the cost is in øre."""

    name: str
    content: str
    percent: str
    starts_on: date
    ends_on: date
    cost: int


@dataclass
class Version:
    """One version of an agreement as it was proposed, and when it was accepted (None when it never was)."""

    number: int
    network: Network
    payer: str
    payee: str
    effective_from: date
    starts_on: date
    ends_on: date
    frequency: str
    vacancy: str
    vat: str
    posts: list[Post]
    recorded_on: date
    accepted_on: date | None = None

    def cost(self) -> int:
        return sum(post.cost for post in self.posts)


@dataclass
class Agreement:
    """An agreement with its versions in the order of their numbers."""

    name: str
    versions: list[Version] = field(default_factory=list)
    billed: list[tuple[date, date, date]] = field(
        default_factory=list
    )  # period and day of issue, as planned

    def known(self, on: date) -> list[Version]:
        """The versions accepted by that day."""
        return [
            version
            for version in self.versions
            if version.accepted_on and version.accepted_on <= on
        ]

    def governing(self, day: date, on: date) -> Version | None:
        """The accepted version that is effective on a day, as known on another."""
        effective = [
            version for version in self.known(on) if version.effective_from <= day
        ]
        return max(effective, key=lambda version: version.number, default=None)


@dataclass
class Book:
    """A folder in the making."""

    rng: random.Random
    first_year: int
    last_year: int
    regions: dict[str, str] = field(
        default_factory=dict
    )  # of the trusts that may be a party
    stranger: str = ""  # a valid number that is not registered
    networks: list[Network] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    files: dict[str, list[Row]] = field(
        default_factory=lambda: {file: [] for file in COLUMNS}
    )
    endorsements: list[Row] | None = None  # of a folder that asks for them

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def trust(self, *others: str) -> str:
        """A registered trust that is none of the others."""
        return self.rng.choice(
            [number for number in self.regions if number not in others]
        )

    def day(self, earliest: date, latest: date) -> date:
        """A day of a range, both ends included."""
        return days_after(
            earliest, self.rng.randint(0, max(0, (latest - earliest).days))
        )

    def add(self, file: str, **cells: object) -> Row:
        """Append a row; the first of the month of a date is as good as any, so cells are simply shown as text."""
        row = {column: str(cells.pop(column, "")) for column in COLUMNS[file].split()}
        assert not cells, f"{file} has no {list(cells)}"
        self.files[file].append(row)
        return row

    def again(self, file: str, row: Row, **changes: object) -> Row:
        """Append a row that is like an earlier one but for the changes."""
        return self.add(file, **(row | changes))

    def later(self, row: Row, most: int = 40) -> date:
        """A day after a row was recorded."""
        return days_after(
            date.fromisoformat(row["recorded_on"]), self.rng.randint(1, most)
        )

    def write(self, folder: Path) -> None:
        """Write the files: half of the folders sorted by day, the others as if lines had been pasted anywhere."""
        folder.mkdir(parents=True, exist_ok=True)
        tidy = self.chance(0.5)
        for file, columns in COLUMNS.items():
            rows = list(self.files[file])
            if "recorded_on" in columns and tidy:
                rows.sort(key=lambda row: row["recorded_on"])
            elif file != "organisations":
                self.rng.shuffle(rows)
            write_rows(folder / f"{file}.csv", columns, rows)
        if self.endorsements is not None:
            path = folder / "agreement_endorsements.csv"
            write_rows(path, ENDORSEMENT_COLUMNS, self.endorsements)


def write_rows(path: Path, columns: str, rows: list[Row]) -> None:
    """Write one file."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns.split(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

"""Random but plausible business years, for comparing an implementation with the oracle.

The same seed and size give the same folder, byte for byte. Most rows describe years that go as they should;
`generate_faults.py` then adds rows that break one rule each. What the contract leaves open and was only chosen
by the oracle (`AMBIGUITIES.md`, second part) is avoided, so that a difference is a finding.
"""

import csv
import random
from datetime import date
from pathlib import Path

from tests.support.years.agreements import add_agreement, add_network, add_staffing
from tests.support.years.faults import add_faults, is_day
from tests.support.years.invoicing import add_invoicing
from tests.support.years.rows import Book, Row, days_after

SIZES = {
    "small": (3, 2, 10),
    "medium": (6, 4, 24),
    "large": (12, 6, 60),
}  # networks, agreements of each, faults
ORGANISATIONS = Path(__file__).with_name("sample_organisations.csv")


def generate(seed: int, size: str = "small") -> Book:
    """The rows of one random folder."""
    rng = random.Random(f"{seed} {size}")
    first_year = rng.choice((2023, 2024, 2026, 2027))
    book = Book(rng, first_year, first_year + rng.choice((0, 1, 1, 2)))
    networks, agreements, faults = SIZES[size]
    add_organisations(book)
    for number in range(1, networks + 1):
        add_network(book, number)
    for network in book.networks:
        for number in range(1, rng.randint(1, agreements) + 1):
            add_agreement(book, network, f"{network.name}-a{number}")
    for agreement in book.agreements:
        add_staffing(book, agreement)
        add_invoicing(book, agreement)
    add_faults(book, faults)
    add_endorsements(book, random.Random(f"{seed} {size} endorsements"))
    return book


def add_endorsements(book: Book, rng: random.Random) -> None:
    """Of one folder in three, who endorses its versions: most of them in time, some late, never or of nothing.

    It has random numbers of its own, so that the rest of a folder is as it was without.
    """
    if rng.random() > 1 / 3:
        return
    rows: list[Row] = []
    for row in book.files["agreements"]:
        if rng.random() < 0.1 or not is_day(row["recorded_on"]):
            continue
        told_on = days_after(
            date.fromisoformat(row["recorded_on"]), rng.choice((0, 0, 0, 2, 40))
        )
        day = days_after(told_on, 1 if rng.random() < 0.05 else -rng.randint(0, 9))
        version = "77" if rng.random() < 0.05 else row["version"]
        endorsement = {
            "agreement": row["agreement"],
            "version": version,
            "role": rng.choice(("leader", "clinic_director", "clinic_director")),
            "endorsed_by": f"endorser-{rng.randint(1, 5)}",
            "endorsed_on": str(day),
            "recorded_on": str(told_on),
        }
        rows += [endorsement] * (2 if rng.random() < 0.1 else 1)
    rng.shuffle(rows)
    book.endorsements = rows


def add_organisations(book: Book) -> None:
    """The organisations of the sample but for one trust, which stays a stranger; a dozen of them are parties."""
    with ORGANISATIONS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))[
            :-1
        ]  # the last one of the sample fails modulus 11
    trusts = [row["org_number"] for row in rows if row["kind"] in ("hf", "other")]
    book.stranger = book.rng.choice(trusts)
    trusts.remove(book.stranger)
    parties = book.rng.sample(trusts, 12)
    for row in rows:
        if row["org_number"] != book.stranger:
            book.add("organisations", **row)
            if row["org_number"] in parties:
                book.regions[row["org_number"]] = row["region"]


def write_year(seed: int, folder: Path, size: str = "small") -> int:
    """Write a random folder, and return the last year that it is about."""
    book = generate(seed, size)
    book.write(folder)
    return book.last_year

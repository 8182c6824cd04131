"""Playing a folder whose days have few rows, beside the same row by row.

A row by itself costs most where a day and file has two of them: nothing is shared, and
each may rest on what another region has just recorded.
"""

import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from api.words import Language
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.year.conductor import Conductor
from deploy.year.folder import read_year
from deploy.year.plan import Plan, Refused, plan
from deploy.year.player import Player
from tests.bench.measure import Result, compared
from tests.support.years.generate import write_year

ROUNDS: Final = 3
SEED: Final = 1
SIZE: Final = "medium"
"""Some thousand rows on some six hundred days."""
GOAL: Final = "≥ 500 /s"


def run() -> list[Result]:
    """Measure by turns; both must refuse the same rows."""
    with TemporaryDirectory() as directory:
        folder = Path(directory) / "year"
        write_year(SEED, folder, SIZE)
        planned = plan(read_year(folder))
        rates: dict[type[Player], list[float]] = {Conductor: [], Player: []}
        told = []
        for _ in range(ROUNDS):
            for kind, measured in rates.items():
                rate, refused = played(kind, planned)
                measured.append(rate)
                told.append(refused)
        assert all(each == told[0] for each in told)
    what = f"play {planned.calls:,} rows, SQLite, beside row by row"
    ours, other = (median(each) for each in rates.values())
    return [compared(what, ours, other, "rows/s", GOAL)]


def played(kind: type[Player], planned: Plan) -> tuple[float, list[Refused]]:
    """Play a folder in a federation of its own; return rows in a second, and what fell."""
    with (
        TemporaryDirectory(prefix="fagnett-") as home,
        LocalFederation(Home(Path(home)), Database.SQLITE) as federation,
    ):
        player = kind(federation.urls, federation.token, Language.EN)
        began = time.perf_counter()
        asyncio.run(player.play(planned))
        return planned.calls / (time.perf_counter() - began), player.refused

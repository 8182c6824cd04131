"""The settlement of five years of monthly invoices, beside the bare limit.

The limit reads the same bytes of the same journal, parses them with orjson and
adds the amounts up. The settlement comes from the journal itself in one pass, or
through the read models: folded first, then asked year by year. A controller asks
for one trust and one year through the whole app, in this process.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import takewhile
from statistics import quantiles
from time import perf_counter
from typing import Final

import httpx
import orjson

from api.app import create_app
from api.auth import Role
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.views import open_views
from domain.closing.settlement import Settlement
from domain.history import Stream
from domain.invoicing.sales_document import InvoiceIssued
from domain.values import Region, instant_text
from federation.journal.store import MICROSECOND, Journal
from federation.signed.entry import EntryHeader, Envelope, Row, build
from projections.database import reading
from projections.engine import Projector
from projections.replay import settlements
from projections.settlement import settlement
from tests.bench.facts import ENVELOPE_SEEN
from tests.bench.invoicing import YEARS, Business, Happening, trusts
from tests.bench.measure import Result, alternating, compared, rate
from tests.support import servers
from tests.support.federation import node_around, token

ROWS_AT_ONCE: Final = 5000
NETWORKS: Final = (5, 17, 50)
"""Of twenty agreements, each with sixty months: 6,000, 20,000, 60,000 invoices."""

ROUNDS: Final = 3
ASKED: Final = 3
"""How often each trust asks for each year."""

AS_OF: Final = date(YEARS[-1] + 1, 12, 31)
MILLISECONDS: Final = 1000
SLOWEST_MS_MAX: Final = 50


class Sized:
    """A full journal, and the read models of it."""

    def __init__(self, database: str, networks: int) -> None:
        self.journal = open_journal(database, Region.VEST)
        self.views = open_views(database, None)
        self.projector = Projector(self.journal, self.views)
        self.projector.prepare()
        self.invoices = fill(self.journal, networks)

    def close(self) -> None:
        """Close both."""
        self.views.dispose()
        self.journal.close()

    def limit(self) -> int:
        """Parse every entry; return the sum of all amounts."""
        total = 0
        for body in bodies(self.journal):
            data = orjson.loads(body)["data"]
            total += data.get("amount_ore", 0)
            for line in data.get("lines", ()):
                total += line["amount_ore"]
        return total

    def from_journal(self) -> None:
        """Settle all years in one pass over the journal."""
        check(settlements(self.journal, YEARS, AS_OF))

    def from_read_models(self) -> None:
        """Fold the read models anew, and ask them for each year."""
        self.projector.rebuild()
        with reading(self.views) as connection:
            check(settlement(connection, year, AS_OF) for year in YEARS)

    async def ask(self) -> list[float]:
        """Return how many milliseconds each trust waits for one of its years."""
        waited = []
        app = httpx.ASGITransport(create_app(node_around(self.journal, self.views)))
        async with httpx.AsyncClient(transport=app, base_url="http://node") as client:
            for year, trust in list(itertools.product(YEARS, trusts())) * ASKED:
                number = trust.organisation.org_number
                asked = f"year={year}&as_of={AS_OF}&trust={number}"
                bearer = f"Bearer {token(number, Role.CONTROLLER)}"
                start = perf_counter()
                answer = await client.get(
                    f"/v1/settlement?{asked}", headers={"Authorization": bearer}
                )
                waited.append((perf_counter() - start) * MILLISECONDS)
                assert answer.is_success, answer.text
        return waited


def bodies(journal: Journal) -> Iterator[bytes]:
    """Return all entries' bytes, in one scan."""
    with journal.reading() as cursor:
        cursor.execute("SELECT body FROM journal")
        for row in iter(cursor.fetchone, None):
            yield row["body"]


def fill(journal: Journal, networks: int, until: date = date.max) -> int:
    """Append the business of some networks to a journal; return how many invoices."""
    happened = takewhile(lambda each: each.day <= until, Business(networks).run())
    return Filling(journal).add(happened)


class Filling:
    """Appends what happened to an empty journal, without deciding on it."""

    def __init__(self, journal: Journal, seen: str = ENVELOPE_SEEN) -> None:
        self._journal = journal
        self._seen = seen
        self._index = itertools.count()
        self._versions: Counter[Stream] = Counter()
        self._positions: Counter[Region] = Counter()
        self._instants: dict[Region, datetime] = {}

    def add(self, happened: Iterable[Happening]) -> int:
        """Append more; return how many invoices that were."""
        invoices = 0
        rows: list[Row] = []
        for each in happened:
            rows += self._rows(each)
            invoices += sum(isinstance(e.fact, InvoiceIssued) for e in each.appends)
            if len(rows) >= ROWS_AT_ONCE:
                _store(self._journal, rows)
        _store(self._journal, rows)
        return invoices

    def _rows(self, each: Happening) -> Iterator[Row]:
        envelope = Envelope(
            "0" * 32,
            each.organisation,
            f"{each.organisation}/{next(self._index)}",
            "0" * 32,
            "c" * 32,
            self._seen,
        )
        for stream, fact in each.appends:
            noon = datetime.combine(each.day, time(12), UTC)
            before = self._instants.get(stream.region, noon)
            self._instants[stream.region] = max(noon, before + MICROSECOND)
            self._versions[stream] += 1
            self._positions[stream.region] += 1
            place = EntryHeader(
                stream.region.value,
                1,
                self._positions[stream.region],
                str(stream),
                self._versions[stream],
                fact.TYPE,
                instant_text(self._instants[stream.region]),
            )
            yield build(place, envelope, fact.to_bytes())


def _store(journal: Journal, rows: list[Row]) -> None:
    with journal.writing() as cursor:
        journal.insert_rows(cursor, rows)
    rows.clear()


def check(settled: Iterator[Settlement]) -> None:
    """Hold the years against what they must be: all is billed, the nets are zero."""
    for year in settled:
        assert all(
            post.committed_ore for each in year.agreements for post in each.posts
        )
        assert all(each.unbilled_ore == 0 for each in year.agreements)
        assert sum(region.net_ore for region in year.regions.values()) == 0
        assert year.documents


def measured(name: str, databases: Mapping[int, str]) -> list[Result]:
    """Measure one database at every size."""
    results: list[Result] = []
    with ExitStack() as stack:
        all_sizes = [
            stack.enter_context(closing(Sized(database, networks)))
            for networks, database in databases.items()
        ]
        for sized in all_sizes:
            what = f"settle {sized.invoices:,} invoices, {name}"
            beside = partial(beside_limit, sized)
            results.append(beside(sized.from_read_models, f"{what}, by read models"))
            results.append(beside(sized.from_journal, f"{what}, by journal", "≥ 0.20"))
        few, many = all_sizes[0], all_sizes[-1]
        results.append(growth(name, few, many))
        # The first requests open connections and prepare statements.
        asyncio.run(many.ask())
        percentiles = quantiles(asyncio.run(many.ask()), n=100)
    for percentile, goal in ((50, ""), (99, f"< {SLOWEST_MS_MAX} ms")):
        ours = f"{percentiles[percentile - 1]:.0f} ms"
        what = f"one trust and year of {many.invoices:,} invoices, {name}"
        results.append(Result(f"{what}, p{percentile}", ours, "", "", goal))
    return results


def growth(name: str, few: Sized, many: Sized) -> Result:
    """Measure what an invoice costs among many and among few, by turns."""
    at_many, at_few = alternating(
        partial(rate, many.invoices, many.from_journal),
        partial(rate, few.invoices, few.from_journal),
        ROUNDS,
    )
    what = f"settle {many.invoices:,} invoices, {name}, beside {few.invoices:,}"
    cost = f"{at_few / at_many:.2f} of the cost"
    return Result(what, f"{at_many:,.0f} /s", f"{at_few:,.0f} /s", cost, "≤ 1.20")


def beside_limit(
    sized: Sized, act: Callable[[], None], what: str, goal: str = ""
) -> Result:
    """Measure one path by turns with the limit."""
    ours, limit = alternating(
        partial(rate, sized.invoices, act),
        partial(rate, sized.invoices, sized.limit),
        ROUNDS,
    )
    return compared(what, ours, limit, "/s", goal)


def run() -> list[Result]:
    """Measure on both databases."""
    # As a node does once it has started.
    collect_seldom()
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.postgres_server())
        sqlite = {
            each: f"sqlite:///{folder / str(each) / 'journal.sqlite'}"
            for each in NETWORKS
        }
        postgres = {each: servers.new_database(server) for each in NETWORKS}
        return measured("SQLite", sqlite) + measured("PostgreSQL", postgres)

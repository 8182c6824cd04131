"""Issuers of one seller: threads or processes that issue the same series at once."""

import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection, wait
from signal import SIGKILL
from typing import Any, Final, NamedTuple

from eventsourcing.persistence import OperationalError

from deploy.databases import open_journal
from domain.catalogue import decode
from domain.fact import Command
from domain.invoicing.invoice import SERIES, PeriodBilled
from domain.invoicing.sales_document import InvoiceIssued
from domain.values import REGIONAL_AUTHORITY, NetworkKind, Region
from federation.journal.store import ALL, Journal
from federation.log.executor import ContentionError, Executor, Receipt, RequestContext
from federation.signed.entry import data_of
from tests.support import examples
from tests.support.examples import BERGEN, OSLO
from tests.support.federation import DIGESTS

SELLER: Final = OSLO
HOME: Final = Region.VEST
HALVES: Final = (
    (date(2026, 1, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 12, 31)),
)
BEFORE: Final = datetime(2025, 12, 1, 12, tzinfo=UTC)
AFTER: Final = datetime(2027, 1, 10, 12, tzinfo=UTC)
ISSUERS: Final = 8


class Wanted(NamedTuple):
    """A document to issue: of an agreement, for one half of 2026."""

    agreement: str
    half: int


Numbers = dict[Wanted, int]


def prepare(journal: Journal, agreements: int) -> list[Wanted]:
    """Bring a seller to so many agreements; return what it may issue now."""
    executor = Executor(journal, DIGESTS)
    names = [f"ms-{number}" for number in range(agreements)]
    commands: list[tuple[str, Command]] = [
        (REGIONAL_AUTHORITY[HOME], examples.organisation(number, region=HOME))
        for number in (BERGEN, SELLER)
    ]
    commands.append((BERGEN, examples.network(kind=NetworkKind.LOCAL)))
    for name in names:
        version = examples.version(agreement=name, posts=(examples.post(name),))
        commands += [
            (BERGEN, version),
            (SELLER, examples.accept(agreement=name)),
            (SELLER, examples.fill(name=name)),
        ]
    commands += [(SELLER, examples.report()), (BERGEN, examples.approve())]
    for index, (organisation, command) in enumerate(commands):
        asker = RequestContext("tester", organisation, str(index), "c", BEFORE)
        outcome = executor.execute(command, asker)
        assert isinstance(outcome, Receipt), outcome
    return [Wanted(name, half) for name in names for half in range(len(HALVES))]


def issue(executor: Executor, wanted: Wanted) -> int:
    """Issue a document, again until it is acknowledged; return its number."""
    command = examples.invoice(*HALVES[wanted.half], agreement=wanted.agreement)
    key = f"{wanted.agreement}-{wanted.half}"
    while True:
        try:
            outcome = executor.execute(
                command, RequestContext("c", SELLER, key, "c", AFTER)
            )
        except (ContentionError, OperationalError):
            continue
        assert isinstance(outcome, Receipt), outcome
        facts = [decode(row.type, data_of(row.body)) for row in outcome.rows]
        (billed,) = [fact for fact in facts if isinstance(fact, PeriodBilled)]
        return billed.number


def series(journal: Journal) -> list[tuple[int, Wanted]]:
    """Return the numbers of the seller's series, and what each invoices."""
    stream = str(SERIES.stream(HOME, f"{SELLER}:{AFTER.year}"))
    found = []
    for row in journal.entries(HOME.value, 0, ALL):
        if row.stream == stream:
            fact = decode(row.type, data_of(row.body))
            assert isinstance(fact, InvoiceIssued)
            half = HALVES.index((fact.period_start, fact.period_end))
            found.append((row.version, Wanted(fact.agreement, half)))
    return found


def _issue_all(database: str, share: Sequence[Wanted], told: Connection) -> None:
    journal = open_journal(database, HOME)
    executor = Executor(journal, DIGESTS)
    for wanted in share:
        told.send((wanted, issue(executor, wanted)))
    journal.close()


class Processes:
    """Issuers with a process each, that may be killed in the midst."""

    def __init__(self, database: str, wanted: Sequence[Wanted]) -> None:
        self.killed = 0
        self._database = database
        self._shares = [wanted[issuer::ISSUERS] for issuer in range(ISSUERS)]
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])

    def run(self, killed_after: Mapping[int, int]) -> Iterator[tuple[Wanted, int]]:
        """Start all; yield what is acknowledged; kill some, each after so many.

        A killed one is at work on its next document then, wherever that stands.
        """
        running: dict[Any, tuple[int, Any]] = {}
        for issuer, share in enumerate(self._shares):
            hears, tells = self._context.Pipe(duplex=False)
            arguments = (self._database, share, tells)
            process = self._context.Process(target=_issue_all, args=arguments)
            process.start()
            tells.close()
            running[hears] = (issuer, process)
        left = {issuer: killed_after.get(issuer, ALL) for issuer in range(ISSUERS)}
        while running:
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                issuer, process = running[ready]
                try:
                    told = ready.recv()
                except EOFError:
                    process.join()
                    killed = process.exitcode == -SIGKILL
                    assert killed or process.exitcode == 0
                    self.killed += killed
                    del running[ready]
                    continue
                left[issuer] -= 1
                if left[issuer] == 0:
                    process.kill()
                yield told

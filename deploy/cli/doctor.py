"""``fagnett doctor``: whether a node has what it needs, and what to do where not."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

import typer
from eventsourcing.persistence import PersistenceError
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.clock import ClockSource
from api.words import Language, sentence
from deploy.carrier.files import load_login
from deploy.cli.alone import AlreadyRunningError, only_one
from deploy.cli.complaints import complaints
from deploy.cli.explained import settings_explained
from deploy.cli.progress import told
from deploy.databases import exists, open_journal, private_paths
from deploy.doctor import carrier, files, store
from deploy.doctor.finding import Finding, Level, fails, ok, warns
from deploy.keyfiles import KeyFileError
from deploy.local.federation import is_ready, stored_nodes, unready
from deploy.local.home import Home, read_state
from deploy.settings import CliSettings, NodeSettings
from domain.values import Region
from federation.journal.unreadable import Cause, UnreadableJournalError
from federation.transport.connection import inspect
from federation.transport.login import Login
from federation.transport.ports import TransportError
from federation.transport.subjects import stream_name
from federation.transport.watching import requests_per_second

PATIENCE_SECONDS: Final = 5.0
_SQLITE: Final = "sqlite:///"
_STYLES: Final = {Level.OK: "green", Level.WARNS: "yellow", Level.FAILS: "bold red"}


def examine(
    home: Path | None,
    region: Region | None,
    *,
    as_json: bool,
    words: Language,
) -> None:
    """Look at all that a node needs, and change nothing.

    It is that of the FAGNETT_… variables, or each of a home, or one of these.
    Exit code 0 when nothing fails, else 1. Nothing secret is printed.
    """
    findings_of = dict(_examined(home, region, words))
    if as_json:
        shown = [
            {**({} if home is None else {"region": who}), **_as_json(finding, words)}
            for who, findings in findings_of.items()
            for finding in findings
        ]
        typer.echo(json.dumps(shown, indent=1))
    else:
        for who, findings in findings_of.items():
            if home is not None:
                typer.echo(sentence(words, "upkeep", "node_of", {"region": who}))
            Console().print(_table(findings, words))
    if any(of.level is Level.FAILS for of in chain.from_iterable(findings_of.values())):
        raise typer.Exit(1)


def _examined(
    home: Path | None, region: Region | None, words: Language
) -> Iterator[tuple[str, list[Finding]]]:
    """Give what was found of each node, by its region."""
    if home is None:
        found = _of(words, NodeSettings, None)
        if any(each.key == "settings_fails" for each in found):
            told(sentence(words, "upkeep", "name_home"))
        yield "", found
        return
    kept = Home(home)
    with settings_explained(words):
        if read_state(kept) is None:
            told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
            raise typer.Exit(2)
        stopped = home if kept.is_stopped else None
        with (
            stored_nodes(kept, CliSettings().postgres_dsn) as nodes,
            ThreadPoolExecutor(len(nodes)) as threads,
        ):
            futures = {
                # As text, as the variables have it.
                each.value: threads.submit(
                    _of, words, partial(NodeSettings, **what), stopped
                )
                for each, what in nodes.items()
                if region in {None, each}
            }
            yield from ((each, looked.result()) for each, looked in futures.items())


def _of(
    words: Language, settings: Callable[[], NodeSettings], stopped: Path | None
) -> list[Finding]:
    """Look at one node; ``stopped`` is the home in which nothing runs, if it is one."""
    try:
        return list(_findings(settings(), stopped))
    except ValidationError as error:
        return [
            fails("settings", setting=complaint.setting, reason=complaint.reason)
            for complaint in complaints(error, words)
        ]


def _as_json(finding: Finding, words: Language) -> dict[str, object]:
    return {**finding._asdict(), "words": finding.words(words)}


def _table(findings: list[Finding], words: Language) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        style = _STYLES[finding.level]
        text = Text(finding.words(words))
        level = sentence(words, "doctor_level", finding.level.value)
        check = sentence(words, "doctor_check", finding.check)
        table.add_row(Text(level, style), check, text)
    return table


def _findings(settings: NodeSettings, stopped: Path | None) -> Iterator[Finding]:
    now = datetime.now(UTC)
    yield ok("settings", region=settings.region.value)
    yield from files.check_keys(
        settings.region,
        settings.signing_key_file,
        settings.peers_file,
        settings.persons_key_file,
        settings.token_key_file,
    )
    yield files.check_documents_key(settings.documents_key)
    if settings.bucket is not None:
        yield files.check_bucket(settings.bucket)
    yield from files.login(
        settings.nats_ca_file,
        settings.nats_certificate_file,
        settings.nats_nkey_file,
        now,
    )
    yield from files.private(
        private_paths(
            settings.database, settings.views, settings.desk, settings.documents
        )
    )
    yield from _database(settings, now)
    if stopped is not None:
        yield warns("node", "stopped", home=str(stopped))
        yield fails("carrier", "stopped")
        yield store.versions("")
        return
    yield _node(settings)
    if "store" in unready(_url(settings)):
        yield fails("stream", "full", stream=stream_name(settings.region.value))
    nats = ""
    for finding in _carrier(settings):
        if finding.key == "carrier_ok":
            nats = str(finding.values["release"])
        yield finding
    yield store.versions(nats)


def _database(settings: NodeSettings, now: datetime) -> Iterator[Finding]:
    sqlite = settings.database.startswith(_SQLITE)
    if sqlite:
        yield store.disk(Path(settings.database.removeprefix(_SQLITE)))
    # Opening makes what is missing, and nothing is made here.
    if not exists(settings.database):
        yield warns("database", "none")
        yield from files.promises(settings.promises, None)
        return
    try:
        with closing(
            open_journal(settings.database, settings.region, read_only=True)
        ) as journal:
            yield store.database(journal, sqlite=sqlite)
            yield from files.promises(settings.promises, journal)
            yield from files.check_keys_known(settings.peers_file, journal)
            plays = settings.clock is ClockSource.REQUEST
            yield from store.frontier(journal, now, plays=plays)
            if not plays:
                yield store.times(journal, now)
            yield from store.check_incidents(journal)
    except UnreadableJournalError as error:
        if error.cause is Cause.EARLIER:
            yield warns("database", "earlier")
        elif sqlite:
            yield fails("database", reason="the file is not a database of Fagnett's")
        else:
            yield warns("database", "none")
        yield from files.promises(settings.promises, None)
    except (PersistenceError, sqlite3.DatabaseError) as error:
        yield fails("database", reason=str(error).partition("\n")[0])


def _url(settings: NodeSettings) -> str:
    return f"http://{settings.http_host}:{settings.http_port}"


def _node(settings: NodeSettings) -> Finding:
    url = _url(settings)
    if is_ready(url):
        return ok("node")
    for check in unready(url):
        if check in {"database", "clock"}:
            return fails("node", check)
    if not exists(settings.database):
        return warns("node", "none")
    try:
        lock = only_one(settings.database)
    except AlreadyRunningError:
        return warns("node", "not_ready")
    if lock is not None:
        lock.close()
    return warns("node", "none")


def _carrier(settings: NodeSettings) -> Iterator[Finding]:
    try:
        login = load_login(
            settings.nats_ca_file,
            settings.nats_certificate_file,
            settings.nats_nkey_file,
        )
    except KeyFileError:
        # Its own line says why.
        yield fails("carrier", "no_login")
        return
    region, url = settings.region.value, settings.nats_url
    try:
        inspected = asyncio.run(inspect(url, region, login, PATIENCE_SECONDS))
    except TransportError as error:
        yield fails("carrier", url=url, reason=str(error))
        return
    yield from carrier.carrier(region, inspected, datetime.now(UTC))
    yield from _readers(url, region, login)


def _readers(url: str, region: str, login: Login) -> Iterator[Finding]:
    try:
        rates = asyncio.run(requests_per_second(url, region, login, PATIENCE_SECONDS))
    except TransportError:
        yield warns("readers", "unknown", region=region)
        return
    yield from carrier.readers(rates)

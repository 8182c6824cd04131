"""``fagnett epoch begin``: what an operator does when nobody has what was promised."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from api.words import Language
from deploy.cli.alone import only_one
from deploy.cli.app import app
from deploy.cli.epochs import _show as show_loss
from deploy.cli.verifying import _show as show_log
from deploy.databases import open_journal as open_database
from deploy.keyfiles import write_secret
from domain.parties.epoch import EpochBegun
from domain.values import Region, instant_text, parse_instant
from federation.checks.signed_heads import SignedHeads, breach
from federation.checks.verification import verify
from federation.checks.verified import Verified
from federation.journal.shapes import Position
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.epochs import begun
from federation.node.leader import LEASE
from federation.node.new_epoch import Loss
from federation.signed.checkpoint import Checkpoint
from tests.support import epochs
from tests.support.epochs import KEPT, OTHERS, PROMISED, VEST, Lost
from tests.support.federation import KEYS, instant
from tests.support.replication import OverNats, record, running, server
from tests.support.servers import Servers, carrier_servers, new_database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
PUBLIC = {region: key.verifier for region, key in KEYS.items()}


@pytest.fixture(scope="module")
def nats() -> Iterator[Servers]:
    """Run the servers once for all tests of this file."""
    with carrier_servers() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give vest's database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vest.sqlite'}"
    return new_database(request.getfixturevalue("postgres_dsn"))


class Operator:
    """Runs the command for vest, whose node came back from a backup."""

    def __init__(self, nats: Servers, database: str, folder: Path) -> None:
        self.nats, self.database, self.folder = nats, database, folder
        self.carriers = {region: nats.node(region) for region in Region}
        self.others: dict[Region, Journal] = {}
        self.promises = folder / "kept" / "vest.promises"
        write_secret(folder / "vest.key", KEYS[VEST].secret_text())
        lines = [str(key) for key in PUBLIC.values()]
        (folder / "regions.pub").write_text("\n".join(lines) + "\n")

    def opened(self, region: Region) -> Journal:
        """Open a region's journal."""
        if region is VEST:
            return open_database(self.database, VEST)
        return SQLiteJournal(self.folder / f"{region.value}.sqlite", region, instant)

    async def lose(self, holder: Region | None = None) -> Lost:
        """Lose the last entries of the log, and stop the node."""
        for region, carrier in self.carriers.items():
            await carrier.connect(self.nats.urls[region])
        network = OverNats(self.nats, dict(self.carriers))
        for region in Region:
            await network.lose(region)
        lost = await epochs.lose(
            network, self.opened, self.folder, holder, SignedHeads(self.promises)
        )
        lost.journal.close()
        await self.carriers[VEST].close()
        self.others = lost.others
        return lost

    async def run(
        self, lost: Lost, *arguments: str, away: Region | None = None
    ) -> Result:
        """Run ``fagnett epoch begin`` while the other regions' nodes run."""
        asked = [each for each in OTHERS if each is not away]
        parts = [server(lost.network, lost.others[region]) for region in asked]
        async with running(*parts):
            return await asyncio.to_thread(self._run, arguments)

    def _run(self, arguments: tuple[str, ...]) -> Result:
        files = self.nats.files
        env: dict[str, Any] = {
            "LANGUAGE": "en",
            "REGION": "vest",
            "DATABASE": self.database,
            "PEERS_FILE": self.folder / "regions.pub",
            "SIGNING_KEY_FILE": self.folder / "vest.key",
            "PROMISES_FILE": self.promises,
            "NATS_URL": self.nats.urls[VEST],
            "NATS_CA_FILE": files.authority,
            "NATS_CERTIFICATE_FILE": files.client(VEST),
            "NATS_NKEY_FILE": files.nkey(VEST, "node"),
        }
        named = {f"FAGNETT_{name}": str(value) for name, value in env.items()}
        return CliRunner().invoke(app, ["epoch", "begin", *arguments], env=named)

    async def close(self) -> None:
        """Close what is open."""
        for journal in self.others.values():
            journal.close()
        for carrier in self.carriers.values():
            await carrier.close()


@pytest.fixture
async def operator(
    nats: Servers, database: str, tmp_path: Path
) -> AsyncIterator[Operator]:
    """Give vest's operator."""
    made = Operator(nats, database, tmp_path)
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for an answer that does not come."""
    monkeypatch.setattr("federation.node.new_epoch.ASK_AGAIN_SECONDS", 0.2)


async def test_an_operator_gives_up_what_nobody_holds(operator: Operator) -> None:
    lost = await operator.lose()
    result = await operator.run(
        lost, "--reason", "The disk is lost", "--actor", "kari-7"
    )
    assert result.exit_code == 0, result.output
    assert f"the entries {KEPT + 1}-{PROMISED} of Helse Vest" in result.output
    assert f"Epoch 2 of Helse Vest begins with entry {KEPT + 1}" in result.output
    with closing(operator.opened(VEST)) as journal:
        found = begun(journal, "vest", 2)
        assert found is not None
        assert found.fact.reason == "The disk is lost"
        row = journal.entries("vest", KEPT, 1)[0]
        assert b'"actor":"kari-7"' in row.body
        promised = SignedHeads(operator.promises).last("vest")
        assert promised is not None
        assert (promised.epoch, promised.size) == (1, PROMISED), "nothing has left yet"
        assert breach(journal, promised) is None
        list(verify(journal, PUBLIC))
        again = await operator.run(lost, "--reason", "Once more")
        assert again.exit_code == 1
        assert "Nothing is missing" in again.output
        await operator.carriers[VEST].connect(operator.nats.urls[VEST])
        lost.journal = journal
        record(journal, 3)
        await lost.follow(*OTHERS)


async def test_what_was_promised_of_a_time_that_has_not_come_is_given_up_on_a_word(
    operator: Operator,
) -> None:
    lost = await operator.lose()
    later = datetime.now(UTC) + timedelta(days=364)
    note = epochs.signed(lost.before, complete_to=instant_text(later))
    SignedHeads(operator.promises).keep(note)
    result = await operator.run(lost, "--reason", "The clock ran ahead")
    assert result.exit_code == 1
    assert "has not come by this clock" in result.output
    result = await operator.run(lost, "--reason", "The clock ran ahead", "--ahead")
    assert result.exit_code == 0, result.output
    assert "that is given up, too" in result.output
    with closing(operator.opened(VEST)) as journal:
        (row,) = journal.entries("vest", KEPT, 1)
        assert parse_instant(row.recorded_at) < datetime.now(UTC)
    again = await operator.run(lost, "--reason", "Once more", "--ahead")
    assert "Nothing is missing" in again.output, "it binds no more"


async def test_what_somebody_holds_is_fetched_and_nothing_given_up(
    operator: Operator,
) -> None:
    lost = await operator.lose(Region.NORD)
    result = await operator.run(lost, "--reason", "The disk is lost")
    assert result.exit_code == 1
    assert "Nothing is missing" in result.output
    with closing(operator.opened(VEST)) as journal:
        assert list(journal.entries("vest", 0, 99)) == lost.before


async def test_who_does_not_answer_is_waited_for_or_named(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.new_epoch.ASKED_MAX", 4)
    lost = await operator.lose()
    arguments = ("--reason", "The disk is lost")
    result = await operator.run(lost, *arguments, away=Region.NORD)
    assert result.exit_code == 1
    assert "No answer from Helse Nord" in result.output
    named = (*arguments, "--without", "nord")
    result = await operator.run(lost, *named, away=Region.NORD)
    assert result.exit_code == 0, result.output
    assert "Not asked: Helse Nord" in result.output


async def test_a_running_node_or_no_reason_is_no_time_for_an_epoch(
    operator: Operator,
) -> None:
    lost = await operator.lose()
    for reason in ("", "born 01010750160"):
        result = await operator.run(lost, "--reason", reason)
        assert result.exit_code == 2
        assert "A reason is one line" in result.output
        assert "01010750160" not in result.output
    result = await operator.run(lost)
    assert result.exit_code == 2
    with _running(operator.database):
        result = await operator.run(lost, "--reason", "The disk is lost")
    assert result.exit_code == 1
    assert "Stop it first" in result.output
    with closing(operator.opened(VEST)) as journal:
        assert journal.positions()["vest"] == (1, KEPT)


def _running(database: str) -> Any:
    """Hold what a node that runs holds."""
    if database.startswith("sqlite"):
        return only_one(database)
    connection = psycopg.connect(database, autocommit=True)
    connection.execute("SELECT pg_advisory_lock(%s, %s)", LEASE)
    return connection


@pytest.mark.parametrize("language", Language)
def test_verify_says_which_entries_an_epoch_gave_up_or_that_it_gave_up_none(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    root = "0" * 64
    third = EpochBegun(
        epoch=3,
        kept=90,
        kept_root=root,
        promised=90,
        promised_root=root,
        begun_on=date(2026, 7, 10),
        reason="The key was stolen",
        without=(),
    )
    second = third.model_copy(update={"epoch": 2, "kept": 52, "promised": 60})
    show_log(
        Verified("vest", 95, 4, {93: b""}, {"nord": 90}, [second, third]), language
    )
    _cosigned, unsigned, lost, apart = capsys.readouterr().out.splitlines()
    assert re.findall("[0-9]+", unsigned) == ["2"]
    assert re.findall("[0-9]+", lost) == ["2", "53", "53", "60"]
    assert re.findall("[0-9]+", apart) == ["3", "91"]
    assert all("The key was stolen" in each for each in (lost, apart))


@pytest.mark.parametrize("language", Language)
def test_an_operator_reads_what_is_given_up_before_it_is(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    promised = Checkpoint(
        "vest", 1, PROMISED, b"\1" * 32, "2026-07-10T10:00:00.000000Z"
    )
    without = (Region.NORD, Region.MIDT)
    show_loss(Loss(Position(1, KEPT), b"", promised, without), language)
    given_up, named = capsys.readouterr().out.splitlines()
    numbers = [str(KEPT + 1), str(PROMISED), str(PROMISED), "01" * 32]
    assert re.findall("[0-9]+", given_up) == numbers
    assert "Helse Vest" in given_up
    assert "Helse Nord, Helse Midt" in named
    show_loss(Loss(Position(1, PROMISED), b"", promised, ()), language)
    assert not capsys.readouterr().out, "nothing is given up, and everybody was asked"

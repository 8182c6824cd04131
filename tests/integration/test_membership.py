"""A region leaves in the middle of business, the others go on, and it joins again.

The nodes are whole, over the carrier in memory; they are stopped in between, and
what an operator does is done by the command line.
"""

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.auth import Role
from api.words import Language
from deploy.cli.alone import only_one
from deploy.cli.app import app
from deploy.keyfiles import write_secret
from deploy.local.database import Database
from deploy.local.home import Home
from deploy.year.conductor import Conductor
from deploy.year.folder import read_year
from deploy.year.plan import Refused, plan
from domain.parties.membership import RegionLeft
from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.arrivals import arrived
from federation.log.membership import membership_of
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.merkle import Frontier, extend, root
from tests.support.commands import SAMPLE
from tests.support.federation import KEYS, InProcess, in_process, instant, token
from tests.support.replication import record

pytestmark = pytest.mark.anyio

NORD = Region.NORD
OTHERS = [region for region in Region if region is not NORD]
BERGEN, OSLO, TROMSO = "983974724", "993467049", "983974899"
LATER = date(2027, 12, 31)
PAID = "ves-ous/ves-ous-1/2026-01-01|ms-ous/ms-ous-1/2026-01-01"
"""Their payer has registered payments of which no bank of the payee has told."""
OPEN = f"ves-ous/ves-ous-1/2026-07-01|{PAID}"
NEXT_YEAR = {
    "agreements": [
        "new-unn,1,ms,983974724,983974899,2027-08-01,2027-08-01,2027-12-31,half_yearly,stop,exempt,health personnel,2027-07-01",
        "new-ous,1,ms,983974724,993467049,2027-08-01,2027-08-01,2027-12-31,half_yearly,stop,exempt,health personnel,2027-07-01",
    ],
    "posts": [
        "new-unn,1,new-unn-1,Teaching,10.00,2027-08-01,2027-12-31,1000.00",
        "new-ous,1,new-ous-1,Teaching,10.00,2027-08-01,2027-12-31,1000.00",
    ],
    "acceptances": ["new-ous,1,accepted,2027-07-02"],
    "reports": [
        "ms-ous-2027,ms,993467049,2027-01-01,2027-06-30,2027-07-04",
    ],
    "report_decisions": ["ms-ous-2027,approved,2027-07-08"],
    "invoices": ["ms-ous,2027-01-01,2027-06-30,2027-07-10"],
    "invoice_decisions": ["ms-ous,2027-01-01,approved,,,2027-07-20"],
    "payments": ["ms-ous,2027-01-01,1000.00,2027-07-25,2027-07-25"],
    "closings": [
        f"983974724,993467049,2027-01-01,2027-03-31,draw_up,{OPEN},,2027-07-26",
        "993467049,983974724,2027-01-01,2027-03-31,sign,,,2027-07-26",
    ],
}
"""What is played after nord has left; its trust's rows are refused."""
WITH_NORD_AGAIN = {
    "agreements": [
        "new-unn,1,ms,983974724,983974899,2027-10-01,2027-10-01,2027-12-31,half_yearly,stop,exempt,health personnel,2027-09-01",
    ],
    "posts": ["new-unn,1,new-unn-1,Teaching,10.00,2027-10-01,2027-12-31,1000.00"],
    "acceptances": ["new-unn,1,accepted,2027-09-02"],
    "reports": ["ms-unn-2027,ms,983974899,2027-01-01,2027-03-31,2027-09-04"],
    "report_decisions": ["ms-unn-2027,approved,2027-09-08"],
    "invoices": ["ms-unn,2027-01-01,2027-03-31,2027-09-10"],
}
CLOSINGS = (
    "trust,counterpart,period_start,period_end,action,carry_over,reason,recorded_on"
)


@pytest.fixture(autouse=True)
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the operator act when the year is played."""
    monkeypatch.setattr("deploy.cli.membership.system_clock", instant)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Give the folder of a local federation with the keys of the tests."""
    found = Home(tmp_path / "home")
    found.peers.parent.mkdir(parents=True)
    keys = [str(key.verifier) for key in KEYS.values()]
    found.peers.write_text("\n".join(keys) + "\n")
    for region, key in KEYS.items():
        write_secret(found.signing_key(region), key.secret_text())
        found.journal(region).parent.mkdir(parents=True)
    found.state.write_text(json.dumps({"database": Database.SQLITE.value, "nodes": {}}))
    return found


def opened(home: Home, region: Region) -> Journal:
    """Open a region's journal."""
    return SQLiteJournal(home.journal(region), region, instant)


async def all_same(federation: InProcess, *among: Region) -> None:
    """Wait until every node, or some, hold what every region has recorded."""
    wanted = {
        region.value: node.journal.positions()[region.value].position
        for region, node in federation.nodes.items()
    }
    for region in among or Region:
        node = federation.nodes[region]
        assert await arrived(node.journal, wanted, 60) == wanted


def operator(home: Home, *arguments: str, region: Region | None = NORD) -> Result:
    """Run a command of the group."""
    named = ["--home", str(home.path), "--language", "en"]
    if region is not None:
        named += ["--region", region.value]
        with closing(opened(home, region)) as journal:
            sealed = journal.sealed(region.value)
        # Of what has left a node it keeps the promise beside its key.
        promised = home.signing_key(region).with_suffix(".promises")
        if sealed is not None:
            SignedHeads(promised).keep(sealed.note)
    return CliRunner().invoke(app, ["federation", *arguments, *named])


def year_of(
    folder: Path, played: dict[str, list[str]], regions: Iterable[Region]
) -> Path:
    """Write the folder of a later year, with the organisations of some regions."""
    shutil.copytree(SAMPLE / "2026", folder)
    heads = {"closings": CLOSINGS}
    for path in folder.glob("*.csv"):
        if path.stem == "organisations":
            head, *known = path.read_text().splitlines()
            ours = (row for row in known if not {*regions}.isdisjoint(row.split(",")))
            path.write_text("\n".join((head, *ours)) + "\n")
        elif path.stem != "networks":
            heads[path.stem] = path.read_text().splitlines()[0]
            path.unlink()
    for name, rows in played.items():
        lines = "\n".join((heads[name], *rows))
        (folder / f"{name}.csv").write_text(lines + "\n")
    return folder


async def get(federation: InProcess, region: Region, path: str) -> httpx.Response:
    """Ask a node."""
    headers = {"Authorization": f"Bearer {token(BERGEN, Role.READER)}"}
    url = federation.urls[region]
    transport = federation.doors[url]
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        return await client.get(path, headers=headers)


async def test_the_others_settle_a_later_year_without_a_region_that_left(
    home: Home, tmp_path: Path
) -> None:
    views = tmp_path / "views"
    views.mkdir()

    def journal(region: Region) -> Journal:
        return opened(home, region)

    async with in_process(views, journal) as federation:
        await federation.play(SAMPLE / "2026")
        await all_same(federation)
        year = {r: federation.settle(r, 2026, LATER) for r in OTHERS}
    left_by_the_operator(home)
    async with in_process(views, journal) as federation:
        await all_same(federation)
        federation.network.cut.add(NORD.value)
        folder = year_of(tmp_path / "2027", NEXT_YEAR, OTHERS)
        urls = {region: federation.urls[region] for region in OTHERS}
        player = Conductor(urls, token, Language.EN, doors=federation.doors)
        await player.play(plan(read_year(folder)))
        refused = player.refused
        assert new(refused) == {
            ("agreements.csv", "counterparty_left"),
        }
        await all_same(federation, *OTHERS)
        settled = [federation.settle(region, 2027, LATER) for region in OTHERS]
        assert all(each == settled[0] for each in settled)
        assert billed(settled[0], "ms-ous") > 0
        assert {r: federation.settle(r, 2026, LATER) for r in OTHERS} == year
        await nobody_waits(federation)
    joined_by_the_operator(home)
    async with in_process(views, journal) as federation:
        await all_same(federation)
        refused = await federation.play(
            year_of(tmp_path / "again", WITH_NORD_AGAIN, Region)
        )
        assert not new(refused)
        await all_same(federation)
        for region in Region:
            answer = await get(federation, region, "/v1/federation")
            assert answer.json()["regions"]["nord"]["left_on"] is None
    named = ["--home", str(home.path), "--language", "en"]
    arguments = ["verify", "--decisions", *named]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    for said in ("Helse Nord: left the federation on", "Helse Nord: joined on"):
        assert result.output.count(said) == len(Region)


def new(refused: list[Refused]) -> set[tuple[str, str]]:
    """Return what is refused of the rows that are not those of the year before."""
    known = {"organisations.csv", "networks.csv"}
    return {(each.file, each.code) for each in refused if each.file not in known}


def billed(settlement: dict[str, Any], agreement: str) -> int:
    """Return what an agreement was billed in a year, in øre."""
    (found,) = (
        each for each in settlement["agreements"] if each["agreement"] == agreement
    )
    return int(found["invoiced"])


def left_by_the_operator(home: Home) -> None:
    """Leave: shown first what is open, and only when that is meant."""
    before = size(home)
    result = operator(home, "leave", "--reason", "It settles by itself")
    assert result.exit_code == 1
    assert "matters are open for the trusts of Helse Nord" in result.output
    assert f"Document {TROMSO}/2026/" in result.output
    assert size(home) == before
    arguments = ("leave", "--reason", "It settles by itself", "--despite-open")
    running = only_one(f"sqlite:///{home.journal(NORD)}")
    assert running is not None
    with running:
        assert "Stop it first" in operator(home, *arguments).output
    assert size(home) == before
    result = operator(home, *arguments)
    assert result.exit_code == 0, result.output
    assert f"has left the federation with entry nord/1/{before + 1}" in result.output
    assert operator(home, *arguments).exit_code == 1
    assert size(home) == before + 1


def joined_by_the_operator(home: Home) -> None:
    """Join again, as the one region that had left."""
    assert operator(home, "join", region=Region.VEST).exit_code == 1
    shown = operator(home, "show", region=None).output
    assert shown.count("Helse Nord: left on") == len(Region)
    result = operator(home, "join", "--actor", "kari-7")
    assert result.exit_code == 0, result.output
    shown = operator(home, "show").output
    assert "Helse Nord: member since" in shown
    assert str(KEYS[Region.VEST].verifier) in shown


async def nobody_waits(federation: InProcess) -> None:
    """Look at what the other nodes say of the region that left."""
    for region in OTHERS:
        path = f"/v1/settlement?year=2027&as_of={LATER}"
        answer = await get(federation, region, path)
        assert "nord" not in answer.headers["fagnett-incomplete"]


def size(home: Home) -> int:
    """Return how much nord has recorded."""
    with closing(opened(home, NORD)) as journal:
        return journal.positions()["nord"].position


def test_an_older_copy_does_not_leave_in_the_place_of_the_log(home: Home) -> None:
    """What it would record has the place of an entry that others hold."""
    arguments = ("leave", "--reason", "Enough")
    assert "there is no journal" in operator_of_nothing(home, *arguments)
    with closing(opened(home, NORD)) as journal:
        record(journal, 2)
    result = operator(home, *arguments)
    assert result.exit_code == 1
    assert "nothing is promised there" in result.output
    promises = SignedHeads(home.signing_key(NORD).with_suffix(".promises"))
    last = "2026-01-02T00:00:00.000000Z"
    promises.keep(sign(Checkpoint("nord", 1, 3, bytes(32), last), KEYS[NORD]))
    result = operator(home, *arguments)
    assert result.exit_code == 1
    assert "it is an older copy" in result.output
    assert size(home) == 2


def test_what_was_announced_is_before_what_is_recorded(home: Home) -> None:
    """A restored database does not know it; the file of promises does."""
    with closing(opened(home, NORD)) as journal:
        record(journal, 2)
        rows = journal.entries("nord", 0, 9)
    tree = extend(Frontier(), (row.leaf for row in rows))
    announced = "2026-02-03T12:00:00.000000Z"
    said = Checkpoint("nord", 1, 2, root(tree), announced)
    SignedHeads(home.signing_key(NORD).with_suffix(".promises")).keep(
        sign(said, KEYS[NORD])
    )
    assert operator(home, "leave", "--reason", "born 01010750160").exit_code == 2
    result = operator(home, "leave", "--reason", "Enough")
    assert result.exit_code == 0, result.output
    assert "Nothing is open for the trusts of Helse Nord" in result.output
    with closing(opened(home, NORD)) as journal:
        (row,) = journal.entries("nord", 2, 9)
    assert row.recorded_at > announced
    fact = membership_of(row)
    assert fact == RegionLeft(left_on=date(2026, 2, 3), reason="Enough")


def operator_of_nothing(home: Home, *arguments: str) -> str:
    """Run a command where no node has ever been; return what it says."""
    named = ("--home", str(home.path), "--region", "nord", "--language", "en")
    return CliRunner().invoke(app, ["federation", *arguments, *named]).output


def test_one_node_is_named_by_its_own_settings(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its promises stand where its settings say; a region that is new joins first."""
    promises = home.path / "kept" / "nord.promises"
    settings = {
        "REGION": "nord",
        "DATABASE": f"sqlite:///{home.journal(NORD)}",
        "PEERS_FILE": str(home.peers),
        "SIGNING_KEY_FILE": str(home.signing_key(NORD)),
        "PROMISES_FILE": str(promises),
        "LANGUAGE": "en",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"FAGNETT_{name}", value)
    opened(home, NORD).close()

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["federation", *arguments])

    assert run("leave", "--reason", "Never was").exit_code == 1
    shown = run("show")
    assert "Helse Nord: not a member yet" in shown.output
    result = run("join", "--actor", "kari-7")
    assert result.exit_code == 0, result.output
    assert run("leave", "--reason", "Enough").exit_code == 1, "nothing is promised"
    with closing(opened(home, NORD)) as journal:
        (row,) = journal.entries("nord", 0, 9)
    assert b'"actor":"kari-7"' in row.body
    tree = extend(Frontier(), [row.leaf])
    said = Checkpoint("nord", 1, 1, root(tree), row.recorded_at)
    SignedHeads(promises).keep(sign(said, KEYS[NORD]))
    assert run("join").exit_code == 1
    result = run("leave", "--reason", "Enough")
    assert result.exit_code == 0, result.output
    assert (
        "Helse Nord: left on 2026-01-01 with entry nord/1/2 (Enough)"
        in run("show", "--region", "nord").output
    )

"""What the doors say of a region that has left: as a day, and never as trouble."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.auth import Role
from deploy.doctor.finding import Level
from deploy.doctor.store import frontier
from domain.parties.membership import TrustedKey, decide_joining, decide_leaving
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.completeness import FOREVER
from federation.log.membership import record
from tests.api.test_problems import is_problem
from tests.support.doors import AUTHORITY, NETWORK, VERSION, Door, coded
from tests.support.examples import BERGEN, STAVANGER, TROMSO
from tests.support.federation import instant
from tests.support.replication import register

READER: dict[str, Any] = {**AUTHORITY, "roles": (Role.READER,)}
NORD = Region.NORD
DAY = date(2026, 1, 2)
JOINED_KEYS = (TrustedKey(region=NORD, key="fagnett/nord+1f2e3d4c+AZ"),)


@pytest.fixture
def nord(tmp_path: Path) -> SQLiteJournal:
    """Give the journal of a region in which a trust is registered."""
    journal = SQLiteJournal(tmp_path / "nord.sqlite", NORD, instant)
    register(journal, TROMSO)
    return journal


def leaves(journal: Journal) -> None:
    """Let a region leave."""
    record(journal, lambda at: decide_leaving(at, DAY, "Enough"), "drift", instant())


def received(door: Door, journal: Journal) -> None:
    """Let a node hold all that another region has recorded."""
    held = door.node.journal.positions()["nord"].position
    rows = journal.entries("nord", held, 100)
    with door.node.journal.writing() as cursor:
        door.node.journal.insert_rows(cursor, rows)
    door.node.projector.catch_up()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Left the federation on 2026-01-02"),
        ("nb", "Trådte ut av føderasjonen 02.01.2026"),
        ("nn", "Gjekk ut av føderasjonen 02.01.2026"),
    ],
)
def test_a_region_that_has_left_is_no_trouble(
    door: Door, nord: SQLiteJournal, language: str, words: str
) -> None:
    leaves(nord)
    received(door, nord)
    door.node.inboxes[NORD].trouble = "no answer from nord"
    door.node.inboxes[Region.MIDT].trouble = "no answer from midt"
    answer = door.call("GET", "/v1/federation", **READER, Accept_Language=language)
    regions = answer.json()["regions"]
    found = regions["nord"]
    assert (found["left_on"], found["complete_to"]) == ("2026-01-02", FOREVER)
    assert (found["lag_seconds"], found["attention"]) == (0.0, [])
    assert found["words"].startswith(words)
    assert regions["midt"]["left_on"] is None
    assert len(regions["midt"]["attention"]) == 1
    figures = door.client.request("GET", "/metrics").text
    assert 'fagnett_region_left{origin="nord"} 1.0' in figures
    assert 'fagnett_region_left{origin="midt"} 0.0' in figures
    assert 'fagnett_lag_seconds{origin="nord"} 0.0' in figures
    assert 'fagnett_heartbeat_age_seconds{origin="nord"}' not in figures
    assert 'fagnett_heartbeat_age_seconds{origin="midt"} +Inf' in figures
    assert 'fagnett_carrier_trouble{origin="nord"} 0.0' in figures
    assert 'fagnett_carrier_trouble{origin="midt"} 1.0' in figures
    assert (
        door.client.request("GET", "/readyz").json()["complete_to"]["nord"] == FOREVER
    )
    found_here = {
        str(each.values["origin"]): each
        for each in frontier(
            door.node.journal, instant() + timedelta(days=9), plays=False
        )
    }
    assert found_here["nord"].level is Level.OK
    assert found_here["nord"].values["day"] == "2026-01-02"


def test_no_answer_names_it_until_it_joins_again(
    door: Door, nord: SQLiteJournal
) -> None:
    path = f"/v1/networks?as_of={date(2026, 1, 31)}"
    received(door, nord)
    assert "nord" in door.get(path, **READER).headers["fagnett-incomplete"]
    leaves(nord)
    received(door, nord)
    assert "nord" not in door.get(path, **READER).headers["fagnett-incomplete"]
    assert door.node.projector.state.positions["nord"].position == 2
    record(nord, lambda at: decide_joining(at, DAY, JOINED_KEYS), "drift", instant())
    received(door, nord)
    assert "nord" in door.get(path, **READER).headers["fagnett-incomplete"]


def test_a_node_whose_region_has_left_takes_no_command_and_answers_on(
    door: Door,
) -> None:
    door.register(BERGEN)
    leaves(door.node.journal)
    found = is_problem(door.post("/v1/networks", NETWORK), 409, "region_left")
    assert found["region"] == "vest"
    assert found["detail"].startswith("Helse Vest has left the federation")
    assert door.get(f"/v1/organisations/{BERGEN}", **READER).status_code == 200
    assert door.client.request("GET", "/readyz").json()["ready"] is True


def test_nothing_new_is_agreed_with_its_trusts(door: Door, nord: SQLiteJournal) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    leaves(nord)
    received(door, nord)
    body = {**VERSION, "payee": TROMSO}
    answer = door.post("/v1/agreements/a/versions", body)
    found = is_problem(answer, 409, "counterparty_left")
    assert coded(found["errors"]) == [{"field": "payee", "code": "counterparty_left"}]
    for part in (TROMSO, "Helse Nord", "2026-01-02"):
        assert part in found["detail"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Yet to join"), ("nb", "Ennå ikke med"), ("nn", "Ikkje med enno")],
)
def test_a_region_that_is_yet_to_join_is_no_trouble(
    door: Door, language: str, words: str
) -> None:
    keys = (*JOINED_KEYS, TrustedKey(region=Region.VEST, key="fagnett/vest+2d+AZ"))
    record(
        door.node.journal, lambda at: decide_joining(at, DAY, keys), "drift", instant()
    )
    door.node.inboxes[Region.MIDT].trouble = "no answer from midt"
    answer = door.call("GET", "/v1/federation", **READER, Accept_Language=language)
    midt = answer.json()["regions"]["midt"]
    assert midt["words"].startswith(words)
    assert (midt["left_on"], midt["attention"]) == (None, [])
    figures = door.client.request("GET", "/metrics").text
    assert 'fagnett_lag_seconds{origin="midt"} 0.0' in figures
    assert 'fagnett_heartbeat_age_seconds{origin="midt"}' not in figures
    assert 'fagnett_carrier_trouble{origin="midt"} 0.0' in figures
    assert 'fagnett_region_left{origin="midt"} 0.0' in figures
    lacking = door.get("/v1/networks?as_of=2026-01-31", **READER)
    assert lacking.headers["fagnett-incomplete"].count("midt") == 0
    assert "nord" in lacking.headers["fagnett-incomplete"]
    found = {
        str(each.values["origin"]): each.key
        for each in frontier(door.node.journal, instant(), plays=False)
    }
    assert (found["midt"], found["nord"]) == ("frontier_yet_to_join", "frontier_none")

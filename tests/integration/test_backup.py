"""The drill: back up, record more, lose the database, restore, start, converge."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import orjson
import pytest

from api.auth import Role
from deploy.cli.backup import write_dump
from deploy.databases import open_journal
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.settings import StoreSettings
from domain.values import REGIONAL_AUTHORITY, Region
from federation.backup.dump import Dumped
from tests.support import servers
from tests.support.commands import fagnett, wait_for
from tests.support.replication import record

pytestmark = pytest.mark.servers

CREDITS = Path(__file__).parents[1] / "data" / "folders" / "credits"
VEST = Region.VEST


def answer(federation: LocalFederation, region: Region) -> Any:
    """Return what a node says of the federation."""
    token = federation.token(REGIONAL_AUTHORITY[region], Role.READER)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{federation.urls[region]}/v1/federation"
    return httpx.get(url, headers=headers, timeout=10).raise_for_status().json()


def held(federation: LocalFederation, region: Region, origin: str) -> int:
    """Return how much of a region's log a node holds and has folded."""
    about = answer(federation, region)["regions"][origin]
    return min(int(about["position"]), int(about["projected"]))


def confirm(federation: LocalFederation, day: str) -> None:
    """Record one more fact in vest."""
    token = federation.token(REGIONAL_AUTHORITY[VEST], Role.REGISTRAR)
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": f"confirm-{day}",
        "Fagnett-Business-Day": "2027-06-01",
    }
    url = f"{federation.urls[VEST]}/v1/regions/vest/confirmed-days"
    httpx.post(url, json={"day": day}, headers=headers, timeout=10).raise_for_status()


def everywhere(federation: LocalFederation, position: int) -> None:
    """Wait until every node has so much of vest's log."""
    for region in Region:
        wait_for(
            lambda: held(federation, region, "vest") == position,  # noqa: B023 - waited for here
            f"{position} entries of vest at {region.value}",
        )


def start(home: Path) -> LocalFederation:
    return LocalFederation(Home(home), Database.SQLITE)


def test_a_lost_database_comes_back_from_backup_and_peers(tmp_path: Path) -> None:
    with servers.folder() as home:
        one = ("--home", home, "--region", "vest")
        file, running = tmp_path / "vest.backup", tmp_path / "running.backup"
        played = fagnett("settle", CREDITS, "--year", "2026", "--home", home, "--json")
        assert played.returncode == 0, played.stderr
        made = fagnett("backup", *one, "--to", file)
        assert made.returncode == 0, made.stderr
        entries = orjson.loads(file.read_bytes().splitlines()[0])["positions"]["vest"][
            1
        ]
        assert file.stat().st_mode & 0o777 == 0o600
        assert sorted(each.name for each in tmp_path.iterdir()) == [file.name]
        with start(home) as federation:
            for day in ("2027-01-01", "2027-01-02"):
                confirm(federation, day)
            everywhere(federation, entries + 2)
            made = fagnett("backup", *one, "--to", running)
            assert made.returncode == 0, "also while the node runs"
            busy = fagnett("restore", *one, "--from", running)
            assert (busy.returncode, "Stop it first" in busy.stderr) == (2, True)
        taken = fagnett("restore", *one, "--from", running)
        assert (taken.returncode, "not touched" in taken.stderr) == (2, True)
        for lost in (home / "nodes" / "vest").iterdir():
            lost.unlink()
        broken = tmp_path / "broken.backup"
        broken.write_bytes(file.read_bytes()[:-200])
        refused = fagnett("restore", *one, "--from", broken)
        assert refused.returncode == 1
        assert "nothing of it is kept: line" in refused.stderr
        back = fagnett("restore", *one, "--from", file)
        assert back.returncode == 0, back.stderr
        alone = fagnett(
            "verify",
            FAGNETT_REGION="vest",
            FAGNETT_DATABASE=f"sqlite:///{Home(home).journal(VEST)}",
            FAGNETT_PEERS_FILE=str(Home(home).peers),
        )
        assert alone.returncode == 0, alone.stderr
        assert "as the journal does" in alone.stdout
        with start(home) as federation:
            everywhere(federation, entries + 2)
            confirm(federation, "2027-01-03")
            everywhere(federation, entries + 3)
        whole = fagnett("verify", "--home", home)
        assert whole.returncode == 0, whole.stderr
        assert "as the journal does" in whole.stdout


def test_what_cannot_be_backed_up_is_said(tmp_path: Path) -> None:
    missing = {
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": f"sqlite:///{tmp_path}/journal.sqlite",
        "FAGNETT_PEERS_FILE": str(tmp_path / "regions.pub"),
    }
    done = fagnett("backup", "--to", tmp_path / "file", **missing)
    assert (done.returncode, "there is no journal" in done.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
    done = fagnett("restore", "--from", tmp_path / "file", **missing)
    assert done.returncode == 2


def test_two_backups_to_one_file_at_once_are_each_whole_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that is killed takes nothing from the other that is done."""
    store = StoreSettings(
        region=VEST,
        database=f"sqlite:///{tmp_path}/journal.sqlite",
        peers_file=tmp_path / "regions.pub",
    )
    with closing(open_journal(store.database, VEST)) as journal:
        record(journal, 3)
    to = tmp_path / "backups" / "vest.backup"
    to.parent.mkdir()
    done: list[Dumped] = []

    def interrupted(
        _: object, file: BinaryIO, *_more: object, **_options: bool
    ) -> None:
        file.write(b"half")
        file.flush()
        monkeypatch.undo()
        done.append(write_dump(store, to))
        file.write(b" of another")
        file.flush()
        raise InterruptedError

    monkeypatch.setattr("deploy.cli.backup.dump", interrupted)
    with pytest.raises(InterruptedError):
        write_dump(store, to)
    assert hashlib.sha256(to.read_bytes()).hexdigest() == done[0].sha256
    assert list(to.parent.iterdir()) == [to]

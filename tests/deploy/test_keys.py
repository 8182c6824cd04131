"""``fagnett keys``: what an operator does with keys."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.alone import only_one
from deploy.cli.app import app
from deploy.databases import open_journal
from deploy.keyfiles import (
    check_signs,
    load_earlier_keys,
    load_peers,
    load_signing_key,
    write_secret,
)
from deploy.local.home import Home
from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.durable import put
from federation.journal.store import Journal
from federation.log.sealing import seal
from federation.node.leader import LEASE
from federation.signed.keyring import KeyPlace
from federation.signed.keys import signing_key
from federation.signed.merkle import Frontier
from tests.support.replication import record
from tests.support.servers import new_database

VEST = Region.VEST


class Operator:
    """Runs commands for region vest, whose keys lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.database = f"sqlite:///{self.home.journal(VEST)}"

    @property
    def promises(self) -> Path:
        """The file of what the node has signed for."""
        return self.home.signing_key(VEST).with_suffix(".promises")

    def sign(self, journal: Journal) -> None:
        """Sign and promise as the node does before it sends."""
        key = load_signing_key(self.home.signing_key(VEST))
        rows = journal.entries("vest", 0, 100)
        SignedHeads(self.promises).keep(seal(journal, Frontier(), rows, key).note)

    def run(self, *arguments: str) -> Result:
        """Run ``fagnett keys``."""
        return CliRunner().invoke(
            app,
            ["keys", *arguments],
            env={
                "FAGNETT_LANGUAGE": "en",
                "FAGNETT_REGION": "vest",
                "FAGNETT_DATABASE": self.database,
                "FAGNETT_PEERS_FILE": str(self.home.peers),
                "FAGNETT_SIGNING_KEY_FILE": str(self.home.signing_key(VEST)),
            },
        )


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    """Give an operator with new keys; seven entries are signed for, three are not."""
    made = Operator(tmp_path)
    result = made.run("make", "--to", str(made.home.path), "--host", "nats.example")
    assert result.exit_code == 0, result.output
    with closing(open_journal(made.database, VEST)) as journal:
        record(journal, 7)
        made.sign(journal)
        record(journal, 3)
    return made


def test_a_key_is_rotated_and_accepted(operator: Operator) -> None:
    home = operator.home
    others = home.peers.read_text()
    old = load_signing_key(home.signing_key(VEST))
    result = operator.run("rotate")
    assert result.exit_code == 0, result.output
    new = load_signing_key(home.signing_key(VEST))
    assert new.verifier.public != old.verifier.public
    check_signs(new, load_peers(home.peers)[VEST])
    kept = home.signing_key(VEST).with_name(f"vest.key.{old.verifier.hash.hex()}")
    (earlier,) = load_earlier_keys(home.signing_key(VEST))
    assert earlier.verifier == load_signing_key(kept).verifier == old.verifier
    assert stat.S_IMODE(home.signing_key(VEST).stat().st_mode) == 0o600
    assert "signed from 0/0 to 1/7" in operator.run("show").output
    home.peers.write_text(others)
    line = result.stdout.strip().splitlines()[-1]
    assert operator.run("accept", line).exit_code == 0
    check_signs(new, load_peers(home.peers)[VEST])
    assert operator.run("accept", line).exit_code == 2, "once"


def test_a_key_begins_where_everything_was_signed_for(operator: Operator) -> None:
    """What comes after may yet be lost; what comes before cannot, unnoticed."""
    with closing(open_journal(operator.database, VEST)) as journal:
        assert journal.positions()["vest"].position == 10
    assert operator.run("rotate").exit_code == 0
    assert "signs from 1/7" in operator.run("show").output


def test_a_key_is_not_rotated_on_a_journal_that_may_lack_something(
    operator: Operator,
) -> None:
    home = operator.home
    before = home.peers.read_text(), home.signing_key(VEST).read_text()
    kept = operator.promises.read_bytes()
    home.journal(VEST).rename(home.path / "lost.sqlite")
    result = operator.run("rotate")
    assert (result.exit_code, "there is no journal" in result.output) == (2, True)
    assert not home.journal(VEST).exists()
    with closing(open_journal(operator.database, VEST)) as journal:
        record(journal, 6)
    result = operator.run("rotate")
    assert result.exit_code == 1
    assert "holds 6 entries of vest, and 7 were signed for" in result.output
    operator.promises.unlink()
    result = operator.run("rotate")
    assert result.exit_code == 1
    assert "others may hold more" in result.output
    operator.promises.write_bytes(kept[:9])
    assert operator.run("rotate").exit_code == 1
    after = home.peers.read_text(), home.signing_key(VEST).read_text()
    assert after == before


def test_a_key_is_not_rotated_where_the_last_checkpoint_is_damaged(
    operator: Operator,
) -> None:
    before = operator.home.peers.read_text()
    with closing(sqlite3.connect(operator.home.journal(VEST))) as journal, journal:
        journal.execute("DROP TRIGGER checkpoint_update")
        journal.execute("UPDATE checkpoint SET note = 'x'")
    result = operator.run("rotate")
    assert result.exit_code == 1
    assert "what was signed for last is damaged here" in result.output
    assert operator.home.peers.read_text() == before


def test_a_key_is_not_rotated_under_a_running_node(operator: Operator) -> None:
    lock = only_one(operator.database)
    assert lock is not None
    before = operator.home.peers.read_text()
    with lock:
        result = operator.run("rotate")
    assert result.exit_code == 1
    assert "Stop it first" in result.output
    assert operator.home.peers.read_text() == before


@pytest.mark.servers
def test_a_key_is_not_rotated_under_a_node_on_postgresql(
    operator: Operator, postgres_dsn: str
) -> None:
    """It would sign on with the old key where the new one begins."""
    operator.database = new_database(postgres_dsn)
    operator.promises.unlink()
    with closing(open_journal(operator.database, VEST)) as journal:
        record(journal, 7)
        operator.sign(journal)
    before = operator.home.peers.read_text()
    with psycopg.connect(operator.database, autocommit=True) as node:
        node.execute("SELECT pg_advisory_lock(%s, %s)", LEASE)
        result = operator.run("rotate")
    assert result.exit_code == 1
    assert "Stop it first" in result.output
    assert operator.home.peers.read_text() == before
    assert operator.run("rotate").exit_code == 0


def test_a_rotation_that_was_interrupted_is_run_again(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = operator.home
    before, old = home.peers.read_text(), load_signing_key(home.signing_key(VEST))

    def killed(new: Path, path: Path) -> None:
        if path == at:
            raise InterruptedError
        put(new, path)

    for at in (home.peers, home.signing_key(VEST)):
        with monkeypatch.context() as patched:
            patched.setattr("deploy.keyfiles.put", killed)
            assert isinstance(operator.run("rotate").exception, InterruptedError)
        assert (home.peers.read_text() == before) is (at == home.peers)
        assert load_signing_key(home.signing_key(VEST)).verifier == old.verifier
    home.peers.write_text(before)
    result = operator.run("rotate")
    assert result.exit_code == 0, result.output
    check_signs(load_signing_key(home.signing_key(VEST)), load_peers(home.peers)[VEST])
    (earlier,) = load_earlier_keys(home.signing_key(VEST))
    assert earlier.verifier == old.verifier


def test_nothing_is_rotated_over_another_key_that_is_kept(operator: Operator) -> None:
    home = operator.home
    path = home.signing_key(VEST)
    kept = path.with_name(f"{path.name}.{load_signing_key(path).verifier.hash.hex()}")
    write_secret(kept, load_signing_key(home.signing_key(Region.NORD)).secret_text())
    before = home.peers.read_text(), path.read_text()
    result = operator.run("rotate")
    assert result.exit_code == 2
    assert "holds another key" in result.output
    assert (home.peers.read_text(), path.read_text()) == before


def test_a_stolen_key_is_revoked_and_another_trusted(operator: Operator) -> None:
    home = operator.home
    stolen = load_signing_key(home.signing_key(VEST))
    assert operator.run("revoke", "vest", "--after", "1/7").exit_code == 0
    assert load_peers(home.peers)[VEST].current is None
    assert operator.run("rotate").exit_code == 2, "a thief could do it"
    new = load_signing_key(home.signing_key(Region.NORD))
    line = str(new.verifier).replace("nord", "vest")
    assert operator.run("trust", line, "--from", "1/7").exit_code == 2, "broken"
    assert operator.run("accept", f"{line} from 1/7 trusted").exit_code == 1
    other = Operator(home.path / "other")
    other.run("make", "--to", str(other.home.path))
    fresh = load_signing_key(other.home.signing_key(VEST)).verifier
    assert operator.run("trust", str(fresh), "--from", "1/7").exit_code == 0
    terms = load_peers(home.peers)[VEST].terms
    assert [(term.first, term.last) for term in terms] == [
        (KeyPlace(0, 0), KeyPlace(1, 7)),
        (KeyPlace(1, 7), None),
    ]
    assert stolen.verifier.public == terms[0].key.public


def test_a_region_that_joins_late_is_admitted_with_its_key(operator: Operator) -> None:
    peers = operator.home.peers
    lines = peers.read_text().splitlines()
    (nord,) = (line for line in lines if line.startswith("fagnett/nord"))
    peers.write_text("\n".join(line for line in lines if line != nord) + "\n")
    result = operator.run("revoke", "nord", "--after", "1/1")
    assert result.exit_code == 2
    assert "fagnett/nord has no key" in result.output
    for late in ("trust", "accept"):
        more = ("--from", "1/0") if late == "trust" else ()
        line = nord if late == "trust" else f"{nord} from 1/0 signed AA=="
        assert operator.run(late, line, *more).exit_code == 2
    result = operator.run("admit", nord)
    assert result.exit_code == 0, result.output
    assert "Helse Nord" in result.output
    assert str(load_peers(peers)[Region.NORD].current) == nord
    assert operator.run("admit", nord).exit_code == 2, "it has a key already"
    other = str(signing_key("fagnett/elsewhere", bytes(32)).verifier)
    result = operator.run("admit", other)
    assert result.exit_code == 2
    assert "no region's name" in result.output
    assert other not in peers.read_text()


def test_a_home_is_named_instead_of_variables(operator: Operator) -> None:
    """Its regions share one file of all keys, so a new key needs nobody's accept."""
    home = operator.home
    home.state.write_text('{"database": "sqlite", "nodes": {}}')

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["keys", *arguments], env={"FAGNETT_LANGUAGE": "en"}
        )

    asked = ("--home", str(home.path))
    assert run("show", *asked).stdout.count("signs from") == 4
    assert run("rotate", *asked, "--region", "vest").exit_code == 0
    ring = load_peers(home.peers)[VEST]
    check_signs(load_signing_key(home.signing_key(VEST)), ring)
    assert run("show", *asked).stdout.count("signs from") == 4
    assert run("revoke", "nord", "--after", "1/0", *asked).exit_code == 0
    assert "revoked" in run("show", *asked).stdout
    nobody = run("show")
    assert (nobody.exit_code, nobody.stdout) == (2, "")
    assert "--home" in nobody.stderr

"""``fagnett doctor`` finds what is wrong with a node, and says what to do."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.registry import CollectorRegistry
from typer.testing import CliRunner

from api.metrics import NodeCollector
from api.words import Language, catalogue
from deploy.carrier import permissions
from deploy.cli.app import app
from deploy.doctor import carrier, store
from deploy.doctor.finding import Finding, Level
from deploy.keyfiles import append_line
from deploy.local.database import Database
from deploy.local.federation import LocalFederation, stored_nodes
from deploy.local.home import Home
from domain.values import EARLIEST_DAY, Region, day_end, instant_text
from federation.checks.signed_heads import SignedHeads
from federation.journal.announced import Announced, keep
from federation.journal.shapes import Position
from federation.journal.sqlite import SQLiteJournal
from federation.journal.witnessing import Incident, keep_incident
from federation.log.completeness import announce
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.keyring import KeyPlace, succession
from federation.signed.keys import key_name, read_signing_key, signing_key
from federation.signed.merkle import Frontier, root
from federation.transport.connection import Inspected, inspect
from tests.support import servers
from tests.support.commands import fagnett
from tests.support.federation import instant, node_of
from tests.support.replication import record

VEST = Region.VEST
NOW = datetime.now(UTC)


@dataclass
class Files:
    """A node's files, and the environment that names them."""

    home: Home
    environment: dict[str, str]

    def journal(self) -> SQLiteJournal:
        """Open the node's journal, by a clock that stands now."""
        path = self.home.journal(VEST)
        path.parent.mkdir(parents=True, exist_ok=True)
        return SQLiteJournal(path, VEST, lambda: datetime.now(UTC))


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Give the files of vest's node, without servers."""
    home = Home(tmp_path / "home")
    home.make_keys()
    environment = {
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": f"sqlite:///{home.journal(VEST)}",
        "FAGNETT_NATS_URL": "tls://127.0.0.1:1",
        "FAGNETT_NATS_CA_FILE": str(home.carrier.authority),
        "FAGNETT_NATS_CERTIFICATE_FILE": str(home.carrier.client(VEST)),
        "FAGNETT_NATS_NKEY_FILE": str(home.carrier.nkey(VEST, "node")),
        "FAGNETT_SIGNING_KEY_FILE": str(home.signing_key(VEST)),
        "FAGNETT_PEERS_FILE": str(home.peers),
        "FAGNETT_PERSONS_KEY_FILE": str(home.persons_key(VEST)),
        "FAGNETT_TOKEN_KEY_FILE": str(home.token_public),
        "FAGNETT_HTTP_PORT": "1",
        "FAGNETT_LANGUAGE": "en",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("deploy.cli.doctor.PATIENCE_SECONDS", 0.3)
    return Files(home, environment)


def examined() -> dict[str, list[dict[str, Any]]]:
    """Return what the doctor finds, by check."""
    done = CliRunner().invoke(app, ["doctor", "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(done.stdout):
        found.setdefault(each["check"], []).append(each)
    bad = any(e["level"] == "fails" for each in found.values() for e in each)
    assert done.exit_code == int(bad)
    return found


def only(check: str) -> tuple[str, str]:
    """Return level and words of a check with one line."""
    (found,) = examined()[check]
    return found["level"], found["words"]


def test_files_that_are_as_they_should_be(node: Files) -> None:
    found = examined()
    files = ("settings", "peers", "signing_key", "persons_key", "documents_key")
    login = ("token_key", "authority", "certificate", "nkey")
    assert [found[each][0]["level"] for each in (*files, *login)] == ["ok"] * 9
    assert found["database"][0]["key"] == "database_none"
    assert not node.home.journal(VEST).exists(), "it makes nothing"
    assert found["carrier"][0]["level"] == "fails"
    secrets = [
        path.read_text().strip()
        for path in (node.home.path / "keys").rglob("*")
        if path.is_file() and path.stat().st_mode & 0o77 == 0
    ]
    assert len(secrets) > 10
    for arguments in (["doctor", "--json"], ["doctor"]):
        printed = CliRunner().invoke(app, arguments).stdout
        assert not [each for each in secrets if each in printed]


def test_a_key_of_documents_that_is_not_there_is_made_later(node: Files) -> None:
    key = node.home.documents_key(VEST)
    key.unlink()
    level, words = only("documents_key")
    assert (level, str(key) in words) == ("warns", True)
    assert not key.exists()
    key.write_text("abcd")
    key.chmod(0o600)
    assert only("documents_key")[0] == "fails"


def loosen(node: Files) -> None:
    """Let others read the signing key."""
    node.home.signing_key(VEST).chmod(0o644)


def swap(node: Files) -> None:
    """Put another region's signing key in the place of its own."""
    other = node.home.signing_key(Region.NORD).read_text()
    node.home.signing_key(VEST).write_text(other)


def rotate(node: Files) -> None:
    """Have the file of all keys name a key that the node does not have."""
    old = read_signing_key(node.home.signing_key(VEST).read_text().strip())
    new = signing_key(key_name("vest"), bytes([9]) * 32).verifier
    append_line(node.home.peers, succession(old, new, KeyPlace(1, 3)))


def forget_a_region(node: Files) -> None:
    """Leave the node's own region out of the file of all keys."""
    lines = node.home.peers.read_text().splitlines()
    node.home.peers.write_text("\n".join(lines[:-1]))


def cut_names(node: Files) -> None:
    """Leave the key of names too short."""
    node.home.persons_key(VEST).write_text("abcd")


def give_away(node: Files) -> None:
    """Put the secret half where the public half belongs."""
    node.home.token_public.write_text(node.home.token_secret.read_text())


def no_tokens(node: Files) -> None:
    """Put something else where the key of tokens belongs."""
    node.home.token_public.write_text("{}")


def no_nkey(node: Files) -> None:
    """Lose the seed."""
    node.home.carrier.nkey(VEST, "node").unlink()


def broken_promises(node: Files) -> None:
    """Write something else into the file of promises."""
    node.home.signing_key(VEST).with_suffix(".promises").write_text('{"vest":1}')


def no_database(node: Files) -> None:
    """Write something else where the journal belongs."""
    path = node.home.journal(VEST)
    path.parent.mkdir(parents=True)
    path.write_text("this is no database at all" * 100)


FAULTS: dict[Callable[[Files], None], tuple[str, str]] = {
    loosen: ("signing_key", "0600"),
    swap: ("signing_key", "not the one"),
    rotate: ("signing_key", "not the one"),
    forget_a_region: ("peers", "has none of vest"),
    cut_names: ("persons_key", "2 bytes"),
    give_away: ("token_key", "secret half"),
    no_tokens: ("token_key", "public half"),
    no_nkey: ("nkey", "cannot be read"),
    broken_promises: ("promises", "Move the file away"),
    no_database: ("database", "not a database"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.__name__)
def test_a_fault_of_a_file_is_named(
    node: Files, fault: Callable[[Files], None]
) -> None:
    check, words = FAULTS[fault]
    fault(node)
    level, said = only(check)
    assert (level, words in said) == ("fails", True), said


@pytest.mark.parametrize(
    ("age", "level", "words"),
    [(800, "warns", "in 24 days"), (900, "fails", "ended on"), (700, "ok", "124 days")],
)
def test_a_certificate_is_warned_of_before_its_last_day(
    node: Files, age: int, level: str, words: str
) -> None:
    made = node.home.carrier.path
    made.rename(made.with_name("old"))
    node.home.carrier.make(datetime.now(UTC) - timedelta(days=age), ["127.0.0.1"])
    assert only("certificate")[0] == level
    assert words in only("certificate")[1]


@pytest.mark.usefixtures("node")
def test_missing_settings_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FAGNETT_NATS_URL")
    monkeypatch.setenv("FAGNETT_REGION", "sør")
    found = examined()
    assert {each["values"]["setting"] for each in found["settings"]} == {
        "FAGNETT_REGION",
        "FAGNETT_NATS_URL",
    }


def test_a_region_without_a_key_is_told_of_and_one_that_lost_it_is_a_fault(
    node: Files,
) -> None:
    """Nord is yet to join, until an entry of it is here."""
    lines = node.home.peers.read_text().splitlines()
    others = [line for line in lines if not line.startswith("fagnett/nord+")]
    node.home.peers.write_text("\n".join(others))
    level, said = only("peers")
    assert (level, "Helse Nord is yet to join" in said) == ("ok", True), said
    path = node.home.journal(VEST)
    path.parent.mkdir(parents=True)
    with closing(SQLiteJournal(path, Region.NORD, instant)) as journal:
        record(journal)
    _, fault = examined()["peers"]
    assert (fault["level"], "has none of nord" in fault["words"]) == ("fails", True)


def test_the_journal_is_looked_at(node: Files) -> None:
    journal = node.journal()
    keep_incident(journal, Incident("abc", "nord", "shrunk", "{}", "2026"))
    key = read_signing_key(node.home.signing_key(VEST).read_text().strip())

    def sign_at(when: str) -> str:
        return sign(Checkpoint("vest", 1, 0, root(Frontier()), when), key)

    assert announce(journal, Position(1, 0), datetime.now(UTC), sign_at)
    promised = sign(
        Checkpoint("vest", 1, 7, bytes(32), "2026-01-01T12:00:00.000000Z"), key
    )
    promises = node.home.signing_key(VEST).with_suffix(".promises")
    assert not SignedHeads(promises).remembers("vest")
    promises.write_text(json.dumps({"vest": promised}))
    found = examined()
    journal.close()
    partial, broken = found["promises"]
    assert (partial["key"], partial["level"]) == ("promises_partial", "warns")
    assert "7 were signed for" in broken["words"]
    assert broken["level"] == "fails"
    assert [each["values"]["origin"] for each in found["incidents"]] == ["nord"]
    assert "SQLite" in found["database"][0]["words"]
    levels = {each["values"]["origin"]: each["key"] for each in found["frontier"]}
    none = "frontier_none"
    assert levels == {"vest": "frontier_ok", "nord": none, "midt": none, "sorost": none}


def test_lag_and_clocks_that_are_apart_are_told(tmp_path: Path) -> None:
    journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    announce(journal, Position(1, 0), instant(), lambda _: "note")

    def key_at(seconds: int, *, plays: bool = False) -> str:
        now = instant() + timedelta(seconds=seconds)
        found = list(store.frontier(journal, now, plays=plays))
        return next(each.key for each in found if each.values["origin"] == "vest")

    assert key_at(59) == "frontier_ok"
    assert key_at(70) == "frontier_warns"
    assert key_at(-20) == "frontier_ahead"
    assert key_at(70, plays=True) == "frontier_played"
    journal.close()
    empty = SQLiteJournal(tmp_path / "empty.sqlite", VEST, instant)
    before_all_days = day_end(EARLIEST_DAY)
    announce(empty, Position(1, 0), before_all_days, lambda _: "note")
    found = {e.values["origin"]: e for e in store.frontier(empty, NOW, plays=True)}
    assert found["vest"].key == "frontier_no_day"
    assert "1899" not in found["vest"].words(Language.EN)
    empty.close()
    for milliseconds, key in {
        300: "clock_ok",
        1500: "clock_ahead",
        -1500: "clock_behind",
        90_000: "clock_ahead_bad",
        -90_000: "clock_behind_bad",
    }.items():
        now = NOW.replace(microsecond=0)
        at = now.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
        assert carrier.clock(at, now + timedelta(milliseconds=milliseconds)).key == key
    assert carrier.clock(None, NOW).key == "clock_none"
    assert carrier.clock("2026-01-01T12:00:00Z", instant()).key == "clock_ok"


def test_a_clock_that_the_journal_contradicts_is_told(tmp_path: Path) -> None:
    minutes = timedelta(minutes=1)
    journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    assert store.times(journal, instant()).key == "times_ok"
    announce(journal, Position(1, 0), instant(), lambda _: "note")
    for behind, key in ((9, "times_ok"), (11, "times_before_the_log")):
        assert store.times(journal, instant() - behind * minutes).key == key
    for origin, found in (("nord", "times_ok"), ("midt", "times_behind")):
        with journal.writing() as cursor:
            later = instant_text(instant() + 11 * minutes)
            keep(cursor, origin, Announced(1, 0, later, "note"))
        assert store.times(journal, instant()).key == found, "one alone says little"
    journal.close()


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, level in ((10**7, Level.FAILS), (10**9, Level.WARNS), (10**11, Level.OK)):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        assert store.disk(tmp_path / "not" / "there.sqlite").level is level


def test_what_is_wrong_with_a_server_is_told() -> None:
    good = Inspected("2.15.1", 1024 * 1024, None, 3, (), ())
    bad = Inspected("2.15.1", 1000, None, None, (), ("DELETE",))
    other = Inspected("2.15.1", 1024 * 1024, None, 3, ("deny_delete",), ())

    def keys(found: Inspected) -> list[str]:
        return [each.key for each in carrier.carrier("vest", found, NOW)][:3]

    assert keys(good) == ["carrier_ok", "stream_ok", "permissions_ok"]
    assert keys(bad) == ["carrier_payload", "stream_none", "permissions_fails"]
    assert keys(other)[1] == "stream_fails"


@pytest.mark.usefixtures("node")
def test_a_finding_has_its_words_in_every_language() -> None:
    keys = set(catalogue().sentences["doctor"])
    assert {each["key"] for found in examined().values() for each in found} <= keys
    for language in Language:
        for key in keys:
            assert Finding("check", Level.OK, key, {}).words(language)


def test_the_doctors_table_is_in_norwegian_to_its_first_column(
    node: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = catalogue().sentences["doctor_check"]
    assert examined().keys() <= checks.keys()
    for key in catalogue().sentences["doctor"]:
        assert any(key.startswith(check) for check in checks), key
    node.home.token_public.unlink()
    monkeypatch.setenv("FAGNETT_LANGUAGE", "nb")
    said = CliRunner().invoke(app, ["doctor"]).stdout
    assert "feil" in said
    assert "signeringsnøkkel" in said
    for english in ("fails", "warns", "signing_key", "cannot be read"):
        assert english not in said


def test_a_key_file_that_is_not_there_is_told_in_norwegian(tmp_path: Path) -> None:
    none = tmp_path / "none"
    asked = ["--language", "nb", "keys", "show", "--peers-file", str(none)]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 2
    assert f"Nøkkelfilen {none} kan ikke leses: filen finnes ikke." in said.stderr


def test_the_end_of_the_certificate_is_a_figure(tmp_path: Path) -> None:
    journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    around = replace(
        node_of(journal, tmp_path),
        certificate_ends=instant() + timedelta(days=3),
        unix_seconds=lambda: int(instant().timestamp()),
    )
    registry = CollectorRegistry()
    registry.register(NodeCollector(around))
    name = "fagnett_certificate_expires_seconds"
    assert registry.get_sample_value(name) == 3 * 24 * 3600
    around.views.dispose()
    journal.close()


@pytest.mark.servers
def test_a_node_that_could_change_its_stream_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its stream is asked for, and is as it was afterwards."""
    rules = permissions.courier

    def loose(region: Region) -> dict[str, Any]:
        allowed = rules(region)
        for act in ("DELETE", "PURGE"):
            subject = f"$JS.API.STREAM.{act}.fagnett-{region.value}"
            allowed["publish"]["allow"].append(subject)
        return allowed

    def found(running: servers.Servers) -> Inspected:
        login = running.files.login(VEST, "node")
        return asyncio.run(inspect(running.urls[VEST], "vest", login, 5))

    with servers.carrier_servers() as running:
        assert found(running).may == []
        assert found(running).differing == []
    monkeypatch.setattr("deploy.carrier.permissions.courier", loose)
    with servers.carrier_servers() as running:
        for _ in range(2):
            assert list(found(running).may) == ["DELETE", "PURGE"]
            assert found(running).messages == 0


@pytest.mark.servers
def test_a_running_node_is_well() -> None:
    with servers.folder() as folder:
        home = Home(folder)
        with LocalFederation(home, Database.SQLITE):
            with stored_nodes(home) as told:
                vest = told[Region.VEST]
            settings = {f"FAGNETT_{name.upper()}": vest[name] for name in vest}
            done = fagnett("doctor", "--json", **settings)
        bad = [each for each in json.loads(done.stdout) if each["level"] == "fails"]
        assert (done.returncode, bad) == (0, [])
        levels = {each["check"]: each["level"] for each in json.loads(done.stdout)}
        well = {"node", "carrier", "stream", "permissions", "clock", "versions"}
        assert {levels[each] for each in well} == {"ok"}
        with sqlite3.connect(home.journal(VEST)) as connection:
            assert connection.execute("SELECT 1").fetchone()
        connection.close()


def test_a_home_that_is_stopped_is_examined_too(tmp_path: Path) -> None:
    """Each of its nodes, or one; nothing runs, and that is what is found."""
    home = Home(tmp_path / "home")
    home.make_keys()
    ports = list(range(1, 12))
    state = {"database": "sqlite", "nodes": {}, "ports": ports}
    home.state.write_text(json.dumps(state))

    def run(*arguments: str) -> list[dict[str, Any]]:
        asked = ["doctor", "--home", str(home.path), "--json", *arguments]
        result = CliRunner().invoke(app, asked, env={"FAGNETT_LANGUAGE": "en"})
        assert result.exit_code == 1, result.output
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found

    every, one = run(), run("--region", "nord")
    assert {each["region"] for each in every} == set(Region)
    assert {each["region"] for each in one} == {"nord"}
    levels = {each["check"]: each["level"] for each in one}
    assert levels["signing_key"] == "ok"
    assert levels["carrier"] == "fails"
    (node,) = (each["words"] for each in one if each["check"] == "node")
    assert node == (
        f"The federation in {home.path} is stopped. "
        f"Start it with fagnett up --home {home.path}."
    )
    before = sorted(home.path.rglob("*"))
    run()
    assert sorted(home.path.rglob("*")) == before, "nothing is made"
    empty = ["doctor", "--home", str(tmp_path / "none")]
    assert CliRunner().invoke(app, empty).exit_code == 2

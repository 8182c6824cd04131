"""A leaving region's pack: whole, without secrets, and checked from the keys alone."""

import hashlib
import re
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.cli.next_steps import pack_name
from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.dump import ENTRY, line_of
from federation.backup.load import load
from federation.journal.sqlite import SQLiteJournal
from federation.log.persons import Persons
from tests.support.federation import KEYS, instant
from tests.support.replication import record

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def at(monkeypatch: pytest.MonkeyPatch, journal: Path) -> None:
    """Have the environment name a journal of vest's, as that of a node does."""
    monkeypatch.setenv("FAGNETT_REGION", "vest")
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{journal}")
    monkeypatch.setenv("FAGNETT_PEERS_FILE", str(YEAR.with_suffix(".pub")))
    monkeypatch.setenv("FAGNETT_LANGUAGE", "en")


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the pack of a journal with a name in it, and no node or database beside it."""
    path, keys = tmp_path / "journal.sqlite", YEAR.with_suffix(".pub")
    journal = SQLiteJournal(path, Region.VEST, instant)
    with YEAR.open("rb") as lines:
        load(journal, lines, load_peers(keys))
    Persons(journal, bytes(32)).remember("p-secret", "Kari Nordmann")
    journal.close()
    at(monkeypatch, path)
    made = run("exit-pack", "--to", tmp_path / "pack")
    assert made.exit_code == 0, made.output
    path.unlink()
    for name in ("REGION", "DATABASE", "PEERS_FILE"):
        monkeypatch.delenv(f"FAGNETT_{name}")
    return tmp_path / "pack"


def test_a_pack_says_how_what_checks_it_is_installed(pack: Path) -> None:
    assert "pip install ." in (pack / "README.md").read_text()


def test_a_pack_is_checked_without_a_node(pack: Path, tmp_path: Path) -> None:
    checked = run("verify", "--pack", pack)
    assert checked.exit_code == 0, checked.output
    assert "339 entries and 181 checkpoints are whole" in checked.stdout
    assert "settle 2026 as the journal does" in checked.stdout
    assert b"p-secret" not in (pack / "history.ndjson").read_bytes()
    for line in (pack / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((pack / name).read_bytes()).hexdigest() == digest
    readme = (pack / "README.md").read_text()
    assert "fagnett verify --pack ." in readme
    assert (pack / "regions.pub").read_text().strip() in readme
    for name, document in (("FORMAT", "federation/README"), ("FACTS", "domain/FACTS")):
        ours = Path(__file__).parents[2] / f"{document}.md"
        assert (pack / f"{name}.md").read_text() == ours.read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["pack"], "nothing else"


def change(pack: Path) -> None:
    history = pack / "history.ndjson"
    history.write_bytes(
        history.read_bytes().replace(b'"amount_ore":', b'"amount_0re":', 1)
    )


def cut(pack: Path) -> None:
    history = pack / "history.ndjson"
    history.write_bytes(history.read_bytes()[:-1000])


def exchange(pack: Path) -> None:
    keys = "".join(f"{key.verifier}\n" for key in KEYS.values())
    (pack / "regions.pub").write_text(keys)


@pytest.mark.parametrize("damage", [change, cut, exchange])
def test_a_pack_that_was_changed_is_found_out(
    pack: Path, damage: Callable[[Path], None]
) -> None:
    damage(pack)
    checked = run("verify", "--pack", pack)
    assert checked.exit_code == 1
    assert "history.ndjson" in checked.stderr


def test_a_history_of_which_nothing_is_signed_is_nobodys(pack: Path) -> None:
    """Whoever made the pack names the home region, whose log may not be excused."""
    history, ours = pack / "history.ndjson", b'"fagnett/vest/'
    lines = []
    for line in history.read_bytes().splitlines(keepends=True)[:-1]:
        if not line.startswith(ENTRY):
            lines += [] if ours in line else [line]
        elif b'"id":"vest/' in line:
            lines.append(re.sub(rb'"amount_ore":(\d)', rb'"amount_ore":1\1', line))
        else:
            lines.append(line)
    told = b"".join(lines)
    assert told not in history.read_bytes()
    digest = hashlib.sha256(told).hexdigest()
    count = {"entries": told.count(b"\n" + ENTRY), "lines": len(lines)}
    history.write_bytes(told + line_of("end", {**count, "sha256": digest}))
    checked = run("verify", "--pack", pack)
    assert (checked.exit_code, "no checkpoint was signed" in checked.stderr) == (
        1,
        True,
    )


def test_no_pack_is_made_of_what_nobody_could_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    record(journal)
    journal.close()
    at(monkeypatch, path)
    made = run("exit-pack", "--to", tmp_path / "pack")
    assert (made.exit_code, "not signed yet" in made.stderr) == (1, True)
    assert not (tmp_path / "pack").exists()
    checked = run("verify")
    assert checked.exit_code == 0, checked.output
    assert "Helse Vest: the last 1 are not signed yet" in checked.stdout


def test_a_pack_that_cannot_be_written_to_its_end_leaves_nothing_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    with YEAR.open("rb") as lines:
        load(journal, lines, load_peers(YEAR.with_suffix(".pub")))
    journal.close()
    at(monkeypatch, path)
    written = Path.write_text

    def full(self: Path, *arguments: Any, **options: Any) -> int:
        if self.name == "README.md":
            raise OSError(ENOSPC, "No space left on device", str(self))
        return written(self, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        made = run("exit-pack", "--to", tmp_path / "pack")
    assert (made.exit_code, "No space left" in made.stderr) == (1, True)
    assert run("exit-pack", "--to", tmp_path / "pack").exit_code == 0
    assert run("verify", "--pack", tmp_path / "pack").exit_code == 0


def test_the_keys_may_come_from_elsewhere(pack: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pub"
    other.write_text("".join(f"{key.verifier}\n" for key in KEYS.values()))
    refused = run("verify", "--pack", pack, "--keys", other)
    assert refused.exit_code == 1
    assert f"The keys in {other} are not this federation's" in refused.stderr
    assert "Damage" not in refused.stderr
    one_of_them = YEAR.with_suffix(".pub").read_text().splitlines()[0]
    name = one_of_them.partition("+")[0]
    lines = other.read_text().splitlines()
    kept = [each for each in lines if each.partition("+")[0] != name]
    other.write_text("\n".join([one_of_them, *kept]) + "\n")
    refused = run("verify", "--pack", pack, "--keys", other)
    assert refused.exit_code == 1
    assert "not this federation" not in refused.stderr
    right = run("verify", "--pack", pack, "--keys", YEAR.with_suffix(".pub"))
    assert right.exit_code == 0


def test_a_pack_gets_a_name_of_its_home_that_is_not_there_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Path("my home")
    assert pack_name(home) == "exit-pack-my home-vest"
    Path(pack_name(home)).mkdir()
    assert pack_name(home) == "exit-pack-my home-vest-2"
    assert pack_name(Path("other")) == "exit-pack-other-vest"


def test_a_pack_takes_no_folder_that_is_there(pack: Path) -> None:
    names = {
        "REGION": "vest",
        "DATABASE": "sqlite:////nowhere/at/all",
        "PEERS_FILE": "",
    }
    environment = {f"FAGNETT_{name}": value for name, value in names.items()}
    environment["FAGNETT_PEERS_FILE"] = str(pack / "regions.pub")
    again = CliRunner().invoke(app, ["exit-pack", "--to", str(pack)], env=environment)
    assert again.exit_code == 1
    assert "cannot be written" in again.stderr


def test_a_backup_takes_no_file_that_is_there_unless_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, backup = tmp_path / "journal.sqlite", tmp_path / "backup"
    SQLiteJournal(path, Region.VEST, instant).close()
    at(monkeypatch, path)
    backup.write_text("the only one")
    refused = run("backup", "--to", backup)
    assert refused.exit_code == 2
    assert "is there already" in refused.stderr
    assert backup.read_text() == "the only one"
    assert run("backup", "--to", backup, "--overwrite").exit_code == 0
    assert backup.read_text() != "the only one"

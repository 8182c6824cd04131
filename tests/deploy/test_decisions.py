"""``fagnett verify --decisions`` names what a region should have refused."""

from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner, Result

from deploy.cli.app import app
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from tests.support.federation import KEYS, instant
from tests.support.forging import BERGEN, fact, forged, register


def checked(folder: Path) -> Result:
    """Verify a journal, and decide again."""
    env = {
        "FAGNETT_LANGUAGE": "en",
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": f"sqlite:///{folder / 'journal.sqlite'}",
        "FAGNETT_PEERS_FILE": str(folder / "regions.pub"),
    }
    return CliRunner().invoke(app, ["verify", "--decisions"], env=env)


def test_what_should_have_been_refused_is_named(tmp_path: Path) -> None:
    lines = [str(key.verifier) for key in KEYS.values()]
    (tmp_path / "regions.pub").write_text("\n".join(lines) + "\n")
    path = tmp_path / "journal.sqlite"
    with closing(SQLiteJournal(path, Region.VEST, instant)) as journal:
        register(journal, BERGEN)
        whole = checked(tmp_path)
        forged(journal, fact(), organisation=BERGEN)
    assert whole.exit_code == 0, whole.output
    assert "Helse Vest decided again: 1 as they were recorded, 0" in whole.output
    found = checked(tmp_path)
    assert found.exit_code == 1
    assert "vest/1/2" in found.output
    assert "not_entitled" in found.output

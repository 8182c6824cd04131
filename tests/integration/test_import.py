"""A bank's file through the command line, into a home that runs or does not."""

import json
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.commands import RUNNING, SAMPLE, fagnett, started, state, wait_for

pytestmark = pytest.mark.servers

PAYEE = "993467049"
HEADER = "booked_on;amount;kid;reference;direction\n"


def test_a_file_is_imported_into_a_home_that_runs_or_does_not(tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text(f"{HEADER}30.12.2026;1 250,50;;B1;credit\n")
    with servers.folder() as home:
        options = ("--home", home, "--organisation", PAYEE)
        with started("demo", "--home", home):
            wait_for((home / "played.json").exists, "the beginning")
            wait_for(
                lambda: json.loads((home / "played.json").read_text())["complete"],
                "the end of the year",
            )
            done = fagnett("import", "payments", file, *options)
            assert done.returncode == 0, done.stderr
            assert done.stdout == (
                "B1: waits, it has no KID.\n"
                "0 have their document, 1 wait, 0 were here already, 0 are not recorded.\n"
            )
            assert len(state(home)["pids"]) == RUNNING
        file.write_text(f"{file.read_text()}30.12.2026;1,00;;B2;credit\n")
        done = fagnett("import", "payments", file, *options, "--json")
        assert done.returncode == 0, done.stderr
        entries = json.loads(done.stdout)["entries"]
        assert [(each["reference"], each["new"]) for each in entries] == [
            ("B1", False),
            ("B2", True),
        ]
        file.write_text(
            f"{file.read_text()}x;1,00;;B3;credit\n2.1.2027;9,00;;B4;debit\n"
        )
        done = fagnett("import", "payments", file, *options)
        assert done.returncode == 1, "somebody should look"
        assert done.stdout == (
            "B1: was here already.\n"
            "B2: was here already.\n"
            "line 4, booked_on: x: not recorded; the day of booking cannot be read.\n"
            "line 5, kid: not recorded; the amount was paid out without the KID of a "
            "document here, or to an account that is not its payee's.\n"
            "0 have their document, 0 wait, 2 were here already, 2 are not recorded.\n"
        )
        file.write_text(f"{HEADER}x;1,00;;B3;credit\nx;1,00;;B4;credit\n")
        done = fagnett("import", "payments", file, *options)
        assert done.returncode == 1
        assert "line 2: the day of booking cannot be read. (line 3)" in done.stderr
        assert fagnett("verify", "--home", home).returncode == 0


def test_what_cannot_be_imported_is_said_so(tmp_path: Path) -> None:
    options = ("--home", tmp_path, "--organisation", PAYEE)
    done = fagnett("import", "payments", tmp_path / "none.csv", *options)
    assert done.returncode == 2
    assert "none.csv" in done.stderr
    done = fagnett("import", "payments", SAMPLE / "2026.expected.json", *options)
    assert done.returncode == 2
    assert "no local federation" in done.stderr

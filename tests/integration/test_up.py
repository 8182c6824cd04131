"""``fagnett up``: a federation of one's own that starts again where it was."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import servers
from tests.support.commands import (
    SAMPLE,
    environment,
    fagnett,
    none_left,
    started,
    state,
)

pytestmark = pytest.mark.servers


@contextmanager
def up(home: Path, *more: str | Path) -> Iterator[Sequence[str]]:
    """Run a federation in a home; give what it says, and see that it leaves nothing."""
    with started("up", "--home", home, *more) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        assert "Ctrl-C" in said[-1], said
        pids = state(home)["pids"]
        yield said
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0
        none_left(pids)


def commands(said: Sequence[str]) -> str:
    """Return all that can be copied, as a script that ends at the first failure."""
    steps = said[said.index("The four nodes are up:") :]
    lines = [each.strip() for each in steps if re.match(r"  (?!Helse)", each)]
    return "\n".join(["set -e", *lines])


def held(home: Path) -> dict[str, int]:
    """Return how many entries each node holds of its own region."""
    answers = json.loads(fagnett("status", "--home", home, "--json").stdout)
    return {
        node: answer["regions"][node]["position"] for node, answer in answers.items()
    }


def test_it_stays_and_starts_again_where_it_was() -> None:
    sample = SAMPLE / "2026"
    with servers.folder() as home:
        keys = home / "keys" / "regions.pub"
        with up(home) as said:
            assert "Making keys and certificates" in said[0]
            second = fagnett("up", "--home", home)
            assert second.returncode == 1
            assert "runs in" in second.stderr
        other = fagnett("up", "--home", home, "--database", "postgres")
        assert other.returncode == 2
        assert "in sqlite" in other.stderr
        nodes, before = state(home)["nodes"], keys.read_text()
        with up(home, "--folder", sample) as said:
            assert state(home)["nodes"] == nodes, "their ports are free"
            assert keys.read_text() == before
            entries = held(home)
            assert sum(entries.values()) > 300
            answers_all(commands(said), home)
        with up(home, "--folder", sample) as said:
            assert "This folder was played here before" in "\n".join(said)
            assert state(home)["nodes"] == nodes
            assert held(home) == entries
        (home / "played.json").unlink()
        behind = fagnett("up", "--home", home, "--folder", sample)
        assert behind.returncode == 2, "before anything is started"
        assert "The folder begins on 1 December 2025" in behind.stderr
        assert "days go forward only" in behind.stderr


def test_an_empty_one_says_how_its_first_trust_is_registered() -> None:
    with servers.folder() as home:
        with up(home) as said:
            registers_its_first_trust(said, home)
        assert not token(home, "983974724").stderr, "the journal says it"
        assert "993467049 is not registered here" in token(home, "993467049").stderr


def registers_its_first_trust(said: Sequence[str], home: Path) -> None:
    """Do what an empty federation says, and see that the trust is known."""
    assert any("registrar registers" in each for each in said)
    script = [each for each in commands(said).splitlines() if "status" not in each]
    registering = script[
        : next(i for i, each in enumerate(script) if "-d '" in each) + 1
    ]
    done = run("\n".join(registering), home)
    assert '"position":"vest:1"' in done.stdout, done.stderr
    told = token(home, "983974724")
    assert not told.stderr, "the node says that it is registered"
    headers = {"Authorization": f"Bearer {told.stdout.strip()}"}
    url = f"{state(home)['nodes']['vest']}/v1/posts"
    answer = httpx.get(url, headers=headers, params={"at_least": "vest:1"})
    assert answer.status_code == 200
    other = token(home, "993467049")
    assert "993467049 is not registered here" in other.stderr
    assert other.stdout.count("\n") == 1, "nothing but the token"


def token(home: Path, organisation: str) -> subprocess.CompletedProcess[str]:
    """Ask for a reader's token."""
    asked = ("--organisation", organisation, "--role", "reader")
    return fagnett("token", "--home", home, *asked)


def answers_all(script: str, home: Path) -> None:
    """Run what a person would copy, and see that it answers."""
    assert "settlement?year=2026" in script
    for each in ("status", "doctor", "exit-pack", "verify"):
        assert f" {each} --" in script
    done = run(script, home)
    assert done.returncode == 0, done.stderr
    assert '"agreements":[{' in done.stdout
    assert '"items":[{' in done.stdout
    (pack,) = home.glob("exit-pack-*-vest")
    assert pack.is_dir()
    assert "Proved with the keys" in done.stdout


def run(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a script from another folder than this program's."""
    return subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        cwd=home,
        env=environment(PYTHONPATH=str(Path(__file__).parents[2])),
        timeout=300,
        check=False,
    )

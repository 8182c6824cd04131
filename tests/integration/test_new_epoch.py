"""A region loses what it has signed for and nobody else holds, and goes on.

The nodes are processes of their own, over real servers; what an operator does is
done by the command line.
"""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect

import httpx
import pytest

from deploy.local.database import Database
from deploy.local.federation import NODE, LocalFederation, is_ready
from deploy.local.home import Home
from domain.values import Region
from tests.support import servers
from tests.support.commands import fagnett, lives, wait_for
from tests.support.links import Link, switchboard
from tests.support.nodes import Nodes

pytestmark = [pytest.mark.servers, pytest.mark.law(3)]

VEST = Region.VEST
OTHERS = [region for region in Region if region is not VEST]
NUMBERS = ("810000007", "810000015", "810000023", "810000031", "810000058")


@dataclass
class Operated(Nodes):
    """A federation, and what vest's operator does."""

    home: Home
    links: Mapping[Region, Link]
    stopped: Path
    """While this file is there, vest's node does not start again."""

    @property
    def journal(self) -> Path:
        """Vest's database."""
        return self.home.journal(VEST)

    def stop(self) -> None:
        """Kill vest's node; it does not come back until :meth:`start`."""
        self.stopped.touch()
        shell = self.federation.pids()["node-vest"]
        (node,) = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        os.kill(int(node), signal.SIGKILL)
        wait_for(lambda: not lives(int(node)), "its end")

    def start(self) -> None:
        """Let vest's node start."""
        self.stopped.unlink()

    def back_up(self, to: Path) -> None:
        """Copy vest's database as it is."""
        with closing(connect(self.journal)) as ours, closing(connect(to)) as copy:
            ours.backup(copy)

    def lose(self, backup: Path) -> None:
        """Lose vest's database and its server's store; only the backup is left."""
        for path in self.journal.parent.glob(f"{self.journal.name}*"):
            path.unlink()
        shutil.copyfile(backup, self.journal)
        before = self.federation.pids()["nats-vest"]
        os.kill(before, signal.SIGKILL)
        shutil.rmtree(self.home.path / "nats" / "vest" / "jetstream")
        wait_for(lambda: self.federation.pids()["nats-vest"] != before, "its server")

    def begin(self) -> subprocess.CompletedProcess[str]:
        """Begin a new epoch by the command line."""
        node = self.federation._node(VEST, "node-vest", 1)
        reason = "both disks were lost"
        return fagnett("epoch", "begin", "--reason", reason, **node.environment)

    def withheld(self) -> bool:
        """Say whether vest's node refuses commands and says that it lacks something."""
        try:
            told = self.call(VEST, "/v1/federation")
        except httpx.HTTPError:
            return False
        return "begin a new epoch" in str(told["withheld"])


def waiting(stopped: Path) -> Sequence[str]:
    """Return a command that keeps a node running, but while a file is there."""
    wait = f"while test -e {shlex.quote(str(stopped))}; do sleep 0.05; done"
    keep = f"while :; do {wait}; {shlex.join(NODE)} & node=$!; wait $node; done"
    return ("sh", "-c", f"trap 'kill $node; exit' TERM; {keep}")


@pytest.fixture
def here() -> Iterator[Operated]:
    """Run four nodes."""
    links: dict[Region, Link] = {}
    with switchboard() as loop, servers.folder() as folder:
        stopped = folder / "stopped"

        def link(region: Region, port: int) -> int:
            links[region] = Link(loop, port)
            return links[region].port

        with LocalFederation(
            Home(folder),
            Database.SQLITE,
            link=link,
            command=lambda region: waiting(stopped) if region is VEST else NODE,
        ) as federation:
            yield Operated(federation, Home(folder), links, stopped)


def test_a_region_goes_on_without_what_nobody_holds(
    here: Operated, tmp_path: Path
) -> None:
    here.register(VEST, NUMBERS[0])
    here.arrived(VEST, *OTHERS)
    here.back_up(tmp_path / "backup")
    here.links[VEST].cut()
    for number in NUMBERS[1:3]:
        here.register(VEST, number)
    wait_for(lambda: here.known(VEST, VEST)["sent"] == 3, "what only vest's server has")
    here.stop()
    here.lose(tmp_path / "backup")
    here.links[VEST].heal()

    here.start()
    wait_for(here.withheld, "that its node knows what it lacks")
    assert not is_ready(here.federation.urls[VEST])
    with pytest.raises(httpx.HTTPStatusError) as refused:
        here.register(VEST, NUMBERS[3])
    assert refused.value.response.json()["code"] == "home_log_withheld"

    here.stop()
    begun = here.begin()
    assert begun.returncode == 0, begun.stderr
    here.start()
    wait_for(lambda: is_ready(here.federation.urls[VEST]), "vest's node")
    here.register(VEST, NUMBERS[3])
    here.register(Region.NORD, NUMBERS[4])
    here.arrived(VEST, *OTHERS)
    here.arrived(Region.NORD, VEST)
    here.folded(*Region)
    for region in Region:
        told = here.known(region, VEST)
        assert (told["epoch"], told["position"]) == (2, 3)
        assert told["refused"] is None
        listed = here.call(region, "/v1/organisations")["items"]
        known = {each["org_number"] for each in listed}
        assert known == {NUMBERS[0], NUMBERS[3], NUMBERS[4]}
    checked = fagnett("verify", "--home", here.home.path)
    assert checked.returncode == 0, checked.stderr

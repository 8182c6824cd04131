"""``fagnett demo`` and what it leaves behind: nothing, however it ends."""

import json
import signal
import subprocess
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from deploy.local.federation import stored_nodes
from deploy.local.home import Home
from domain.values import Region
from tests.support import servers
from tests.support.commands import (
    RUNNING,
    SAMPLE,
    fagnett,
    kill,
    none_left,
    started,
    state,
    wait_for,
)

pytestmark = pytest.mark.servers


def up(process: subprocess.Popen[str]) -> None:
    """Wait until the demo says where its nodes are."""
    assert process.stderr is not None
    for line in process.stderr:
        if "Ctrl-C" in line:
            return
    raise AssertionError("the demo ended by itself")


def test_the_demo_settles_stays_up_and_leaves_nothing() -> None:
    with servers.folder() as home, started("demo", "--home", home) as process:
        up(process)
        pids = state(home)["pids"]
        assert len(pids) == RUNNING
        token = (home / "token").read_text().strip()
        for url in state(home)["nodes"].values():
            request = urllib.request.Request(  # noqa: S310 - our own address
                f"{url}/v1/settlement?year=2026",
                headers={"Authorization": f"Bearer {token}"},
            )
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
                assert len(json.load(answer)["agreements"]) == 14
        whole = fagnett("verify", "--home", home)
        assert whole.returncode == 0, "also while the nodes run"
        told = fagnett("status", "--home", home, "--json")
        regions = json.loads(told.stdout)["nord"]["regions"]
        assert all(each["trouble"] is None for each in regions.values())
        wait_for(lambda: heard(home), "heartbeats of every region at every node")
        table = fagnett("status", "--home", home, "--language", "nn")
        assert "sorost" in table.stdout
        assert "Fullstendig til" in table.stdout
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        none_left(pids)
        assert fagnett("status", "--home", home).returncode == 1
    for said in (
        "Settlement of 2026",
        "By pair of regions",
        "Refused rows",
        "Helse Vest",
    ):
        assert said in output
    assert "2\N{NO-BREAK SPACE}011" in output or "2,011,469.21" in output


def heard(home: Path) -> bool:
    """Say whether every node has heard all others, and believes them."""
    nodes = json.loads(fagnett("status", "--home", home, "--json").stdout)
    return all(
        each["complete_to"] is not None
        and each["refused"] is None
        and (origin == node or each["heartbeat_age_seconds"] is not None)
        for node, answer in nodes.items()
        for origin, each in answer["regions"].items()
    )


IN_BACKGROUND: Final = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""As a script starts what ends with ``&``."""


@pytest.mark.parametrize(
    ("end", "by"),
    [(signal.SIGTERM, ()), (signal.SIGTERM, IN_BACKGROUND), (signal.SIGKILL, ())],
)
def test_whatever_ends_the_parent_ends_the_children(
    end: signal.Signals, by: Sequence[str]
) -> None:
    with servers.folder() as home, started("demo", "--home", home, by=by) as process:
        wait_for(lambda: len(state(home)["pids"]) == RUNNING, "all processes")
        pids = state(home)["pids"]
        process.send_signal(end)
        process.communicate(timeout=30)
        none_left(pids)


def test_postgresql_ends_with_its_parent_too() -> None:
    with servers.folder() as home:
        arguments = ("demo", "--home", home, "--database", "postgres")
        with started(*arguments) as process:
            wait_for(lambda: len(state(home)["pids"]) == RUNNING + 1, "all")
            pids = state(home)["pids"]
            kill(process.pid)
            process.communicate(timeout=30)
            none_left(pids)


def test_a_killed_settle_leaves_a_home_that_is_not_trusted() -> None:
    with servers.folder() as home:
        with started("settle", SAMPLE / "2026", "--home", home) as process:
            wait_for((home / "played.json").exists, "the beginning")
            kill(process.pid)
            process.communicate(timeout=30)
        none_left(state(home)["pids"])
        again = fagnett("settle", SAMPLE / "2026", "--home", home)
        assert again.returncode == 2
        assert "not played to its end" in again.stderr
        assert fagnett("verify", "--home", home).returncode == 0


def test_without_a_home_nothing_is_kept(tmp_path: Path) -> None:
    done = fagnett("settle", SAMPLE / "2026", "--json", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("region", ["midt", "none"])
def test_a_folder_of_organisations_alone_is_settled(
    tmp_path: Path, region: str
) -> None:
    """None of them in vest, or none anywhere, and no business day at all."""
    header, *rows = (SAMPLE / "2026/organisations.csv").read_text().splitlines()
    here = [row for row in rows if f",{region}," in row]
    (tmp_path / "organisations.csv").write_text("\n".join([header, *here]))
    header, *_ = (SAMPLE / "2026/networks.csv").read_text().splitlines()
    (tmp_path / "networks.csv").write_text(header)
    done = fagnett("settle", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "invalid" not in done.stdout


def test_a_home_that_cannot_be_one_is_said_so(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    done = fagnett("settle", SAMPLE / "2026", "--home", home)
    assert done.returncode == 2
    assert str(home) in done.stderr


def test_a_node_refuses_a_journal_that_is_open() -> None:
    with servers.folder() as home, started("demo", "--home", home) as process:
        wait_for(lambda: len(state(home)["pids"]) == RUNNING, "all processes")
        with stored_nodes(Home(home)) as told:
            vest = told[Region.VEST]
        settings = {f"FAGNETT_{name.upper()}": vest[name] for name in vest}
        second = fagnett("node", **{**settings, "FAGNETT_HTTP_PORT": "0"})
        assert second.returncode == 2
        assert "open" in second.stderr
        assert process.poll() is None


def test_a_node_says_what_it_was_not_told() -> None:
    done = fagnett("node", FAGNETT_REGION="nowhere")
    assert done.returncode == 2
    assert "FAGNETT_REGION" in done.stderr
    assert "FAGNETT_DATABASE" in done.stderr

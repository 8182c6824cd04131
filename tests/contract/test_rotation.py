"""A region changes its key, and the others take its log on, over every carrier."""

from pathlib import Path

import pytest

from deploy.keyfiles import KeyFileError, PeersFile, append_line, check_signs
from domain.values import Region
from federation.courier import Courier
from federation.journal.store import Journal
from federation.keyring import Place, revocation, succession
from federation.keys import Verifier, key_name, signing_key
from federation.receiver import Receiver
from federation.verification import DamageError, verify
from tests.support.federation import KEYS
from tests.support.replication import Network, courier, record, running, same, until

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

OLD = KEYS[Region.VEST]
NEW = signing_key(key_name("vest"), bytes([77]) * 32)


def peers_file(path: Path) -> PeersFile:
    path.write_text("".join(f"{key.verifier}\n" for key in KEYS.values()))
    return PeersFile(path)


async def test_a_log_goes_on_under_a_new_key(
    network: Network,
    journals: dict[Region, Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The receiver waits for the operator's word, and goes on by itself."""
    vest, nord, midt = (journals[r] for r in (Region.VEST, Region.NORD, Region.MIDT))
    monkeypatch.setattr("federation.receiver.REFUSED_RETRY_SECONDS", 0.05)
    ours, theirs = peers_file(tmp_path / "ours"), peers_file(tmp_path / "theirs")
    taker = Receiver(
        nord, network.carriers[Region.NORD], "vest", theirs.of(Region.VEST)
    )
    record(vest, 7)
    async with running(courier(network, vest), taker):
        await same(nord, vest)
    line = succession(OLD, NEW.verifier, Place(1, 7))
    append_line(tmp_path / "ours", line)
    check_signs(NEW, ours.ring(Region.VEST))
    with pytest.raises(KeyFileError, match="not the one"):
        check_signs(OLD, ours.ring(Region.VEST))
    record(vest, 5)
    sender = Courier(vest, network.carriers[Region.VEST], NEW, ours.of(Region.VEST))
    async with running(sender, taker):
        await until(lambda: taker.state.refused is not None)
        assert nord.positions()["vest"].position == 7
        append_line(tmp_path / "theirs", line)
        await same(nord, vest)
        assert taker.state.refused is None
    late = Receiver(midt, network.carriers[Region.MIDT], "vest", ours.of(Region.VEST))
    async with running(late):
        await same(midt, vest)
    rings = {region: ours.ring(region) for region in Region}
    logs = {log.origin: log for log in verify(midt, rings)}
    assert logs["vest"].entries == 12
    old_only: dict[Region, Verifier] = {**rings, Region.VEST: OLD.verifier}
    with pytest.raises(DamageError, match="not signed"):
        list(verify(midt, old_only))


async def test_the_old_key_signs_nothing_new(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", revocation(OLD.verifier, Place(1, 3)))
    taker = Receiver(nord, network.carriers[Region.NORD], "vest", peers.of(Region.VEST))
    record(vest, 3)
    sender = courier(network, vest)
    async with running(sender, taker):
        await same(nord, vest)
        record(vest, 1)
        await until(lambda: taker.state.refused is not None)
    assert nord.positions()["vest"].position == 3


def test_a_file_that_breaks_changes_nothing(tmp_path: Path) -> None:
    peers = peers_file(tmp_path / "peers")
    append_line(tmp_path / "peers", "rubbish")
    assert peers.of(Region.VEST).at(1, 1) == [OLD.verifier]
    assert peers.of(Region.VEST).name == OLD.name
    (tmp_path / "peers").unlink()
    assert peers.of(Region.VEST).at(1, 1) == [OLD.verifier]
    with pytest.raises(KeyFileError, match="cannot be read"):
        PeersFile(tmp_path / "peers")

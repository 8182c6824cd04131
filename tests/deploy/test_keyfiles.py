"""Key files: secret, and refused when they are not."""

import json
import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from deploy.keyfiles import (
    KeyFileError,
    load_peers,
    load_persons_key,
    load_signing_key,
    make_persons_key,
    make_signing_key,
    read_secret,
)
from deploy.local.home import Home
from deploy.peers import PeersFile
from deploy.tokenfiles import load_token_key, make_token_key
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.log.persons import KEY_BYTES
from tests.support.federation import instant
from tests.support.replication import record

MIDT = Region.MIDT


def test_secrets_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make_keys()
    secrets = [home.token_secret]
    secrets += [home.signing_key(r) for r in Region] + [
        home.persons_key(r) for r in Region
    ]
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = {path: path.read_text() for path in secrets}
    home.make_keys()
    assert {path: path.read_text() for path in secrets} == before, "made once"
    peers = load_peers(home.peers)
    for region in Region:
        key = load_signing_key(home.signing_key(region))
        assert str(key.verifier) == str(peers[region].current)
        assert len(load_persons_key(home.persons_key(region))) == KEY_BYTES
    assert not load_token_key(home.token_public).is_private


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_persons_key(path)
    for mode in (0o640, 0o604, 0o666):
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="0600"):
            load_persons_key(path)


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    make_signing_key(tmp_path / "key", Region.VEST)
    with pytest.raises(FileExistsError):
        make_signing_key(tmp_path / "key", Region.VEST)


def test_key_files_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_secret(tmp_path / "none")
    path = tmp_path / "key"
    path.write_text("xyz")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="hexadecimal"):
        load_persons_key(path)
    make_token_key(tmp_path / "secret", tmp_path / "public")
    with pytest.raises(KeyFileError, match="secret half"):
        load_token_key(tmp_path / "secret")
    assert "d" not in json.loads((tmp_path / "public").read_text())


def test_a_region_without_a_key_is_yet_to_join(tmp_path: Path) -> None:
    """Unless its entries are here: then its line was lost."""
    home = Home(tmp_path)
    home.make_keys()
    home.peers.write_text("\n".join(home.peers.read_text().splitlines()[1:]))
    ring = load_peers(home.peers)[MIDT]
    assert (ring.name, ring.current, ring.ever()) == ("fagnett/midt", None, [])
    peers = PeersFile(home.peers)
    for region in (Region.VEST, MIDT):
        with closing(
            SQLiteJournal(tmp_path / region.value, region, instant)
        ) as journal:
            peers.check_known(journal)
            record(journal)
            if region is MIDT:
                with pytest.raises(KeyFileError, match="none of midt"):
                    peers.check_known(journal)


def test_a_key_is_not_lost_with_its_line_while_a_node_runs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_keys()
    first, *others = home.peers.read_text().splitlines()
    peers = PeersFile(home.peers)
    home.peers.write_text("\n".join(others))
    os.utime(home.peers, ns=(1, 1))
    assert [str(key) for key in peers.of(MIDT).ever()] == [first]

"""Hostile packs and banks' files: each ends with one sentence and exit code 2."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from deploy.cli.packed import PACK_BYTES_MAX
from deploy.keyfiles import FILE_BYTES_MAX as KEYS_BYTES_MAX
from federation.backup.load import LINE_BYTES_MAX
from tests.support.hostile import run

ROOT = Path(__file__).parents[2]
YEAR = ROOT / "tests" / "data" / "journals" / "v1" / "year.ndjson"


def endless(pack: Path) -> None:
    (pack / "history.ndjson").write_bytes(b"x" * (LINE_BYTES_MAX + 1))


def endless_later(pack: Path) -> None:
    history = pack / "history.ndjson"
    lines = history.read_bytes().splitlines(keepends=True)
    entry = b'{"entry":' + b" " * LINE_BYTES_MAX
    history.write_bytes(b"".join([*lines[:5], entry, *lines[5:]]))


def too_large(pack: Path) -> None:
    with (pack / "history.ndjson").open("ab") as file:
        file.truncate(PACK_BYTES_MAX + 1)


def piped(pack: Path) -> None:
    (pack / "history.ndjson").unlink()
    os.mkfifo(pack / "history.ndjson")


def linked(pack: Path) -> None:
    (pack / "history.ndjson").unlink()
    (pack / "history.ndjson").symlink_to("/dev/zero")


def keys_without_end(pack: Path) -> None:
    with (pack / "regions.pub").open("ab") as file:
        file.truncate(KEYS_BYTES_MAX + 1)


def keys_piped(pack: Path) -> None:
    (pack / "regions.pub").unlink()
    os.mkfifo(pack / "regions.pub")


PACKS: dict[Callable[[Path], None], str] = {
    endless: "line 1: more than",
    endless_later: "line 6: more than",
    too_large: f"history.ndjson: more than {PACK_BYTES_MAX} bytes",
    piped: "history.ndjson: not a regular file",
    linked: "history.ndjson: not a regular file",
    keys_without_end: "regions.pub cannot be read",
    keys_piped: "regions.pub cannot be read: not a regular file",
}


def test_a_hostile_pack_ends_with_one_sentence(tmp_path: Path) -> None:
    packs: list[Path] = []
    for spoil in PACKS:
        pack = tmp_path / spoil.__name__
        pack.mkdir()
        shutil.copy(YEAR, pack / "history.ndjson")
        shutil.copy(YEAR.with_suffix(".pub"), pack / "regions.pub")
        spoil(pack)
        packs.append(pack)
    asked: list[list[str | Path]] = [["verify", "--pack", pack] for pack in packs]
    ended = run(*asked)
    for (spoil, said), (code, told) in zip(PACKS.items(), ended, strict=True):
        assert (spoil.__name__, code) == (spoil.__name__, 2), told
        assert said in told, spoil.__name__
        assert len(told.splitlines()) == 1, told


def test_a_hostile_file_of_a_bank_ends_with_one_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "piped")
    (tmp_path / "linked").symlink_to("/dev/zero")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(5 * 1024**2 + 1)
    names = ("piped", "linked", "large")
    asked: list[str | Path] = ["--home", tmp_path, "--organisation", "983974880"]
    ended = run(*(["import", "payments", tmp_path / name, *asked] for name in names))
    for code, told in ended:
        assert (code, len(told.splitlines())) == (2, 1), told
    assert "not a regular file" in ended[0][1]
    assert "not a regular file" in ended[1][1]
    assert "larger than 5 MB" in ended[2][1]

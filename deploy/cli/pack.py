"""``fagnett exit-pack``: a region's history with its proofs, for whoever leaves."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

import typer

from api.words import Language, sentence
from deploy.cli.backup import write_dump
from deploy.cli.packed import HISTORY, KEYS
from deploy.cli.progress import told
from deploy.cli.upkeep import explained, one_of, stored
from deploy.keyfiles import load_peers
from deploy.settings import StoreSettings
from domain.values import Region
from federation.backup.dump import Dumped, UnsignedError
from federation.private import FOLDER_MODE

README: Final = "README.md"
DOCUMENTS: Final = {
    "FORMAT.md": ("federation", "README.md"),
    "FACTS.md": ("domain", "FACTS.md"),
}
"""What an auditor needs who has no Fagnett: the form of the logs, and of the facts."""
SUMS: Final = "SHA256SUMS"


def write_pack(
    to: Path,
    home: Path | None,
    region: Region | None,
    words: Language,
) -> None:
    """Write all logs that a region holds, with all proofs, to a folder.

    Anybody can check it with ``fagnett verify --pack``, without a node. Exit code 1
    while the end of the region's own log is not signed: its node does that.
    """
    with explained(words), stored(home, words) as stores:
        store = one_of(stores, region, words)
        load_peers(store.peers_file)
        try:
            with _whole(to):
                written = _write(store, to)
                values: dict[str, str | int] = {
                    "region": store.region.value,
                    "folder": str(to),
                    "entries": written.entries,
                    "sha256": written.sha256,
                    "keys": store.peers_file.read_text().strip(),
                }
                text = sentence(words, "pack", "readme", values)
                (to / README).write_text(text)
        except UnsignedError:
            told(sentence(words, "pack", "unsigned", {"region": store.region.value}))
            raise typer.Exit(1) from None
        except OSError as error:
            reason = {"file": str(to), "reason": str(error.strerror)}
            told(sentence(words, "backup", "unwritable", reason))
            raise typer.Exit(1) from None
    typer.echo(sentence(words, "pack", "written", values))


@contextmanager
def _whole(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away if it cannot be filled: half a pack is none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(FOLDER_MODE)
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(store: StoreSettings, to: Path) -> Dumped:
    written = write_dump(store, to / HISTORY, for_others=True)
    keys = store.peers_file.read_bytes()
    (to / KEYS).write_bytes(keys)
    for name, (package, document) in DOCUMENTS.items():
        text = resources.files(package).joinpath(document).read_bytes()
        (to / name).write_bytes(text)
    sums = {HISTORY: written.sha256, KEYS: hashlib.sha256(keys).hexdigest()}
    lines = (f"{digest}  {name}\n" for name, digest in sums.items())
    (to / SUMS).write_text("".join(lines))
    return written

"""Packs as databases, for what reads them: they are filled, and gone afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer

from api.words import Language, sentence
from deploy.cli.backup import fill
from deploy.cli.progress import told
from deploy.keyfiles import KeyFileError, load_peers
from deploy.settings import StoreSettings
from domain.values import Region
from federation.backup.load import BrokenDumpError, OtherFormError, first_line
from federation.checks.damage import DamageError
from federation.journal.unreadable import Cause, UnreadableJournalError
from federation.regular import open_regular

HISTORY: Final = "history.ndjson"
KEYS: Final = "regions.pub"
PACK_BYTES_MAX: Final = 8 * 1024**3
"""Size of a pack that is checked: some millions of entries."""


@contextmanager
def packed(folder: Path, keys: Path | None) -> Iterator[dict[Region, StoreSettings]]:
    """Give the journal of a pack as a database that is gone afterwards.

    ``keys`` are taken instead of the pack's own. Raises :class:`DamageError`, and
    :class:`UnreadableJournalError` where nothing says that it is damaged.
    """
    history = folder / HISTORY
    try:
        with (
            open_regular(history, PACK_BYTES_MAX, follow=False) as file,
            tempfile.TemporaryDirectory(prefix="fagnett-pack-") as place,
        ):
            region = first_line(file).region
            file.seek(0)
            store = StoreSettings(
                region=region,
                database=f"sqlite:///{place}/journal.sqlite",
                views=Path(place) / "views.sqlite",
                peers_file=keys or folder / KEYS,
            )
            fill(store, file)
            yield {region: store}
    except OtherFormError as error:
        raise UnreadableJournalError(Cause.FILE, f"{history}: {error}") from None
    except BrokenDumpError as error:
        message = f"{history}: {error}"
        raise DamageError(message) from None
    except OSError as error:
        what = f"{error.filename or history}: {error.strerror}"
        raise UnreadableJournalError(Cause.FILE, what) from None


@contextmanager
def strangers_told(pack: Path, peers: Path | None, words: Language) -> Iterator[None]:
    """Say of keys that share none with the pack's own that they are another's.

    Whoever has forged a whole pack has put in keys of its own, so this proves nothing.
    """
    try:
        yield
    except DamageError:
        if peers is None or _shared(pack / KEYS, peers):
            raise
        told(sentence(words, "upkeep", "other_keys", {"keys": str(peers)}))
        raise typer.Exit(1) from None


def _shared(own: Path, given: Path) -> bool:
    """Whether two files have a key in common, or one of them cannot be read."""
    try:
        files = [load_peers(each).values() for each in (own, given)]
    except KeyFileError:
        return True
    own_keys, given_keys = (
        {key.public for ring in rings for key in ring.ever()} for rings in files
    )
    return not own_keys.isdisjoint(given_keys)

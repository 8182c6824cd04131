"""``fagnett documents``: remove a document whose time is over, check them all.

A node may run meanwhile: it asks the same folder and the same tables.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from api.desk.documents import KeptDocuments
from api.desk.opening import prepared
from api.words import Language, sentence
from deploy.cli.progress import told
from deploy.cli.upkeep import check_exists, explained, hinted, one_of, stored
from deploy.databases import documents_path
from deploy.local.home import Home
from deploy.settings import DocumentSettings
from deploy.stores import open_store
from deploy.views import open_desk
from domain.values import Region
from federation.documents.store import require_hash


def remove(
    sha256: str, home: Path | None, region: Region | None, words: Language
) -> None:
    """Let go of a document for good. Exit code 1 where it was not here, 2 for no hash."""
    try:
        require_hash(sha256)
    except ValueError:
        told(sentence(words, "documents", "no_hash"))
        raise typer.Exit(2) from None
    with explained(words), _documents(home, region, words) as documents:
        about = documents.about(sha256)
        was_here = documents.remove(sha256, int(time.time()))
    if not was_here and not about.organisations:
        told(sentence(words, "documents", "not_here", {"document": sha256}))
        raise typer.Exit(1)
    typer.echo(sentence(words, "documents", "removed", {"document": sha256}))


def check_all(home: Path | None, region: Region | None, words: Language) -> None:
    """Hash all that the region's people gave; exit code 1 where something is amiss."""
    with explained(words), _documents(home, region, words) as documents:
        held = documents.held()
        amiss = [sha256 for sha256 in held if not documents.is_whole(sha256)]
    for sha256 in amiss:
        told(sentence(words, "documents", "amiss", {"document": sha256}))
    if amiss:
        raise typer.Exit(1)
    typer.echo(sentence(words, "documents", "whole", {"count": len(held)}))


@contextmanager
def _documents(
    home: Path | None, region: Region | None, words: Language
) -> Iterator[KeptDocuments]:
    """Give the documents of a home's region, or of the node that the variables name."""
    if home is None:
        with hinted(words):
            settings = DocumentSettings()
        with _opened(settings) as documents:
            yield documents
        return
    with stored(home, words) as stores:
        store = one_of(stores, region, words)
        folder = Home(home).documents(store.region)
        with _opened(DocumentSettings(**store.model_dump(), documents=folder)) as found:
            yield found


@contextmanager
def _opened(settings: DocumentSettings) -> Iterator[KeptDocuments]:
    check_exists(settings.database)
    folder = documents_path(settings.database, settings.documents)
    store = open_store(folder, settings.bucket)
    desk = prepared(open_desk(settings.database, settings.desk))
    try:
        yield KeptDocuments(store, desk)
    finally:
        store.close()
        desk.dispose()

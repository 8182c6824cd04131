"""``fagnett entry``: what a paper names, found in the signed log and proved."""

from contextlib import AbstractContextManager, closing
from pathlib import Path

import orjson
import typer

from api.entries import shown_entry
from api.words import Language, sentence
from deploy.cli.packed import packed
from deploy.cli.progress import told
from deploy.cli.upkeep import (
    check_exists,
    explained,
    one_of,
    stored,
)
from deploy.databases import open_journal
from deploy.keyfiles import load_peers
from deploy.settings import StoreSettings
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.inclusion import Included, check, entry_at, included
from federation.journal.shapes import DamagedEntryError
from federation.signed.entry import place_of


def show_entry(
    place: str,
    home: Path | None,
    pack: Path | None,
    region: Region | None,
    *,
    as_json: bool,
    words: Language,
) -> None:
    """Show an entry of a signed log, who has signed for it, and check the proofs.

    Exit code 1 where they do not hold; 2 where there is no such entry.
    """
    named = place_of(place)
    with explained(words), _of(home, pack, words) as stores:
        # Each node holds all logs; whose is asked does not matter.
        chosen = region or next(iter(stores))
        store = one_of(stores, chosen, words)
        check_exists(store.database)
        keys = {each.value: k for each, k in load_peers(store.peers_file).items()}
        with closing(
            open_journal(store.database, store.region, read_only=True)
        ) as journal:
            row = None if named is None else entry_at(journal, *named)
            if row is None:
                told(sentence(words, "entry", "not_here", {"entry": place}))
                raise typer.Exit(2)
            try:
                included_entry = included(journal, row)
            except DamagedEntryError as error:
                raise DamageError(str(error)) from None
        check(included_entry, keys)
    if as_json:
        options = orjson.OPT_INDENT_2
        typer.echo(orjson.dumps(shown_entry(included_entry), option=options).decode())
    else:
        _show(included_entry, words)


def _of(
    home: Path | None, pack: Path | None, words: Language
) -> AbstractContextManager[dict[Region, StoreSettings]]:
    """Give the journals to look in: of a home, a pack, or one node."""
    return stored(home, words) if pack is None else packed(pack, None)


def _show(inclusion: Included, words: Language) -> None:
    row = inclusion.row
    values: dict[str, str | int] = {
        "entry": row.id,
        "index": inclusion.index,
        "leaf": row.leaf.hex(),
        "type": row.type,
        "stream": row.stream,
        "version": row.version,
        "recorded_at": row.recorded_at,
        "origin": row.origin,
    }
    typer.echo(sentence(words, "entry", "place", values))
    typer.echo(sentence(words, "entry", "leaf", values))
    typer.echo(sentence(words, "entry", "fact", values))
    typer.echo(row.body.decode())
    if inclusion.signed is None:
        typer.echo(sentence(words, "entry", "not_signed", values))
        return
    values["size"] = inclusion.signed.size
    typer.echo(sentence(words, "entry", "signed", values))
    for witness, shown in inclusion.cosigned.items():
        of_witness: dict[str, str | int] = {"witness": witness, "size": shown.size}
        typer.echo(sentence(words, "entry", "cosigned", of_witness))
    if not inclusion.cosigned:
        typer.echo(sentence(words, "entry", "not_cosigned", values))
    typer.echo(sentence(words, "entry", "in_full", values))

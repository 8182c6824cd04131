"""``fagnett keys``: make a federation's keys, show them, replace them, end them."""

import secrets
from contextlib import closing
from pathlib import Path

import typer

from api.words import Language, sentence
from deploy.cli.alone import AlreadyRunningError, exclusive
from deploy.cli.progress import told
from deploy.cli.upkeep import check_exists, explained, signing
from deploy.databases import open_journal
from deploy.keyfiles import (
    append_line,
    check_signs,
    keep_key,
    load_peers,
    load_signing_key,
    replace_key,
)
from deploy.local.home import Home
from deploy.local.process import HOST
from deploy.settings import KeySettings
from domain.values import Region
from federation.checks.signed_heads import (
    BrokenSignedHeadsError,
    NotWholeError,
    SignedHeads,
    signed_to,
)
from federation.signed.keyring import (
    KeyRing,
    extended,
    read_place,
    revocation,
    succession,
    trusted,
)
from federation.signed.keys import (
    BrokenKeyError,
    key_name,
    read_verifier_key,
    signing_key,
)


def make(
    to: Path,
    host: list[str] | None,
    words: Language,
) -> None:
    """Make all keys and certificates of a federation, where there are none."""
    home = Home(to)
    home.make_keys(host or [HOST])
    told(sentence(words, "keys", "made", {"folder": str(home.peers.parent)}))
    _show(load_peers(home.peers), words)


def show_keys(
    peers: Path | None,
    home: Path | None,
    words: Language,
) -> None:
    """Print the public keys of all regions, and what each signs."""
    with explained(words):
        _show(load_peers(_peers(peers, home, words)), words)


def _peers(peers: Path | None, home: Path | None, words: Language) -> Path:
    """File of all keys: of a home, else the one that is named."""
    if home is not None:
        return Home(home).peers
    if peers is None:
        told(sentence(words, "keys", "which_peers"))
        raise typer.Exit(2)
    return peers


def _show(rings: dict[Region, KeyRing], words: Language) -> None:
    for region, ring in rings.items():
        for term in ring.terms:
            last = term.last
            key = "valid" if last is None else "revoked" if term.revoked else "ended"
            values: dict[str, str | int] = {
                "region": region.value,
                "key": str(term.key),
                "first": f"{term.first.epoch}/{term.first.position}",
                "last": "" if last is None else f"{last.epoch}/{last.position}",
            }
            typer.echo(sentence(words, "keys", key, values))


def rotate(
    home: Path | None,
    region: Region | None,
    words: Language,
) -> None:
    """Give the region a new signing key, named by the old one. The node is stopped.

    Prints the line that the other regions accept.
    """
    with explained(words), signing(home, region, words) as settings:
        try:
            check_exists(settings.database)
            with exclusive(settings.database):
                line, kept = _rotated(settings)
        except AlreadyRunningError:
            told(sentence(words, "keys", "running"))
            raise typer.Exit(1) from None
        except (NotWholeError, BrokenSignedHeadsError) as error:
            told(sentence(words, "keys", "not_whole", {"reason": str(error)}))
            raise typer.Exit(1) from None
    told(sentence(words, "keys", "rotated", {"file": str(kept)}))
    typer.echo(line)


def _rotated(settings: KeySettings) -> tuple[str, Path]:
    """Line that names the new key, and where the old one is kept."""
    old = load_signing_key(settings.signing_key_file)
    ring = load_peers(settings.peers_file)[settings.region]
    check_signs(old, ring)
    promised = SignedHeads(settings.promises).last(settings.region.value)
    with closing(open_journal(settings.database, settings.region)) as journal:
        first = signed_to(journal, promised)
    new = signing_key(old.name, secrets.token_bytes(32))
    line = succession(old, new.verifier, first)
    extended({old.name: ring}, line)
    # Each step can be the last of who is interrupted, and is then taken again.
    kept = keep_key(settings.signing_key_file)
    # The file of all keys first: a node whose key it does not name does not
    # start, and while the old key is in place the line can be taken out again.
    append_line(settings.peers_file, line)
    replace_key(settings.signing_key_file, new)
    return line, kept


def accept(
    line: str,
    peers: Path | None,
    home: Path | None,
    words: Language,
) -> None:
    """Take another region's next key, if its last one names it."""
    with explained(words):
        if line.strip().split(" ")[-2:-1] != ["signed"]:
            told(sentence(words, "keys", "not_signed"))
            raise typer.Exit(1)
        _add(_peers(peers, home, words), line.strip(), words)


def admit(
    key: str,
    peers: Path | None,
    home: Path | None,
    words: Language,
) -> None:
    """Take the first key of a region that joins."""
    with explained(words):
        _add(_peers(peers, home, words), str(read_verifier_key(key)), words)


def trust(
    key: str,
    first: str,
    peers: Path | None,
    home: Path | None,
    words: Language,
) -> None:
    """Take a key that nobody has signed, after the old one was revoked or lost."""
    with explained(words):
        line = trusted(read_verifier_key(key), read_place(first))
        _add(_peers(peers, home, words), line, words)


def revoke(
    region: Region,
    last: str,
    peers: Path | None,
    home: Path | None,
    words: Language,
) -> None:
    """End a region's key: nothing that it signs after a place counts here."""
    with explained(words):
        ring = load_peers(_peers(peers, home, words))[region]
        if not ring.terms:
            message = f"{ring.name} has no key"
            raise BrokenKeyError(message)
        line = revocation(ring.terms[-1].key, read_place(last))
        _add(_peers(peers, home, words), line, words)


def _add(peers: Path, line: str, words: Language) -> None:
    rings = {ring.name: ring for ring in load_peers(peers).values()}
    ring = extended(rings, line)
    if ring.name not in rings:
        message = f"{ring.name} is no region's name"
        raise BrokenKeyError(message)
    append_line(peers, line)
    told(sentence(words, "keys", "added"))
    _show({r: ring for r in Region if key_name(r.value) == ring.name}, words)

"""The node's files: keys, certificates, promises. Nothing of a secret is shown."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from joserfc.errors import JoseError

from deploy.carrier.certificates import ends_at
from deploy.doctor.finding import Finding, fails, ok, warns
from deploy.keyfiles import (
    KeyFileError,
    check_known,
    check_signs,
    load_documents_key,
    load_peers,
    load_persons_key,
    load_signing_key,
    read_secret,
)
from deploy.peers import PeersFile
from deploy.stores import NamedBucket, open_store
from deploy.tokenfiles import load_token_key
from domain.values import Region
from federation.checks.signed_heads import BrokenSignedHeadsError, SignedHeads, breach
from federation.journal.store import Journal
from federation.log.persons import KEY_BYTES
from federation.private import loose
from federation.signed.keys import BrokenKeyError
from federation.signed.nkeys import read_nkey

CERTIFICATE_DAYS: Final = 30
"""Days before its last in which a certificate is warned of."""
UNUSABLE: Final = (KeyFileError, BrokenKeyError, JoseError, OSError, ValueError)


def _tried(check: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except UNUSABLE as error:
        # These name the file, and never what is in it.
        if isinstance(error, KeyFileError) and error.key:
            values = {"reason": str(error), "key_file": error.key, **error.values}
            return fails(check, **values)
        known = isinstance(error, KeyFileError | BrokenKeyError | OSError)
        return fails(check, reason=str(error) if known else type(error).__name__)


def check_keys(
    region: Region, signing: Path, peers: Path, persons: Path, token: Path
) -> Iterator[Finding]:
    """Look at the keys of the region and of all."""

    def signs() -> Finding:
        key = load_signing_key(signing)
        try:
            ring = load_peers(peers)[region]
        except KeyFileError:
            # Its own line tells of the file of all keys.
            ring = None
        if ring is not None:
            check_signs(key, ring)
        return ok("signing_key", key=f"{key.name}+{key.verifier.hash.hex()}")

    def of_persons() -> Finding:
        size = len(load_persons_key(persons))
        if size != KEY_BYTES:
            return fails("persons_key", reason=f"{persons}: {size} bytes")
        return ok("persons_key")

    def of_peers() -> Finding:
        rings = load_peers(peers)
        check_known(rings, [region])
        missing = [region.value for region in Region if not rings[region].terms]
        if missing:
            return ok("peers", "some", names=", ".join(missing))
        return ok("peers", count=len(rings))

    def of_tokens() -> Finding:
        load_token_key(token)
        return ok("token_key")

    yield _tried("peers", of_peers)
    yield _tried("signing_key", signs)
    yield _tried("persons_key", of_persons)
    yield _tried("token_key", of_tokens)


def check_documents_key(path: Path) -> Finding:
    """Look at the key of documents, and make none."""

    def look() -> Finding:
        if not path.exists():
            return warns("documents_key", "none", file=str(path))
        load_documents_key(path)
        return ok("documents_key")

    return _tried("documents_key", look)


def check_bucket(bucket: NamedBucket) -> Finding:
    """Ask a bucket for a document that is not there, and change nothing."""

    def look() -> Finding:
        with closing(open_store(Path(), bucket)) as store:
            store.get("0" * 64)
        return ok("bucket", url=bucket.url)

    return _tried("bucket", look)


def check_keys_known(peers: Path, journal: Journal) -> Iterator[Finding]:
    """Tell of entries that are here of a region whose key is not."""
    try:
        file = PeersFile(peers)
    except KeyFileError:
        # Its own line tells of the file of all keys.
        return
    try:
        file.check_known(journal)
    except KeyFileError as error:
        yield fails("peers", reason=str(error))


def login(
    authority: Path, certificate: Path, seed: Path, now: datetime
) -> Iterator[Finding]:
    """Look at what the node connects to NATS with."""

    def own() -> Finding:
        return _lasts("certificate", read_secret(certificate).encode(), now)

    def of_authority() -> Finding:
        return _lasts("authority", authority.read_bytes(), now)

    def of_nkey() -> Finding:
        return ok("nkey", key=read_nkey(read_secret(seed)).public)

    yield _tried("authority", of_authority)
    yield _tried("certificate", own)
    yield _tried("nkey", of_nkey)


def private(paths: Iterable[Path]) -> Iterator[Finding]:
    """Tell of databases and their folders that others may read."""
    loose_paths = list(loose(paths))
    for path in loose_paths:
        mode, wanted = f"{path.mode:04o}", f"{path.wanted:04o}"
        yield warns("private", file=str(path.path), mode=mode, wanted=wanted)
    if not loose_paths:
        yield ok("private")


def _lasts(check: str, pem: bytes, now: datetime) -> Finding:
    ends = ends_at(pem)
    days, day = (ends - now).days, ends.date().isoformat()
    if ends <= now:
        return fails(check, "over", day=day)
    if days < CERTIFICATE_DAYS:
        return warns(check, day=day, days=days)
    return ok(check, day=day, days=days)


def promises(path: Path, journal: Journal | None) -> Iterator[Finding]:
    """Hold the journal against what the node has signed for."""
    try:
        kept = SignedHeads(path)
    except BrokenSignedHeadsError as error:
        yield fails("promises", "broken", reason=str(error))
        return
    made = [head for region in Region if (head := kept.last(region.value))]
    if not made:
        yield warns("promises", "none", file=str(path))
        return
    if kept.partial:
        yield warns("promises", "partial")
    if journal is None:
        return
    breaches = [broken for head in made if (broken := breach(journal, head))]
    for broken in breaches:
        yield fails("promises", reason=str(broken))
    if not breaches:
        yield ok("promises", count=len(made))

"""Where a local federation keeps everything, and what it says of itself."""

import fcntl
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from api.people import person_of
from deploy.keyfiles import (
    KeyFileError,
    load_documents_key,
    make_persons_key,
    make_signing_key,
)
from deploy.local.database import Database
from deploy.local.process import HOST
from domain.role import Role
from domain.values import Region
from federation.private import make_folder, tighten

if TYPE_CHECKING:
    from deploy.carrier.files import CarrierFiles

TOKEN_SECONDS: Final = 30 * 24 * 3600
STATE_FILE: Final = "federation.json"
PLAYED_FILE: Final = "played.json"
LOCK_FILE: Final = "federation.lock"


class HomeInUseError(Exception):
    """A federation runs in this home already."""


class Home:
    """Where a local federation keeps everything, and what is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def signing_key(self, region: Region) -> Path:
        """File of a region's secret key."""
        return self.path / "keys" / f"{region.value}.key"

    def persons_key(self, region: Region) -> Path:
        """File of a region's key of persons."""
        return self.path / "keys" / f"{region.value}.persons"

    def documents_key(self, region: Region) -> Path:
        """File of the key that a region's documents are salted with."""
        return self.path / "keys" / f"{region.value}.documents"

    @property
    def peers(self) -> Path:
        """The file of all regions' public keys."""
        return self.path / "keys" / "regions.pub"

    @property
    def token_secret(self) -> Path:
        """The file of the key that tokens are issued with."""
        return self.path / "keys" / "tokens.key"

    @property
    def token_public(self) -> Path:
        """The file of the key that tokens are verified with."""
        return self.path / "keys" / "tokens.jwk"

    @property
    def carrier(self) -> "CarrierFiles":
        """What NATS servers and nodes know each other by."""
        from deploy.carrier.files import CarrierFiles  # noqa: PLC0415 - as tokens are

        return CarrierFiles(self.path / "keys" / "carrier")

    @property
    def state(self) -> Path:
        """The file that says what runs where."""
        return self.path / STATE_FILE

    @property
    def played(self) -> Path:
        """The file that says which year was played here."""
        return self.path / PLAYED_FILE

    @property
    def token(self) -> Path:
        """The file of a reader's token, while a federation is kept up."""
        return self.path / "token"

    def lock(self) -> IO[bytes]:
        """Keep every other federation from this home until what is returned is closed.

        Raises :class:`HomeInUseError` where one has it.
        """
        lock = (self.path / LOCK_FILE).open("ab")
        tighten(self.path / LOCK_FILE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise HomeInUseError from None
        return lock

    @property
    def is_stopped(self) -> bool:
        """Whether no federation runs here; nothing is changed to find out."""
        if not (self.path / LOCK_FILE).exists():
            return True
        try:
            self.lock().close()
        except HomeInUseError:
            return False
        return True

    @property
    def nodes(self) -> Path:
        """The folder of all journals, with SQLite."""
        return self.path / "nodes"

    def journal(self, region: Region) -> Path:
        """File of a region's journal, with SQLite."""
        return self.nodes / region.value / "journal.sqlite"

    def documents(self, region: Region) -> Path:
        """Folder of a region's texts and files."""
        return self.nodes / region.value / "documents"

    def database_name(self, region: Region) -> str:
        """Name of a region's database, with PostgreSQL: of this home alone."""
        digest = hashlib.sha256(str(self.path).encode()).hexdigest()[:8]
        return f"fagnett_{digest}_{region.value}"

    def make_keys(self, hosts: Sequence[str] = (HOST,)) -> None:
        """Make all keys, where there are none: whole or not at all."""
        if not self.peers.exists():
            self._make_regions_keys()
        if not self.carrier.path.exists():
            self.carrier.make(datetime.now(UTC), list(hosts))

    def tighten(self) -> None:
        """Take from others what they may read in a home that was made before."""
        for name in ("keys", "nodes", "nats", "logs"):
            for each in (self.path / name, *(self.path / name).rglob("*")):
                if not each.is_symlink():
                    tighten(each)
        for each in (self.state, self.played, self.path):
            tighten(each)

    def _make_regions_keys(self) -> None:
        make_folder(self.path)
        from deploy.tokenfiles import make_token_key  # noqa: PLC0415 - once in a home

        made = Home(Path(tempfile.mkdtemp(prefix="making-", dir=self.path)))
        public = []
        for region in Region:
            public.append(str(make_signing_key(made.signing_key(region), region)))
            make_persons_key(made.persons_key(region))
            load_documents_key(made.documents_key(region))
        make_token_key(made.token_secret, made.token_public)
        made.peers.write_text("\n".join(public) + "\n")
        made.peers.parent.rename(self.peers.parent)
        made.path.rmdir()

    def token_for(
        self, organisation: str, *roles: Role, actor: str | None = None
    ) -> str:
        """Bearer token for one of an organisation's people at these nodes."""
        # What signs tokens is loaded for tokens alone: most commands only look for files.
        from api.auth import Caller, issue_token  # noqa: PLC0415
        from deploy.tokenfiles import load_token_secret  # noqa: PLC0415

        who = actor or person_of(organisation)
        caller = Caller(who, organisation, frozenset(roles))
        key = load_token_secret(self.token_secret)
        return issue_token(caller, key, int(time.time()), TOKEN_SECONDS)


def read_state(home: Home) -> dict[str, Any] | None:
    """What a home says of its federation, or None where there is none.

    Raises :class:`KeyFileError` where it says something else.
    """
    if not home.state.exists():
        return None
    try:
        state: dict[str, Any] = json.loads(home.state.read_text())
        Database(state["database"])
        {Region(name): str(url) for name, url in state["nodes"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        message = f"{home.state}: this does not say what runs where"
        raise KeyFileError(message) from None
    return state

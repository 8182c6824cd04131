"""The public keys of all regions while a node runs: the file is read again as it changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from deploy.keyfiles import KeyFileError, check_known, load_peers
from domain.region import Region
from federation.journal.store import Journal
from federation.signed.keyring import KeyRing
from federation.signed.keys import VerifierKey, key_name

log = structlog.get_logger()


class PeersFile:
    """The public keys of all regions as the file has them now.

    A key that is accepted while a node runs counts from then on. What cannot be
    read changes nothing.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; raise :class:`KeyFileError`."""
        self._path = path
        self._rings = load_peers(path)
        self._read = path.stat().st_mtime_ns

    def of(self, region: Region) -> "FollowedKeys":
        """A region's keys, which follow the file."""
        return FollowedKeys(self, region)

    def check_known(self, journal: Journal) -> None:
        """Raise :class:`KeyFileError` where entries are here of who has no key."""
        ends = journal.positions()
        origins = [region for region in Region if ends[region.value].position]
        check_known(self._rings, origins)

    def ring(self, region: Region) -> KeyRing:
        """A region's keys as they are now."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read:
                self._read = changed
                rings = load_peers(self._path)
                check_known(rings, [r for r in Region if self._rings[r].terms])
                self._rings = rings
                log.info("keys_read_again")
        except (OSError, KeyFileError) as error:
            log.error("keys_unreadable", reason=str(error))  # noqa: TRY400 - says it all
        return self._rings[region]


@dataclass(frozen=True, slots=True)
class FollowedKeys:
    """One region's keys: a :class:`~federation.signed.keys.Verifier`."""

    file: PeersFile
    region: Region

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        return key_name(self.region.value)

    def ever(self) -> Sequence[VerifierKey]:
        """All keys that the region has had."""
        return self.file.ring(self.region).ever()

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:
        """Keys that may sign a log of a size."""
        return self.file.ring(self.region).at(epoch, size)

"""Where the carrier's keys and certificates lie, and how they are made and read."""

import secrets
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from deploy.carrier.certificates import CertificateAuthority, public_key_hash
from deploy.carrier.configuration import LinkEnds, Links, link_secret
from deploy.carrier.permissions import all_but
from deploy.keyfiles import KeyFileError, read_secret, write_secret
from domain.values import Region
from federation.private import make_folder
from federation.signed.keys import BrokenKeyError
from federation.signed.nkeys import NKey, nkey, read_nkey
from federation.transport.login import COURIER, WATCH, Login

HUB: Final = "hub"
USERS: Final = ("node", "operator")
"""Those with a key of their own."""


@dataclass(frozen=True, slots=True)
class CarrierFiles:
    """A folder with what the servers and those who connect to them need."""

    path: Path

    @property
    def authority(self) -> Path:
        """The certificate that all others are checked with."""
        return self.path / "authority.pem"

    @property
    def authority_secret(self) -> Path:
        """The key that certificates are signed with; no server needs it."""
        return self.path / "authority.secret"

    def server(self, name: str) -> Path:
        """Certificate and key of the hub's or a region's server."""
        return self.path / f"{name}-server.pem"

    def client(self, region: Region) -> Path:
        """Certificate and key of those who connect to a region's server."""
        return self.path / f"{region.value}-client.pem"

    def nkey(self, region: Region, user: str) -> Path:
        """File of a user's seed."""
        return self.path / f"{region.value}-{user}.nkey"

    def link(self, region: Region, reader: Region | None = None) -> Path:
        """File of the seed by which the hub knows a region's server.

        It has one more for each region that reads its stream.
        """
        what = "link" if reader is None else f"link-{reader.value}"
        return self.path / f"{region.value}-{what}.conf"

    def links(self, region: Region) -> Mapping[LinkEnds, Path]:
        """Files of all links of a region's server.

        Those that are missing are written: their keys follow from that of the first.
        """
        files: dict[LinkEnds, Path] = {(region, None): self.link(region)}
        for reader in all_but(region):
            files[region, reader] = path = self.link(region, reader)
            if not path.exists():
                key = self._link_key(region, reader)
                write_secret(path, link_secret(key.seed_text()))
        return files

    def links_public(self) -> Links:
        """Public halves of the keys of all links."""
        return {
            (region, reader): self._link_key(region, reader).public
            for region in Region
            for reader in (None, *all_but(region))
        }

    def _link_key(self, region: Region, reader: Region | None) -> NKey:
        key = read_nkey(read_secret(self.link(region)).removeprefix("nkey: "))
        return key if reader is None else key.derived(f"read by {reader.value}")

    def users_public(self, region: Region) -> dict[str, str]:
        """Public halves of the keys of all who connect to a region's server."""
        keys = {user: read_nkey(read_secret(self.nkey(region, user))) for user in USERS}
        keys |= {user: keys["node"].derived(user) for user in (COURIER, WATCH)}
        return {user: key.public for user, key in keys.items()}

    def server_key_hash(self, region: Region) -> str:
        """Hash of the public key that a region's servers have."""
        return public_key_hash(read_secret(self.server(region.value)))

    def login(self, region: Region, user: str) -> Login:
        """What a user connects with."""
        return load_login(self.authority, self.client(region), self.nkey(region, user))

    def make(self, now: datetime, hosts: list[str]) -> None:
        """Make everything, whole or not at all; servers are reached as ``hosts``."""
        make_folder(self.path.parent)
        parent = self.path.parent
        made = CarrierFiles(Path(tempfile.mkdtemp(prefix="making-", dir=parent)))
        made._fill(CertificateAuthority.new(now), now, hosts)
        made.path.rename(self.path)

    def _fill(
        self, authority: CertificateAuthority, now: datetime, hosts: list[str]
    ) -> None:
        self.authority.write_text(authority.public_pem())
        write_secret(self.authority_secret, authority.secret_pem())
        write_secret(self.server(HUB), authority.issue(HUB, now, hosts))
        for region in Region:
            name = region.value
            write_secret(self.server(name), authority.issue(name, now, hosts))
            client = authority.issue(f"{name}-client", now, [])
            write_secret(self.client(region), client)
            write_secret(self.link(region), link_secret(_new().seed_text()))
            self.links(region)
            for user in USERS:
                write_secret(self.nkey(region, user), _new().seed_text())


def _new() -> NKey:
    return nkey(secrets.token_bytes(32))


def load_login(authority: Path, certificate: Path, seed: Path) -> Login:
    """Read what a user connects with; raise :class:`KeyFileError`."""
    read_secret(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(authority)
        context.load_cert_chain(certificate)
    except (OSError, ssl.SSLError) as error:
        message = f"{authority} or {certificate} cannot be used: {error.strerror}"
        raise KeyFileError(message) from None
    try:
        return Login(read_nkey(read_secret(seed)), context)
    except BrokenKeyError as error:
        message = f"{seed}: {error}"
        raise KeyFileError(message) from None

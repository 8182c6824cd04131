"""What the NATS servers are configured with: a hub, and one server per region.

TLS both ways on every connection, begun before a word is said; users known by
NKeys; permissions from :mod:`deploy.carrier.permissions`; everything bounded.

What a stranger takes is no bound of who belongs here: a server has room for many more
connections than it is to have, none stays that does not soon say who it is, and those
who have said it are counted by account.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.carrier import permissions
from deploy.carrier.permissions import all_but
from domain.values import Region
from federation.transport.subjects import reading_account

PAYLOAD_BYTES_MAX: Final = 1024 * 1024
"""Above a page (``federation.signed.page.PAGE_BYTES_MAX``) and its checkpoint."""
WAITING_BYTES_MAX: Final = 32 * 1024 * 1024
"""What a server keeps for one connection that reads too slowly, before it ends it."""
CONNECTIONS_MAX: Final = 8192
"""Of strangers nearly all, each for some seconds; half as many may come in each."""
FILES_MIN: Final = 2 * CONNECTIONS_MAX
"""Open files that a server needs: those that it stores in are among them."""
HUB_CONNECTIONS_MAX: Final = 1
"""Nobody connects to the hub but by a link, and links do not count here."""
ACCOUNT_CONNECTIONS_MAX: Final = 256
"""Of each account; a process of a node has one for its stream, and four others."""
HANDSHAKE_SECONDS: Final = 2
"""Time in which TLS must be agreed before the connection is ended."""
LOGIN_SECONDS: Final = 3
"""Time in which who has a certificate must say with which key it comes."""
SUBSCRIPTIONS_MAX: Final = 1000
ACCOUNT: Final = "FAGNETT"
LinkEnds = tuple[Region, Region | None]
"""Whose server a link is of, and who reads its stream over it; nobody over that by which
it asks, announces and answers for itself."""
Links = Mapping[LinkEnds, str]
"""By what each link is between, the key that it has or the file with it."""
_LOGIN: Final = f"authorization {{ timeout: {LOGIN_SECONDS} }}"
STREAM_ACCOUNT: Final = "STREAM"
"""What is published in the one does not reach what is stored in the other: a server
answers on whatever subject an asker names, and would put that on the stream."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the servers that keep a region's stream together."""

    number: int
    listen: str
    """HOST:PORT for the other members."""
    routes: Sequence[str]
    """HOST:PORT of all members."""
    key_hash: str
    """SHA-256 of the public key that all of them have. Who only belongs to the
    federation may not join them: a member may do everything."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and the files it reads."""

    listen: str
    certificate: Path
    """Certificate and key in one file, mode 0600."""
    authority: Path
    """Whose certificates are let in."""
    member: Member | None = None
    """Left out where the region has one server."""
    connections_max: int = CONNECTIONS_MAX
    """Less where the system does not give it ``FILES_MIN``."""


def hub(server: Server, listen_links: str, links: Links) -> str:
    """Configuration of the hub; ``links`` has the public NKeys."""
    users = [
        _user(key, "LEAFNODE", _of_link(*between)) for between, key in links.items()
    ]
    return f"""\
# The hub: joins the regions' servers. It stores nothing, and nobody else connects.
server_name: hub
{_common(server, HUB_CONNECTIONS_MAX)}
{_accounts({ACCOUNT: {"users": users}})}
leafnodes {{
  listen: {json.dumps(listen_links)}
  no_advertise: true
  {_tls(server)}
  {_LOGIN}
}}
"""


def region(
    home: Region,
    server: Server,
    store: Path,
    hub_address: str,
    links: Links,
    users: Mapping[str, str],
) -> str:
    """Configuration of a region's server.

    ``users`` has the public NKeys of ``node``, ``courier``, ``watch`` and ``operator``; ``links`` has
    the files with the secret ones by which the hub knows the region: their paths from the
    configuration's own folder, as the server reads them.
    """
    member = server.member
    remotes = ", ".join(
        _remote(server, hub_address, local_account(reader), file)
        for (_, reader), file in links.items()
    )
    return f"""\
# The server of one region: its own JetStream domain, synced on every write.
{"" if member is None else _name(home, member)}{_common(server, server.connections_max)}
{"" if member is None else _cluster(home, server, member)}jetstream {{
  store_dir: {json.dumps(str(store))}
  domain: {home.value}
  sync_interval: always
}}
{_accounts(_of_region(home, users))}
leafnodes {{
  reconnect: "500ms"
  remotes: [ {remotes} ]
}}
"""


def local_account(reader: Region | None) -> str:
    """Account of a region's own server in which another one reads, or none."""
    return ACCOUNT if reader is None else reading_account(reader.value)


def _remote(server: Server, hub_address: str, local: str, file: str) -> str:
    return f"""{{
    url: {json.dumps(f"tls://{hub_address}")}
    account: {local}
    ignore_discovered_servers: true
    {_tls(server)}
    include {json.dumps(file)}
  }}"""


def _of_link(region: Region, reader: Region | None) -> dict[str, Any]:
    if reader is None:
        return permissions.link(region)
    return permissions.reading_link(region, reader)


def link_secret(seed: str) -> str:
    """What the link's file holds: the seed, as the servers read it."""
    return f"nkey: {seed}"


def _common(server: Server, connections_max: int) -> str:
    return f"""\
listen: {json.dumps(server.listen)}
{_tls(server)}
{_LOGIN}
max_payload: {PAYLOAD_BYTES_MAX}
max_pending: {WAITING_BYTES_MAX}
max_connections: {connections_max}
max_subscriptions: {SUBSCRIPTIONS_MAX}
system_account: SYS"""


def _name(home: Region, member: Member) -> str:
    """What a member is called: for ever the same, and guessed by nobody.

    The hub ends a link where another one comes under the same name, of whatever region.
    A server that stands alone makes up its name as it starts.
    """
    return f"server_name: {home.value}-{member.number}-{member.key_hash[:16]}\n"


def _cluster(home: Region, server: Server, member: Member) -> str:
    routes = [f"tls://{address}" for address in member.routes]
    pinned = f"pinned_certs: {json.dumps([member.key_hash])}"
    return f"""\
cluster {{
  name: {home.value}
  listen: {json.dumps(member.listen)}
  routes: {json.dumps(routes)}
  no_advertise: true
  {_tls(server, pinned)}
  {_LOGIN}
}}
"""


def _tls(server: Server, more: str = "handshake_first: true") -> str:
    certificate, authority = str(server.certificate), str(server.authority)
    return (
        f"tls {{ cert_file: {json.dumps(certificate)}, "
        f"key_file: {json.dumps(certificate)}, ca_file: {json.dumps(authority)}, "
        f'verify: true, {more}, min_version: "1.3", timeout: {HANDSHAKE_SECONDS} }}'
    )


def _of_region(home: Region, users: Mapping[str, str]) -> dict[str, Any]:
    """Accounts of a region: its stream's, its node's, and one of each reader."""
    asked = {of: dict(permissions.services(home, of)) for of in all_but(home)}
    exports = [
        {
            "service": service,
            # One answer to each request: of more, the server would keep the way back for
            # minutes, of as many requests as anybody sends.
            "response_type": "singleton",
            "accounts": [local_account(reader)],
        }
        for reader, services in asked.items()
        for service in services.values()
    ]
    limits = {"max_connections": ACCOUNT_CONNECTIONS_MAX}
    return {
        "SYS": {"users": [_user(users["watch"], "STANDARD", permissions.watch(home))]},
        STREAM_ACCOUNT: {
            "limits": limits,
            "jetstream": "enabled",
            "users": [
                _user(users["courier"], "STANDARD", permissions.courier(home)),
                _user(users["operator"], "STANDARD", permissions.operator(home)),
            ],
            "exports": exports,
        },
        ACCOUNT: {
            "limits": limits,
            "users": [_user(users["node"], "STANDARD", permissions.node(home))],
        },
        **{local_account(of): _reading(services) for of, services in asked.items()},
    }


def _reading(services: Mapping[str, str]) -> dict[str, Any]:
    """Account in which nobody is, and which one link leads to."""
    imports = [
        {"service": {"account": STREAM_ACCOUNT, "subject": asked}, "to": subject}
        for subject, asked in services.items()
    ]
    return {"users": [], "imports": imports}


def _user(nkey: str, connecting: str, allowed: dict[str, Any]) -> dict[str, Any]:
    return {
        "nkey": nkey,
        "allowed_connection_types": [connecting],
        "permissions": allowed,
    }


def _accounts(accounts: dict[str, Any]) -> str:
    return f"accounts {json.dumps({'SYS': {'users': []}, **accounts}, indent=2)}"

"""A region's three servers keep its stream together, and one of them dies."""

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from typing_extensions import override

from deploy.carrier.configuration import Member
from deploy.carrier.files import CarrierFiles
from deploy.local import nats
from deploy.local.process import HOST, Supervisor, free_ports, listens, wait_until
from domain.values import Region
from federation.journal.store import Journal
from federation.transport.connection import connect, declare_stream
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import TransportError
from federation.transport.subjects import courier_name, stream_name
from tests.support import servers
from tests.support.replication import (
    Network,
    connected,
    inbox,
    outbox,
    pages_follow,
    record,
    running,
    same,
    sent,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD = Region.VEST, Region.NORD
MEMBERS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The servers of vest, and the one of nord."""

    files: CarrierFiles
    urls: Mapping[Region, str]
    routes: list[str]
    supervisor: Supervisor

    async def leader(self) -> str:
        """Return which server leads the stream of vest."""
        login = self.files.login(VEST, "node").courier
        client = await connect(self.urls[VEST], courier_name("vest"), login)
        try:
            info = await client.jetstream().stream_info(stream_name("vest"))
            assert info.cluster is not None
            assert info.config.num_replicas == len(MEMBERS)
            return (info.cluster.leader or "").rpartition("-")[0]
        finally:
            await client.close()

    def kill(self, member: str) -> None:
        """Kill a server; it is started again."""
        os.kill(self.supervisor.pid(f"nats-{member}"), signal.SIGKILL)


@contextmanager
def cluster_servers() -> Iterator[Cluster]:
    """Run the hub, three servers for vest and one for nord."""
    with servers.folder() as home:
        files = CarrierFiles(home / "keys")
        files.make(datetime.now(UTC), [HOST])
        hub_port, leaf_port, nord, *rest = free_ports(3 + 2 * len(MEMBERS))
        ports, routes = rest[:3], [f"{HOST}:{port}" for port in rest[3:]]
        of_vest = files.server_key_hash(VEST)
        programs = {
            nats.hub_program(home, files, hub_port, leaf_port): leaf_port,
            nats.leaf(home, files, NORD, nord, leaf_port): nord,
        }
        for number, port in zip(MEMBERS, ports, strict=True):
            member = Member(number, routes[number - 1], routes, of_vest)
            programs[nats.leaf(home, files, VEST, port, leaf_port, member)] = port
        supervisor = Supervisor()
        try:
            supervisor.keep(
                {
                    program: partial(wait_until, partial(listens, port), program)
                    for program, port in programs.items()
                }
            )
            urls = {
                VEST: ",".join(nats.url(port) for port in ports),
                NORD: nats.url(nord),
            }
            yield Cluster(files, urls, routes, supervisor)
        finally:
            supervisor.stop()


async def declared(cluster: Cluster, region: Region, replicas: int) -> None:
    """Declare a region's stream, once its servers have found each other."""
    login = cluster.files.login(region, "operator")
    async with asyncio.timeout(60):
        while True:
            try:
                await declare_stream(
                    cluster.urls[region], region.value, login, replicas
                )
            except TransportError:
                continue
            return


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Run the servers once for all tests of this file."""
    with cluster_servers() as found:
        asyncio.run(declared(found, VEST, len(MEMBERS)))
        asyncio.run(declared(found, NORD, 1))
        yield found


@pytest.fixture
async def clustered(cluster: Cluster) -> AsyncIterator[Network]:
    """Give transports of vest and nord."""
    async with AsyncExitStack() as stack:
        transports = {}
        for region in (VEST, NORD):
            login = cluster.files.login(region, "node")
            transports[region] = JetStreamTransport(region.value, login)
            await stack.enter_async_context(
                connected(transports[region], cluster.urls[region])
            )
        yield Carried(dict(transports))


class Carried(Network):
    """Real servers of which nothing is to be lost."""

    @override
    async def lose(self, origin: Region) -> None:
        """Refuse."""
        raise AssertionError(origin)


async def test_the_streams_leader_is_killed_while_pages_go_out(
    cluster: Cluster, clustered: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    part = outbox(clustered, vest)
    async with running(part, inbox(clustered, nord)):
        for wanted in (150, 300):
            killing = asyncio.create_task(killed(cluster, vest, wanted - 100))
            for _ in range(150):
                await asyncio.to_thread(record, vest)
            await killing
            await sent(part, wanted)
            await same(nord, vest)
    await pages_follow(clustered, 300)


async def killed(cluster: Cluster, journal: Journal, position: int) -> None:
    """Kill the stream's leader in the midst of what is recorded."""
    leader = await cluster.leader()
    await until(lambda: journal.positions()["vest"].position >= position)
    cluster.kill(leader)


async def test_who_only_belongs_to_the_federation_joins_no_cluster(
    cluster: Cluster,
) -> None:
    """A member may do everything, so a certificate of the federation is not enough."""
    assert await let_in(cluster, cluster.files.server("vest"))
    assert not await let_in(cluster, cluster.files.server("nord"))


async def let_in(cluster: Cluster, certificate: Path) -> bool:
    """Say whether a server goes on with who shows a certificate on its route."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cluster.files.authority)
    context.load_cert_chain(certificate)
    host, _, port = cluster.routes[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    try:
        async with asyncio.timeout(30):
            return b"INFO" in await reader.readline()
    except (OSError, ssl.SSLError):
        return False
    finally:
        writer.close()

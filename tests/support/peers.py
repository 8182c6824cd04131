"""A peer with its real credential, and without a node's manners."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client

from domain.values import Region
from federation.transport.connection import connect
from federation.transport.login import Login
from federation.transport.subjects import courier_name, node_name
from tests.support.servers import Servers


@asynccontextmanager
async def as_node(nats: Servers, region: Region) -> AsyncIterator[Client]:
    """Connect with the login of a node and without its manners."""
    login = nats.files.login(region, "node")
    async with logged_in(nats, region, node_name(region.value), login) as client:
        yield client


@asynccontextmanager
async def as_courier(nats: Servers, region: Region) -> AsyncIterator[Client]:
    """Connect as a node does to fill its stream, and without its manners."""
    login = nats.files.login(region, "node").courier
    async with logged_in(nats, region, courier_name(region.value), login) as client:
        yield client


@asynccontextmanager
async def logged_in(
    nats: Servers, region: Region, name: str, login: Login
) -> AsyncIterator[Client]:
    client = await connect(nats.urls[region], name, login)
    try:
        yield client
    finally:
        await client.close()


async def answer_in_inbox(
    client: Client, region: str, subject: str, body: bytes
) -> bytes:
    """Ask as a node does that has a connection for a region alone."""
    inbox = f"{client._inbox_prefix.decode()}.{region}.x"
    heard = await client.subscribe(inbox)
    await client.flush()
    await client.publish(subject, body, reply=inbox)
    try:
        return (await heard.next_msg(1)).data
    finally:
        await heard.unsubscribe()

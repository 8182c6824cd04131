"""The way to a program's own address: over TLS, to a public host, led nowhere else.

Whoever subscribes names an address, and the node is within its region's network: so no
address of that network is asked (SSRF). What the name means is looked up for each
delivery, and exactly that address is connected to, whatever the name means next. An
origin that the operator allows may be anywhere.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from api.provider.profile import UnsafeProviderError, origin_of

SECONDS_MAX: Final = 10.0
"""For a whole delivery."""
ADDRESS_MAX: Final = 500
_GIVEN_OUT: Final = IPv6Network("2000::/3")
"""All that is given out of IPv6 for the whole world (RFC 4291). Whatever else there is
stands for an address of IPv4, which may be any, or for one of a site."""
Origin = tuple[str, str, int]
"""Scheme, host and port."""


class UnsafeAddressError(Exception):
    """The node sends nothing there."""


async def looked_up(host: str, port: int) -> Sequence[str]:
    """IP addresses of a name."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Delivery(NamedTuple):
    """What is sent."""

    address: str
    headers: dict[str, str]
    body: bytes


class WayOut:
    """Sends to addresses that programs have named."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        look_up: Callable[[str, int], Awaitable[Sequence[str]]] = looked_up,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._allowed = frozenset(origin_of(each) for each in allowed)
        self._look_up = look_up
        self._tls = cache(tls)

    def require_safe(self, address: str) -> Origin:
        """Origin of an address that may be sent to, as far as it says itself."""
        try:
            origin = origin_of(address)
        except UnsafeProviderError as error:
            raise UnsafeAddressError from error
        scheme, host, _ = origin
        if len(address) > ADDRESS_MAX or urlsplit(address).fragment:
            raise UnsafeAddressError
        if origin in self._allowed:
            return origin
        if scheme != "https" or host == "localhost":
            raise UnsafeAddressError
        try:
            literal = ip_address(host)
        except ValueError:
            return origin
        if not _is_public(literal):
            raise UnsafeAddressError
        return origin

    async def send(self, delivery: Delivery) -> int:
        """HTTP status of the answer; 0 where nobody could be reached in time."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await self._sent(delivery)
        except (TimeoutError, OSError, UnicodeError):
            return 0
        except (httpx.HTTPError, httpx.InvalidURL, UnsafeAddressError):
            # Nothing of it is told: an address may hold a secret of its receiver.
            return 0

    async def _sent(self, delivery: Delivery) -> int:
        origin = self.require_safe(delivery.address)
        scheme, host, port = origin
        numeric = await self._numeric(origin)
        parts = urlsplit(delivery.address)
        at = f"[{numeric}]" if ":" in numeric else numeric
        target = parts.path or "/"
        target += f"?{parts.query}" if parts.query else ""
        asked = httpx.Request(
            "POST",
            f"{scheme}://{at}:{port}{target}",
            content=delivery.body,
            headers={"Host": parts.netloc, **delivery.headers},
            extensions={
                "timeout": httpx.Timeout(SECONDS_MAX).as_dict(),
                "sni_hostname": host,
            },
        )
        async with httpx.AsyncHTTPTransport(
            verify=self._tls(), trust_env=False
        ) as transport:
            answer = await transport.handle_async_request(asked)
            await answer.aclose()
        return answer.status_code

    async def _numeric(self, origin: Origin) -> str:
        _, host, port = origin
        found = await self._look_up(host, port)
        if not found:
            raise UnsafeAddressError
        if origin not in self._allowed:
            for each in found:
                if not _is_public(ip_address(each)):
                    raise UnsafeAddressError
        return found[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return _is_public(inner)
        if address.teredo or address not in _GIVEN_OUT:
            return False
    return address.is_global and not address.is_multicast

"""What the node asks its provider: one host, over TLS, bounded, and led nowhere else.

An address that the provider's own documents name is asked only where it is of the
issuer's origin (SSRF); no redirect is followed. A provider that hangs holds a few
threads at most, and one that has just failed is not asked again for a moment.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import httpx
import orjson

from api.provider.profile import is_of, origin_of

SECONDS_MAX: Final = 8.0
"""For a whole answer."""
CONNECT_SECONDS: Final = 4.0
ANSWER_BYTES_MAX: Final = 256 * 1024
AT_ONCE_MAX: Final = 4
"""Threads that wait for the provider at one time."""
TURN_SECONDS: Final = 2.0
PAUSE_SECONDS: Final = 3.0
"""So long is a provider left alone that has failed."""
NONE_KEPT: Final = httpx.Limits(
    max_connections=AT_ONCE_MAX, max_keepalive_connections=0
)
"""It is asked seldom: no connection waits for the next question."""
_FAILED: Final = 500


class UnreachableError(Exception):
    """The provider does not answer, or not as a provider does."""


class ProviderAnswer(NamedTuple):
    """What the provider answered: JSON, or nothing."""

    status: int
    members: Mapping[str, Any]
    headers: Mapping[str, str]


class Outward:
    """The way to one provider."""

    def __init__(
        self,
        issuer: str,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        unix_seconds: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self._origin = origin_of(issuer)
        self._transport = transport or httpx.HTTPTransport(
            limits=NONE_KEPT, trust_env=False
        )
        self._monotonic = monotonic
        self._unix_seconds = unix_seconds
        self._turns = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._again_at = 0.0
        self.down_since: int | None = None
        """POSIX seconds since when it does not answer; None while it does."""

    def get(self, address: str) -> ProviderAnswer:
        """Ask for a document."""
        return self._ask("GET", address, None, {})

    def post(
        self, address: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> ProviderAnswer:
        """Send a form."""
        return self._ask("POST", address, form, headers)

    def _ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> ProviderAnswer:
        if not is_of(address, self._origin):
            message = "an address of the provider is of another host"
            raise UnreachableError(message)
        with self._turn():
            try:
                answer = self._answer(method, address, form, headers)
            except (httpx.HTTPError, httpx.InvalidURL, UnreachableError) as error:
                self._failed()
                # Neither address nor message: they may hold what was sent.
                raise UnreachableError(type(error).__name__) from None
        self.down_since = None
        return answer

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._monotonic() < self._again_at:
            raise UnreachableError
        if not self._turns.acquire(timeout=TURN_SECONDS):
            raise UnreachableError
        try:
            yield
        finally:
            self._turns.release()

    def _failed(self) -> None:
        self._again_at = self._monotonic() + PAUSE_SECONDS
        if self.down_since is None:
            self.down_since = self._unix_seconds()

    def _answer(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> ProviderAnswer:
        until = self._monotonic() + SECONDS_MAX
        asked = httpx.Request(
            method,
            address,
            data=form,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **headers,
            },
            extensions={
                "timeout": httpx.Timeout(SECONDS_MAX, connect=CONNECT_SECONDS).as_dict()
            },
        )
        answer = self._transport.handle_request(asked)
        try:
            content = self._content(answer, until)
        finally:
            answer.close()
        if answer.status_code >= _FAILED or answer.is_redirect:
            raise UnreachableError
        return ProviderAnswer(answer.status_code, _members(content), answer.headers)

    def _content(self, answer: httpx.Response, until: float) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise UnreachableError
        parts, size = [], 0
        assert isinstance(answer.stream, httpx.SyncByteStream)
        for part in answer.stream:
            parts.append(part)
            size += len(part)
            if size > ANSWER_BYTES_MAX or self._monotonic() > until:
                raise UnreachableError
        return b"".join(parts)


def _members(content: bytes) -> Mapping[str, Any]:
    if not content:
        return {}
    try:
        members = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise UnreachableError from None
    if not isinstance(members, dict):
        raise UnreachableError
    return members

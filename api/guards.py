"""What pages are kept from: forms of other sites, other hosts' names, and haste.

Programs that bring a token are kept from none of it: no browser sends that by itself.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from api.problems import ProblemError
from api.provider.profile import is_loopback
from api.services import Node
from domain.texts import CONTROL_CHARACTER

OPEN_TO_PROGRAMS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by addresses that no browser knows the node by."""
FROM_PROVIDER: Final = "/sign-in/ended"
"""The one form that comes from elsewhere; it brings a signed token."""
SIGNED_IN: Final = "/sign-in/done"
"""Whither a provider sends who has signed in: told which sign-in the browser has begun."""
FRAMED_BY_PROVIDER: Final = "/sign-in/ended/frame"
"""What the provider's own page opens in a frame, to say that a session has ended there."""
SIGN_INS: Final = frozenset(
    {"/sign-in/begin", SIGNED_IN, FROM_PROVIDER, FRAMED_BY_PROVIDER}
)
CALENDAR: Final = "/obligations.ics"
"""Fetched by programs without a session, by a secret in the address."""
CHANGES: Final = "/changes"
"""Where a page hears that something new has come; asked by no person."""
NUL: Final = "\0"
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
SIGN_INS_AT_ONCE: Final = 60
SIGN_INS_PER_SECOND: Final = 2.0
"""Of one address, behind which a whole trust may sit."""
REQUESTS_AT_ONCE: Final = 300
REQUESTS_PER_SECOND: Final = 50.0
"""Of one person's browsers; a page asks for a few."""
REMEMBERED_MAX: Final = 10_000
_IPV6_PREFIX_BITS: Final = 64
"""Of one household or trust: it may have any address within."""
_ASKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})


class Pace:
    """Lets each do something so often, and a number of times at once."""

    def __init__(
        self,
        at_once: int,
        per_second: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._per_second = per_second
        self._monotonic = monotonic
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By who it is: how many are left, and since when."""

    def take(self, who: str) -> bool:
        """Whether it may be done now, once more."""
        now = self._monotonic()
        left, since = self._left.pop(who, (float(self._at_once), now))
        left = min(self._at_once, left + (now - since) * self._per_second)
        allowed = left >= 1
        self._left[who] = (left - 1 if allowed else left, now)
        if len(self._left) > REMEMBERED_MAX:
            self._left.popitem(last=False)
        return allowed


class Guards:
    """Turns away what is not for pages."""

    def __init__(self) -> None:
        self._sign_ins = Pace(SIGN_INS_AT_ONCE, SIGN_INS_PER_SECOND)
        self._calendars = Pace(SIGN_INS_AT_ONCE, SIGN_INS_PER_SECOND)
        self._requests = Pace(REQUESTS_AT_ONCE, REQUESTS_PER_SECOND)

    def check(self, node: Node, scope: Scope, headers: Headers) -> None:
        """Raise :class:`ProblemError` for what is no request, or none of our own pages."""
        _check_nul(scope)
        path: str = scope["path"]
        if path.startswith("/v1/") or path in OPEN_TO_PROGRAMS:
            return
        _check_host(node, headers)
        if scope["method"] not in _ASKS and path != FROM_PROVIDER:
            _check_site(node, scope, headers)
        signs_in = path in SIGN_INS or (
            path == "/sign-in" and scope["method"] == "POST"
        )
        if signs_in and not self._sign_ins.take(_address_of(scope)):
            raise _too_fast()
        if path == CALENDAR and not self._calendars.take(_address_of(scope)):
            raise _too_fast()

    def check_person(self, person: str) -> None:
        """Raise :class:`ProblemError` where a person's browsers ask without end."""
        if not self._requests.take(person):
            raise _too_fast()


def is_over_tls(node: Node, scope: Scope) -> bool:
    """Whether browsers reach the node over TLS; a proxy may end it."""
    return node.public_url.startswith("https:") or scope.get("scheme") == "https"


def _check_nul(scope: Scope) -> None:
    """Refuse the one character that no database takes, wherever an address has it."""
    if NUL in scope["path"]:
        raise ProblemError("not_found")
    require_no_nul("query", unquote(scope["query_string"].decode("latin-1")))


def require_no_nul(field: str, text: str) -> None:
    """Refuse a text with the one character that no database takes."""
    if NUL in text:
        place = text.index(NUL) + 1
        named: Mapping[str, str | int] = {"field": field, "place": place}
        raise ProblemError(CONTROL_CHARACTER, {**named, "character": "U+0000"})


def _too_fast() -> ProblemError:
    return ProblemError("too_fast", headers={"Retry-After": "5"})


def _check_host(node: Node, headers: Headers) -> None:
    if not node.public_url:
        return
    asked = headers.get("host", "").lower()
    try:
        near = is_loopback(urlsplit(f"//{asked}").hostname)
    except ValueError:
        near = False
    if not near and asked != urlsplit(node.public_url).netloc.lower():
        raise ProblemError("another_host")


def _check_site(node: Node, scope: Scope, headers: Headers) -> None:
    """Source: Fetch Metadata; where a browser sends none of it, its Origin counts."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        ours = site in _OWN_SITE
    else:
        here = f"{scope['scheme']}://{headers.get('host', '')}"
        ours = origin is None or origin in {here, node.public_url}
    if not ours:
        raise ProblemError("form_of_another_site")


def _address_of(scope: Scope) -> str:
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(int(address) >> _IPV6_PREFIX_BITS)
    return str(address)

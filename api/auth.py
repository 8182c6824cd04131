"""Who calls: bearer tokens, signed by the region, checked on every call.

A token says the actor (a pseudonym, never a name), the organisation acted for,
and roles. Where the organisation has given mandates a decision rests on one of
these, whatever the token says, and so does what is read (``api.resting``). Source: RFC 6750, RFC 7519, RFC 9864 (Ed25519).
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from domain.person import person
from domain.role import Role as Role  # noqa: PLC0414 - tokens name it
from domain.texts import without_national_id

CALLER_KEY: Final = "fagnett.caller"
"""Where the scope of a request holds its caller; None without a good token."""
ISSUER: Final = "fagnett"
AUDIENCE: Final = "fagnett"
ALGORITHM: Final = "Ed25519"
_ACTOR: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORGANISATION: Final = re.compile(r"[0-9]{9}")


_STANDS_FOR: Final[Mapping[Role, AbstractSet[Role]]] = {
    Role.CONTROLLER: {Role.APPROVER, Role.LEADER, Role.COORDINATOR}
}
"""Whom a token names by one role, as it did before there were the others."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token speaks for."""

    actor: str
    """The person, spelled in one way however the token spells it."""
    organisation: str
    roles: frozenset[Role]
    until_seconds: int = field(default=0, compare=False)
    """Unix time after which the token is good no more."""
    mandate: int | None = None
    """The number of the mandate that the caller chose to act on, if one."""
    without: frozenset[Role] = frozenset()
    """Roles that are said of the caller and rest on no mandate, so that none counts."""

    @property
    def comes_as(self) -> frozenset[Role]:
        """The roles, and those that they stand for."""
        stood_for = (_STANDS_FOR.get(role, frozenset()) for role in self.roles)
        return self.roles.union(*stood_for)

    def may_act_as(self, roles: AbstractSet[Role]) -> bool:
        """Whether the caller comes in one of these roles."""
        return not roles.isdisjoint(self.comes_as)


class BadTokenError(Exception):
    """A token is not good; why is for nobody but its issuer."""


def verify_token(token: str, key: OKPKey, now_seconds: int) -> Caller:
    """Caller of a token.

    Raises :class:`BadTokenError` when it is not signed by ``key``, not for us,
    not valid at ``now_seconds`` (Unix time), or says nothing usable.
    """
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            now=now_seconds,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)
        roles = frozenset(Role(role) for role in claims["roles"])
        actor = without_national_id(person(str(claims["sub"])))
        organisation = str(claims["organisation"])
        until = int(claims["exp"])
    except (JoseError, KeyError, TypeError, ValueError):
        raise BadTokenError from None
    if not _ACTOR.fullmatch(actor) or not _ORGANISATION.fullmatch(organisation):
        raise BadTokenError
    return Caller(actor, organisation, roles, until)


def issue_token(
    caller: Caller, key: OKPKey, now_seconds: int, valid_seconds: int
) -> str:
    """Sign who calls and until when, as :func:`verify_token` reads it."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": caller.actor,
        "organisation": caller.organisation,
        "roles": sorted(role.value for role in caller.roles),
        "iat": now_seconds,
        "exp": now_seconds + valid_seconds,
    }
    return jwt.encode({"alg": ALGORITHM}, claims, key, algorithms=[ALGORITHM])

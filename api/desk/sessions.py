"""BrowserSessions of people: begun at sign-in, ended by themselves, by time, or by the provider.

What the browser holds is random and stands nowhere: the table has its digest. It is
another one after each sign-in and each change of role (session fixation).
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, Row, bindparam, delete, insert, select, update

from api.auth import Caller, Role
from api.desk.tables import session as table
from domain.values import Region

SESSION_KEY: Final = "fagnett.session"
"""Where the scope of a request holds its session; None without one."""
IDLE_SECONDS: Final = 60 * 60
"""So long may nobody do anything."""
LONGEST_SECONDS: Final = 10 * 60 * 60
"""A working day: so long may a session last at all."""
LOOK_SECONDS: Final = 60
"""How exact it is known when somebody was here last."""
_FOUND: Final = select(table).where(table.c.digest == bindparam("digest"))
"""Made once: it is asked at each request."""
_SECRET_BYTES: Final = 32
_NAME_BYTES: Final = 8


def cookie_name(region: Region, *, secure: bool = False) -> str:
    """Name of what a browser holds: a host may have the nodes of several regions.

    Over TLS no page of a neighbouring host can put one in its place (RFC 6265bis, 4.1.3).
    """
    return f"{'__Host-' if secure else ''}fagnett-{region.value}"


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and as what."""

    secret: str
    """What the browser holds."""
    name: str
    person: str
    """A pseudonym."""
    provider_session: str
    started_at: int
    seen_at: int
    ends_at: int
    organisation: str
    """Acted for; empty until one is chosen."""
    role: Role | None
    mandate: int | None
    language: str
    """Empty until one is chosen."""

    @property
    def caller(self) -> Caller | None:
        """Who asks and sends; None until a role is chosen."""
        if self.role is None:
            return None
        return Caller(
            self.person,
            self.organisation,
            frozenset({self.role}),
            self.ends_at,
            self.mandate,
        )

    @property
    def form_token(self) -> str:
        """What each form of this session sends back (CSRF)."""
        return hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()

    def is_form_token(self, sent: str) -> bool:
        """Whether a form is of this session."""
        return hmac.compare_digest(self.form_token.encode(), sent.encode())


class BrowserSessions:
    """All sessions of a region, kept in its own database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(
        self, person: str, now: int, provider_session: str = "", language: str = ""
    ) -> Session:
        """Sign somebody in; what has ended is forgotten meanwhile."""
        begun = Session(
            secret=secrets.token_urlsafe(_SECRET_BYTES),
            name=secrets.token_hex(_NAME_BYTES),
            person=person,
            provider_session=provider_session,
            started_at=now,
            seen_at=now,
            ends_at=now + LONGEST_SECONDS,
            organisation="",
            role=None,
            mandate=None,
            language=language,
        )
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.ends_at <= now))
            connection.execute(insert(table).values(_row(begun)))
        return begun

    def find(self, secret: str, now: int, *, by_itself: bool = False) -> Session | None:
        """Session of a browser that goes on; None where there is none any more.

        What a page asks ``by_itself`` is no sign that anybody sits there.
        """
        with self._engine.connect() as connection:
            named = {"digest": _digest(secret)}
            row = connection.execute(_FOUND, named).one_or_none()
        if row is None or _has_ended(row, now):
            return None
        if now - row.seen_at >= LOOK_SECONDS and not by_itself:
            known = table.c.digest == row.digest
            with self._engine.begin() as connection:
                connection.execute(update(table).where(known).values(seen_at=now))
        return _session(row, secret)

    def act_as(
        self, session: Session, organisation: str, role: Role, mandate: int | None
    ) -> Session:
        """Go on in a role, under another secret: who knew the one before knows nothing."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        self._change(
            session,
            digest=_digest(secret),
            organisation=organisation,
            role=role.value,
            mandate=mandate,
        )
        with self._engine.connect() as connection:
            known = table.c.digest == _digest(secret)
            return _session(
                connection.execute(select(table).where(known)).one(), secret
            )

    def speak(self, session: Session, language: str) -> None:
        """Remember the language that somebody reads."""
        self._change(session, language=language)

    def of(self, person: str, now: int) -> Sequence[Session]:
        """All sessions of a person, the last one first; their secrets are not known."""
        statement = (
            select(table)
            .where(table.c.person == person)
            .order_by(table.c.started_at.desc(), table.c.name)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [_session(row, "") for row in rows if not _has_ended(row, now)]

    def end(self, person: str, name: str) -> None:
        """End one session of a person."""
        self._end(table.c.person == person, table.c.name == name)

    def end_all(self, person: str) -> None:
        """End all sessions of a person."""
        self._end(table.c.person == person)

    def end_of_provider(self, provider_session: str) -> None:
        """End what rests on a session at the provider that has ended there."""
        if not provider_session:
            return  # those who came by no provider
        self._end(table.c.provider_session == provider_session)

    def _end(self, *conditions: Any) -> None:  # noqa: ANN401 - of SQLAlchemy
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*conditions))

    def _change(self, session: Session, **values: object) -> None:
        with self._engine.begin() as connection:
            known = table.c.name == session.name
            connection.execute(update(table).where(known).values(values))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _has_ended(row: Row[Any], now: int) -> bool:
    return bool(now >= row.ends_at or now - row.seen_at > IDLE_SECONDS + LOOK_SECONDS)


def _row(session: Session) -> dict[str, object]:
    return {
        "digest": _digest(session.secret),
        "name": session.name,
        "person": session.person,
        "provider_session": session.provider_session,
        "started_at": session.started_at,
        "seen_at": session.seen_at,
        "ends_at": session.ends_at,
        "organisation": session.organisation,
        "role": session.role.value if session.role else "",
        "mandate": session.mandate,
        "language": session.language,
    }


def _session(row: Row[Any], secret: str) -> Session:
    return Session(
        secret=secret,
        name=row.name,
        person=row.person,
        provider_session=row.provider_session,
        started_at=row.started_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
        organisation=row.organisation,
        role=Role(row.role) if row.role else None,
        mandate=row.mandate,
        language=row.language,
    )

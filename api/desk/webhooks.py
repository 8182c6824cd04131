"""Where programs want what is recorded sent to, how far each has had it, what waits.

Letters are queued in the transaction that moves the position (law 5), and taken out when
they were taken: after a crash nothing is left out, and what was under way comes again.
A secret stands nowhere: it follows from the node's key and a salt.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.desk.tables import webhook as table
from api.desk.tables import webhook_letter as letters
from domain.role import Role
from projections.database import writing

WEBHOOKS_MAX: Final = 8
"""Of one organisation."""
WAITING_MAX: Final = 400
"""Letters of one that wait; the rest stands in the journal."""
RETRY_SECONDS: Final = (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""After each try that failed; after the last of them a letter is dead."""
FAILURES_MAX: Final = 10
"""In a row: then nothing is sent until somebody says so."""
STRAIGHT_ON: Final = 2
"""So many failures in a row hold back their own streams alone."""
OLD_SECRET_SECONDS: Final = 24 * 3600
"""So long does an earlier secret sign beside the new one."""
_SALT_BYTES: Final = 16


class PauseReason(StrEnum):
    """Why nothing is sent."""

    NO = ""
    ASKED = "asked"
    FAILING = "failing"
    GONE = "gone"
    """The receiver has said that it is there no more (410)."""
    NO_RIGHT = "no_right"
    """On whose right it hears may act in none of the roles any more."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A program's subscription, and how it goes."""

    name: str
    organisation: str
    person: str
    """A pseudonym: on whose right it hears."""
    roles: frozenset[Role]
    address: str
    kinds: tuple[str, ...]
    """Beginnings of types; without any, all."""
    made_at: int
    salt: str
    salt_before: str
    before_until: int
    positions: str
    """Of each region, how far its log was looked through."""
    numbered: int
    paused: PauseReason
    failures: int
    again_at: int
    said: int
    """HTTP status of the last answer; 0 where none came."""
    said_at: int
    """POSIX seconds; 0 where nothing was sent yet."""
    delivered: int


class Letter(NamedTuple):
    """An entry that is to be delivered."""

    webhook: str
    number: int
    origin: str
    position: int
    stream: str
    entry: str
    """The entry's id."""
    type: str
    tries: int
    again_at: int
    said: int
    is_dead: bool


class Queued(NamedTuple):
    """An entry that came, for the queue."""

    origin: str
    position: int
    stream: str
    entry: str
    type: str


class WebhooksFullError(Exception):
    """An organisation has as many as it may."""


class Webhooks:
    """The subscriptions at one region's node."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = key

    def make(self, new: Webhook) -> bool:
        """Keep a subscription; False where one of its name is there."""
        row = {name: getattr(new, name) for name in Webhook.__slots__}
        row |= {"roles": " ".join(sorted(new.roles)), "kinds": " ".join(new.kinds)}
        own = table.c.organisation == new.organisation
        count = select(func.count()).select_from(table).where(own)
        try:
            with writing(self._engine) as connection:
                if connection.execute(count).scalar_one() >= WEBHOOKS_MAX:
                    known = select(table.c.name).where(table.c.name == new.name)
                    if connection.execute(known).first() is None:
                        raise WebhooksFullError
                connection.execute(insert(table).values(row))
        except IntegrityError:
            return False
        return True

    def of(self, organisation: str) -> Sequence[Webhook]:
        """All of an organisation, the first one first."""
        own = table.c.organisation == organisation
        return self._found(own)

    def find(self, organisation: str, name: str) -> Webhook | None:
        """One of an organisation."""
        own = (table.c.organisation == organisation, table.c.name == name)
        return next(iter(self._found(*own)), None)

    def named(self, name: str) -> Webhook | None:
        """One, whose ever it is."""
        return next(iter(self._found(table.c.name == name)), None)

    def active(self) -> Sequence[Webhook]:
        """All that are sent to."""
        return self._found(table.c.paused == PauseReason.NO.value)

    def end(self, name: str) -> None:
        """Forget one, with what waits for it."""
        with self._engine.begin() as connection:
            connection.execute(delete(letters).where(letters.c.webhook == name))
            connection.execute(delete(table).where(table.c.name == name))

    def rotate(self, name: str, now: int) -> None:
        """Give another secret; the one before signs beside it for a day."""
        values = {
            "salt_before": table.c.salt,
            "before_until": now + OLD_SECRET_SECONDS,
            "salt": new_salt(),
        }
        self._change(name, **values)

    def pause(self, name: str, reason: PauseReason) -> None:
        """Send nothing more."""
        self._change(name, paused=reason.value)

    def resume(self, name: str, person: str, roles: frozenset[Role]) -> None:
        """Send again, from where it stopped, on the right of whoever says so."""
        self._change(
            name,
            paused=PauseReason.NO.value,
            failures=0,
            again_at=0,
            person=person,
            roles=" ".join(sorted(roles)),
        )
        alive = (letters.c.webhook == name, ~letters.c.is_dead)
        with self._engine.begin() as connection:
            connection.execute(update(letters).where(*alive).values(again_at=0))

    def secret(self, of: Webhook) -> str:
        """What signs, as its receiver is told once."""
        return self._secret(of, of.salt)

    def secrets(self, of: Webhook, now: int) -> Sequence[str]:
        """All that sign now, the newest first."""
        earlier = of.salt_before and now < of.before_until
        salts = [of.salt, of.salt_before] if earlier else [of.salt]
        return [self._secret(of, salt) for salt in salts]

    def _secret(self, of: Webhook, salt: str) -> str:
        content = f"{of.name}\n{salt}".encode()
        digest = hmac.digest(self._key, content, "sha256")
        return f"whsec_{base64.b64encode(digest).decode()}"

    def queue(self, of: Webhook, came: Sequence[Queued], positions: str) -> bool:
        """Queue what came, and be as far; False where another was there first."""
        rows = [
            {
                "webhook": of.name,
                "number": of.numbered + index,
                **each._asdict(),
                "tries": 0,
                "again_at": 0,
                "said": 0,
                "is_dead": False,
            }
            for index, each in enumerate(came, 1)
        ]
        as_known = (
            table.c.name == of.name,
            table.c.positions == of.positions,
            table.c.numbered == of.numbered,
        )
        further = {"positions": positions, "numbered": of.numbered + len(rows)}
        with self._engine.begin() as connection:
            moved = update(table).where(*as_known).values(further)
            if not connection.execute(moved).rowcount:
                return False
            if rows:
                connection.execute(insert(letters), rows)
        return True

    def waiting(self, name: str) -> Sequence[Letter]:
        """Letters of one, in order; the dead ones among them."""
        own = letters.c.webhook == name
        statement = select(letters).where(own).order_by(letters.c.number)
        with self._engine.connect() as connection:
            return [Letter(*row) for row in connection.execute(statement)]

    def taken(self, letter: Letter, status: int, now: int) -> None:
        """Note that a letter was taken."""
        with self._engine.begin() as connection:
            connection.execute(_gone(letter))
            done = {"delivered": table.c.delivered + 1, "failures": 0, "again_at": 0}
            _say(connection, letter.webhook, status, now, **done)

    def drop(self, letter: Letter) -> None:
        """Forget a letter: its stream goes on behind it."""
        with self._engine.begin() as connection:
            connection.execute(_gone(letter))

    def failed(self, letter: Letter, status: int, now: int) -> None:
        """Note a try that failed: when it is tried again, or that it is dead."""
        tries = letter.tries + 1
        dead = tries > len(RETRY_SECONDS)
        again_at = now if dead else now + RETRY_SECONDS[tries - 1]
        later = {"tries": tries, "again_at": again_at, "said": status, "is_dead": dead}
        own = table.c.name == letter.webhook
        with self._engine.begin() as connection:
            connection.execute(update(letters).where(*_is(letter)).values(later))
            known = connection.execute(
                select(table.c.failures, table.c.paused).where(own)
            ).one_or_none()
            if known is None:
                return
            failures = known.failures + 1
            changed: dict[str, object] = {"failures": failures}
            if failures > STRAIGHT_ON:
                step = min(failures - STRAIGHT_ON, len(RETRY_SECONDS)) - 1
                changed["again_at"] = now + RETRY_SECONDS[step]
            if failures >= FAILURES_MAX and not known.paused:
                changed["paused"] = PauseReason.FAILING.value
            _say(connection, letter.webhook, status, now, **changed)

    def send_again(self, letter: Letter) -> None:
        """Let a letter that is dead be tried anew."""
        anew = {"tries": 0, "again_at": 0, "is_dead": False}
        with self._engine.begin() as connection:
            connection.execute(update(letters).where(*_is(letter)).values(anew))
            own = table.c.name == letter.webhook
            connection.execute(update(table).where(own).values(again_at=0))

    def _found(self, *where: Any) -> Sequence[Webhook]:  # noqa: ANN401 - of SQLAlchemy
        statement = select(table).where(*where).order_by(table.c.made_at, table.c.name)
        with self._engine.connect() as connection:
            return [_webhook(row) for row in connection.execute(statement)]

    def _change(self, name: str, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.name == name).values(values))


def new_salt() -> str:
    """Salt of a secret that nobody had before."""
    return secrets.token_hex(_SALT_BYTES)


def sendable(waiting: Sequence[Letter], now: int) -> Sequence[Letter]:
    """First letter of each stream, where it is due; one that is dead holds its stream."""
    heads: dict[str, Letter] = {}
    for letter in waiting:
        heads.setdefault(letter.stream, letter)
    return [
        each for each in heads.values() if not each.is_dead and each.again_at <= now
    ]


def _is(letter: Letter) -> tuple[Any, ...]:
    return letters.c.webhook == letter.webhook, letters.c.number == letter.number


def _gone(letter: Letter) -> Any:  # noqa: ANN401 - of SQLAlchemy
    return delete(letters).where(*_is(letter))


def _say(
    connection: Connection, name: str, status: int, now: int, **values: object
) -> None:
    changed = {"said": status, "said_at": now, **values}
    connection.execute(update(table).where(table.c.name == name).values(changed))


def _webhook(row: Row[Any]) -> Webhook:
    said = dict(row._mapping)  # noqa: SLF001 - public, as SQLAlchemy says
    said["roles"] = frozenset(Role(each) for each in row.roles.split())
    said["kinds"] = tuple(row.kinds.split())
    said["paused"] = PauseReason(row.paused)
    return Webhook(**said)

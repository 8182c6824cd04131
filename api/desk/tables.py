"""The tables of the desk. Instants are whole POSIX seconds."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

DESK: Final = MetaData()
SCHEMA: Final = "desk"
"""On PostgreSQL."""

session: Final = Table(
    "session",
    DESK,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("name", String(16), nullable=False, unique=True),  # as its person ends it
    Column("person", String(64), nullable=False, index=True),
    Column("provider_session", String(255), nullable=False, index=True),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("organisation", String(9), nullable=False),
    Column("role", String(32), nullable=False),
    Column("mandate", Integer),
    Column("language", String(2), nullable=False),
)

read_log: Final = Table(
    "read_log",
    DESK,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("person", String(64), nullable=False),
    Column("organisation", String(9), nullable=False, index=True),
    Column("role", String(200), nullable=False),  # with slashes between several
    Column("what", String(300), nullable=False),
    Column("digest", String(64), nullable=False),
)

read_salt: Final = Table(
    "read_salt",
    DESK,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
)
"""Of readings; a table of its own, since earlier releases made the other without."""

sign_in_begun: Final = Table(
    "sign_in_begun",
    DESK,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what the cookie holds
    Column("back_to", String(2048), nullable=False),
    Column("ends_at", BigInteger, nullable=False, index=True),
)

used_once: Final = Table(
    "used_once",
    DESK,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what is good once
    Column("ends_at", BigInteger, nullable=False, index=True),
)

notice_wish: Final = Table(
    "notice_wish",
    DESK,
    Column("person", String(64), primary_key=True),
    Column("organisation", String(9), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("pace", String(16), nullable=False),
    Column("told_on", Date),
)

noticed: Final = Table(
    "noticed",
    DESK,
    Column("person", String(64), primary_key=True),
    Column("organisation", String(9), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("matter", String(64), primary_key=True),  # SHA-256 of what it is
    Column("claimed_at", BigInteger, nullable=False),
)

calendar_address: Final = Table(
    "calendar_address",
    DESK,
    Column("digest", String(64), primary_key=True),  # SHA-256 of what the address holds
    Column("person", String(64), nullable=False),
    Column("organisation", String(9), nullable=False),
    Column("language", String(2), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    UniqueConstraint("person", "organisation"),
)

held_document: Final = Table(
    "held_document",
    DESK,
    Column("sha256", String(64), primary_key=True),
    Column("organisation", String(9), primary_key=True),  # whose people gave it
    Column("media_type", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("held_at", BigInteger, nullable=False),
)

fetched_document: Final = Table(
    "fetched_document",
    DESK,
    Column("sha256", String(64), primary_key=True),
    Column("origin", String(20), nullable=False),
    Column("fetched_at", BigInteger, nullable=False, index=True),
)

waiting_document: Final = Table(
    "waiting_document",
    DESK,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(64), primary_key=True),  # who gave it
    Column("size", BigInteger, nullable=False),  # as it counts
    Column("given_at", BigInteger, nullable=False, index=True),
)

application_draft: Final = Table(
    "application_draft",
    DESK,
    Column("organisation", String(9), primary_key=True),
    Column("application", String(80), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("call", String(80), nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("typed", Text, nullable=False),  # JSON, text by field
    Column("is_shared", Boolean, nullable=False),
    Column("saved_by", String(64), nullable=False),
    Column("saved_at", BigInteger, nullable=False),
)

contact: Final = Table(
    "contact",
    DESK,
    Column("name", String(32), primary_key=True),  # as its form names it
    Column("about", String(8), nullable=False),  # a call or a body
    Column("of", String(80), nullable=False),
    Column("person", String(200), nullable=False),
    Column("work_title", String(200), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("email", String(254), nullable=False),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
    Index("contact_of", "about", "of"),
)

invitation: Final = Table(
    "invitation",
    DESK,
    Column("network", String(80), primary_key=True),
    Column("organisation", String(9), primary_key=True),  # who is invited
    Column("invited_by", String(9), nullable=False, index=True),
    Column("invited_on", Date, nullable=False),
)

removed_document: Final = Table(
    "removed_document",
    DESK,
    Column("sha256", String(64), primary_key=True),
    Column("removed_at", BigInteger, nullable=False),
)

webhook: Final = Table(
    "webhook",
    DESK,
    Column("name", String(32), primary_key=True),
    Column("organisation", String(9), nullable=False, index=True),
    Column("person", String(64), nullable=False),  # on whose right it hears
    Column("roles", String(200), nullable=False),  # with blanks between
    Column("address", String(500), nullable=False),
    Column("kinds", Text, nullable=False),  # beginnings of types, blanks between
    Column("made_at", BigInteger, nullable=False),
    Column("salt", String(32), nullable=False),  # of the secret, which stands nowhere
    Column("salt_before", String(32), nullable=False),
    Column("before_until", BigInteger, nullable=False),
    Column("positions", String(200), nullable=False),  # as events give them
    Column("numbered", BigInteger, nullable=False),  # letters so far
    Column("paused", String(16), nullable=False),
    Column("failures", Integer, nullable=False),  # since the last that was taken
    Column("again_at", BigInteger, nullable=False),
    Column("said", Integer, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
)

webhook_letter: Final = Table(
    "webhook_letter",
    DESK,
    Column("webhook", String(32), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("origin", String(20), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("stream", String(300), nullable=False),
    Column("entry", String(60), nullable=False),
    Column("type", String(80), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("again_at", BigInteger, nullable=False),
    Column("said", Integer, nullable=False),
    Column("is_dead", Boolean, nullable=False),
)

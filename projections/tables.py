"""The tables of the read models, defined once for SQLite and PostgreSQL.

Rows are only added. Each begins with its entry's place, the business day on which
it was recorded and the instant; a table of lines has its entry's place, an item
and the day.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Integer,
    MetaData,
    Table,
    Text,
)

SCHEMA_VERSION: Final = 15
"""Raise it with any change here or in ``fold``: nodes then rebuild by themselves."""

metadata = MetaData()

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by its code points on either database, whatever language a server speaks."""


def _table(name: str, *columns: Column[object], lines: bool = False) -> Table:
    item = [Column("item", Integer, primary_key=True)] if lines else []
    instant = [] if lines else [Column("recorded_at", TEXT, nullable=False)]
    return Table(
        name,
        metadata,
        Column("origin", TEXT, primary_key=True),
        Column("epoch", Integer, primary_key=True),
        Column("position", BigInteger, primary_key=True),
        *item,
        Column("recorded_on", Date, nullable=False),
        *instant,
        *columns,
    )


def _text(name: str, *, optional: bool = False) -> Column[object]:
    return Column(name, TEXT, nullable=optional)


def _date(name: str) -> Column[object]:
    return Column(name, Date, nullable=False)


def _number(name: str) -> Column[object]:
    return Column(name, Integer, nullable=False)


def _ore(name: str) -> Column[object]:
    return Column(name, BigInteger, nullable=False)


organisation = _table(
    "organisation",
    _text("org_number"),
    _text("name"),
    _text("short_name"),
    _text("kind"),
    _text("region"),
    _text("parent_org_number", optional=True),
)

billing_details = _table(
    "billing_details",
    _text("org_number"),
    _text("account"),
    _text("kid_check", optional=True),
    Column("kid_length", Integer, nullable=True),
    _text("buyer_reference"),
    _text("street"),
    _text("postcode"),
    _text("city"),
)

network = _table(
    "network",
    _text("network"),
    _text("kind"),
    _text("name_nb"),
    _text("name_en"),
    _text("coordinating_trust"),
    _date("starts_on"),
    _text("model"),
    _ore("coordination_budget_ore"),
)

version = _table(
    "version",
    _text("agreement"),
    _number("version"),
    _text("network"),
    _text("payer"),
    _text("payee"),
    _date("effective_from"),
    _date("starts_on"),
    _date("ends_on"),
    _text("frequency"),
    _text("vacancy"),
    _text("vat_treatment"),
    _text("vat_reason"),
    _text("fingerprint"),
    _text("terms"),
)
"""``terms`` are the canonical bytes that were signed."""

version_post = _table(
    "version_post",
    _text("agreement"),
    _number("version"),
    _text("post"),
    _text("content"),
    _text("percent", optional=True),
    _date("starts_on"),
    _date("ends_on"),
    _ore("annual_cost_ore"),
    lines=True,
)

answer = _table(
    "answer",
    _text("agreement"),
    _number("version"),
    _text("answer"),
    _text("fingerprint"),
)

counter = _table(
    "counter",
    _text("agreement"),
    _number("version"),
    _number("answers_version"),
    _text("fingerprint"),
    _text("terms"),
)
"""``version`` and ``fingerprint`` are of the terms that were counter-proposed."""

withdrawal = _table(
    "withdrawal",
    _text("agreement"),
    _number("version"),
    _text("fingerprint"),
)

endorsement = _table(
    "endorsement",
    _text("agreement"),
    _number("version"),
    _text("fingerprint"),
    _text("role"),
    _text("endorsed_by"),
    _date("endorsed_on"),
)

termination = _table(
    "termination",
    _text("agreement"),
    _text("terminated_by"),
    _date("ends_on"),
    _text("reason"),
    _text("seen"),
)
"""``seen`` are the positions of all regions that the entry rests on, and its own."""

staffing = _table(
    "staffing",
    _text("agreement"),
    _text("post"),
    _text("change"),
    _date("effective_on"),
    _text("holder", optional=True),
    _text("seen"),
)

report = _table(
    "report",
    _text("report"),
    _number("submission"),
    _text("network"),
    _text("trust"),
    _date("period_start"),
    _date("period_end"),
)

report_decision = _table(
    "report_decision",
    _text("report"),
    _number("submission"),
    _text("outcome"),
    _text("seen"),
)

document = _table(
    "document",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("kind"),
    _text("agreement"),
    _number("version"),
    _text("network"),
    _text("payer"),
    _date("period_start"),
    _date("period_end"),
    _date("issued_on"),
    _text("report"),
    _number("submission"),
    _text("vat_treatment"),
    _ore("net_ore"),
    _ore("vat_ore"),
    _text("reason"),
    Column("credited_year", Integer, nullable=True),
    Column("credited_number", Integer, nullable=True),
    Column("credited_whole", Boolean, nullable=True),
    _text("lacks"),
)
"""``lacks`` holds the codes of what it lacks, one a word."""

document_line = _table(
    "document_line",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("agreement"),
    _date("period_start"),
    _text("post"),
    _ore("amount_ore"),
    _ore("restatement_ore"),
    _text("arithmetic", optional=True),
    lines=True,
)
"""``arithmetic`` is how the amount came about, in canonical bytes."""

restatement = _table(
    "restatement",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("post"),
    _date("period_start"),
    _date("period_end"),
    _ore("amount_ore"),
    _text("cause"),
    _text("arithmetic", optional=True),
    lines=True,
)

verdict = _table(
    "verdict",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("post", optional=True),
    Column("disputed", Boolean, nullable=False),
    _text("reason"),
    _text("decided_by", optional=True),
    _text("resolution", optional=True),
)

dispute_comment = _table(
    "dispute_comment",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("post", optional=True),
    _text("text"),
    _text("written_by"),
    _text("organisation"),
)

registration = _table(
    "registration",
    _text("seller"),
    _number("year"),
    _number("number"),
    _text("registered_by"),
    _text("ehf_sha256", optional=True),
)

payment = _table(
    "payment",
    _text("seller"),
    _number("year"),
    _number("number"),
    _ore("amount_ore"),
    _date("paid_on"),
)

payment_received = _table(
    "payment_received",
    _text("seller"),
    _number("year"),
    _number("number"),
    _ore("amount_ore"),
    _date("received_on"),
    _text("reference"),
)

bank_entry = _table(
    "bank_entry",
    _text("organisation"),
    _text("reference"),
    _text("direction"),
    _ore("amount_ore"),
    _date("booked_on"),
    _text("kid"),
    _text("account"),
    _text("unmatched", optional=True),
)

bank_entry_settled = _table(
    "bank_entry_settled",
    _text("organisation"),
    _text("reference"),
    _text("seller", optional=True),
    Column("year", Integer, nullable=True),
    Column("number", Integer, nullable=True),
    _text("cause", optional=True),
    _text("reason"),
)
"""Has a document, or a cause why there is none."""

statement = _table(
    "statement",
    _text("first"),
    _text("second"),
    _number("number"),
    _number("revision"),
    _date("period_start"),
    _date("period_end"),
    _text("fingerprint"),
    _text("content"),
)
"""``content`` is the statement in the canonical bytes that both sign."""

statement_answer = _table(
    "statement_answer",
    _text("first"),
    _text("second"),
    _number("number"),
    _number("revision"),
    _text("answer"),
    _text("fingerprint"),
    _text("reason"),
)

projected = Table(
    "projected",
    metadata,
    Column("origin", TEXT, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
)
"""How far each region's log is folded; written with the rows (law 5)."""

about = Table(
    "about",
    metadata,
    Column("schema_version", Integer, primary_key=True),
)
"""Of which shape the tables are."""

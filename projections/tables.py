"""The tables of the read models, defined once for SQLite and PostgreSQL.

Rows are only added. Each begins with its entry's place, the business day on which
it was recorded and the instant; a table of lines has its entry's place, an item
and the day.
"""

from binascii import crc32
from datetime import date
from itertools import starmap
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic.fields import FieldInfo
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

from domain.agreements.agreement import VersionWithdrawn
from domain.agreements.answer import VersionAccepted, VersionEndorsed
from domain.agreements.termination import AgreementTerminated
from domain.catalogue import STREAMS
from domain.fact import Fact
from domain.invoicing.dispute import DisputeCommented
from domain.invoicing.invoice_decision import InvoiceRegistered
from domain.parties.billing_details import BillingDetailsRecorded
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.posts.report import ReportApproved, ReportSubmitted

ROWS_VERSION: Final = 16
"""Raise it when rows come about otherwise in tables of the same shape."""

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


IN_BYTES: Final = "in_bytes"
"""Marks a column of what is no plain value: its canonical bytes, as text."""

TABLES: Final[dict[type[Fact], Table]] = {}
"""The tables whose rows are facts as they are."""


def _of(fact: type[Fact], name: str, *more: Column[object]) -> Table:
    """Table of all that a fact says, and of some columns more."""
    columns = starmap(_column, fact.model_fields.items())
    table = _table(name, *columns, *more)
    if not more:
        TABLES[fact] = table
    return table


def _column(name: str, info: FieldInfo) -> Column[object]:
    is_choice = get_origin(info.annotation) in {Union, UnionType}
    kinds = get_args(info.annotation) if is_choice else (info.annotation,)
    optional = type(None) in kinds
    (kind,) = (_bare(kind) for kind in kinds if kind is not type(None))
    if kind is date:
        return Column(name, Date, nullable=optional)
    if kind is int:
        size = BigInteger if name.endswith("_ore") else Integer
        return Column(name, size, nullable=optional)
    if get_origin(kind) is None and issubclass(kind, str):
        return _text(name, optional=optional)
    return Column(name, TEXT, nullable=optional, info={IN_BYTES: True})


def _bare(kind: Any) -> type:  # noqa: ANN401 - a type
    bare: type = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    return bare


organisation = _of(OrganisationRegistered, "organisation")

billing_details = _of(BillingDetailsRecorded, "billing_details")

network = _of(NetworkEstablished, "network")

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

answer = _of(VersionAccepted, "answer", _text("answer"))

counter = _table(
    "counter",
    _text("agreement"),
    _number("version"),
    _number("answers_version"),
    _text("fingerprint"),
    _text("terms"),
)
"""``version`` and ``fingerprint`` are of the terms that were counter-proposed."""

withdrawal = _of(VersionWithdrawn, "withdrawal")

endorsement = _of(VersionEndorsed, "endorsement")

termination = _of(AgreementTerminated, "termination", _text("seen"))
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

report = _of(ReportSubmitted, "report")

report_decision = _of(
    ReportApproved, "report_decision", _text("outcome"), _text("seen")
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

dispute_comment = _of(DisputeCommented, "dispute_comment")

registration = _of(InvoiceRegistered, "registration")

payment = _of(PaymentRegistered, "payment")

payment_received = _of(PaymentReceived, "payment_received")

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

cited_document = _table(
    "cited_document",
    _text("sha256"),
    _text("media_type"),
    Column("size", BigInteger, nullable=False),
    _text("organisation"),
    _text("application", optional=True),
    _text("call", optional=True),
    lines=True,
)
"""A document that an entry refers to; ``organisation`` is whose entry it is. Where it is
part of an application, that and its call are named."""

for kind in STREAMS:
    if kind.FOUND_BY and kind not in TABLES:
        _of(kind, kind.TYPE.rpartition(".")[0].replace(".", "_"))

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
"""The shape of the tables that are there."""


def _shape() -> int:
    columns = [
        (table.name, column.name, repr(column.type), column.nullable)
        for table in metadata.sorted_tables
        for column in table.columns
    ]
    return crc32(repr((ROWS_VERSION, columns)).encode()) & 0x7FFF_FFFF


SCHEMA_VERSION: Final = _shape()
"""Shape of all tables and their rows: a node rebuilds where its tables have another."""

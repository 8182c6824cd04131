"""The indexes of the read models: by what each question finds its rows."""

from typing import Any, Final

from sqlalchemy import Column, Index

from projections.tables import (
    TABLES,
    answer,
    bank_entry,
    bank_entry_settled,
    cited_document,
    counter,
    document,
    document_line,
    report_decision,
    restatement,
    staffing,
    statement,
    statement_answer,
    termination,
    verdict,
    version,
    version_post,
)


def _by(*columns: Column[Any]) -> Index:
    names = (column.name for column in columns)
    return Index("_".join(("by", columns[0].table.name, *names)), *columns)


INDEXES: Final = (
    *(
        _by(*(table.c[name] for name in names.split()))
        for kind, table in TABLES.items()
        for names in kind.FOUND_BY
    ),
    _by(version.c.agreement),
    _by(version.c.payer),
    _by(version.c.payee),
    _by(version.c.network),
    _by(version_post.c.agreement),
    _by(version_post.c.post),
    _by(answer.c.agreement),
    _by(counter.c.agreement),
    _by(termination.c.agreement),
    _by(staffing.c.agreement),
    _by(staffing.c.post),
    _by(report_decision.c.report),
    _by(document.c.payer),
    _by(document.c.seller, document.c.year, document.c.number),
    _by(document.c.seller, document.c.credited_year, document.c.credited_number),
    _by(document_line.c.agreement, document_line.c.period_start),
    _by(document_line.c.seller, document_line.c.year, document_line.c.number),
    _by(restatement.c.seller, restatement.c.year, restatement.c.number),
    _by(verdict.c.seller, verdict.c.year, verdict.c.number),
    _by(verdict.c.disputed, verdict.c.seller, verdict.c.year, verdict.c.number),
    _by(bank_entry.c.organisation, bank_entry.c.reference),
    _by(bank_entry_settled.c.organisation, bank_entry_settled.c.reference),
    _by(cited_document.c.sha256),
    _by(statement.c.first, statement.c.second),
    _by(statement.c.period_end),
    _by(statement_answer.c.first, statement_answer.c.second),
    # A settlement finds the verdicts and payments of a year's documents from
    # this index alone, without the documents themselves.
    Index(
        "by_document_agreement_period",
        document.c.agreement,
        document.c.period_start,
        document.c.seller,
        document.c.year,
        document.c.number,
        document.c.recorded_on,
    ),
)

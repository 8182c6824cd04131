"""The routes, a module for each subject: its bodies, commands and questions."""

from typing import Final

from fastapi import APIRouter

from api.routes import (
    agreements,
    bank,
    disputes,
    entries,
    exports,
    health,
    invoices,
    ledger,
    negotiation,
    networks,
    organisations,
    pages,
    payments,
    posts,
    received_invoices,
    reconciliation,
    regions,
    reports,
    settlement,
    statements,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    organisations.router,
    regions.router,
    networks.router,
    agreements.router,
    negotiation.router,
    posts.router,
    reports.router,
    invoices.router,
    disputes.router,
    received_invoices.router,
    payments.router,
    bank.router,
    reconciliation.router,
    statements.router,
    settlement.router,
    ledger.router,
    entries.router,
    exports.router,
    health.router,
    pages.router,
)

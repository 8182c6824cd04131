"""The routes, a module for each subject: its commands and questions."""

from typing import Final

from fastapi import APIRouter, FastAPI

from api.commands import DOORS
from api.routes import (
    agreements,
    bank,
    commands,
    disputes,
    documents,
    entries,
    events,
    exports,
    federation,
    governance,
    grants,
    health,
    invoices,
    ledger,
    mandates,
    negotiation,
    networks,
    organisations,
    overviews,
    payments,
    posts,
    received_invoices,
    reconciliation,
    regions,
    reports,
    settlement,
    standings,
    statements,
    waiting,
    webhooks,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    health.router,
    *(organisations.register_router, networks.register_router),
    *(organisations.router, mandates.router, regions.router),
    *(networks.router, agreements.router),
    *(negotiation.router, posts.router, reports.router, invoices.router),
    *(disputes.router, received_invoices.router, payments.router, bank.router),
    *(reconciliation.router, statements.router, settlement.router, ledger.router),
    *(documents.router, entries.router, events.router, exports.router),
    *(grants.router, governance.router, governance.person_router),
    *(
        federation.router,
        commands.router,
        waiting.router,
        webhooks.router,
        standings.router,
        overviews.router,
    ),
)

__all__ = ["DOORS", "ROUTERS", "include"]


def include(app: FastAPI) -> None:
    """Give an app all routes."""
    for router in ROUTERS:
        app.router.routes.extend(router.routes)

"""The routes, a module for each subject: its bodies, commands and questions.

Who may ask is said here, for all routes of a router at once. A new route is for
registered organisations' people unless it stands among the others.
"""

from typing import Final

from fastapi import APIRouter, Depends, FastAPI

from api.dependencies import the_caller, the_reader
from api.routes import (
    agreements,
    bank,
    disputes,
    entries,
    exports,
    federation,
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

PUBLIC: Final[tuple[APIRouter, ...]] = (health.router, pages.router)
"""Asked without a token; they tell nothing that anybody recorded."""
REGISTER: Final[tuple[APIRouter, ...]] = (
    organisations.register_router,
    networks.register_router,
)
"""The register, for whoever has a token."""
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
    federation.router,
)
"""All else, for the people of registered organisations, in a role."""


def include(app: FastAPI) -> None:
    """Give an app all routes, each with the rule of who may ask."""
    for router in PUBLIC:
        app.include_router(router)
    for router in REGISTER:
        app.include_router(router, dependencies=[Depends(the_caller)])
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(the_reader)])

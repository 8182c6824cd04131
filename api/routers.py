"""Routers, by who may ask: said once, for all routes of a router.

An app takes the routes as they are made. To include a router would make each of them
a second time, when it is first asked for.
"""

from enum import Enum
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from api.dependencies import reader_of, the_sender
from api.late import LateRoute
from api.problems import PROBLEMS
from domain.history import ShownTo

PREFIX: Final = "/v1"


def by_name(route: APIRoute) -> str:
    """Operations are called as their functions are."""
    return route.name


def public() -> APIRouter:
    """Asked without a token: it tells nothing that anybody recorded."""
    return APIRouter(generate_unique_id_function=by_name, route_class=LateRoute)


def reader_router(tag: str) -> APIRouter:
    """For whoever has a token."""
    return _of(tag, the_sender)


def member_router(tag: str, what: ShownTo) -> APIRouter:
    """For the people of registered organisations, in a role that may read such a thing."""
    return _of(tag, reader_of(what))


def _of(tag: str, who: object) -> APIRouter:
    tags: list[str | Enum] = [tag]
    return APIRouter(
        prefix=PREFIX,
        tags=tags,
        dependencies=[Depends(who)],  # type: ignore[arg-type]  # a function, as FastAPI takes it
        responses=PROBLEMS,
        generate_unique_id_function=by_name,
        route_class=LateRoute,
    )

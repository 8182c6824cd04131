"""Whatever somebody asks of a page, they are answered, and nothing of it fails."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from api.app import create_app
from tests.support.doors import Door
from tests.support.visitors import Visitor

HOSTILE: Final = ("<b>'\"&", "٣" + "9" * 4400)
"""What stands for nothing, and more digits than a number has, one of another script."""
_IN_PATH: Final = re.compile("{[^}]+}")
_OTHERS: Final = ("/sign-", "/changes", "/docs", "/v1/")


def _asked(of: Dependant) -> Iterator[str]:
    """Names of what is asked in an address, by a route and what it rests on."""
    for param in of.query_params:
        kind = param.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield param.alias
    for part in of.dependencies:
        yield from _asked(part)


def _questions(door: Door, value: str) -> Iterator[str]:
    """Give each page's address with a value for each thing that it may be asked."""
    for context in iter_route_contexts(create_app(door.node).routes):
        route = context.route
        if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        if route.path.startswith(_OTHERS):
            continue
        path = _IN_PATH.sub(quote(value, safe=""), route.path)
        if path != route.path:
            yield path
        else:
            for name in sorted({*_asked(route.dependant)}):
                yield f"{path}?{name}={quote(value)}"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_is_asked_of_a_page_is_answered(door: Door, hostile: str) -> None:
    door.agree()
    visitor = Visitor(door)
    answers = {each: visitor.look(each) for each in _questions(door, hostile)}
    assert len(answers) > 50
    assert [each for each in answers if answers[each].status_code >= 500] == []
    assert not any("<b>'" in each.text for each in answers.values())


def test_the_first_of_all_days_has_none_before_it(door: Door) -> None:
    assert Visitor(door).look("/notices?as_of=0001-01-01").status_code == 200

"""Overviews at a node: what nobody has published or set up is not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.test_problems import is_problem
from tests.support.doors import Door, opened
from tests.support.examples import BERGEN


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("overviews")
    with opened(folder) as node:
        node.register(BERGEN)
        yield node


@pytest.mark.parametrize(
    "path", ["/v1/calls/none/portfolio", "/v1/bodies/none/compiled-report/2026"]
)
def test_what_is_not_there_has_no_overview(door: Door, path: str) -> None:
    is_problem(door.get(path), 404, "not_found")


def test_a_report_that_nobody_wrote_is_told_as_such(door: Door) -> None:
    found = door.get("/v1/activity-reports/2026/steering").json()
    assert found["of"] == "steering"
    assert not found["reported"]

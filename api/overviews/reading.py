"""Reading an overview, for whoever asks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from api.auth import Caller
from api.dependencies import Views
from api.known import known_until
from api.overviews.awards import awards
from api.overviews.compiled_report import compiled_report
from api.overviews.funds import funds
from api.overviews.network_report import network_report
from api.overviews.overview import (
    AskedOverview,
    Overview,
    OverviewKind,
    OverviewSource,
)
from api.overviews.posts_by_region import posts_by_region
from api.services import Node
from api.sheet_names import with_names
from api.unannounced import CallsReader

_READ: Final[Mapping[OverviewKind, Callable[[OverviewSource], Overview]]] = {
    OverviewKind.AWARDS: awards,
    OverviewKind.FUNDS: funds,
    OverviewKind.POSTS_BY_REGION: posts_by_region,
    OverviewKind.NETWORK_REPORT: network_report,
    OverviewKind.COMPILED_REPORT: compiled_report,
}
ON_LAST_YEAR: Final = frozenset(
    {OverviewKind.NETWORK_REPORT, OverviewKind.COMPILED_REPORT}
)
"""What is reported on a year once it is over."""


def read_overview(
    asked: AskedOverview, node: Node, caller: Caller, views: Views, day: date
) -> Overview:
    """Read an overview as known on a day.

    Raises :class:`api.problems.ProblemError` where there is none, or not for the caller.
    """
    year = asked.year or day.year - (asked.kind in ON_LAST_YEAR)
    with (
        node.executor.history() as now,
        views() as connection,
        known_until(node, day) as history,
    ):
        calls = CallsReader(caller, now)
        source = OverviewSource(
            node, caller, connection, history, calls, day, asked.of, year
        )
        found = _READ[asked.kind](source)
        return replace(found, sheets=with_names(found.sheets, connection, day))

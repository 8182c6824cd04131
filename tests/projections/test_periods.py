"""The years of a network as the read models have them: as decisions do, renewed too."""

from datetime import date
from pathlib import Path

import pytest

from domain.agreements.frame import NO_GROWTH
from domain.parties.network import NETWORK, NetworkEstablished, periods
from domain.values import NetworkKind
from projections.asof import Slice
from projections.frame import frame
from projections.listed import listed
from projections.periods import periods_of
from tests.projections.test_agreements import LATE
from tests.projections.test_names import node
from tests.support.authorities import active, evaluate, renew
from tests.support.examples import network

LAST_YEAR = date(2029, 6, 1)


@pytest.mark.rule("S1-34")
@pytest.mark.rule("S1-35")
@pytest.mark.parametrize("renewals", [0, 1])
def test_the_frame_goes_on_for_as_long_as_the_network(
    tmp_path: Path, renewals: int
) -> None:
    scenario = active(network(network="local", kind=NetworkKind.LOCAL))
    scenario.given(*[evaluate(), renew()][: 2 * renewals], today=LAST_YEAR)
    with node(tmp_path, scenario.held) as here:
        found = [
            each.fact for each in listed(here.views, NetworkEstablished, LATE, Slice())
        ]
        read = periods_of(here.views, LATE, found)
        assert read.keys() == {"local", "ms"}
        for each in found:
            assert list(read[each.network]) == list(periods(each, here.history))
            assert here.history.state(NETWORK, each.network).established == each
        (ms,) = listed(here.views, NetworkEstablished, LATE, Slice(), network="ms")
        years = [each.year for each in frame(here.views, LATE, ms, NO_GROWTH).years]
    assert years == list(range(2025, 2030 + 5 * renewals))

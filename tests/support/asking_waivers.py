"""An example of what a health authority says of obligations."""

from collections.abc import Mapping
from typing import Final

from domain.fact import Command
from domain.obligations.waiver import WaiveObligation
from tests.support.applications import MIDT, PUBLISHED, SAFETY, present, published
from tests.support.asking import Example, always
from tests.support.examples import BERGEN, OSLO, organisation
from tests.support.scenario import Scenario

_FIRST: Final = PUBLISHED[SAFETY]
_WAIVED: Final = WaiveObligation(
    obligation="application/kols-25/submit", by="p9", reason="The trusts are merged"
)


def presented() -> Scenario:
    """Register a trust, its authority and others, and present an application."""
    others = (organisation(BERGEN), organisation(OSLO))
    return published(SAFETY).given(*others, present(SAFETY), today=_FIRST)


EXAMPLES: Final[Mapping[type[Command], Example]] = {
    WaiveObligation: Example(presented, always(_WAIVED), MIDT, _FIRST)
}

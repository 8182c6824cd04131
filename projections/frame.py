"""The frame of a network as known on a day: used, left, and what would still fit."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from domain.agreements.accrual import PostTerms, VersionTerms
from domain.agreements.frame import (
    Budget,
    FrameYear,
    Growth,
    Reading,
    fits_until,
    frame_years,
)
from domain.agreements.standing import VersionStatus
from domain.parties.network import NetworkEstablished, years
from domain.values import Vacancy
from projections.agreements import AgreementView, agreements
from projections.asof import Slice
from projections.listed import Listed
from projections.moments import once_a_moment
from projections.periods import periods_of

AGREEMENTS_MAX = 500


class WhatIf(NamedTuple):
    """A post that somebody thinks of proposing."""

    annual_cost_ore: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class FrameView:
    """A network's years against its frame."""

    network: str
    years: list[FrameYear]
    unrecorded: Collection[int]
    """Years before the network was recorded, of which nothing has been since: what
    was used of their frames, nobody here knows."""
    fits_until: int | None
    """The last year of those without a gap in which everything fits."""


@once_a_moment
def frame(
    connection: Connection,
    as_of: date,
    listed: Listed[NetworkEstablished],
    growth: Growth,
    what_if: WhatIf | None = None,
) -> FrameView:
    """Years of a national network against its frame; another has no years."""
    network, recorded_on = listed
    page = Slice(limit=AGREEMENTS_MAX)
    named = agreements(connection, as_of, page, network=network.network)
    readings = [_reading(view) for view in named if _is_in(view, network.network)]
    budget = Budget(network.frame_ore or 0, network.coordination_budget_ore)
    touched = years(periods_of(connection, as_of, [network])[network.network])
    unrecorded = {
        year.year
        for year in frame_years(budget, touched, readings)
        if year.year < recorded_on.year and not year.reserved_ore
    }
    if what_if is not None:
        thought_of = [_thought_of(what_if)]
        readings.append(Reading(thought_of, thought_of))
    shown = frame_years(budget, touched, readings, growth)
    recorded = [year for year in shown if year.year not in unrecorded]
    return FrameView(network.network, shown, unrecorded, fits_until(recorded))


def _reading(agreement: AgreementView) -> Reading:
    counting = [version for version in agreement.versions if version.status.counts]
    accepted = [v for v in counting if v.status is VersionStatus.ACCEPTED]
    return Reading(
        *(
            [version.terms.costs.until(agreement.last_day) for version in versions]
            for versions in (accepted, counting)
        )
    )


def _is_in(agreement: AgreementView, network: str) -> bool:
    """Whether an agreement that has its name is in a network."""
    return any(version.terms.network == network for version in agreement.versions)


def _thought_of(what_if: WhatIf) -> VersionTerms:
    terms = PostTerms(what_if.starts_on, what_if.ends_on, what_if.annual_cost_ore)
    start, end = what_if.starts_on, what_if.ends_on
    return VersionTerms(1, start, start, end, Vacancy.PAY, {"?": terms})

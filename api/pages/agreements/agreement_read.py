"""An agreement as its pages read it: whose turn it is, and what an offer would change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from sqlalchemy import Connection

from api.pages.register import Register, register
from api.pages.visit import Visit
from api.pagination import only
from api.problems import ProblemError
from domain.agreements.accrual import (
    AccruingDays,
    VersionTerms,
    full_staffing,
    last_in_force,
    whole_year,
)
from domain.agreements.frame import NO_GROWTH, FrameYear
from domain.agreements.standing import VersionStatus
from domain.parties.network import NetworkEstablished
from domain.values import half_away_from_zero
from projections.agreements import AgreementView, Version, agreement_views
from projections.frame import FrameView, frame
from projections.listed import Listed, first_facts

YEARS_MAX: Final = 8
"""Calendar years that a page shows of what may last for ever."""


class CostOfYear(NamedTuple):
    """What an agreement costs in a calendar year when every post is filled."""

    year: int
    agreed_ore: int
    offered_ore: int | None
    """With the open offer; None where there is none."""
    days: Mapping[str, Sequence[AccruingDays]]
    """How it comes about, by post."""


class FrameFit(NamedTuple):
    """Whether a network's frame has room, in the year that is tightest."""

    year: int
    frame_ore: int
    before_ore: int
    """What would be left without the offer."""
    takes_ore: int
    after_ore: int

    @property
    def used_permille(self) -> int:
        """How much of the frame is used then, in thousandths."""
        used_ore = self.frame_ore - self.after_ore
        return half_away_from_zero(used_ore * 1000, self.frame_ore or 1)


@dataclass(frozen=True)
class ReadAgreement:
    """An agreement on a day, with the names of those it is about."""

    view: AgreementView
    known: Register
    listed: Listed[NetworkEstablished] | None
    frame: FrameView | None
    day: date

    @property
    def name(self) -> str:
        """Its key."""
        return self.view.agreement

    @property
    def network(self) -> NetworkEstablished | None:
        """In which it is; None where that is not known here yet."""
        return None if self.listed is None else self.listed.fact

    @cached_property
    def columns(self) -> Sequence[Version]:
        """All terms that were offered, the newest first.

        Those of a counter-proposal that was adopted are there once.
        """
        counters = [
            each
            for each in self.view.counter_proposals
            if each.status is not VersionStatus.ACCEPTED
        ]
        both = [*self.view.versions, *counters]
        return sorted(both, key=lambda each: each.terms.version, reverse=True)

    @cached_property
    def offer(self) -> Version | None:
        """What awaits an answer: of several, the newest."""
        waiting = (each for each in self.columns if awaits(each))
        return next(waiting, None)

    @cached_property
    def accepted(self) -> Sequence[Version]:
        """The versions that both have signed, by number."""
        of = self.view.versions
        return [each for each in of if each.status is VersionStatus.ACCEPTED]

    @cached_property
    def costs(self) -> Sequence[VersionTerms]:
        """Money terms of these, cut by a termination."""
        last_day = self.view.last_day
        return [each.terms.costs.until(last_day) for each in self.accepted]

    @property
    def now(self) -> Version:
        """Version that is in force or was last; before any, the newest offered."""
        found = last_in_force(self.costs, self.day)
        number = found.version if found else None
        for each in self.accepted:
            if each.terms.version == number:
                return each
        return self.accepted[0] if self.accepted else self.columns[0]

    @property
    def coordinator(self) -> str:
        """Who proposes versions."""
        return self.network.coordinating_trust if self.network else self.payer

    @property
    def payer(self) -> str:
        """Its organisation number, the same in every version."""
        return self.columns[0].terms.payer

    @property
    def payee(self) -> str:
        """The host, the same in every version."""
        return self.columns[0].terms.payee

    def short_name(self, number: str) -> str:
        """Short name of an organisation, or its number where it is not known here."""
        found = self.known.get(number)
        return found.short_name if found else number

    def plain_name(self, number: str) -> str:
        """Name of an organisation as people say it, without its legal form."""
        return self.full_name(number).removesuffix(" HF")

    def full_name(self, number: str) -> str:
        """Name of an organisation, or its number where it is not known here."""
        found = self.known.get(number)
        return found.name if found else number

    def costs_by_year(self, offer: Version | None) -> list[CostOfYear]:
        """What is agreed costs by year, and what it would with an offer."""
        agreed = self.costs
        with_offer = agreed if offer is None else [*agreed, offer.terms.costs]
        return [
            CostOfYear(
                year,
                _year_ore(agreed, year),
                None if offer is None else _year_ore(with_offer, year),
                {
                    post: cost.days_in(whole_year(year))
                    for post, cost in full_staffing(with_offer).items()
                },
            )
            for year in _years(with_offer, self.day)
        ]

    def fits(self, offer: Version) -> FrameFit | None:
        """Whether an offer fits its network's frame; None where there is no frame."""
        if self.frame is None:
            return None
        found = [
            fit
            for year in self.frame.years
            if (fit := self._fit(year, offer)) is not None
        ]
        return min(found, key=lambda fit: fit.after_ore, default=None)

    def _fit(self, year: FrameYear, offer: Version) -> FrameFit | None:
        """A proposal is in the frame already; a counter-proposal is not."""
        agreed_ore = _year_ore(self.costs, year.year)
        with_offer = _year_ore([*self.costs, offer.terms.costs], year.year)
        takes_ore = with_offer - agreed_ore
        if not with_offer and not takes_ore:
            return None
        counted_ore = 0 if is_counter(offer) else max(0, takes_ore)
        before_ore = year.left_ore + counted_ore
        return FrameFit(
            year.year, year.frame_ore, before_ore, takes_ore, before_ore - takes_ore
        )


def awaits(version: Version) -> bool:
    """Whether terms await an answer."""
    return version.status is VersionStatus.PROPOSED


def is_counter(version: Version) -> bool:
    """Whether terms are the answering trust's own, and nobody has adopted them."""
    return version.answers_version is not None


def maker_of(version: Version) -> str:
    """Who signed first."""
    return version.signatures[0].organisation


def answering_of(version: Version) -> str:
    """Whose the answer is: the party that did not sign first."""
    terms = version.terms
    return terms.payee if maker_of(version) == terms.payer else terms.payer


def lacks_endorsement(version: Version) -> bool:
    """Whether the host's line has still to stand behind terms that ask for it."""
    return version.terms.endorsement is not None and not version.endorsements


def read_agreement(visit: Visit, name: str) -> ReadAgreement:
    """Read an agreement with its network; 404 where nothing counts under the name."""
    with visit.views() as connection:
        return _read(connection, visit.day, name)


def _read(connection: Connection, day: date, name: str) -> ReadAgreement:
    view = only([*agreement_views(connection, day, [name]).values()])
    if not view.versions:
        raise ProblemError("not_found")
    network = view.versions[0].terms.network
    listed = first_facts(connection, NetworkEstablished, day, [network]).get(network)
    years = None if listed is None else frame(connection, day, listed, NO_GROWTH)
    has_frame = years is not None and years.years
    known = register(connection, day)
    return ReadAgreement(view, known, listed, years if has_frame else None, day)


def version_numbered(versions: Sequence[Version], number: int) -> Version:
    """Version with a number, or 404."""
    return only([each for each in versions if each.terms.version == number])


def _year_ore(versions: Sequence[VersionTerms], year: int) -> int:
    return sum(cost.year_ore(year) for cost in full_staffing(versions).values())


def _years(versions: Sequence[VersionTerms], day: date) -> Iterator[int]:
    if not versions:
        return
    first = min(each.starts_on.year for each in versions)
    last = max(each.ends_on.year for each in versions)
    first = max(first, min(last, day.year) - YEARS_MAX + 2)
    yield from range(first, min(last, first + YEARS_MAX - 1) + 1)

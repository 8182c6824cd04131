"""What a post costs: pure arithmetic on days, exact, rounded once.

Source: ``domain/README.md``, "What a post costs in a period". A sum
over days of one calendar year has the days of that year as its denominator,
so the rationals are kept as integer numerators.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple, Self

from domain.values import (
    Period,
    Vacancy,
    day_before,
    days_in_year,
    half_away_from_zero,
)


class PostTerms(NamedTuple):
    """What one version says about one post; ``annual_cost_ore`` is for a whole year."""

    starts_on: date
    ends_on: date
    annual_cost_ore: int


@dataclass(frozen=True, slots=True)
class VersionTerms:
    """What one version of an agreement says about money."""

    version: int
    effective_from: date
    starts_on: date
    ends_on: date
    vacancy: Vacancy
    posts: Mapping[str, PostTerms] = field(default_factory=dict)

    @property
    def term(self) -> Period:
        """The days outside which nothing is in force."""
        return Period(self.starts_on, self.ends_on)

    def until(self, last_day: date | None) -> Self:
        """Version as a termination leaves it: nothing after ``last_day``.

        This is the one place where a termination cuts: what accrues, what is
        committed, what governs and what counts in the frame all follow.
        """
        if last_day is None or last_day >= self.ends_on:
            return self
        return replace(self, ends_on=last_day)


class StaffingChange(NamedTuple):
    """A post is filled from a day, or vacant from a day."""

    effective_on: date
    filled: bool


class InForce(NamedTuple):
    """The days on which one version is in force."""

    period: Period
    terms: VersionTerms


def in_force(versions: Iterable[VersionTerms]) -> list[InForce]:
    """Days on which each version is in force: ordered, without overlap.

    On a day the highest version whose ``effective_from`` is on or before that
    day counts, and nothing does outside that version's own term.
    """
    ordered = sorted(versions, key=lambda terms: (terms.effective_from, terms.version))
    spans: list[InForce] = []
    highest: VersionTerms | None = None
    for index, terms in enumerate(ordered):
        if highest is None or terms.version > highest.version:
            highest = terms
        is_last = index + 1 == len(ordered)
        until = date.max if is_last else day_before(ordered[index + 1].effective_from)
        span = _cut(Period(terms.effective_from, until), highest.term)
        if span is not None:
            spans.append(InForce(span, highest))
    return spans


def filled(changes: Sequence[StaffingChange]) -> list[Period]:
    """Days on which a post is filled, of its changes as recorded.

    ``filled`` counts from its day, ``vacated`` until the day before its day; of
    two changes on one day the one recorded last counts.
    """
    last_of_day = {change.effective_on: change.filled for change in changes}
    spans: list[Period] = []
    since: date | None = None
    for day in sorted(last_of_day):
        if last_of_day[day] and since is None:
            since = day
        elif not last_of_day[day] and since is not None:
            spans.append(Period(since, day_before(day)))
            since = None
    if since is not None:
        spans.append(Period(since, date.max))
    return spans


class AccruingDays(NamedTuple):
    """Days on which a post accrues at one cost: filled or paid for when vacant."""

    period: Period
    annual_cost_ore: int
    version: int
    """Of the agreement, in force on these days."""

    @property
    def days(self) -> int:
        """How many they are."""
        return _days(self.period)


@dataclass(frozen=True, slots=True)
class PostCost:
    """The accrual of one post of one agreement, as known at some moment."""

    post: str
    spans: tuple[AccruingDays, ...]

    def accrued_ore(self, day: date) -> int:
        """Øre accrued from 1 January of that year to ``day``."""
        days = days_in_year(day.year)
        window = Period(date(day.year, 1, 1), day)
        numerator = sum(
            _days(_cut(span, window)) * annual_cost_ore
            for span, annual_cost_ore, _ in self.spans
            if span.start <= day and span.end >= window.start
        )
        return half_away_from_zero(numerator, days)

    def amount_ore(self, period: Period) -> int:
        """Øre accrued in a period inside one calendar year."""
        before = (
            0
            if (period.start.month, period.start.day) == (1, 1)
            else self.accrued_ore(day_before(period.start))
        )
        return self.accrued_ore(period.end) - before

    def days_in(self, period: Period) -> tuple[AccruingDays, ...]:
        """Accruing days of a period: its amount comes of them."""
        return tuple(
            days._replace(period=span)
            for days in self.spans
            if (span := _cut(days.period, period)) is not None
        )

    def year_ore(self, year: int) -> int:
        """Øre accrued in a whole calendar year."""
        return self.accrued_ore(date(year, 12, 31))


NOTHING: Final = PostCost("", ())
"""Cost of a post that no version has."""


def post_costs(
    versions: Sequence[VersionTerms],
    staffing: Mapping[str, Sequence[StaffingChange]],
) -> dict[str, PostCost]:
    """Accrual of every post that stands in one of the versions."""
    timeline = in_force(versions)
    return {
        post: PostCost(post, tuple(_accruing(post, timeline, staffing)))
        for post in sorted({post for terms in versions for post in terms.posts})
    }


def full_staffing(versions: Sequence[VersionTerms]) -> dict[str, PostCost]:
    """Accrual of every post as if it were filled all the time."""
    timeline = in_force(versions)
    return {
        post: PostCost(post, tuple(_standing(post, timeline)))
        for post in sorted({post for terms in versions for post in terms.posts})
    }


def _standing(post: str, timeline: Iterable[InForce]) -> Iterable[AccruingDays]:
    for period, terms in timeline:
        in_post = terms.posts.get(post)
        if in_post is None:
            continue
        span = _cut(period, Period(in_post.starts_on, in_post.ends_on))
        if span is not None:
            yield AccruingDays(span, in_post.annual_cost_ore, terms.version)


def _accruing(
    post: str,
    timeline: Iterable[InForce],
    staffing: Mapping[str, Sequence[StaffingChange]],
) -> Iterable[AccruingDays]:
    occupied = filled(staffing.get(post, ()))
    for in_force_span in timeline:
        for standing in _standing(post, (in_force_span,)):
            if in_force_span.terms.vacancy is Vacancy.PAY:
                yield standing
                continue
            for occupied_span in occupied:
                cut = _cut(standing.period, occupied_span)
                if cut is not None:
                    yield standing._replace(period=cut)


def _cut(one: Period, other: Period) -> Period | None:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Period(start, end) if start <= end else None


def _days(period: Period | None) -> int:
    return 0 if period is None else (period.end - period.start).days + 1


def last_in_force(versions: Iterable[VersionTerms], day: date) -> VersionTerms | None:
    """Version in force on ``day``, or the last one in force before it."""
    before = [span for span in in_force(versions) if span.period.start <= day]
    return before[-1].terms if before else None


def whole_year(year: int) -> Period:
    """Calendar year as a period."""
    return Period(date(year, 1, 1), date(year, 12, 31))

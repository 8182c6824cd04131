"""The days of a year on which the posts of an agreement are filled, and what they cost."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from markupsafe import Markup
from sqlalchemy import Connection, Row

from api.pages.pictures import Stretch, strip
from api.pages.rendering import Speaker
from domain.agreements.accrual import StaffingChange, filled, post_costs, whole_year
from domain.agreements.agreement import PartTimePost
from domain.agreements.standing import VersionStatus
from domain.values import Period, day_before
from projections import tables
from projections.agreements import AgreementView, Version
from projections.asof import rows_by_key


class PostStrip(NamedTuple):
    """A post in a calendar year."""

    post: str
    agreement: str
    content: str
    host: str
    percent: str | None
    annual_cost_ore: int
    picture: Markup
    is_filled: bool
    accrued_ore: int
    """From the first of January to the day."""


def post_strips(
    connection: Connection, day: date, view: AgreementView, speaker: Speaker
) -> list[PostStrip]:
    """Posts of one agreement in the year of a day."""
    return strips_of(connection, day, [view], speaker)


def strips_of(
    connection: Connection,
    as_of: date,
    views: Sequence[AgreementView],
    speaker: Speaker,
    day: date | None = None,
) -> list[PostStrip]:
    """Posts of some agreements that are agreed, in the year of a day, by now known."""
    names = [view.agreement for view in views]
    changes = rows_by_key(connection, tables.staffing, as_of, names, "agreement")
    return [
        each
        for view in views
        for each in _of_agreement(view, changes[view.agreement], day or as_of, speaker)
    ]


def _of_agreement(
    view: AgreementView, changes: Sequence[Row[Any]], day: date, speaker: Speaker
) -> list[PostStrip]:
    accepted = [v for v in view.versions if v.status is VersionStatus.ACCEPTED]
    costs = [version.terms.costs.until(view.last_day) for version in accepted]
    staffed: defaultdict[str, list[StaffingChange]] = defaultdict(list)
    for row in changes:
        if view.holder is not None and view.holder.concerns(row.seen):
            change = StaffingChange(row.effective_on, row.change == "filled")
            staffed[row.post].append(change)
    accrued = post_costs(costs, staffed)
    agreed: dict[str, tuple[PartTimePost, str]] = {}
    for version in accepted:
        if version.terms.effective_from <= day or not agreed:
            agreed |= {p.post: (p, version.terms.payee) for p in version.terms.posts}
    return [
        PostStrip(
            post=name,
            agreement=view.agreement,
            content=post.content,
            host=host,
            percent=post.percent,
            annual_cost_ore=post.annual_cost_ore,
            picture=_picture(_shares(name, accepted), staffed[name], day.year, speaker),
            is_filled=any(s.start <= day <= s.end for s in filled(staffed[name])),
            accrued_ore=accrued[name].accrued_ore(day),
        )
        for name, (post, host) in agreed.items()
    ]


class _Shares(NamedTuple):
    """How much of a position a post is, from which days on; the first day is first."""

    post: str
    since: Sequence[tuple[date, Decimal]]

    def parts(self, span: Period) -> Iterator[tuple[Period, Decimal]]:
        """Cut days where the share changes; days before the first have the first."""
        ends = [day_before(day) for day, _ in self.since[1:]]
        for index, (_, share) in enumerate(self.since):
            start = span.start if index == 0 else self.since[index][0]
            end = ends[index] if index < len(ends) else span.end
            if max(start, span.start) <= min(end, span.end):
                yield Period(max(start, span.start), min(end, span.end)), share


def _shares(post: str, accepted: Sequence[Version]) -> _Shares:
    since: dict[date, Decimal] = {}
    for version in sorted(accepted, key=lambda each: each.terms.effective_from):
        for each in version.terms.posts:
            if each.post == post:
                since[version.terms.effective_from] = Decimal(each.percent or 0)
    return _Shares(post, [*since.items()])


def _picture(
    shares: _Shares, staffed: Sequence[StaffingChange], year: int, speaker: Speaker
) -> Markup:
    """Draw the year: days of the largest share dark, of a smaller one light."""
    days = whole_year(year)
    parts = [
        part
        for span in filled(staffed)
        if span.overlaps(days)
        for part in shares.parts(
            Period(max(span.start, days.start), min(span.end, days.end))
        )
    ]
    largest = max((share for _, share in parts), default=Decimal(0))
    differ = any(share != largest for _, share in parts)
    told = [_told(span, share if differ else None, speaker) for span, share in parts]
    words = ", ".join(told) if told else speaker.say("vacant_all_year")
    label = speaker.say("filled_days", post=shares.post, days=words)
    stretches = [
        Stretch(span.start, span.end, "s-ink" if share == largest else "s-ink2")
        for span, share in parts
    ]
    return strip(days.start, days.end, stretches, label)


def _told(span: Period, share: Decimal | None, speaker: Speaker) -> str:
    first, last = speaker.short_day(span.start), speaker.short_day(span.end)
    said = speaker.say("from_to", first=first, last=last)
    if share is None:
        return said
    percent = speaker.percent(f"{share:f}")
    return speaker.say("from_to_percent", days=said, percent=percent)

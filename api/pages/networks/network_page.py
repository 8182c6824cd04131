"""A network: its five years, its frame against what is committed, its posts and reports."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response
from markupsafe import Markup
from sqlalchemy import Connection

from api.pages.acting import may_send
from api.pages.agreements.agreement_read import FrameFit, ReadAgreement, is_counter
from api.pages.networks.network_list import network_state
from api.pages.networks.network_pictures import (
    FrameWords,
    TimelineBar,
    frame_picture,
    timeline,
)
from api.pages.post_strips import PostStrip, strips_of
from api.pages.register import Register, register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.pagination import only
from api.routers import public
from domain.agreements.agreement import ProposeVersion
from domain.agreements.frame import NO_GROWTH, FrameYear
from domain.closing.settlement import PostSettlement
from domain.parties.network import NetworkEstablished
from domain.values import NewName, Period, half_away_from_zero
from projections.agreements import AgreementView, agreements
from projections.asof import Slice
from projections.frame import FrameView, frame
from projections.listed import Listed, first_facts
from projections.periods import periods_of
from projections.reports import Report, reports
from projections.settlement import Scope

router: Final[APIRouter] = public()
SECTION: Final = "page_network"
AGREEMENTS_SHOWN: Final = 60
REPORTS_SHOWN: Final = 20
_NEARLY: Final = 900
"""Thousandths of a frame from which one is warned."""


class ShownYear(NamedTuple):
    """A year of the frame as a row of the table."""

    label: str
    year: FrameYear
    recorded: bool
    left_ore: int
    used: str
    """Per cent of the frame, with one decimal."""
    kind: str


class PendingOffer(NamedTuple):
    """A counter-proposal that would take of the frame."""

    agreement: str
    number: int
    fit: FrameFit


class NetworkPost(NamedTuple):
    """A post with what has accrued and is invoiced of it this year."""

    strip: PostStrip
    host: str
    settled: PostSettlement | None


class ReadNetwork(NamedTuple):
    """All that a network's page reads."""

    listed: Listed[NetworkEstablished]
    known: Register
    views: Sequence[AgreementView]
    frame: FrameView
    periods: Sequence[Period]
    """Of five years, with renewals; none of a network without a last day."""
    reports: Sequence[Report]
    settled: Mapping[tuple[str, str], PostSettlement]
    strips: Sequence[PostStrip]

    @property
    def last_day(self) -> date | None:
        """The last day, renewals counted."""
        return self.periods[-1].end if self.periods else None

    def period_on(self, day: date) -> Period | None:
        """The five years of a day; the last where it is over."""
        left = [each for each in self.periods if day <= each.end]
        return next(iter(left or self.periods[-1:]), None)


@router.get("/networks/{network}", include_in_schema=False)
def network_page(
    network: NewName,
    visit: TheVisit,
    year: Annotated[int | None, Query(ge=1900, le=2199)] = None,
) -> Response:
    """Show a network."""
    speaker = visit.speaker(SECTION)
    day = _day_in(visit.day, year)
    with visit.views() as connection:
        read = _read_network(connection, visit, network, day, speaker)
    of = read.listed.fact
    offers = _offers(read, visit.day)
    years = _years(read, speaker)
    now = next((each for each in years if each.year.year == day.year), None)
    return visit.page(
        "network.html",
        SECTION,
        "networks",
        network=of,
        name=speaker.either(of.name_nb, of.name_en),
        coordinator=_short(read.known, of.coordinating_trust, full=True),
        period=read.period_on(visit.day),
        state=network_state(of.starts_on, read.last_day, visit.day, speaker),
        until=day,
        timeline=_timeline(read, visit.day, speaker),
        years=years,
        now=now,
        offers=offers,
        picture=_picture(read, offers, speaker) if years else None,
        proposed=any(y.year.reserved_ore > y.year.accepted_ore for y in years),
        posts=_posts(read),
        hosts=len({strip.host for strip in read.strips}),
        reports=[(each, _short(read.known, each.trust)) for each in read.reports],
        more_agreements=len(read.views) == AGREEMENTS_SHOWN,
        proposes=of.coordinating_trust == visit.organisation
        and may_send(visit, ProposeVersion),
    )


def _day_in(day: date, year: int | None) -> date:
    """Last day of a year that is asked for, or of this one until now."""
    if year is None or year == day.year:
        return day
    return min(day, date(year, 12, 31)) if year < day.year else day


def _read_network(
    connection: Connection, visit: Visit, name: str, day: date, speaker: Speaker
) -> ReadNetwork:
    found = first_facts(connection, NetworkEstablished, visit.day, [name])
    one = only([*found.values()])
    views = agreements(
        connection, visit.day, Slice(limit=AGREEMENTS_SHOWN), network=name
    )
    views = [
        view
        for view in views
        if any(version.terms.network == name for version in view.versions)
    ]
    settled = visit.node.settlements.settlement(
        connection, day.year, visit.day, Scope(network=name)
    )
    return ReadNetwork(
        one,
        register(connection, visit.day),
        views,
        frame(connection, visit.day, one, NO_GROWTH),
        periods_of(connection, visit.day, [one.fact])[name],
        reports(connection, visit.day, Slice(limit=REPORTS_SHOWN), network=name),
        {
            (post.agreement, post.post): post
            for agreement in settled.agreements
            for post in agreement.posts
        },
        strips_of(connection, visit.day, views, speaker, day),
    )


def _short(known: Register, number: str, *, full: bool = False) -> str:
    if number not in known:
        return number
    return known[number].name if full else known[number].short_name


def _offers(read: ReadNetwork, day: date) -> list[PendingOffer]:
    """Open counter-proposals: no frame holds them before they are adopted."""
    found = []
    for view in read.views:
        if not view.versions:
            continue
        frame_view = read.frame if read.frame.years else None
        agreement = ReadAgreement(view, read.known, read.listed, frame_view, day)
        offer = agreement.offer
        if offer is not None and is_counter(offer):
            fit = agreement.fits(offer)
            if fit is not None:
                number = offer.terms.version
                found.append(PendingOffer(view.agreement, number, fit))
    return found


def _years(read: ReadNetwork, speaker: Speaker) -> list[ShownYear]:
    shown = []
    for year in read.frame.years:
        recorded = year.year not in read.frame.unrecorded
        permille = half_away_from_zero(year.cost_ore * 1000, year.frame_ore or 1)
        kind = "ok"
        if permille >= _NEARLY:
            kind = "warn" if year.fits else "bad"
        shown.append(
            ShownYear(
                str(year.year),
                year,
                recorded,
                year.left_ore,
                per_cent(permille, speaker),
                kind if recorded else "off",
            )
        )
    return shown


def per_cent(permille: int, speaker: Speaker) -> str:
    """Thousandths as per cent with one decimal: ``93,1``."""
    return speaker.decimal(f"{permille / 10:.1f}")


def _picture(
    read: ReadNetwork, offers: Sequence[PendingOffer], speaker: Speaker
) -> Markup:
    say, years = speaker.say, read.frame.years
    frame_ore = years[0].frame_ore
    words = FrameWords(
        say("frame_picture"),
        say("coordination"),
        say("agreed"),
        say("not_recorded"),
        [
            (0.0, "0"),
            (0.5, say("millions", number=speaker.decimal(_millions(frame_ore // 2)))),
            (0.9, "90 %"),
            (1.0, say("millions", number=speaker.decimal(_millions(frame_ore)))),
        ],
    )
    more: dict[int, int] = {}
    for offer in offers:
        more[offer.fit.year] = more.get(offer.fit.year, 0) + offer.fit.takes_ore
    return frame_picture(years, [*read.frame.unrecorded], more, words)


def _millions(amount_ore: int) -> str:
    return f"{amount_ore / 100_000_000:g}"


def _timeline(read: ReadNetwork, today: date, speaker: Speaker) -> Markup | None:
    of = read.listed.fact
    terms = [(v, v.versions[-1].terms) for v in read.views if v.versions]
    period = read.period_on(today) or Period(
        of.starts_on,
        max((t.ends_on for _, t in terms), default=date(today.year, 12, 31)),
    )
    start = period.start
    end = min(period.end, date(start.year + 9, 12, 31))
    if end < start:
        return None
    name = _short(read.known, of.coordinating_trust, full=True)
    bars = [TimelineBar(start, end, speaker.say("bar_network", name=name))]
    for view, its in terms:
        last = min(view.last_day or its.ends_on, end)
        first = max(its.starts_on, start)
        if first > last:
            continue
        host = _short(read.known, its.payee)
        words = speaker.count("bar_agreement", len(its.posts), name=host)
        bars.append(TimelineBar(first, last, words))
    label = speaker.say(
        "timeline_label",
        name=speaker.either(of.name_nb, of.name_en),
        first=speaker.day(start),
        last=speaker.day(end),
    )
    marked = (today, speaker.say("today"))
    return timeline(start, end, marked, bars, label)


def _posts(read: ReadNetwork) -> list[NetworkPost]:
    return [
        NetworkPost(
            strip,
            _short(read.known, strip.host, full=True),
            read.settled.get((strip.agreement, strip.post)),
        )
        for strip in read.strips
    ]

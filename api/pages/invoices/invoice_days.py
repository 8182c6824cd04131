"""How the amounts of an invoice come about, day by day."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from markupsafe import Markup

from api.pages.invoices.one_invoice import OneInvoice
from api.pages.rendering import Speaker
from domain.agreements.accrual import (
    AccruingDays,
    StaffingChange,
    full_staffing,
    post_costs,
    whole_year,
)
from domain.invoicing.arithmetic import AccruedDays, Arithmetic
from domain.invoicing.billing import BillingCause
from domain.invoicing.sales_document import InvoicedLine
from domain.values import Period, day_after, day_before
from projections.invoices import InvoiceLine, Restated
from projections.staffing_changes import RecordedChange

_NARROW: Final = 9.0
"""Per cent of a picture below which a stretch has no room for words."""


class WhyBilled(NamedTuple):
    """A reason in words, and the entry that it rests on, if one."""

    words: str
    entry: str


class BilledPart(NamedTuple):
    """What a line bills for one period."""

    label: str
    whys: Sequence[WhyBilled]
    before: str
    """Of a restatement: what was billed, and what it should have been."""
    days: int | None
    amount_ore: int
    is_restated: bool


class BilledPost(NamedTuple):
    """A line: its parts, and its post's year as a picture."""

    line: InvoiceLine
    content: str
    annual: str
    """What the post costs in a year, in words."""
    parts: Sequence[BilledPart]
    picture: Markup


class Recomputed(NamedTuple):
    """What the node itself comes to by what it knows now."""

    agrees: bool
    billed_ore: int
    """What had accrued by the document, of all its periods."""
    now_ore: int


def billed_posts(one: OneInvoice, speaker: Speaker) -> Sequence[BilledPost]:
    """Lines of an invoice, each with how it came about."""
    described = {line.post: line for line in one.issued.fact.lines}
    return [
        BilledPost(
            line,
            described[line.post].content,
            _annual(line, speaker),
            [*_parts(one, line, speaker)],
            _picture(one, line, speaker),
        )
        for line in one.invoice.lines
    ]


def recomputed(one: OneInvoice) -> Recomputed | None:
    """Accrual of the document's periods as known now; None where it tells none."""
    costs = post_costs(one.costs, _changes(one))
    billed_ore, now_ore, told = 0, 0, False
    for line in one.invoice.lines:
        own = (one.issued.fact.period, line.arithmetic)
        restated = [
            (Period(each.period_start, each.period_end), each.arithmetic)
            for each in line.restatements
        ]
        for period, arithmetic in (own, *restated):
            if arithmetic is not None and line.post in costs:
                told = True
                billed_ore += arithmetic.accrued_ore
                now_ore += costs[line.post].amount_ore(period)
    return Recomputed(billed_ore == now_ore, billed_ore, now_ore) if told else None


def _changes(one: OneInvoice) -> dict[str, Sequence[StaffingChange]]:
    return {
        post: [r.change for r in recorded] for post, recorded in one.changes.items()
    }


def _annual(line: InvoiceLine, speaker: Speaker) -> str:
    arithmetic = line.arithmetic or next(
        (each.arithmetic for each in line.restatements if each.arithmetic), None
    )
    if arithmetic is None or not arithmetic.days:
        return ""
    costs = dict.fromkeys(each.annual_cost_ore for each in arithmetic.days)
    shown = speaker.say("and").join(speaker.kr(each) for each in costs)
    days = arithmetic.days_in_year
    return speaker.say("annual", post=line.post, cost=shown, days=days)


def _parts(
    one: OneInvoice, line: InvoiceLine, speaker: Speaker
) -> Iterator[BilledPart]:
    fact = one.issued.fact
    restated_ore = sum(each.amount_ore for each in line.restatements)
    own_ore = line.amount_ore - restated_ore
    if line.arithmetic is not None or own_ore or not line.restatements:
        yield BilledPart(
            speaker.period(fact.period),
            [*_own_whys(one, line, speaker)],
            "",
            _days(line.arithmetic),
            own_ore,
            is_restated=False,
        )
    for each in line.restatements:
        yield _restated(one, line, each, speaker)


def _days(arithmetic: Arithmetic | None) -> int | None:
    return None if arithmetic is None else sum(each.days for each in arithmetic.days)


def _own_whys(
    one: OneInvoice, line: InvoiceLine, speaker: Speaker
) -> Iterator[WhyBilled]:
    arithmetic = line.arithmetic
    if arithmetic is None:
        words = one.invoice.reason or speaker.say("not_told")
        yield WhyBilled(words, "")
        return
    known = one.changes.get(line.post, ())[: arithmetic.staffing]
    for days in arithmetic.days:
        words = speaker.say(
            "filled_days",
            start=speaker.day(days.starts_on),
            end=speaker.day(days.ends_on),
        )
        yield WhyBilled(words, _since(days, known))
    if not arithmetic.days:
        last = known[-1].entry if known else ""
        yield WhyBilled(speaker.say("no_days"), last)


def _since(days: AccruedDays, known: Sequence[RecordedChange]) -> str:
    """Entry by which a post is filled on some days: the last that says so."""
    filled = [
        each
        for each in known
        if each.change.filled and each.change.effective_on <= days.starts_on
    ]
    last = max((each.change.effective_on for each in filled), default=None)
    of_day = [each.entry for each in filled if each.change.effective_on == last]
    return of_day[-1] if of_day else ""


def _restated(
    one: OneInvoice, line: InvoiceLine, part: Restated, speaker: Speaker
) -> BilledPart:
    period = Period(part.period_start, part.period_end)
    before = _billed_before(one, line.post, period)
    arithmetic, was = part.arithmetic, before[0] if before else None
    days_now, days_then = _days(arithmetic), _days(was)
    days = None
    if days_now is not None and days_then is not None:
        days = days_now - days_then
    return BilledPart(
        speaker.say("change_for", period=speaker.period(period)),
        [*_causes(one, line.post, part, before, speaker)],
        _before(arithmetic, days_then, speaker),
        days,
        part.amount_ore,
        is_restated=True,
    )


def _before(arithmetic: Arithmetic | None, then: int | None, speaker: Speaker) -> str:
    if arithmetic is None:
        return ""
    billed = speaker.kr(arithmetic.billed_ore or 0)
    accrued = speaker.kr(arithmetic.accrued_ore)
    if then is not None:
        billed = speaker.count("amount_of_days", then, amount=billed)
    accrued = speaker.count("amount_of_days", _days(arithmetic) or 0, amount=accrued)
    words = speaker.say("billed_should", billed=billed, accrued=accrued)
    if arithmetic.conceded_ore:
        conceded = speaker.kr(arithmetic.conceded_ore)
        words = f"{words} {speaker.say('conceded', amount=conceded)}"
    return words


def _billed_before(
    one: OneInvoice, post: str, period: Period
) -> tuple[Arithmetic | None, int] | None:
    """How the last document before billed a post and period, and by how many facts."""
    found = None
    for earlier in one.corrected:
        for line in earlier.fact.lines:
            if line.post == post and (told := _told(line, earlier.fact.period, period)):
                found = told, told.staffing
    return found


def _told(line: InvoicedLine, own: Period, period: Period) -> Arithmetic | None:
    if own == period:
        return line.arithmetic
    for each in line.restatements:
        if Period(each.period_start, each.period_end) == period:
            return each.arithmetic
    return None


def _causes(
    one: OneInvoice,
    post: str,
    part: Restated,
    before: tuple[Arithmetic | None, int] | None,
    speaker: Speaker,
) -> Iterator[WhyBilled]:
    """Why a period is restated; staffing by each entry that came in between."""
    by_staffing = part.cause in {BillingCause.STAFFING, BillingCause.BOTH}
    told = False
    if by_staffing and before is not None and part.arithmetic is not None:
        between = one.changes.get(post, ())[before[1] : part.arithmetic.staffing]
        for each in between:
            if each.change.effective_on <= part.period_end:
                told = True
                key = "was_filled" if each.change.filled else "was_vacated"
                words = speaker.say(
                    key,
                    day=speaker.day(each.change.effective_on),
                    recorded=speaker.day(each.recorded_on),
                )
                yield WhyBilled(words, each.entry)
    if part.cause is BillingCause.BOTH or not told:
        shown = BillingCause.AGREEMENT if told else part.cause
        yield WhyBilled(speaker.say(f"cause_{shown.value}"), "")


class _Drawn(NamedTuple):
    """Days of a picture that are alike."""

    period: Period
    kind: str
    words: str
    ink: str


def _picture(one: OneInvoice, line: InvoiceLine, speaker: Speaker) -> Markup:
    """Year of a line's post: filled, vacant, and what is not known yet."""
    year = whole_year(one.invoice.period_start.year)
    costs = post_costs(one.costs, _changes(one))
    if line.post not in costs or (line.arithmetic is None and not line.restatements):
        return Markup()
    term = full_staffing(one.costs)[line.post].days_in(year)
    filled = costs[line.post].days_in(year)
    drawn = [*_stretches(filled, term, one.visit.day, speaker)]
    if not drawn:
        return Markup()
    told = "; ".join(
        f"{speaker.day(d.period.start)}–{speaker.day(d.period.end)}: {d.words}"
        for d in drawn
    )
    title = speaker.say("picture", post=line.post, year=year.start.year, told=told)
    months = tuple(speaker.month(date(year.start.year, n, 1)) for n in range(1, 13))
    return _drawn(year, tuple(drawn), tuple(_billed(line, speaker)), title, months)


def _stretches(
    filled: Sequence[AccruingDays],
    term: Sequence[AccruingDays],
    today: date,
    speaker: Speaker,
) -> Iterator[_Drawn]:
    spans = _joined([each.period for each in filled])
    for whole in _joined([each.period for each in term]):
        inside = [s for s in spans if whole.covers(s)]
        for period in inside:
            yield from _cut_at(period, today, "s-ink", "tw", "days", speaker)
        edges = [
            Period(day_before(whole.start), day_before(whole.start)),
            *inside,
            Period(day_after(whole.end), day_after(whole.end)),
        ]
        for one, other in pairwise(edges):
            gap = Period(day_after(one.end), day_before(other.start))
            if gap.start <= gap.end:
                yield from _cut_at(gap, today, "s-void", "", "days_vacant", speaker)


def _joined(periods: Sequence[Period]) -> list[Period]:
    """Periods without those that begin where another one ends."""
    joined: list[Period] = []
    for each in sorted(periods):
        if joined and day_after(joined[-1].end) == each.start:
            joined[-1] = Period(joined[-1].start, each.end)
        else:
            joined.append(each)
    return joined


def _cut_at(
    period: Period, today: date, kind: str, ink: str, key: str, speaker: Speaker
) -> Iterator[_Drawn]:
    """Days until today, and those that are still to come."""
    if period.start <= today:
        past = Period(period.start, min(period.end, today))
        yield _Drawn(past, kind, speaker.count(key, _length(past)), ink)
    if period.end > today:
        ahead = Period(max(period.start, day_after(today)), period.end)
        words = speaker.count("days_ahead", _length(ahead))
        yield _Drawn(ahead, "s-soft", words, "")


def _length(period: Period) -> int:
    return (period.end - period.start).days + 1


def _billed(line: InvoiceLine, speaker: Speaker) -> Iterator[tuple[Period, str]]:
    """Periods that were billed before and are restated here."""
    for each in line.restatements:
        period = Period(each.period_start, each.period_end)
        yield period, speaker.say("billed_before", period=speaker.period(period))


@lru_cache(maxsize=1024)
def _drawn(
    year: Period,
    drawn: tuple[_Drawn, ...],
    billed: tuple[tuple[Period, str], ...],
    title: str,
    months: tuple[str, ...],
) -> Markup:
    days = _length(year)

    def at(day: date) -> float:
        return (day - year.start).days / days * 100

    parts = [Markup("<title>{}</title>").format(title)]
    for number, name in enumerate(months, 1):
        first = date(year.start.year, number, 1)
        parts.append(
            Markup(
                '<line x1="{0:.2f}%" x2="{0:.2f}%" y1="20" y2="58" class="s-line"/>'
                '<text x="{0:.2f}%" dx="3" y="13" class="t2">{1}</text>'
            ).format(at(first), name)
        )
    for each in drawn:
        x, width = at(each.period.start), _length(each.period) / days * 100
        parts.append(
            Markup(
                '<rect x="{:.2f}%" y="24" width="{:.2f}%" height="30" class="{}"/>'
            ).format(x, width, each.kind)
        )
        if width > _NARROW:
            parts.append(
                Markup(
                    '<text x="{:.2f}%" y="44" text-anchor="middle" class="{}">{}</text>'
                ).format(x + width / 2, each.ink, each.words)
            )
    for period, words in billed:
        parts.append(
            Markup(
                '<line x1="{0:.2f}%" x2="{1:.2f}%" y1="64" y2="64" class="s-cap"/>'
                '<text x="{0:.2f}%" y="82" class="t2">{2}</text>'
            ).format(at(period.start), at(day_after(period.end)), words)
        )
    height = 92 if billed else 62
    return Markup('<svg height="{}" role="img">{}</svg>').format(
        height, Markup("").join(parts)
    )

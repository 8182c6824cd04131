"""The federation as its people see it: who is complete to when, and what to do."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import compress
from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from markupsafe import Markup

from api.auth import Role
from api.completeness import incomplete
from api.instants import has_begun
from api.pages.obligations.obligation_page import step_words
from api.pages.obligations.owed_rows import SECTION as OBLIGATIONS
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.routers import public
from api.status import FederationStatus, RegionStatus, federation_status
from api.unannounced import are_told
from domain.values import Region, business_day, instant_text, parse_instant
from federation.journal.witnessing import incidents
from federation.node.heartbeat import HEARTBEAT_SECONDS
from projections.notices import unsent_notices

router: Final[APIRouter] = public()
SECTION: Final = "page_federation"
SILENT_SECONDS: Final = 12 * HEARTBEAT_SECONDS
"""A region that was not heard for so long is out of reach, and more than a beat late."""
MINUTE: Final = 60
HOUR: Final = 3600
TWO_DAYS: Final = 48 * HOUR
DAY: Final = timedelta(days=1)
SENDING: Final = timedelta(minutes=10)
"""So long an e-mail may be on its way to the mail server, and more."""
_UNSENT_MAX: Final = 50


class RegionRow(NamedTuple):
    """A region as a row of the table, and a box of the picture."""

    region: Region
    kind: str
    """``ok``, ``warn``, ``bad`` or ``off``."""
    complete: str
    words: str
    percent: int
    """How much of the last day and night is complete."""
    entries: int
    cosigned: Sequence[str]
    attention: Sequence[str]
    hears: bool
    """Whether this node hears it; its own region always."""


class WorkRow(NamedTuple):
    """A task, whether it can be done now, and why."""

    task: str
    kind: str
    state: str
    words: str


@router.get("/federation", include_in_schema=False)
def federation_page(visit: TheVisit) -> Response:
    """Each region as this node sees it, and what that means for those who work."""
    speaker = visit.speaker(SECTION)
    status = federation_status(visit.node, visit.language)
    now = visit.node.clock.now()
    rows = [
        _row(status, region, about, now, speaker)
        for region, about in sorted(
            status.regions.items(), key=lambda each: each[0] is not status.region
        )
    ]
    away = [row for row in rows if row.kind in {"warn", "bad"}]
    return visit.page(
        "federation.html",
        SECTION,
        "federation",
        rows=rows,
        lead=_lead(away, status, speaker),
        works=_works(visit, status, away, speaker),
        picture=_picture(rows, speaker),
        todo=_todo(away, status, speaker),
        incidents=_incidents(visit, speaker),
        is_operator=visit.role is Role.OPERATOR,
        unsent=_unsent(visit, speaker),
        own=_own(visit, status, speaker),
    )


def _named(rows: Sequence[RegionRow], speaker: Speaker) -> str:
    return ", ".join(speaker.say(f"region_{row.region}") for row in rows)


def _row(
    status: FederationStatus,
    region: Region,
    about: RegionStatus,
    now: datetime,
    speaker: Speaker,
) -> RegionRow:
    own = region is status.region
    age = about.heartbeat_age_seconds
    hears = own or (age is not None and age <= SILENT_SECONDS)
    until = about.complete_to or ""
    begun = has_begun(until)
    left = about.left_on is not None
    kind = _kind(about, begun=begun, hears=hears, left=left)
    return RegionRow(
        region,
        kind,
        _until(about, speaker),
        _words(own=own, about=about, hears=hears, speaker=speaker),
        _percent(parse_instant(until), now) if begun else 0,
        about.position,
        [speaker.say(f"short_{each}") for each in sorted(about.cosigned)],
        about.attention,
        hears,
    )


def _kind(about: RegionStatus, *, begun: bool, hears: bool, left: bool) -> str:
    if about.incidents or about.stopped_at:
        return "bad"
    if left:
        return "off"
    return "ok" if begun and hears and not about.attention else "warn"


def _until(about: RegionStatus, speaker: Speaker) -> str:
    if about.left_on is not None:
        return speaker.say("has_left", day=speaker.day(about.left_on))
    until = about.complete_to or ""
    return speaker.at(until) if has_begun(until) else speaker.say("not_known")


def _words(*, own: bool, about: RegionStatus, hears: bool, speaker: Speaker) -> str:
    if own:
        return speaker.say("own_words")
    age = about.heartbeat_age_seconds
    if age is None:
        return speaker.say("never_words")
    if not hears:
        return speaker.say("silent_words", age=_age(age, speaker))
    missing = max(0, (about.announced or 0) - about.position)
    if missing:
        return speaker.count("behind_words", missing)
    return speaker.say("heard_words", age=_age(age, speaker))


def _age(seconds: float, speaker: Speaker) -> str:
    """``4 sekunder``, ``11 timer``: in one unit, which is exact enough."""
    for unit, size, end in (
        ("seconds", 1, 2 * MINUTE),
        ("minutes", MINUTE, 2 * HOUR),
        ("hours", HOUR, TWO_DAYS),
    ):
        if seconds < end:
            return speaker.count(unit, int(seconds) // size)
    return speaker.count("days", int(seconds) // (24 * HOUR))


def _percent(until: datetime, now: datetime) -> int:
    return round(max(0.0, min(1.0, (until - (now - DAY)) / DAY)) * 100)


def _lead(away: Sequence[RegionRow], status: FederationStatus, speaker: Speaker) -> str:
    if status.damaged or status.withheld:
        return speaker.say("lead_damaged")
    if any(row.kind == "bad" for row in away):
        return speaker.say("lead_bad", regions=_named(away, speaker))
    if away:
        return speaker.say("lead_away", regions=_named(away, speaker))
    return speaker.say("lead_well")


def _works(
    visit: Visit,
    status: FederationStatus,
    away: Sequence[RegionRow],
    speaker: Speaker,
) -> list[WorkRow]:
    """What can be done now, for those who work."""
    stopped = status.damaged or status.withheld or status.clock
    last = date(visit.day.year, visit.day.month, 1) - DAY
    return [
        WorkRow(
            speaker.say("work_record"),
            "bad" if stopped else "ok",
            speaker.say("stopped" if stopped else "yes"),
            str(stopped) if stopped else speaker.say("work_record_words"),
        ),
        _settled(visit, last, speaker),
        _settled(visit, visit.day - DAY, speaker),
        WorkRow(
            speaker.say("work_statements"),
            "wait" if away else "ok",
            speaker.say("waits_some" if away else "yes"),
            speaker.say("work_statements_wait", regions=_named(away, speaker))
            if away
            else speaker.say("work_statements_words"),
        ),
    ]


def _settled(visit: Visit, day: date, speaker: Speaker) -> WorkRow:
    lacking = incomplete(visit.complete_to, day)
    names = ", ".join(speaker.say(f"region_{each}") for each in lacking)
    return WorkRow(
        speaker.say("work_settlement", day=speaker.day(day)),
        "warn" if lacking else "ok",
        speaker.say("without", regions=names) if lacking else speaker.say("yes"),
        speaker.say("work_settlement_without" if lacking else "work_settlement_words"),
    )


def _todo(
    away: Sequence[RegionRow], status: FederationStatus, speaker: Speaker
) -> list[str]:
    """What to do, in order; empty where all goes on by itself."""
    if status.damaged:
        return [speaker.say(f"todo_damaged_{n}") for n in (1, 2, 3)]
    todo: list[str] = []
    silent = [row for row in away if not row.hears]
    if silent:
        names = _named(silent, speaker)
        alone = len(silent) == len(Region) - 1
        first = speaker.say("todo_alone" if alone else "todo_call", regions=names)
        todo += [first, speaker.say("todo_doctor"), speaker.say("todo_by_itself")]
    if any(row.kind == "bad" for row in away):
        todo.append(speaker.say("todo_incident"))
    if any(row.attention for row in away) and not todo:
        todo.append(speaker.say("todo_operator"))
    return todo


class IncidentRow(NamedTuple):
    """What somebody noticed, in words."""

    title: str
    noticed: str
    kind: str
    state: str
    reason: str


def _incidents(visit: Visit, speaker: Speaker) -> list[IncidentRow]:
    return [
        IncidentRow(
            speaker.say(
                "seen_of" if each.observed else "proved_of",
                region=speaker.say(f"region_{each.origin}"),
                what=each.kind,
            ),
            speaker.at(each.noticed_at),
            "ok" if each.decided_at else "bad",
            speaker.say("decided" if each.decided_at else "undecided"),
            each.reason or "",
        )
        for each in reversed(incidents(visit.node.journal))
    ]


class UnsentRow(NamedTuple):
    """A notice that the node was about to send, and may not have sent."""

    obligation: str
    step: str
    to: str
    claimed: str
    entry: str


def _unsent(visit: Visit, speaker: Speaker) -> list[UnsentRow]:
    """Notices of this node that may be missing, for whoever runs it."""
    if visit.role is not Role.OPERATOR:
        return []
    before = instant_text(visit.node.clock.now() - SENDING)
    with visit.views() as connection:
        known = register(connection, visit.day)
        found = unsent_notices(connection, visit.node.region.value, before, _UNSENT_MAX)
    told = are_told(visit.node, visit.caller, [each.claimed for each in found])
    of_steps = visit.speaker(OBLIGATIONS)
    return [
        UnsentRow(
            each.claimed.obligation,
            step_words(each.claimed.step, of_steps),
            known[each.claimed.to].name,
            speaker.at(each.claimed_at),
            str(each.entry),
        )
        for each in compress(found, told)
    ]


def _own(
    visit: Visit, status: FederationStatus, speaker: Speaker
) -> Sequence[tuple[str, str]]:
    total = sum(about.position for about in status.regions.values())
    facts = [
        (speaker.say("version"), status.version),
        (speaker.say("journal"), speaker.count("entries", total)),
    ]
    ends = visit.node.certificate_ends
    if ends is not None:
        facts.append((speaker.say("certificate"), speaker.day(business_day(ends))))
    return facts


_AT: Final[Mapping[str, tuple[int, int]]] = {
    "nord": (210, 28),
    "midt": (72, 112),
    "vest": (92, 226),
    "sorost": (262, 190),
}
"""Where the regions lie, about as they do in Norway."""


def _picture(rows: Sequence[RegionRow], speaker: Speaker) -> Markup:
    """Draw whom this node hears; the table beside says the same."""
    own = rows[0]
    away = [row for row in rows[1:] if not row.hears]
    label = (
        speaker.say("picture_away", regions=_named(away, speaker))
        if away
        else speaker.say("picture_well")
    )
    return Markup("").join(
        [
            Markup(
                '<svg class="fg-wheel" viewBox="0 0 336 260" role="img" '
                'aria-labelledby="fd-t"><title id="fd-t">{}</title>'
            ).format(label),
            *(_line(own.region, row) for row in rows[1:]),
            *(_box(row, speaker, own=row is own) for row in rows),
            Markup("</svg>"),
        ]
    )


def _line(own: Region, row: RegionRow) -> Markup:
    kind = "s-link" if row.hears else "s-cut"
    ends = (*_AT[own.value], *_AT[row.region.value], kind)
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(*ends)


def _box(row: RegionRow, speaker: Speaker, *, own: bool) -> Markup:
    x, y = _AT[row.region.value]
    name = speaker.say(f"region_{row.region}")
    said = "hears" if row.hears else "hears_not"
    below = speaker.say("this_node" if own else said)
    return Markup(
        '<rect x="{}" y="{}" width="138" height="48" rx="6" class="s-paper"/>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text x="{}" y="{}" text-anchor="middle" class="t2">{}</text>'
    ).format(x - 69, y - 24, x, y - 3, name, x, y + 14, below)

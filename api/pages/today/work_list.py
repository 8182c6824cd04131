"""What waits for somebody, in words and with where it is done."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from api.pages.register import Register
from api.pages.rendering import Speaker
from api.words import sentence
from projections.waiting_matter import WaitingKind, WaitingMatter

_DOCUMENT: Final = "/invoices/{0}/{1}/{2}"
_STATEMENT: Final = "/statements/{0}/{1}/{2}"
_AT: Final[Mapping[WaitingKind, str]] = {
    WaitingKind.ANSWER_VERSION: "/agreements/{0}",
    WaitingKind.ANSWER_COUNTER: "/agreements/{0}",
    WaitingKind.ENDORSE_VERSION: "/agreements/{0}",
    WaitingKind.DECIDE_REPORT: "/reports/{0}",
    WaitingKind.SIGN_STATEMENT: _STATEMENT,
    WaitingKind.MATCH_BANK_ENTRY: "/bank/{0}",
    WaitingKind.ENDORSE_APPLICATION: "/grants/applications/{0}",
    WaitingKind.CHECK_APPLICATIONS: "/grants/calls/{0}",
    WaitingKind.RANK_APPLICATIONS: "/grants/calls/{0}",
    WaitingKind.ASSESS_APPLICATIONS: "/grants/calls/{0}",
    WaitingKind.DECIDE_APPLICATIONS: "/grants/calls/{0}",
    WaitingKind.ANSWER_INVITATION: "/networks/{0}/governance/invitation",
    WaitingKind.MEET_OBLIGATION: "/obligations/{0}",
}
"""The page where it is done; where nothing else is said, that of its document."""
_ON_DOCUMENT: Final = frozenset(
    {
        WaitingKind.REGISTER_INVOICE,
        WaitingKind.APPROVE_INVOICE,
        WaitingKind.PAY_INVOICE,
        WaitingKind.RECEIVED_NOT_REGISTERED,
        WaitingKind.PAID_TOO_LITTLE,
        WaitingKind.ANSWER_DISPUTE,
        WaitingKind.RESOLVE_DISPUTE,
    }
)
_TOGETHER: Final = (
    WaitingKind.SUBMIT_REPORT,
    WaitingKind.ISSUE_INVOICE,
    WaitingKind.REGISTER_INVOICE,
    WaitingKind.APPROVE_INVOICE,
    WaitingKind.PAY_INVOICE,
    WaitingKind.MATCH_BANK_ENTRY,
)
"""Kinds that come many at once: shown together, below a heading with their sum."""
_OF_YEAR: Final = re.compile(r"[0-9]{4}(?:-[12])?")
"""The last part of a yearly obligation's id, or a half-yearly one's."""
_SHOWN_MAX: Final = 20
"""Rows of one group; the others are counted."""


class MatterRow(NamedTuple):
    """One thing to do, as a row of a table."""

    title: str
    beneath: str
    """More of it, or nothing."""
    address: str
    amount_ore: int | None
    deadline: date | None
    days_over: int
    """How many days the deadline is past; 0 where it is not."""
    age_days: int
    other: str
    """Whose it is to do, or whom it concerns."""
    is_dispute: bool


class MatterGroup(NamedTuple):
    """Rows of one kind below a heading; without one, each stands for itself."""

    kind: str
    rows: Sequence[MatterRow]
    sum_ore: int | None
    number: int
    """How many there are, of which some may not be shown."""


class MatterTeller:
    """Tells matters to one reader, as of a day."""

    def __init__(self, speaker: Speaker, known: Register, day: date) -> None:
        self._speaker = speaker
        self._known = known
        self._day = day

    def groups(self, matters: Sequence[WaitingMatter]) -> list[MatterGroup]:
        """What is late or stands alone first, then what comes many at once."""
        alone = [each for each in matters if each.kind not in _TOGETHER]
        groups = [MatterGroup("", self.rows("do", alone), None, len(alone))]
        by_kind = sorted(
            (each for each in matters if each.kind in _TOGETHER),
            key=lambda each: (_TOGETHER.index(each.kind), each.order),
        )
        for kind, found in groupby(by_kind, key=attrgetter("kind")):
            of_kind = [*found]
            amounts = [each.amount_ore for each in of_kind if each.amount_ore]
            sum_ore = sum(amounts) if amounts else None
            rows = self.rows("one", of_kind[:_SHOWN_MAX])
            groups.append(MatterGroup(kind.value, rows, sum_ore, len(of_kind)))
        return [group for group in groups if group.rows]

    def rows(self, how: str, matters: Iterable[WaitingMatter]) -> list[MatterRow]:
        """Rows of some matters; ``how`` they are told: ``do``, ``one`` or ``wait``."""
        return [self._row(how, each) for each in matters]

    def short_name(self, number: str) -> str:
        """Short name of an organisation, or its number where it is not known here."""
        known = self._known.get(number)
        return known.short_name if known else number

    def _row(self, how: str, matter: WaitingMatter) -> MatterRow:
        is_over = matter.deadline is not None and matter.deadline < self._day
        over = (self._day - matter.deadline).days if is_over and matter.deadline else 0
        whom = matter.waits_for if how == "wait" else matter.other
        said = self._values(matter)
        kinds = (WaitingKind.ANSWER_DISPUTE, WaitingKind.RESOLVE_DISPUTE)
        return MatterRow(
            self._speaker.say(f"{how}_{_told_as(how, matter.kind)}", **said),
            self._beneath(how, matter),
            address_of(matter),
            matter.amount_ore,
            matter.deadline,
            over,
            max(0, (self._day - matter.since).days),
            self.short_name(whom),
            matter.kind in kinds,
        )

    def _values(self, matter: WaitingMatter) -> Mapping[str, str]:
        values = {
            "other": self.short_name(matter.other),
            "subject": matter.subject,
            "number": "",
            "seller": "",
            "post": "",
            "period": "",
            "name": matter.key[0],
        }
        if matter.kind is WaitingKind.MEET_OBLIGATION:
            duty = sentence(self._speaker.language, "duty", matter.subject)
            values |= {"subject": duty, "name": _of_its_year(matter.key[0])}
        if matter.period is not None:
            values["period"] = self._speaker.period(matter.period)
        if _AT.get(matter.kind) == "/agreements/{0}":
            values["number"] = matter.key[1]
        elif matter.kind in _ON_DOCUMENT:
            values["seller"] = self.short_name(matter.key[0])
            values["number"] = matter.key[2]
            values["post"] = matter.key[3] if len(matter.key) > 3 else ""  # noqa: PLR2004
        return values

    def _beneath(self, how: str, matter: WaitingMatter) -> str:
        say = self._speaker.say
        match matter.kind:
            case WaitingKind.ANSWER_VERSION | WaitingKind.ANSWER_COUNTER:
                since = self._speaker.short_day(matter.deadline)
                return say("from_day", day=since) if how == "do" else ""
            case WaitingKind.ANSWER_DISPUTE | WaitingKind.RESOLVE_DISPUTE:
                return say("line_of", post=matter.key[3], subject=matter.subject)
            case WaitingKind.SIGN_STATEMENT:
                since = self._speaker.short_day(matter.since)
                return say("drawn_up_on", day=since)
            case _:
                return ""


def _told_as(how: str, kind: WaitingKind) -> str:
    """Key of the sentence: within a group a document is named as any other."""
    documents = (
        WaitingKind.REGISTER_INVOICE,
        WaitingKind.APPROVE_INVOICE,
        WaitingKind.PAY_INVOICE,
    )
    return "invoice" if how == "one" and kind in documents else kind.value


def owed_of(obligation: str) -> str:
    """What an obligation is of, in its id: ``sunnhordland/stord``."""
    kind, of, *rest = obligation.split("/")
    return f"{of}/{rest[0]}" if kind == "seat" else of


def _of_its_year(obligation: str) -> str:
    """What an obligation is of, with the year that its id ends with, if one."""
    *_, last = obligation.split("/")
    name = owed_of(obligation)
    return f"{name}, {last}" if _OF_YEAR.fullmatch(last) else name


def address_of(matter: WaitingMatter) -> str:
    """Page on which something is done."""
    key = [quote(part, safe="") for part in matter.key]
    if matter.kind is WaitingKind.SUBMIT_REPORT:
        network, _, first, last = matter.key
        asked = {"network": network, "from": first, "to": last}
        return f"/reports/new?{urlencode(asked)}"
    if matter.kind is WaitingKind.ISSUE_INVOICE:
        return f"/invoices/new/{key[0]}?period_start={key[1]}"
    if matter.kind is WaitingKind.DRAW_UP_STATEMENT and matter.period is not None:
        days = {"start": f"{matter.period.start:%d.%m.%Y}"}
        days |= {"end": f"{matter.period.end:%d.%m.%Y}"}
        return f"/statements/{key[0]}/{key[1]}/draft?{urlencode(days)}"
    return _AT.get(matter.kind, _DOCUMENT).format(*key)

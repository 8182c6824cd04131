"""What is owed, as rows of pages: in words, with what it is of and where it is done."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from sqlalchemy import Connection

from api.obligations import OwedOnDay, all_owed, shown_to
from api.owed_matters import waits
from api.pages.register import Register
from api.pages.rendering import Speaker
from api.pages.today.work_list import owed_of
from api.pages.visit import Visit
from api.words import sentence
from domain.obligations.duty import Duty, duty_of
from domain.obligations.obligation import ObligationState
from domain.values import Region

SECTION: Final = "page_obligations"
_KIND: Final[Mapping[ObligationState, str]] = {
    ObligationState.OPEN: "wait",
    ObligationState.DONE: "ok",
    ObligationState.LATE: "warn",
    ObligationState.OVERDUE: "bad",
    ObligationState.WAIVED: "off",
}
_ACTS: Final[Mapping[Duty, str]] = {
    Duty.NETWORK_EXIT_PLAN: "/networks/{of}/governance/charter",
    Duty.NETWORK_MILESTONE: "/networks/{of}/governance/milestone?milestone={last}",
    Duty.NETWORK_DOCUMENT: "/networks/{of}/governance/charter",
    Duty.NETWORK_EVALUATION: "/networks/{of}/governance/evaluate",
    Duty.NETWORK_AGREEMENT: "/agreements/new?network={of}",
    Duty.NETWORK_REPORT: "/networks/{of}/governance/report?of={of}&year={last}",
    Duty.SEAT_VACANCY: "/bodies/{of}/fill?seat={seat}",
    Duty.SEAT_RENEWAL: "/bodies/{of}/fill?seat={seat}",
    Duty.SEAT_WELCOME: "/bodies/{of}/gathering?kind=expectation_meeting&attended={at}",
    Duty.SEAT_MEETING: "/bodies/{of}/gathering?kind=employer_meeting&attended={at}",
    Duty.SEAT_REPORT: "/bodies/{of}/report?of={at}&year={last}",
    Duty.BODY_CHAIR: "/bodies/{of}/elect",
    Duty.BODY_GATHERING: "/bodies/{of}/gathering?kind=local",
    Duty.BODY_JOINT: "/bodies/{of}/gathering?kind=joint&attended={of}",
    Duty.BODY_PROFESSIONAL_DAY: "/bodies/{of}/gathering?kind=professional_day",
    Duty.BODY_PLAN: "/bodies/{of}/plan?year={last}",
    Duty.BODY_REPORT: "/bodies/{of}/report?of={of}&year={last}",
    Duty.BODY_FOLLOW_UP: "/bodies/{of}/gathering?kind=meeting",
}
"""The form with which each is done; the others are done on the page of what they are of."""
_PAGES: Final[Mapping[str, str]] = {
    "network": "/networks/{of}/governance",
    "body": "/bodies/{of}",
    "seat": "/bodies/{of}",
    "assignment": "/bodies/{of}",
    "application": "/grants/applications/{of}",
    "grant": "/grants/applications/{of}/money",
    "call": "/grants/calls/{of}",
}


def owed_to_show(visit: Visit, connection: Connection) -> Sequence[OwedOnDay]:
    """What is owed until the end of next year, of what the visitor may read."""
    day = visit.day
    return all_owed(visit.node, connection, day, day.year + 1, shown_to(visit.caller))


class RowOfOwed(NamedTuple):
    """An obligation, as a row."""

    id: str
    address: str
    what: str
    """The duty, and which of several: ``Hold a local gathering, first half of 2026``."""
    of: str
    """The network, body, seat or application that it is of."""
    of_address: str
    rule: str
    owed_by: str
    is_ours: bool
    due_on: date
    kind: str
    """An icon of the pages."""
    words: str
    """How it stands: ``done 10/04/2026``, ``188 days over``."""
    state: ObligationState


_DAY_OF: Final[Mapping[Duty, str]] = {
    Duty.SEAT_VACANCY: "which_vacant",
    Duty.SEAT_WELCOME: "which_begins",
    Duty.SEAT_RENEWAL: "which_ends",
    Duty.BODY_CHAIR: "which_ends",
}
"""What the day in an obligation's id is."""


class OwedTeller:
    """Tells what is owed to one reader, as of a day."""

    def __init__(
        self, speaker: Speaker, known: Register, day: date, organisation: str
    ) -> None:
        self._speaker = Speaker(speaker.language, SECTION)
        self._known = known
        self._day = day
        self._organisation = organisation

    def rows(self, owed: Sequence[OwedOnDay]) -> list[RowOfOwed]:
        """Rows by the day on which they are due."""
        ordered = sorted(owed, key=lambda o: (o.obligation.due_on, o.obligation.id))
        return [self.row(each) for each in ordered]

    def row(self, owed: OwedOnDay) -> RowOfOwed:
        """One row."""
        obligation = owed.obligation
        is_ours = obligation.owed_by == self._organisation
        kind, words = self._standing(owed, is_ours=is_ours)
        return RowOfOwed(
            obligation.id,
            address_of_owed(obligation.id),
            self.what(obligation.id),
            owed_of(obligation.id),
            page_of_owed(obligation.id),
            obligation.rule,
            self.called(obligation.owed_by),
            is_ours,
            obligation.due_on,
            kind,
            words,
            owed.state,
        )

    def called(self, number: str) -> str:
        """Name of an organisation, or its number where it is not known here."""
        known = self._known.get(number)
        return known.name if known else number

    def what(self, obligation: str) -> str:
        """The duty, and which of several."""
        duty = sentence(self._speaker.language, "duty", duty_of(obligation).value)
        which = self._which(obligation)
        return f"{duty}, {which}" if which else duty

    def _which(self, obligation: str) -> str:
        parts = obligation.split("/")
        duty, last = duty_of(obligation), parts[-1]
        if duty is Duty.BODY_GATHERING:
            year, _, half = last.partition("-")
            return self._speaker.say(f"half_{half}", year=year)
        if duty is Duty.BODY_FOLLOW_UP:
            return f"{parts[-2]} {last}"
        if last in {region.value for region in Region}:
            return self._speaker.say(f"region_{last}")
        try:
            day = self._speaker.day(date.fromisoformat(last))
        except ValueError:
            return "" if last == parts[2] else last
        return self._speaker.say(_DAY_OF[duty], day=day) if duty in _DAY_OF else day

    def _standing(self, owed: OwedOnDay, *, is_ours: bool) -> tuple[str, str]:
        obligation, kind = owed.obligation, _KIND[owed.state]
        count, say = self._speaker.count, self._speaker.say
        done = self._speaker.short_day(obligation.done_on)
        match owed.state:
            case ObligationState.DONE:
                return kind, say("done_on", day=done)
            case ObligationState.LATE:
                late = ((obligation.done_on or self._day) - obligation.due_on).days
                return kind, count("days_late", late)
            case ObligationState.OVERDUE if not obligation.must:
                return "warn", say("not_held")
            case ObligationState.OVERDUE:
                return kind, count("days_over", (self._day - obligation.due_on).days)
            case ObligationState.OPEN:
                left = (obligation.due_on - self._day).days
                yours = is_ours and waits(owed, self._day)
                return ("you" if yours else kind), count("days_left", left)
            case ObligationState.WAIVED:
                return kind, say("waived")


def address_of_owed(obligation: str) -> str:
    """Page of an obligation."""
    return f"/obligations/{quote(obligation, safe='')}"


def page_of_owed(obligation: str) -> str:
    """Page of what an obligation is of."""
    kind, of, *_ = obligation.split("/")
    return _PAGES[kind].format(of=quote(of, safe=""))


def act_of_owed(obligation: str) -> str:
    """Form with which an obligation is done, with what is known of it filled in."""
    kind, of, *rest = obligation.split("/")
    template = _ACTS.get(duty_of(obligation), "")
    if not template:
        return page_of_owed(obligation)
    seat = rest[0] if kind == "seat" else ""
    values = {"of": of, "last": rest[-1], "seat": seat, "at": f"{of}/{seat}"}
    path, _, query = template.partition("?")
    at = path.format(of=quote(of, safe=""))
    if not query:
        return at
    asked = (part.partition("=") for part in query.split("&"))
    return f"{at}?{urlencode({name: text.format(**values) for name, _, text in asked})}"

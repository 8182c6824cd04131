"""An application, its call and its money, as much of them as a visitor may see.

What is decided and not announced is the funder's: the applicant sees nothing yet.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from api.auth import Role
from api.desk.application_drafts import ApplicationDraft
from api.known import known_until
from api.pages.acting import may_send
from api.pages.register import Register, register
from api.pages.visit import Visit
from api.problems import ProblemError
from api.unannounced import before_announcement
from domain.grants.application import ApplicationContent
from domain.grants.applying import PresentApplication
from domain.grants.award import AWARDS, ApplicationDecided, Awards
from domain.grants.call import CALL, CallPublished, CallVersions
from domain.grants.money import Funded, GrantView, funded, views_of
from domain.grants.rules import CallRules
from domain.grants.standing import (
    ApplicationStanding,
    ApplicationStatus,
    applications_named,
    latest_version,
)
from domain.history import History
from domain.refusal import Refusal

SECTION: Final = "page_grants"
ACTIVE: Final = "grants"
KINDS: Final[Mapping[ApplicationStatus, str]] = {
    ApplicationStatus.WITHDRAWN: "off",
    ApplicationStatus.GRANTED: "ok",
    ApplicationStatus.PARTLY_GRANTED: "ok",
    ApplicationStatus.REJECTED: "bad",
    ApplicationStatus.SUBMITTED: "wait",
    ApplicationStatus.RETURNED: "warn",
    ApplicationStatus.PRESENTED: "wait",
}
"""How each status looks."""
_WRITTEN: Final = frozenset({ApplicationStatus.PRESENTED, ApplicationStatus.RETURNED})
"""In which somebody may still write."""


class ReadCall(NamedTuple):
    """A call, and what was decided in it."""

    name: str
    versions: CallVersions
    awards: Awards
    known: Register

    @property
    def latest(self) -> CallPublished:
        """Version by which the call is open or closed."""
        return latest_version(self.versions)

    @property
    def rules(self) -> CallRules:
        """Rules of the latest version."""
        return self.latest.rules

    @property
    def is_announced(self) -> bool:
        """Whether everybody knows what was decided."""
        return self.awards.announced is not None

    def is_funder(self, visit: Visit) -> bool:
        """Whether the visitor acts for who decides."""
        return visit.organisation == self.rules.funder

    def called(self, number: str | None) -> str:
        """Name of an organisation."""
        return person_named(self.known, number)


def person_named(known: Register, number: str | None) -> str:
    """Name of an organisation, or its number where it is not known."""
    if number is None:
        return ""
    return known[number].name if number in known else number


@contextmanager
def the_history(visit: Visit) -> Iterator[History]:
    """Open what is known on the visit's day."""
    with visit.views(), known_until(visit.node, visit.day) as history:
        yield history


def read_call(visit: Visit, name: str) -> ReadCall:
    """Read a call; raise where nobody published it."""
    with visit.views() as connection, known_until(visit.node, visit.day) as history:
        return call_in(visit, name, connection, history)


def call_in(
    visit: Visit, name: str, connection: Connection, history: History
) -> ReadCall:
    """:func:`read_call` of a history that is open."""
    found = ReadCall(
        name,
        history.state(CALL, name),
        history.state(AWARDS, name),
        register(connection, visit.day),
    )
    if found.versions.latest is None:
        raise ProblemError("unknown_call")
    return found


@dataclass(frozen=True)
class ReadApplication:
    """An application as one visitor may see it."""

    name: str
    call: ReadCall
    whole: ApplicationStanding
    """With what the visitor may not see: for checks alone."""
    standing: ApplicationStanding
    view: GrantView
    money: Funded | None
    """Where money was awarded and the visitor knows of it."""
    is_applicant: bool
    is_funder: bool
    is_auditor: bool

    @property
    def content(self) -> ApplicationContent:
        """Content of the last revision."""
        return self.standing.last.content

    @property
    def award(self) -> ApplicationDecided | None:
        """What was decided, where the visitor may know."""
        return self.standing.award

    @property
    def rules(self) -> CallRules:
        """Rules by which its last revision is judged, or will be."""
        return self.standing.rules_of_last

    @property
    def address(self) -> str:
        """Where it is shown."""
        return f"/grants/applications/{self.name}"

    @property
    def trust(self) -> str:
        """Name of who applies."""
        return self.call.called(self.standing.trust)


def sees_decisions(visit: Visit, call: ReadCall) -> bool:
    """Whether a visitor may know what is decided and assessed in a call."""
    return call.is_announced or call.is_funder(visit) or visit.role is Role.AUDITOR


def views_shown(
    visit: Visit, names: Collection[str], history: History
) -> Mapping[str, tuple[ApplicationStanding, GrantView]]:
    """Applications and their money as a visitor may see them, by name."""
    standings = applications_named(names, history)
    views = views_of(standings, history)
    calls = {each.call for each in standings.values()}
    awards = history.states(AWARDS, calls)
    published = history.states(CALL, calls)
    found = {}
    for name, whole in standings.items():
        call = ReadCall(whole.call, published[whole.call], awards[whole.call], {})
        seen = sees_decisions(visit, call)
        shown = whole, views[name]
        found[name] = shown if seen else before_announcement(*shown)
    return found


def drafts_to_write(visit: Visit, history: History) -> Sequence[ApplicationDraft]:
    """Drafts in which the visitor may write, of what is still to be submitted."""
    if not may_send(visit, PresentApplication):
        return []
    drafts = [
        each
        for each in visit.node.drafts.of(visit.organisation)
        if each.is_open_to(visit.caller.actor)
    ]
    found = applications_named({each.application for each in drafts}, history)
    return [
        each
        for each in drafts
        if each.application not in found or found[each.application].status in _WRITTEN
    ]


def read_application(visit: Visit, name: str) -> ReadApplication:
    """Read an application; raise where there is none, or it is between others."""
    with visit.views() as connection, known_until(visit.node, visit.day) as history:
        whole = applications_named((name,), history).get(name)
        if whole is None:
            raise ProblemError("unknown_application")
        call = ReadCall(
            whole.call,
            history.state(CALL, whole.call),
            history.state(AWARDS, whole.call),
            register(connection, visit.day),
        )
        seen = sees_decisions(visit, call)
        is_applicant = visit.organisation == whole.trust
        was_submitted = whole.said.last_submission is not None
        if not is_applicant and not (seen and was_submitted):
            raise ProblemError("between_others")
        standing, view = views_shown(visit, (name,), history)[name]
        money = _money(standing, history)
    return ReadApplication(
        name=name,
        call=call,
        whole=whole,
        standing=standing,
        view=view,
        money=money,
        is_applicant=is_applicant,
        is_funder=call.is_funder(visit),
        is_auditor=visit.role is Role.AUDITOR,
    )


def _money(standing: ApplicationStanding, history: History) -> Funded | None:
    try:
        return funded(standing, history)
    except Refusal:
        return None

"""What is said in a call before its awards are announced, and who reads it until then.

An application is read by the trust that applies, the funder and auditors; what the
funder found and decided, and what became of the money, by the funder and auditors. From
the announcement on everybody reads all of it. The journals hold it at every node: it is
what people are shown that is kept back.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from api.auth import Caller
from api.problems import ProblemError
from api.services import Node
from domain.fact import Fact
from domain.grants.application import APPLICATION
from domain.grants.assessment import ASSESSMENT, ApplicationChecked
from domain.grants.award import AWARDS, AwardsAnnounced
from domain.grants.call import CALL, CALL_APPLICATIONS
from domain.grants.grant import GRANT
from domain.grants.money import GrantView, grants_on
from domain.grants.ranking import RANKING
from domain.grants.standing import ApplicationStanding, applications_named
from domain.grants.use import GRANT_USE
from domain.history import History
from domain.obligations.notices import NOTICES
from domain.parties.organisation import ORGANISATION
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region

_OF_APPLICANTS: Final[frozenset[type[Fact]]] = frozenset(
    {*APPLICATION.holds, *RANKING.holds, *CALL_APPLICATIONS.holds, ApplicationChecked}
)
"""What the trust reads that applies, before all others do."""
_OF_CALLS: Final = _OF_APPLICANTS.union(
    ASSESSMENT.holds, AWARDS.holds, GRANT.holds, GRANT_USE.holds
)
OF_GRANT: Final = re.compile(r"grant/([^/]+)/.+")
"""Id of what is owed where money was awarded to an application."""


class FunderOfCall(NamedTuple):
    """Who decides in a call, and whether all know what."""

    funder: str
    region: Region | None
    """The funder's, where it is known."""
    is_announced: bool


def funder_of_call(history: History, call: str) -> FunderOfCall:
    """Find who decides in a call; nobody is known of one that is not heard of here."""
    published = history.state(CALL, call).latest
    if published is None:
        return FunderOfCall("", None, is_announced=False)
    funder = published.rules.funder
    region = _region_of(history, funder)
    announced = any(
        isinstance(recorded.fact, AwardsAnnounced) and recorded.stream.region is region
        for recorded in history.entries(AWARDS, [call])[call]
    )
    return FunderOfCall(funder, region, announced)


def _region_of(history: History, organisation: str) -> Region | None:
    for region, authority in REGIONAL_AUTHORITY.items():
        if authority == organisation:
            return region
    registered = history.state(ORGANISATION, organisation).registered
    return None if registered is None else registered.region


@dataclass(slots=True)
class CallsReader:
    """Somebody who asks what is said in calls, at one moment."""

    caller: Caller
    history: History
    _calls: dict[str, FunderOfCall] = field(default_factory=dict)

    def reads(self, call: str) -> bool:
        """Whether all that is said in a call is for the caller."""
        if Role.AUDITOR in self.caller.roles:
            return True
        if call not in self._calls:
            self._calls[call] = funder_of_call(self.history, call)
        found = self._calls[call]
        return found.is_announced or found.funder == self.caller.organisation


def before_announcement(
    standing: ApplicationStanding, view: GrantView
) -> tuple[ApplicationStanding, GrantView]:
    """Leave out what is decided and assessed of an application, and the money."""
    shown = replace(standing, award=None, assessments=())
    return shown, replace(
        view, status=shown.status, awarded=0, disbursed=0, left=-view.used
    )


def grants_for(
    caller: Caller, now: History, names: Collection[str], known: History
) -> Mapping[str, GrantView]:
    """Applications as somebody reads them, by name; those that are not for them are left out.

    Whether awards are announced is asked of ``now``, all else of what is ``known``.
    """
    reader, views = CallsReader(caller, now), grants_on(names, known)
    found = {}
    for name, standing in applications_named(views, known).items():
        if reader.reads(standing.call):
            found[name] = views[name]
        elif standing.trust == caller.organisation:
            _, found[name] = before_announcement(standing, views[name])
    return found


def reads_application(name: str, caller: Caller, history: History) -> bool:
    """Whether somebody reads what is said in an application."""
    standing = applications_named((name,), history).get(name)
    if standing is None:
        return False
    own = standing.trust == caller.organisation
    return own or CallsReader(caller, history).reads(standing.call)


def require_announced(node: Node, caller: Caller, call: str) -> None:
    """Refuse whoever may not read what is decided in a call; nothing is said of no call."""
    with node.executor.history() as history:
        is_known = history.state(CALL, call).latest is not None
        if is_known and not CallsReader(caller, history).reads(call):
            raise ProblemError("not_announced")


def are_told(node: Node, caller: Caller, facts: Sequence[Fact | None]) -> list[bool]:
    """Whether each fact may be told to somebody, as far as it is of a call."""
    applications = [_application_of(fact) for fact in facts]
    if not any(
        name or type(fact) in _OF_CALLS
        for fact, name in zip(facts, applications, strict=True)
    ):
        return [True] * len(facts)
    with node.executor.history() as history:
        reader = CallsReader(caller, history)
        found = applications_named({*filter(None, applications)}, history)
        return [
            _is_told(fact, found.get(name), reader)
            for fact, name in zip(facts, applications, strict=True)
        ]


def _application_of(fact: Fact | None) -> str:
    """The application that a fact is about; empty where it is about none."""
    if type(fact) in NOTICES.holds:
        match = OF_GRANT.fullmatch(getattr(fact, "obligation", ""))
        return match[1] if match else ""
    return getattr(fact, "application", "") if type(fact) in _OF_CALLS else ""


def _is_told(
    fact: Fact | None, of: ApplicationStanding | None, reader: CallsReader
) -> bool:
    is_of_call = type(fact) in _OF_CALLS
    if of is None and not is_of_call:
        return True
    call, trust = (of.call, of.trust) if of else ("", "")
    if reader.reads(getattr(fact, "call", call)):
        return True
    applies = getattr(fact, "trust", trust) == reader.caller.organisation
    return applies and type(fact) in _OF_APPLICANTS

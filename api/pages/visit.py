"""A visit to a page: who, in which language, with what is open to them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Query, Request, Response

from api.access import is_of_others, may, note_read
from api.auth import Caller, Role
from api.completeness import COMPLETE_KEY, SCOPE_KEY
from api.dependencies import AsOf, AtLeast, Views, day_of, the_views
from api.desk.sessions import SESSION_KEY, Session
from api.feed import positions_text
from api.guards import CALENDAR, SIGNED_IN, require_no_nul
from api.pages.how_complete import HowComplete, how_complete
from api.pages.rendering import LANGUAGES, Speaker, html_page
from api.problems import ProblemError
from api.resting import mandate_of
from api.services import Node
from api.words import Language, negotiate
from domain.history import ShownTo
from domain.parties.organisation import OrganisationRegistered
from domain.values import REGIONAL_AUTHORITY
from projections.database import reading
from projections.listed import first_facts

LANGUAGE_COOKIE: Final = "fagnett-language"
SIGN_IN: Final = "/sign-in"
CHOOSE: Final = "/role"
FORM_OF: Final = "form"
"""The field of each form that says of which session it is."""
MENU: Final = (
    ("my-day", "/my-day", ShownTo.MEMBERS),
    ("networks", "/networks", ShownTo.MEMBERS),
    ("agreements", "/agreements", ShownTo.MEMBERS),
    ("invoices", "/invoices", ShownTo.PARTIES),
    ("settlement", "/settlement", ShownTo.MEMBERS),
    ("statements", "/statements", ShownTo.PARTIES),
    ("bank", "/bank", ShownTo.OWN),
    ("grants", "/grants", ShownTo.MEMBERS),
    ("governance", "/governance", ShownTo.MEMBERS),
    ("history", "/history", ShownTo.MEMBERS),
    ("federation", "/federation", ShownTo.MEMBERS),
)
"""What the main menu leads to: the page's key among the words, its address, and whom what
it shows is shown to."""


class SignInNeededError(Exception):
    """Nobody is signed in, or in no role yet; ``address`` is where that is done."""

    def __init__(self, where: str, back_to: str = "") -> None:
        super().__init__(where)
        self.address = f"{where}?next={quote(back_to, safe='')}" if back_to else where


def language_of(request: Request) -> Language:
    """Language of a visitor: as asked, as chosen before, else as the browser prefers."""
    session: Session | None = request.scope.get(SESSION_KEY)
    chosen = (
        request.query_params.get("language"),
        session.language if session else None,
        request.cookies.get(LANGUAGE_COOKIE),
    )
    for each in chosen:
        if each in LANGUAGES:
            return Language(each)
    return negotiate(request.headers.get("accept-language"))


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page, by somebody in a role."""

    request: Request
    node: Node
    session: Session
    caller: Caller
    views: Views
    day: date
    """As of which the page answers."""

    @property
    def organisation(self) -> str:
        """Whom the visitor acts for."""
        return self.caller.organisation

    @property
    def role(self) -> Role:
        """What the visitor acts as."""
        (role,) = self.caller.roles
        return role

    @property
    def language(self) -> Language:
        """What the visitor reads."""
        return language_of(self.request)

    @property
    def complete_to(self) -> Mapping[str, str]:
        """To when each region was complete, before any row was read."""
        found: Mapping[str, str] = self.request.scope[COMPLETE_KEY]
        return found

    def speaker(self, section: str) -> Speaker:
        """Words of a section, in the visitor's language."""
        return Speaker(self.language, section)

    def page(self, template: str, section: str, active: str, **values: Any) -> Response:  # noqa: ANN401
        """Fill a page of the site; ``active`` is its place in the menu."""
        speaker = self.speaker(section)
        acting = who(self.node, self.caller, speaker)
        frame = {
            **frame_of(self.request, self.node, speaker),
            "active": active,
            "menu": [
                (key, address)
                for key, address, shown_to in MENU
                if may(self.caller, shown_to)
            ],
            "who": acting,
            "standing": self._standing(),
            "today": self.day,
            "reads_parties": may(self.caller, ShownTo.PARTIES),
            "form_token": self.session.form_token,
            "heard_to": self._heard_to(),
            "engagement": self._engagement(speaker, acting["name"]),
            "is_of_others": is_of_others(self.caller),
        }
        return html_page(template, speaker, {**frame, **values})

    def _heard_to(self) -> str:
        """What the page rests on, where more may come; empty on one of an earlier day."""
        if self.request.query_params.get("as_of"):
            return ""
        folded = self.node.projector.state.positions
        return positions_text({o: each.position for o, each in folded.items()})

    def _engagement(self, speaker: Speaker, name: str) -> str:
        """What an auditor reads for and until when; empty for everybody else."""
        if self.role is not Role.AUDITOR:
            return ""
        mandate = mandate_of(self.node, self.caller)
        if mandate is None:
            return speaker.say("engagement_none", name=name)
        purpose = mandate.granted.purpose
        if purpose is None or mandate.last_day == date.max:
            return speaker.say("engagement_unsaid", name=name)
        last = speaker.day(mandate.last_day)
        return speaker.say("engagement", name=name, purpose=purpose, last=last)

    def _standing(self) -> HowComplete:
        return how_complete(self.complete_to, self.day, self.language)


_LETS_IN: Final = frozenset({SIGNED_IN, CALENDAR})
"""Addresses whose questions are secrets: no page repeats them, not to its reader either."""


def frame_of(request: Request, node: Node, speaker: Speaker) -> Mapping[str, Any]:
    """What every page shows, whoever reads it."""
    here = request.url.path
    asked = [
        (key, value)
        for key, value in request.query_params.multi_items()
        if key not in {"language", "at_least"} and here not in _LETS_IN
    ]
    query = "".join(f"{quote(k)}={quote(v)}&" for k, v in asked)
    return {
        "node_name": speaker.say(f"region_{node.region.value}"),
        "node_region": node.region.value,
        "version": node.version,
        "shown_at": speaker.at(node.clock.now()),
        "in_language": {each: f"{here}?{query}language={each}" for each in LANGUAGES},
    }


def who(node: Node, caller: Caller, speaker: Speaker) -> Mapping[str, str]:
    """Name, role and organisation of who is signed in."""
    (role,) = caller.roles
    return {
        "name": node.persons.name(caller.actor) or caller.actor,
        "role": speaker.say(f"role_{role.value}"),
        "organisation": _called(node, caller.organisation, day_of(node, None)),
    }


def _called(node: Node, organisation: str, day: date) -> str:
    """Name of an organisation, as it was registered by a day."""

    def read() -> str:
        with reading(node.views) as connection:
            kind = OrganisationRegistered
            known = first_facts(connection, kind, day, [organisation])
        return known[organisation].fact.name if organisation in known else organisation

    folded = node.projector.state.positions
    at = (*folded.items(),)
    return node.moments.answer((_called, at, organisation, day), read)


async def the_visit(
    request: Request,
    at_least: AtLeast = [],  # noqa: B006 - never changed
    as_of: AsOf = None,
    language: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> Visit:
    """Let only people in who are signed in, in a role."""
    del language  # it is read by whoever needs it
    node: Node = request.app.state.node
    session: Session | None = request.scope[SESSION_KEY]
    if session is None:
        raise SignInNeededError(SIGN_IN, _address(request))
    caller = session.caller
    if caller is None:
        raise SignInNeededError(CHOOSE, _address(request))
    views = await the_views(node, caller, request, at_least, as_of)
    request.scope.pop(SCOPE_KEY, None)
    if is_of_others(caller):
        await asyncio.to_thread(note_read, node, caller, request.url.path)
    return Visit(request, node, session, caller, views, day_of(node, as_of))


def _address(request: Request) -> str:
    """Where somebody wanted to go; after a form, only to what it was on."""
    if request.method != "GET":
        return "/my-day"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


TheVisit = Annotated[Visit, Depends(the_visit)]


async def sent_form(visit: Visit) -> Mapping[str, str]:
    """Fields of a form of this session; raise where it is of another one (CSRF)."""
    form = await visit.request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if not visit.session.is_form_token(fields.get(FORM_OF, "")):
        raise ProblemError("form_of_another_session")
    for name, value in fields.items():
        require_no_nul("form", name)
        require_no_nul(name, value)
    return fields


def require_role(visit: Visit, *roles: Role) -> None:
    """Refuse a page to whoever acts in another role."""
    if visit.role not in roles:
        raise ProblemError("forbidden", {"role": roles[0].value})


def is_authority(visit: Visit) -> bool:
    """Whether the visitor acts for a regional health authority."""
    return visit.organisation in REGIONAL_AUTHORITY.values()

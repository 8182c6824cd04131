"""Whom somebody acts for, and as what: by the mandates that they have been given."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Form, Request, Response

from api.auth import Caller, Role
from api.desk.sessions import SESSION_KEY, Session
from api.pages.addresses import FIRST_PAGE, on_this_node
from api.pages.cookies import gone_on
from api.pages.register import register
from api.pages.rendering import Speaker, html_page
from api.pages.signing_in.local_people import ReadyPerson, is_from_here, ready_people
from api.pages.visit import CHOOSE, SIGN_IN, SignInNeededError, frame_of, language_of
from api.problems import ProblemError
from api.resting import as_it_rests, mandates_of_person
from api.routers import public
from api.services import Node
from domain.parties.mandate import Mandate
from domain.values import REGIONAL_AUTHORITY, business_day
from projections.database import reading

router: Final[APIRouter] = public()
SECTION: Final = "page_role"


class RoleChoice(NamedTuple):
    """A role that somebody may act in, or might once."""

    key: str
    organisation: str
    organisation_name: str
    role: Role
    role_name: str
    mandate: int | None
    """Its number; None of the ready people of one machine."""
    starts_on: date | None = None
    ends_on: date | None = None
    """The last day, where there is one."""
    counts: bool = True


def choices_of(request: Request, person: str, speaker: Speaker) -> list[RoleChoice]:
    """All roles of a person, by organisation; those that do not count today last."""
    node: Node = request.app.state.node
    today = business_day(node.clock.now())
    with reading(node.views) as connection:
        names = {
            number: each.name
            for number, each in register(connection, today).items()
            if each.region is node.region
        }
    authority = REGIONAL_AUTHORITY[node.region]
    names.setdefault(authority, speaker.say(f"region_{node.region.value}"))
    mandates = mandates_of_person(node, person, iter(sorted(names)))
    found = [_choice(each, names, today, speaker) for each in mandates]
    if node.local_people and is_from_here(request):
        found += [
            RoleChoice(*each[:4], each.role_name, None)
            for each in ready_people(node, speaker.language)
            if each.person == person and _rests(node, each)
        ]
    return sorted(found, key=lambda each: not each.counts)


def _rests(node: Node, ready: ReadyPerson) -> bool:
    """Whether a ready person's role counts: not where mandates are given to others."""
    caller = Caller(ready.person, ready.organisation, frozenset({ready.role}))
    return ready.role in as_it_rests(node, caller).roles


def _choice(
    mandate: Mandate, names: dict[str, str], today: date, speaker: Speaker
) -> RoleChoice:
    granted = mandate.granted
    return RoleChoice(
        f"{granted.organisation}.{granted.number}",
        granted.organisation,
        names[granted.organisation],
        granted.role,
        speaker.say(f"role_{granted.role.value}"),
        granted.number,
        granted.starts_on,
        None if mandate.last_day == date.max else mandate.last_day,
        mandate.counts_on(today),
    )


def only_choice(request: Request, person: str) -> RoleChoice | None:
    """Role of who has one alone: there is nothing to choose."""
    speaker = Speaker(language_of(request), SECTION)
    open_now = [each for each in choices_of(request, person, speaker) if each.counts]
    return open_now[0] if len(open_now) == 1 else None


@router.get(CHOOSE, include_in_schema=False)
def choose_role(request: Request) -> Response:
    """Show who is signed in whom they may act for."""
    session: Session | None = request.scope[SESSION_KEY]
    if session is None:
        raise SignInNeededError(SIGN_IN)
    node: Node = request.app.state.node
    speaker = Speaker(language_of(request), SECTION)
    choices: Sequence[RoleChoice] = choices_of(request, session.person, speaker)
    return html_page(
        "role.html",
        speaker,
        {
            **frame_of(request, node, speaker),
            "name": node.persons.name(session.person) or session.person,
            "code": session.person,
            "choices": [each for each in choices if each.counts],
            "others": [each for each in choices if not each.counts],
            "acting": (session.organisation, session.role, session.mandate),
            "form_token": session.form_token,
            "next": on_this_node(request.query_params.get("next", FIRST_PAGE)),
        },
    )


@router.post(CHOOSE, include_in_schema=False)
def chosen_role(
    request: Request,
    person: Annotated[str, Form()],
    form: Annotated[str, Form()],
    next: Annotated[str, Form()] = FIRST_PAGE,  # noqa: A002 - in the form
) -> Response:
    """Go on in another role, under another secret."""
    session: Session | None = request.scope[SESSION_KEY]
    if session is None:
        raise SignInNeededError(SIGN_IN)
    if not session.is_form_token(form):
        raise ProblemError("form_of_another_session")
    node: Node = request.app.state.node
    speaker = Speaker(language_of(request), SECTION)
    for each in choices_of(request, session.person, speaker):
        if each.key == person and each.counts:
            changed = node.sessions.act_as(
                session, each.organisation, each.role, each.mandate
            )
            return gone_on(request, changed, on_this_node(next))
    raise ProblemError("no_such_role")

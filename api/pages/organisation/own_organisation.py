"""The own organisation: how it is invoiced and paid, and who is signed in as oneself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access import READS_LOG
from api.desk.sessions import Session
from api.known import known_until
from api.pages.acting import (
    Confirmation,
    confirmed,
    may_send,
    require_sender,
    then,
    would_be_refused,
)
from api.pages.cookies import speak
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.register import register
from api.pages.rendering import LANGUAGES, Speaker
from api.pages.saying import name_of
from api.pages.visit import SIGN_IN, TheVisit, Visit, sent_form
from api.problems import ProblemError, refused
from api.routers import public
from api.webhooks.subscribing import SUBSCRIBERS
from api.words import Language
from domain.fact import Command
from domain.parties.billing_details import (
    BILLING_DETAILS,
    BillingDetailsRecorded,
    RecordBillingDetails,
)
from domain.parties.kid import KID_DIGITS_MAX, KID_DIGITS_MIN, KidCheck

router: Final[APIRouter] = public()
SECTION: Final = "page_organisation"
HOME: Final = "/organisation"
BILLING: Final = "/organisation/billing-details"
FIELDS: Final = (
    *("account", "kid_check", "kid_length", "buyer_reference"),
    *("street", "postcode", "city"),
)
"""Of billing details, in the order of the form."""


class SessionRow(NamedTuple):
    """One of the visitor's sessions."""

    name: str
    started: str
    seen: str
    acting: str
    is_this: bool


@router.get(HOME, include_in_schema=False)
def own_organisation(visit: TheVisit) -> Response:
    """How the own organisation is registered, invoiced and paid; one's sessions."""
    speaker = visit.speaker(SECTION)
    with visit.views() as connection:
        known = register(connection, visit.day)
    own = known.get(visit.organisation)
    parent = own.parent_org_number if own else None
    return visit.page(
        "organisation.html",
        SECTION,
        "organisation",
        number=visit.organisation,
        own=own,
        parent=name_of(parent, known) if parent else "",
        billing=_shown(_recorded(visit), speaker),
        may_change=own is not None and may_send(visit, RecordBillingDetails),
        may_subscribe=visit.role in SUBSCRIBERS,
        reads_log=visit.role in READS_LOG,
        sessions=_sessions(visit, speaker, name_of(visit.organisation, known)),
    )


def _recorded(visit: Visit) -> BillingDetailsRecorded | None:
    """What counts of the own organisation, as far as it was judged."""
    with known_until(visit.node, visit.day) as history:
        return history.state(BILLING_DETAILS, visit.organisation).recorded


def _shown(
    details: BillingDetailsRecorded | None, speaker: Speaker
) -> Sequence[tuple[str, str]]:
    """Billing details as people read them; none where nothing is recorded."""
    if details is None:
        return []
    return [(speaker.say(name), _text(details, name, speaker)) for name in FIELDS]


def _text(
    details: BillingDetailsRecorded | Command, name: str, speaker: Speaker
) -> str:
    value = getattr(details, name)
    if name == "account" and value:
        return f"{value[:4]} {value[4:6]} {value[6:]}"
    if name == "kid_check" and value:
        return speaker.say(f"kid_{value}")
    return str(value or "–")


def _sessions(visit: Visit, speaker: Speaker, organisation: str) -> list[SessionRow]:
    return [
        SessionRow(
            each.name,
            instant_shown(each.started_at, speaker),
            instant_shown(each.seen_at, speaker),
            _acting(each, visit, speaker, organisation),
            each.name == visit.session.name,
        )
        for each in visit.node.sessions.of(
            visit.session.person, visit.node.unix_seconds()
        )
    ]


def instant_shown(seconds: int, speaker: Speaker) -> str:
    """POSIX seconds as people read them."""
    return speaker.at(datetime.fromtimestamp(seconds, UTC))


def _acting(each: Session, visit: Visit, speaker: Speaker, organisation: str) -> str:
    if each.role is None:
        return speaker.say("no_role")
    role = speaker.say(f"role_{each.role.value}")
    own = each.organisation == visit.organisation
    name = organisation if own and organisation else each.organisation
    return speaker.say("acting_as", organisation=name, role=role)


@router.get(BILLING, include_in_schema=False)
def billing_form(visit: TheVisit) -> Response:
    """Form of how the own organisation is invoiced and paid, as it is now."""
    require_sender(visit, RecordBillingDetails)
    details = _recorded(visit)
    typed = {
        name: str(getattr(details, name) or "") if details else "" for name in FIELDS
    }
    return _billing_page(visit, typed, NO_FAULTS)


def _billing_page(visit: Visit, typed: Mapping[str, str], faults: Faults) -> Response:
    speaker = visit.speaker(SECTION)
    return visit.page(
        "billing_details.html",
        SECTION,
        "organisation",
        typed={name: typed.get(name, "") for name in FIELDS},
        faults=faults,
        checks=[
            ("", speaker.say("no_kid")),
            *((each.value, speaker.say(f"kid_{each.value}")) for each in KidCheck),
        ],
        least=KID_DIGITS_MIN,
        most=KID_DIGITS_MAX,
        address=BILLING,
        home=HOME,
    )


@router.post(BILLING, include_in_schema=False)
async def billing_sent(visit: TheVisit) -> Response:
    """Show what would be recorded; record it when that was confirmed."""
    require_sender(visit, RecordBillingDetails)
    form = await sent_form(visit)
    typed = Typed(visit, form)
    length = typed.number("kid_length", needed=False)

    def make() -> RecordBillingDetails:
        return _checked(visit, form, length)

    if form.get("step") != "confirmed" and not typed.faults.of:
        try:
            return _confirm(visit, form, make())
        except (ProblemError, ValidationError):
            # What is wrong is told at its field, as where it is sent.
            pass
    outcome = await attempt(visit, form, typed, make)
    if isinstance(outcome, Faults):
        return _billing_page(visit, form, outcome)
    return then(HOME, outcome)


def _checked(
    visit: Visit, form: Mapping[str, str], length: int | None
) -> RecordBillingDetails:
    """Make the command of the form; raise where it could not be recorded now."""
    said = {name: form.get(name, "").strip() for name in FIELDS}
    said = {name: text for name, text in said.items() if text}
    command = RecordBillingDetails.model_validate(
        {**said, "kid_length": length, "org_number": visit.organisation}, strict=False
    )
    refusal = would_be_refused(visit, command)
    if refusal is not None:
        raise refused(refusal)
    return command


def _confirm(
    visit: Visit, form: Mapping[str, str], command: RecordBillingDetails
) -> Response:
    speaker = visit.speaker(SECTION)
    with visit.views() as connection:
        name = name_of(visit.organisation, register(connection, visit.day))
    asked = Confirmation(
        title=speaker.say("confirm_title", name=name),
        lead=speaker.say("confirm_lead"),
        what=speaker.say("confirm_what"),
        facts=[(speaker.say(each), _text(command, each, speaker)) for each in FIELDS],
        action=BILLING,
        verb=speaker.say("confirm_verb"),
        back=BILLING,
        crumbs=((speaker.say("title"), HOME),),
        fields={
            **{each: form.get(each, "").strip() for each in FIELDS},
            "step": "confirmed",
        },
        after=speaker.say("confirm_after"),
    )
    return confirmed(visit, SECTION, "organisation", asked)


@router.post("/organisation/sessions/end", include_in_schema=False)
async def end_sessions(visit: TheVisit) -> Response:
    """End one of the visitor's sessions, or all of them."""
    form = await sent_form(visit)
    person, name = visit.session.person, form.get("session", "")
    if name:
        visit.node.sessions.end(person, name)
    else:
        visit.node.sessions.end_all(person)
    ended = not name or name == visit.session.name
    return RedirectResponse(SIGN_IN if ended else HOME, 303)


@router.post("/organisation/language", include_in_schema=False)
async def choose_language(visit: TheVisit) -> Response:
    """Remember which language the visitor reads."""
    form = await sent_form(visit)
    language = form.get("language", "")
    if language not in LANGUAGES:
        raise ProblemError("not_found")
    visit.node.sessions.speak(visit.session, language)
    response = RedirectResponse(HOME, 303)
    speak(visit.request, response, Language(language))
    return response

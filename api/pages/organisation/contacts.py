"""Whom to ask about a call or a body: shown to all, kept by the organisation's secretary."""

import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from api.auth import Role
from api.desk.contacts import CONTACTS_MAX, Contact, ContactAbout
from api.pages.forms import NO_FAULTS, Faults, Typed
from api.pages.governance.governance_read import body_version
from api.pages.grants.grant_read import the_history
from api.pages.organisation.notices import EMAIL
from api.pages.visit import TheVisit, Visit, sent_form
from api.pages.whom_to_ask import keeps_contacts
from api.problems import ProblemError, invalid
from api.routers import public
from domain.grants.call import CALL
from domain.texts import text_without_national_id
from domain.values import NewName

router: Final[APIRouter] = public()
SECTION: Final = "page_contacts"
_PAGE: Final = "/contacts/{about}/{of}"
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ]{3,30}")
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_LINE: Final[TypeAdapter[str]] = TypeAdapter(
    Annotated[
        str,
        StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
        AfterValidator(text_without_national_id),
    ]
)
FIELDS: Final = ("person", "work_title", "phone", "email", "from_on", "until_on")


class _Asked(NamedTuple):
    """What the contacts are of."""

    about: ContactAbout
    of: str
    named: str
    organisation: str
    """Whose secretary keeps them."""
    address: str
    """Of its own page."""


@router.get(_PAGE, include_in_schema=False)
def contacts_page(about: ContactAbout, of: NewName, visit: TheVisit) -> Response:
    """Show all contacts of a call or a body."""
    today = visit.speaker(SECTION).short_day(visit.day)
    return _shown(visit, _asked(visit, about, of), {"from_on": today})


@router.post(_PAGE, include_in_schema=False)
async def add_contact(about: ContactAbout, of: NewName, visit: TheVisit) -> Response:
    """Keep a contact, once however often the form is sent."""
    form = await sent_form(visit)
    asked = _kept_by(visit, about, of)
    typed = Typed(visit, form)
    contact = _contact(asked, typed, form)
    if len(visit.node.contacts.of(about, of)) >= CONTACTS_MAX:
        typed.fault("person", ProblemError("contacts_full"))
    if typed.faults.of or contact is None:
        return _shown(visit, asked, form, typed.faults)
    visit.node.contacts.add(contact)
    return RedirectResponse(_here(asked), 303)


@router.post(f"{_PAGE}/remove", include_in_schema=False)
async def remove_contact(about: ContactAbout, of: NewName, visit: TheVisit) -> Response:
    """Forget a contact."""
    form = await sent_form(visit)
    asked = _kept_by(visit, about, of)
    visit.node.contacts.remove(about, of, form.get("contact", ""))
    return RedirectResponse(_here(asked), 303)


def _here(asked: _Asked) -> str:
    return f"/contacts/{asked.about.value}/{quote(asked.of, safe='')}"


def _asked(visit: Visit, about: ContactAbout, of: str) -> _Asked:
    quoted = quote(of, safe="")
    with the_history(visit) as history:
        if about is ContactAbout.BODY:
            version = body_version(of, history)
            if version is not None:
                return _Asked(about, of, of, version.organisation, f"/bodies/{quoted}")
        else:
            published = history.state(CALL, of).latest
            if published is not None:
                rules = published.rules
                at = f"/grants/calls/{quoted}"
                return _Asked(about, of, rules.title, rules.funder, at)
    raise ProblemError("not_found")


def _kept_by(visit: Visit, about: ContactAbout, of: str) -> _Asked:
    asked = _asked(visit, about, of)
    if not keeps_contacts(visit, asked.organisation):
        raise ProblemError("forbidden", {"role": Role.SECRETARY.value})
    return asked


def _contact(asked: _Asked, typed: Typed, form: Mapping[str, str]) -> Contact | None:
    """Read the form; None where a fault was noted."""
    texts = {}
    for name in ("person", "work_title", "phone", "email"):
        texts[name] = typed.text(name, needed=name == "person")
        try:
            _LINE.validate_python(texts[name])
        except ValidationError as error:
            typed.fault(name, invalid(error))
    if texts["phone"] and not _PHONE.fullmatch(texts["phone"]):
        typed.fault("phone", ProblemError("wrong_phone"))
    if texts["email"] and not EMAIL.fullmatch(texts["email"]):
        typed.fault("email", ProblemError("wrong_email"))
    if not texts["phone"] and not texts["email"]:
        typed.fault("phone", ProblemError("no_way_to_ask"))
    from_on = typed.day("from_on")
    until_on = typed.day("until_on", needed=False)
    if from_on and until_on and until_on < from_on:
        typed.fault("until_on", ProblemError("ends_before"))
    if from_on is None or typed.faults.of:
        return None
    key = form.get("key", "")
    name = key if _KEY.fullmatch(key) else uuid.uuid4().hex
    return Contact(
        name, asked.about, asked.of, **texts, from_on=from_on, until_on=until_on
    )


def _shown(
    visit: Visit,
    asked: _Asked,
    values: Mapping[str, str],
    faults: Faults = NO_FAULTS,
) -> Response:
    speaker = visit.speaker(SECTION)
    of_grants = asked.about is ContactAbout.CALL
    return visit.page(
        "contacts.html",
        SECTION,
        "grants" if of_grants else "governance",
        crumbs=[
            (speaker.say("grants"), "/grants")
            if of_grants
            else (speaker.say("governance"), "/governance"),
            (asked.named, asked.address),
        ],
        named=asked.named,
        contacts=[
            (each, each.is_on(visit.day))
            for each in visit.node.contacts.of(asked.about, asked.of)
        ],
        keeps=keeps_contacts(visit, asked.organisation),
        here=_here(asked),
        back=asked.address,
        values=values,
        faults=faults,
        fields=FIELDS,
        key=uuid.uuid4().hex,
    )

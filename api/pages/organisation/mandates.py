"""Mandates as the own organisation's people see them: who has which role, given by whom.

An administrator gives them and ends them here; everybody else reads. Names are shown to
whoever may know the organisation's people, and each reading of one is noted.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.access import may, name_read
from api.known import known_until
from api.pages.acting import (
    Confirmation,
    confirmed,
    may_send,
    on_behalf,
    require_sender,
    then,
    would_be_refused,
)
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    attempt,
    faults_of,
    faults_of_problem,
)
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError, refused
from api.routers import public
from domain.fact import Command
from domain.history import ShownTo
from domain.parties.mandate import (
    MANDATES,
    EndMandate,
    GrantMandate,
    Mandate,
    MandateNumber,
    Mandates,
)
from domain.role import Role
from federation.log.executor import Receipt

router: Final[APIRouter] = public()
SECTION: Final = "page_mandates"
AT: Final = "/organisation/mandates"
NEW: Final = f"{AT}/new"
GIVEN: Final = ("person", "role", "starts_on", "ends_on", "purpose")
"""What is typed of a new mandate, in the order of the form."""


class MandateRow(NamedTuple):
    """A mandate, in words."""

    number: int
    person: str
    """A pseudonym."""
    name: str
    """Empty where it is not known here, or not shown."""
    role: str
    purpose: str
    """Empty where none was said."""
    period: str
    kind: str
    state: str
    given_by: str
    ended: str
    may_end: bool


class _Names:
    """Names of the organisation's people; each that is shown is noted once a page."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._found: dict[str, str] = {}
        self._shown = may(visit.caller, ShownTo.OWN) or may_send(visit, GrantMandate)

    def name(self, person: str) -> str:
        """Name of a person; empty where nobody knows it, or the visitor may not."""
        if person not in self._found:
            visit = self._visit
            if person == visit.caller.actor:
                # One's own name is no secret to oneself.
                known = visit.node.persons.name(person)
            else:
                known = (
                    name_read(visit.node, visit.caller, person) if self._shown else None
                )
            self._found[person] = known or ""
        return self._found[person]

    def called(self, person: str) -> str:
        """Name, or else the code."""
        return self.name(person) or person


@router.get(AT, include_in_schema=False)
def mandates_page(visit: TheVisit) -> Response:
    """All mandates of the own organisation: those that count first, the over ones last."""
    speaker, names = visit.speaker(SECTION), _Names(visit)
    given = _mandates(visit)
    may_give = may_send(visit, GrantMandate)
    return visit.page(
        "mandates.html",
        SECTION,
        "organisation",
        rows=[
            _row(each, visit, speaker, names, may_end=may_give)
            for each in sorted(given.given, key=lambda each: _order(each, visit.day))
        ],
        may_give=may_give,
        has_administrator=given.has_administrator(visit.day),
        shows_names=may_give or may(visit.caller, ShownTo.OWN),
        code=visit.caller.actor,
        home=AT,
        new=NEW,
    )


def _mandates(visit: Visit) -> Mandates:
    with known_until(visit.node, visit.day) as history:
        return history.state(MANDATES, visit.organisation)


def _kind(mandate: Mandate, today: date) -> str:
    if mandate.counts_on(today):
        return "counts"
    begins = mandate.granted.starts_on
    return "later" if today < begins <= mandate.last_day else "over"


def _order(mandate: Mandate, today: date) -> tuple[int, int]:
    kinds = ("counts", "later", "over")
    return kinds.index(_kind(mandate, today)), -mandate.granted.number


def _row(
    mandate: Mandate, visit: Visit, speaker: Speaker, names: _Names, *, may_end: bool
) -> MandateRow:
    granted, kind = mandate.granted, _kind(mandate, visit.day)
    first = speaker.short_day(granted.starts_on)
    if mandate.last_day == date.max:
        period = speaker.say("from_on", first=first)
    elif mandate.last_day < granted.starts_on:
        period = speaker.say("never")
    else:
        last = speaker.short_day(mandate.last_day)
        period = speaker.say("from_to", first=first, last=last)
    ended = ""
    if mandate.ended is not None:
        ended = speaker.say(
            "ended_by",
            name=names.called(mandate.ended.ended_by),
            day=speaker.short_day(mandate.ended.ended_on),
        )
    return MandateRow(
        granted.number,
        granted.person,
        names.name(granted.person),
        speaker.say(f"role_{granted.role.value}"),
        granted.purpose or "",
        period,
        {"counts": "ok", "later": "wait", "over": "off"}[kind],
        speaker.say(f"is_{kind}"),
        names.called(granted.granted_by),
        ended,
        may_end and kind != "over",
    )


@router.get(NEW, include_in_schema=False)
def mandate_form(visit: TheVisit, person: str = "") -> Response:
    """Form for a mandate; of a person who has one already, where the address says so."""
    require_sender(visit, GrantMandate)
    return _form_of_new(visit, {"person": person[:64]}, NO_FAULTS)


def _form_of_new(visit: Visit, values: Mapping[str, str], faults: Faults) -> Response:
    say = visit.speaker(SECTION).say
    roles = sorted((say(f"role_{each.value}"), each.value) for each in Role)
    return _small_form(
        visit,
        title=say("new_title"),
        lead=say("new_lead"),
        action=NEW,
        fields=[
            ("person", say("person_code"), "text", True),
            ("starts_on", say("starts_on"), "day", False),
            ("ends_on", say("ends_on"), "day", False),
            ("purpose", say("purpose"), "text", False),
        ],
        choices=[("role", say("role"), [(value, name) for name, value in roles])],
        helps={
            "person": say("person_help"),
            "starts_on": say("starts_help"),
            "ends_on": say("ends_help"),
            "purpose": say("purpose_help"),
        },
        values=values,
        faults=faults,
    )


def _small_form(visit: Visit, **values: Any) -> Response:  # noqa: ANN401 - of a template
    say = visit.speaker(SECTION).say
    return visit.page(
        "small_form.html",
        SECTION,
        "organisation",
        crumbs=[(say("organisation"), "/organisation"), (say("title"), AT)],
        back=AT,
        hidden={},
        verb=say("read_through"),
        **values,
    )


@router.post(NEW, include_in_schema=False)
async def mandate_given(visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    require_sender(visit, GrantMandate)
    form = await sent_form(visit)
    typed = Typed(visit, form)
    members: dict[str, Any] = {
        "organisation": visit.organisation,
        "person": typed.text("person", needed=True),
        "role": typed.text("role", needed=True),
        "starts_on": typed.day("starts_on", needed=False),
        "ends_on": typed.day("ends_on", needed=False),
        "purpose": typed.text("purpose") or None,
    }
    sent = await _taken(visit, form, typed, GrantMandate, members)
    if isinstance(sent, Faults):
        return _form_of_new(visit, form, sent)
    if isinstance(sent, Receipt):
        return then(AT, sent)
    return _to_give(visit, form, sent)


async def _taken(
    visit: Visit,
    form: Mapping[str, str],
    typed: Typed,
    kind: type[Command],
    members: Mapping[str, Any],
) -> Faults | Command | Receipt:
    """Give what is wrong, what is to be confirmed, or what was recorded."""
    if form.get("step") == "edit":
        return NO_FAULTS
    if typed.faults.of:
        return typed.faults
    try:
        command = kind.model_validate(members, strict=False)
    except ValidationError as error:
        return faults_of(visit, error)
    if form.get("step") == "sign":
        return await attempt(visit, form, typed, lambda: command)
    refusal = would_be_refused(visit, command)
    return command if refusal is None else faults_of_problem(visit, refused(refusal))


def _to_give(visit: Visit, form: Mapping[str, str], command: Command) -> Response:
    assert isinstance(command, GrantMandate)
    speaker = visit.speaker(SECTION)
    say = speaker.say
    role = say(f"role_{command.role.value}")
    # A code names people of other organisations as well, whose names are not ours.
    given = _mandates(visit).given
    ours = {each.granted.person for each in given}
    name = _Names(visit).name(command.person) if command.person in ours else ""
    facts: list[tuple[str, object]] = [
        (say("person_code"), command.person),
        (say("name"), name or say("name_later")),
        (say("role"), role),
        (say("starts_on"), speaker.day(command.starts_on) or say("today")),
        (say("ends_on"), speaker.day(command.ends_on) or say("until_ended")),
        (say("purpose"), command.purpose or "–"),
    ]
    lead = "administrator" if command.role is Role.ADMINISTRATOR else "give"
    return _confirm(
        visit,
        form,
        GIVEN,
        Confirmation(
            title=say("ask_give", role=role.lower()),
            lead=say(f"lead_{lead}" if given else "lead_first"),
            what=say("what"),
            facts=facts,
            action=NEW,
            verb=say("do_give"),
            back=AT,
            after=say("after_give"),
        ),
    )


def _confirm(
    visit: Visit, form: Mapping[str, str], names: Sequence[str], asked: Confirmation
) -> Response:
    speaker = visit.speaker(SECTION)
    say = speaker.say
    kept = {name: form.get(name, "") for name in names}
    members = {name: getattr(asked, name) for name in Confirmation.__slots__}
    members |= {
        "facts": [*asked.facts, *on_behalf(visit, speaker)],
        "crumbs": [(say("organisation"), "/organisation"), (say("title"), AT)],
        "fields": {"step": "sign", **kept},
        "edit": say("change_more"),
    }
    return confirmed(visit, SECTION, "organisation", Confirmation(**members))


@router.get(AT + "/{number}/end", include_in_schema=False)
def end_form(number: MandateNumber, visit: TheVisit) -> Response:
    """Form for the end of a mandate: from today on, unless another day is said."""
    require_sender(visit, EndMandate)
    today = visit.speaker(SECTION).short_day(visit.day)
    return _form_of_end(visit, _given(visit, number), {"ended_on": today}, NO_FAULTS)


def _given(visit: Visit, number: int) -> Mandate:
    mandate = _mandates(visit).numbered(number)
    if mandate is None:
        raise ProblemError("not_found")
    return mandate


def _form_of_end(
    visit: Visit, mandate: Mandate, values: Mapping[str, str], faults: Faults
) -> Response:
    say, granted = visit.speaker(SECTION).say, mandate.granted
    name = _Names(visit).called(granted.person)
    return _small_form(
        visit,
        title=say("end_title"),
        lead=say("end_lead", name=name, role=say(f"role_{granted.role.value}").lower()),
        action=f"{AT}/{granted.number}/end",
        fields=[("ended_on", say("ended_on"), "day", True)],
        choices=[],
        helps={"ended_on": say("ended_help")},
        values=values,
        faults=faults,
    )


@router.post(AT + "/{number}/end", include_in_schema=False)
async def mandate_ended(number: MandateNumber, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    require_sender(visit, EndMandate)
    form, mandate = await sent_form(visit), _given(visit, number)
    typed = Typed(visit, form)
    members = {
        "organisation": visit.organisation,
        "number": number,
        "ended_on": typed.day("ended_on"),
    }
    sent = await _taken(visit, form, typed, EndMandate, members)
    if isinstance(sent, Faults):
        return _form_of_end(visit, mandate, form, sent)
    if isinstance(sent, Receipt):
        return then(AT, sent)
    return _to_end(visit, form, mandate, sent)


def _to_end(
    visit: Visit, form: Mapping[str, str], mandate: Mandate, command: Command
) -> Response:
    assert isinstance(command, EndMandate)
    speaker, granted = visit.speaker(SECTION), mandate.granted
    say = speaker.say
    own = granted.person == visit.caller.actor
    return _confirm(
        visit,
        form,
        ["ended_on"],
        Confirmation(
            title=say("ask_end"),
            lead=say("lead_end_own" if own else "lead_end"),
            what=say("what"),
            facts=[
                (say("who"), _Names(visit).called(granted.person)),
                (say("role"), say(f"role_{granted.role.value}")),
                (say("ended_on"), speaker.day(command.ended_on)),
            ],
            action=f"{AT}/{granted.number}/end",
            verb=say("do_end"),
            back=AT,
            after=say("after_end"),
        ),
    )

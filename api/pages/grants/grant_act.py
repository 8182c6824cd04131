"""An act on a grant: typed in a form, read once more, and sent once.

What would be refused is refused before it is confirmed, by the same decision; nothing
that was typed is lost, and each refusal says what to do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from fastapi import Response
from pydantic import ValidationError

from api.pages.acting import (
    Confirmation,
    confirmed,
    on_behalf,
    require_sender,
    send,
    then,
    would_be_refused,
)
from api.pages.forms import NO_FAULTS, Faults, Typed, faults_of_problem
from api.pages.grants.grant_read import ACTIVE, SECTION
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from api.problems import ProblemError, invalid, refused
from api.words import catalogue
from domain.fact import Command

SIGN: Final = "sign"
"""The step of a form in which what was shown is sent."""
_NOT_CARRIED: Final = frozenset({"form", "key", "step"})
_NOT_OF_A_FORM: Final = frozenset({"forbidden", "unauthenticated"})


class Input(NamedTuple):
    """What is typed or chosen, as a member of the command."""

    name: str
    label: str
    kind: str
    """``text``, ``area``, ``day``, ``amount``, ``number``, ``person``, ``choice``,
    ``radio``, ``box`` or ``file``; a ``box`` is ticked."""
    needed: bool = True
    options: Sequence[tuple[str, str]] = ()
    help: str = ""


Members = dict[str, Any]


def _as_they_are(typed: Typed, members: Members) -> Members:
    del typed
    return members


@dataclass(frozen=True)
class Act:
    """Something that a visitor may do on a page of its own."""

    key: str
    """Of its words: ``ask_KEY``, ``lead_KEY``, ``what_KEY``, ``do_KEY``, ``after_KEY``."""
    command: type[Command]
    address: str
    back: str
    crumbs: Sequence[tuple[str, str]]
    fixed: Mapping[str, Any]
    """Members that nobody types."""
    facts: Sequence[tuple[str, object]] = ()
    """What it is about."""
    words: Mapping[str, str | int] = field(default_factory=dict)
    """Values of its words."""
    inputs: Sequence[Input] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands in the form at first."""
    complete: Callable[[Typed, Members], Members] = _as_they_are
    """Makes members of several inputs."""
    aside: Sequence[tuple[str, Sequence[tuple[str, object]]]] = ()
    """What is good to see beside the form: a heading with facts each."""
    verb: Callable[[Mapping[str, str]], str] | None = None
    """What the button says by what is typed, where its words alone do not."""
    note: str = ""
    """Who may, and why."""
    instead: str = ""
    """Why the form is not shown, and who does it instead."""
    name: str = ""
    """On the button, for whom."""


def shown_act(visit: Visit, act: Act) -> Response:
    """Show the form of an act, or what is confirmed where nothing is typed."""
    require_sender(visit, act.command)
    if act.inputs or act.instead:
        return form_page(visit, act, act.values, NO_FAULTS)
    return _considered(visit, act, act.values)


async def taken(visit: Visit, act: Act, form: Mapping[str, str]) -> Response:
    """One step further: back to the form, to what is confirmed, or sent."""
    require_sender(visit, act.command)
    sends = form.get("step") == SIGN
    if (act.instead and not sends) or form.get("step") == "edit":
        return form_page(visit, act, form, NO_FAULTS)
    if not sends:
        return _considered(visit, act, form)
    try:
        command = _command(visit, act, form)
        outcome = await send(visit, command, form)
    except _FaultyError as error:
        return form_page(visit, act, form, error.faults)
    except ProblemError as error:
        return form_page(visit, act, form, told_act(visit, error))
    for each in act.inputs:
        if each.kind == "person":
            pseudonym = getattr(command, each.name)
            visit.node.persons.remember(pseudonym, form.get(each.name, "").strip())
    return then(act.back, outcome)


class _FaultyError(Exception):
    def __init__(self, faults: Faults) -> None:
        super().__init__(faults.summary)
        self.faults = faults


def _considered(visit: Visit, act: Act, form: Mapping[str, str]) -> Response:
    """Ask the decision what it would say, and show what is confirmed."""
    try:
        command = _command(visit, act, form)
    except _FaultyError as error:
        return form_page(visit, act, form, error.faults)
    refusal = would_be_refused(visit, command)
    if refusal is not None:
        return form_page(visit, act, form, told_act(visit, refused(refusal)))
    return _to_confirm(visit, act, form)


def told_act(visit: Visit, error: ProblemError) -> Faults:
    """Why something is refused, and what to do; raise where no form would help."""
    if error.code in _NOT_OF_A_FORM:
        raise error
    faults = faults_of_problem(visit, error)
    speaker = visit.speaker(SECTION)
    key = f"todo_{error.code}"
    is_said = key in catalogue().sentences[SECTION]
    todo = speaker.say(key) if is_said else speaker.say("todo")
    return Faults(f"{faults.summary} {todo}", faults.of)


def _command(visit: Visit, act: Act, form: Mapping[str, str]) -> Command:
    typed = Typed(visit, form)
    members: Members = {**act.fixed}
    for each in act.inputs:
        members[each.name] = _read(typed, each)
    members = act.complete(typed, members)
    if typed.faults.of:
        raise _FaultyError(typed.faults)
    said = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in members.items()
        if value not in ("", None)
    }
    try:
        return act.command.model_validate(said, strict=False)
    except ValidationError as error:
        raise _FaultyError(told_act(visit, invalid(error))) from None


def _read(typed: Typed, each: Input) -> object:
    match each.kind:
        case "day":
            return typed.day(each.name, needed=each.needed)
        case "amount":
            return typed.amount_ore(each.name, needed=each.needed)
        case "number":
            return typed.number(each.name, needed=each.needed)
        case "person":
            return typed.person(each.name, needed=each.needed)
        case "area":
            # A reason is recorded on one line.
            return " ".join(typed.text(each.name, needed=each.needed).split())
        case _:
            return typed.text(each.name, needed=each.needed)


def _to_confirm(visit: Visit, act: Act, form: Mapping[str, str]) -> Response:
    speaker = visit.speaker(SECTION)
    say = speaker.say
    facts = [*act.facts, *_typed_facts(act, form, speaker), *on_behalf(visit, speaker)]
    return confirmed(
        visit,
        SECTION,
        ACTIVE,
        Confirmation(
            title=say(f"ask_{act.key}", **act.words),
            lead=say(f"lead_{act.key}", **act.words),
            what=say(f"what_{act.key}"),
            facts=facts,
            action=act.address,
            verb=act.verb(form)
            if act.verb
            else say(f"do_{act.key}", **{"name": act.name, **_said(act, form)}),
            back=act.back,
            crumbs=act.crumbs,
            fields={
                **{k: v for k, v in form.items() if k not in _NOT_CARRIED},
                "step": SIGN,
            },
            edit=say("change_more") if act.inputs else "",
            after=say(f"after_{act.key}", **act.words),
        ),
    )


def _said(act: Act, form: Mapping[str, str]) -> Mapping[str, str]:
    return {each.name: form.get(each.name, "") for each in act.inputs}


def _typed_facts(
    act: Act, form: Mapping[str, str], speaker: Speaker
) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for each in act.inputs:
        text = form.get(each.name, "").strip()
        if each.kind in {"choice", "radio"}:
            text = dict(each.options).get(text, text)
        if each.kind in {"box", "file"} and text:
            text = speaker.say("yes" if each.kind == "box" else "attached")
        if text:
            found.append((each.label, text))
    return found


def form_page(
    visit: Visit, act: Act, values: Mapping[str, str], faults: Faults
) -> Response:
    """Show the form with what is typed, and with each fault at its field."""
    speaker = visit.speaker(SECTION)
    return visit.page(
        "grant_act.html",
        SECTION,
        ACTIVE,
        act=act,
        title=speaker.say(f"ask_{act.key}", **act.words),
        lead=speaker.say(f"lead_{act.key}", **act.words),
        values=values,
        faults=faults,
    )

"""Saying something of a body or a seat: typed, read once more, then recorded."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.known import known_names, known_until
from api.pages.acting import (
    Confirmation,
    confirmed,
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
    remember_person,
)
from api.pages.given_texts import form_with_files, read_text, with_files_not_taken
from api.pages.governance.governance_forms import ACTS, ActScope, GovernanceAct
from api.pages.governance.governance_read import (
    SECTION,
    GovernanceTeller,
    body_version,
    participants_of,
    read_bodies,
)
from api.pages.governance.network_acts import NETWORK_ACTS
from api.pages.governance.network_charter import open_milestones
from api.pages.register import register
from api.pages.visit import TheVisit, Visit
from api.problems import ProblemError, refused
from api.routers import public
from domain.fact import Command
from domain.governance.body import COMMITTEES, bodies_of
from domain.governance.plan import FocusAreaAdopted
from domain.parties.charter import CHARTER
from domain.parties.network import NETWORK, NetworkEstablished
from domain.values import NewName

router: Final[APIRouter] = public()


def _act_named(visit: Visit, name: str, *, of_body: bool = False) -> GovernanceAct:
    known = ACTS if of_body else {**ACTS, **NETWORK_ACTS}
    if name not in known:
        raise ProblemError("not_found")
    require_sender(visit, known[name].command)
    return known[name]


def scope_of(visit: Visit, *, network: str = "", body: str = "") -> ActScope:
    """Read where something is said; refuse what is not there."""
    with visit.views() as connection:
        known = register(connection, visit.day)
        areas = [*known_names(connection, FocusAreaAdopted, visit.day)]
        networks = [*known_names(connection, NetworkEstablished, visit.day)]
    with known_until(visit.node, visit.day) as history:
        version = body_version(body, history) if body else None
        if body and version is None:
            raise ProblemError("not_found")
        of = network if version is None else version.network
        established = history.state(NETWORK, of or "").established
        if not body and established is None:
            raise ProblemError("not_found")
        versions = [*bodies_of(of, history).values()] if of else []
        whole = read_bodies(versions, history, visit.day)
        one = read_bodies([version], history, visit.day) if version else whole
        taking_part = participants_of(of, history)
        committees = history.state(COMMITTEES, visit.organisation).names
        milestones = open_milestones(history.state(CHARTER, of or ""))
    speaker = visit.speaker(SECTION)
    at = f"/bodies/{body}" if body else f"/networks/{network}/governance"
    teller = GovernanceTeller(speaker, known, visit.day, taking_part)
    coordinates = (
        established is not None
        and not body
        and established.coordinating_trust == visit.organisation
    )
    return ActScope(
        visit,
        network,
        at,
        one,
        whole,
        taking_part,
        areas,
        networks,
        network if coordinates else "",
        committees,
        milestones if coordinates else (),
        teller,
        speaker,
    )


@router.get("/networks/{network}/governance/{act}", include_in_schema=False)
def act_in_network(network: NewName, act: str, visit: TheVisit) -> Response:
    """Form for something that is said in a network."""
    what = _act_named(visit, act)
    return _form_of_act(scope_of(visit, network=network), act, what, _asked(visit))


@router.get("/bodies/{body}/{act}", include_in_schema=False)
def act_in_body(body: NewName, act: str, visit: TheVisit) -> Response:
    """Form for something that is said of a body."""
    what = _act_named(visit, act, of_body=True)
    asked = _asked(visit)
    if "/" not in asked.get("seat", "/"):
        asked["seat"] = f"{body}/{asked['seat']}"
    return _form_of_act(scope_of(visit, body=body), act, what, asked)


def _asked(visit: Visit) -> dict[str, str]:
    return {name: text[:500] for name, text in visit.request.query_params.items()}


@router.post("/networks/{network}/governance/{act}", include_in_schema=False)
async def acted_in_network(network: NewName, act: str, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    what = _act_named(visit, act)
    form, refused_files = await form_with_files(visit, what.texts)
    scope = scope_of(visit, network=network)
    return await _acted(scope, act, what, form, refused_files)


@router.post("/bodies/{body}/{act}", include_in_schema=False)
async def acted_in_body(body: NewName, act: str, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    what = _act_named(visit, act, of_body=True)
    form, refused_files = await form_with_files(visit, what.texts)
    return await _acted(scope_of(visit, body=body), act, what, form, refused_files)


async def _acted(
    scope: ActScope,
    name: str,
    act: GovernanceAct,
    form: Mapping[str, str],
    not_taken: Mapping[str, str],
) -> Response:
    visit = scope.visit
    typed = Typed(visit, form)
    read = _read_fields(scope, act, typed, form)
    if form.get("step") == "edit":
        return _form_of_act(scope, name, act, form)
    if typed.faults.of or not_taken:
        faults = with_files_not_taken(visit, typed.faults, not_taken)
        return _form_of_act(scope, name, act, form, faults)
    try:
        command = act.command.model_validate(act.members(scope, read), strict=False)
    except ValidationError as error:
        return _form_of_act(scope, name, act, form, faults_of(visit, error))
    if form.get("step") != "sign":
        refusal = would_be_refused(visit, command)
        if refusal is not None:
            told = faults_of_problem(visit, refused(refusal))
            return _form_of_act(scope, name, act, form, told)
        return _to_record(scope, name, act, form)
    outcome = await attempt(visit, form, typed, lambda: command)
    if isinstance(outcome, Faults):
        return _form_of_act(scope, name, act, form, outcome)
    if form.get("person") and str(form.get("seat", "")).count("|") == 1:
        # A nominee's name is the participant's: only its pseudonym was chosen.
        remember_person(visit, str(getattr(command, "person", "")), form, "person")
    return then(_place_of(scope, command), outcome)


def _place_of(scope: ActScope, command: Command) -> str:
    body = getattr(command, "body", None)
    return f"/bodies/{body}" if body and not hasattr(command, "authority") else scope.at


def _read_fields(
    scope: ActScope, act: GovernanceAct, typed: Typed, form: Mapping[str, str]
) -> Mapping[str, Any]:
    read: dict[str, Any] = {}
    for field in act.fields:
        match field.kind:
            case "day":
                read[field.name] = typed.day(field.name, needed=field.needed)
            case "number":
                read[field.name] = typed.number(field.name, needed=field.needed)
            case "document":
                signs = form.get("step") == "sign"
                read[field.name] = read_text(
                    scope.visit, typed, field.name, keeps=signs
                )
            case "person":
                read[field.name] = typed.person(field.name, needed=field.needed)
            case "many" if field.options is not None:
                read[field.name] = [
                    value
                    for value, _ in field.options(scope)
                    if f"{field.name}:{value}" in form
                ]
            case _:
                read[field.name] = typed.text(field.name, needed=field.needed)
    return read


def _to_record(
    scope: ActScope, name: str, act: GovernanceAct, form: Mapping[str, str]
) -> Response:
    say = scope.speaker.say
    facts: list[tuple[str, object]] = []
    for field in act.fields:
        options = dict(field.options(scope)) if field.options else {}
        if field.kind == "many":
            chosen = [t for v, t in options.items() if f"{field.name}:{v}" in form]
            shown = ", ".join(chosen)
        else:
            text = form.get(field.name, "")
            shown = options.get(text, text)
            if not shown and form.get(f"{field.name}.kept"):
                shown = say("file_kept")
        if shown:
            facts.append((_label(scope, field.name), shown))
    kept = {n: v for n, v in form.items() if n not in {"form", "key", "step"}}
    return confirmed(
        scope.visit,
        SECTION,
        "governance",
        Confirmation(
            title=say(f"act_{name}"),
            lead=say("act_lead"),
            what=say("act_what"),
            facts=[*facts, *on_behalf(scope.visit, scope.speaker)],
            action=f"{scope.at}/{name}",
            verb=say("act_record"),
            back=scope.at,
            crumbs=scope.crumbs,
            fields={"step": "sign", **kept},
            edit=say("act_edit"),
            after=say(f"after_{name}"),
        ),
    )


_NOTHING: Final = {"elect": "nothing_elect", "fill": "nothing_fill"}
"""Why there is nothing to choose, where it can be said."""
_SHOWN_AT: Final[Mapping[str, tuple[str, ...]]] = {
    "body": ("committee", "seat"),
    "participant": ("seat",),
    "person": ("seat",),
}
"""Fields that say a member of another name."""


def _at_its_field(act: GovernanceAct, faults: Faults) -> Faults:
    """Faults at the fields with which their members are said."""
    names = {field.name for field in act.fields}
    of = {
        next((each for each in _SHOWN_AT.get(name, ()) if each in names), name)
        if name not in names
        else name: fault
        for name, fault in faults.of.items()
    }
    return Faults(faults.summary, of)


def _label(scope: ActScope, name: str) -> str:
    return scope.speaker.say(f"field_{name}")


def _form_of_act(
    scope: ActScope,
    name: str,
    act: GovernanceAct,
    values: Mapping[str, str],
    faults: Faults = NO_FAULTS,
) -> Response:
    say = scope.speaker.say
    faults = _at_its_field(act, faults)
    fields = [
        (
            field,
            _label(scope, field.name),
            [*field.options(scope)] if field.options else [],
        )
        for field in act.fields
    ]
    return scope.visit.page(
        "governance_act.html",
        SECTION,
        "governance",
        title=say(f"act_{name}"),
        lead=say(f"lead_{name}"),
        crumbs=scope.crumbs,
        action=f"{scope.at}/{name}",
        back=scope.at,
        fields=fields,
        values=_with_choices(fields, values),
        gives=bool(act.texts),
        nominees=any(v.count("|") > 1 for _, _, of in fields for v, _ in of),
        faults=faults,
        nothing_help=say(_NOTHING.get(name, "nothing_to_choose_help")),
        first=(say("act_nominate"), f"{scope.at}/nominate")
        if name == "fill" and ACTS["nominate"].fields[0].has_options(scope)
        else None,
        nothing_to_choose=any(
            field.kind == "choice" and field.needed and not options
            for field, _, options in fields
        ),
    )


def _with_choices(fields: Any, values: Mapping[str, str]) -> Mapping[str, str]:  # noqa: ANN401
    """Values, with the first option that begins as what was asked for."""
    found = dict(values)
    for field, _, options in fields:
        asked = found.get(field.name, "")
        if field.kind == "choice" and asked:
            exact = {value for value, _ in options}
            near = [v for v, _ in options if v.partition("|")[0] == asked]
            if asked not in exact and near:
                found[field.name] = near[0]
        if field.kind == "many" and asked:
            found[f"{field.name}:{asked}"] = "yes"
    return found

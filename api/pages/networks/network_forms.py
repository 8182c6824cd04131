"""Establishing a network: typed, read once more, then recorded."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.pages.acting import Confirmation, confirmed, on_behalf, require_sender, then
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt, faults_of
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, sent_form
from api.routers import public
from domain.parties.network import EstablishNetwork, NetworkEstablished
from domain.values import NetworkKind, NetworkModel

router: Final[APIRouter] = public()
SECTION: Final = "page_network"
AT: Final = "/networks/new"
FIELDS: Final = (
    ("network", "text"),
    ("name_nb", "text"),
    ("name_en", "text"),
    ("starts_on", "day"),
    ("coordination_budget_ore", "text"),
)


@router.get(AT, include_in_schema=False)
def new_network(visit: TheVisit) -> Response:
    """Form for a network that the visitor's trust coordinates."""
    require_sender(visit, EstablishNetwork)
    values = {"kind": "national", "model": "with_part_time_posts"}
    return _form_of_network(visit, values, NO_FAULTS)


@router.post(AT, include_in_schema=False)
async def establish_network(visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    require_sender(visit, EstablishNetwork)
    form = await sent_form(visit)
    if form.get("step") == "edit":
        return _form_of_network(visit, form, NO_FAULTS)
    typed = Typed(visit, form)
    members: dict[str, Any] = {
        "network": typed.text("network", needed=True),
        "name_nb": typed.text("name_nb", needed=True),
        "name_en": typed.text("name_en", needed=True),
        "kind": typed.text("kind"),
        "model": typed.text("model"),
        "coordinating_trust": visit.organisation,
        "starts_on": typed.day("starts_on"),
        "coordination_budget_ore": typed.amount_ore("coordination_budget_ore"),
    }
    if typed.faults.of:
        return _form_of_network(visit, form, typed.faults)
    try:
        command = EstablishNetwork.model_validate(members, strict=False)
    except ValidationError as error:
        return _form_of_network(visit, form, faults_of(visit, error))
    if form.get("step") != "sign":
        return _to_record(visit, command, form)
    outcome = await attempt(visit, form, typed, lambda: command)
    if isinstance(outcome, Faults):
        return _form_of_network(visit, form, outcome)
    return then(f"/networks/{command.network}", outcome)


def _to_record(
    visit: Visit, command: EstablishNetwork, form: Mapping[str, str]
) -> Response:
    speaker = visit.speaker(SECTION)
    say = speaker.say
    made = NetworkEstablished(**dict(command))
    with visit.views() as connection:
        ours = register(connection, visit.day).get(visit.organisation)
    frame = "none_such" if made.frame_ore is None else ""
    first = made.first_period
    facts: list[tuple[str, object]] = [
        (say("network"), made.name_nb),
        (say("name_other"), made.name_en),
        (say("key"), made.network),
        (say("kind"), say(f"kind_{made.kind.value}")),
        (say("model"), say(f"model_{made.model.value}")),
        (say("field_starts_on"), speaker.day(made.starts_on)),
        (say("last_day"), speaker.day(first and first.end) or say("none_such")),
        (say("coordination"), speaker.kr(made.coordination_budget_ore)),
        (say("frame_a_year"), say(frame) if frame else speaker.kr(made.frame_ore)),
        *on_behalf(visit, speaker),
    ]
    names = (*(name for name, _ in FIELDS), "kind", "model")
    return confirmed(
        visit,
        SECTION,
        "networks",
        Confirmation(
            title=say("ask_establish", name=made.network),
            lead=say("lead_establish"),
            what=say("what_establish"),
            facts=facts,
            action=AT,
            verb=say(
                "do_establish", name=ours.short_name if ours else visit.organisation
            ),
            back="/networks",
            crumbs=[(say("menu_networks"), "/networks")],
            fields={"step": "sign", **{name: form.get(name, "") for name in names}},
            edit=say("change_more"),
            after=say("after_establish"),
        ),
    )


def _form_of_network(
    visit: Visit, values: Mapping[str, str], faults: Faults
) -> Response:
    say = visit.speaker(SECTION).say
    return visit.page(
        "small_form.html",
        SECTION,
        "networks",
        title=say("form_establish"),
        lead=say("form_lead_establish"),
        crumbs=[(say("menu_networks"), "/networks")],
        action=AT,
        back="/networks",
        fields=[(name, say(f"field_{name}"), kind, True) for name, kind in FIELDS],
        choices=[
            ("kind", say("kind"), [(k.value, say(f"kind_{k}")) for k in NetworkKind]),
            (
                "model",
                say("model"),
                [(k.value, say(f"model_{k}")) for k in NetworkModel],
            ),
        ],
        hidden={},
        values=values,
        faults=faults,
        verb=say("read_through"),
    )

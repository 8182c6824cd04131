"""Who fills a post, and from when: said by its host, on a page that repeats it."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.pages.acting import Confirmation, confirmed, on_behalf, require_sender, then
from api.pages.forms import (
    NO_FAULTS,
    Faults,
    Typed,
    attempt,
    faults_of,
    remember_person,
)
from api.pages.register import register
from api.pages.visit import TheVisit, Visit, sent_form
from api.pagination import only
from api.routers import public
from domain.posts.staffing import Change, RecordStaffing
from domain.values import NewName
from projections.asof import Slice
from projections.posts import Post, posts

router: Final[APIRouter] = public()
SECTION: Final = "page_reports"


@router.get("/posts/{post}/staffing", include_in_schema=False)
def new_staffing(post: NewName, visit: TheVisit, agreement: str = "") -> Response:
    """Form for a change of who fills a post."""
    require_sender(visit, RecordStaffing)
    found = _of_post(visit, post)
    values = {
        "agreement": agreement or found.agreement,
        "change": (Change.VACATED if found.filled else Change.FILLED).value,
    }
    return _form_of_staffing(visit, found, values, NO_FAULTS)


@router.post("/posts/{post}/staffing", include_in_schema=False)
async def record_staffing_here(post: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    require_sender(visit, RecordStaffing)
    form, found = await sent_form(visit), _of_post(visit, post)
    if form.get("step") == "edit":
        return _form_of_staffing(visit, found, form, NO_FAULTS)
    typed = Typed(visit, form)
    filled = typed.text("change") == Change.FILLED
    members: dict[str, Any] = {
        "post": post,
        "change": typed.text("change", needed=True),
        "effective_on": typed.day("effective_on"),
        "holder": typed.person("holder") if filled else "",
        "agreement": typed.text("agreement") or None,
    }
    if typed.faults.of:
        return _form_of_staffing(visit, found, form, typed.faults)
    try:
        command = RecordStaffing.model_validate(members, strict=False)
    except ValidationError as error:
        return _form_of_staffing(visit, found, form, faults_of(visit, error))
    if form.get("step") != "sign":
        return _staffing_to_record(visit, found, command, form)
    outcome = await attempt(visit, form, typed, lambda: command)
    if isinstance(outcome, Faults):
        return _form_of_staffing(visit, found, form, outcome)
    if command.holder:
        remember_person(visit, command.holder, form, "holder")
    return then(f"/agreements/{command.agreement or found.agreement}", outcome)


def _of_post(visit: Visit, name: str) -> Post:
    with visit.views() as connection:
        return only(posts(connection, visit.day, Slice(limit=1), post=name))


def _staffing_to_record(
    visit: Visit, post: Post, command: RecordStaffing, form: Mapping[str, str]
) -> Response:
    speaker = visit.speaker(SECTION)
    say = speaker.say
    with visit.views() as connection:
        ours = register(connection, visit.day).get(visit.organisation)
    facts: list[tuple[str, object]] = [
        (say("post"), post.post),
        (say("post_content"), post.content),
        (say("change"), say(f"change_{command.change.value}")),
        (say("effective_on"), speaker.day(command.effective_on)),
    ]
    if command.change is Change.FILLED:
        facts.append((say("holder"), form.get("holder", "")))
    names = ("agreement", "change", "effective_on", "holder")
    back = f"/agreements/{command.agreement or post.agreement}"
    return confirmed(
        visit,
        SECTION,
        "agreements",
        Confirmation(
            title=say("ask_staffing", name=post.post),
            lead=say(f"lead_{command.change.value}"),
            what=say("what_staffing"),
            facts=[*facts, *on_behalf(visit, speaker)],
            action=f"/posts/{post.post}/staffing",
            verb=say(
                "do_staffing", name=ours.short_name if ours else visit.organisation
            ),
            back=back,
            crumbs=[(say("menu_agreements"), "/agreements")],
            fields={"step": "sign", **{name: form.get(name, "") for name in names}},
            edit=say("change_more"),
            after=say("after_staffing"),
        ),
    )


def _form_of_staffing(
    visit: Visit, post: Post, values: Mapping[str, str], faults: Faults
) -> Response:
    say = visit.speaker(SECTION).say
    agreement = values.get("agreement") or post.agreement
    changes = [(each.value, say(f"change_{each.value}")) for each in Change]
    return visit.page(
        "small_form.html",
        SECTION,
        "agreements",
        title=say("staffing_title", name=post.post),
        lead=say("staffing_lead"),
        crumbs=[(say("menu_agreements"), "/agreements")],
        action=f"/posts/{post.post}/staffing",
        back=f"/agreements/{agreement}",
        fields=[
            ("effective_on", say("effective_on"), "day", True),
            ("holder", say("holder_field"), "text", False),
        ],
        choices=[("change", say("change"), changes)],
        hidden={"agreement": agreement},
        values=values,
        faults=faults,
        verb=say("read_through"),
    )

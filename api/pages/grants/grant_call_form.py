"""Publishing a call, from a preset, from nothing, or as a new version: rules as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response
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
from api.pages.forms import NO_FAULTS, Faults
from api.pages.grants.grant_act import SIGN, told_act
from api.pages.grants.grant_call_draft import (
    NESTED,
    ROWS,
    ROWS_MAX,
    SOURCED,
    VALUES,
    CallDraft,
    call_draft,
    choice_rows,
    rules_typed,
)
from api.pages.grants.grant_read import ACTIVE, SECTION, ReadCall, read_call
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.presets import PRESETS, preset_rules
from api.problems import ProblemError, invalid, refused
from api.routers import public
from domain.grants.call import PublishCall
from domain.grants.rules import CallRules
from domain.values import NewName

router: Final[APIRouter] = public()
_NOT_CARRIED: Final = frozenset({"form", "key", "step", "more"})


@dataclass(frozen=True)
class CallForm:
    """A form for the rules of a call: of a new one, or of its next version."""

    action: str
    back: str
    draft: CallDraft
    call: str
    version: int
    read: ReadCall | None = None
    """The call, where it is a new version of one."""


@router.get("/grants/calls/new", include_in_schema=False)
def new_call(
    visit: TheVisit, preset: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Form for a call, filled from a preset or empty."""
    require_sender(visit, PublishCall)
    return _page(visit, _new(_of_preset(preset)), NO_FAULTS)


def _of_preset(preset: str) -> dict[str, str]:
    if not preset:
        return {"use.after_decision": "yes", "points_max": "5", "remind_days": "30 7 1"}
    found = preset_rules(preset)
    if found is None:
        raise ProblemError("not_found")
    draft = call_draft(CallRules.model_validate_json(found))
    # When it opens and ends, nobody can guess.
    days = ("valid_from", "opens_on", "deadline", "announce_by")
    return {name: text for name, text in draft.items() if name not in days}


def _new(draft: CallDraft) -> CallForm:
    call = draft.get("call", "").strip()
    return CallForm("/grants/calls/new", "/grants", draft, call, 1)


@router.post("/grants/calls/new", include_in_schema=False)
async def publish_new(visit: TheVisit) -> Response:
    """Read the form of a new call, show what it comes to, and publish it."""
    require_sender(visit, PublishCall)
    form = await sent_form(visit)
    return await _taken(visit, _new(form), form)


@router.get("/grants/calls/{call}/new-version", include_in_schema=False)
def new_call_version(call: NewName, visit: TheVisit) -> Response:
    """Form for the next version, filled with the latest."""
    read = _own(visit, call)
    draft = call_draft(read.rules)
    return _page(visit, _next(read, draft), NO_FAULTS)


@router.post("/grants/calls/{call}/new-version", include_in_schema=False)
async def publish_version(call: NewName, visit: TheVisit) -> Response:
    """Read the form of a version, show what it comes to, and publish it."""
    read, form = _own(visit, call), await sent_form(visit)
    return await _taken(visit, _next(read, form), form)


def _own(visit: Visit, call: str) -> ReadCall:
    require_sender(visit, PublishCall)
    read = read_call(visit, call)
    if not read.is_funder(visit):
        raise ProblemError("between_others")
    return read


def _next(read: ReadCall, draft: CallDraft) -> CallForm:
    at = f"/grants/calls/{read.name}"
    version = read.latest.version + 1
    return CallForm(f"{at}/new-version", at, draft, read.name, version, read)


async def _taken(visit: Visit, of: CallForm, form: Mapping[str, str]) -> Response:
    if form.get("more") in ROWS:
        return _page(visit, of, NO_FAULTS, more=form["more"])
    if form.get("step") == "edit":
        return _page(visit, of, NO_FAULTS)
    typed, members = rules_typed(visit, of.draft, visit.organisation)
    if of.read is None:
        typed.text("call", needed=True)
    typed.text("title", needed=True)
    reason = typed.text("reason", needed=of.read is not None)
    if typed.faults.of:
        return _page(visit, of, typed.faults)
    said = {"call": of.call, "version": of.version, "rules": members, "reason": reason}
    try:
        command = PublishCall.model_validate(said, strict=False)
    except ValidationError as error:
        return _page(visit, of, _placed(told_act(visit, invalid(error))))
    if form.get("step") != SIGN:
        refusal = would_be_refused(visit, command)
        if refusal is not None:
            return _page(visit, of, _placed(told_act(visit, refused(refusal))))
        return _to_confirm(visit, of, command)
    try:
        outcome = await send(visit, command, form)
    except ProblemError as error:
        return _page(visit, of, _placed(told_act(visit, error)))
    return then(f"/grants/calls/{command.call}", outcome)


def _placed(faults: Faults) -> Faults:
    """Faults by the fields of the form: a rule of a member's source is at the source."""
    of = {}
    for name, words in faults.of.items():
        field = name.removeprefix("rules.")
        if field.startswith("rules."):
            field = ".".join(field.split(".")[:2])
        of["form_words" if field == "form" else field] = words
    return Faults(faults.summary, of)


def _to_confirm(visit: Visit, of: CallForm, command: PublishCall) -> Response:
    speaker = visit.speaker(SECTION)
    say, rules = speaker.say, command.rules
    lists = [
        (say(f"rule_{name}"), len(getattr(rules, name)))
        for name in ROWS
        if getattr(rules, name)
    ]
    until = say("rule_deadline_value", day=speaker.day(rules.deadline))
    return confirmed(
        visit,
        SECTION,
        ACTIVE,
        Confirmation(
            title=say("ask_publish", name=rules.title, version=of.version),
            lead=say("lead_publish"),
            what=say("what_publish"),
            facts=[
                (say("call"), f"{rules.title} ({command.call})"),
                (say("version"), of.version),
                *([(say("reason"), command.reason)] if command.reason else []),
                (say("rule_opens_on"), speaker.day(rules.opens_on)),
                (say("deadline"), until if rules.deadline else say("no_deadline")),
                *lists,
                *on_behalf(visit, speaker),
            ],
            action=of.action,
            verb=say("do_publish"),
            back=of.back,
            crumbs=[(say("title"), "/grants")],
            fields={
                **{k: v for k, v in of.draft.items() if k not in _NOT_CARRIED},
                "step": SIGN,
            },
            edit=say("change_more"),
            after=say("after_publish"),
        ),
    )


def _page(visit: Visit, of: CallForm, faults: Faults, more: str = "") -> Response:
    """Show the form with what is typed, and with each fault at its field."""
    speaker = visit.speaker(SECTION)
    counts = {
        name: min(choice_rows(of.draft, name) + (name == more), ROWS_MAX)
        for name in ROWS
    }
    title = (
        speaker.say("new_call")
        if of.read is None
        else speaker.say("version_of", name=of.read.rules.title, number=of.version)
    )
    return visit.page(
        "grant_call_form.html",
        SECTION,
        ACTIVE,
        of=of,
        values=of.draft,
        faults=faults,
        title=title,
        plain=VALUES,
        sourced_members=SOURCED,
        nested=NESTED,
        lists=ROWS,
        counts=counts,
        words_of=_words_of(speaker),
        presets=[(each, _title_of(each)) for each in PRESETS],
    )


def _title_of(preset: str) -> str:
    found = preset_rules(preset)
    assert found is not None, "it comes with the program"
    return CallRules.model_validate_json(found).title


_PREFIXES: Final[Mapping[str, str]] = {
    "intake": "intake",
    "own_contribution": "own",
    "applicant_kinds": "kind",
    "employed_by": "kind",
    "applicant_regions": "region",
    "rankers": "ranker",
    "kind": "network",
    "remainder": "remainder",
    "one_of": "endorser",
    "when": "when",
    "allowed": "allow",
    "of": "of",
}
"""The words of what is chosen from, by the name of the member."""


def _words_of(speaker: Speaker) -> Callable[[str, str], Any]:
    def words_of(name: str, option: str) -> str:
        if not option:
            return speaker.say("none_chosen")
        return speaker.say(f"{_PREFIXES[name]}_{option}")

    return words_of

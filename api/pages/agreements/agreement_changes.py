"""Ending an agreement, and letting its costs grow: typed, read once more, then signed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from fastapi import APIRouter, Response

from api.pages.acting import (
    Confirmation,
    as_command,
    confirmed,
    on_behalf,
    require_sender,
    then,
)
from api.pages.agreements.agreement_answers import facts_of_terms
from api.pages.agreements.agreement_read import ReadAgreement, read_agreement
from api.pages.agreements.version_draft import next_version_number
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.routers import public
from domain.agreements.accrual import last_in_force
from domain.agreements.agreement import PartTimePost, Terms, WageGrowth
from domain.agreements.notice import TerminateAgreement
from domain.agreements.standing import VersionStatus
from domain.agreements.wage_growth import ProposeWageGrowth, grown_ore
from domain.fact import Command
from domain.values import NewName, months_later
from projections.agreements import Signature, Version

router: Final[APIRouter] = public()
SECTION: Final = "page_agreement"
SIGN: Final = "sign"
_WHOLE: Final = Decimal(100)


@dataclass(frozen=True)
class SmallForm:
    """A form of a few fields about an agreement."""

    act: str
    """``terminate`` or ``grow``: key of its words."""
    path: str
    command: type[Command]
    fields: Sequence[tuple[str, str, bool]]
    """Name, kind (``day``, ``text`` or ``area``) and whether it must be filled in."""
    members: Callable[[Typed, ReadAgreement], Mapping[str, object]]
    facts: Callable[[Speaker, ReadAgreement, Command], list[tuple[str, object]]]


def _ending(typed: Typed, read: ReadAgreement) -> Mapping[str, object]:
    return {
        "agreement": read.name,
        "ends_on": typed.day("ends_on"),
        "reason": typed.text("reason"),
    }


def _ending_told(
    speaker: Speaker, read: ReadAgreement, command: Command
) -> list[tuple[str, object]]:
    assert isinstance(command, TerminateAgreement)
    agreed = read.now.terms.ends_on
    return [
        (speaker.say("last_day"), speaker.day(command.ends_on)),
        (speaker.say("last_day_agreed"), speaker.day(agreed)),
        (speaker.say("reason"), command.reason or "–"),
    ]


def _growing(typed: Typed, read: ReadAgreement) -> Mapping[str, object]:
    percent = typed.percent("percent")
    factor = "" if percent is None else str(1 + Decimal(percent) / _WHOLE)
    both = (*read.view.versions, *read.view.counter_proposals)
    return {
        "agreement": read.name,
        "version": next_version_number(each.terms.version for each in both),
        "effective_from": typed.day("effective_from"),
        "factor": factor,
        "source": typed.text("source", needed=True),
    }


def _growing_told(
    speaker: Speaker, read: ReadAgreement, command: Command
) -> list[tuple[str, object]]:
    assert isinstance(command, ProposeWageGrowth)
    grown = grown_version(read, command)
    factor = speaker.decimal(command.factor)
    found: list[tuple[str, object]] = [
        (speaker.say("factor"), factor),
        (speaker.say("source"), command.source),
    ]
    if grown is not None:
        found += facts_of_terms(read, grown, speaker)
    return found


def grown_version(read: ReadAgreement, command: ProposeWageGrowth) -> Version | None:
    """Version that the command would propose; None where none is in force then."""
    base = last_in_force(read.costs, command.effective_from)
    terms = [v.terms for v in read.accepted if base and v.terms.version == base.version]
    if not terms:
        return None
    grown = _grown(terms[0], command)
    return Version(
        grown,
        VersionStatus.PROPOSED,
        grown.fingerprint,
        (Signature(read.coordinator, "", ""),),
        (),
        answers_version=0,
    )


def _grown(terms: Terms, command: ProposeWageGrowth) -> Terms:
    posts = tuple(
        PartTimePost(
            **{
                **dict(post),
                "annual_cost_ore": grown_ore(post.annual_cost_ore, command.factor),
            }
        )
        for post in terms.posts
    )
    growth = WageGrowth(
        factor=command.factor, source=command.source, of_version=terms.version
    )
    changes = {
        "version": command.version,
        "effective_from": command.effective_from,
        "posts": posts,
        "wage_growth": growth,
    }
    return terms.model_copy(update=changes)


FORMS: Final = {
    "terminate": SmallForm(
        "terminate",
        "terminate",
        TerminateAgreement,
        (("ends_on", "day", True), ("reason", "area", False)),
        _ending,
        _ending_told,
    ),
    "wage-growth": SmallForm(
        "grow",
        "wage-growth",
        ProposeWageGrowth,
        (
            ("percent", "text", True),
            ("effective_from", "day", True),
            ("source", "text", True),
        ),
        _growing,
        _growing_told,
    ),
}
"""By the last part of the address."""


def _open(form: SmallForm) -> None:
    """Give a form its two routes."""

    @router.get(f"/agreements/{{agreement}}/{form.path}", include_in_schema=False)
    def show(agreement: NewName, visit: TheVisit) -> Response:
        require_sender(visit, form.command)
        read = read_agreement(visit, agreement)
        return _shown(visit, read, form, {}, NO_FAULTS)

    @router.post(f"/agreements/{{agreement}}/{form.path}", include_in_schema=False)
    async def take(agreement: NewName, visit: TheVisit) -> Response:
        require_sender(visit, form.command)
        sent, read = await sent_form(visit), read_agreement(visit, agreement)
        return await _taken(visit, read, form, sent)


for _form in FORMS.values():
    _open(_form)


async def _taken(
    visit: Visit, read: ReadAgreement, of: SmallForm, sent: Mapping[str, str]
) -> Response:
    typed = Typed(visit, sent)
    members = of.members(typed, read)
    if typed.faults.of or sent.get("step") == "edit":
        faults = NO_FAULTS if sent.get("step") == "edit" else typed.faults
        return _shown(visit, read, of, sent, faults)
    said = {k: v.isoformat() if isinstance(v, date) else v for k, v in members.items()}
    if sent.get("step") == SIGN:
        make = lambda: as_command(of.command, **said)  # noqa: E731 - of this form
        outcome = await attempt(visit, sent, typed, make)
        if isinstance(outcome, Faults):
            return _shown(visit, read, of, sent, outcome)
        return then(f"/agreements/{read.name}", outcome)
    return _asked(visit, read, of, as_command(of.command, **said), sent)


def _asked(
    visit: Visit,
    read: ReadAgreement,
    of: SmallForm,
    command: Command,
    sent: Mapping[str, str],
) -> Response:
    speaker = visit.speaker(SECTION)
    say, at = speaker.say, f"/agreements/{read.name}"
    names = [name for name, _, _ in of.fields]
    return confirmed(
        visit,
        SECTION,
        "agreements",
        Confirmation(
            title=say(f"ask_{of.act}", name=read.name),
            lead=say(f"lead_{of.act}"),
            what=say(f"what_{of.act}"),
            facts=[*of.facts(speaker, read, command), *on_behalf(visit, speaker)],
            action=f"{at}/{of.path}",
            verb=say(f"do_{of.act}", name=read.short_name(visit.organisation)),
            back=at,
            crumbs=[
                (say("menu_agreements"), "/agreements"),
                (say("agreement_named", name=read.name), at),
            ],
            fields={"step": SIGN, **{name: sent.get(name, "") for name in names}},
            edit=say("change_more"),
            after=say(f"after_{of.act}"),
        ),
    )


def _shown(
    visit: Visit,
    read: ReadAgreement,
    of: SmallForm,
    values: Mapping[str, str],
    faults: Faults,
) -> Response:
    speaker = visit.speaker(SECTION)
    notice = read.now.terms.notice_months or 0
    earliest = months_later(visit.day, notice)
    day = speaker.day(earliest)
    return visit.page(
        "small_form.html",
        SECTION,
        "agreements",
        title=speaker.say(f"form_{of.act}", name=read.name),
        lead=speaker.say(f"form_lead_{of.act}", day=day),
        crumbs=[
            (speaker.say("menu_agreements"), "/agreements"),
            (
                speaker.say("agreement_named", name=read.name),
                f"/agreements/{read.name}",
            ),
        ],
        action=f"/agreements/{read.name}/{of.path}",
        back=f"/agreements/{read.name}",
        fields=[
            (name, speaker.say(f"{of.act}_{name}"), kind, needed)
            for name, kind, needed in of.fields
        ],
        choices=[],
        hidden={},
        values=values,
        faults=faults,
        verb=speaker.say("read_and_sign"),
    )

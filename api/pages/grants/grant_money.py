"""The money of a grant: paid, used on approved lines, reported, carried over, lapsed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.document_giving import keep_document
from api.pages.acting import may_send
from api.pages.forms import Faults, Typed, faults_of_problem
from api.pages.grants.grant_act import Act, Input, Members, form_page, shown_act, taken
from api.pages.grants.grant_acts import about_act, act_on
from api.pages.grants.grant_read import (
    ACTIVE,
    SECTION,
    ReadApplication,
    read_application,
)
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from domain.document import Document
from domain.fact import Command
from domain.grants.funding import (
    CarryOverGrant,
    DecideGrantReport,
    DisburseGrant,
    LapseGrant,
)
from domain.grants.money import Funded, first_use_until, uncovered_costs
from domain.grants.rules import ReportRule
from domain.grants.spending import RecordGrantCost, RepayGrant, ReportGrant
from domain.posts.report import Outcome
from domain.values import Key, NewName

router: Final[APIRouter] = public()


class GrantReportRow(NamedTuple):
    """A report that the call asks for, and how it stands."""

    rule: ReportRule
    kind: str
    words: str
    document: Document | None
    acts: Sequence[str]


@router.get("/grants/applications/{application}/money", include_in_schema=False)
def money_page(application: NewName, visit: TheVisit) -> Response:
    """Show what became of the money of a grant."""
    read, money = _read(visit, application)
    speaker = visit.speaker(SECTION)
    used: dict[str, int] = {}
    for cost in money.use.costs:
        used[cost.line] = used.get(cost.line, 0) + cost.amount_ore
    categories = {each.key: each.words for each in read.rules.categories}
    return visit.page(
        "grant_money.html",
        SECTION,
        ACTIVE,
        read=read,
        money=money,
        view=read.view,
        acts=_open(visit, read, money),
        lines=[
            (line, categories.get(line.category, line.category), used.get(line.line, 0))
            for line in money.content.lines
        ],
        uncovered={each.cost for each in uncovered_costs(money.grant, money.use)},
        reports=[_report(visit, read, money, each) for each in read.rules.reports],
        first_use=first_use_until(money.rule, money.award),
        lead=_lead(money, speaker),
    )


def _read(visit: Visit, application: str) -> tuple[ReadApplication, Funded]:
    read = read_application(visit, application)
    if read.money is None:
        raise ProblemError("not_awarded")
    return read, read.money


def _lead(money: Funded, speaker: Speaker) -> str:
    """When the money may be used, and what becomes of the rest."""
    remainder = speaker.say(f"remainder_{money.rule.remainder}")
    if money.last_day is None:
        return speaker.say("use_any_time", remainder=remainder)
    day = speaker.day(money.last_day)
    return speaker.say("money_lead", day=day, remainder=remainder)


def _open(visit: Visit, read: ReadApplication, money: Funded) -> list[str]:
    """What the visitor may do with the money as it stands now."""
    view, lapsed = read.view, money.grant.lapsed is not None
    carries = money.rule.remainder == "carried_by_decision"
    first = first_use_until(money.rule, money.award)
    is_over = money.last_day is not None and visit.day > money.last_day
    is_unused = first is not None and visit.day > first and not money.use.costs
    of_funder: list[tuple[str, type[Command], bool]] = [
        ("disburse", DisburseGrant, not lapsed and view.disbursed < view.awarded),
        ("lapse", LapseGrant, not lapsed and (is_over or is_unused) and view.left > 0),
        ("carry-over", CarryOverGrant, carries and not lapsed and money.grant.carried_over is None),
    ]  # fmt: skip
    of_trust: list[tuple[str, type[Command], bool]] = [
        ("repay", RepayGrant, view.to_repay > 0),
        ("cost", RecordGrantCost, not lapsed and view.left > 0),
    ]
    listed = [
        *(of_funder if read.is_funder else ()),
        *(of_trust if read.is_applicant else ()),
    ]
    return [key for key, kind, is_open in listed if is_open and may_send(visit, kind)]


def _report(
    visit: Visit, read: ReadApplication, money: Funded, rule: ReportRule
) -> GrantReportRow:
    say = visit.speaker(SECTION).say
    last = money.use.last_report(rule.key)
    outcome = (
        None if last is None else money.grant.report_outcome(rule.key, last.submission)
    )
    acts: list[str] = []
    may_report = read.is_applicant and may_send(visit, ReportGrant)
    if may_report and (last is None or outcome is Outcome.RETURNED):
        acts.append("submit")
    may_decide = read.is_funder and may_send(visit, DecideGrantReport)
    if may_decide and last is not None and outcome is None:
        acts += ["approve", "return"]
    if last is None:
        kind, words = "wait", say("report_none")
    elif outcome is None:
        kind, words = "you" if acts else "wait", say("report_submitted")
    else:
        kind = "ok" if outcome is Outcome.APPROVED else "bad"
        words = say(f"report_{outcome.value}")
    return GrantReportRow(rule, kind, words, last.document if last else None, acts)


# What is done with the money


def _act(visit: Visit, read: ReadApplication, key: str, kind: type[Command]) -> Act:
    at = f"{read.address}/money"
    speaker = visit.speaker(SECTION)
    act = act_on(visit, read, key.replace("-", "_"), kind)
    facts = [
        *about_act(read, speaker)[:2],
        (speaker.say("awarded"), speaker.kr(read.view.awarded)),
        (speaker.say("disbursed"), speaker.kr(read.view.disbursed)),
        (speaker.say("used"), speaker.kr(read.view.used)),
        (speaker.say("left"), speaker.kr(read.view.left)),
    ]
    return replace(
        act,
        address=f"{at}/{key}",
        back=at,
        crumbs=[*act.crumbs, (speaker.say("money"), at)],
        fixed={"application": read.name},
        facts=facts,
    )


def disburse(visit: Visit, read: ReadApplication) -> Act:
    """Say that money was paid to the trust."""
    say = visit.speaker(SECTION).say
    act = _act(visit, read, "disburse", DisburseGrant)
    left = read.view.awarded - read.view.disbursed
    return replace(
        act,
        fixed={**act.fixed, "payee": read.standing.trust},
        inputs=(
            Input("amount_ore", say("amount_kroner"), "amount"),
            Input("paid_on", say("paid_on"), "day"),
        ),
        values={
            "amount_ore": visit.speaker(SECTION).kr(left),
            "paid_on": f"{visit.day:%d.%m.%Y}",
        },
        note=say("disburse_note", name=read.trust),
    )


def cost(visit: Visit, read: ReadApplication) -> Act:
    """Record a cost on an approved line."""
    say = visit.speaker(SECTION).say
    lines = [] if read.money is None else read.money.content.lines
    costs = () if read.money is None else read.money.use.costs
    names = {each.cost for each in costs}
    number = next(n for n in range(1, len(names) + 2) if str(n) not in names)
    return replace(
        _act(visit, read, "cost", RecordGrantCost),
        inputs=(
            Input("cost", say("cost_name"), "text", help=say("cost_help")),
            Input("line", say("line"), "choice", options=[("", say("choose")), *((line.line, line.line) for line in lines)]),
            Input("amount_ore", say("amount_kroner"), "amount"),
            Input("incurred_on", say("incurred_on"), "day"),
            Input("text", say("cost_text"), "text", needed=False),
        ),
        values={"cost": str(number)},
        note=say("cost_note"),
    )  # fmt: skip


def carry_over(visit: Visit, read: ReadApplication) -> Act:
    """Let the rest be used until a later day."""
    say = visit.speaker(SECTION).say
    return replace(
        _act(visit, read, "carry-over", CarryOverGrant),
        inputs=(
            Input("use_until", say("use_until_day"), "day"),
            Input("reason", say("reason"), "area", help=say("reason_help")),
        ),
    )


def lapse(visit: Visit, read: ReadApplication) -> Act:
    """Let fall back to the funder what was not used."""
    speaker = visit.speaker(SECTION)
    act, view = _act(visit, read, "lapse", LapseGrant), read.view
    repay = max(0, view.disbursed - view.used)
    lapses = (speaker.say("will_lapse"), speaker.kr(view.awarded - view.used))
    repays = (speaker.say("to_repay"), speaker.kr(repay))
    return replace(act, facts=[*act.facts, lapses, repays])


def repay(visit: Visit, read: ReadApplication) -> Act:
    """Say that what lapsed after it was paid is paid back."""
    speaker = visit.speaker(SECTION)
    act = _act(visit, read, "repay", RepayGrant)
    due = (speaker.say("to_repay"), speaker.kr(read.view.to_repay))
    return replace(
        act,
        facts=[*act.facts, due],
        inputs=(
            Input("amount_ore", speaker.say("amount_kroner"), "amount"),
            Input("paid_on", speaker.say("paid_on"), "day"),
        ),
        values={
            "amount_ore": speaker.kr(read.view.to_repay),
            "paid_on": f"{visit.day:%d.%m.%Y}",
        },
    )


MONEY_ACTS: Final[Mapping[str, Callable[[Visit, ReadApplication], Act]]] = {
    "disburse": disburse,
    "cost": cost,
    "carry-over": carry_over,
    "lapse": lapse,
    "repay": repay,
}
"""By the last part of the address."""


@router.get("/grants/applications/{application}/money/{act}", include_in_schema=False)
def money_act_page(application: NewName, act: str, visit: TheVisit) -> Response:
    """Show the form of an act, or what is confirmed."""
    if act not in MONEY_ACTS:
        raise ProblemError("not_found")
    read, _ = _read(visit, application)
    return shown_act(visit, MONEY_ACTS[act](visit, read))


@router.post("/grants/applications/{application}/money/{act}", include_in_schema=False)
async def money_act_taken(application: NewName, act: str, visit: TheVisit) -> Response:
    """Read the form of an act: show what is confirmed, or send it."""
    if act not in MONEY_ACTS:
        raise ProblemError("not_found")
    form = await sent_form(visit)
    read, _ = await asyncio.to_thread(_read, visit, application)
    return await taken(visit, MONEY_ACTS[act](visit, read), form)


# Reports


def _report_act(visit: Visit, read: ReadApplication, report: str, key: str) -> Act:
    rule = next((each for each in read.rules.reports if each.key == report), None)
    if rule is None or read.money is None:
        raise ProblemError("not_found")
    say = visit.speaker(SECTION).say
    kind = ReportGrant if key == "submit" else DecideGrantReport
    act = _act(visit, read, f"report_{key}", kind)
    last = read.money.use.last_report(report)
    fixed: dict[str, Any] = {**act.fixed, "report": report}
    if key != "submit":
        fixed["outcome"] = Outcome.APPROVED if key == "approve" else Outcome.RETURNED
        fixed["submission"] = last.submission if last else None
    act = replace(
        act,
        address=f"{read.address}/reports/{report}/{key}",
        fixed=fixed,
        facts=[(say("report"), f"{rule.words} ({rule.rule})"), *act.facts],
    )
    if key != "submit":
        return act
    return replace(
        act,
        inputs=(
            *(Input(f"declares.{each}", say("declares", what=declared(each, say)), "box", needed=False) for each in rule.declares),
            Input("document", say("report_document"), "file", needed=False, help=say("report_file_help")),
        ),
        complete=_declared(rule.declares),
    )  # fmt: skip


def declared(key: str, say: Callable[..., str]) -> str:
    """Words of what a trust answers for; its key where there are none."""
    return say("no_ordinary_operations") if key == "no_ordinary_operations" else key


def _declared(keys: Sequence[str]) -> Callable[[Typed, Members], Members]:
    def complete(typed: Typed, members: Members) -> Members:
        del typed
        declares = [key for key in keys if members.pop(f"declares.{key}", "")]
        given = str(members.pop("document", ""))
        if given:
            sha256, size, media_type = given.split(" ", 2)
            document = {"sha256": sha256, "size": size, "media_type": media_type}
            members = {**members, "document": document}
        return {**members, "declares": declares}

    return complete


REPORT_ACTS: Final = frozenset({"submit", "approve", "return"})


@router.get(
    "/grants/applications/{application}/reports/{report}/{act}", include_in_schema=False
)
def report_act_page(
    application: NewName, report: Key, act: str, visit: TheVisit
) -> Response:
    """Show the form of a report, or what is decided on it."""
    if act not in REPORT_ACTS:
        raise ProblemError("not_found")
    read, _ = _read(visit, application)
    return shown_act(visit, _report_act(visit, read, report, act))


@router.post(
    "/grants/applications/{application}/reports/{report}/{act}", include_in_schema=False
)
async def report_act_taken(
    application: NewName, report: Key, act: str, visit: TheVisit
) -> Response:
    """Read a report with its file: show what is confirmed, or send it."""
    if act not in REPORT_ACTS:
        raise ProblemError("not_found")
    try:
        form = await sent_form(visit)
        read, _ = await asyncio.to_thread(_read, visit, application)
        asked = _report_act(visit, read, report, act)
        form, faults = await _with_document(visit, form)
    finally:
        await (await visit.request.form()).close()
    if faults is not None:
        return form_page(visit, asked, form, faults)
    return await taken(visit, asked, form)


async def _with_document(
    visit: Visit, form: Mapping[str, str]
) -> tuple[Mapping[str, str], Faults | None]:
    """Keep the file that came along; say why, where it is not taken."""
    sent = (await visit.request.form()).get("document-file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return form, None
    content, said = await sent.read(), sent.content_type or ""
    try:
        kept = await asyncio.to_thread(
            keep_document, visit.node, visit.caller, content, said
        )
    except ProblemError as error:
        found = faults_of_problem(visit, error)
        return form, Faults(found.summary, {"document": found.summary})
    given = f"{kept.sha256} {kept.size} {kept.media_type}"
    return {**form, "document": given}, None

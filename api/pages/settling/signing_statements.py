"""Drawing up, signing and rejecting a statement: exactly what was shown, or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from api.access import require_between
from api.bodies import RequestDay
from api.drafts import drafted
from api.pages.acting import Confirmation, confirmed, require_sender, send, then
from api.pages.addresses import address
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.settling.statement_view import set_off
from api.pages.settling.statements import SECTION, drawn_up
from api.pages.visit import TheVisit, Visit, sent_form
from api.pdf.names import post_contents
from api.problems import ProblemError
from api.routers import public
from domain.closing.closing import CarriedLine, DrawUpStatement, SignStatement
from domain.closing.statement import OpenLine, Statement
from domain.values import OrganisationNumber
from projections.statements import ShownStatement

router: Final[APIRouter] = public()
READ: Final = "read"
"""The box that says that somebody has read what they sign."""
CARRY: Final = "carry/"
"""Before agreement, post and first day in the name of a line's box."""
SHORT_DIGITS: Final = 16


def _named(visit: Visit) -> Mapping[str, str]:
    with visit.views() as connection:
        known = register(connection, visit.day)
    return {number: each.name.removesuffix(" HF") for number, each in known.items()}


def _grouped(fingerprint: str) -> str:
    digits = fingerprint[:SHORT_DIGITS]
    return " ".join(digits[at : at + 4] for at in range(0, SHORT_DIGITS, 4))


def _facts(
    visit: Visit, statement: Statement, fingerprint: str, names: Mapping[str, str]
) -> Sequence[tuple[str, object]]:
    """What is signed, said once more."""
    speaker = visit.speaker(SECTION)
    net = set_off(statement)
    owed = {balance.payer: balance.closing_ore for balance in statement.balances}
    count = len(statement.open_lines)
    return [
        (speaker.say("period"), _months(speaker, statement)),
        *(
            (speaker.say("owed_by", name=names[each]), speaker.kr(owed.get(each)))
            for each in statement.pair
        ),
        (
            speaker.say("carried"),
            speaker.count("open_lines", count)
            if count
            else speaker.say("carried_none"),
        ),
        (
            speaker.say("net_title"),
            speaker.say(
                "net_pays", payer=names[net.debtor], amount=speaker.kr(net.amount_ore)
            )
            if net
            else speaker.say("net_nothing"),
        ),
        (
            speaker.say("fingerprint"),
            Markup('<span class="fg-mono">{}</span>').format(_grouped(fingerprint)),
        ),
        (
            speaker.say("on_behalf"),
            speaker.say(
                "acting_as",
                organisation=names.get(visit.organisation, visit.organisation),
                role=speaker.say(f"role_{visit.role.value}").lower(),
            ),
        ),
    ]


def _months(speaker: Speaker, statement: Statement) -> str:
    said = speaker.period(statement.period)
    return f"{said[:1].upper()}{said[1:]}"


def _crumbs(visit: Visit, statement: Statement, where: str) -> Any:  # noqa: ANN401
    speaker = visit.speaker(SECTION)
    year = statement.period_end.year
    return [
        (speaker.say("list_title", year=year), address("/statements", year=year)),
        (_months(speaker, statement), where),
    ]


def _as_drafted(
    visit: Visit, first: str, second: str, start: RequestDay, end: RequestDay
) -> Statement:
    require_between(visit.node, visit.caller, first, second)
    return drafted(visit.node, first, second, start, end)


@router.get("/statements/{first}/{second}/draw-up", include_in_schema=False)
def confirm_drawing_up(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    start: RequestDay,
    end: RequestDay,
) -> Response:
    """Show what drawing up a statement signs, and each line that it carries over."""
    require_sender(visit, DrawUpStatement)
    statement = _as_drafted(visit, first, second, start, end)
    speaker, names = visit.speaker(SECTION), _named(visit)
    where = f"/statements/{first}/{second}"
    back = address(f"{where}/draft", start=start, end=end)
    asked = Confirmation(
        title=speaker.say("draw_up_title", name=names[second]),
        lead=speaker.say("sign_lead"),
        what=speaker.say("what_signed"),
        facts=_facts(visit, statement, statement.fingerprint, names),
        action=address(f"{where}/draw-up", start=start, end=end),
        verb=speaker.say("sign_verb", name=names[first]),
        back=back,
        crumbs=_crumbs(visit, statement, back),
        fields={"fingerprint": statement.fingerprint},
        checks=[*_lines_to_carry(visit, statement), (READ, speaker.say("have_read"))],
        after=speaker.say("draw_up_after", name=names[second]),
    )
    return confirmed(visit, SECTION, "statements", asked)


def _lines_to_carry(visit: Visit, statement: Statement) -> list[tuple[str, str]]:
    """Each open line as a box of its own: it is carried over by name, or not at all."""
    speaker = visit.speaker(SECTION)
    agreements = {line.agreement for line in statement.open_lines}
    with visit.views() as connection:
        contents = post_contents(connection, visit.day, agreements)
    boxes = []
    for line in statement.open_lines:
        state = "disputed" if line.disputed else line.state.value
        values = {
            "billed": speaker.kr(line.billed_ore),
            "accrued": speaker.kr(line.accrued_ore),
        }
        said = speaker.say(
            "carry_line",
            post=contents.get(line.post, line.post),
            agreement=line.agreement,
            months=speaker.months(line.period_start, line.period_end),
            state=speaker.say(f"open_{state}", **values),
        )
        boxes.append((_box(line), said))
    return boxes


def _box(line: OpenLine) -> str:
    return f"{CARRY}{line.agreement}/{line.post}/{line.period_start}"


def _carried(form: Mapping[str, str]) -> tuple[CarriedLine, ...]:
    """Read the lines whose boxes are ticked."""
    ticked = (name.removeprefix(CARRY).split("/") for name in form if CARRY in name)
    members = ("agreement", "post", "period_start")
    return tuple(
        CarriedLine.model_validate(dict(zip(members, each, strict=True)), strict=False)
        for each in ticked
    )


@router.post("/statements/{first}/{second}/draw-up", include_in_schema=False)
async def draw_up_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    start: RequestDay,
    end: RequestDay,
) -> Response:
    """Draw up what was shown; the lines that were ticked are carried over."""
    form = await sent_form(visit)
    where = f"/statements/{first}/{second}"
    if READ not in form:
        again = address(f"{where}/draw-up", start=start, end=end)
        return RedirectResponse(again, 303)
    command = DrawUpStatement(
        first=first,
        second=second,
        period_start=start,
        period_end=end,
        carry_over=_carried(form),
        fingerprint=_as_read(form),
    )
    return then(f"{where}/{end}", await send(visit, command, form))


def _as_read(form: Mapping[str, str]) -> str:
    """Fingerprint of what was shown; nothing is signed without."""
    if not form.get("fingerprint"):
        raise ProblemError("invalid_row")
    return form["fingerprint"]


def _shown(
    visit: Visit, first: str, second: str, period_end: RequestDay
) -> ShownStatement:
    require_between(visit.node, visit.caller, first, second)
    with visit.views() as connection:
        return drawn_up(visit, connection, first, second, period_end)


@router.get(
    "/statements/{first}/{second}/{period_end}/signature", include_in_schema=False
)
def confirm_signature(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
) -> Response:
    """Show what is signed, with its fingerprint."""
    require_sender(visit, SignStatement)
    shown = _shown(visit, first, second, period_end)
    speaker, names = visit.speaker(SECTION), _named(visit)
    where = f"/statements/{first}/{second}/{period_end}"
    asked = Confirmation(
        title=speaker.say("sign_title", name=names[first]),
        lead=speaker.say("sign_lead"),
        what=speaker.say("what_signed"),
        facts=_facts(visit, shown.statement, shown.fingerprint, names),
        action=f"{where}/signature",
        verb=speaker.say("sign_verb", name=names[second]),
        back=where,
        crumbs=_crumbs(visit, shown.statement, where),
        fields={"fingerprint": shown.fingerprint},
        checks=[(READ, speaker.say("have_read"))],
        after=speaker.say("sign_after"),
    )
    return confirmed(visit, SECTION, "statements", asked)


@router.post(
    "/statements/{first}/{second}/{period_end}/signature", include_in_schema=False
)
async def sign_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
) -> Response:
    """Sign exactly what was shown."""
    form = await sent_form(visit)
    where = f"/statements/{first}/{second}/{period_end}"
    if READ not in form:
        return RedirectResponse(f"{where}/signature", 303)
    command = SignStatement(
        first=first, second=second, period_end=period_end, fingerprint=_as_read(form)
    )
    return then(where, await send(visit, command, form))


@router.get(
    "/statements/{first}/{second}/{period_end}/rejection", include_in_schema=False
)
def rejection_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
) -> Response:
    """Ask why a statement is rejected."""
    require_sender(visit, SignStatement)
    shown = _shown(visit, first, second, period_end)
    return _ask_why(visit, shown, {"fingerprint": shown.fingerprint}, NO_FAULTS)


def _ask_why(
    visit: Visit, shown: ShownStatement, typed: Mapping[str, str], faults: Faults
) -> Response:
    statement, names = shown.statement, _named(visit)
    where = f"/statements/{statement.first}/{statement.second}/{statement.period_end}"
    return visit.page(
        "statement_rejection.html",
        SECTION,
        "statements",
        names=names,
        statement=statement,
        facts=_facts(visit, statement, shown.fingerprint, names),
        crumbs=_crumbs(visit, statement, where),
        where=where,
        typed=typed,
        faults=faults,
    )


@router.post(
    "/statements/{first}/{second}/{period_end}/rejection", include_in_schema=False
)
async def reject_page(
    visit: TheVisit,
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
) -> Response:
    """Reject a statement with a reason."""
    form = await sent_form(visit)
    typed = Typed(visit, form)
    reason = typed.text("reason", needed=True)
    outcome = await attempt(
        visit,
        form,
        typed,
        lambda: SignStatement(
            first=first,
            second=second,
            period_end=period_end,
            fingerprint=_as_read(form),
            reason=reason,
        ),
    )
    if isinstance(outcome, Faults):
        shown = await asyncio.to_thread(_shown, visit, first, second, period_end)
        return await asyncio.to_thread(_ask_why, visit, shown, form, outcome)
    return then(f"/statements/{first}/{second}/{period_end}", outcome)

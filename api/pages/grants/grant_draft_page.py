"""Writing an application: saved at any time, with colleagues, and then presented."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.desk.application_drafts import ApplicationDraft
from api.document_giving import keep_document
from api.known import known_names
from api.pages.acting import (
    Confirmation,
    as_command,
    confirmed,
    on_behalf,
    require_sender,
    send,
    then,
)
from api.pages.forms import number_typed
from api.pages.grants.grant_act import SIGN, told_act
from api.pages.grants.grant_acts import in_fours
from api.pages.grants.grant_application import section_text
from api.pages.grants.grant_draft import (
    LINES_MAX,
    PARTNERS_MAX,
    DraftView,
    as_content,
    content_typed,
    document_fields,
    documents_of,
    draft_of,
    fields_of,
    lines_typed,
    merged,
    with_lines,
)
from api.pages.grants.grant_draft_judged import Judged, OpenDraft, faults_in, judged
from api.pages.grants.grant_read import (
    ACTIVE,
    SECTION,
    ReadCall,
    read_call,
    the_history,
)
from api.pages.register import Register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError, problem_in_words
from api.routers import public
from domain.document import Document
from domain.grants.application import ApplicationContent, ApplicationPresented
from domain.grants.applying import PresentApplication, fingerprint, in_order
from domain.grants.rules import CallRules
from domain.grants.standing import ApplicationStanding, applications_named
from domain.parties.network import NetworkEstablished
from domain.refusal import Refusal
from domain.values import NewName
from federation.documents.salted import PLAIN_TEXT
from projections.asof import Slice
from projections.listed import listed

router: Final[APIRouter] = public()
NETWORKS_MAX: Final = 500
TRIES_MAX: Final = 8
"""So often is saved anew where colleagues save at the same time."""


@router.post("/grants/calls/{call}/apply", include_in_schema=False)
async def begin_draft(call: NewName, visit: TheVisit) -> Response:
    """Begin an application in a call."""
    require_sender(visit, PresentApplication)
    await sent_form(visit)
    read = await asyncio.to_thread(read_call, visit, call)
    draft = await asyncio.to_thread(_begun, visit, read)
    return _to(f"/grants/applications/{draft.application}/draft")


def _begun(visit: Visit, read: ReadCall) -> ApplicationDraft:
    ours = read.known.get(visit.organisation)
    short = ours.short_name if ours else visit.organisation
    stem = re.sub(r"[^a-z0-9æøå-]+", "-", f"{read.name[:40]}-{short[:20]}".lower())
    with visit.views() as connection:
        taken = {*known_names(connection, ApplicationPresented, visit.day)}
    drafts = visit.node.drafts
    taken |= {each.application for each in drafts.of(visit.organisation)}
    number = next(n for n in range(1, len(taken) + 2) if f"{stem}-{n}" not in taken)
    draft = ApplicationDraft(
        visit.organisation,
        f"{stem}-{number}",
        read.name,
        visit.caller.actor,
        version=0,
        saved_by=visit.caller.actor,
        saved_at=visit.node.unix_seconds(),
    )
    saved = drafts.save(draft)
    return _begun(visit, read) if saved is None else saved


@router.get("/grants/applications/{application}/draft", include_in_schema=False)
async def application_draft_page(application: NewName, visit: TheVisit) -> Response:
    """Show a draft as it was saved last, with what is missing."""
    require_sender(visit, PresentApplication)
    opened = await _opened(visit, application)
    return await asyncio.to_thread(_page, visit, opened, _named(visit, opened.draft))


@router.post("/grants/applications/{application}/draft", include_in_schema=False)
async def draft_saved(application: NewName, visit: TheVisit) -> Response:
    """Save what is typed, whatever it is; then show it, or what is presented."""
    require_sender(visit, PresentApplication)
    opened = await _opened(visit, application)
    try:
        form = await sent_form(visit)
        given, refused = await _given(visit, opened.rules)
    finally:
        await (await visit.request.form()).close()
    if form.get("step") == SIGN:
        return await _presented(visit, opened, form)
    typed = _as_typed(form)
    opened, clashes = await asyncio.to_thread(_saved, visit, opened, form, typed, given)
    if form.get("present") and not refused:
        return await asyncio.to_thread(_to_present, visit, opened)
    extra = int(bool(form.get("more")))
    if clashes or refused or extra:
        shown = _named(visit, opened.draft)
        return await asyncio.to_thread(
            _page, visit, opened, shown, clashes, refused, extra
        )
    return _to(opened.address)


def _to(address: str) -> Response:
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


async def _opened(visit: Visit, application: str) -> OpenDraft:
    """Open a draft; one that was presented elsewhere is begun from what it says."""
    draft = visit.node.drafts.last(visit.organisation, application)
    with the_history(visit) as history:
        standing = applications_named((application,), history).get(application)
    if standing is not None and standing.trust != visit.organisation:
        raise ProblemError("between_others")
    if draft is None:
        if standing is None:
            raise ProblemError("unknown_application")
        draft = await _from_presented(visit, standing)
    if not draft.is_open_to(visit.caller.actor):
        raise ProblemError("draft_of_another")
    call = await asyncio.to_thread(read_call, visit, draft.call)
    return OpenDraft(draft, call, standing)


async def _from_presented(
    visit: Visit, standing: ApplicationStanding
) -> ApplicationDraft:
    content = standing.last.content
    texts = {
        each.document: (await section_text(visit, each.document))[0]
        for each in content.sections
    }
    typed = draft_of(content, lambda person: person, lambda document: texts[document])
    draft = ApplicationDraft(
        visit.organisation,
        standing.last.application,
        standing.call,
        visit.caller.actor,
        version=0,
        typed=typed,
        is_shared=True,
        saved_by=visit.caller.actor,
        saved_at=visit.node.unix_seconds(),
    )
    saved = visit.node.drafts.save(draft)
    return saved or await _reread(visit, draft)


async def _reread(visit: Visit, draft: ApplicationDraft) -> ApplicationDraft:
    found = visit.node.drafts.last(draft.organisation, draft.application)
    assert found is not None, "it was saved by another"
    return found


def _named(visit: Visit, draft: ApplicationDraft) -> dict[str, str]:
    """What is typed, with the applicant's name and not the pseudonym."""
    typed = dict(draft.typed)
    person = typed.get("applicant", "")
    typed["applicant"] = visit.node.persons.name(person) or ""
    return typed


def _as_typed(form: Mapping[str, str]) -> dict[str, str]:
    removed = number_typed(form.get("remove", ""))
    fields = fields_of(form)
    return with_lines(fields, lines_typed(fields, -1 if removed is None else removed))


async def _given(
    visit: Visit, rules: CallRules
) -> tuple[dict[str, str], dict[str, str]]:
    """Fields of the files that came along, and why others are not taken, by field."""
    fields: dict[str, str] = {}
    refused: dict[str, str] = {}
    for name, sent in (await visit.request.form()).multi_items():
        kind = name.removeprefix("file.")
        known = kind in {each.key for each in rules.attachments}
        if not (known and isinstance(sent, UploadFile) and sent.filename):
            continue
        content, said = await sent.read(), sent.content_type or ""
        try:
            document = await asyncio.to_thread(
                keep_document, visit.node, visit.caller, content, said
            )
        except ProblemError as error:
            words, _ = problem_in_words(error, visit.language)
            refused[f"attachments.{kind}.archived"] = f"{words.title}. {words.detail}"
        else:
            fields |= document_fields(kind, document)
    return fields, refused


def _saved(
    visit: Visit,
    opened: OpenDraft,
    form: Mapping[str, str],
    typed: Mapping[str, str],
    given: Mapping[str, str],
) -> tuple[OpenDraft, dict[str, str]]:
    """Save over what is there; say what a colleague has written in the same fields."""
    node, last = visit.node, opened.draft
    name = typed.get("applicant", "").strip()
    pseudonym = node.persons.pseudonym(visit.organisation, name)
    node.persons.remember(pseudonym, name)
    mine = {**typed, "applicant": pseudonym}
    number = number_typed(form.get("version", ""))
    base = (
        None
        if number is None
        else node.drafts.version(last.organisation, last.application, number)
    )
    shared = {"share": True, "unshare": False}
    for _ in range(TRIES_MAX):
        before = dict((base or last).typed)
        own = {**documents_of(before), **mine, **given}
        both, clashes = merged(before, own, last.typed)
        draft = replace(
            last,
            typed=both,
            is_shared=shared.get(form.get("sharing", ""), last.is_shared),
            saved_by=visit.caller.actor,
            saved_at=node.unix_seconds(),
        )
        saved = node.drafts.save(draft)
        if saved is not None:
            told_of = {part: _in_words(last.typed, part) for part in clashes}
            return opened._replace(draft=saved), told_of
        found = node.drafts.last(last.organisation, last.application)
        last = found or last
    raise ProblemError("unavailable", headers={"Retry-After": "1"})


def _in_words(typed: DraftView, part: str) -> str:
    if part != "lines":
        return typed.get(part, "")
    rows = lines_typed(typed)
    return "; ".join(f"{row['line']}: {row['amount_ore']}" for row in rows)


def _page(
    visit: Visit,
    opened: OpenDraft,
    typed: DraftView,
    clashes: Mapping[str, str] = {},
    refused: Mapping[str, str] = {},
    extra: int = 0,
) -> Response:
    found, speaker = judged(visit, opened, typed), visit.speaker(SECTION)
    rows = lines_typed(typed)
    faults = {**found.faults.of, **refused}
    to_mend = found.listed.to_mend
    for item in to_mend:
        faults.setdefault(item.field, item.fault)
    authors = visit.node.drafts.authors(visit.organisation, opened.draft.application)
    return visit.page(
        "grant_draft.html",
        SECTION,
        ACTIVE,
        opened=opened,
        draft=opened.draft,
        rules=opened.rules,
        values=typed,
        rows=min(max(len(rows), 1) + extra, LINES_MAX),
        states=_line_states(rows, found),
        total=None if found.content is None else _total(found.content),
        found=found,
        faults=faults,
        unread=found.faults,
        clashes=[
            (_label(part, opened.rules, speaker), part, text)
            for part, text in clashes.items()
        ],
        ready=found.content is not None and not found.faults.of and not to_mend,
        saved_at=speaker.at(datetime.fromtimestamp(opened.draft.saved_at, UTC)),
        authors=[(visit.node.persons.name(each) or each, each) for each in authors],
        me=visit.caller.actor,
        funder=opened.call.called(opened.rules.funder),
        days_left=_days_left(visit, opened.rules),
        **_options(visit, opened),
    )


_LABELS: Final[Mapping[str, str]] = {
    "title": "title_field",
    "amount_ore": "applied_kroner",
    "own_contribution_ore": "own_contribution",
    "lines": "budget",
}
"""The words of a field, where they are not called as it is."""


def _label(part: str, rules: CallRules, speaker: Speaker) -> str:
    """What a field is called on the page."""
    group, _, key = part.partition(".")
    choices = {each.key: each.words for each in (*rules.sections, *rules.purposes)}
    choices |= {f"{each.key}.archived": each.words for each in rules.attachments}
    if key:
        return choices.get(key) or speaker.say(group)
    return speaker.say(_LABELS.get(part, part))


def _line_states(rows: Sequence[DraftView], found: Judged) -> list[tuple[str, str]]:
    return [
        ("bad", fault)
        if (fault := found.listed.lines.get(" ".join(row["line"].split()), ""))
        else ("ok", "")
        for row in rows
    ]


def _total(content: ApplicationContent) -> int:
    return sum(line.amount_ore for line in content.lines)


def _days_left(visit: Visit, rules: CallRules) -> int | None:
    return None if rules.deadline is None else (rules.deadline - visit.day).days


def _options(visit: Visit, opened: OpenDraft) -> Mapping[str, Any]:
    """What is chosen from: networks of the kind, organisations, categories."""
    speaker = visit.speaker(SECTION)
    rule, known = opened.rules.network, opened.call.known
    networks: list[tuple[str, str]] = []
    if rule is not None:
        with visit.views() as connection:
            page = Slice(limit=NETWORKS_MAX)
            all_of = listed(connection, NetworkEstablished, visit.day, page)
        networks = [
            (each.network, speaker.either(each.name_nb, each.name_en))
            for each, _ in all_of
            if each.kind is rule.kind
        ]
    return {
        "networks": networks,
        "organisations": _organisations(known),
        "absent": [(each, opened.call.called(each)) for each in rule.trusts]
        if rule
        else [],
        "partners": range(_partners(opened.draft.typed)),
        "categories": [
            (
                each.key,
                f"{each.words} ({each.rule})"
                + ("" if each.allowed != "no" else f": {speaker.say('not_given')}"),
            )
            for each in opened.rules.categories
        ],
    }


def _organisations(known: Register) -> list[tuple[str, str]]:
    return sorted(
        ((number, each.name) for number, each in known.items()),
        key=lambda each: each[1],
    )


def _partners(typed: DraftView) -> int:
    there = [i for i in range(PARTNERS_MAX) if typed.get(f"partners.{i}")]
    return min(max(there, default=-1) + 2, PARTNERS_MAX)


def _to_present(visit: Visit, opened: OpenDraft) -> Response:
    """Show what is presented to those who endorse, with its fingerprint."""
    typed = _named(visit, opened.draft)
    members, faults = _whole(visit, opened, typed)
    if members is None:
        return _page(visit, opened, typed, refused=faults)
    content = in_order(members)
    speaker = visit.speaker(SECTION)
    say, rules = speaker.say, opened.rules
    return confirmed(
        visit,
        SECTION,
        ACTIVE,
        Confirmation(
            title=say("ask_present", name=content.title),
            lead=say("lead_present"),
            what=say("what_present"),
            facts=[
                (say("application"), f"{content.title} ({opened.draft.application})"),
                (say("call"), rules.title),
                (say("revision"), _next_revision(opened)),
                (say("applied"), speaker.kr(content.amount_ore)),
                (say("budget_lines"), len(content.lines)),
                (say("fingerprint"), in_fours(fingerprint(content))),
                *on_behalf(visit, speaker),
            ],
            action=opened.address,
            verb=say("do_present"),
            back=opened.address,
            crumbs=[(say("title"), "/grants"), (content.title, opened.address)],
            fields={
                "step": SIGN,
                "fingerprint": fingerprint(content),
                "revision": str(_next_revision(opened)),
            },
            after=say("after_present"),
        ),
    )


def _whole(
    visit: Visit, opened: OpenDraft, typed: DraftView
) -> tuple[ApplicationContent | None, Mapping[str, str]]:
    """Content that a draft says, its texts kept as documents; or what cannot be read."""

    def keep(text: str) -> Document:
        return keep_document(visit.node, visit.caller, text.encode(), PLAIN_TEXT)

    read, members = content_typed(visit, typed, opened.rules, keep, whole=True)
    if read.faults.of:
        return None, read.faults.of
    try:
        return in_order(as_content(members)), {}
    except (ValidationError, Refusal) as error:
        return None, faults_in(visit, read, error).of


def _next_revision(opened: OpenDraft) -> int:
    return 1 if opened.standing is None else opened.standing.last.revision + 1


async def _presented(
    visit: Visit, opened: OpenDraft, form: Mapping[str, str]
) -> Response:
    """Present the very content that was shown."""
    typed = _named(visit, opened.draft)
    content, faults = await asyncio.to_thread(_whole, visit, opened, typed)
    if content is None:
        return await asyncio.to_thread(_page, visit, opened, typed, refused=faults)
    if form.get("fingerprint") != fingerprint(content):
        raise ProblemError("outdated")
    command = as_command(
        PresentApplication,
        application=opened.draft.application,
        revision=form.get("revision", ""),
        call=opened.draft.call,
        content=content,
    )
    try:
        outcome = await send(visit, command, form)
    except ProblemError as error:
        said = told_act(visit, error)
        return await asyncio.to_thread(
            _page, visit, opened, typed, refused={"title": said.summary}
        )
    return then(f"/grants/applications/{opened.draft.application}", outcome)

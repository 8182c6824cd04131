"""An application: what it says, what it lacks, how far it has come, what one may do."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response

from api.document_reading import read_document
from api.media_types import extension_of, shown_type
from api.pages.acting import may_send
from api.pages.grants.grant_act import shown_act, taken
from api.pages.grants.grant_acts import ACTS, acts_open, in_fours, waits_for_rank
from api.pages.grants.grant_checklist import Checklist, checklist
from api.pages.grants.grant_read import (
    ACTIVE,
    KINDS,
    SECTION,
    ReadApplication,
    read_application,
    the_history,
)
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError, problem_in_words
from api.routers import public
from api.routes.documents import CLOSED_HEADERS, NAME_LETTERS, Hash
from domain.document import Document
from domain.grants.applying import PresentApplication
from domain.grants.assessment import Conflict
from domain.grants.standing import ApplicationStatus
from domain.grants.submission import Case, lacking_of
from domain.values import NewName
from federation.documents.salted import PLAIN_TEXT

router: Final[APIRouter] = public()


class ShownSection(NamedTuple):
    """A section with its text, or why it cannot be shown."""

    words: str
    rule: str
    text: str
    fault: str
    sha256: str


@router.get("/grants/applications/{application}", include_in_schema=False)
async def application_page(application: NewName, visit: TheVisit) -> Response:
    """Show an application to whoever may read it."""
    read = await asyncio.to_thread(read_application, visit, application)
    speaker = visit.speaker(SECTION)
    listed = await asyncio.to_thread(_checklist, visit, read, speaker)
    acts = acts_open(visit, read)
    if listed.to_mend or listed.waits:
        # It would be refused.
        acts = [act for act in acts if act != "submit"]
    if not listed.waits:
        # All that the call asks for stand behind it.
        acts = [act for act in acts if act != "endorse"]
    standing, edits = read.standing, _edits(visit, read)
    return visit.page(
        "grant_application.html",
        SECTION,
        ACTIVE,
        read=read,
        said=standing,
        content=read.content,
        rules=read.rules,
        kind=KINDS[standing.status],
        steps=_steps(read, speaker, acts, listed, edits=edits),
        lead=_lead(read, speaker),
        checklist=listed,
        acts=acts,
        edits=edits,
        is_mended=_is_mended(read),
        sections=await _sections(visit, read),
        attachments=_attachments(read),
        lines=_lines(read, listed),
        endorsements=_endorsements(visit, read),
        assessments=_assessments(visit, read, speaker),
        applicant=visit.node.persons.name(read.content.applicant),
        in_fours=in_fours,
    )


def _edits(visit: Visit, read: ReadApplication) -> bool:
    """Whether the trust may still write another revision."""
    standing = read.whole
    is_open = not standing.is_submitted and not standing.is_withdrawn
    is_decided = standing.award is not None
    may = may_send(visit, PresentApplication)
    return read.is_applicant and is_open and not is_decided and may


def _is_mended(read: ReadApplication) -> bool:
    """Whether another revision is presented than was ever submitted."""
    last = read.standing.last.revision
    return all(each.revision != last for each in read.standing.said.submissions)


def _checklist(visit: Visit, read: ReadApplication, speaker: Speaker) -> Checklist:
    rules = read.rules
    with the_history(visit) as history:
        case = Case(read.content, read.whole.endorsements, rules, visit.day, history)
        found = [*lacking_of(case)]
    endorsed = {each.role for each in read.whole.endorsements}
    return checklist(read.content, rules, found, speaker, endorsed)


def _lead(read: ReadApplication, speaker: Speaker) -> str:
    say, rules = speaker.say, read.call.rules
    lead = say("in_call", title=rules.title, name=read.call.called(rules.funder))
    returned = read.standing.returned
    if read.standing.status is ApplicationStatus.RETURNED and returned is not None:
        day = speaker.day(returned.complete_by)
        return f"{lead} {say('returned_until', day=day, missing=returned.missing)}"
    if rules.deadline is None:
        return lead
    return f"{lead} {say('deadline_is', day=speaker.day(rules.deadline))}"


StepRow = tuple[str, str, object]
"""What its icon says, its words and what is beneath."""


def _steps(
    read: ReadApplication,
    speaker: Speaker,
    acts: Sequence[str],
    listed: Checklist,
    *,
    edits: bool,
) -> list[StepRow]:
    """How far it has come, and whose turn it is."""
    say, standing = speaker.say, read.standing
    submitted = standing.is_submitted or standing.award is not None
    number = standing.last.revision
    steps: list[StepRow] = [("ok", say("step_presented"), say("revision_number", number=number))]  # fmt: skip
    wanted = len(read.rules.endorsements)
    if wanted:
        left = 0 if submitted else len(listed.waits)
        kind = "you" if "endorse" in acts else ("wait" if left else "ok")
        words = say("so_many_of", count=wanted - left, all=wanted)
        steps.append((kind, say("step_endorsed"), words))
    is_returned = standing.status is ApplicationStatus.RETURNED
    yours = "submit" in acts or (is_returned and edits and not _is_mended(read))
    kind = "ok" if submitted else ("you" if yours else "wait")
    if standing.is_withdrawn:
        kind = "bad"
    status = ApplicationStatus.SUBMITTED if submitted else standing.status
    steps.append((kind, say("step_submitted"), say(f"status_{status.value}")))
    return [*steps, *_funders_steps(read, speaker, acts, is_submitted=submitted)]


def _funders_steps(
    read: ReadApplication, speaker: Speaker, acts: Sequence[str], *, is_submitted: bool
) -> Iterator[StepRow]:
    """Ranked, assessed, decided, announced: what becomes of what is submitted."""
    say, award = speaker.say, read.award
    if read.rules.rankers:
        rank = read.view.rank
        kind = "ok" if rank else ("wait" if is_submitted and not award else "off")
        words = say("rank_is", number=rank) if rank else say("by_the_trust")
        yield kind, say("step_ranked"), words
    waits = is_submitted and not award and not waits_for_rank(read)
    if read.rules.criteria and (read.is_funder or read.call.is_announced):
        last = read.standing.last.revision
        given = [e for e in read.standing.assessments if e.revision == last]
        number = sum(1 for each in given if each.conflict is None)
        kind = "you" if "assess" in acts else ("wait" if waits else "off")
        words = speaker.count("assessed", number) if number else say("not_yet")
        yield "ok" if number else kind, say("step_assessed"), words
    kind = "you" if "decide" in acts else ("wait" if waits else "off")
    words = say(f"status_{award.outcome.value}") if award else say("not_yet")
    yield "ok" if award else kind, say("step_decided"), words
    announced, by = read.call.awards.announced, read.call.rules.announce_by
    words = speaker.day(announced.announced_on) if announced else speaker.day(by)
    yield "ok" if announced else "off", say("step_announced"), words


async def _sections(visit: Visit, read: ReadApplication) -> list[ShownSection]:
    words = {each.key: each for each in read.rules.sections}
    found = []
    order = [*words]
    for each in sorted(
        read.content.sections,
        key=lambda each: order.index(each.section) if each.section in words else -1,
    ):
        of = words.get(each.section)
        text, fault = await section_text(visit, each.document)
        found.append(
            ShownSection(
                of.words if of else each.section,
                of.rule if of else "",
                text,
                fault,
                each.document.sha256,
            )
        )
    return found


async def section_text(visit: Visit, document: Document) -> tuple[str, str]:
    """Text of a section; or why it cannot be shown, in words."""
    try:
        read = await read_document(
            visit.node, visit.caller, visit.views, document.sha256
        )
    except ProblemError as error:
        words, _ = problem_in_words(error, visit.language)
        return "", f"{words.title}. {words.detail}"
    if read.media_type != PLAIN_TEXT:
        return "", ""
    return read.content.decode(errors="replace"), ""


def _attachments(read: ReadApplication) -> list[dict[str, Any]]:
    words = {each.key: each for each in read.rules.attachments}
    return [
        {
            "words": words[each.kind].words if each.kind in words else each.kind,
            "rule": words[each.kind].rule if each.kind in words else "",
            "archived": each.archived,
            "document": each.document,
            "ends": extension_of(each.document.media_type) if each.document else "",
        }
        for each in read.content.attachments
    ]


def _lines(read: ReadApplication, listed: Checklist) -> list[tuple[Any, str, str, str]]:
    """Budget lines, each with its category's words and rule, and what is wrong."""
    categories = {each.key: each for each in read.rules.categories}
    return [
        (
            line,
            categories[line.category].words
            if line.category in categories
            else line.category,
            categories[line.category].rule if line.category in categories else "",
            listed.lines.get(line.line, ""),
        )
        for line in read.content.lines
    ]


def _endorsements(visit: Visit, read: ReadApplication) -> list[tuple[str, str, Any]]:
    return [
        (
            f"endorser_{each.role.value}",
            visit.node.persons.name(each.endorsed_by) or "",
            each.endorsed_on,
        )
        for each in read.whole.endorsements
    ]


def _assessments(
    visit: Visit, read: ReadApplication, speaker: Speaker
) -> list[dict[str, Any]]:
    """Points of each assessor, or the kind of a conflict; by the funder alone at first."""
    criteria = [each for each in read.rules.criteria if each.of == "application"]
    found = []
    for number, each in enumerate(read.standing.assessments, 1):
        points = {score.criterion: score for score in each.scores}
        found.append(
            {
                "who": visit.node.persons.name(each.assessor)
                or speaker.say("assessor_number", number=number),
                "revision": each.revision,
                "conflict": each.conflict.value
                if isinstance(each.conflict, Conflict)
                else "",
                "scores": [(of, points[of.key]) for of in criteria if of.key in points],
            }
        )
    return found


@router.get("/grants/documents/{sha256}", include_in_schema=False)
async def document_file(sha256: Hash, visit: TheVisit) -> Response:
    """Give a document as a file to keep, to whoever may read it."""
    async with visit.node.documents.turns[visit.organisation]:
        read = await read_document(visit.node, visit.caller, visit.views, sha256)
    name = f"{sha256[:NAME_LETTERS]}.{extension_of(read.media_type)}"
    attached = {"Content-Disposition": f'attachment; filename="{name}"'}
    headers = {**CLOSED_HEADERS, **attached}
    return Response(read.content, 200, headers, shown_type(read.media_type))


@router.get("/grants/applications/{application}/{act}", include_in_schema=False)
def act_page(application: NewName, act: str, visit: TheVisit) -> Response:
    """Show the form of an act, or what is confirmed."""
    if act not in ACTS:
        raise ProblemError("not_found")
    return shown_act(visit, ACTS[act](visit, read_application(visit, application)))


@router.post("/grants/applications/{application}/{act}", include_in_schema=False)
async def act_taken(application: NewName, act: str, visit: TheVisit) -> Response:
    """Read the form of an act: show what is confirmed, or send it."""
    if act not in ACTS:
        raise ProblemError("not_found")
    form = await sent_form(visit)
    read = await asyncio.to_thread(read_application, visit, application)
    return await taken(visit, ACTS[act](visit, read), form)

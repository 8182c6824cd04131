"""What a draft lacks, by the very checks of a submission."""

from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from api.desk.application_drafts import ApplicationDraft
from api.pages.forms import Faults, Typed, faults_of
from api.pages.grants.grant_checklist import Checklist, checklist
from api.pages.grants.grant_draft import DraftView, as_content, content_typed
from api.pages.grants.grant_read import SECTION, ReadCall, the_history
from api.pages.visit import Visit
from domain.document import Document
from domain.grants.application import ApplicationContent
from domain.grants.applying import in_order
from domain.grants.rules import CallRules
from domain.grants.standing import ApplicationStanding
from domain.grants.submission import Case, lacking_of
from domain.refusal import Refusal
from federation.documents.salted import PLAIN_TEXT


@dataclass(frozen=True)
class Judged:
    """A draft as it stands: what it says, what it lacks."""

    content: ApplicationContent | None
    """None where something cannot be read as what it should be."""
    faults: Faults
    listed: Checklist
    is_presented: bool
    """Whether the last revision says just this."""


class OpenDraft(NamedTuple):
    """A draft that the visitor may write in, with its call."""

    draft: ApplicationDraft
    call: ReadCall
    standing: ApplicationStanding | None
    """What was presented of it, if anything was."""

    @property
    def address(self) -> str:
        """Where it is written."""
        return f"/grants/applications/{self.draft.application}/draft"

    @property
    def rules(self) -> CallRules:
        """Rules by which it is judged."""
        return self.call.rules if self.standing is None else self.standing.rules


def judged(visit: Visit, opened: OpenDraft, typed: DraftView) -> Judged:
    """Say what a draft lacks by the very checks of a submission."""
    rules, speaker = opened.rules, visit.speaker(SECTION)
    read, members = content_typed(visit, typed, rules, _not_kept, whole=False)
    try:
        content = in_order(as_content(members))
    except (ValidationError, Refusal) as error:
        return Judged(None, faults_in(visit, read, error), Checklist((), {}), False)  # noqa: FBT003
    standing = opened.standing
    presented = standing is not None and _is_same(visit, content, standing, typed)
    endorsements = standing.endorsements if standing and presented else ()
    with the_history(visit) as history:
        case = Case(content, endorsements, rules, visit.day, history)
        found = [*lacking_of(case)]
    listed_items = checklist(content, rules, found, speaker)
    return Judged(content, read.faults, listed_items, presented)


def _not_kept(text: str) -> Document:
    """What stands for a text that is a document only when it is presented."""
    return Document(sha256="0" * 64, media_type=PLAIN_TEXT, size=len(text.encode()))


def _is_same(
    visit: Visit,
    content: ApplicationContent,
    standing: ApplicationStanding,
    typed: DraftView,
) -> bool:
    """Whether the last revision says just what is typed, its texts included."""
    texts = {each.section: each.document for each in standing.last.content.sections}
    for section in content.sections:
        document = texts.get(section.section)
        kept = visit.node.documents.content(document.sha256) if document else None
        text = typed.get(f"sections.{section.section}", "").strip()
        if kept is None or kept.decode(errors="replace") != text.replace("\r\n", "\n"):
            return False
    same = content.model_copy(update={"sections": standing.last.content.sections})
    lengths = len(content.sections), len(texts)
    return lengths[0] == lengths[1] and same == standing.last.content


def faults_in(visit: Visit, read: Typed, error: Exception) -> Faults:
    """What is wrong with what was typed, in words, by field."""
    if isinstance(error, ValidationError):
        found = faults_of(visit, error)
        return Faults(found.summary, {**found.of, **read.faults.of})
    say = visit.speaker(SECTION).say
    return Faults(say("stands_twice"), {**read.faults.of})

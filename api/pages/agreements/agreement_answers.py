"""What is said to terms: each on a page that repeats them, with their fingerprint."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from markupsafe import Markup, escape

from api.pages.acting import (
    Confirmation,
    as_command,
    confirmed,
    on_behalf,
    require_sender,
    send,
    then,
)
from api.pages.agreements.agreement_read import (
    ReadAgreement,
    answering_of,
    read_agreement,
    version_numbered,
)
from api.pages.agreements.version_lines import VersionTeller
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from domain.agreements.answer import Answer, AnswerVersion, EndorserRole
from domain.agreements.counter import AdoptCounterProposal
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.withdrawal import WithdrawVersion
from domain.fact import Command
from domain.values import NewName, VersionNumber
from projections.agreements import Version

router: Final[APIRouter] = public()
SECTION: Final = "page_agreement"
SaidForm = Mapping[str, str]
Maker = Callable[[Visit, SaidForm], Mapping[str, object]]


class SaidToTerms(NamedTuple):
    """One thing that is said to terms."""

    command: type[Command]
    kinds: frozenset[str]
    """Of what: of versions, or of counter-proposals."""
    more: Maker
    """What is sent beside agreement, version and fingerprint."""


_BOTH: Final = frozenset({"versions", "counter-proposals"})
_VERSIONS: Final = frozenset({"versions"})
_COUNTERS: Final = frozenset({"counter-proposals"})


def _nothing(_: Visit, __: SaidForm) -> Mapping[str, object]:
    return {}


def _endorsement(visit: Visit, form: SaidForm) -> Mapping[str, object]:
    actor = visit.caller.actor
    name = visit.node.persons.name(actor) or actor
    return {
        "role": form.get("role", ""),
        "endorsed_by": visit.node.persons.pseudonym(visit.organisation, name),
        "endorsed_on": visit.day.isoformat(),
    }


SAID: Final[Mapping[str, SaidToTerms]] = {
    "accept": SaidToTerms(
        AnswerVersion, _VERSIONS, lambda _, __: {"answer": Answer.ACCEPTED}
    ),
    "decline": SaidToTerms(
        AnswerVersion, _VERSIONS, lambda _, __: {"answer": Answer.DECLINED}
    ),
    "adopt": SaidToTerms(AdoptCounterProposal, _COUNTERS, _nothing),
    "withdraw": SaidToTerms(WithdrawVersion, _BOTH, _nothing),
    "endorse": SaidToTerms(EndorseVersion, _BOTH, _endorsement),
}
"""By the last part of the address."""


def _said(kind: str, act: str) -> SaidToTerms:
    said = SAID.get(act)
    if said is None or kind not in said.kinds:
        raise ProblemError("not_found")
    return said


@router.get("/agreements/{agreement}/{kind}/{version}/{act}", include_in_schema=False)
def say_to_terms(
    agreement: NewName, kind: str, version: VersionNumber, act: str, visit: TheVisit
) -> Response:
    """Show what is said, to which terms, before it is said."""
    require_sender(visit, _said(kind, act).command)
    read = read_agreement(visit, agreement)
    speaker = visit.speaker(SECTION)
    found = version_numbered(_versions(read, kind), version)
    say, number = speaker.say, found.terms.version
    at = f"/agreements/{read.name}"
    choices = []
    if act == "endorse":
        options = [(each.value, say(f"endorser_{each}")) for each in EndorserRole]
        choices.append(("role", say("endorser"), options))
    return confirmed(
        visit,
        SECTION,
        "agreements",
        Confirmation(
            title=say(f"ask_{act}", number=number, name=read.name),
            lead=_lead(act, read, found, speaker),
            what=say(f"what_{act}"),
            facts=[*facts_of_terms(read, found, speaker), *on_behalf(visit, speaker)],
            action=f"{at}/{kind}/{number}/{act}",
            verb=say(f"do_{act}", name=read.short_name(visit.organisation)),
            back=at,
            crumbs=[
                (say("menu_agreements"), "/agreements"),
                (say("agreement_named", name=read.name), at),
            ],
            fields={"fingerprint": found.fingerprint},
            choices=choices,
            after=say(f"after_{act}", name=read.short_name(answering_of(found))),
        ),
    )


@router.post("/agreements/{agreement}/{kind}/{version}/{act}", include_in_schema=False)
async def said_to_terms(
    agreement: NewName, kind: str, version: VersionNumber, act: str, visit: TheVisit
) -> Response:
    """Say it to the very terms that were shown."""
    said, form = _said(kind, act), await sent_form(visit)
    if not form.get("fingerprint"):
        raise ProblemError("precondition_required", {"header": "fingerprint"})
    command = as_command(
        said.command,
        agreement=agreement,
        version=version,
        fingerprint=form["fingerprint"],
        **said.more(visit, form),
    )
    outcome = await send(visit, command, form)
    if isinstance(command, EndorseVersion):
        name = visit.node.persons.name(visit.caller.actor) or visit.caller.actor
        visit.node.persons.remember(command.endorsed_by, name)
    return then(f"/agreements/{agreement}", outcome)


def _versions(read: ReadAgreement, kind: str) -> list[Version]:
    view = read.view
    of = view.versions if kind == "versions" else view.counter_proposals
    return [*of]


def _lead(act: str, read: ReadAgreement, version: Version, speaker: Speaker) -> str:
    return speaker.say(
        f"lead_{act}",
        payer=read.short_name(read.payer),
        name=read.short_name(answering_of(version)),
        day=speaker.day(version.terms.effective_from),
    )


def facts_of_terms(
    read: ReadAgreement, version: Version, speaker: Speaker, *, whole: bool = False
) -> list[tuple[str, object]]:
    """What is signed: told against what is agreed now, or ``whole``."""
    say, terms = speaker.say, version.terms
    before = read.now if read.accepted and read.now is not version else None
    teller = VersionTeller(speaker)
    changes = teller.changes(terms, before.terms if before else None)
    found: list[tuple[str, object]] = []
    if changes:
        told = (f"{label}: {words}" for label, words in changes)
        found.append((say("changed"), Markup("<br>").join(map(escape, told))))
    if whole:
        lines = teller.lines([terms])
        found += [
            (line.label, line.cells[0].text if line.cells else "") for line in lines
        ]
    elif not changes:
        found.append((say("posts"), _posts_told(version, speaker)))
    if not whole:
        found.append((say("applies_from"), speaker.day(terms.effective_from)))
    found += _money(read, version, speaker)
    for given in version.endorsements:
        role = Speaker(speaker.language, "agreement").say(f"endorsed_{given.role}")
        found.append((say("endorsed"), f"{role}, {speaker.day(given.endorsed_on)}"))
    digits = Markup('<span class="fg-mono">{}</span>')
    found.append((say("fingerprint"), digits.format(version.short_fingerprint)))
    return found


def _posts_told(version: Version, speaker: Speaker) -> Markup:
    told = [
        speaker.say(
            "post_told",
            post=post.post,
            percent=speaker.percent(post.percent),
            amount=speaker.kr(post.annual_cost_ore),
        )
        for post in version.terms.posts
    ]
    return Markup("<br>").join(map(escape, told))


def _money(
    read: ReadAgreement, version: Version, speaker: Speaker
) -> list[tuple[str, object]]:
    """What it costs by year where that is something else, and what is left then."""
    say, kr = speaker.say, speaker.kr
    found: list[tuple[str, object]] = []
    for cost in read.costs_by_year(version):
        if cost.offered_ore is not None and cost.offered_ore != cost.agreed_ore:
            more = cost.offered_ore - cost.agreed_ore
            key = "costs_more" if more > 0 else "costs_less"
            words = say(key, amount=kr(cost.offered_ore), more=kr(abs(more)))
            found.append((say("costs_in", year=str(cost.year)), words))
    fit = read.fits(version)
    if fit is not None:
        words = say("left_of", left=kr(fit.after_ore), frame=kr(fit.frame_ore))
        found.append((say("left_in", year=str(fit.year)), words))
    return found

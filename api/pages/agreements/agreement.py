"""An agreement: what a version would change, what it costs, and whose turn it is."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from api.pages.acting import may_send
from api.pages.agreements.agreement_read import (
    CostOfYear,
    ReadAgreement,
    answering_of,
    awaits,
    is_counter,
    lacks_endorsement,
    maker_of,
    read_agreement,
)
from api.pages.agreements.version_lines import VersionTeller
from api.pages.post_strips import post_strips
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.routers import public
from domain.agreements.agreement import ProposeVersion
from domain.agreements.answer import AnswerVersion
from domain.agreements.counter import AdoptCounterProposal
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.standing import AgreementStatus, VersionStatus
from domain.agreements.withdrawal import WithdrawVersion
from domain.posts.staffing import RecordStaffing
from domain.values import NewName
from projections.agreements import Version
from projections.waiting_matter import WaitingKind, WaitingMatter
from projections.waiting_periods import HostedBy, agreed_terms, periods_waiting

router: Final[APIRouter] = public()
SECTION: Final = "page_agreement"
BESIDE_MAX: Final = 4
"""Versions that are shown beside each other, unless all are asked for."""


class PageAction(NamedTuple):
    """A button: what it says, where it leads, and how it looks."""

    words: str
    address: str
    variant: str = "secondary"


class PageStep(NamedTuple):
    """A step of a conversation."""

    kind: str
    title: str
    words: str


@router.get("/agreements/{agreement}", include_in_schema=False)
def agreement_page(agreement: NewName, visit: TheVisit, versions: str = "") -> Response:
    """Show an agreement with its versions side by side."""
    read = read_agreement(visit, agreement)
    speaker = visit.speaker(SECTION)
    columns = read.columns if versions == "all" else read.columns[:BESIDE_MAX]
    offer = read.offer
    with visit.views() as connection:
        strips = post_strips(connection, visit.day, read.view, speaker)
        hosted = HostedBy(read.now.terms.network, read.payee)
        asked = (connection, visit.day, visit.organisation)
        terms = agreed_terms(*asked, hosted)
        waiting = periods_waiting(*asked, terms, with_coordinated=False)
        periods = [each for each in waiting if _is_of(each, read)]
    return visit.page(
        "agreement.html",
        SECTION,
        "agreements",
        read=read,
        columns=columns,
        ours=visit.organisation,
        hidden=len(read.columns) - len(columns),
        lines=VersionTeller(speaker).lines([each.terms for each in columns]),
        states=[_version_state(read, each, visit, speaker) for each in columns],
        offer=offer,
        waits=bool(offer and answering_of(offer) == visit.organisation),
        actions=_actions(visit, read, speaker),
        steps=_steps(visit, read, speaker),
        years=[
            (each, _sum_in_words(each, speaker)) for each in read.costs_by_year(offer)
        ],
        fit=read.fits(offer or read.now),
        state=_agreement_state(read, speaker),
        strips=strips,
        staffs=visit.organisation == read.payee and may_send(visit, RecordStaffing),
        periods=_told_periods(periods, speaker),
    )


def _is_of(matter: WaitingMatter, read: ReadAgreement) -> bool:
    if matter.kind is WaitingKind.ISSUE_INVOICE:
        return matter.subject == read.name
    return matter.subject == read.now.terms.network and read.payee in matter.key


def _told_periods(
    matters: Sequence[WaitingMatter], speaker: Speaker
) -> list[tuple[str, str]]:
    return [
        (speaker.say(f"period_{each.kind.value}"), speaker.period(each.period))
        for each in matters
        if each.period is not None
    ]


def _agreement_state(read: ReadAgreement, speaker: Speaker) -> tuple[str, str]:
    status = read.view.status
    kinds: Mapping[AgreementStatus, str] = {
        AgreementStatus.PROPOSED: "wait",
        AgreementStatus.NOT_AGREED: "off",
        AgreementStatus.AGREED: "ok",
        AgreementStatus.IN_FORCE: "ok",
        AgreementStatus.TERMINATED: "off",
        AgreementStatus.EXPIRED: "off",
    }
    words = speaker.say(f"standing_{status.value}")
    if read.view.last_day and status is AgreementStatus.IN_FORCE:
        day = speaker.short_day(read.view.last_day)
        return "warn", speaker.say("standing_ends", day=day)
    return kinds[status], words


def _version_state(
    read: ReadAgreement, version: Version, visit: Visit, speaker: Speaker
) -> tuple[str, str]:
    """State of a column, and its word."""
    say, terms = speaker.say, version.terms
    if awaits(version):
        ours = answering_of(version) == visit.organisation
        word = "counter" if is_counter(version) else "proposal"
        return ("you" if ours else "wait"), say(f"version_{word}")
    if version.status is VersionStatus.ACCEPTED:
        if version.superseded_by is not None:
            return "off", say("version_superseded")
        if version is read.now and read.view.status is AgreementStatus.IN_FORCE:
            return "ok", say("version_now")
        if terms.effective_from > visit.day:
            day = speaker.short_day(terms.effective_from)
            return "ok", say("version_from", day=day)
        return "off", say("version_over")
    kind = "bad" if version.status is VersionStatus.DECLINED else "off"
    return kind, say(f"version_{version.status.value}")


def _actions(visit: Visit, read: ReadAgreement, speaker: Speaker) -> list[PageAction]:
    """What the visitor may do now, the main action first."""
    offer = read.offer
    found = [] if offer is None else _on_offer(visit, read, offer, speaker)
    at, ours = f"/agreements/{read.name}", visit.organisation
    if ours == read.coordinator and may_send(visit, ProposeVersion):
        variant = "secondary" if found else "primary"
        found.append(PageAction(speaker.say("propose"), f"{at}/propose", variant))
        if read.accepted:
            found.append(PageAction(speaker.say("grow"), f"{at}/wage-growth"))
    is_party = ours in {read.payer, read.payee}
    lasting = (AgreementStatus.IN_FORCE, AgreementStatus.AGREED)
    if (
        is_party
        and read.view.status in lasting
        and read.view.last_day is None
        and may_send(visit, TerminateAgreement)
    ):
        end = PageAction(speaker.say("terminate"), f"{at}/terminate", "tertiary")
        found.append(end)
    return found


def _on_offer(
    visit: Visit, read: ReadAgreement, offer: Version, speaker: Speaker
) -> list[PageAction]:
    say, number = speaker.say, offer.terms.version
    kind = "counter-proposals" if is_counter(offer) else "versions"
    at, ours = f"/agreements/{read.name}/{kind}/{number}", visit.organisation
    found = []
    lacks = lacks_endorsement(offer)
    if lacks and ours == read.payee and may_send(visit, EndorseVersion):
        action = PageAction(say("endorse", number=number), f"{at}/endorse", "primary")
        found.append(action)
    if ours == answering_of(offer) and may_send(visit, AnswerVersion):
        if is_counter(offer):
            accept = f"{at}/adopt" if may_send(visit, AdoptCounterProposal) else ""
        else:
            accept = f"{at}/accept"
        if accept and not lacks:
            words = say("accept", number=number)
            found.append(PageAction(words, accept, "primary"))
        if not is_counter(offer):
            found.append(PageAction(say("counter"), f"{at}/counter"))
            found.append(PageAction(say("decline"), f"{at}/decline", "tertiary"))
    if ours == maker_of(offer) and may_send(visit, WithdrawVersion):
        found.append(PageAction(say("withdraw"), f"{at}/withdraw"))
    return found


def _steps(visit: Visit, read: ReadAgreement, speaker: Speaker) -> list[PageStep]:
    """Conversation about the open offer, else about the newest terms."""
    version = read.offer or read.columns[0]
    steps = []
    if is_counter(version):
        answered = version.answers_version
        first = next(v for v in read.view.versions if v.terms.version == answered)
        steps.append(_signed_step("step_proposed", first, 0, read, speaker))
    key = "step_countered" if is_counter(version) else "step_proposed"
    steps.append(_signed_step(key, version, 0, read, speaker))
    if version.terms.endorsement is not None:
        steps.append(_endorsement_step(visit, read, version, speaker))
    answering = answering_of(version)
    name = read.plain_name(answering)
    if len(version.signatures) > 1:
        steps.append(_signed_step("step_accepted", version, 1, read, speaker))
    elif awaits(version):
        ours = answering == visit.organisation and may_send(visit, AnswerVersion)
        kind = "you" if ours and not lacks_endorsement(version) else "wait"
        from_day = speaker.short_day(version.terms.effective_from)
        words = speaker.say("step_applies", day=from_day)
        steps.append(PageStep(kind, speaker.say("step_accepts", name=name), words))
    else:
        words = speaker.say(f"version_{version.status.value}")
        steps.append(PageStep("bad", name, words))
    return steps


def _signed_step(
    key: str, version: Version, index: int, read: ReadAgreement, speaker: Speaker
) -> PageStep:
    signature = version.signatures[index]
    title = speaker.say(key, name=read.plain_name(signature.organisation))
    number = version.terms.version
    words = speaker.say(
        "step_when", when=speaker.at(signature.signed_at), number=number
    )
    return PageStep("ok", title, words)


def _endorsement_step(
    visit: Visit, read: ReadAgreement, version: Version, speaker: Speaker
) -> PageStep:
    title = speaker.say("step_endorsed")
    if version.endorsements:
        given = version.endorsements[0]
        role = Speaker(speaker.language, "agreement").say(f"endorsed_{given.role}")
        words = f"{role}, {speaker.short_day(given.endorsed_on)}"
        return PageStep("ok", title, words)
    ours = read.payee == visit.organisation and may_send(visit, EndorseVersion)
    words = speaker.say("step_endorses", name=read.plain_name(read.payee))
    return PageStep("you" if ours else "wait", title, words)


def _sum_in_words(cost: CostOfYear, speaker: Speaker) -> list[str]:
    """How a year comes about, by days: of each post that is not there all the year."""
    told = []
    for post, days in cost.days.items():
        parts = [
            speaker.count("days_of", each.days, amount=speaker.kr(each.annual_cost_ore))
            for each in days
        ]
        if not parts:
            continue
        words = speaker.say("and_between").join(parts)
        told.append(f"{post}: {words}" if len(cost.days) > 1 else words)
    return told

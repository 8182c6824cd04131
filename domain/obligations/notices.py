"""Notices of an obligation: whom it is told to, at which steps, and whether it is waived.

Streams are named by the obligation, or by the obligation and a step, in the region of
whoever is told. The node claims a notice before it hands over the e-mail, and says
afterwards what the mail server took: nobody is told twice, and what was claimed alone
may be missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import StringConstraints

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.obligations.obligation import Obligation
from domain.values import Day, FreeText, KnownPerson, OrganisationNumber, Text

TOLD: Final = "told"
"""The step at which others are told at once."""
ESCALATION: Final = "escalation"
"""The step at which the health authority is told too."""
NoticeStep = Annotated[
    str,
    StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|escalation|told)$"),
]
"""The day of a reminder, ``escalation`` or ``told``."""
MessageId = Annotated[
    str, StringConstraints(pattern=r"^<[^<>\s\x00-\x1f\x7f]{1,500}>$")
]
"""An e-mail's own, as RFC 5322 has it."""


class NoticeLanguage(StrEnum):
    """What a notice is written in."""

    BOKMAL = "nb"
    NYNORSK = "nn"
    ENGLISH = "en"


class ObligationWaived(Fact, name="obligation.waived.v1"):
    """What an organisation owed is not asked of it any more."""

    obligation: Text
    by: KnownPerson
    reason: FreeText


class NoticeClaimed(
    Fact, name="notice.claimed.v1", found_by=("obligation step to", "to")
):
    """A node is about to tell an organisation of an obligation, and nobody else is."""

    obligation: Text
    step: NoticeStep
    to: OrganisationNumber
    language: NoticeLanguage


class NoticeSent(Fact, name="notice.sent.v1", found_by=("obligation step to",)):
    """A mail server took the e-mail of a notice; of several notices it may be one."""

    obligation: Text
    step: NoticeStep
    to: OrganisationNumber
    message_id: MessageId
    accepted_on: Day


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to one organisation; without ``sent`` it may be missing."""

    claimed: NoticeClaimed
    sent: NoticeSent | None = None


@dataclass(frozen=True, slots=True)
class NoticeStanding:
    """What was said of an obligation, or of one step of it; the first word stays."""

    waived: ObligationWaived | None = None
    notices: tuple[Notice, ...] = ()

    def notice_to(self, organisation: str) -> Notice | None:
        """Notice to an organisation, if one was claimed."""
        found = (each for each in self.notices if each.claimed.to == organisation)
        return next(found, None)


def evolve(state: NoticeStanding, fact: Fact) -> NoticeStanding:
    """Fold one fact."""
    match fact:
        case ObligationWaived() if state.waived is None:
            return replace(state, waived=fact)
        case NoticeClaimed() if state.notice_to(fact.to) is None:
            return replace(state, notices=(*state.notices, Notice(fact)))
        case NoticeSent():
            return replace(state, notices=tuple(_sent(state, fact)))
        case _:
            return state


def _sent(state: NoticeStanding, fact: NoticeSent) -> Iterator[Notice]:
    for each in state.notices:
        is_it = each.claimed.to == fact.to and each.sent is None
        yield replace(each, sent=fact) if is_it else each


NOTICES = Category(
    "notices",
    NoticeStanding(),
    evolve,
    holds=(ObligationWaived, NoticeClaimed, NoticeSent),
    shown_to=ShownTo.MEMBERS,
)
"""By the id of an obligation, or by :func:`notice_key`."""


def notice_key(obligation: str, step: str) -> str:
    """Key of what was told at one step."""
    return f"{obligation}:{step}"


class ComingNotice(NamedTuple):
    """A step of an obligation: from which day on whom it is told to."""

    step: str
    from_on: date
    to: frozenset[str]


def notices_of(owed: Obligation, authority: str) -> tuple[ComingNotice, ...]:
    """Steps of an obligation, in their order.

    Who owes it is reminded. It is escalated to who owes it and to ``authority``, the
    health authority of that region. Whom the obligation names is told at once.
    """
    own = frozenset({owed.owed_by})
    steps = [ComingNotice(day.isoformat(), day, own) for day in owed.remind_on]
    if owed.tell:
        steps.insert(0, ComingNotice(TOLD, date.min, frozenset(owed.tell)))
    if owed.escalate_on is not None:
        to = own | {authority}
        steps.append(ComingNotice(ESCALATION, owed.escalate_on, to))
    return tuple(sorted(steps, key=lambda each: each.from_on))

"""Telling organisations by e-mail of what is owed: claimed in the journal, then sent.

- Of each obligation the last step that has come is told, to an organisation once.
- What is due to one organisation goes out as one message, to all who wish e-mail in a
  role that may do something about it, in their languages. Where nobody does, nothing is
  claimed.
- It goes out in the morning, and at any hour where somebody wishes to hear at once.
- A mail server that is away is found out before anything is claimed. What was claimed
  and not taken by it for sure is not sent again, and is named (``projections.notices``).
"""

import smtplib
import uuid
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from email.message import EmailMessage
from typing import Final, NamedTuple

import structlog

from api.desk.notices import NoticePace, NoticeWish
from api.known import known_until
from api.mailing import MORNING_HOUR, Mailer, UnsentError, letter
from api.obligations import OwedOnDay, all_owed
from api.services import Node
from api.words import Language, sentence
from domain.fact import Command
from domain.kind import DECLARED, NODE
from domain.obligations.duty import DONE_BY, duty_of
from domain.obligations.notices import (
    ESCALATION,
    NOTICES,
    TOLD,
    NoticeLanguage,
    notice_key,
    notices_of,
)
from domain.obligations.noticing import ClaimNotice, ConfirmNotice
from domain.obligations.obligation import ObligationState
from domain.obligations.waiver import WaiveObligation
from domain.parties.organisation import ORGANISATION
from domain.refusal import Refusal
from domain.role import Role
from domain.values import BUSINESS_ZONE, REGIONAL_AUTHORITY
from federation.log.executor import RequestContext
from projections.database import reading

log = structlog.get_logger()

SECTION: Final = "notice"
REMINDER: Final = "reminder"
NOBODY: Final = "undisclosed-recipients:;"
"""Whom a message to several is to: none of them reads the others' addresses."""
_NOT_DONE: Final = frozenset({ObligationState.OPEN, ObligationState.OVERDUE})


class DueNotice(NamedTuple):
    """A step of an obligation that an organisation has not been told of."""

    obligation: str
    step: str
    roles: AbstractSet[Role]
    """In which somebody may do it, or see to it for the health authority."""

    @property
    def kind(self) -> str:
        """What its words are: a reminder, an escalation, or told at once."""
        return self.step if self.step in {ESCALATION, TOLD} else REMINDER

    @property
    def key(self) -> str:
        """Key of its stream."""
        return notice_key(self.obligation, self.step)


def due_notices(node: Node, organisation: str, day: date) -> list[DueNotice]:
    """What an organisation is to be told on a day, as far as the read models know."""
    with reading(node.views) as connection:
        owed = [
            each
            for each in all_owed(node, connection, day, day.year + 1, organisation)
            if each.state in _NOT_DONE and _concerns(each, organisation)
        ]
    with known_until(node, day) as history:
        owing = {each.obligation.owed_by for each in owed}
        parties = history.states(ORGANISATION, sorted(owing))
        found = []
        for each in owed:
            party = parties[each.obligation.owed_by].registered
            step = party and _last_step(
                each, REGIONAL_AUTHORITY[party.region], organisation, day
            )
            if step:
                found.append(_due(each, step, organisation))
        told = history.states(NOTICES, [each.key for each in found])
    return [each for each in found if told[each.key].notice_to(organisation) is None]


def _concerns(owed: OwedOnDay, organisation: str) -> bool:
    """Whether an organisation may be told of something at any step."""
    whom = {owed.obligation.owed_by, *owed.obligation.tell}
    return organisation in whom.union(REGIONAL_AUTHORITY.values())


def _last_step(
    owed: OwedOnDay, authority: str, organisation: str, day: date
) -> str | None:
    came = [
        each.step
        for each in notices_of(owed.obligation, authority)
        if organisation in each.to and each.from_on <= day
    ]
    return came[-1] if came else None


def _due(owed: OwedOnDay, step: str, organisation: str) -> DueNotice:
    obligation = owed.obligation
    roles = DECLARED[DONE_BY[duty_of(obligation.id)]].authority.by
    if organisation != obligation.owed_by:
        roles = roles | DECLARED[WaiveObligation].authority.by
    return DueNotice(obligation.id, step, roles)


class OwedNotices:
    """Tells an organisation's people what is owed, each step once."""

    def __init__(self, node: Node, mailer: Mailer) -> None:
        self._node = node
        self._mailer = mailer
        self._told_on: dict[str, date] = {}

    def tell(self, organisation: str, wishes: Sequence[NoticeWish]) -> int:
        """Tell what is due; return how many messages went out."""
        now = self._node.clock.now().astimezone(BUSINESS_ZONE)
        daily = all(each.pace is NoticePace.DAILY for each in wishes)
        told_today = self._told_on.get(organisation) == now.date()
        if daily and (now.hour < MORNING_HOUR or told_today):
            return 0
        roles = {each.role for each in wishes}
        due = [
            each
            for each in due_notices(self._node, organisation, now.date())
            if each.roles & roles
        ]
        if not due:
            return 0
        try:
            with self._mailer.connected() as server:
                sent = self._claim_and_send(server, organisation, wishes, due)
        except UnsentError:
            log.warning("notice_not_sent", server=self._mailer.host)
            return 0
        self._told_on[organisation] = now.date()
        return sent

    def _claim_and_send(
        self,
        server: smtplib.SMTP,
        organisation: str,
        wishes: Sequence[NoticeWish],
        due: Sequence[DueNotice],
    ) -> int:
        languages = _languages(_readers(wishes, due))
        claimed = [
            each for each in due if self._claim(each, organisation, languages[0])
        ]
        if not claimed:
            return 0
        readers = _readers(wishes, claimed)
        addresses = sorted({each.address for each in readers})
        message = self._message(claimed, _languages(readers))
        try:
            refused = server.send_message(message, to_addrs=addresses)
        except (smtplib.SMTPException, OSError):
            # It may have gone out: what was claimed stays, and is named.
            log.warning("notice_uncertain", server=self._mailer.host)
            return 0
        for each in claimed:
            self._confirm(each, organisation, message)
        log.info("notice_sent", matters=len(claimed), refused=len(refused))
        return 1

    def _message(
        self, claimed: Sequence[DueNotice], languages: Sequence[Language]
    ) -> EmailMessage:
        texts = [owed_text(claimed, each, self._node.public_url) for each in languages]
        return letter(
            self._mailer.sender,
            NOBODY,
            _counted(languages[0], "owed_subject", len(claimed)),
            "\n---\n\n".join(texts),
            languages,
            self._node.clock.now(),
        )

    def _claim(self, due: DueNotice, organisation: str, language: Language) -> bool:
        command = ClaimNotice(
            obligation=due.obligation,
            step=due.step,
            to=organisation,
            language=NoticeLanguage(language.value),
        )
        return self._said(command)

    def _confirm(
        self, due: DueNotice, organisation: str, message: EmailMessage
    ) -> None:
        command = ConfirmNotice(
            obligation=due.obligation,
            step=due.step,
            to=organisation,
            message_id=str(message["Message-ID"]),
        )
        self._said(command)

    def _said(self, command: Command) -> bool:
        """Whether the node's own word was taken; else another process was faster."""
        node = self._node
        key = uuid.uuid4().hex
        asker = RequestContext(
            actor=NODE,
            organisation=REGIONAL_AUTHORITY[node.region],
            key=key,
            correlation_id=key,
            now=node.clock.now(),
        )
        outcome = node.executor.execute(command, asker)
        if isinstance(outcome, Refusal):
            log.info("notice_refused", code=outcome.code.value)
            return False
        return True


def _readers(
    wishes: Sequence[NoticeWish], due: Sequence[DueNotice]
) -> list[NoticeWish]:
    """Who may do something about any of it."""
    return [wish for wish in wishes if any(wish.role in each.roles for each in due)]


def _languages(readers: Sequence[NoticeWish]) -> list[Language]:
    """Languages of some readers, that of most of them first."""
    counted = Counter(Language(each.language) for each in readers)
    return sorted(counted, key=lambda each: (-counted[each], each.value))


def owed_text(due: Sequence[DueNotice], language: Language, node_url: str) -> str:
    """Write what is owed in a language: how many of which kind, and where to read."""
    counted = Counter(each.kind for each in due)
    lines = [
        f"- {sentence(language, SECTION, f'owed_{kind}')}: {number}"
        for kind, number in sorted(counted.items())
    ]
    where = sentence(
        language, SECTION, "owed_where", {"url": f"{node_url}/obligations"}
    )
    lead = sentence(language, SECTION, "owed_lead")
    why = sentence(language, SECTION, "why")
    return "\n".join([lead, "", *lines, "", where, "", why, ""])


def _counted(language: Language, key: str, number: int) -> str:
    plural = "one" if number == 1 else "other"
    return sentence(language, SECTION, f"{key}_{plural}", {"count": number})

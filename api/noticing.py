"""Telling people by e-mail what waits for them: the kinds and how many, and where.

E-mail is read by many on its way: neither amounts, nor names, nor numbers are in it.
"""

import asyncio
import hashlib
import smtplib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog

from api.desk.notices import NoticePace, NoticeWish
from api.mailing import MORNING_HOUR, Mailer, UnsentError, letter
from api.owed_matters import all_waiting
from api.owed_notices import OwedNotices
from api.services import Node
from api.words import Language, sentence
from projections.database import reading
from projections.waiting_matter import WaitingKind, WaitingMatter

log = structlog.get_logger()

LOOK_SECONDS: Final = 5.0
ROUND_LOOKS: Final = 12
"""Looks between two rounds: a minute."""
OSLO: Final = ZoneInfo("Europe/Oslo")
_ON_THE_WAY: Final = (smtplib.SMTPDataError, smtplib.SMTPServerDisconnected, OSError)


class _Due(NamedTuple):
    wish: NoticeWish
    matters: Sequence[WaitingMatter]


class NoticeSender:
    """Tells whoever wants to hear of it what waits for them, each thing once."""

    def __init__(self, node: Node, mailer: Mailer) -> None:
        self._node = node
        self._notices = node.notices
        self._mailer = mailer
        self._owed = OwedNotices(node, mailer)

    async def run(self) -> None:
        """Go round each minute, for as long as the process leads."""
        while True:
            await asyncio.to_thread(self.round)
            for _ in range(ROUND_LOOKS):
                await asyncio.sleep(LOOK_SECONDS)

    def round(self) -> int:
        """Tell everybody what is new for them; return how many messages went out.

        What an organisation owes is told to all its people together.
        """
        sent = 0
        of = defaultdict(list)
        for wish in self._notices.wishes():
            of[wish.organisation].append(wish)
            due = self._due(wish)
            if due.matters:
                sent += self._tell(due)
        return sent + sum(self._owed.tell(each, of[each]) for each in sorted(of))

    def _due(self, wish: NoticeWish) -> _Due:
        now = self._node.clock.now().astimezone(OSLO)
        daily = wish.pace is NoticePace.DAILY
        if daily and (now.hour < MORNING_HOUR or wish.told_on == now.date()):
            return _Due(wish, ())
        with reading(self._node.views) as connection:
            waiting = all_waiting(self._node, connection, now.date(), wish.organisation)
        mine = [
            each
            for each in waiting
            if each.waits_for == wish.organisation
            and wish.role in each.roles
            and each.kind is not WaitingKind.MEET_OBLIGATION
        ]
        by_digest = {_digest(each): each for each in mine}
        claimed = self._notices.claimed(
            wish, by_digest.keys(), now.date(), self._node.unix_seconds()
        )
        return _Due(wish, [by_digest[each] for each in claimed])

    def _tell(self, due: _Due) -> bool:
        wish = due.wish
        message = notice_message(
            due.wish,
            due.matters,
            self._mailer.sender,
            self._node.public_url,
            self._node.clock.now(),
        )
        try:
            self._mailer.send(message)
        except UnsentError:
            self._notices.release(wish, [_digest(each) for each in due.matters])
            log.warning("notice_not_sent", server=self._mailer.host)
            return False
        except _ON_THE_WAY:
            # It may have gone out: told twice is worse than read on the page alone.
            log.warning("notice_uncertain", server=self._mailer.host)
            return False
        log.info("notice_sent", matters=len(due.matters))
        return True


def _digest(matter: WaitingMatter) -> str:
    said = "\n".join([matter.kind.value, *matter.key, matter.since.isoformat()])
    return hashlib.sha256(said.encode()).hexdigest()


def notice_message(
    wish: NoticeWish,
    matters: Sequence[WaitingMatter],
    sender: str,
    node_url: str,
    now: datetime,
) -> EmailMessage:
    """Write a notice in its reader's language."""
    language = Language(wish.language)

    def say(key: str, **values: str | int) -> str:
        return sentence(language, "notice", key, values)

    counted = Counter(matter.kind for matter in matters)
    lines = [
        f"- {sentence(language, 'notice_kind', kind.value)}: {number}"
        for kind, number in sorted(counted.items())
    ]
    late = sum(
        matter.deadline is not None and matter.deadline < now.date()
        for matter in matters
    )
    number = len(matters)
    subject = say("subject_one") if number == 1 else say("subject_other", count=number)
    body = [say("lead"), "", *lines]
    if late:
        body += ["", say("late", count=late)]
    body += ["", say("where", url=f"{node_url}/my-day"), "", say("why")]
    text = "\n".join(body) + "\n"
    return letter(sender, wish.address, subject, text, [language], now)

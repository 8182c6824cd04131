"""Notices by e-mail, over a real mail server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from api.desk.notices import NoticePace, Notices, NoticeWish
from api.mailing import Mailer
from api.noticing import NoticeSender, notice_message
from api.words import Language, sentence
from deploy.local.process import free_ports
from domain.role import Role
from projections.waiting_matter import WaitingKind
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.federation import desk_in_memory
from tests.support.logged import logged

WISH = NoticeWish(
    "person-1", BERGEN, Role.CONTROLLER, "ingrid@example.test", "nn", NoticePace.AT_ONCE
)
SENDER = "fagnett@example.test"


class Inbox:
    """What the server has taken; it may refuse, or break off."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], Message]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - of aiosmtpd
        if self.answer.startswith("250"):
            message = message_from_bytes(envelope.content)
            self.taken.append((envelope.rcpt_tos, message))
        return self.answer


def _refuses(*asked: Any) -> AuthResult:
    message = f"535 5.7.8 {asked[-1].password.decode()} is wrong"
    return AuthResult(success=False, handled=False, message=message)


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, Mailer]]:
    inbox = Inbox()
    with served(inbox) as mailer:
        yield inbox, mailer


@contextmanager
def served(inbox: Inbox) -> Iterator[Mailer]:
    """Run a mail server, and give the way to it."""
    (port,) = free_ports(1)
    server = Controller(
        inbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=_refuses,
        auth_require_tls=False,
    )
    server.start()
    try:
        yield Mailer(f"smtp://127.0.0.1:{port}", SENDER)
    finally:
        server.stop()


def body(message: Message) -> str:
    content = message.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def test_what_waits_is_told_once_in_the_readers_language(
    invoiced: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    invoiced.node.projector.catch_up()
    invoiced.node.notices.keep(WISH)
    sender = NoticeSender(invoiced.node, mailer)
    assert sender.round() == 1
    assert sender.round() == 0
    ((recipients, message),) = inbox.taken
    assert recipients == [WISH.address]
    assert "ventar på deg" in str(message["Subject"]) or "=?" in str(message["Subject"])
    assert "Fakturaer å attestere: 1" in body(message)
    for secret in ("181", "983974678", "ms-", "person-1"):
        assert secret not in body(message)


def test_somebody_in_another_role_hears_of_nothing(
    invoiced: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    invoiced.node.projector.catch_up()
    reader = NoticeWish(
        "person-7", BERGEN, Role.READER, "r@example.test", "nb", NoticePace.AT_ONCE
    )
    invoiced.node.notices.keep(reader)
    assert NoticeSender(invoiced.node, mailer).round() == 0
    assert not inbox.taken


def test_a_server_that_is_down_loses_nothing(invoiced: Door) -> None:
    invoiced.node.projector.catch_up()
    invoiced.node.notices.keep(WISH)
    away = Mailer("smtp://127.0.0.1:1", SENDER)
    assert NoticeSender(invoiced.node, away).round() == 0
    inbox = Inbox()
    with served(inbox) as there:
        assert NoticeSender(invoiced.node, there).round() == 1
    assert len(inbox.taken) == 1


@pytest.mark.law(8)
def test_a_server_that_refuses_the_password_loses_nothing_and_tells_nobody(
    invoiced: Door, mail: tuple[Inbox, Mailer]
) -> None:
    """It quotes what it was told, as some do."""
    _, mailer = mail
    invoiced.node.projector.catch_up()
    invoiced.node.notices.keep(WISH)
    known = replace(mailer, user="fagnett", password="a-secret")  # noqa: S106 - a test's
    with logged() as lines:
        assert NoticeSender(invoiced.node, known).round() == 0
    assert b"notice_not_sent" in lines.getvalue()
    assert b"a-secret" not in lines.getvalue()
    assert WISH.address.encode() not in lines.getvalue()
    assert NoticeSender(invoiced.node, mailer).round() == 1


def test_what_may_have_gone_out_is_not_sent_again(
    invoiced: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    invoiced.node.projector.catch_up()
    invoiced.node.notices.keep(WISH)
    inbox.answer = "451 perhaps"
    sender = NoticeSender(invoiced.node, mailer)
    assert sender.round() == 0
    inbox.answer = "250 OK"
    assert sender.round() == 0


@pytest.fixture
def notices() -> Notices:
    return Notices(desk_in_memory())


def test_two_processes_tell_a_thing_once(notices: Notices) -> None:
    notices.keep(WISH)
    day = date(2026, 7, 10)
    assert list(notices.claimed(WISH, ["a", "b"], day, 1)) == ["a", "b"]
    assert list(notices.claimed(WISH, ["a", "b", "c"], day, 2)) == ["c"]
    assert list(notices.claimed(WISH, ["b"], day, 3)) == []
    assert list(notices.claimed(WISH, ["a", "b"], day, 4)) == ["a"], "it waits again"


def test_a_daily_notice_is_one_a_day(notices: Notices) -> None:
    daily = replace(WISH, pace=NoticePace.DAILY)
    notices.keep(daily)
    first, second = date(2026, 7, 10), date(2026, 7, 11)
    assert list(notices.claimed(daily, ["a"], first, 1)) == ["a"]
    assert list(notices.claimed(daily, ["a", "b"], first, 2)) == []
    assert list(notices.claimed(daily, ["a", "b"], second, 3)) == ["b"]


def test_who_leaves_the_field_empty_is_forgotten(notices: Notices) -> None:
    notices.keep(WISH)
    notices.forget("person-1", BERGEN, Role.CONTROLLER)
    assert not notices.wishes()


@pytest.mark.parametrize("kind", WaitingKind)
@pytest.mark.parametrize("language", Language)
def test_each_kind_of_matter_has_words(kind: WaitingKind, language: Language) -> None:
    assert sentence(language, "notice_kind", kind.value)


def test_an_address_with_a_line_of_its_own_writes_no_header() -> None:
    wish = replace(WISH, address="a@b.no\nBcc: x@y.no")
    with pytest.raises(ValueError, match="Header"):
        notice_message(wish, [], SENDER, "", datetime(2026, 1, 1, tzinfo=UTC))

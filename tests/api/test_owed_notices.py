"""What is owed, told by e-mail over a real mail server: claimed first, and never twice."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email.message import Message
from threading import Barrier
from typing import Any, Final

import pytest

from api.auth import Role
from api.desk.notices import NoticePace, NoticeWish
from api.mailing import Mailer
from api.noticing import NoticeSender
from api.owed_notices import due_notices
from domain.fact import Fact
from domain.obligations.notices import ESCALATION, TOLD, NoticeClaimed, NoticeSent
from domain.values import REGIONAL_AUTHORITY, Region
from federation.signed.facts import fact_of
from tests.api.test_notices import SENDER, Inbox, body, served
from tests.support.door_bodies import SECRETARY, fill, governed, send
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visiting import PageVisitor

VEST: Final = REGIONAL_AUTHORITY[Region.VEST]
PLAN: Final = "body/steering/plan/2027"
REMINDED, AGAIN, ESCALATED = "2026-10-31", "2026-11-23", "2026-12-07"


@pytest.fixture
def owing(door: Door) -> Door:
    """Open the door of a node whose steering group is to adopt a plan by 30 November."""
    door.register(VEST)
    governed(door)
    return door


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, Mailer]]:
    inbox = Inbox()
    with served(inbox) as mailer:
        yield inbox, mailer


def wish(door: Door, number: int = 1, **said: Any) -> None:
    """Keep somebody's wish; of Bergen's secretary if nothing else is said."""
    given: dict[str, Any] = {
        "person": f"person-{number}",
        "organisation": BERGEN,
        "role": Role.SECRETARY,
        "address": f"n{number}@example.test",
        "language": "nn",
        "pace": NoticePace.AT_ONCE,
    }
    door.node.notices.keep(NoticeWish(**{**given, **said}))


def day_begins(door: Door, day: str) -> None:
    """Record something that concerns nobody."""
    other = {**NETWORK, "network": f"of-{day}"}
    roles = (Role.CONTROLLER,)
    send(door, "/v1/networks", other, roles, Fagnett_Business_Day=day)
    door.node.projector.catch_up()


def told(door: Door) -> Sequence[Fact]:
    """Return what the node itself has said."""
    rows = door.node.journal.entries("vest", 0, 1000)
    facts = [fact_of(row) for row in rows if row.type.startswith("notice.")]
    door.node.projector.catch_up()
    return facts


def steps(door: Door) -> list[tuple[str, str, str]]:
    """Return which notices were claimed or sent, of which step, to whom."""
    return [
        (fact.TYPE.split(".")[1], fact.step, fact.to)
        for fact in told(door)
        if isinstance(fact, NoticeClaimed | NoticeSent)
    ]


def test_a_reminder_is_claimed_sent_and_said_to_be_sent(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    wish(owing)
    sender = NoticeSender(owing.node, mailer)
    assert sender.round() == 0, "its day has not come"
    assert "get the same e-mail" in PageVisitor(owing).text("/notices")
    day_begins(owing, REMINDED)
    assert sender.round() == 1
    ((recipients, message),) = inbox.taken
    assert recipients == ["n1@example.test"]
    assert "Fristar å halde: 1" in body(message)
    for secret in ("steering", BERGEN, "n1@", "person-1"):
        assert secret not in body(message)
    claimed, sent = told(owing)
    assert isinstance(claimed, NoticeClaimed)
    assert claimed.language == "nn"
    assert isinstance(sent, NoticeSent)
    assert sent.message_id == message["Message-ID"]
    assert sent.accepted_on == date.fromisoformat(REMINDED)
    assert sender.round() == 0
    assert NoticeSender(owing.node, mailer).round() == 0, "nor after a restart"
    day_begins(owing, AGAIN)
    assert sender.round() == 1, "the next step is told"
    shown = PageVisitor(owing).text(f"/obligations/{PLAN}")
    assert "Reminder of 31 October 2026" in shown
    assert "Sent 31 October 2026" in shown


def test_colleagues_hear_in_one_message_in_their_languages(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    for number, language in enumerate(("nn", "en", "en")):
        wish(owing, number, language=language)
    wish(owing, 7, role=Role.READER)
    wish(owing, 8, organisation=STAVANGER)
    day_begins(owing, REMINDED)
    assert NoticeSender(owing.node, mailer).round() == 1
    ((recipients, message),) = inbox.taken
    assert recipients == [f"n{number}@example.test" for number in range(3)]
    assert "@example.test" not in str(message["To"])
    assert message["Content-Language"] == "en, nn"
    english, norwegian = "Deadlines to keep: 1", "Fristar å halde: 1"
    assert body(message).index(english) < body(message).index(norwegian)


def test_where_nobody_wishes_e_mail_nothing_is_claimed(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    wish(owing, role=Role.READER)
    wish(owing, 2, organisation=STAVANGER)
    day_begins(owing, REMINDED)
    assert NoticeSender(owing.node, mailer).round() == 0
    assert not inbox.taken
    assert not told(owing)


def test_a_deadline_that_was_not_kept_is_told_to_the_health_authority_too(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    wish(owing, language="en")
    wish(owing, 2, organisation=VEST, role=Role.DECIDER, language="nb")
    day_begins(owing, AGAIN)
    assert NoticeSender(owing.node, mailer).round() == 1, "the authority not yet"
    day_begins(owing, ESCALATED)
    assert NoticeSender(owing.node, mailer).round() == 2
    said = [body(message) for _, message in inbox.taken[1:]]
    assert any("Deadlines that were not kept, escalated: 1" in each for each in said)
    assert any("varslet videre: 1" in each for each in said)
    assert steps(owing)[2:] == [
        (word, ESCALATION, to) for to in (VEST, BERGEN) for word in ("claimed", "sent")
    ]


@pytest.mark.rule("S4-12")
def test_a_vacancy_is_told_at_once_to_the_operating_group(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    group = {"version": 1, "kind": "operating_group", "organisation": STAVANGER}
    said = {**group, "network": "ms", "term_years": 2, "seats": []}
    who: dict[str, Any] = {"organisation": STAVANGER}
    send(owing, "/v1/bodies/group/versions", said, SECRETARY, **who)
    fill(owing, "bergen", "Anne Berg", BERGEN)
    left = {"participant": "bergen", "left_on": "2026-01-04"}
    send(owing, "/v1/bodies/steering/seats/bergen/vacancies", left, SECRETARY)
    owing.node.projector.catch_up()
    wish(owing, organisation=STAVANGER, role=Role.DECIDER, language="en")
    assert NoticeSender(owing.node, mailer).round() == 1
    ((_, message),) = inbox.taken
    assert "Seats that have become vacant: 1" in body(message)
    assert steps(owing) == [("claimed", TOLD, STAVANGER), ("sent", TOLD, STAVANGER)]
    name = "seat/steering/bergen/vacancy/2026-01-04"
    assert "Told at once" in PageVisitor(owing).text(f"/obligations/{name}")


class _KilledError(Exception):
    """The process ends."""


def _killed(*_: Any, **__: Any) -> None:
    raise _KilledError


def test_what_was_claimed_before_a_crash_is_named_and_not_sent_again(
    owing: Door, mail: tuple[Inbox, Mailer], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, mailer = mail
    wish(owing)
    day_begins(owing, REMINDED)
    with monkeypatch.context() as patched:
        patched.setattr("smtplib.SMTP.send_message", _killed)
        with pytest.raises(_KilledError):
            NoticeSender(owing.node, mailer).round()
    assert steps(owing) == [("claimed", REMINDED, BERGEN)]
    assert NoticeSender(owing.node, mailer).round() == 0
    assert not inbox.taken
    shown = PageVisitor(owing).text(f"/obligations/{PLAN}")
    assert "May be missing" in shown
    assert "Was to be sent on 31 October 2026" in shown
    operator = PageVisitor(owing, VEST, Role.OPERATOR)
    assert "may be missing" not in operator.text("/federation"), "it may be on its way"
    day_begins(owing, "2026-11-01")
    page = operator.text("/federation")
    assert "Notices that may be missing" in page
    assert PLAN in page
    assert "may be missing" not in PageVisitor(owing).text("/federation")


def test_a_mail_server_that_is_away_claims_nothing(owing: Door) -> None:
    wish(owing, pace=NoticePace.DAILY)
    day_begins(owing, REMINDED)
    away = Mailer("smtp://127.0.0.1:1", SENDER)
    assert NoticeSender(owing.node, away).round() == 0
    assert not told(owing)


def test_what_a_server_refuses_is_not_sent_again(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    wish(owing)
    day_begins(owing, REMINDED)
    inbox.answer = "451 perhaps"
    sender = NoticeSender(owing.node, mailer)
    assert sender.round() == 0
    inbox.answer = "250 OK"
    assert sender.round() == 0
    assert steps(owing) == [("claimed", REMINDED, BERGEN)]


def test_two_processes_send_one_message(
    owing: Door, mail: tuple[Inbox, Mailer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find it due before either claims it."""
    inbox, mailer = mail
    wish(owing)
    day_begins(owing, REMINDED)
    both = Barrier(2, timeout=60)

    def found(*asked: Any) -> Any:
        due = due_notices(*asked)
        both.wait()
        return due

    monkeypatch.setattr("api.owed_notices.due_notices", found)
    senders = [NoticeSender(owing.node, mailer) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(NoticeSender.round, senders))
    assert sorted(sent) == [0, 1]
    ((_, message),) = inbox.taken
    assert isinstance(message, Message)
    assert steps(owing) == [(each, REMINDED, BERGEN) for each in ("claimed", "sent")]


def test_who_hears_once_a_day_hears_once_a_day(
    owing: Door, mail: tuple[Inbox, Mailer]
) -> None:
    inbox, mailer = mail
    wish(owing, pace=NoticePace.DAILY)
    day_begins(owing, REMINDED)
    sender = NoticeSender(owing.node, mailer)
    assert sender.round() == 1
    later = {"seats": [], "body": "later", "plan_due": "11-30", "kind": "committee"}
    charter_later(owing, later)
    assert due_notices(owing.node, BERGEN, date.fromisoformat(REMINDED))
    assert sender.round() == 0
    day_begins(owing, "2026-11-01")
    assert sender.round() == 1
    _first, _second = inbox.taken


def charter_later(door: Door, said: dict[str, Any]) -> None:
    """Charter one more body, of which something is due at once."""
    path = f"/v1/bodies/{said.pop('body')}/versions"
    whole = {"version": 1, "organisation": BERGEN, "term_years": 2, **said}
    send(door, path, whole, (Role.SECRETARY,), Fagnett_Business_Day=REMINDED)
    door.node.projector.catch_up()

"""Notices that were claimed and not sent, as each database finds them."""

from collections.abc import Sequence
from pathlib import Path

from eventsourcing.persistence import StoredEvent
from sqlalchemy import Engine

from domain.fact import Fact
from domain.obligations.notices import NoticeClaimed, NoticeLanguage, NoticeSent
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from projections.database import reading
from projections.engine import Projector
from projections.notices import unsent_notices
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import instant

OBLIGATION = "body/b/plan/2027"
STEP = "2026-10-31"
LATER = "2199-01-01T00:00:00.000000Z"


def claimed(to: str, step: str = STEP) -> NoticeClaimed:
    return NoticeClaimed(
        obligation=OBLIGATION, step=step, to=to, language=NoticeLanguage.BOKMAL
    )


def sent(claim: NoticeClaimed) -> NoticeSent:
    return NoticeSent(
        obligation=claim.obligation,
        step=claim.step,
        to=claim.to,
        message_id="<1@node.no>",
        accepted_on=instant().date(),
    )


def events(facts: Sequence[Fact], key: str) -> list[StoredEvent]:
    return [
        StoredEvent(f"vest:notices:{key}", version, fact.TYPE, fact.to_bytes())
        for version, fact in enumerate(facts, 1)
    ]


def test_what_was_claimed_and_not_sent_is_found(views: Engine, tmp_path: Path) -> None:
    journal = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    missing, told = claimed(BERGEN), claimed(STAVANGER)
    again = claimed(BERGEN, "escalation")
    journal.append(events([missing, told, sent(told)], "first"))
    journal.append(events([again], "second"))
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    with reading(views) as connection:
        found = unsent_notices(connection, "vest", LATER, 9)
        assert [each.claimed for each in found] == [again, missing]
        assert [str(each.entry) for each in found] == ["vest/1/4", "vest/1/1"]
        earlier = unsent_notices(connection, "vest", found[0].claimed_at, 9)
        assert [each.claimed for each in earlier] == [missing]
        assert unsent_notices(connection, "vest", LATER, 1) == found[:1]
        assert not unsent_notices(connection, "nord", LATER, 9)
    journal.close()

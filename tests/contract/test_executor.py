"""Commands against a journal: once, whole, and side by side."""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from domain.fact import Command
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.posts.report import (
    REPORT,
    REPORT_DECISIONS,
    DecideReport,
    Outcome,
    SubmitReport,
)
from domain.refusal import Code, Refusal
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.store import Journal
from federation.log.digests import Digests
from federation.log.executor import (
    ContentionError,
    Executor,
    Receipt,
    RequestContext,
    plain_digest,
)
from federation.log.persons import Persons
from federation.signed.entry import command_of
from tests.support import examples
from tests.support.examples import BERGEN, OSLO
from tests.support.federation import DIGESTS
from tests.support.forging import forged

Opener = Callable[[Region], Journal]
AUTHORITY = REGIONAL_AUTHORITY[Region.VEST]
_keys = itertools.count(1)

pytestmark = pytest.mark.servers


def asker(
    organisation: str,
    key: str = "",
    when: str = "2025-12-01",
    actor: str = "tester",
) -> RequestContext:
    """Return who asks; each time with a command id of its own."""
    key = key or str(next(_keys))
    now = datetime.fromisoformat(when).replace(hour=12, tzinfo=UTC)
    return RequestContext(actor, organisation, key, "c", now)


def accepted(executor: Executor, command: Command, who: RequestContext) -> Receipt:
    """Execute a command that must not be refused."""
    outcome = executor.execute(command, who)
    assert isinstance(outcome, Receipt), outcome
    return outcome


@pytest.fixture
def executor(open_journal: Opener) -> Executor:
    """Give an executor whose region has two trusts that agree."""
    found = Executor(open_journal(Region.VEST), DIGESTS)
    for number in (BERGEN, OSLO):
        command = examples.organisation(number, region=Region.VEST)
        accepted(found, command, asker(AUTHORITY))
    accepted(found, examples.network(), asker(BERGEN))
    accepted(found, examples.version(), asker(BERGEN))
    accepted(found, examples.accept(), asker(OSLO))
    accepted(found, examples.fill(), asker(OSLO))
    accepted(found, examples.report(), asker(OSLO))
    accepted(found, examples.approve(), asker(BERGEN))
    return found


def test_the_same_command_again_gets_the_same_answer(executor: Executor) -> None:
    command = examples.invoice()
    first = accepted(executor, command, asker(OSLO, "mine", "2026-07-10"))
    again = accepted(executor, command, asker(OSLO, "mine", "2026-08-10"))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.rows == first.rows
    other = examples.invoice(*SECOND)
    assert executor.execute(other, asker(OSLO, "mine")) == Refusal(Code.COMMAND_REUSED)


def test_nobody_gets_the_answer_to_somebody_elses_command(executor: Executor) -> None:
    command = examples.report(report="other")
    accepted(executor, command, asker(OSLO, "mine"))
    theirs = executor.execute(command, asker(OSLO, "mine", actor="another"))
    assert theirs == Refusal(Code.COMMAND_REUSED)
    outside = executor.execute(examples.invoice(), asker(BERGEN, "mine"))
    assert isinstance(outside, Refusal)
    assert outside.code is Code.NOT_ENTITLED


def test_what_recorded_nothing_is_its_senders_own_as_well(executor: Executor) -> None:
    """It leaves no entry that says who sent it."""
    nothing = accepted(executor, examples.report(), asker(OSLO, "again"))
    assert nothing.rows == ()
    assert accepted(executor, examples.report(), asker(OSLO, "again")).repeated
    theirs = executor.execute(examples.report(), asker(OSLO, "again", actor="another"))
    assert theirs == Refusal(Code.COMMAND_REUSED)


def test_a_used_key_is_told_after_who_asks_and_what_was_read(
    executor: Executor,
) -> None:
    read = DecideReport(report="ms-ous-2026", outcome=Outcome.APPROVED, submission=1)
    accepted(executor, read, asker(BERGEN, "decided"))
    other = read.model_copy(update={"submission": 2})
    outdated = executor.execute(other, asker(BERGEN, "decided"))
    assert isinstance(outdated, Refusal)
    assert outdated.code is Code.OUTDATED
    contrary = read.model_copy(update={"outcome": Outcome.RETURNED})
    reused = executor.execute(contrary, asker(BERGEN, "decided"))
    assert reused == Refusal(Code.COMMAND_REUSED)


SECOND = (
    datetime(2026, 7, 1, tzinfo=UTC).date(),
    datetime(2026, 12, 31, tzinfo=UTC).date(),
)


def test_one_command_sent_eight_times_at_once_is_one(executor: Executor) -> None:
    def send(_: int) -> Sequence[Any]:
        who = asker(OSLO, "once", "2026-07-10")
        return accepted(executor, examples.invoice(), who).rows

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))
    assert all(rows == outcomes[0] for rows in outcomes)
    assert len(outcomes[0]) > 0


def test_endless_contention_is_said(
    open_journal: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = open_journal(Region.VEST)

    def lose(*_: object, **__: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(journal, "append_after", lose)
    with pytest.raises(ContentionError):
        Executor(journal, DIGESTS).execute(examples.organisation(), asker(AUTHORITY))


def test_what_is_refused_leaves_nothing(executor: Executor) -> None:
    journal = executor._journal
    before = journal.positions()
    refused: list[Command] = [
        RegisterOrganisation(**{**dict(examples.organisation()), "name": "Other"}),
        SubmitReport(**{**dict(examples.report()), "network": "none", "report": "x"}),
    ]
    for command in refused:
        outcome = executor.execute(command, asker(AUTHORITY, "refused"))
        assert isinstance(outcome, Refusal), outcome
    assert journal.positions() == before
    assert not [each for each in journal.commands() if each.entries == 0]


@pytest.mark.law(8)
def test_entries_name_a_command_so_that_nobody_can_guess_it(
    open_journal: Opener,
) -> None:
    journals = [open_journal(region) for region in (Region.VEST, Region.NORD)]
    keys = [Digests(bytes([number]) * 32) for number in (1, 2)]
    named = set()
    for journal, digests in zip(journals, keys, strict=True):
        authority = REGIONAL_AUTHORITY[journal.region]
        command = examples.organisation(BERGEN, region=journal.region)
        executor = Executor(journal, digests)
        (row,) = accepted(executor, command, asker(authority, "k")).rows
        assert f"{authority}/k".encode() not in row.body
        assert plain_digest(command).encode() not in row.body
        named.add(command_of(row.body))
        other = executor.execute(command, asker(authority, "k", actor="another"))
        assert other == Refusal(Code.COMMAND_REUSED)
    assert len({digest for _, digest in filter(None, named)}) == 2
    with pytest.raises(ValueError, match="31 bytes"):
        Digests(bytes(31))


def test_a_command_of_an_earlier_release_is_known(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    command = examples.organisation(BERGEN, region=Region.VEST)
    recorded = OrganisationRegistered(**dict(command))
    said = {
        "actor": "tester",
        "command_id": f"{AUTHORITY}/old",
        "command_digest": plain_digest(command),
    }
    forged(journal, recorded, **said)
    executor = Executor(journal, DIGESTS)
    (row,) = accepted(executor, command, asker(AUTHORITY, "old")).rows
    assert row.position == 1
    reused = Refusal(Code.COMMAND_REUSED)
    theirs = asker(AUTHORITY, "old", actor="another")
    assert executor.execute(command, theirs) == reused
    for number in (BERGEN, OSLO):
        named = {"name": "Other", "org_number": number, "region": Region.VEST}
        other = command.model_copy(update=named)
        assert executor.execute(other, asker(AUTHORITY, "old")) == reused


@pytest.mark.law(8)
def test_a_holder_is_known_to_its_own_region_alone(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    persons = Persons(journal, bytes(range(32)))
    name = "Kari Nordmann"
    pseudonym = persons.pseudonym(BERGEN, name)
    persons.remember(pseudonym, name)
    persons.remember(pseudonym, name)
    assert persons.name(pseudonym) == name
    assert name not in pseudonym
    assert persons.pseudonym(BERGEN, "KARI  Nord\u00admann") == pseudonym
    assert persons.pseudonym(OSLO, name) != pseudonym
    assert Persons(journal, bytes(32)).pseudonym(BERGEN, name) != pseudonym
    assert persons.name("p-unknown") is None
    assert persons.pseudonym(BERGEN, "") == ""
    persons.remember("", "")
    with journal.reading() as cursor:
        cursor.execute("SELECT pseudonym, sealed FROM person", ())
        (row,) = cursor.fetchall()
    assert name.encode() not in bytes(row["sealed"])
    with pytest.raises(ValueError, match="31 bytes"):
        Persons(journal, bytes(31))


def test_a_decision_can_ask_what_was_known_when(executor: Executor) -> None:
    """The entries of a key, with their places, and how far each region's record is."""
    with executor.history() as history:
        (submitted,) = history.entries(REPORT, ["ms-ous-2026"])["ms-ous-2026"]
        (decided,) = history.entries(REPORT_DECISIONS, ["ms-ous-2026"])["ms-ous-2026"]
        assert submitted.known_to(decided)
        assert not decided.known_to(submitted)
        assert str(submitted.place) == f"vest/1/{submitted.place.position}"
        assert submitted.seen["nord"] == (1, 0)
        assert history.recorded_until(Region.VEST) == date(2025, 12, 1)
        assert history.recorded_until(Region.NORD) is None

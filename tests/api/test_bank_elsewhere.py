"""Through the door: a payment that the bank tells in two forms is taken once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from api.bank.beside import Beside, OvertakenError, recorded_beside
from domain.payments.matching import Direction
from domain.payments.telling import BookedEntry, ImportBankEntries
from federation.journal.sqlite import SQLiteJournal
from federation.log.executor import Executor, Receipt, RequestContext
from tests.api.test_bank_files import CSV
from tests.api.test_bank_imports import left_out, names, new, received_ore, send, sent
from tests.support.camt import detail, ntry, paid_in
from tests.support.doors import Door
from tests.support.examples import STAVANGER
from tests.support.federation import DIGESTS, instant
from tests.support.forging import confirm_day


def test_the_payments_of_a_batch_are_known_in_a_table(invoiced: Door) -> None:
    kid = invoiced.kid()
    parts = (detail("100.00", kid, "TX2"), detail("200.00", kid, "TX3"))
    assert new(sent(invoiced, paid_in(ntry("300.00", "E78", *parts)))) == [True, True]
    table = f"{CSV}8.8.2026;100,00;{kid};TX2;credit\n8.8.2026;200,00;{kid};TX3;credit\n"
    for _ in range(2):
        found = sent(invoiced, table)
        assert (names(found), new(found)) == (["E78", "E78~2"], [False, False])
        assert left_out(found) == []
        assert received_ore(invoiced) == 300_00
    unclear = send(invoiced, f"{CSV}8.8.2026;100,00;;TX2;credit\n")
    assert (unclear.status_code, unclear.json()["code"]) == (409, "conflicting_row")
    other = sent(invoiced, f"{CSV}9.8.2026;100,00;{kid};TX2;credit\n")
    assert new(other) == [True], "of another day it is another"
    assert received_ore(invoiced) == 400_00


def test_a_payment_is_known_when_its_entry_has_got_a_reference(invoiced: Door) -> None:
    told = detail("310.00", invoiced.kid(), "TX1")
    assert new(sent(invoiced, paid_in(ntry("310.00", "", told)))) == [True]
    later = paid_in(ntry("310.00", "E77", told), identity="<Id>N-2</Id>")
    for key, status in (("a", 201), ("b", 200), ("b", 200)):
        answer = send(invoiced, later, Idempotency_Key=key)
        found = answer.json()
        assert (answer.status_code, names(found)) == (status, ["TX1"])
        assert new(found) == [False], "its other name is new alone"
    assert received_ore(invoiced) == 310_00


def test_a_file_is_answered_again_whatever_has_come_since(invoiced: Door) -> None:
    told = detail("310.00", invoiced.kid(), "TX1")
    content = paid_in(ntry("310.00", "", told))
    first = send(invoiced, content, Idempotency_Key="k")
    other = paid_in(ntry("1.00", "E9"), identity="<Id>N-2</Id>")
    assert new(sent(invoiced, other)) == [True]
    again = send(invoiced, content, Idempotency_Key="k")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["entries"] == first.json()["entries"]


def test_what_is_keyed_in_after_its_file_is_known(invoiced: Door) -> None:
    kid = invoiced.kid()
    sent(invoiced, paid_in(ntry("100.00", "E78", detail("100.00", kid, "TX2"))))
    entry = {
        "organisation": STAVANGER,
        "reference": "TX2",
        "direction": "credit",
        "amount_ore": 100_00,
        "booked_on": "2026-08-08",
    }
    who = {"organisation": STAVANGER, "Fagnett_Business_Day": "2026-08-10"}
    known = invoiced.post("/v1/bank-entries", {**entry, "kid": kid}, **who)
    assert (known.status_code, names(known.json())) == (200, ["E78"])
    unclear = invoiced.post("/v1/bank-entries", entry, **who)
    assert (unclear.status_code, unclear.json()["code"]) == (409, "conflicting_row")
    own = invoiced.post("/v1/bank-entries", {**entry, "reference": "mine"}, **who)
    assert own.status_code == 201


def duplicate(content: str, mark: str = "DUPL", day: int = 11) -> str:
    """Return a notification as the bank sends it again."""
    told = f"<CreDtTm>2026-08-{day}T08:00:00</CreDtTm><CpyDplctInd>{mark}</CpyDplctInd>"
    return content.replace("<Id>N-1</Id>", f"<Id>N-1</Id>{told}")


def test_a_duplicate_of_a_report_tells_nothing_new(invoiced: Door) -> None:
    twice = (ntry("100.00", "NONREF", detail("100.00", invoiced.kid())),) * 2
    first = paid_in(
        *twice, identity="<Id>N-1</Id><CreDtTm>2026-08-10T06:00:00</CreDtTm>"
    )
    again = paid_in(*twice)
    assert new(sent(invoiced, first)) == [True, True]
    for mark, day in (("DUPL", 11), ("CODU", 12)):
        found = sent(invoiced, duplicate(again, mark, day))
        assert (new(found), left_out(found)) == ([False, False], [])
    assert received_ore(invoiced) == 200_00
    more = paid_in(*twice, twice[0])
    assert new(sent(invoiced, duplicate(more))) == [False, False, True]
    assert new(sent(invoiced, first)) == [False, False]


def test_a_duplicate_whose_first_never_came_is_new(invoiced: Door) -> None:
    told = ntry("100.00", "NONREF", detail("100.00", invoiced.kid()))
    assert new(sent(invoiced, duplicate(paid_in(told)))) == [True]
    assert new(sent(invoiced, duplicate(paid_in(told), "CODU", 12))) == [False]
    first = paid_in(told, identity="<Id>N-1</Id><CreDtTm>2026-08-10T06:00:00</CreDtTm>")
    assert new(sent(invoiced, first)) == [False]
    assert received_ore(invoiced) == 100_00


def test_another_report_is_no_duplicate(invoiced: Door) -> None:
    told = ntry("100.00", "NONREF", detail("100.00", invoiced.kid()))
    assert new(sent(invoiced, paid_in(told))) == [True]
    others = (
        duplicate(paid_in(told), "COPY"),
        duplicate(paid_in(told)).replace("<Id>N-1<", "<Id>N-2<"),
        duplicate(paid_in(told)).replace("<Id>N-1<", "<Id>NONREF<"),
    )
    for number, other in enumerate(others, 2):
        assert new(sent(invoiced, other)) == [True]
        assert received_ore(invoiced) == number * 100_00


def test_two_forms_that_come_at_once_are_taken_once(
    invoiced: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    kid = invoiced.kid()
    batch = paid_in(ntry("100.00", "E78", detail("100.00", kid, "TX2")))
    table = f"{CSV}8.8.2026;100,00;{kid};TX2;credit\n"
    both = Barrier(2)

    def slow(*looked_up: Any) -> Beside:
        """Look up, and leave the other time to do so too."""
        found = recorded_beside(*looked_up)
        with suppress(BrokenBarrierError):
            both.wait(timeout=0.5)
        return found

    monkeypatch.setattr("api.bank.beside.recorded_beside", slow)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda content: sent(invoiced, content), (batch, table))
        assert sorted(each for found in answers for each in new(found)) == [False, True]
    assert received_ore(invoiced) == 100_00


def test_two_processes_that_take_two_forms_at_once_take_it_once(
    invoiced: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process, on the same journal, comes between looking up and recording."""
    kid = invoiced.kid()
    table = f"{CSV}8.8.2026;100,00;{kid};TX2;credit\n"
    path, region = tmp_path / "journal.sqlite", invoiced.node.region
    looked: list[Beside] = []

    def overtaken(*looked_up: Any) -> Beside:
        """Look up; the first time, another process records the other form then."""
        looked.append(recorded_beside(*looked_up))
        if len(looked) == 1:
            other = SQLiteJournal(path, region, instant)
            entry = BookedEntry(
                reference="E78",
                direction=Direction.CREDIT,
                amount_ore=100_00,
                booked_on=date(2026, 8, 8),
                kid=kid,
                transaction="TX2",
            )
            command = ImportBankEntries(
                organisation=STAVANGER, entries=(entry,), whole_account=True
            )
            asker = RequestContext("c", STAVANGER, "other", "c", instant())
            outcome = Executor(other, DIGESTS).execute(command, asker)
            assert isinstance(outcome, Receipt)
            assert outcome.rows
            other.close()
        return looked[-1]

    monkeypatch.setattr("api.bank.beside.recorded_beside", overtaken)
    found = sent(invoiced, table)
    assert (names(found), new(found)) == (["E78"], [False])
    assert [each.names for each in looked] == [(), ("E78",)]
    assert received_ore(invoiced) == 100_00


def test_who_is_overtaken_again_and_again_may_send_it_again(
    invoiced: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: Any) -> Beside:
        def still(_position: int) -> None:
            raise OvertakenError

        return Beside((), still)

    with monkeypatch.context() as patched:
        patched.setattr("api.bank.beside.recorded_beside", overtaken)
        table = f"{CSV}8.8.2026;100,00;{invoiced.kid()};TX2;credit\n"
        answer = send(invoiced, table)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    assert received_ore(invoiced) == 0
    assert new(sent(invoiced, table)) == [True]


def test_what_others_record_meanwhile_overtakes_nobody(
    invoiced: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    kid = invoiced.kid()
    looked: list[Beside] = []

    def beside(*looked_up: Any) -> Beside:
        looked.append(recorded_beside(*looked_up))
        if len(looked) == 1:
            confirm_day(invoiced.node.journal)
        return looked[-1]

    monkeypatch.setattr("api.bank.beside.recorded_beside", beside)
    found = sent(invoiced, f"{CSV}8.8.2026;100,00;{kid};TX2;credit\n")
    assert (new(found), len(looked)) == ([True], 1)

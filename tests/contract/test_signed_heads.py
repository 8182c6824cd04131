"""The memory beside the keys: an older journal, or another one, is told."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from domain.values import Region, instant_text
from federation.checks.signed_heads import BrokenSignedHeadsError, SignedHeads, breach
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.sealing import seal
from federation.signed.checkpoint import Checkpoint, claimed, sign
from federation.signed.merkle import Frontier, extend, root
from tests.support.federation import KEYS, instant
from tests.support.replication import record


def _signed(journal: Journal) -> str:
    rows = journal.entries(journal.region.value, 0, 1000)
    return seal(journal, Frontier(), rows, KEYS[journal.region]).note


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Give a journal of vest with five entries."""
    opened = SQLiteJournal(tmp_path / "vest.sqlite", Region.VEST, instant)
    record(opened, 5)
    return opened


def test_a_signed_head_outlives_the_process_and_never_shrinks(
    journal: Journal, tmp_path: Path
) -> None:
    file = tmp_path / "keys" / "promises.json"
    small = _signed(journal)
    record(journal, 2)
    large = _signed(journal)
    signed_heads = SignedHeads(file)
    assert signed_heads.last("vest") is None
    for note in (large, small):
        signed_heads.keep(note)
    assert SignedHeads(file).last("vest") == claimed(large)
    assert SignedHeads(file).note("vest") == large
    assert file.stat().st_mode & 0o777 == 0o600
    beside = {each.name for each in file.parent.iterdir()}
    assert beside == {"promises.json", "promises.json.lock"}
    journal.close()


@pytest.mark.parametrize("on_disk", [False, True])
def test_who_began_without_signed_heads_remembers_when_all_are_heard(
    journal: Journal, tmp_path: Path, *, on_disk: bool
) -> None:
    file = tmp_path / "keys" / "vest.promises" if on_disk else None
    signed_heads = SignedHeads(file)
    assert not signed_heads.remembers("vest")
    signed_heads.keep(_signed(journal))
    assert not signed_heads.remembers("vest"), "what is promised meanwhile is not all"
    if on_disk:
        assert not SignedHeads(file).remembers("vest")
    signed_heads.heard_all()
    assert signed_heads.remembers("vest")
    if on_disk:
        assert SignedHeads(file).remembers("vest")
    journal.close()


def test_who_cannot_note_that_it_remembers_nothing_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("federation.checks.signed_heads.replacing", full)
    signed_heads = SignedHeads(tmp_path / "vest.promises")
    with pytest.raises(BrokenSignedHeadsError, match="cannot be written: No space"):
        signed_heads.remembers("vest")


def test_processes_that_share_a_file_lose_no_head_of_each_other(
    journal: Journal, tmp_path: Path
) -> None:
    other = SQLiteJournal(tmp_path / "nord.sqlite", Region.NORD, instant)
    record(other, 3)
    first, second = (SignedHeads(tmp_path / "shared.promises") for _ in range(2))
    small, of_nord = _signed(journal), _signed(other)
    record(journal, 2)
    large = _signed(journal)
    first.keep(large)
    second.keep(of_nord)
    second.keep(small)
    for each in (first, second, SignedHeads(tmp_path / "shared.promises")):
        assert each.last("vest") == claimed(large)
        assert each.last("nord") == claimed(of_nord)
    for opened in (journal, other):
        opened.close()


def test_a_journal_that_keeps_what_was_signed_grows(journal: Journal) -> None:
    promised = claimed(_signed(journal))
    assert breach(journal, promised) is None
    record(journal, 3)
    assert breach(journal, promised) is None
    journal.close()


def test_an_older_journal_and_another_history_break_what_was_signed(
    journal: Journal, tmp_path: Path
) -> None:
    promised = claimed(_signed(journal))
    restored = SQLiteJournal(tmp_path / "restored.sqlite", Region.VEST, instant)
    record(restored, 3)
    found = breach(restored, promised)
    assert found is not None
    assert found.older
    assert "holds 3 entries of vest, and 5 were signed for" in str(found)
    record(restored, 2)
    found = breach(restored, promised)
    assert found is not None
    assert not found.older
    assert "are not those" in str(found)
    for each in (restored, journal):
        each.close()


@pytest.mark.parametrize("text", ["", "[]", '{"vest":1}', '{"vest":"x"}', "{"])
def test_a_file_that_holds_something_else_is_not_taken_for_nothing(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "promises.json"
    file.write_text(text)
    with pytest.raises(BrokenSignedHeadsError):
        SignedHeads(file)


def test_a_heartbeat_is_kept_and_only_ever_later(journal: Journal) -> None:
    signed_heads = SignedHeads(None)
    sizes = {}
    for size in (0, 1, 2):
        leaves = [row.leaf for row in journal.entries("vest", 0, size)]
        sizes[size] = root(extend(Frontier(), leaves))

    def note(size: int, hours: int) -> str:
        until = instant_text(instant() + timedelta(hours=hours))
        return sign(Checkpoint("vest", 1, size, sizes[size], until), KEYS[Region.VEST])

    signed_heads.keep(note(0, 1))
    assert signed_heads.last("vest") is None, "an empty log speaks for nothing"
    signed_heads.keep(note(1, 1))
    signed_heads.keep(note(1, 3))
    signed_heads.keep(note(1, 2))
    assert signed_heads.note("vest") == note(1, 3)
    signed_heads.keep(note(2, 4))
    signed_heads.keep(note(1, 5))
    assert signed_heads.note("vest") == note(2, 4)
    journal.close()


def test_a_process_that_stands_still_as_it_writes_holds_nobody_up_and_undoes_nothing(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes with what it had read before the others went on."""
    monkeypatch.setattr("federation.checks.signed_heads.LOCK_ATTEMPTS", 2)
    nord = SQLiteJournal(tmp_path / "nord.sqlite", Region.NORD, instant)
    record(nord, 3)
    of_vest, of_nord = _signed(journal), _signed(nord)
    path = tmp_path / "shared.promises"
    frozen, other = SignedHeads(path), SignedHeads(path)
    sync, asleep = os.fsync, [True]

    def stand_still(file: int) -> None:
        if asleep:
            asleep.clear()
            other.keep(of_vest)
            assert SignedHeads(path).note("vest") == of_vest, "while it stands still"
        sync(file)

    monkeypatch.setattr("os.fsync", stand_still)
    frozen.keep(of_nord)
    for each in (frozen, other, SignedHeads(path)):
        assert (each.note("vest"), each.note("nord")) == (of_vest, of_nord)
    assert not list(tmp_path.glob("*.new"))
    path.write_text("{}")
    record(nord, 1)
    frozen.keep(_signed(nord))
    assert SignedHeads(path).note("vest") == of_vest, "who remembers writes it again"
    path.unlink()
    other.keep(of_vest)
    assert SignedHeads(path).note("vest") == of_vest
    for opened in (journal, nord):
        opened.close()


def test_regions_with_their_signed_heads_in_one_folder_do_not_wait_for_each_other(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", _never)
    record(journal, 1)
    note = _signed(journal)
    vest, nord = (
        SignedHeads(tmp_path / f"{name}.promises") for name in ("vest", "nord")
    )
    sync = os.fsync

    def meanwhile(file: int) -> None:
        monkeypatch.setattr("os.fsync", sync)
        nord.keep(note)
        sync(file)

    monkeypatch.setattr("os.fsync", meanwhile)
    vest.keep(note)
    assert vest.note("vest") == nord.note("vest") == note


def _never(_seconds: float) -> None:
    message = "somebody is waited for"
    raise AssertionError(message)

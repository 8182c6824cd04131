"""What a region recorded and should have refused is found by every other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.refusal import Code, Refusal
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from federation.checks.incidents import Observed
from federation.journal.announced import Announced, keep
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided, incidents
from federation.log.executor import Executor, Receipt, RequestContext
from federation.log.redeciding import redecide
from federation.log.snapshot import moment
from federation.log.times import ClockApartError
from federation.node.auditor import WAITS_SECONDS, Auditor
from federation.signed.entry import seen_of
from tests.support.dumps import received
from tests.support.examples import TROMSO
from tests.support.federation import DIGESTS, instant
from tests.support.forging import (
    AUTHORITY,
    BERGEN,
    STAVANGER,
    confirm_day,
    fact,
    forged,
    forged_as,
    register,
)

NORD, VEST = Region.NORD, Region.VEST

ATTEMPTS: dict[str, tuple[Callable[[Journal], None], str]] = {
    "for an authority that did not ask": (
        lambda vest: forged(vest, fact(), organisation=BERGEN),
        Code.NOT_ENTITLED.value,
    ),
    "under a number that is none": (
        lambda vest: forged(vest, fact(org_number="123456789")),
        Code.INVALID_ORGANISATION_NUMBER.value,
    ),
    "once more, with another name": (
        lambda vest: forged(vest, fact(org_number=BERGEN, name="Another")),
        Code.CONFLICTING_ROW.value,
    ),
    "of a region that is another's": (
        lambda vest: forged(vest, fact(region=NORD)),
        Code.NOT_ENTITLED.value,
    ),
    "by nobody": (
        lambda vest: forged(vest, fact(), organisation="", actor=""),
        Code.NOT_ENTITLED.value,
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_should_have_been_refused_is_found_at_every_node(
    attempt: str, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    act, reason = ATTEMPTS[attempt]
    act(vest)
    received(nord, vest, [2])
    for journal in (vest, nord):
        again = redecide(journal, "vest")
        assert (again.commands, again.unknown) == (1, 0)
        (found,) = again.unfounded
        assert found == ("vest/1/2", OrganisationRegistered.TYPE, reason)


def test_what_was_not_known_yet_does_not_count_against_a_decision(
    journals: dict[Region, Journal],
) -> None:
    """Nord registers what vest has registered; of the two, nobody knew the other's."""
    vest, nord, midt = journals[VEST], journals[NORD], journals[Region.MIDT]
    register(vest, BERGEN)
    register(vest, STAVANGER)
    received(nord, vest, [1])
    register(nord, STAVANGER)
    received(midt, vest, [2])
    received(midt, nord, [1])
    for origin, commands in (("vest", 2), ("nord", 1)):
        again = redecide(midt, origin)
        assert (again.commands, again.unknown, again.unfounded) == (commands, 0, [])


def test_what_rests_on_what_is_not_here_is_not_judged(
    journals: dict[Region, Journal],
) -> None:
    vest = journals[VEST]
    register(vest, BERGEN)
    forged(vest, fact(), seen="nord/1/7 vest/1/1")
    again = redecide(vest, "vest")
    assert (again.commands, again.unknown, again.unfounded) == (1, 1, [])


def test_a_node_notices_by_itself_and_once(journals: dict[Region, Journal]) -> None:
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    forged(vest, fact(), organisation=BERGEN)
    received(nord, vest, [2])
    for _ in range(2):
        auditor = Auditor(nord)
        auditor.look("vest")
        assert auditor.state.audited["vest"] == 2
    (incident,) = incidents(nord)
    assert incident.observed
    assert (incident.origin, incident.kind) == ("vest", Observed.UNFOUNDED)
    assert "vest/1/2" in incident.evidence
    assert "not_entitled" in incident.evidence
    assert count_undecided(nord, "vest") == 0, "the log is taken further all the same"


def test_what_a_decision_rested_on_is_waited_for(
    journals: dict[Region, Journal],
) -> None:
    vest, nord, midt = journals[VEST], journals[NORD], journals[Region.MIDT]
    register(vest, BERGEN)
    received(nord, vest, [1])
    register(nord, STAVANGER)
    received(midt, nord, [1])
    auditor = Auditor(midt)
    auditor.look("nord")
    assert auditor.state.audited["nord"] == 0
    received(midt, vest, [1])
    auditor.look("nord")
    assert auditor.state.audited["nord"] == 1


def test_what_rests_on_what_its_region_had_not_recorded_is_found(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits, and is not read meanwhile, till that region is complete to well after."""
    monkeypatch.setattr("federation.node.auditor.COMMANDS_AT_ONCE", 2)
    vest, midt = journals[VEST], journals[Region.MIDT]
    register(vest, BERGEN)
    forged(vest, fact(), seen="nord/1/999999", command_id="x/0")
    for count in range(3):
        said = {"seen": "nord/1/999999", "command_id": f"x/{count + 1}"}
        forged(vest, fact(org_number="123456789"), **said)
    received(midt, vest, [5])
    clock = iter([0.0, 0.0, 0.0, WAITS_SECONDS, WAITS_SECONDS + 1, *([999.0] * 9)])
    auditor = Auditor(midt, seconds=lambda: next(clock))
    for _ in range(4):
        auditor.look("vest")
        assert auditor.quarantine("vest") is None
    auditor.look("vest")
    assert auditor.quarantine("vest") == (2, "waits")
    assert auditor.state.audited["vest"] == 1
    assert not incidents(midt)
    with midt.writing() as cursor:
        keep(cursor, "nord", Announced(1, 0, "2026-01-03T12:00:00.000000Z", ""))
    auditor.look("vest")
    assert not incidents(midt), "two clocks may be so far apart"
    with midt.writing() as cursor:
        keep(cursor, "nord", Announced(1, 0, "2026-01-03T12:01:00.000000Z", ""))
    for _ in range(3):
        auditor.look("vest")
    found = " ".join(each.evidence for each in incidents(midt))
    assert [f"vest/1/{n}" in found for n in range(1, 6)] == [False, *[True] * 4]
    assert "unseen" in found
    stop = auditor.quarantine("vest")
    assert stop is not None
    assert stop.position == 2


def test_who_waits_longest_is_told_of_when_too_many_wait(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.auditor.WAITING_MAX", 1)
    vest, midt = journals[VEST], journals[Region.MIDT]
    register(vest, BERGEN)
    for count in range(2):
        said = {"seen": "nord/1/9", "command_id": f"x/{count}"}
        forged(vest, fact(short_name=f"{count}"), **said)
    received(midt, vest, [3])
    auditor = Auditor(midt)
    auditor.look("vest")
    (incident,) = incidents(midt)
    assert incident.kind == Observed.UNJUDGED
    assert "vest/1/2" in incident.evidence
    assert "never_came" in incident.evidence
    stop = auditor.quarantine("vest")
    assert stop is not None
    assert stop.position == 2, "nobody rests on it before an operator has decided"
    assert auditor.state.audited["vest"] == 2


def rests_on(journal: Journal) -> dict[str, int]:
    """How much of each log the next decision here rests on."""
    with journal.reading() as cursor:
        return {o: end.position for o, end in moment(journal, cursor).ends.items()}


def outsiders_registration(nord: Journal) -> object:
    """Have nord register Bergen, and return why it may not."""
    command = RegisterOrganisation(
        org_number=BERGEN,
        name="Helse",
        short_name="H",
        kind=OrganisationKind.HF,
        region=NORD,
    )
    context = RequestContext("r", REGIONAL_AUTHORITY[NORD], "k", "c", instant())
    outcome = Executor(nord, DIGESTS).execute(command, context)
    return outcome.code if isinstance(outcome, Refusal) else None


@pytest.mark.parametrize(
    "act",
    [
        lambda vest: forged(vest, fact(org_number=BERGEN), organisation=STAVANGER),
        lambda vest: forged(vest, fact(org_number=BERGEN), seen="midt/1/9"),
        lambda vest: forged_as(
            vest,
            "organisation.registered.v1",
            f"vest:organisation:{BERGEN}",
            b'{"a":1}',
        ),
        lambda vest: forged_as(
            vest, "organisation.crowned.v1", f"vest:organisation:{BERGEN}", b'{"a":1}'
        ),
    ],
    ids=["unfounded", "waiting", "no fact", "of a later release"],
)
def test_no_decision_rests_on_what_was_not_decided_again(
    act: Callable[[Journal], None], journals: dict[Region, Journal]
) -> None:
    """Nor on anything after it; what is before it counts as ever."""
    vest, nord = journals[VEST], journals[NORD]
    register(vest, STAVANGER)
    act(vest)
    forged(vest, fact(org_number="974707152"), seen="midt/1/9", command_id="x/9")
    auditor = Auditor(nord)
    auditor.prepare()
    received(nord, vest, [3])
    assert rests_on(nord)["vest"] == 0, "nothing is decided again yet"
    auditor.look("vest")
    assert rests_on(nord)["vest"] == 1
    assert outsiders_registration(nord) is None
    (row,) = nord.entries("nord", 0, 1)
    assert seen_of(row.body)["vest"] == (1, 1)
    again = Auditor(nord)
    again.prepare()
    again.look("vest")
    assert rests_on(nord)["vest"] == 1, "also after a restart"


def test_a_node_that_begins_goes_on_where_it_was_and_then_decides_all_again(
    journals: dict[Region, Journal],
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    received(nord, vest, [1])
    first = Auditor(nord)
    first.prepare()
    first.look("vest")
    register(vest, STAVANGER)
    received(nord, vest, [2], after=1)
    second = Auditor(nord)
    second.prepare()
    assert rests_on(nord)["vest"] == 1
    second.look("vest")
    assert rests_on(nord)["vest"] == 2
    assert second.state.audited["vest"] == 0, "of this release nothing is said yet"
    second.look("vest")
    assert second.state.audited["vest"] == 2


@pytest.mark.parametrize("seen", ["vest/1/2", "nord/1/1"])
def test_what_rests_on_what_was_not_there_yet_is_found(
    seen: str, journals: dict[Region, Journal]
) -> None:
    """On itself, or on an entry of another region that has none: that one knows."""
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    forged(vest, fact(), seen=seen)
    received(nord, vest, [2])
    (found,) = redecide(nord, "vest").unfounded
    assert found == ("vest/1/2", OrganisationRegistered.TYPE, "unseen")
    nord.withheld = "the home log is not whole"
    assert bool(redecide(nord, "vest").unfounded) == (seen == "vest/1/2")


@pytest.mark.parametrize(("days", "reasons"), [(3, ["unseen"]), (2, [])])
def test_what_says_that_it_came_before_what_it_had_seen_is_found(
    days: int, reasons: list[str], journals: dict[Region, Journal]
) -> None:
    """As who has missed a deadline would: two clocks are two days apart at most."""
    vest, nord, midt = journals[VEST], journals[NORD], journals[Region.MIDT]
    register(nord, TROMSO)
    received(vest, nord, [1])
    vest.clock = lambda: instant() - timedelta(days=days)
    forged(vest, fact())
    received(midt, nord, [1])
    received(midt, vest, [1])
    found = redecide(midt, "vest").unfounded
    assert [each.reason for each in found] == reasons


def test_nothing_is_decided_long_before_what_is_seen(
    journals: dict[Region, Journal],
) -> None:
    """The others would find that it cannot be."""
    vest, nord = journals[VEST], journals[NORD]
    register(nord, TROMSO)
    received(vest, nord, [1])
    behind = instant() - timedelta(days=2, seconds=1)
    asker = RequestContext("registrar", AUTHORITY, "k", "c", behind)
    command = RegisterOrganisation(**fact().model_dump())
    with pytest.raises(ClockApartError, match="behind by 172801 s"):
        Executor(vest, DIGESTS).execute(command, asker)
    again = replace(asker, now=behind + timedelta(seconds=1))
    assert isinstance(Executor(vest, DIGESTS).execute(command, again), Receipt)


GOLDEN = Path(__file__).parents[1] / "golden"


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")


def test_what_has_an_earlier_name_is_decided_again_as_all_else(
    journals: dict[Region, Journal],
) -> None:
    """A rogue that writes it now is allowed what was allowed then, and no more."""
    vest, nord = journals[VEST], journals[NORD]
    name = "payment.registered.v1"
    register(vest, BERGEN)
    forged_as(vest, name, "vest:payments:993467049:2026:1", golden(name))
    received(nord, vest, [2])
    for journal in (vest, nord):
        again = redecide(journal, "vest")
        assert (again.commands, again.unknown) == (1, 0)
        assert again.unfounded == [("vest/1/2", name, Code.UNKNOWN_INVOICE)]


def test_a_region_that_has_a_later_release_writes_no_earlier_name(
    journals: dict[Region, Journal],
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    name = "invoice.issued.v1"
    forged_as(vest, name, "vest:invoices:993467049:2026", golden(name))
    confirm_day(vest)
    forged_as(vest, name, "vest:invoices:993467049:2027", golden(name))
    received(nord, vest, [4])
    for journal in (vest, nord):
        first, second = redecide(journal, "vest").unfounded
        assert first == ("vest/1/2", name, "no_command"), "it went back nowhere"
        assert second == ("vest/1/4", name, "written_no_more")
        assert redecide(journal, "vest", 3).unfounded == [second]


def test_what_cannot_be_decided_at_all_is_no_decision(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise TypeError

    vest = journals[VEST]
    register(vest, BERGEN)
    monkeypatch.setattr("federation.log.redeciding.decision_fault", fail)
    (found,) = redecide(vest, "vest").unfounded
    assert found.reason == "undecidable"


def test_a_command_of_which_a_page_holds_the_first_part_is_waited_for(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.log.redeciding.ENTRIES_MAX", 2)
    vest, nord = journals[VEST], journals[NORD]
    register(vest, BERGEN)
    forged(vest, fact(), organisation=BERGEN)
    received(nord, vest, [2])
    waiting = redecide(nord, "vest")
    assert (waiting.unknown, waiting.unfounded, waiting.reached) == (1, [], 1)
    assert len(redecide(vest, "vest").unfounded) == 1, "at home it is there whole"

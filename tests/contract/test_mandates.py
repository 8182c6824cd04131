"""A decision names the mandate that it rests on, and everybody holds it against that."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final

import orjson
import pytest

from domain.fact import Command
from domain.parties.mandate import EndMandate, GrantMandate, MandateCode
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.refusal import Refusal
from domain.role import Role
from domain.values import OrganisationKind, Region
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.log.executor import Executor, Receipt, RequestContext
from federation.log.redeciding import redecide
from federation.node.auditor import Auditor
from federation.signed.entry import EntryHeader, Envelope, build
from tests.support.auditor.mandates import without_mandate
from tests.support.dumps import received
from tests.support.federation import DIGESTS, instant
from tests.support.forging import AUTHORITY, BERGEN, STAVANGER, fact, forged

VEST, NORD = Region.VEST, Region.NORD
TODAY: Final = date(2026, 1, 1)
_keys = itertools.count(1)


def asker(actor: str, mandate: int | None = None) -> RequestContext:
    """Return somebody of the authority, with a command of their own."""
    key = str(next(_keys))
    return RequestContext(actor, AUTHORITY, key, "c", instant(), mandate)


def granted(person: str, role: Role, **said: Any) -> GrantMandate:
    """Return a command that gives a mandate from the authority."""
    known: dict[str, Any] = {"organisation": AUTHORITY, "starts_on": TODAY} | said
    return GrantMandate(person=person, role=role, **known)


def registers(number: str) -> Command:
    """Return a command that registers a trust, or the authority itself."""
    of_authority = number == AUTHORITY
    kind = OrganisationKind.RHF if of_authority else OrganisationKind.HF
    said: dict[str, Any] = {"name": "Helse", "short_name": "H", "region": VEST}
    return RegisterOrganisation(org_number=number, kind=kind, **said)


def mandate_in(outcome: Receipt | Refusal) -> object:
    """Return the mandate that the entries of an answer name."""
    assert isinstance(outcome, Receipt), outcome
    (named,) = {orjson.loads(row.body).get("mandate") for row in outcome.rows}
    return named


def administered(journal: Journal) -> Executor:
    """Let the authority give Eva, Ola and Kari mandates; Ola's is ended."""
    executor = Executor(journal, DIGESTS)
    commands: list[Command] = [
        registers(AUTHORITY),
        granted("eva", Role.ADMINISTRATOR),
        granted("ola", Role.REGISTRAR),
        granted("kari", Role.READER),
        granted("kari", Role.REGISTRAR, ends_on=TODAY),
        EndMandate(organisation=AUTHORITY, number=2, ended_on=TODAY),
    ]
    rests = [mandate_in(executor.execute(each, asker("eva"))) for each in commands]
    assert rests == [None, None, 1, 1, 1, 1]
    return executor


@pytest.mark.servers
def test_a_decision_rests_on_a_mandate_where_any_was_given(
    open_journal: Callable[[Region], Journal],
) -> None:
    journal = open_journal(VEST)
    executor = administered(journal)
    for refused in (
        asker("per"),
        asker("ola"),
        asker("eva"),
        asker("kari", 1),
        asker("kari", 2),
        asker("kari", 3),
        asker("kari", 9),
        asker("kari", 0),
    ):
        outcome = executor.execute(registers(BERGEN), refused)
        assert isinstance(outcome, Refusal), refused
        assert outcome.code is MandateCode.NO_MANDATE
        needed = {"organisation": AUTHORITY, "role": "registrar"}
        assert outcome.values == {**needed, "person": refused.actor}
    assert mandate_in(executor.execute(registers(BERGEN), asker("kari"))) == 4
    assert mandate_in(executor.execute(registers(STAVANGER), asker("kari", 4))) == 4
    again = redecide(journal, "vest")
    assert (again.commands, again.unfounded) == (8, [])


@pytest.mark.servers
def test_where_none_was_given_none_is_named(
    open_journal: Callable[[Region], Journal],
) -> None:
    executor = Executor(open_journal(VEST), DIGESTS)
    chosen = executor.execute(registers(BERGEN), asker("kari", 1))
    assert isinstance(chosen, Refusal)
    assert chosen.code is MandateCode.NO_MANDATE
    assert mandate_in(executor.execute(registers(BERGEN), asker("kari"))) is None


def test_what_was_recorded_is_answered_again_whatever_has_ended_since(
    journals: dict[Region, Journal],
) -> None:
    executor = administered(journals[VEST])
    sender = asker("kari")
    first = executor.execute(registers(BERGEN), sender)
    later = replace(sender, now=instant().replace(day=2))
    assert isinstance(first, Receipt)
    assert executor.execute(registers(BERGEN), later) == replace(first, repeated=True)
    other = executor.execute(registers(STAVANGER), later)
    assert isinstance(other, Refusal)
    assert other.code is MandateCode.NO_MANDATE, (
        "before it is said that the key is used"
    )


ROGUES: Final[dict[str, dict[str, Any]]] = {
    "by somebody without one": {"actor": "per"},
    "without naming it": {"actor": "kari"},
    "on somebody else's": {"actor": "per", "mandate": 4},
    "on one that was ended": {"actor": "ola", "mandate": 2},
    "on one of another role": {"actor": "kari", "mandate": 3},
    "on one that there is not": {"actor": "kari", "mandate": 5},
    "on one that is over": {"actor": "kari", "mandate": 4},
}


@pytest.mark.parametrize("rogue", ROGUES)
def test_a_region_that_records_without_a_mandate_is_named_by_every_other(
    rogue: str, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    vest = journals[VEST]
    administered(vest)
    forged(vest, fact(org_number=BERGEN), actor="kari", mandate=4, command_id="a/1")
    if rogue == "on one that is over":
        late = instant().replace(day=4)
        monkeypatch.setattr(vest, "clock", lambda: late)
    forged(vest, fact(), command_id="a/2", **ROGUES[rogue])
    by_hand = without_mandate(orjson.loads(r.body) for r in vest.entries("vest", 0, 9))
    takes_the_rules = rogue == "on one of another role"
    assert by_hand == ([] if takes_the_rules else ["vest/1/8"])
    for region in set(Region) - {VEST}:
        received(journals[region], vest, [8])
    for journal in journals.values():
        again = redecide(journal, "vest")
        assert (again.commands, again.unknown) == (7, 0)
        (found,) = again.unfounded
        assert found == ("vest/1/8", OrganisationRegistered.TYPE, "no_mandate")
    Auditor(journals[NORD]).look("vest")
    (incident,) = incidents(journals[NORD])
    assert incident.origin == "vest"
    assert "no_mandate" in incident.evidence


def test_nobody_names_a_mandate_where_none_was_given(
    journals: dict[Region, Journal],
) -> None:
    vest = journals[VEST]
    forged(vest, fact(), mandate=1)
    (found,) = redecide(vest, "vest").unfounded
    assert found.reason == "no_mandate"
    (entry,) = (orjson.loads(row.body) for row in vest.entries("vest", 0, 9))
    assert without_mandate([entry]) == ["vest/1/1"]


def test_entries_of_one_command_name_one_person_and_one_mandate(
    journals: dict[Region, Journal],
) -> None:
    vest = journals[VEST]
    administered(vest)
    forged(vest, fact(org_number=BERGEN), actor="kari", mandate=4, command_id="a/1")
    (first,) = vest.entries("vest", 6, 1)
    said = orjson.loads(first.body)
    envelope = Envelope("kari", AUTHORITY, "a/1", "d", "c", said["seen"], None, 1, 3)
    stream = f"vest:organisation:{STAVANGER}"
    time = first.recorded_at.replace("12:00:00", "12:00:01")
    place = EntryHeader("vest", 1, 8, stream, 1, fact().TYPE, time)
    with vest.writing() as cursor:
        vest.insert_rows(cursor, [build(place, envelope, fact().to_bytes())])
    (found,) = redecide(vest, "vest").unfounded
    assert found == ("vest/1/7", OrganisationRegistered.TYPE, "divided")


def test_what_was_decided_before_the_first_mandate_stands(
    journals: dict[Region, Journal],
) -> None:
    """Also what a command of that moment rested on less than that mandate."""
    vest = journals[VEST]
    executor = Executor(vest, DIGESTS)
    assert mandate_in(executor.execute(registers(BERGEN), asker("per"))) is None
    administered(vest)
    assert redecide(vest, "vest").unfounded == []

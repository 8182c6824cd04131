"""Contacts of calls and bodies: dated, kept by the own secretary, in no journal, removable."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api.auth import Role
from api.desk.contacts import CONTACTS_MAX, Contact, ContactAbout, Contacts
from tests.support.applications import NORD
from tests.support.door_bodies import governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER, TROMSO
from tests.support.federation import desk_in_memory
from tests.support.granting import granting
from tests.support.visitors import Visitor, hidden, words

CALL = "/grants/calls/s0-2025"
OF_CALL = "/contacts/call/s0-2025"
OF_BODY = "/contacts/body/steering"
SIRI = {
    "person": "Siri Foss",
    "work_title": "Rådgiver",
    "phone": "75 51 29 00",
    "email": "siri.foss@example.no",
    "from_on": "01.01.2025",
}
ONE = Contact(
    *("1", ContactAbout.CALL, "c", "Siri Foss", "", "75512900", ""),
    from_on=date(2025, 1, 1),
    until_on=date(2025, 2, 1),
)


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Door]:
    """Open a node whose authority has published a call."""
    with granting(tmp_path) as found:
        yield found


def added(visitor: Visitor, at: str, **changes: str) -> None:
    """Add a contact; the form sent twice adds one."""
    key = hidden(visitor.look(at))["key"]
    for _ in range(2):
        answer = visitor.press(at, **{**SIRI, "key": key, **changes})
        assert answer.status_code == 303, words(answer)


@pytest.mark.rule("S0-22", "S2-39")
def test_the_funders_secretary_keeps_the_contacts_of_a_call(call: Door) -> None:
    before = call.node.journal.positions()
    keeper = Visitor(call, NORD, Role.SECRETARY)
    reader = Visitor(call, TROMSO)
    assert "No contact is kept." in keeper.read(CALL)
    assert OF_CALL not in reader.look(CALL).text
    added(keeper, OF_CALL)
    added(keeper, OF_CALL, person="Ola Moe", until_on="31.01.2025")
    for visitor in (keeper, reader):
        shown = visitor.read(CALL, as_of="2025-01-20")
        assert "Siri Foss , Rådgiver 75 51 29 00 siri.foss@example.no" in shown
        assert shown.count("Siri Foss") == 1
        assert "Ola Moe" in shown
        assert "Ola Moe" not in visitor.read(CALL, as_of="2025-02-10")
    assert "Ola Moe Rådgiver Not at present" in reader.read(OF_CALL, as_of="2025-02-10")
    assert "New contact" not in reader.read(OF_CALL)
    assert call.node.journal.positions() == before, "it is never recorded"


@pytest.mark.rule("S0-22", "S2-39")
def test_a_contact_is_gone_when_it_is_removed(call: Door) -> None:
    keeper = Visitor(call, NORD, Role.SECRETARY)
    added(keeper, OF_CALL)
    page = keeper.look(OF_CALL).text
    (name,) = re.findall(r'name="contact" value="([0-9a-f]+)"', page)
    others = Visitor(call, TROMSO, Role.SECRETARY).press(f"{OF_CALL}/remove", contact=name)  # fmt: skip
    assert others.status_code == 403
    assert keeper.press("/contacts/call/none/remove", contact=name).status_code == 404
    assert "Siri Foss" in keeper.read(OF_CALL)
    assert keeper.press(f"{OF_CALL}/remove", contact=name).status_code == 303
    assert "No contacts" in keeper.read(OF_CALL)
    assert not call.node.contacts.of(ContactAbout.CALL, "s0-2025")


@pytest.mark.rule("S4-100")
def test_a_bodys_own_secretary_keeps_its_contacts(door: Door) -> None:
    governed(door)
    keeper = Visitor(door, BERGEN, Role.SECRETARY)
    added(keeper, OF_BODY, phone="48 24 68 11", email="")
    assert "48 24 68 11" in Visitor(door, STAVANGER).read("/bodies/steering")
    for who in (Visitor(door, STAVANGER, Role.SECRETARY), Visitor(door)):
        assert who.press(OF_BODY, **SIRI).status_code == 403
    assert Visitor(door).look("/contacts/body/none").status_code == 404
    assert Visitor(door).look("/contacts/call/none").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"person": ""}, "Must be filled in"),
        ({"phone": "", "email": ""}, "Write a phone number or an e-mail address."),
        ({"phone": "ring meg"}, "Write the phone number in digits"),
        ({"email": "siri"}, "Write the e-mail address as"),
        ({"from_on": ""}, "Must be filled in"),
        ({"until_on": "31.12.2024"}, "The last day is before the first."),
        ({"work_title": "f. 13097248022"}, "identity number"),
        ({"work_title": "x" * 201}, "200"),
    ],
)
def test_a_form_that_is_not_taken_says_why_and_keeps_what_was_typed(
    call: Door, typed: dict[str, str], said: str
) -> None:
    keeper = Visitor(call, NORD, Role.SECRETARY)
    answer = keeper.press(OF_CALL, **{**SIRI, **typed})
    assert said in words(answer)
    assert "Nothing is kept" in words(answer)
    assert 'value="01.01.2025"' in answer.text or "from_on" in typed
    assert not call.node.contacts.of(ContactAbout.CALL, "s0-2025")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words_of_contacts(call: Door, language: str) -> None:
    keeper = Visitor(call, NORD, Role.SECRETARY, language)
    assert keeper.look(OF_CALL).status_code == 200
    added(keeper, OF_CALL)
    added(keeper, OF_CALL, until_on="02.01.2025")
    assert keeper.look(OF_CALL).status_code == 200
    assert keeper.look(CALL).status_code == 200
    assert keeper.press(OF_CALL).status_code == 200


def test_contacts_are_of_their_days_and_no_more_than_there_is_room_for(
    call: Door,
) -> None:
    contacts = Contacts(desk_in_memory())
    contacts.add(ONE)
    contacts.add(ONE._replace(person="Another"))
    assert contacts.on(ContactAbout.CALL, "c", date(2025, 2, 1)) == [ONE]
    assert not contacts.on(ContactAbout.CALL, "c", date(2025, 2, 2))
    assert not contacts.on(ContactAbout.CALL, "c", date(2024, 12, 31))
    assert not contacts.of(ContactAbout.BODY, "c")
    contacts.remove(ContactAbout.BODY, "c", "1")
    assert contacts.of(ContactAbout.CALL, "c") == [ONE]
    for number in range(CONTACTS_MAX):
        call.node.contacts.add(ONE._replace(name=str(number), of="s0-2025"))
    full = Visitor(call, NORD, Role.SECRETARY).press(OF_CALL, **SIRI)
    assert "there is room for 50" in words(full)

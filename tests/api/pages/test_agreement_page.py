"""Agreements as pages: versions side by side, what is said to them, and by whom."""

import re
from typing import Any

import httpx
import pytest

from api.auth import Role
from tests.support.doors import NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

AT = "/agreements/a"
SECOND: dict[str, str] = {
    "effective_from": "1.5.2026",
    "starts_on": "01.01.2026",
    "ends_on": "31.12.2026",
    "posts.0.post": "nurse",
    "posts.0.content": "Teaching",
    "posts.0.percent": "12,5",
    "posts.0.annual_cost_ore": "240 000,00",
    "posts.0.starts_on": "01.01.2026",
    "posts.0.ends_on": "31.12.2026",
    "frequency": "half_yearly",
    "vacancy": "stop",
    "vat_treatment": "exempt",
    "vat_reason": "health",
}


def confirm(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    """Press the button of a page that asks."""
    asked = visitor.look(path)
    assert asked.status_code == 200, words(asked)
    return visitor.press(path, **{**hidden(asked), **fields})


def sign(visitor: Visitor, path: str, typed: dict[str, str]) -> httpx.Response:
    """Fill a form in, read what it comes to, and sign it."""
    shown = visitor.press(path, **typed)
    assert shown.status_code == 200, words(shown)
    assert "This is what you sign" in words(shown), words(shown)
    return visitor.press(path, **hidden(shown))


def proposed(door: Door, **changes: Any) -> None:
    """Bring the first version on its way."""
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    answer = door.post("/v1/agreements/a/versions", {**VERSION, **changes})
    assert answer.status_code == 201, answer.text


def test_the_other_party_reads_what_it_accepts_with_its_fingerprint(door: Door) -> None:
    proposed(door)
    host = Visitor(door, STAVANGER)
    shown = host.read(AT)
    assert "Accept version 1" in shown
    assert "Proposed, not agreed" in shown
    asked = words(host.look(f"{AT}/versions/1/accept"))
    fingerprint = door.get("/v1/agreements/a/versions/1").json()["short_fingerprint"]
    assert fingerprint in asked
    assert "nurse: 20 per cent, 365,000.00 kroner a year" in asked
    answer = confirm(host, f"{AT}/versions/1/accept")
    assert answer.status_code == 303, words(answer)
    assert answer.headers["location"].startswith(f"{AT}?at_least=vest:")
    shown = host.read(AT)
    assert "In force now" in shown
    assert "Accept version 1" not in shown


def test_a_button_pressed_twice_accepts_once(door: Door) -> None:
    proposed(door)
    host, path = Visitor(door, STAVANGER), f"{AT}/versions/1/accept"
    fields = hidden(host.look(path))
    first, second = host.press(path, **fields), host.press(path, **fields)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


def test_nobody_accepts_what_was_not_read(door: Door) -> None:
    proposed(door)
    path = f"{AT}/versions/1/accept"
    host = Visitor(door, STAVANGER)
    assert host.press(path, key="k", fingerprint="0" * 64).status_code == 412
    assert host.press(path, key="k").status_code == 428
    assert "Proposed, not agreed" in host.read(AT)


@pytest.mark.parametrize(
    ("organisation", "role"),
    [(BERGEN, Role.CONTROLLER), (STAVANGER, Role.READER), (STAVANGER, Role.LEADER)],
)
def test_who_may_not_answer_is_not_asked(
    door: Door, organisation: str, role: Role
) -> None:
    proposed(door)
    visitor = Visitor(door, organisation, role)
    shown = visitor.read(AT)
    assert "Accept version 1" not in shown
    assert "Decline" not in shown


def test_a_reader_cannot_send_what_a_controller_may(door: Door) -> None:
    proposed(door)
    reader = Visitor(door, STAVANGER, Role.READER)
    path = f"{AT}/versions/1/accept"
    assert reader.look(path).status_code == 403
    fields = hidden(Visitor(door, STAVANGER).look(path))
    assert reader.press(path, **fields).status_code == 403


@pytest.mark.rule("S1-20")
def test_the_host_endorses_before_it_accepts(door: Door) -> None:
    proposed(door, endorsement_required=True)
    assert "Accept version 1" not in Visitor(door, STAVANGER).read(AT)
    leader = Visitor(door, STAVANGER, Role.LEADER)
    assert "Endorse version 1" in leader.read(AT)
    answer = confirm(leader, f"{AT}/versions/1/endorse", role="clinic_director")
    assert answer.status_code == 303, words(answer)
    shown = Visitor(door, STAVANGER).read(AT)
    assert "Endorsed by clinic director" in shown
    assert "Accept version 1" in shown


def test_a_new_version_is_typed_as_norwegians_write_and_signed(door: Door) -> None:
    door.agree()
    payer = Visitor(door)
    form = payer.look(f"{AT}/propose")
    assert 'value="365 000,00"' in form.text.replace("\xa0", " ")
    answer = sign(payer, f"{AT}/propose", SECOND)
    assert answer.status_code == 303, words(answer)
    shown = payer.read(AT)
    assert "12.5 before 20" in shown
    assert "240,000.00 before 365,000.00" in shown
    assert "120 days of 365,000.00 and 245 days of 240,000.00" in shown
    assert "Withdraw" in shown
    (version,) = door.get("/v1/agreements/a/versions/2").json()["posts"]
    assert (version["percent"], version["annual_cost_ore"]) == ("12.50", 24000000)


def test_days_of_a_smaller_share_are_light_in_the_strip(door: Door) -> None:
    door.agree()
    filled = {"change": "filled", "effective_on": "2026-01-01", "holder": "Liv"}
    door.post("/v1/posts/nurse/staffing", filled, organisation=STAVANGER)
    sign(Visitor(door), f"{AT}/propose", SECOND)
    host = Visitor(door, STAVANGER)
    assert 's-ink2"' not in host.look(AT).text
    confirm(host, f"{AT}/versions/2/accept")
    shown = host.look(AT)
    assert 's-ink2"' in shown.text
    assert "01/01/2026–30/04/2026 at 20 per cent" in shown.text
    assert "01/05/2026–31/12/2026 at 12.5 per cent" in shown.text


def test_what_a_folder_gives_no_reason_for_is_said_in_words(door: Door) -> None:
    proposed(door, endorsement_waived="folder")
    assert "Read in from a folder, without a reason" in Visitor(door).read(AT)


def test_a_form_that_is_refused_keeps_what_was_typed(door: Door) -> None:
    door.agree()
    payer = Visitor(door)
    typed = {**SECOND, "effective_from": "1/5/2026", "posts.0.annual_cost_ore": "much"}
    answer = payer.press(f"{AT}/propose", **typed)
    assert 'value="1/5/2026"' in answer.text
    assert 'value="much"' in answer.text
    assert words(answer).count("Write the day like this") == 1
    assert "Write the amount like this" in words(answer)
    assert not door.get("/v1/agreements/a").json()["versions"][1:]


def test_another_post_is_added_without_scripts(door: Door) -> None:
    door.agree()
    answer = Visitor(door).press(f"{AT}/propose", **SECOND, more="1")
    assert 'name="posts.1.post"' in answer.text
    assert 'value="12,5"' in answer.text


def test_a_counter_proposal_is_adopted(door: Door) -> None:
    proposed(door)
    host, payer = Visitor(door, STAVANGER), Visitor(door)
    answer = sign(host, f"{AT}/versions/1/counter", {**SECOND, **answered(host)})
    assert answer.status_code == 303, words(answer)
    shown = payer.read(AT)
    assert "countered" in shown
    assert "Accept version 2" in shown
    answer = confirm(payer, f"{AT}/counter-proposals/2/adopt")
    assert answer.status_code == 303, words(answer)
    assert "Agreed, applies later" in payer.read(AT)


def answered(visitor: Visitor) -> dict[str, str]:
    """Fingerprint that the form of a counter-proposal carries."""
    looked = visitor.look(f"{AT}/versions/1/counter")
    assert looked.status_code == 200, words(looked)
    return {"answered": hidden(looked)["answered"]}


def test_a_proposal_is_declined_and_another_withdrawn(door: Door) -> None:
    proposed(door)
    confirm(Visitor(door, STAVANGER), f"{AT}/versions/1/decline")
    payer = Visitor(door)
    assert "Declined" in payer.read(AT)
    sign(payer, f"{AT}/propose", SECOND)
    answer = confirm(payer, f"{AT}/versions/2/withdraw")
    assert answer.status_code == 303, words(answer)
    assert "Withdrawn" in payer.read(AT)


def test_an_agreement_is_ended_with_its_notice(door: Door) -> None:
    door.agree()
    host = Visitor(door, STAVANGER)
    early = host.press(f"{AT}/terminate", ends_on="01.01.1999", reason="x")
    early = host.press(f"{AT}/terminate", **hidden(early))
    assert "Notice too short" in words(early)
    assert 'value="01.01.1999"' in early.text
    answer = sign_off(host, ends_on="30.09.2026", reason="No more")
    assert answer.status_code == 303, words(answer)
    shown = host.read(AT)
    assert "In force to 30/09/2026" in shown
    assert "No more" in shown
    assert "Terminate" not in shown


def sign_off(visitor: Visitor, **typed: str) -> httpx.Response:
    """End an agreement."""
    shown = visitor.press(f"{AT}/terminate", **typed)
    return visitor.press(f"{AT}/terminate", **hidden(shown))


def test_costs_grow_by_per_cent(door: Door) -> None:
    door.agree()
    typed = {"percent": "3,75", "effective_from": "01.07.2026", "source": "SSB"}
    answer = sign(Visitor(door), f"{AT}/wage-growth", typed)
    assert answer.status_code == 303, words(answer)
    shown = Visitor(door).read(AT)
    assert "Version 1 times 1.0375: SSB" in shown
    assert "378,687.50 before 365,000.00" in shown


def test_the_first_version_of_a_new_agreement(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    payer = Visitor(door)
    new = {**SECOND, "agreement": "b", "network": "ms", "other": STAVANGER}
    lacking = payer.press("/agreements/new", **{**new, "other": ""})
    assert "Must be filled in." in words(lacking)
    answer = sign(payer, "/agreements/new", {**new, "direction": "pays"})
    assert answer.status_code == 303, words(answer)
    assert answer.headers["location"].startswith("/agreements/b?")
    listed = payer.read("/agreements")
    assert "Version 1 waits for T" in listed


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-27")
def test_a_form_for_a_national_network_asks_why_something_is_left_out(
    door: Door,
) -> None:
    door.register(BERGEN, STAVANGER)
    name = "Norwegian National Network for MS"
    door.post("/v1/networks", {**NETWORK, "kind": "national", "name_en": name})
    payer = Visitor(door)
    new = {**SECOND, "agreement": "b", "network": "ms", "other": STAVANGER}
    unsaid = words(payer.press("/agreements/new", **new))
    assert "endorsement, or a reason why it is not asked for" in unsaid
    new |= {"endorsement_waived": "By telephone"}
    unsaid = words(payer.press("/agreements/new", **new))
    assert "the four sections of the cooperation, or a reason" in unsaid
    asked = {"endorsement_required": "yes", "cooperation_waived": "Of 2024"}
    both = sign(payer, "/agreements/new", {**new, **asked})
    assert "Nothing is recorded" in words(both), "what is asked for is not waived"
    new |= {"cooperation_waived": "Of 2024"}
    shown = words(payer.press("/agreements/new", **new))
    assert "Not endorsed, because By telephone" in shown
    assert "Without a cooperation, because Of 2024" in shown
    answer = sign(payer, "/agreements/new", new)
    assert answer.status_code == 303, words(answer)
    again = payer.look("/agreements/b/propose").text
    assert 'value="By telephone"' in again, "the next version begins with it"


def test_agreements_are_listed_by_trust(door: Door) -> None:
    door.agree()
    assert "In force" in Visitor(door).read("/agreements")
    assert re.search(r"\ba ms T T\b", Visitor(door).read("/agreements", trust="all"))
    other = Visitor(door, STAVANGER).read("/agreements", trust=BERGEN, network="none")
    assert "No agreements here" in other


def test_there_is_nothing_under_a_name_that_nobody_gave(door: Door) -> None:
    door.agree()
    assert Visitor(door).look("/agreements/none").status_code == 404
    assert Visitor(door).look(f"{AT}/versions/7/accept").status_code in {403, 404}
    assert Visitor(door).look(f"{AT}/versions/1/steal").status_code == 404

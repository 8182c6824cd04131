"""The own bank as pages: files are read once, and what waits is matched or set aside."""

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import INVOICED, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, words

HEAD = "booked_on;amount;kid;reference;direction\n"
PAGE = f"/invoices/{STAVANGER}/2026/1"


def _file(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


def _received_ore(door: Door) -> int:
    return int(door.get(INVOICED).json()["received_ore"])


def test_what_has_a_kid_finds_its_document_once(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    assert "Nothing waits" in seller.read("/bank")
    kid = invoiced.kid()
    file = _file(f"2026-07-10;226250,00;{kid};B1;credit")
    answer = seller.give("/bank/import", "july.csv", file)
    assert answer.status_code == 200, words(answer)
    shown = words(answer)
    assert "july.csv: one entry, 1 new." in shown
    assert "invoice 1 of 2026" in shown
    assert _received_ore(invoiced) == 226_250_00
    again = words(seller.give("/bank/import", "july.csv", file))
    assert "july.csv: one entry, 0 new." in again
    assert "Known before." in again
    assert _received_ore(invoiced) == 226_250_00
    assert "226,250.00" in seller.read("/bank", state="matched")
    assert "has received 226,250.00" in Visitor(invoiced).read(PAGE)


def test_what_waits_is_proposed_a_document_and_matched(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    answer = seller.give(
        "/bank/import", "B.CSV", _file("2026-07-10;226250,00;;B%1;credit")
    )
    assert "It has no KID." in words(answer)
    shown = seller.read("/bank")
    assert "One entry has not found its document." in shown
    assert "Perhaps T 1/2026" in shown
    page = seller.look("/bank").text.split('href="/bank/')[1].split('"')[0]
    entry = f"/bank/{page}"
    shown = seller.read(entry)
    assert "226,250.00 kroner in on 10 July 2026" in shown
    assert "The amount is what is left. Agreement a." in shown
    sent = {"document": f"{STAVANGER}/2026/1"}
    answer = seller.press(f"{entry}/match", **sent)
    assert answer.status_code == 303, words(answer)
    assert _received_ore(invoiced) == 226_250_00
    assert "Has its document" in seller.read(entry)
    assert seller.press(f"{entry}/match", **sent).status_code == 303
    aside = seller.press(f"{entry}/set-aside", cause="not_ours")
    assert "Nothing was recorded" in words(aside)


def test_another_document_is_named_by_its_number(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    seller.give("/bank/import", "b.csv", _file("2026-07-10;100,00;;B2;credit"))
    assert "No document has this KID" in seller.read("/bank/B2")
    named = {"document": "other", "payee": STAVANGER, "year": "2026"}
    refused = seller.press("/bank/B2/match", **named, number="x")
    assert 'id="number-e"' in refused.text
    assert 'value="2026"' in refused.text
    unknown = seller.press("/bank/B2/match", **named, number="99")
    assert "Nothing was recorded" in words(unknown)
    answer = seller.press("/bank/B2/match", **named, number="1")
    assert answer.status_code == 303, words(answer)
    assert _received_ore(invoiced) == 100_00


def test_what_pays_nothing_here_is_set_aside_with_a_cause(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    seller.give("/bank/import", "b.csv", _file("2026-07-10;7,00;;B3;credit"))
    refused = seller.press("/bank/B3/set-aside", reason="rent")
    assert refused.status_code == 200
    assert ">rent</textarea>" in refused.text
    answer = seller.press("/bank/B3/set-aside", cause="not_ours", reason="rent")
    assert answer.status_code == 303, words(answer)
    shown = seller.read("/bank", state="set_aside")
    assert "It pays something else" in shown
    assert "rent" in shown
    assert "Nothing waits" in seller.read("/bank")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("b.csv", b"", "Choose a file that is not empty."),
        ("b.pdf", b"%PDF", "has to be camt.054"),
        ("b.csv", b"nonsense", "line 1"),
        ("b.xml", b"<a", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    invoiced: Door, name: str, content: bytes, said: str
) -> None:
    answer = Visitor(invoiced, STAVANGER).give("/bank/import", name, content)
    assert answer.status_code == 200
    assert 'id="file-e"' in answer.text
    assert said in words(answer)


def test_too_large_a_file_is_turned_away(invoiced: Door) -> None:
    visitor = Visitor(invoiced, STAVANGER)
    answer = visitor.give("/bank/import", "b.csv", b"x" * (6 * 1024 * 1024))
    assert answer.status_code == 413


def test_a_bank_is_for_its_own_organisation_alone(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    seller.give("/bank/import", "b.csv", _file("2026-07-10;7,00;;B4;credit"))
    assert "Nothing waits" in Visitor(invoiced, BERGEN).read("/bank")
    assert Visitor(invoiced, BERGEN).look("/bank/B4").status_code == 404
    authority = REGIONAL_AUTHORITY[Region.VEST]
    assert Visitor(invoiced, authority, Role.READER).look("/bank").status_code == 403
    approver = Visitor(invoiced, STAVANGER, Role.APPROVER)
    assert "Read a bank file" not in approver.read("/bank")
    assert "Record on the document" not in approver.read("/bank/B4")
    file = _file("2026-07-10;7,00;;B5;credit")
    assert approver.give("/bank/import", "b.csv", file).status_code == 403
    assert approver.press("/bank/B4/set-aside", cause="not_ours").status_code == 403


def test_a_received_ehf_is_registered_if_it_is_the_same(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    ehf = invoiced.get(f"{INVOICED}/ehf").content
    changed = ehf.replace(b"181000.00", b"181000.01")
    refused = buyer.give("/invoices/received", "ehf.xml", changed)
    assert "Nothing was registered" in words(refused)
    assert "Choose a file" in words(buyer.give("/invoices/received", "ehf.xml", b""))
    answer = buyer.give("/invoices/received", "ehf.xml", ehf)
    assert "They are the same" in words(answer)
    assert f'href="{PAGE}"' in answer.text
    assert "was registered before" in words(
        buyer.give("/invoices/received", "ehf.xml", ehf)
    )
    assert "Confirm receipt Re" not in buyer.read(PAGE)
    approver = Visitor(invoiced, role=Role.APPROVER)
    assert approver.look("/invoices/received").status_code == 403


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_all_is_said_in_each_language(invoiced: Door, language: str) -> None:
    seller = Visitor(invoiced, STAVANGER, language=language)
    rows = ("2026-07-10;7,00;;B6;credit", f"2026-07-10;1,00;{invoiced.kid()};B7;credit")
    answer = seller.give("/bank/import", "b.csv", _file(*rows))
    assert answer.status_code == 200
    assert "…" not in words(answer)
    for path in ("/bank", "/bank?state=matched", "/bank?state=set_aside", "/bank/B6"):
        assert "…" not in seller.read(path)
    assert "…" not in Visitor(invoiced, language=language).read("/invoices/received")

"""History: every kind of fact has a sentence, entries are found, and read by who may."""

import json
from pathlib import Path

import pytest

from api.auth import Role
from api.pages.history.history import as_ore
from api.pages.history.matters import TOGETHER
from api.pages.rendering import Speaker
from api.pages.saying import EntryAsTold, effective_day, said, told_entry
from api.words import Language
from domain.catalogue import FACTS, STREAMS
from domain.values import REGIONAL_AUTHORITY, Region
from federation.signed.entry import EntryHeader, build
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.visiting import PageVisitor

GOLDEN = Path(__file__).parents[2] / "golden"


def _told(name: str) -> EntryAsTold:
    kind = STREAMS[FACTS[name]].kind
    key = "983974724:2026" if kind == "invoices" else "key"
    header = EntryHeader(
        "vest", 1, 7, f"vest:{kind}:{key}", 3, name, "2026-07-10T10:00:00.000001Z"
    )
    return told_entry(build(header, None, (GOLDEN / f"{name}.json").read_bytes()))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", sorted(FACTS))
def test_every_kind_of_fact_has_a_sentence_of_its_own_values(
    name: str, language: Language
) -> None:
    sentence = said(_told(name), Speaker(language, "page_history"), {})
    assert "…" not in sentence
    assert not sentence.endswith(".")


def test_a_kind_of_stream_belongs_to_one_matter() -> None:
    kinds = {category.kind for category in STREAMS.values()}
    together = [kind for group in TOGETHER for kind in group]
    assert len(together) == len({*together})
    assert kinds >= {*together} - {"mandates"}


def test_a_fact_counts_from_the_day_that_it_says() -> None:
    told = _told("post.vacated.v1")
    assert str(effective_day(told.fact)) == "2026-06-21"
    assert effective_day(_told("account.named.v1").fact) is None
    assert effective_day(_told("agreement.version_proposed.v3").fact) is not None


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("47 403,67", 4740367),
        ("kr 1.234,50", 123450),
        ("−35 832,93", -3583293),
        ("1.234", None),
        ("ms-ous", None),
        ("", None),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, ore: int | None) -> None:
    assert as_ore(text) == ore


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("vest/1/4", "proposed version 1 of agreement a"),
        ("nurse", "Post nurse is filled from 1 January 2026"),
        ("226 250,00", "issued invoice 1 in 2026"),
        ("181 000,00", "issued invoice 1 in 2026"),
        (f"{STAVANGER}/2026/1", "issued invoice 1 in 2026"),
        ("2026/1", "issued invoice 1 in 2026"),
        (f"Trust {STAVANGER}", f"Trust {STAVANGER} was registered"),
        (STAVANGER, f"Trust {STAVANGER} was registered"),
        ("Nettverk for MS", "established network ms"),
    ],
)
def test_what_stands_on_paper_is_found(invoiced: Door, asked: str, found: str) -> None:
    visitor = PageVisitor(invoiced)
    answer = visitor.get(f"/history?q={asked.replace(' ', '+')}")
    if answer.status_code == 303:
        answer = visitor.get(answer.headers["location"])
    assert found in answer.text


def test_a_payment_reference_finds_its_document(invoiced: Door) -> None:
    text = PageVisitor(invoiced).text(f"/history?q={invoiced.kid()}")
    assert "is paid with KID" in text


def test_a_search_that_finds_nothing_says_what_can_be_searched_for(
    invoiced: Door,
) -> None:
    for asked in ("zzz", "%25%25", "__"):
        text = PageVisitor(invoiced).text(f"/history?q={asked}")
        assert "Nothing was found for" in text


def test_an_empty_history_teaches(door: Door) -> None:
    assert "Nothing is recorded yet" in PageVisitor(door).text("/history")


def test_a_region_is_read_page_by_page(invoiced: Door) -> None:
    first = PageVisitor(invoiced).text("/history?region=vest&before=4")
    assert "vest/1/3" in first
    assert "vest/1/4" not in first
    assert "Older entries" not in first


def _place_of(door: Door, kind: str) -> str:
    rows = door.node.journal.entries("vest", 0, 100)
    return next(row.id for row in rows if row.type.startswith(kind))


def test_an_entry_stands_in_its_matter_with_its_proof(invoiced: Door) -> None:
    place = _place_of(invoiced, "post.filled")
    text = PageVisitor(invoiced).text(f"/history/{place}")
    assert "Post nurse is filled from 1 January 2026" in text
    assert "Post nurse was planned in agreement a" in text
    assert "All that has happened to the post" in text
    assert "Waits for the next checkpoint" in text
    proof = PageVisitor(invoiced).get(f"/history/{place}/proof")
    assert "attachment" in proof.headers["content-disposition"]
    assert json.loads(proof.content)["id"] == place


def test_an_invoice_is_read_by_its_parties_their_authority_and_auditors(
    invoiced: Door,
) -> None:
    place = _place_of(invoiced, "invoice.issued")
    nord = REGIONAL_AUTHORITY[Region.NORD]
    reads = {
        (BERGEN, Role.CONTROLLER): 200,
        (STAVANGER, Role.READER): 200,
        (REGIONAL_AUTHORITY[Region.VEST], Role.READER): 200,
        (nord, Role.READER): 404,
        (nord, Role.AUDITOR): 200,
        (UNKNOWN, Role.CONTROLLER): 404,
    }
    for (organisation, role), status in reads.items():
        visitor = PageVisitor(invoiced, organisation, role)
        assert visitor.get(f"/history/{place}").status_code == status
        assert visitor.get(f"/history/{place}/proof").status_code == status
    other = PageVisitor(invoiced, UNKNOWN).text("/history")
    assert "issued invoice" not in other
    assert "concern others than you" in other


def test_an_entry_that_is_not_there_is_told(invoiced: Door) -> None:
    assert PageVisitor(invoiced).get("/history/vest/1/999").status_code == 404
    assert PageVisitor(invoiced).get("/history/oslo/1/1").status_code in {404, 422}


@pytest.mark.rule("S1-12")
@pytest.mark.parametrize("kind", ["post.filled.v1", "invoice.issued.v3"])
def test_an_entry_says_why_an_amount_is_what_it_is(invoiced: Door, kind: str) -> None:
    (entry,) = [
        row
        for row in invoiced.node.journal.entries("vest", 0, 100)
        if row.type.startswith(kind.rpartition(".")[0])
    ]
    for organisation in (BERGEN, STAVANGER):
        shown = PageVisitor(invoiced, organisation).text(f"/history/{entry.id}")
        assert "Why was the amount 181,000.00?" in shown
        assert "T invoice 1: January–June 2026 Filled 1 January 2026 to" in shown
        assert "181 181,000.00" in shown


def test_amounts_between_others_are_not_told(invoiced: Door) -> None:
    (entry,) = [
        row
        for row in invoiced.node.journal.entries("vest", 0, 100)
        if row.type.startswith("post.filled")
    ]
    answer = PageVisitor(invoiced, UNKNOWN).get(f"/history/{entry.id}")
    assert "181,000.00" not in answer.text

"""Files of banks: read whole to the øre, or refused with every place that is wrong."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bank.file import BankFileError, kid_of, reference_of
from api.bank.reading import read_bank_file
from api.threshold import BODY_BYTES_MAX, FILE_ROUTES
from api.words import Language, catalogue
from api.xml_reading import BYTES_MAX
from domain.payments.bank import ENTRIES_MAX, BankEntry
from domain.payments.matching import Direction
from tests.support.doors import INVOICED, INVOICED_ORE, Door
from tests.support.examples import BERGEN, STAVANGER

SAMPLES = Path(__file__).parent.parent / "data" / "bank"
ACCOUNT = "86011117947"


def sample(name: str) -> bytes:
    """Return a sample."""
    return (SAMPLES / f"{name}.xml").read_bytes()


def entries(content: bytes) -> list[BankEntry]:
    """Return the entries of a file."""
    return [each.entry for each in read_bank_file(content).entries]


def entry(reference: str, amount_ore: int, **changes: Any) -> BankEntry:
    """Return an entry of the samples."""
    content = {
        "reference": reference,
        "direction": Direction.CREDIT,
        "amount_ore": amount_ore,
        "booked_on": date(2026, 8, 8),
        "account": ACCOUNT,
    }
    return BankEntry(**{**content, **changes})


def test_a_day_of_payments_in_one_entry() -> None:
    assert entries(sample("batch_02")) == [
        entry("47110001-1", 226_250_00, kid="260000000109"),
        entry("47110001-2", 50),
    ]


def test_an_entry_for_each_payment() -> None:
    found = read_bank_file(sample("single_08"))
    hashed = found.entries[2].entry.reference
    assert hashed.startswith("sha256-"), "it may be taken for a person's number"
    monday = date(2026, 8, 10)
    assert [each.entry for each in found.entries] == [
        entry("2026%2F08%3A1", 1250_00, kid="260000000109", booked_on=date(2026, 8, 9)),
        entry("N-17-2", -1250_00, kid="260000000109", booked_on=monday),
        entry(hashed, 7_00, booked_on=monday),
    ]
    assert found.not_booked == ("Ntry[3]",)
    assert [each.place for each in found.entries] == ["Ntry[1]", "Ntry[2]", "Ntry[4]"]


def test_what_was_paid_out() -> None:
    out = {
        "direction": Direction.DEBIT,
        "account": "15032080119",
        "booked_on": date(2026, 8, 7),
    }
    paid = {**out, "paid_to": ACCOUNT}
    assert entries(sample("debit_02")) == [
        entry("A1-1", 1000_00, kid="260000000109", **paid),
        entry("A1-2", -200_00, kid="260000000208", **paid),
        entry("A1-3", 100_00, **out),
    ]


@pytest.mark.law(8)
@pytest.mark.parametrize("name", ["batch_02", "single_08", "debit_02"])
def test_no_name_and_no_text_is_read(name: str) -> None:
    assert "Hemmelig" not in "".join(
        each.to_bytes().decode() for each in entries(sample(name))
    )


SUM = b'<Amt Ccy="NOK">226250.50</Amt>'
PART = b'<Amt Ccy="NOK">0.50</Amt>'


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (SUM, SUM.replace(b".50", b".51"), "bank_sum_differs"),
        (PART, b"", "bank_sum_differs"),
        (PART, PART.replace(b"NOK", b"SEK"), "bank_currency"),
        (SUM, SUM.replace(b"NOK", b"EUR"), "bank_currency"),
        (SUM, SUM.replace(b".50", b".505"), "bank_amount_ore"),
        (SUM, SUM.replace(b".50", b",50"), "bank_amount_ore"),
        (SUM, SUM.replace(b"226250.50", b"-1"), "bank_amount_ore"),
        (SUM, b"", "bank_amount_ore"),
        (b"<CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts>", b"<Sts>", "bank_direction"),
        (b"<BookgDt><Dt>2026-08-08</Dt></BookgDt>", b"", "bank_booked_on"),
        (b"<Dt>2026-08-08", b"<Dt>08.08.2026", "bank_booked_on"),
        (b"<Dt>2026-08-08</Dt>", b"<DtTm>2026-08-08T25:00Z</DtTm>", "bank_booked_on"),
        (b"<Id>86011117947<", b"<Id>DE89370400440532013000<", "bank_account"),
    ],
)
def test_an_entry_that_cannot_be_is_named(old: bytes, new: bytes, code: str) -> None:
    content = sample("batch_02")
    assert old in content, "the change would change nothing"
    with pytest.raises(BankFileError) as caught:
        read_bank_file(content.replace(old, new, 1))
    assert [(each.place, each.code) for each in caught.value.faults] == [
        ("Ntry[1]", code)
    ]


def test_every_entry_that_is_wrong_is_told() -> None:
    content = sample("single_08").replace(b'"NOK"', b'"SEK"')
    with pytest.raises(BankFileError) as caught:
        read_bank_file(content)
    assert [each.place for each in caught.value.faults] == [
        "Ntry[1]",
        "Ntry[2]",
        "Ntry[4]",
    ]


def test_amounts_have_five_decimals_in_the_norm_and_two_in_kroner() -> None:
    content = sample("batch_02").replace(SUM, SUM.replace(b".50", b".50000"))
    assert len(entries(content)) == 2


def test_a_comment_in_an_amount_hides_no_digit_of_it() -> None:
    amount = b'<Amt Ccy="NOK">226250.50</Amt>'
    written = b'<Amt Ccy="NOK">226<!-- thousand -->250<?sic?>.50</Amt>'
    content = sample("batch_02")
    assert amount in content, "the change would change nothing"
    assert entries(content.replace(amount, written)) == entries(content)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-12-31T23:30:00Z", date(2027, 1, 1)),
        ("2026-12-31T23:30:00.123+01:00", date(2026, 12, 31)),
        ("2026-12-31T23:30:00", date(2026, 12, 31)),
    ],
)
def test_what_is_booked_at_an_instant_is_booked_on_its_day_in_norway(
    instant: str, day: date
) -> None:
    told = f"<DtTm>{instant}</DtTm>".encode()
    content = sample("batch_02").replace(b"<Dt>2026-08-08</Dt>", told)
    assert {each.booked_on for each in entries(content)} == {day}


def test_a_reference_that_stands_twice_hides_no_payment() -> None:
    text = sample("batch_02").decode()
    start, end = text.index("      <Ntry>"), text.index("    </Ntfctn>")
    twice = text[:end] + text[start:end] + text[end:]
    with pytest.raises(BankFileError) as caught:
        read_bank_file(twice.encode())
    assert {each.code for each in caught.value.faults} == {"bank_twice"}
    assert {each.place for each in caught.value.faults} == {"Ntry[2]"}


def test_without_any_reference_the_notification_names_the_entry() -> None:
    content = sample("batch_02").replace(b"<AcctSvcrRef>47110001</AcctSvcrRef>", b"")
    assert [each.reference for each in entries(content)] == [
        "20260810-86011117947-1-1-1",
        "20260810-86011117947-1-1-2",
    ]
    content = content.replace(b"<Id>20260810-86011117947-1</Id>", b"")
    with pytest.raises(BankFileError, match="bank_reference"):
        read_bank_file(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bank_columns"),
        (b"\xff\xfe\x00", "bank_not_csv"),
        (b'booked_on;amount\n"', "bank_not_csv"),
        (b"<a", "bank_not_xml"),
        (b"<a/>", "bank_not_camt_054"),
        (sample("batch_02").replace(b"camt.054", b"camt.053"), "bank_not_camt_054"),
        (b"<Document><BkToCstmrDbtCdtNtfctn/></Document>", "bank_no_entries"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "bank_not_xml"),
        ("<!DOCTYPE a SYSTEM 'x'><a/>".encode("utf-16"), "bank_not_xml"),
        (b"<a>" * 100_000, "bank_not_xml"),
        (b"<a>" + b" " * 6 * 1024 * 1024 + b"</a>", "bank_not_xml"),
        (b"booked_on;amount;kid;reference;direction\n", "bank_no_entries"),
        (b"booked_on;amount;kid;reference\n", "bank_columns"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_file_of_a_bank_is_said_so(content: bytes, code: str) -> None:
    with pytest.raises(BankFileError) as caught:
        read_bank_file(content)
    assert [each.code for each in caught.value.faults] == [code]


def test_a_file_holds_no_more_than_one_import_takes() -> None:
    rows = "".join(f"2026-08-08;1;;{n};credit\n" for n in range(ENTRIES_MAX + 1))
    with pytest.raises(BankFileError, match="bank_too_many"):
        read_bank_file((CSV + rows).encode())
    assert len(entries((CSV + rows[: rows.rindex("2026")]).encode())) == ENTRIES_MAX


CSV = "booked_on;amount;kid;reference;direction\n"


@pytest.mark.parametrize(
    "row",
    [
        "8.8.2026;1 250,50;260000000109;B1;credit",
        "08.08.2026;1\u00a0250,50;260000000109;B1;credit",
        "2026-08-08;1250.50;260000000109;B1;credit",
        " 2026-08-08 ; 1250,5 ; 26 0000 000109 ; B1 ; credit ",
    ],
)
def test_a_table_keeps_norwegian_conventions_or_english(row: str) -> None:
    wanted = entry("B1", 1250_50, kid="260000000109", account="")
    assert entries((CSV + row).encode()) == [wanted]
    assert entries(("\ufeff" + CSV + row + "\r\n\r\n").encode()) == [wanted]


def test_commas_between_the_columns_work_too() -> None:
    text = 'direction,reference,kid,amount,booked_on\ndebit,B1,,"-12,30",2026-08-08\n'
    wanted = entry("B1", -12_30, direction=Direction.DEBIT, account="")
    assert entries(text.encode()) == [wanted]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("31.2.2026;1;;B;credit", "bank_booked_on"),
        ("2026-W32-6;1;;B;credit", "bank_booked_on"),
        ("8.8.26;1;;B;credit", "bank_booked_on"),
        ("2026-08-08;1.250,50;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1,250.50;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1,505;;B;credit", "bank_amount_ore"),
        ("2026-08-08;12 50;;B;credit", "bank_amount_ore"),
        ("2026-08-08;;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1;RF18;B;credit", "bank_kid"),
        ("2026-08-08;1;;;credit", "bank_reference"),
        ("2026-08-08;1;;B;inn", "bank_direction"),
        ("2026-08-08;1;;B", "bank_cells"),
        ("2026-08-08;1;;B;credit;x", "bank_cells"),
    ],
)
def test_a_line_that_cannot_be_is_named(row: str, code: str) -> None:
    content = f"{CSV}2026-08-08;1;;A;credit\n\n{row}\n"
    with pytest.raises(BankFileError) as caught:
        read_bank_file(content.encode())
    assert [(each.place, each.code) for each in caught.value.faults] == [
        ("line 4", code)
    ]


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=8))
def test_amounts_are_read_to_the_ore(amounts: list[int]) -> None:
    def kroner(amount_ore: int) -> str:
        return f"{amount_ore // 100}.{amount_ore % 100:02d}"

    details = "".join(
        f'<TxDtls><Amt Ccy="NOK">{kroner(each)}</Amt></TxDtls>' for each in amounts
    )
    content = (
        "<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry>"
        f'<AcctSvcrRef>R</AcctSvcrRef><Amt Ccy="NOK">{kroner(sum(amounts))}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
        "<BookgDt><Dt>2026-08-08</Dt></BookgDt>"
        f"<NtryDtls>{details}</NtryDtls>"
        "</Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )
    assert [each.amount_ore for each in entries(content.encode())] == amounts
    rows = "".join(
        f"2026-08-08;{kroner(each).replace('.', ',')};;{n};credit\n"
        for n, each in enumerate(amounts)
    )
    assert [each.amount_ore for each in entries((CSV + rows).encode())] == amounts


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_two_references_never_become_one(one: str, other: str) -> None:
    same = " ".join(one.split()) == " ".join(other.split())
    assert (reference_of(one) == reference_of(other)) is same or same


@pytest.mark.law(8)
def test_what_may_be_a_persons_number_is_no_kid() -> None:
    assert kid_of("15076500565") == ""
    assert kid_of("260000000109") == "260000000109"


def send(
    door: Door, content: bytes, organisation: str = STAVANGER, **headers: Any
) -> Any:
    """Send a file."""
    return door.call(
        "POST",
        "/v1/bank-entries/import",
        content,
        organisation=organisation,
        **{"Fagnett_Business_Day": "2026-08-10", **headers},
    )


def test_a_file_is_imported_whole_and_once(invoiced: Door) -> None:
    content = sample("batch_02").replace(b"260000000109", invoiced.kid().encode())
    answer = send(invoiced, content, Content_Type="application/xml")
    assert answer.status_code == 201, answer.text
    document = {"payee": STAVANGER, "year": 2026, "number": 1}
    first = [
        {"reference": "47110001-1", "new": True, "document": document, "unmatched": None},
        {"reference": "47110001-2", "new": True, "document": None, "unmatched": "no_kid"},
    ]  # fmt: skip
    assert answer.json()["entries"] == first
    assert answer.json()["not_booked"] == []
    shown = invoiced.get(INVOICED).json()
    assert shown["received_ore"] == INVOICED_ORE
    again = send(invoiced, content)
    assert again.status_code == 200
    assert [each["new"] for each in again.json()["entries"]] == [False, False]
    assert not again.json()["recorded"]
    rows = invoiced.node.journal.entries("vest", 0, 1000)
    log = "".join(str(row.body) for row in rows)
    assert "Hemmelig" not in log
    assert "15032080119" not in log


def test_a_file_may_hold_more_than_a_command(invoiced: Door) -> None:
    end = b"</Document>"
    content = sample("batch_02").replace(end, b" " * 2 * BODY_BYTES_MAX + end)
    assert send(invoiced, content).status_code == 201
    content = content.replace(end, b" " * BYTES_MAX + end)
    refused = send(invoiced, content)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert {*FILE_ROUTES} <= {*invoiced.get("/v1/openapi.json").json()["paths"]}


def test_nothing_of_a_file_with_a_fault_is_imported(invoiced: Door) -> None:
    kid = invoiced.kid()
    rows = f"{CSV}8.8.2026;1,00;{kid};A;credit\n8.8.2026;x;;B;credit\n"
    answer = send(invoiced, rows.encode(), Content_Type="text/csv")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "bank_file_unreadable"
    assert problem["errors"] == [{"field": "line 3", "code": "bank_amount_ore"}]
    assert problem["detail"].endswith("line 3: the amount cannot be read to the øre.")
    rows = f"{CSV}8.8.2026;1,00;{kid};A;credit\n8.8.2026;2,00;;B;credit\n"
    assert send(invoiced, rows.encode()).status_code == 201
    rows = f"{CSV}8.8.2026;1,00;;C;credit\n8.8.2026;3,00;;B;credit\n"
    answer = send(invoiced, rows.encode())
    assert answer.status_code == 409
    assert answer.json()["errors"] == [{"field": "line 3", "code": "conflicting_row"}]
    listed = invoiced.get("/v1/bank-entries", organisation=STAVANGER).json()["items"]
    assert [each["reference"] for each in listed] == ["A", "B"]


def test_another_organisations_file_is_refused(invoiced: Door) -> None:
    details = {"account": "15032080119"}
    path = f"/v1/organisations/{BERGEN}/billing-details"
    invoiced.post(path, details, Fagnett_Business_Day="2026-08-10")
    answer = send(invoiced, sample("batch_02"), BERGEN)
    assert answer.json()["code"] == "other_account"
    assert answer.json()["errors"] == [{"field": "Ntry[1]", "code": "other_account"}]


def test_what_is_not_booked_is_told_and_not_recorded(invoiced: Door) -> None:
    content = sample("batch_02").replace(b"BOOK<", b"PDNG<")
    answer = send(invoiced, content)
    assert answer.status_code == 200
    assert answer.json()["not_booked"] == ["Ntry[1]"]
    assert not answer.json()["entries"]


def test_every_fault_has_its_words() -> None:
    folder = Path(__file__).parents[2] / "api" / "bank"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    codes = set(re.findall(r'"(bank_[a-z0-9_]+)"', text))
    members = {f"bank_{name}" for name in BankEntry.model_fields} - {"bank_paid_to"}
    assert codes | members <= set(catalogue(Language.EN)["value"])

"""Files of banks: each entry is read to the øre, or left out and named."""

import hashlib
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bank.file import BankFile, BankFileError, References, fitting, kid_digits
from api.bank.reading import read_bank_file
from api.words import catalogue
from domain.payments.matching import Direction
from domain.payments.telling import ENTRIES_MAX, BookedEntry
from tests.support.camt import detail, ntry, paid_in

SAMPLES = Path(__file__).parent.parent / "data" / "bank"
ACCOUNT = "86011117947"
CSV = "booked_on;amount;kid;reference;direction\n"


def sample(name: str) -> bytes:
    """Return a sample."""
    return (SAMPLES / f"{name}.xml").read_bytes()


def digest(text: str) -> str:
    """Return a digest that tests can tell."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def read(content: bytes) -> BankFile:
    """Read a file."""
    return read_bank_file(content, digest)


def faults(file: BankFile) -> list[tuple[str, str]]:
    """Return where entries stand that a person should look at, and why."""
    return [
        (each.left_out.place, each.left_out.code)
        for each in file.unread
        if each.left_out.to_check
    ]


def entries(content: bytes) -> list[BookedEntry]:
    """Return the entries of a file."""
    return [each.entry for each in read(content).entries]


def entry(reference: str, amount_ore: int, **changes: Any) -> BookedEntry:
    """Return an entry of the samples."""
    content = {
        "reference": reference,
        "direction": Direction.CREDIT,
        "amount_ore": amount_ore,
        "booked_on": date(2026, 8, 8),
        "account": ACCOUNT,
    }
    return BookedEntry(**{**content, **changes})


def test_a_day_of_payments_in_one_entry() -> None:
    assert entries(sample("batch_02")) == [
        entry("47110001", 226_250_00, kid="260000000109", transaction="0001"),
        entry("47110001", 50, transaction="0002"),
    ]


def test_an_entry_for_each_payment() -> None:
    found = read(sample("single_08"))
    names = [each.entry.reference for each in found.entries]
    assert [name[:9] for name in names[:2]] == ["20260809-", "20260810-"]
    assert names[2].startswith("keyed-"), "it may be taken for a person's number"
    monday = date(2026, 8, 10)
    assert [
        each.entry.model_copy(update={"transaction": None}) for each in found.entries
    ] == [
        entry(names[0], 1250_00, kid="260000000109", booked_on=date(2026, 8, 9)),
        entry(names[1], -1250_00, kid="260000000109", booked_on=monday),
        entry(names[2], 7_00, booked_on=monday),
    ]
    lasting = [each.entry.transaction for each in found.entries]
    assert [name and name[:7] for name in lasting] == ["report-", "report-", None]
    assert found.not_booked == ("Ntry[3]",)
    assert [each.place for each in found.entries] == ["Ntry[1]", "Ntry[2]", "Ntry[4]"]


def test_what_was_paid_out() -> None:
    out = {
        "direction": Direction.DEBIT,
        "account": "15032080119",
        "booked_on": date(2026, 8, 7),
    }
    paid = {**out, "paid_to": ACCOUNT}
    found = read(sample("debit_02"))
    assert [each.entry for each in found.entries] == [
        entry("A1", 1000_00, kid="260000000109", **paid),
        entry("A1", -200_00, kid="260000000208", **paid),
    ]
    assert faults(found) == [("Ntry[1]", "bank_undivided")], "of two KIDs"


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
    found = read(content.replace(old, new, 1))
    assert faults(found) == [("Ntry[1]", code)]
    assert not found.entries


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SUM, SUM.replace(b".50", b".51")),
        (PART, b""),
        (PART, PART.replace(b"NOK", b"SEK")),
        (PART, PART.replace(b"0.50", b"x")),
    ],
)
def test_what_came_in_is_there_even_if_its_details_do_not_add_up(
    old: bytes, new: bytes
) -> None:
    content = sample("batch_02")
    assert old in content, "the change would change nothing"
    found = read(content.replace(old, new, 1))
    (whole,) = [each.entry for each in found.entries]
    assert whole.amount_ore in {226_250_50, 226_250_51}
    assert (whole.kid, whole.transaction) == ("", None)
    assert not found.unread


OURS = "260000000109"
RF = "RF18539007547034"


def strd(reference: str = "", remitted: str = "", credited: str = "") -> str:
    """Return one thing that a payment is for."""
    amount = f'<RmtdAmt Ccy="NOK">{remitted}</RmtdAmt>' if remitted else ""
    if credited:
        amount += f'<CdtNoteAmt Ccy="NOK">{credited}</CdtNoteAmt>'
    told = f"<RfrdDocAmt>{amount}</RfrdDocAmt>" if amount else ""
    of = f"<CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf>" if reference else ""
    return f"<Strd>{told}{of}</Strd>"


DIVIDED: list[tuple[list[str], list[tuple[str, int]]]] = [
    ([strd(OURS)], [(OURS, 150)]),
    ([strd(OURS), strd(OURS)], [(OURS, 150)]),
    ([strd(OURS, "150.00")], [(OURS, 150)]),
    ([strd(OURS, "150.00"), strd(RF)], [(OURS, 150)]),
    ([strd(OURS, "150.00"), strd(RF, "0.00")], [(OURS, 150)]),
    ([strd(OURS, "100.00"), strd(OURS, "50.00")], [(OURS, 150)]),
    ([strd(OURS, "200.00"), strd(OURS, credited="50.00")], [(OURS, 150)]),
    ([strd(OURS), strd()], [(OURS, 150)]),
    ([strd(OURS, "100.00"), strd(RF, "50.00")], [(OURS, 100), ("", 50)]),
    ([strd(OURS, "100.00"), strd("1000005-", "50.00")], [(OURS, 100), ("", 50)]),
    ([strd(OURS, "100.00"), strd("", "50.00")], [(OURS, 100), ("", 50)]),
    ([strd(OURS, "200.00"), strd("", credited="50.00")], [(OURS, 200), ("", -50)]),
    ([strd(OURS, "100.00")], [("", 150)]),
    ([strd(OURS, "100.00"), strd(RF)], [("", 150)]),
    ([strd(OURS, "20.00"), strd(OURS, "10.00")], [("", 150)]),
    ([strd(OURS, "150.00"), strd(OURS, "150.00")], [("", 150)]),
    ([strd(OURS), strd(RF)], [("", 150)]),
    ([strd(OURS), strd(RF, "50.00")], [("", 150)]),
    ([strd(OURS), strd(RF, "150.00")], [("", 150)]),
    ([strd(OURS), strd("260000000208")], [("", 150)]),
    ([strd(OURS, "150,00")], [("", 150)]),
]


@pytest.mark.parametrize(("things", "parts"), DIVIDED)
def test_only_what_the_bank_says_is_for_a_document_is_on_it(
    things: list[str], parts: list[tuple[str, int]]
) -> None:
    """What is for something else, and what does not add up, is on no document."""
    told = f"<RmtInf>{''.join(things)}</RmtInf>"
    content = paid_in(ntry("150.00", "A1", detail("150.00", more=told)))
    found = [(each.kid, each.amount_ore) for each in entries(content.encode())]
    assert found == [(kid, 100 * kroner) for kid, kroner in parts]
    out = read(content.replace("CRDT", "DBIT").encode())
    if parts == [("", 150)]:
        assert (out.entries, faults(out)) == ((), [("Ntry[1]", "bank_undivided")])
    else:
        assert [(x.entry.kid, x.entry.amount_ore) for x in out.entries] == found


def test_what_the_bank_took_for_itself_divides_no_payment() -> None:
    charges = '<Chrgs><Rcrd><Amt Ccy="NOK">26.00</Amt></Rcrd></Chrgs>'
    told = f"{charges}<RmtInf>{strd(OURS, '100.00')}</RmtInf>"
    content = paid_in(ntry("74.00", "A1", detail("100.00", more=told)))
    (found,) = entries(content.encode())
    assert (found.kid, found.amount_ore) == (OURS, 74_00)


def test_a_payment_that_goes_the_other_way_in_its_entry_is_divided_too() -> None:
    both = f"<RmtInf>{strd(OURS, '30.00')}{strd(RF, '20.00')}</RmtInf>"
    back = f"<CdtDbtInd>DBIT</CdtDbtInd>{both}"
    details = detail("200.00"), detail("50.00", more=back)
    content = paid_in(ntry("150.00", "A1", *details))
    found = [(each.kid, each.amount_ore) for each in entries(content.encode())]
    assert found == [("", 200_00), (OURS, -30_00), ("", -20_00)]


def test_what_cannot_be_read_hides_nothing_else() -> None:
    content = sample("single_08")
    second = content.index(b"<ns2:Ntry>", content.index(b"</ns2:Ntry>"))
    broken = content[:second] + content[second:].replace(b">1250.0<", b">1.250,0<")
    found = read(broken)
    assert faults(found) == [("Ntry[2]", "bank_amount_ore")]
    (left_out,) = [each.left_out for each in found.unread]
    assert (left_out.field, left_out.value) == ("Amt", "1.250,0")
    assert [each.place for each in found.entries] == ["Ntry[1]", "Ntry[4]"]


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
    assert len(entries(twice.encode())) == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bank_columns"),
        (b"\xff\xfe\x00", "bank_not_csv"),
        (b'"booked_on;amount\n', "bank_cells"),
        (b"<a", "bank_not_xml"),
        (b"<a/>", "bank_not_camt_054"),
        (sample("batch_02").replace(b"camt.054", b"camt.053"), "bank_not_camt_054"),
        (b"<Document><BkToCstmrDbtCdtNtfctn/></Document>", "bank_no_entries"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "bank_document_type"),
        ("<!DOCTYPE a SYSTEM 'x'><a/>".encode("utf-16"), "bank_document_type"),
        (b"<a>" * 100_000, "bank_not_xml"),
        (b"<a>" + b" " * 6 * 1024 * 1024 + b"</a>", "bank_too_large"),
        (b"booked_on;amount;kid;reference;direction\n", "bank_no_entries"),
        (b"booked_on;amount;kid;reference\n", "bank_columns"),
        (CSV.encode() + b" " * 3 * 1024 * 1024, "bank_csv_too_large"),
        (CSV.encode() + b"2026-08-08;1;;B;debit\n" * 20_001, "bank_too_much"),
        (b"<BkToCstmrDbtCdtNtfctn><Ntfctn>" + b"<Ntry/>" * 20_001 + b"</Ntfctn></BkToCstmrDbtCdtNtfctn>", "bank_too_much"),
        (b"<BkToCstmrDbtCdtNtfctn>" + b"<a/>" * 250_001 + b"</BkToCstmrDbtCdtNtfctn>", "bank_too_much"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_no_file_of_a_bank_is_said_so(content: bytes, code: str) -> None:
    with pytest.raises(BankFileError) as caught:
        read(content)
    assert [each.code for each in caught.value.faults] == [code]


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_holds_no_more_than_one_import_takes(more: int) -> None:
    """Of what may be recorded; what is nobody's business here is not counted."""
    rows = [f"2026-08-08;1;;B{n};credit\n" for n in range(1000, 1000 + ENTRIES_MAX)]
    rows += ["2026-08-08;1;42;D;debit\n"] * 2 + ["2026-08-08;1;;C;credit\n"] * more
    file = read((CSV + "".join(rows)).encode())
    assert len(file.entries) == ENTRIES_MAX + 2 + more

    def concerned(each: BookedEntry) -> bool:
        return each.kid == ""

    if more:
        with pytest.raises(BankFileError, match="bank_too_many"):
            fitting(file, concerned)
    else:
        found = fitting(file, concerned)
        assert len(found.entries) == ENTRIES_MAX
        assert {each.left_out.code for each in found.unread} == {"bank_not_ours"}
    few = read((CSV + rows[0]).encode())
    assert fitting(few, concerned) == few


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


NORWEGIAN = (
    "Bokført dato;Beløp;KID;Bankreferanse;Retning;Kontonummer\r\n"
    "08.08.2026;1 250,50;260000000109;B1;Inn;8601 11 17947\r\n"
    "8. august 2026;kr 1.000,-;;B2;kredit;86011117947\r\n"
    "8.8.26;\u221212,30;42;B3;Debet;86011117947\r\n"
)


@pytest.mark.parametrize(
    "content",
    [
        NORWEGIAN.encode("cp1252", errors="replace").replace(b";?12", b";\x9612"),
        NORWEGIAN.encode(),
        NORWEGIAN.encode("utf-16"),
        NORWEGIAN.replace(";", "\t").encode("utf-8-sig"),
        b"sep=;\r\n" + NORWEGIAN.encode(),
        NORWEGIAN.replace("\r\n", "\r").encode(),
    ],
    ids=["Windows-1252", "UTF-8", "UTF-16", "tabs", "sep", "old Mac lines"],
)
def test_a_norwegian_table_is_read_as_folders_are(content: bytes) -> None:
    assert entries(content) == [
        entry("B1", 1250_50, kid="260000000109"),
        entry("B2", 1000_00, kid=""),
        entry("B3", -12_30, direction=Direction.DEBIT, kid="42"),
    ]
    assert read(content).unread == ()


def test_what_a_point_means_is_told_by_all_amounts_of_a_table() -> None:
    doubtful = "8.8.2026;1.234;;A;inn\n"
    known = "8.8.2026;1,50;;B;inn\n"
    assert faults(read((CSV + doubtful).encode())) == [("line 2", "bank_amount_ore")]
    found = entries((CSV + doubtful + known).encode())
    assert [each.amount_ore for each in found] == [1234_00, 1_50]


def test_letters_that_nobody_knows_are_said_so() -> None:
    with pytest.raises(BankFileError, match="line 2: bank_not_csv"):
        read((CSV + "8.8.2026;1;;Kj\u00f8p;inn\n").encode("cp850"))


def test_commas_between_the_columns_work_too() -> None:
    text = 'direction,reference,kid,amount,booked_on\ndebit,B1,42,"-12,30",2026-08-08\n'
    wanted = entry("B1", -12_30, direction=Direction.DEBIT, account="", kid="42")
    assert entries(text.encode()) == [wanted]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("31.2.2026;1;;B;credit", "bank_booked_on"),
        ("2026-W32-6;1;;B;credit", "bank_booked_on"),
        ("8.8.76;1;;B;credit", "bank_booked_on"),
        ("2026-08-08;1.25,50;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1.250;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1,505;;B;credit", "bank_amount_ore"),
        ("2026-08-08;12 50;;B;credit", "bank_amount_ore"),
        ("2026-08-08;;;B;credit", "bank_amount_ore"),
        ("2026-08-08;1;2,6E+11;B;debit", "bank_kid_rounded"),
        ("2026-08-08;1;;;credit", "bank_reference"),
        ("2026-08-08;1;;n/a;credit", "bank_reference"),
        ("2026-08-08;1;;17;credit", "bank_reference"),
        ("2026-08-08;1;;000017;credit", "bank_reference"),
        ("2026-08-08;1;;B;fra", "bank_direction"),
        ("2026-08-08;1;;B", "bank_cells"),
        ("2026-08-08;1;;B;credit;x", "bank_cells"),
        ('"2026-08-08;1;;B;credit', "bank_cells"),
    ],
)
def test_a_line_that_cannot_be_is_named(row: str, code: str) -> None:
    content = f"{CSV}2026-08-08;1;;A;credit\n\n{row}\n2026-08-08;1;;C;credit\n"
    found = read(content.encode())
    assert faults(found) == [("line 4", code)]
    assert [each.place for each in found.entries] == ["line 2", "line 5"]


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
        f"2026-08-08;{kroner(each).replace('.', ',')};;B{n};credit\n"
        for n, each in enumerate(amounts, 1)
    )
    assert [each.amount_ore for each in entries((CSV + rows).encode())] == amounts


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_two_references_never_become_one(one: str, other: str) -> None:
    names = References(digest)
    same = " ".join(one.split()) == " ".join(other.split())
    if names.of(one) is not None:
        assert (names.of(one) == names.of(other)) is same or same


@pytest.mark.law(8)
def test_what_may_be_a_persons_number_is_no_kid() -> None:
    assert kid_digits("15076500565") == ""
    assert kid_digits("260000000109") == "260000000109"


def test_every_fault_has_its_words() -> None:
    folder = Path(__file__).parents[2] / "api" / "bank"
    text = "".join(path.read_text() for path in folder.glob("*.py"))
    codes = set(re.findall(r'"(bank_[a-z0-9_]+)"', text)) - {"bank_file_unreadable"}
    codes |= {"bank_not_xml", "bank_document_type", "bank_too_large"}
    members = {f"bank_{name}" for name in BookedEntry.model_fields}
    members -= {"bank_paid_to", "bank_takes_back"}
    assert codes | members <= set(catalogue().sentences["value"])

"""Importing banks' files: what is recorded of them, what is left out, and why."""

from typing import Any

import pytest

from api.threshold import BODY_BYTES_MAX, FILE_ROUTES
from api.xml_reading import BYTES_MAX
from tests.api.test_bank_files import CSV, sample
from tests.support.bank import ACCOUNT, OTHER_ACCOUNT
from tests.support.camt import detail, ntry, paid_in
from tests.support.doors import INVOICED, INVOICED_ORE, Door, coded
from tests.support.examples import BERGEN, STAVANGER


def send(
    door: Door,
    content: bytes | str,
    organisation: str = STAVANGER,
    **headers: Any,
) -> Any:
    """Send a file."""
    return door.call(
        "POST",
        "/v1/bank-entries/import",
        content if isinstance(content, bytes) else content.encode(),
        organisation=organisation,
        **{"Fagnett_Business_Day": "2026-08-10", **headers},
    )


def sent(door: Door, content: bytes | str, organisation: str = STAVANGER) -> Any:
    """Send a file of which something may be recorded; return the answer."""
    answer = send(door, content, organisation)
    found = answer.json()
    assert answer.status_code == (201 if found.get("recorded") else 200), answer.text
    return found


def names(found: Any) -> list[str]:
    """Return the references of what is recorded."""
    return [each["reference"] for each in found["entries"]]


def new(found: Any) -> list[bool]:
    """Say of each entry whether it is new."""
    return [each["new"] for each in found["entries"]]


def left_out(found: Any) -> list[tuple[str, str, bool]]:
    """Return what is left out."""
    return [(x["place"], x["code"], x["to_check"]) for x in found["left_out"]]


def received_ore(door: Door) -> int:
    """Return what has been received on the document."""
    found: int = door.get(INVOICED).json()["received_ore"]
    return found


def waiting_ore(door: Door) -> list[int]:
    """Return the amounts that wait, by reference."""
    path = "/v1/bank-entries?state=unmatched"
    found = door.get(path, organisation=STAVANGER).json()["items"]
    return [each["amount_ore"] for each in found]


def test_a_file_is_imported_whole_and_once(invoiced: Door) -> None:
    content = sample("batch_02").replace(b"260000000109", invoiced.kid().encode())
    answer = send(invoiced, content, Content_Type="application/xml")
    assert answer.status_code == 201, answer.text
    document = {"payee": STAVANGER, "year": 2026, "number": 1}
    first = [
        {"reference": "47110001", "new": True, "document": document, "unmatched": None, "warnings": [], "place": "Ntry[1]"},
        {"reference": "47110001~2", "new": True, "document": None, "unmatched": "no_kid", "warnings": [], "place": "Ntry[1]"},
    ]  # fmt: skip
    assert answer.json()["entries"] == first
    assert answer.json()["not_booked"] == []
    assert received_ore(invoiced) == INVOICED_ORE
    again = send(invoiced, content)
    assert again.status_code == 200
    assert new(again.json()) == [False, False]
    assert not again.json()["recorded"]
    rows = invoiced.node.journal.entries("vest", 0, 1000)
    log = "".join(str(row.body) for row in rows)
    assert "Hemmelig" not in log
    assert OTHER_ACCOUNT not in log


def test_a_command_that_is_repeated_gets_its_answer_again(invoiced: Door) -> None:
    content = f"{CSV}8.8.2026;1,00;;A;credit\n8.8.2026;x;;B;credit\n"
    first = send(invoiced, content, Idempotency_Key="k")
    again = send(invoiced, content, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    other = send(invoiced, content.replace("1,00", "2,00"), Idempotency_Key="k")
    assert other.json()["code"] == "command_reused"


def test_a_file_may_hold_more_than_a_command(invoiced: Door) -> None:
    end = b"</Document>"
    content = sample("batch_02").replace(end, b" " * 2 * BODY_BYTES_MAX + end)
    assert send(invoiced, content).status_code == 201
    content = content.replace(end, b" " * BYTES_MAX + end)
    refused = send(invoiced, content)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert {each for each in FILE_ROUTES if each.startswith("/v1/")} <= {
        *invoiced.get("/v1/openapi.json").json()["paths"]
    }


def test_what_cannot_be_read_is_named_and_the_rest_is_recorded(invoiced: Door) -> None:
    kid = invoiced.kid()
    found = sent(
        invoiced, f"{CSV}8.8.2026;1,00;{kid};A;credit\n8.8.2026;1.2.3;;B;credit\n"
    )
    assert names(found) == ["A"]
    assert found["left_out"] == [
        {
            "place": "line 3",
            "code": "bank_amount_ore",
            "why": "the amount cannot be read to the øre.",
            "field": "amount",
            "value": "1.2.3",
            "to_check": True,
        }
    ]
    answer = send(invoiced, f"{CSV}8.8.2026;1.2.3;;B;credit\n", Accept_Language="nn")
    assert answer.status_code == 422, "nothing of it was recorded"
    problem = answer.json()
    assert problem["code"] == "bank_file_unreadable"
    assert coded(problem["errors"]) == [{"field": "line 2", "code": "bank_amount_ore"}]
    assert problem["detail"].endswith(
        "linje 2: beløpet kan ikkje lesast som kroner og øre."
    )


def test_what_may_be_recorded_already_and_may_not_is_for_a_person(
    invoiced: Door,
) -> None:
    kid = invoiced.kid()
    sent(invoiced, f"{CSV}8.8.2026;1,00;{kid};A;credit\n8.8.2026;2,00;;B;credit\n")
    found = sent(invoiced, f"{CSV}8.8.2026;1,00;;C;credit\n8.8.2026;3,00;;B;credit\n")
    assert names(found) == ["C"]
    assert left_out(found) == [("line 3", "conflicting_row", True)]
    answer = send(invoiced, f"{CSV}8.8.2026;3,00;;B;credit\n")
    assert answer.status_code == 409
    assert coded(answer.json()["errors"]) == [
        {"field": "line 2", "code": "conflicting_row"}
    ]
    found = sent(invoiced, f"{CSV}9.8.2026;3,00;;B;credit\n")
    assert names(found) == ["B~2"], "on another day, of another amount: used again"
    assert waiting_ore(invoiced) == [200, 300, 100]


@pytest.mark.law(8)
def test_a_value_that_may_be_a_persons_number_is_not_told(invoiced: Door) -> None:
    found = sent(
        invoiced, f"{CSV}8.8.2026;1,00;;A;credit\n8.8.2026;15076500565;;;credit\n"
    )
    assert found["left_out"][0]["value"] == ""
    found = sent(invoiced, f"{CSV}8.8.2026;1,00;;A;credit\n150765 00565;1;;B;credit\n")
    assert found["left_out"][0]["value"] == "…"


def test_another_organisations_file_is_refused(invoiced: Door) -> None:
    details = {"account": OTHER_ACCOUNT}
    path = f"/v1/organisations/{BERGEN}/billing-details"
    invoiced.post(path, details, Fagnett_Business_Day="2026-08-10")
    answer = send(invoiced, sample("batch_02"), BERGEN)
    assert answer.json()["code"] == "other_account"
    assert coded(answer.json()["errors"]) == [
        {"field": "Ntry[1]", "code": "other_account"}
    ]


def test_what_is_not_booked_is_told_and_not_recorded(invoiced: Door) -> None:
    content = sample("batch_02").replace(b"BOOK<", b"PDNG<")
    answer = send(invoiced, content)
    assert answer.status_code == 200
    assert answer.json()["not_booked"] == ["Ntry[1]"]
    assert not answer.json()["entries"]


def test_the_same_reference_at_two_banks_is_two_entries(invoiced: Door) -> None:
    path = f"/v1/organisations/{STAVANGER}/billing-details"
    other = {"account": OTHER_ACCOUNT, "kid_check": "mod10", "kid_length": 12}
    answer = invoiced.post(
        path, other, organisation=STAVANGER, Fagnett_Business_Day="2026-08-10"
    )
    assert answer.status_code == 201, answer.text
    entry = ntry("100.00", "1001X", detail(kid=invoiced.kid()))
    files = [paid_in(entry, account=each) for each in (ACCOUNT, OTHER_ACCOUNT)]
    assert [new(sent(invoiced, each)) for each in files] == [[True], [True]]
    assert [new(sent(invoiced, each)) for each in files] == [[False], [False]]
    assert received_ore(invoiced) == 200_00
    rows = f"8.8.2026;100,00;{invoiced.kid()};1001X;credit;"
    header = CSV.replace("\n", ";account\n")
    for account in (ACCOUNT, "NO68 8601 1117 947", OTHER_ACCOUNT):
        assert new(sent(invoiced, f"{header}{rows}{account}\n")) == [False]
    by_hand = {
        "organisation": STAVANGER,
        "reference": "1001X",
        "direction": "credit",
        "amount_ore": 100_00,
        "booked_on": "2026-08-08",
        "kid": invoiced.kid(),
        "account": OTHER_ACCOUNT,
    }
    answer = invoiced.post(
        "/v1/bank-entries",
        by_hand,
        organisation=STAVANGER,
        Fagnett_Business_Day="2026-08-10",
    )
    assert (answer.status_code, names(answer.json())) == (200, ["1001X~2"])


def test_an_entry_is_the_same_in_a_notification_and_in_a_table(invoiced: Door) -> None:
    kid = invoiced.kid()
    sent(invoiced, paid_in(ntry("100.00", "4711", detail(kid=kid))))
    for row in (f"100,00;{kid}", "100,00;"):
        assert new(sent(invoiced, f"{CSV}8.8.2026;{row};4711;credit\n")) == [False]
    batch = ntry("90.00", "4712", detail("60.00", kid, "a"), detail("30.00", "", "b"))
    sent(invoiced, paid_in(batch))
    assert new(sent(invoiced, f"{CSV}8.8.2026;90,00;;4712;credit\n")) == [False]
    sent(invoiced, f"{CSV}8.8.2026;50,00;;4713;credit\n")
    parts = ntry("50.00", "4713", detail("20.00", kid), detail("30.00", kid))
    assert new(sent(invoiced, paid_in(parts))) == [False, False]
    assert received_ore(invoiced) == 160_00


def test_one_reference_for_several_entries_loses_none(invoiced: Door) -> None:
    kid = invoiced.kid()
    one, two = ntry("10.00", "B7", detail(kid=kid)), ntry("20.00", "B7")
    same = ntry("10.00", "B7", detail(kid=kid))
    first = sent(invoiced, paid_in(one, two, same))
    assert (names(first), new(first)) == (["B7", "B7~2", "B7~3"], [True] * 3)
    assert new(sent(invoiced, paid_in(one, two, same))) == [False] * 3
    assert new(sent(invoiced, paid_in(same))) == [False]
    more = sent(invoiced, paid_in(two, one, ntry("5.00", "B7"), same))
    assert new(more) == [False, False, True, False]
    assert received_ore(invoiced) == 20_00
    assert waiting_ore(invoiced) == [20_00, 5_00]


def test_payments_with_references_of_their_own_are_told_apart(invoiced: Door) -> None:
    kid = invoiced.kid()

    def file(*references: str) -> str:
        details = (detail("10.00", kid, each) for each in references)
        return paid_in(ntry(f"{10 * len(references)}.00", "BATCH", *details))

    assert new(sent(invoiced, file("T1", "T2"))) == [True, True]
    assert new(sent(invoiced, file("T2", "T3"))) == [False, True]
    assert new(sent(invoiced, file("T3"))) == [False]
    assert received_ore(invoiced) == 30_00
    without = paid_in(ntry("10.00", "", detail("10.00", kid, "T9")))
    assert names(sent(invoiced, without)) == ["T9"]


def test_a_reversal_has_the_reference_of_what_it_takes_back(invoiced: Door) -> None:
    kid = invoiced.kid()
    first = ntry("10.00", "R5", detail(kid=kid))
    back = ntry(
        "10.00", "R5", detail(kid=kid), way="DBIT", more="<RvslInd>true</RvslInd>"
    )
    assert new(sent(invoiced, paid_in(first))) == [True]
    assert new(sent(invoiced, paid_in(back))) == [True]
    assert new(sent(invoiced, paid_in(first, back))) == [False, False]
    assert received_ore(invoiced) == 0


def test_a_report_that_is_told_again_with_more_in_it(invoiced: Door) -> None:
    one, two = (ntry("10.00", more=f"<NtryRef>{n}</NtryRef>") for n in (1, 2))
    assert new(sent(invoiced, paid_in(one, two))) == [True, True]
    other = ntry("11.00", more="<NtryRef>3</NtryRef>")
    more = sent(invoiced, paid_in(other, one, two, one))
    assert new(more) == [True, False, False, True]
    for identity in ("<Id>N-2</Id>", "<Id>N-1</Id><ElctrncSeqNb>2</ElctrncSeqNb>"):
        assert new(sent(invoiced, paid_in(one, identity=identity))) == [True]
    nothing = paid_in(one, identity="").replace("<MsgId>M</MsgId>", "")
    bare = nothing.replace("<CreDtTm>2026-08-10T06:15:00</CreDtTm>", "")
    assert new(sent(invoiced, nothing)) == [True], "the message's time tells it"
    assert coded(send(invoiced, bare).json()["errors"]) == [
        {"field": "Ntry[1]", "code": "bank_reference"}
    ]


@pytest.mark.parametrize(
    ("pages", "before"), [("MsgPgntn", "</GrpHdr>"), ("NtfctnPgntn", "<Acct>")]
)
def test_a_report_on_two_pages_tells_of_two_payments(
    invoiced: Door, pages: str, before: str
) -> None:
    file = paid_in(ntry("10.00", more="<NtryRef>1</NtryRef>"))
    one, two = (
        file.replace(before, f"<{pages}><PgNb>{n}</PgNb></{pages}>{before}")
        for n in (1, 2)
    )
    assert [new(sent(invoiced, page)) for page in (one, two)] == [[True]] * 2
    assert [new(sent(invoiced, page)) for page in (one, two)] == [[False]] * 2


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        (ntry("9.00", "U", currency="EUR"), [("bank_currency", False)]),
        (ntry("9.00", "U", way="DBIT", currency="EUR"), [("bank_not_ours", False)]),
        (ntry("x", "U", way="DBIT"), [("bank_not_ours", False)]),
        (ntry("9.00", "U", detail(), detail(), way="DBIT"), [("bank_not_ours", False)]),
        (ntry("9.00", "U", detail(kid="42"), detail(), way="DBIT"), [("bank_not_ours", False)]),
        (ntry("9.00", "U", detail(kid="RF18539007547034"), way="DBIT"), [("bank_not_ours", False)]),
        (ntry("9.00", "U", detail(kid="2345676"), way="DBIT"), [("bank_not_ours", False)]),
        (ntry("9.00", "U", way="X"), [("bank_direction", True)]),
        (ntry("x", "U"), [("bank_amount_ore", True)]),
    ],
)  # fmt: skip
def test_one_entry_stops_no_other(
    invoiced: Door, entry: str, codes: list[tuple[str, bool]]
) -> None:
    paid = ntry("100.00", "OURS", detail(kid=invoiced.kid()))
    for files in (paid_in(entry, paid), paid_in(paid, entry)):
        found = sent(invoiced, files)
        assert names(found) == ["OURS"]
        assert [(code, check) for _, code, check in left_out(found)] == codes
    assert received_ore(invoiced) == 100_00


def test_an_account_abroad_in_another_currency_is_nothing_to_look_at(
    invoiced: Door,
) -> None:
    foreign = paid_in(ntry("9.00", "U", currency="EUR"), account="DE89370400440532013")
    found = sent(invoiced, foreign)
    assert left_out(found) == [("Ntry[1]", "bank_currency", False)]


def test_what_goes_out_on_our_documents_is_never_left_out_unsaid(
    invoiced: Door,
) -> None:
    kid = invoiced.kid()
    undivided = ntry("90.00", "OUT", detail(kid=kid), detail(kid=kid), way="DBIT")
    answer = send(invoiced, paid_in(undivided), BERGEN)
    assert coded(answer.json()["errors"]) == [
        {"field": "Ntry[1]", "code": "bank_sum_differs"}
    ]
    foreign = ntry("9.00", "U", detail(kid=kid), currency="EUR")
    assert coded(send(invoiced, paid_in(foreign)).json()["errors"]) == [
        {"field": "Ntry[1]", "code": "bank_currency"}
    ]
    rows = f"{CSV}8.8.2026;1,00;2,6E+11;A;debit\n"
    assert coded(send(invoiced, rows, BERGEN).json()["errors"]) == [
        {"field": "line 2", "code": "bank_kid_rounded"}
    ]


CHARGED = '<Chrgs><Rcrd><Amt Ccy="NOK">26.00</Amt></Rcrd></Chrgs>'
CHARGED_02 = '<Chrgs><Amt Ccy="NOK">26.00</Amt></Chrgs>'


@pytest.mark.parametrize("charges", [CHARGED, CHARGED_02])
def test_what_the_bank_takes_for_itself_is_paid_to_nobody(
    invoiced: Door, charges: str
) -> None:
    kid = invoiced.kid()
    sent(invoiced, paid_in(ntry("74.00", "NET", detail("100.00", kid, more=charges))))
    assert received_ore(invoiced) == 74_00
    two = detail("100.00", kid, more=charges), detail("10.00", kid)
    sent(invoiced, paid_in(ntry("84.00", "NET2", *two)))
    assert received_ore(invoiced) == 158_00
    out = ntry(
        "126.00", "G", detail("100.00", kid, more=charges, to=ACCOUNT), way="DBIT"
    )
    sent(invoiced, paid_in(out), BERGEN)
    assert invoiced.get(INVOICED).json()["paid_ore"] == 100_00
    other = ntry("73.00", "NET3", detail("100.00", kid, more=charges))
    assert sent(invoiced, paid_in(other))["entries"][0]["unmatched"] == "no_kid"
    one_of_two = f"<Btch><NbOfTxs>2</NbOfTxs></Btch>{detail(kid=kid)}"
    found = sent(invoiced, paid_in(ntry("73.00", "HALF", one_of_two)))
    assert found["entries"][0]["unmatched"] == "no_kid", "of which payment is it?"


def test_a_reference_by_hand_names_an_entry(invoiced: Door) -> None:
    body = {
        "organisation": STAVANGER,
        "reference": "NONREF",
        "direction": "credit",
        "amount_ore": 1,
        "booked_on": "2026-08-08",
    }
    answer = invoiced.post(
        "/v1/bank-entries",
        body,
        organisation=STAVANGER,
        Fagnett_Business_Day="2026-08-10",
    )
    assert answer.status_code == 422
    assert answer.json()["code"] == "reference_names_nothing"
    assert "NONREF" in answer.json()["detail"]


def test_payments_that_the_bank_names_apart_are_all_received(invoiced: Door) -> None:
    kid = invoiced.kid()
    one = paid_in(ntry("100.00", "B1", detail("100.00", kid, "T1")))
    two = (detail("60.00", kid, "T2"), detail("40.00", kid, "T3"))
    others = paid_in(ntry("100.00", "B1", *two), identity="<Id>N-2</Id>")
    assert new(sent(invoiced, one)) == [True]
    found = sent(invoiced, others)
    assert (new(found), left_out(found)) == ([True, True], [])
    assert received_ore(invoiced) == 200_00
    for content in (one, others):
        assert not any(new(sent(invoiced, content)))
    mixed = (detail("60.00", kid, "T5"), detail("40.00", kid, "T6"))
    told = ntry("100.00", "B2", detail("100.00", kid, "T5"))
    sent(invoiced, paid_in(told, identity="<Id>N-3</Id>"))
    unclear = paid_in(ntry("100.00", "B2", *mixed), identity="<Id>N-4</Id>")
    answer = send(invoiced, unclear)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflicting_row")

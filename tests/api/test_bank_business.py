"""What of a bank's file is whose business: none of ours is left out unsaid."""

import pytest

from domain.parties.kid import KidCheck, kid
from domain.payments.telling import ENTRIES_MAX
from tests.api.test_bank_files import CSV
from tests.api.test_bank_imports import left_out, names, new, received_ore, send, sent
from tests.support.bank import ACCOUNT, OTHER_ACCOUNT
from tests.support.camt import detail, ntry, paid_in
from tests.support.doors import INVOICED, Door, coded
from tests.support.examples import BERGEN, STAVANGER

BACK = "<RvslInd>true</RvslInd>"


@pytest.mark.parametrize("day_after", [False, True])
@pytest.mark.parametrize("told", ["camt", "camt without details", "csv"])
def test_what_the_bank_returns_of_a_payment_is_not_paid_whatever_kid_it_lacks(
    invoiced: Door, told: str, day_after: bool
) -> None:
    """The payer has not paid what its bank has given back."""
    paid = ntry(
        "100.00", "H1", detail("100.00", invoiced.kid(), to=ACCOUNT), way="DBIT"
    )
    sent(invoiced, paid_in(paid), BERGEN)
    assert invoiced.get(INVOICED).json()["paid_ore"] == 100_00
    day = "2026-08-10" if day_after else "2026-08-08"
    details = () if told == "camt without details" else (detail("100.00"),)
    back = ntry("100.00", "H1", *details, more=BACK).replace("2026-08-08", day)
    content = paid_in(back, identity="<Id>N-2</Id>")
    if told == "csv":
        content = f"{CSV}{day};-100,00;;H1;debit\n"
    for new_now in ([True], [False]):
        found = sent(invoiced, content, BERGEN)
        assert (names(found), new(found), left_out(found)) == (["H1~2"], new_now, [])
    assert invoiced.get(INVOICED).json()["paid_ore"] == 0


def test_a_part_that_is_returned_waits_for_a_person(invoiced: Door) -> None:
    paid = ntry(
        "100.00", "H1", detail("100.00", invoiced.kid(), to=ACCOUNT), way="DBIT"
    )
    sent(invoiced, paid_in(paid), BERGEN)
    back = ntry("40.00", "H1", more=BACK).replace("2026-08-08", "2026-08-10")
    for new_now in ([True], [False]):
        found = sent(invoiced, paid_in(back), BERGEN)
        assert (names(found), new(found), left_out(found)) == (["H1~2"], new_now, [])
    waits = invoiced.get("/v1/bank-entries/H1~2").json()
    assert (waits["amount_ore"], waits["unmatched"]) == (-40_00, "no_kid")
    answer = invoiced.post(
        "/v1/bank-entries/H1~2/match",
        {"payee": STAVANGER, "year": 2026, "number": 1},
        Fagnett_Business_Day="2026-08-10",
    )
    assert answer.status_code == 201, answer.text
    assert invoiced.get(INVOICED).json()["paid_ore"] == 60_00


def test_what_is_returned_of_no_payment_that_is_recorded_is_named(
    invoiced: Door,
) -> None:
    ours = ntry("100.00", "OURS", detail(kid=invoiced.kid()), way="DBIT")
    wages = ntry("9.00", "W", way="DBIT")
    back = ntry("9.00", "W", more=BACK)
    bill = ntry("9.00", "B", detail(kid="2345676"), more=BACK)
    found = sent(invoiced, paid_in(ours, wages, back, bill), BERGEN)
    assert names(found) == ["OURS"]
    assert sorted(left_out(found)) == [
        ("Ntry[2]", "bank_not_ours", False),
        ("Ntry[3]", "bank_taken_back", True),
        ("Ntry[4]", "bank_not_ours", False),
    ]
    for content in (paid_in(back), f"{CSV}8.8.2026;\u22129,00;;W;debit\n"):
        (error,) = coded(send(invoiced, content, BERGEN).json()["errors"])
        assert error["code"] == "bank_taken_back"
    unread = ntry("x", "OURS", more=BACK)
    (error,) = coded(send(invoiced, paid_in(unread), BERGEN).json()["errors"])
    assert error["code"] == "bank_amount_ore"


def test_what_is_paid_for_several_things_and_not_divided_is_named(
    invoiced: Door,
) -> None:
    kid = invoiced.kid()
    several = "".join(
        f"<Strd><CdtrRefInf><Ref>{each}</Ref></CdtrRefInf></Strd>"
        for each in (kid, "RF18539007547034")
    )
    both = detail("90.00", more=f"<RmtInf>{several}</RmtInf>")
    out = ntry("100.00", "OUT", both, detail("10.00", kid, to=ACCOUNT), way="DBIT")
    found = sent(invoiced, paid_in(out), BERGEN)
    assert names(found) == ["OUT"]
    assert left_out(found) == [("Ntry[1]", "bank_undivided", True)]
    assert invoiced.get(INVOICED).json()["paid_ore"] == 10_00
    others = paid_in(out.replace(kid, "2345676"))
    found = sent(invoiced, others, BERGEN)
    assert left_out(found) == [("Ntry[1]", "bank_not_ours", False)]
    found = sent(invoiced, paid_in(ntry("90.00", "IN", both)))
    assert found["entries"][0]["unmatched"] == "no_kid"
    assert received_ore(invoiced) == 0


def test_many_wages_are_no_reason_to_refuse_a_file(invoiced: Door) -> None:
    wages = "8.8.2026;1,00;;W;debit\n" * (2 * ENTRIES_MAX)
    found = sent(invoiced, f"{CSV}{wages}8.8.2026;1,00;;A;credit\n")
    assert names(found) == ["A"]
    assert len(found["left_out"]) == 2 * ENTRIES_MAX


def test_an_entry_with_too_many_payments_stops_no_other(invoiced: Door) -> None:
    kid = invoiced.kid()
    ours = ntry("100.00", "OURS", detail(kid=kid))
    large = detail("1.00", "42") * (ENTRIES_MAX + 1)
    batch = ntry(f"{ENTRIES_MAX + 1}.00", "BATCH", large)
    found = sent(invoiced, paid_in(batch, ours))
    assert names(found) == ["OURS"]
    assert left_out(found) == [("Ntry[1]", "bank_batch_too_large", True)]
    answer = send(invoiced, paid_in(batch))
    assert coded(answer.json()["errors"]) == [
        {"field": "Ntry[1]", "code": "bank_batch_too_large"}
    ]


def test_what_is_paid_to_others_is_not_counted(invoiced: Door) -> None:
    kid = invoiced.kid()
    ours = ntry("100.00", "OURS", detail(kid=kid, to=ACCOUNT), way="DBIT")
    bills = [ntry("1.00", f"B{n}", detail(kid="42"), way="DBIT") for n in range(2500)]
    others = detail("1.00", "2345676") * 2500
    within = detail("1.00", kid, "OWN", to=ACCOUNT)
    batch = ntry("2501.00", "BATCH", others, within, way="DBIT")
    found = sent(invoiced, paid_in(*bills, batch, ours), BERGEN)
    assert names(found) == ["BATCH", "OURS"]
    assert {each["code"] for each in found["left_out"]} == {"bank_not_ours"}
    assert invoiced.get(INVOICED).json()["paid_ore"] == 101_00


def test_what_may_pay_a_document_that_is_not_here_yet_is_named(invoiced: Door) -> None:
    """A payer may pay before the payee's invoice has reached its node."""
    known, later = invoiced.kid(), kid(2026, 2, KidCheck.MOD_10, 12)
    assert later is not None
    wrong = f"{later[:-1]}{(int(later[-1]) + 1) % 10}"

    def paid(to: str, with_kid: str) -> str:
        account = f"<Id><Othr><Id>{to}</Id></Othr></Id>" if to else ""
        creditor = f"<RltdPties><CdtrAcct>{account}</CdtrAcct></RltdPties>"
        return ntry("9.00", "P", detail("9.00", with_kid, more=creditor), way="DBIT")

    for to in (ACCOUNT, ""):
        (error,) = coded(
            send(invoiced, paid_in(paid(to, later)), BERGEN).json()["errors"]
        )
        assert error == {"field": "Ntry[1]", "code": "bank_document_not_here"}
    ours = ntry("1.00", "OURS", detail(kid=known), way="DBIT")
    rest = paid(OTHER_ACCOUNT, later), paid(ACCOUNT, wrong), paid(ACCOUNT, "2345676")
    found = sent(invoiced, paid_in(ours, paid(ACCOUNT, later), *rest), BERGEN)
    assert names(found) == ["OURS"]
    assert left_out(found) == [
        ("Ntry[2]", "bank_document_not_here", True),
        *((f"Ntry[{n}]", "bank_not_ours", False) for n in (3, 4, 5)),
    ]
    table = f"{CSV}8.8.2026;9,00;{later};P;debit\n"
    (error,) = coded(send(invoiced, table, BERGEN).json()["errors"])
    assert error["code"] == "bank_document_not_here"
    unread = table.replace("9,00", "x")
    (error,) = coded(send(invoiced, unread, BERGEN).json()["errors"])
    assert error["code"] == "bank_amount_ore"


@pytest.mark.parametrize("to", ["", ACCOUNT])
def test_what_leaves_the_payees_account_with_its_own_kid_is_told_as_that(
    invoiced: Door, to: str
) -> None:
    paid = ntry("50.00", "V2", detail("50.00", invoiced.kid(), to=to), way="DBIT")
    answer = send(invoiced, paid_in(paid), STAVANGER)
    (error,) = coded(answer.json()["errors"])
    assert error == {"field": "Ntry[1]", "code": "bank_own_document"}
    assert "match it to the document" in answer.json()["detail"]
    beside = sent(invoiced, paid_in(paid, ntry("1.00", "V3")), STAVANGER)
    assert left_out(beside) == [("Ntry[1]", "bank_own_document", True)]


def test_what_leaves_it_to_another_account_is_not_of_its_own_document(
    invoiced: Door,
) -> None:
    details = (detail("50.00", invoiced.kid(), to=OTHER_ACCOUNT),)
    paid = ntry("50.00", "V2", *details, way="DBIT")
    found = sent(invoiced, paid_in(paid), STAVANGER)
    assert left_out(found) == [("Ntry[1]", "bank_not_ours", False)]

"""The work list: what waits for whom, until it is done."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from domain.agreements.answer import EndorserRole
from domain.agreements.endorsement import EndorseVersion
from domain.history import Stream
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.payments.payment import RegisterPayment
from domain.posts.report import DecideReport, Outcome
from domain.role import Role
from domain.values import Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.sqlite import SQLiteJournal
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.waiting import matters_waiting
from projections.waiting_matter import ENDED_BY, WaitingKind, WaitingMatter
from tests.support.closing import HALF_YEAR_ORE, SUMMER, draw_up, drawn, invoiced, sign
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    accept,
    approve,
    fill,
    network,
    report,
    version,
)
from tests.support.federation import instant
from tests.support.scenario import Scenario

DAY = date(2026, 7, 10)
DOCUMENT: dict[str, Any] = {"agreement": "ms-ous", "period_start": date(2026, 1, 1)}
INVOICE = (OSLO, "2026", "1")


def listed_for(
    organisation: str, scenario: Scenario, folder: Path, day: date = DAY
) -> list[WaitingMatter]:
    """Fold a history at a node of its own, and ask."""
    versions: defaultdict[Stream, int] = defaultdict(int)
    folder = folder / f"{len(list(folder.iterdir()))}"
    folder.mkdir()
    views = open_sqlite(folder / "views.sqlite")
    path = folder / "journal.sqlite"
    with closing(SQLiteJournal(path, Region.VEST, instant)) as journal:
        for stream, fact in scenario.recorded_so_far:
            versions[stream] += 1
            recorded = Recorded(str(stream), versions[stream], fact)
            journal.append([MAPPER.to_stored_event(recorded)])
        projector = Projector(journal, views)
        projector.prepare()
        projector.catch_up()
        with reading(views) as connection:
            found = matters_waiting(connection, day, organisation)
    views.dispose()
    return found


def told(matters: Iterable[WaitingMatter]) -> list[tuple[str, str]]:
    return [(matter.kind.value, matter.waits_for) for matter in matters]


def test_each_kind_is_ended_by_a_command_that_somebody_may_send() -> None:
    assert {*ENDED_BY} == {*WaitingKind} - {WaitingKind.MEET_OBLIGATION}
    for kind in ENDED_BY:
        assert WaitingMatter(kind, (), BERGEN, OSLO, DAY).roles


def test_a_proposal_waits_for_the_host_and_its_leader_until_it_is_answered(
    tmp_path: Path,
) -> None:
    scenario = Scenario().given(
        *ORGANISATIONS, network(), version(endorsement_required=True)
    )
    for organisation in (BERGEN, OSLO):
        found = listed_for(organisation, scenario, tmp_path)
        assert told(found) == [("answer_version", OSLO), ("endorse_version", OSLO)]
        assert found[0].key == ("ms-ous", "1")
        assert found[1].roles == {Role.LEADER}
    assert not listed_for(TROMSO, scenario, tmp_path)
    endorsed = EndorseVersion(
        agreement="ms-ous",
        version=1,
        role=EndorserRole.LEADER,
        endorsed_by="p-1",
        endorsed_on=date(2026, 1, 1),
    )
    scenario.given(endorsed, today=DAY)
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("answer_version", OSLO)]


def test_a_period_is_reported_approved_and_invoiced_in_turn(tmp_path: Path) -> None:
    scenario = Scenario().given(*AGREED)
    before = listed_for(OSLO, scenario, tmp_path, date(2026, 6, 30))
    assert not before
    (matter,) = listed_for(BERGEN, scenario, tmp_path)
    assert told([matter]) == [("submit_report", OSLO)]
    assert matter.key == ("ms", OSLO, "2026-01-01", "2026-06-30")
    assert matter.since == date(2026, 7, 1)
    scenario.given(fill(), report())
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("decide_report", BERGEN)]
    returned = DecideReport(report="ms-ous-2026", outcome=Outcome.RETURNED)
    scenario.given(returned)
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("submit_report", OSLO)]
    scenario.given(report(), approve())
    (matter,) = listed_for(OSLO, scenario, tmp_path)
    assert told([matter]) == [("issue_invoice", OSLO)]
    assert matter.key == ("ms-ous", "2026-01-01", "2026-06-30")


def test_a_post_that_nobody_filled_is_not_invoiced(tmp_path: Path) -> None:
    scenario = Scenario().given(*AGREED, report(), approve())
    assert not listed_for(OSLO, scenario, tmp_path)


def test_an_invoice_waits_for_one_person_then_another_then_its_payment(
    tmp_path: Path,
) -> None:
    scenario = invoiced()
    (matter,) = listed_for(BERGEN, scenario, tmp_path)
    assert (matter.kind, matter.key) == (WaitingKind.REGISTER_INVOICE, INVOICE)
    assert matter.amount_ore == HALF_YEAR_ORE
    assert matter.roles == {Role.CONTROLLER}
    scenario.given(RegisterInvoice(**DOCUMENT), today=SUMMER, actor="reception")
    (matter,) = listed_for(BERGEN, scenario, tmp_path)
    assert told([matter]) == [("approve_invoice", BERGEN)]
    assert matter.roles == {Role.APPROVER}
    approved = DecideInvoice(verdict=Verdict.APPROVED, **DOCUMENT)
    scenario.given(approved, today=SUMMER)
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("pay_invoice", BERGEN)]
    part = RegisterPayment(amount_ore=HALF_YEAR_ORE - 137, paid_on=SUMMER, **DOCUMENT)
    scenario.given(part, today=SUMMER)
    (matter,) = listed_for(BERGEN, scenario, tmp_path)
    assert (matter.kind.value, matter.amount_ore) == ("paid_too_little", 137)
    assert matter.kind.is_difference
    rest = RegisterPayment(amount_ore=137, paid_on=SUMMER, **DOCUMENT)
    scenario.given(rest, today=SUMMER)
    assert not listed_for(BERGEN, scenario, tmp_path)


def test_a_dispute_waits_for_whoever_did_not_speak_last(tmp_path: Path) -> None:
    dispute = DecideInvoice(verdict=Verdict.DISPUTED, reason="vacant", **DOCUMENT)
    scenario = invoiced().given(dispute, today=SUMMER)
    assert told(listed_for(BERGEN, scenario, tmp_path)) == [("answer_dispute", OSLO)]
    said = CommentDispute(text="It was filled", **DOCUMENT)
    scenario.when(said, today=SUMMER, organisation=OSLO, region=Region.SOROST)
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("resolve_dispute", BERGEN)]
    upheld = ResolveDispute(outcome=Resolution.UPHELD, text="It stands", **DOCUMENT)
    scenario.given(RegisterInvoice(**DOCUMENT), today=SUMMER, actor="reception")
    scenario.given(upheld, today=SUMMER)
    assert told(listed_for(OSLO, scenario, tmp_path)) == [("pay_invoice", BERGEN)]


def test_a_statement_waits_for_the_other_trust(tmp_path: Path) -> None:
    scenario = invoiced().given(draw_up(), today=SUMMER)
    found = listed_for(OSLO, scenario, tmp_path)
    assert ("sign_statement", OSLO) in told(found)
    scenario.given(sign(drawn(scenario)), today=SUMMER)
    assert "sign_statement" not in dict(told(listed_for(OSLO, scenario, tmp_path)))


def test_last_year_waits_to_be_closed(tmp_path: Path) -> None:
    scenario = Scenario().given(*AGREED)
    found = listed_for(OSLO, scenario, tmp_path, date(2027, 1, 1))
    (matter,) = [m for m in found if m.kind is WaitingKind.DRAW_UP_STATEMENT]
    assert matter.key == (BERGEN, OSLO, "2026-12-31")
    assert matter.waits_for == BERGEN


def test_an_answer_that_came_ends_the_wait_in_both_regions(tmp_path: Path) -> None:
    scenario = Scenario().given(*AGREED, version(2))
    assert told(listed_for(BERGEN, scenario, tmp_path, date(2026, 2, 1))) == [
        ("answer_version", OSLO)
    ]
    scenario.given(accept(2))
    assert not listed_for(BERGEN, scenario, tmp_path, date(2026, 2, 1))

"""Commands as they are put together again of what they led to, and what is no decision."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.counted import ProposalCounted
from domain.agreements.counter import CounterVersion
from domain.closing.closing import STATEMENTS, DrawUpStatement, StatementSigned
from domain.fact import Command, Fact
from domain.history import Append, Asked, Decision
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.year_correction import CorrectYear
from domain.kind import (
    Asks,
    Authority,
    CommandKind,
    Restorer,
    declare,
    members_of,
    only_fact,
    same,
)
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.payments.bank import (
    BankEntryImported,
    MatchBankEntry,
    SetAsideCause,
    SetBankEntryAside,
)
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.redeciding import (
    NO_COMMAND,
    OTHER_FACTS,
    decision_fault,
    restored,
)
from domain.refusal import Code
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support import bank, closing
from tests.support.closing import FIRST, PAIR, SUMMER
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    fill,
    invoice,
    network,
    organisation,
    report,
    vacate,
    version,
)
from tests.support.negotiation import counter, grow
from tests.support.scenario import Scenario

NEXT: Final = date(2027, 2, 1)
DOCUMENT: Final[dict[str, Any]] = {"seller": OSLO, "year": 2026, "number": 1}
DISPUTED: Final = DecideInvoice(
    **DOCUMENT, post="nurse", reason="Why", verdict=Verdict.DISPUTED
)
CREDITED: Final = CreditInvoice(
    **DOCUMENT,
    lines=(CreditedLine(post="nurse", amount_ore=100_00),),
    reason="Agreed",
)
RESOLVED: Final = ResolveDispute(
    **DOCUMENT, post="nurse", outcome=Resolution.CREDITED, text="So be it"
)
PAID: Final = RegisterPayment(**DOCUMENT, amount_ore=7, paid_on=SUMMER)
MATCHED: Final = MatchBankEntry(
    organisation=OSLO, reference="B1", payee=OSLO, year=2026, number=1
)
PROPOSED: Final = (*ORGANISATIONS, network(), version())
ISSUED: Final = (*REPORTED, bank.details())


def history(*before: Command) -> Scenario:
    """Return a half-year that is invoiced, and what was recorded since."""
    scenario = Scenario().given(*ISSUED).given(invoice(), today=SUMMER)
    return scenario.given(*before, today=SUMMER, actor="receiver")


def again(scenario: Scenario) -> Command | None:
    """Put the last command together again of what it recorded."""
    return restored([each.fact for each in scenario.appended], scenario)


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((), organisation()),
        (ORGANISATIONS, network()),
        (AGREED, grow()),
        (AGREED, fill(agreement="ms-ous")),
        (AGREED, vacate(date(2026, 3, 1), agreement="ms-ous")),
        (AGREED, report()),
    ],
)
def test_what_says_all_is_put_together_as_it_was(
    before: Sequence[Command], command: Command
) -> None:
    assert again(Scenario().given(*before, command)) == command


def test_a_counter_proposal_is_put_together_with_what_it_answered() -> None:
    found = again(Scenario().given(*PROPOSED, counter()))
    assert isinstance(found, CounterVersion)
    assert found.version == 1
    assert found.fingerprint
    proposal = counter().proposal.model_copy(update={"endorsement_required": False})
    assert found.proposal == proposal


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((), invoice(date(2026, 7, 1), date(2026, 12, 31))),
        ((), CREDITED),
        ((), CreditInvoice(**DOCUMENT, reason="Wrong")),
        ((), RegisterInvoice(**DOCUMENT)),
        ((), DISPUTED),
        (
            (RegisterInvoice(**DOCUMENT),),
            DecideInvoice(**DOCUMENT, post="nurse", verdict=Verdict.APPROVED),
        ),
        ((DISPUTED,), CommentDispute(**DOCUMENT, post="nurse", text="Hm")),
        ((DISPUTED, CREDITED), RESOLVED),
        ((), PAID),
        ((vacate(date(2026, 6, 1)),), CorrectYear(agreement="ms-ous", year=2026)),
    ],
)
def test_what_is_said_of_documents_is_put_together_as_it_was(
    before: Sequence[Command], command: Command
) -> None:
    scenario = history(*before).given(command, today=NEXT)
    assert again(scenario) == command


@pytest.mark.parametrize(
    ("kid", "paid_to", "told"),
    [
        (None, "", ""),
        (None, bank.ACCOUNT, ""),
        ("", bank.ACCOUNT, ""),
        ("12", bank.ACCOUNT, ""),
    ],
)
def test_an_entry_is_put_together_with_an_account_that_tells_as_much(
    kid: str | None, paid_to: str, told: str
) -> None:
    scenario = history()
    changes = {} if kid is None else {"kid": kid}
    entry = bank.entry(scenario, paid_to=paid_to, **changes)
    scenario.given(bank.imported(OSLO, entry), today=date(2026, 8, 9))
    expected = entry.model_copy(update={"paid_to": told})
    assert again(scenario) == bank.imported(OSLO, expected)


@pytest.mark.parametrize(
    "command",
    [
        MATCHED,
        SetBankEntryAside(
            organisation=OSLO, reference="B1", cause=SetAsideCause.NOT_OURS
        ),
    ],
)
def test_what_a_person_does_with_an_entry_is_put_together_as_it_was(
    command: Command,
) -> None:
    scenario = history()
    entry = bank.entry(scenario, kid="")
    scenario.given(bank.imported(OSLO, entry), command, today=date(2026, 8, 9))
    assert again(scenario) == command


@pytest.mark.parametrize("reason", [None, "No"])
def test_a_statement_and_its_answer_are_put_together_with_the_hash(
    reason: str | None,
) -> None:
    scenario = history(DISPUTED, *closing.confirmed(date(2026, 7, 9)))
    line = {"agreement": "ms-ous", "post": "nurse", "period_start": FIRST.start}
    drawing = closing.draw_up(carry_over=(line,))
    scenario.given(drawing, today=SUMMER)
    found = closing.drawn(scenario)
    hashed = {"fingerprint": found.fingerprint}
    assert again(scenario) == DrawUpStatement(**{**dict(drawing), **hashed})
    answer = closing.sign(found, reason=reason)
    assert again(scenario.given(answer, today=SUMMER)) == answer


def asked(region: Region, number: str, today: date = SUMMER) -> Asked:
    """Ask as an organisation at a node."""
    return Asked(region, number, today, "controller")


VEST: Final = asked(Region.VEST, BERGEN)
SOROST: Final = asked(Region.SOROST, OSLO)
EARLY: Final = asked(Region.SOROST, OSLO, date(2026, 6, 30))


def registered(**changes: Any) -> Append:
    """Return the registration of Bergen, as somebody records it."""
    scenario = Scenario().given(organisation())
    (recorded,) = scenario.recorded_so_far
    return Append(recorded.stream, recorded.fact.model_copy(update=changes))


AUTHORITY: Final = asked(Region.VEST, REGIONAL_AUTHORITY[Region.VEST])


@pytest.mark.parametrize(
    ("askers", "changes", "reason"),
    [
        ([AUTHORITY], {}, None),
        ([VEST, AUTHORITY], {}, None),
        ([AUTHORITY, VEST], {}, None),
        ([VEST], {}, Code.NOT_ENTITLED.value),
        ([AUTHORITY], {"org_number": "1"}, Code.INVALID_ORGANISATION_NUMBER.value),
        ([AUTHORITY], {"name": "a\u200eb"}, NO_COMMAND),
        ([AUTHORITY], {"name": "13097248022"}, NO_COMMAND),
        ([AUTHORITY], {"name": "13.09.1972-48022"}, None),  # taken by a release
        ([AUTHORITY], {"name": "13a09b72c48022"}, None),
        ([], {}, NO_COMMAND),
    ],
)
def test_of_some_askers_one_has_asked(
    askers: list[Asked], changes: dict[str, Any], reason: str | None
) -> None:
    assert decision_fault([registered(**changes)], askers, Scenario()) == reason


def test_what_stands_elsewhere_or_beside_another_fact_is_another_decision() -> None:
    here = registered()
    elsewhere = Append(here.stream._replace(key=OSLO), here.fact)
    for recorded in ([elsewhere], [here, here]):
        assert decision_fault(recorded, [AUTHORITY], Scenario()) == OTHER_FACTS
    assert decision_fault([elsewhere], [AUTHORITY, VEST], Scenario()) == "not_entitled"


def last_issued() -> tuple[Scenario, list[Append]]:
    """Return a history, and what issues an invoice on it."""
    scenario = Scenario().given(*ISSUED)
    after = Scenario().given(*ISSUED).given(invoice(), today=SUMMER)
    return scenario, [Append(each.stream, each.fact) for each in after.appended]


def test_an_invoice_is_decided_again_on_the_day_that_it_was() -> None:
    scenario, recorded = last_issued()
    assert decision_fault(recorded, [SOROST], scenario) is None
    assert decision_fault(recorded, [EARLY, SOROST], scenario) is None
    tomorrow = asked(Region.SOROST, OSLO, date(2026, 7, 11))
    assert decision_fault(recorded, [tomorrow], scenario) == OTHER_FACTS
    assert decision_fault(recorded[:1], [SOROST], scenario) == NO_COMMAND
    assert decision_fault(recorded[1:], [SOROST], scenario) == NO_COMMAND


def test_a_fact_that_no_command_begins_with_is_no_decision() -> None:
    counted = ProposalCounted(network="ms", agreement="b", version=1)
    (stream,) = {each.stream for each in Scenario().given(organisation()).held}
    assert (
        decision_fault([Append(stream, counted)], [AUTHORITY], Scenario()) == NO_COMMAND
    )


def appended(scenario: Scenario, **changes: Any) -> list[Append]:
    """Return what was recorded last, with its first fact changed."""
    first, *rest = (Append(each.stream, each.fact) for each in scenario.appended)
    bent = first.fact.model_copy(update=changes)
    return [Append(first.stream, bent), *rest]


def test_what_names_what_is_not_there_is_no_decision() -> None:
    scenario = history(PAID)
    unknown = appended(scenario, number=2)
    assert decision_fault(unknown, [VEST], scenario) == Code.UNKNOWN_INVOICE
    known = appended(scenario)
    assert decision_fault(known, [VEST], scenario) is None
    other: list[Append] = [*known, Append(known[0].stream, registered().fact)]
    assert decision_fault(other, [VEST], scenario) == OTHER_FACTS


def test_an_answer_to_no_statement_is_no_decision() -> None:
    fact = StatementSigned(
        first=BERGEN,
        second=OSLO,
        number=1,
        revision=1,
        fingerprint="0" * 64,
        signed_by="controller",
    )
    recorded = [Append(STATEMENTS.stream(Region.SOROST, PAIR.key), fact)]
    assert decision_fault(recorded, [SOROST], Scenario()) == NO_COMMAND


def test_several_documents_of_a_kid_are_told_apart_by_an_account_of_theirs() -> None:
    """Or by nobody's: what is not kept is put together so that it tells as much."""
    scenario = history()
    kid = bank.first_kid(scenario)
    entry = bank.entry(scenario, paid_to=bank.OTHER_ACCOUNT, amount_ore=1)
    scenario.given(bank.imported(OSLO, entry), today=date(2026, 8, 9))
    imported = scenario.recorded(BankEntryImported)
    assert isinstance(imported, BankEntryImported)
    assert imported.kid == kid
    found = again(scenario)
    assert found == bank.imported(OSLO, entry.model_copy(update={"paid_to": ""}))


def test_a_command_is_restored_of_the_members_that_its_fact_has() -> None:
    scenario = Scenario()
    fact = registered().fact
    assert same(RegisterOrganisation)([fact], scenario) == organisation()
    other = same(RegisterOrganisation, name="Another")([fact, fact], scenario)
    assert other == organisation(name="Another")
    assert members_of(fact, "name", "region") == {
        "name": f"Trust {BERGEN}",
        "region": Region.VEST,
    }
    assert only_fact(OrganisationRegistered, [fact]) is fact
    with pytest.raises(AssertionError, match=r"^it is restored by its type$"):
        only_fact(PaymentRegistered, [fact])
    with pytest.raises(AssertionError, match=r"^nothing else comes of its command$"):
        only_fact(OrganisationRegistered, [fact, fact])


def test_what_is_declared_of_a_command_stands_beside_its_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared: dict[type[Command], CommandKind] = {}
    monkeypatch.setattr("domain.kind.DECLARED", declared)
    nobody = Authority(Asks.ITSELF, {Role.READER}, {}, "nobody")

    def nothing(*_: object) -> Decision:
        return ()

    def restore(*_: object) -> None:
        return None

    declare(RegisterOrganisation, nothing, nobody)
    assert declared == {RegisterOrganisation: CommandKind(nothing, nobody, {})}
    restores: dict[type[Fact], Restorer] = {PaymentRegistered: restore}
    declare(RegisterPayment, nothing, nobody, restores)
    assert declared[RegisterPayment] == CommandKind(nothing, nobody, restores)
    declare(RegisterOrganisation, nothing, nobody, OrganisationRegistered)
    (fact, by_name), *more = declared[RegisterOrganisation].restores.items()
    assert (fact, more) == (OrganisationRegistered, [])
    assert by_name([registered().fact], Scenario()) == organisation()

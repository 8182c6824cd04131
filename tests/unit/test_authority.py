"""Whose word every command is: nobody else's is taken, before or after."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.agreement import ProposeVersion
from domain.agreements.answer import AnswerVersion
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.catalogue import COMMANDS
from domain.closing.balance import AssertBalance
from domain.closing.closing import DrawUpStatement, SignStatement
from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.year_correction import CorrectYear
from domain.kind import Again, Asks
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.day import ConfirmDay
from domain.parties.mandate import EndMandate, GrantMandate
from domain.parties.network import EstablishNetwork
from domain.parties.organisation import RegisterOrganisation
from domain.payments.bank import MatchBankEntry, SetAsideCause, SetBankEntryAside
from domain.payments.payment import RegisterPayment
from domain.payments.telling import ImportBankEntries
from domain.posts.report import DecideReport, SubmitReport
from domain.posts.staffing import RecordStaffing
from domain.redeciding import restored
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support import (
    asking_applicants,
    asking_authorities,
    asking_bodies,
    asking_funders,
    asking_nodes,
    asking_waivers,
    bank,
    closing,
    mandates,
)
from tests.support.asking import SUMMER, Example, always
from tests.support.examples import (
    AGREED,
    BERGEN,
    HOME,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    STAVANGER,
    accept,
    approve,
    fill,
    invoice,
    network,
    organisation,
    report,
    terminate,
    vacate,
    version,
)
from tests.support.negotiation import adopt, counter, endorse, grow, withdraw
from tests.support.scenario import Scenario

WINTER, NEXT = date(2025, 12, 1), date(2027, 2, 1)
AKER: Final = "983974708"
"""Another trust of Oslo's region, and Stavanger is one of Bergen's."""
EVERYBODY: Final[tuple[Command, ...]] = (
    *ORGANISATIONS,
    organisation(STAVANGER),
    organisation(AKER, region=Region.SOROST),
)
REGIONS: Final = {**HOME, STAVANGER: Region.VEST, AKER: Region.SOROST} | {
    number: region for region, number in REGIONAL_AUTHORITY.items()
}
DOCUMENT: Final[dict[str, Any]] = {"seller": OSLO, "year": 2026, "number": 1}
DISPUTED: Final = DecideInvoice(**DOCUMENT, verdict=Verdict.DISPUTED)


def since(*commands: Command, today: date = WINTER) -> Callable[[], Scenario]:
    """Return what makes a history: of all organisations, and of some commands."""
    return lambda: Scenario().given(*EVERYBODY, *commands, today=today)


def issued(*more: Command, today: date = SUMMER) -> Callable[[], Scenario]:
    """Return what makes a history with a document of Oslo's to Bergen."""
    agreed = (*REPORTED[len(ORGANISATIONS) :], bank.details())
    return lambda: (
        since(*agreed)()
        .given(invoice(), today=SUMMER)
        .given(*more, today=today, actor="receiver")
    )


def corrected() -> Scenario:
    """Return a history in which a billed half-year of a year that is over has changed."""
    return issued(vacate(date(2026, 6, 1)), today=NEXT)()


def drawn_up() -> Scenario:
    """Return a history with a statement that awaits its signature."""
    scenario = issued(*closing.confirmed(date(2026, 7, 9)))()
    return scenario.given(closing.draw_up(), today=SUMMER)


def booked() -> Scenario:
    """Return a history in which Oslo's bank has booked what has no KID."""
    scenario = issued()()
    entry = bank.entry(scenario, kid="")
    return scenario.given(bank.imported(OSLO, entry), today=date(2026, 8, 9))


PROPOSED = since(network(), version())
EXAMPLES: Final[Mapping[type[Command], Example]] = {
    ConfirmDay: Example(
        since(),
        always(ConfirmDay(region=Region.VEST, day=WINTER)),
        REGIONAL_AUTHORITY[Region.VEST],
    ),
    RegisterOrganisation: Example(
        since(), always(organisation("983974732")), REGIONAL_AUTHORITY[Region.VEST]
    ),
    RecordBillingDetails: Example(since(), always(bank.details()), OSLO),
    EstablishNetwork: Example(since(), always(network()), BERGEN),
    ProposeVersion: Example(since(network()), always(version()), BERGEN),
    ProposeWageGrowth: Example(since(*AGREED[4:]), always(grow()), BERGEN),
    AnswerVersion: Example(
        since(network(), version(endorsement_required=True), endorse()),
        always(accept()),
        OSLO,
    ),
    CounterVersion: Example(PROPOSED, always(counter()), OSLO),
    AdoptCounterProposal: Example(
        since(network(), version(), counter()), always(adopt()), BERGEN
    ),
    WithdrawVersion: Example(PROPOSED, always(withdraw()), BERGEN),
    EndorseVersion: Example(PROPOSED, always(endorse()), OSLO),
    TerminateAgreement: Example(
        since(*AGREED[4:]), always(terminate(date(2026, 9, 1))), OSLO
    ),
    RecordStaffing: Example(since(*AGREED[4:]), always(fill()), OSLO),
    SubmitReport: Example(since(network()), always(report()), OSLO),
    DecideReport: Example(since(network(), report()), always(approve()), BERGEN),
    IssueInvoice: Example(since(*REPORTED[4:]), always(invoice()), OSLO),
    CorrectYear: Example(
        corrected, always(CorrectYear(agreement="ms-ous", year=2026)), OSLO, NEXT
    ),
    CreditInvoice: Example(
        issued(), always(CreditInvoice(**DOCUMENT, reason="Wrong")), OSLO
    ),
    RegisterInvoice: Example(issued(), always(RegisterInvoice(**DOCUMENT)), BERGEN),
    DecideInvoice: Example(
        issued(RegisterInvoice(**DOCUMENT)),
        always(DecideInvoice(**DOCUMENT, verdict=Verdict.APPROVED)),
        BERGEN,
    ),
    CommentDispute: Example(
        issued(DISPUTED), always(CommentDispute(**DOCUMENT, text="Why")), OSLO
    ),
    ResolveDispute: Example(
        issued(
            DISPUTED,
            CreditInvoice(
                **DOCUMENT,
                lines=(CreditedLine(post="nurse", amount_ore=100),),
                reason="Agreed",
            ),
        ),
        always(ResolveDispute(**DOCUMENT, outcome=Resolution.CREDITED)),
        BERGEN,
    ),
    RegisterPayment: Example(
        issued(),
        always(
            RegisterPayment(
                agreement="ms-ous",
                period_start=date(2026, 1, 1),
                amount_ore=1,
                paid_on=SUMMER,
            )
        ),
        BERGEN,
    ),
    ImportBankEntries: Example(
        issued(), lambda s: bank.imported(OSLO, bank.entry(s)), OSLO, date(2026, 8, 9)
    ),
    MatchBankEntry: Example(
        booked,
        always(
            MatchBankEntry(
                organisation=OSLO, reference="B1", payee=OSLO, year=2026, number=1
            )
        ),
        OSLO,
        date(2026, 8, 9),
    ),
    SetBankEntryAside: Example(
        booked,
        always(
            SetBankEntryAside(
                organisation=OSLO, reference="B1", cause=SetAsideCause.NOT_OURS
            )
        ),
        OSLO,
        date(2026, 8, 9),
    ),
    DrawUpStatement: Example(
        issued(*closing.confirmed(date(2026, 7, 9))),
        always(closing.draw_up()),
        BERGEN,
    ),
    SignStatement: Example(drawn_up, lambda s: closing.sign(closing.drawn(s)), OSLO),
    GrantMandate: Example(since(), always(mandates.granted()), OSLO),
    EndMandate: Example(
        mandates.given(since(), mandates.granted(), mandates.granted("other")),
        always(mandates.ended(2)),
        OSLO,
    ),
    AssertBalance: Example(
        issued(),
        always(
            AssertBalance(
                organisation=OSLO, counterpart=BERGEN, day=date(2026, 7, 9), owed_ore=0
            )
        ),
        OSLO,
    ),
    **asking_applicants.EXAMPLES,
    **asking_authorities.EXAMPLES,
    **asking_bodies.EXAMPLES,
    **asking_funders.EXAMPLES,
    **asking_nodes.EXAMPLES,
    **asking_waivers.EXAMPLES,
}
EACH_COMMAND: Final = pytest.mark.parametrize(
    "command", list(COMMANDS), ids=lambda each: each.__name__
)
AS_ANOTHER: Final = {AdoptCounterProposal}
"""What is decided, and restored, as another command."""


def sent(example: Example, scenario: Scenario, command: Command, by: str) -> Scenario:
    """Send a command as some organisation, at its own node."""
    return scenario.when(
        command,
        organisation=by,
        region=REGIONS[by],
        today=example.today,
        actor=example.actor,
    )


def test_every_command_has_an_example() -> None:
    assert set(COMMANDS) == set(EXAMPLES)
    ours = {
        each for each in Command.__subclasses__() if each.__module__[:7] == "domain."
    }
    for each in tuple(ours):
        ours |= {*each.__subclasses__()}
    assert set(COMMANDS) == {each for each in ours if not each.__subclasses__()}


@EACH_COMMAND
def test_what_a_command_recorded_is_restored(command: type[Command]) -> None:
    example = EXAMPLES[command]
    scenario = example.history()
    said = example.command(scenario)
    before = scenario.copy()
    sent(example, scenario, said, example.asks)
    facts = scenario.outcome
    assert not isinstance(facts, Refusal)
    again = restored(facts, before)
    assert again is not None
    if command in AS_ANOTHER:
        assert type(again) is not command
    else:
        assert type(again) is command
        assert type(facts[0]) in COMMANDS[command].restores
    sent(example, before, again, example.asks)
    assert before.outcome == facts


def test_a_command_is_restored_as_itself_or_decided_as_another() -> None:
    assert {
        command for command, kind in COMMANDS.items() if not kind.restores
    } == AS_ANOTHER


@EACH_COMMAND
def test_nobody_else_is_taken_at_their_word_before_or_after(
    command: type[Command],
) -> None:
    example = EXAMPLES[command]
    scenario = example.history()
    said = example.command(scenario)
    parties = (
        {BERGEN, OSLO} if COMMANDS[command].authority.asks is Asks.PARTY else set()
    )
    others = REGIONS.keys() - {example.asks} - parties
    assert {REGIONS[each] for each in others} == set(Region), "of every region"
    for after in (False, True):
        if after:
            sent(example, scenario, said, example.asks)
            assert not isinstance(scenario.outcome, Refusal), scenario.outcome
            assert scenario.outcome
        for other in sorted(others):
            sent(example, scenario, said, other).refused(Code.NOT_ENTITLED)
        for region in set(Region) - {REGIONS[example.asks]}:
            scenario.when(
                said,
                organisation=example.asks,
                region=region,
                today=example.today,
                actor=example.actor,
            ).refused(Code.WRONG_REGION)


@EACH_COMMAND
def test_who_asked_asks_again(command: type[Command]) -> None:
    example, row = EXAMPLES[command], COMMANDS[command].authority
    scenario = example.history()
    said = example.command(scenario)
    sent(example, scenario, said, example.asks)
    first = scenario.outcome
    sent(example, scenario, said, example.asks)
    if isinstance(row.again, RefusalCode):
        scenario.refused(row.again)
    elif row.again is Again.NOTHING:
        scenario.unchanged()
    else:
        assert scenario.outcome == first


@EACH_COMMAND
def test_what_must_have_been_said_is_missed(command: type[Command]) -> None:
    example = EXAMPLES[command]
    for fact, code in COMMANDS[command].authority.after.items():
        scenario = example.history()
        said = example.command(scenario)
        lacking = scenario.without(fact)
        assert len(lacking.held) < len(scenario.held)
        sent(example, lacking, said, example.asks).refused(code)


def test_nobody_who_reads_the_roles_of_a_command_can_add_to_them() -> None:
    """A set that was added to in place once let others send two commands."""
    for kind in COMMANDS.values():
        assert isinstance(kind.authority.by, frozenset)


def test_no_region_registers_the_authority_of_another() -> None:
    number = REGIONAL_AUTHORITY[Region.NORD]
    scenario = Scenario().when(organisation(number, region=Region.VEST))
    scenario.refused(Code.CONFLICTING_ROW, "region")
    scenario.given(organisation(number, region=Region.NORD))

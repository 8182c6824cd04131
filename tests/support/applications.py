"""Who funds and applies in the tests: the calls that come with the program, whole."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from api.presets import preset_rules
from domain.document import Document, Section
from domain.fact import Command
from domain.grants.application import (
    ApplicationContent,
    ApplicationSubmitted,
    Attachment,
    BudgetLine,
)
from domain.grants.applying import EndorseApplication, PresentApplication
from domain.grants.assessment import ASSESSMENT, ApplicationChecked, CheckOutcome
from domain.grants.award import AWARDS, ApplicationDecided, AwardOutcome
from domain.grants.call import PublishCall
from domain.grants.ranking import RankApplications
from domain.grants.rules import CallRules, GrantEndorser, RankerRole
from domain.grants.standing import application_named
from domain.grants.submission import SubmitApplication
from domain.history import Append
from domain.parties.participation import DeclareParticipation
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import (
    REGIONAL_AUTHORITY,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Region,
)
from tests.support.examples import BERGEN, TROMSO, TRONDHEIM, network, organisation
from tests.support.scenario import Scenario

NORD, MIDT = REGIONAL_AUTHORITY[Region.NORD], REGIONAL_AUTHORITY[Region.MIDT]
FINNMARK, BODO, HELGELAND = "983974880", "983974910", "983974929"
AALESUND, LEVANGER = "997005562", "983974791"
TRONDHEIM_TOWN, STORD_TOWN, CANCER_SOCIETY = "942110464", "939866914", "951812528"

NETWORKS: Final = "s0-2025"
SAFETY: Final = "s2-2022"
COLLABORATION: Final = "s3-2025"
PUBLISHED: Final = {
    NETWORKS: date(2024, 12, 2),
    SAFETY: date(2022, 10, 4),
    COLLABORATION: date(2024, 12, 1),
}
"""On which day each call is published."""
DEADLINE: Final = {
    NETWORKS: date(2025, 2, 1),
    SAFETY: date(2022, 11, 4),
    COLLABORATION: date(2025, 1, 26),
}
APPLICANT, DIRECTOR, LEADER = "p-applicant", "p-director", "p-leader"


def _organisations() -> Iterator[Command]:
    for region, number in REGIONAL_AUTHORITY.items():
        yield organisation(number, region=region, kind=OrganisationKind.RHF)
    for number in (TROMSO, FINNMARK, BODO, HELGELAND):
        yield organisation(number, region=Region.NORD)
    for number in (TRONDHEIM, AALESUND, LEVANGER):
        yield organisation(number, region=Region.MIDT)
    yield organisation(BERGEN)
    town = OrganisationKind.MUNICIPALITY
    yield organisation(TRONDHEIM_TOWN, region=Region.MIDT, kind=town)
    yield organisation(STORD_TOWN, kind=town)
    society = OrganisationKind.USER_ORGANISATION
    yield organisation(CANCER_SOCIETY, region=Region.MIDT, kind=society)
    model, none = NetworkModel.COORDINATION_ONLY, 0
    for name, kind in (("kols", NetworkKind.REGIONAL), ("local", NetworkKind.LOCAL)):
        yield network(
            network=name,
            kind=kind,
            coordinating_trust=TROMSO,
            model=model,
            coordination_budget_ore=none,
        )


def participant(number: str, name: str = "kols") -> DeclareParticipation:
    """Say that an organisation takes part in a network."""
    return DeclareParticipation(
        network=name, participant=f"p{number}", organisation=number
    )


def rules(preset: str = NETWORKS, **changes: Any) -> CallRules:
    """Read the rules of a call that comes with the program, with changes."""
    found = preset_rules(preset)
    assert found is not None
    said = CallRules.model_validate_json(found)
    return CallRules.model_validate({**dict(said), **changes})


def publish(preset: str = NETWORKS, version: int = 1, **changes: Any) -> PublishCall:
    """Publish a version of a call, under the name of its preset."""
    said = rules(preset, **changes)
    return PublishCall(call=preset, version=version, rules=said, reason="")


def published(preset: str = NETWORKS, **changes: Any) -> Scenario:
    """Register everybody, and publish a call on its day."""
    scenario = Scenario().given(*_organisations(), today=date(2020, 1, 1))
    for name in ("kols", "local"):
        for number in (TROMSO, FINNMARK, BODO, HELGELAND):
            scenario.given(participant(number, name), today=date(2020, 1, 1))
    return scenario.given(publish(preset, **changes), today=PUBLISHED[preset])


def document(text: str = "a") -> Document:
    """Make a document of a text."""
    return Document(
        sha256=text * 64, media_type="text/plain; charset=utf-8", size=len(text)
    )


def sections(*keys: str) -> tuple[Section, ...]:
    """Write sections."""
    return tuple(Section(section=key, document=document()) for key in keys)


def attachments(*kinds: str) -> tuple[Attachment, ...]:
    """Attach what lies in an archive."""
    return tuple(Attachment(kind=kind, archived="2025/1") for kind in kinds)


def line(category: str, amount_ore: int = 100_00, **changes: Any) -> BudgetLine:
    """Make a budget line, named as its category."""
    said = {
        "line": category,
        "category": category,
        "amount_ore": amount_ore,
        "explanation": "",
    }
    return BudgetLine(**{**said, **changes})


WHOLE: Final[dict[str, dict[str, Any]]] = {
    NETWORKS: {
        "trust": TROMSO,
        "network": "kols",
        "sections": sections("purpose", "programme"),
        "lines": (line("venue_and_catering"),),
    },
    SAFETY: {
        "trust": TRONDHEIM,
        "purposes": ("reduce_harm",),
        "leader_employer": TRONDHEIM,
        "owner_employer": TRONDHEIM,
        "project_starts_on": date(2023, 1, 1),
        "project_ends_on": date(2024, 10, 1),
        "lines": (line("project"),),
    },
    COLLABORATION: {
        "trust": TRONDHEIM,
        "purposes": ("regional_plan",),
        "partners": (TRONDHEIM_TOWN,),
        "project_starts_on": date(2025, 3, 1),
        "project_ends_on": date(2028, 2, 29),
        "sections": sections(
            "effort_and_savings", "lasting_change", "user_involvement"
        ),
        "attachments": attachments("budget", "endorsement_form"),
        "lines": (line("project"),),
    },
}
"""What is whole by the rules of each call."""


def content(preset: str = NETWORKS, **changes: Any) -> ApplicationContent:
    """Make a content that is whole, with changes."""
    said = {
        "applicant": APPLICANT,
        "workplace": "Ward 1",
        "title": "An application",
        "amount_ore": 100_00,
        "own_contribution_ore": 0,
        **WHOLE[preset],
    }
    return ApplicationContent(**{**said, **changes})


def present(
    preset: str = NETWORKS,
    revision: int = 1,
    application: str = "kols-25",
    **changes: Any,
) -> PresentApplication:
    """Present a revision of an application in a call."""
    return PresentApplication(
        application=application,
        revision=revision,
        call=preset,
        content=content(preset, **changes),
    )


def endorse(
    role: GrantEndorser = GrantEndorser.CLINIC_DIRECTOR, **changes: Any
) -> EndorseApplication:
    """Endorse a revision, on the day on which the first call was published."""
    said = {
        "application": "kols-25",
        "revision": 1,
        "role": role,
        "endorsed_by": DIRECTOR,
        "endorsed_on": date(2022, 10, 4),
    }
    return EndorseApplication(**{**said, **changes})


def submit(application: str = "kols-25", **changes: Any) -> SubmitApplication:
    """Submit the last revision."""
    return SubmitApplication(application=application, **changes)


ENDORSERS: Final = {
    NETWORKS: (GrantEndorser.CLINIC_DIRECTOR,),
    SAFETY: (GrantEndorser.CLINIC_DIRECTOR, GrantEndorser.LINE_MANAGER),
    COLLABORATION: (GrantEndorser.CLINIC_DIRECTOR, GrantEndorser.HEALTH_COMMUNITY),
}


def endorsed(
    preset: str = NETWORKS,
    revision: int = 1,
    application: str = "kols-25",
    **changes: Any,
) -> tuple[Command, ...]:
    """Present a revision and have it endorsed as its call asks."""
    return (
        present(preset, revision, application, **changes),
        *(
            endorse(role, application=application, revision=revision)
            for role in ENDORSERS[preset]
        ),
    )


def ready(preset: str = NETWORKS, **changes: Any) -> Scenario:
    """Come to where an application has only to be submitted, on the call's first day."""
    scenario = published(preset)
    return scenario.given(*endorsed(preset, **changes), today=PUBLISHED[preset])


def submitted(preset: str = NETWORKS, **changes: Any) -> Scenario:
    """Come to where an application was submitted on the call's first day."""
    return ready(preset, **changes).given(submit(), today=PUBLISHED[preset])


def rank(*order: str, preset: str = SAFETY, **changes: Any) -> RankApplications:
    """Rank the applications of Trondheim."""
    said = {
        "call": preset,
        "trust": TRONDHEIM,
        "order": order,
        "role": RankerRole.QUALITY_MANAGER,
        "ranked_by": "p-ranker",
    }
    return RankApplications(**{**said, **changes})


def checked(
    outcome: CheckOutcome = CheckOutcome.RETURNED,
    region: Region = Region.NORD,
    **changes: Any,
) -> Append:
    """Say that the funder has checked an application."""
    said = {
        "application": "kols-25",
        "revision": 1,
        "outcome": outcome,
        "missing": "The budget",
        "complete_by": None,
    }
    fact = ApplicationChecked(**{**said, **changes})
    return Append(ASSESSMENT.stream(region, fact.application), fact)


def decided(
    outcome: AwardOutcome = AwardOutcome.GRANTED,
    preset: str = NETWORKS,
    region: Region = Region.NORD,
    **changes: Any,
) -> Append:
    """Say that the funder has decided on an application."""
    said = {
        "call": preset,
        "application": "kols-25",
        "revision": 1,
        "outcome": outcome,
        "amount_ore": 100_00,
        "reason": "Good",
        "role": "rhf_director",
        "decided_by": "p-decider",
        "decided_on": date(2025, 2, 20),
    }
    fact = ApplicationDecided(**{**said, **changes})
    return Append(AWARDS.stream(region, preset), fact)


def applied(preset: str, rules: dict[str, Any], **changes: Any) -> Scenario:
    """Submit an application with changes, in a call with changed rules."""
    scenario = published(preset, **rules)
    day = PUBLISHED[preset]
    scenario.given(*endorsed(preset, **changes), today=day)
    return scenario.when(submit(), today=day)


def kept(preset: str = NETWORKS, **changes: Any) -> None:
    """Expect that what is so submitted is taken."""
    applied(preset, {}, **changes).recorded(ApplicationSubmitted)


def broken(code: RefusalCode, preset: str = NETWORKS, **changes: Any) -> Refusal:
    """Expect that what is so submitted is refused."""
    scenario = applied(preset, {}, **changes).refused(code, "application")
    assert isinstance(scenario.outcome, Refusal)
    assert not application_named("kols-25", scenario).is_submitted
    return scenario.outcome


def lacks(preset: str = NETWORKS, **changes: Any) -> str:
    """What the refusal says is missing."""
    return str(broken(Code.INCOMPLETE, preset, **changes).values["missing"])

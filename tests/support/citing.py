"""Entries that refer to documents, recorded past all decisions."""

from datetime import date
from itertools import count
from typing import Final

from domain.document import Document, Section
from domain.fact import Fact
from domain.governance.gathering import GatheringHeld, GatheringKind
from domain.grants.application import ApplicationContent, ApplicationPresented
from domain.grants.award import AwardsAnnounced
from domain.grants.call import CallPublished
from domain.grants.rules import CallRules, UseRule
from domain.values import OrganisationKind, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.store import Journal
from federation.signed.entry import Envelope

CALL: Final = "s0-2027"
APPLICATION: Final = "netverk-nord"
_numbers = count(1)


def record(journal: Journal, organisation: str, stream: str, fact: Fact) -> None:
    """Record a fact for an organisation, as the next one of a stream of its region."""
    name = f"{journal.region.value}:{stream}"
    with journal.reading() as cursor:
        version = len(journal.streams_in(cursor, [name])) + 1
    event = MAPPER.to_stored_event(Recorded(name, version, fact))
    command = f"{organisation}/{next(_numbers)}"
    envelope = Envelope("p", organisation, command, "d", "c", "")
    journal.append([event], envelope=envelope)


def hold_gathering(journal: Journal, organisation: str, minutes: Document) -> None:
    """Record a meeting, with its minutes."""
    fact = GatheringHeld(
        body="nr",
        gathering="2027-1",
        kind=GatheringKind.MEETING,
        held_on=date(2027, 1, 15),
        minutes=minutes,
    )
    record(journal, organisation, "gatherings:nr", fact)


def publish_call(journal: Journal, funder: str) -> None:
    """Record a call with hardly a rule."""
    rules = CallRules(
        scheme="s0",
        title="Nettverksmidler",
        valid_from=date(2026, 1, 1),
        funder=funder,
        intake="portal",
        opens_on=date(2026, 1, 1),
        deadline=date(2026, 2, 1),
        applicant_kinds=(OrganisationKind.HF,),
        applicant_regions=(Region.VEST,),
        categories=(),
        use=UseRule(remainder="lapses"),
        rules={},
    )
    fact = CallPublished(call=CALL, version=1, rules=rules, reason="")
    record(journal, funder, f"call:{CALL}", fact)


def present(journal: Journal, trust: str, section: Document) -> None:
    """Record an application in that call, of one section."""
    content = ApplicationContent(
        trust=trust,
        applicant="p-" + "0" * 32,
        workplace="Haukeland",
        title="Netverk",
        amount_ore=1,
        sections=(Section(section="purpose", document=section),),
    )
    fact = ApplicationPresented(
        application=APPLICATION,
        revision=1,
        call=CALL,
        content=content,
        fingerprint="0" * 64,
    )
    record(journal, trust, f"application:{APPLICATION}", fact)


def announce(journal: Journal, funder: str) -> None:
    """Record that what was awarded in that call is announced."""
    fact = AwardsAnnounced(
        call=CALL, announced_on=date(2026, 3, 1), applications=(APPLICATION,)
    )
    record(journal, funder, f"awards:{CALL}", fact)

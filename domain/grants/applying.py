"""What a trust says of its application before and after it applies.

It presents a revision to those who are to endorse it, records who endorses, and may
withdraw what it has submitted.
"""

from hashlib import sha256
from typing import Final

from pydantic import Field

from domain.fact import Command
from domain.grants.application import (
    APPLICATION,
    ApplicationContent,
    ApplicationEndorsed,
    ApplicationPresented,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    Revision,
)
from domain.grants.call import CallPublished
from domain.grants.codes import GrantCode
from domain.grants.rules import GrantEndorser
from domain.grants.standing import (
    ApplicationStanding,
    application_named,
    applications_named,
    latest_rules,
)
from domain.grants.warned import warn_of_application
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Needs, declare
from domain.parties.organisation import (
    ORGANISATION,
    REGISTERED,
    known_organisation,
    registered,
    require_party,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, FreeText, KnownPerson, NewName, Region, Sha256

PRESENTED: Final[Needs] = {ApplicationPresented: GrantCode.UNKNOWN_APPLICATION}

FIRST_MEMBER: Final = {
    "purposes": None,
    "partners": None,
    "sections": "section",
    "attachments": "kind",
    "absent": "trust",
    "lines": "line",
}
"""Tuples of a content, each with the member by which it is sorted; None sorts values."""


class PresentApplication(Command):
    """Present a revision of an application to those who are to endorse it."""

    application: NewName = Field(examples=["kols-25"])
    """The application's key, of this trust alone."""
    revision: Revision
    """1, or the next one."""
    call: NewName
    content: ApplicationContent


def present_application(
    command: PresentApplication, asked: Asked, history: History
) -> Decision:
    """Decide on a revision: any text, also an unfinished one, while it is not submitted."""
    content = in_order(command.content)
    known_trust = history.state(ORGANISATION, content.trust).registered
    if known_trust is not None:
        require_party(asked, content.trust, known_trust.region)
    fact = ApplicationPresented(
        application=command.application,
        revision=command.revision,
        call=command.call,
        content=content,
        fingerprint=fingerprint(content),
    )
    standing = applications_named((command.application,), history).get(
        command.application
    )
    if standing is not None and (known := standing.said.revision(command.revision)):
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "revision")
    _require_next(fact, standing)
    if standing is not None and standing.is_withdrawn:
        raise Refusal(GrantCode.APPLICATION_WITHDRAWN, "application")
    if standing is not None and standing.is_submitted:
        raise Refusal(GrantCode.ALREADY_SUBMITTED, "application")
    trust = known_organisation(content.trust, "content.trust", history)
    if asked.today < latest_rules(command.call, history).opens_on:
        raise Refusal(GrantCode.CALL_NOT_OPEN, "call")
    return (Append(APPLICATION.stream(trust.region, command.application), fact),)


declare(
    PresentApplication,
    present_application,
    Authority(
        Asks.APPLICANT,
        {Role.SECRETARY},
        {**REGISTERED, CallPublished: GrantCode.UNKNOWN_CALL},
        "nobody: it takes a name that is free",
    ),
    ApplicationPresented,
    warns=warn_of_application,
)


def in_order(content: ApplicationContent) -> ApplicationContent:
    """Sort the tuples of a content; refuse one in which something stands twice."""
    changes = {}
    for member, first in FIRST_MEMBER.items():
        keyed = {
            each if first is None else getattr(each, first): each
            for each in getattr(content, member)
        }
        if len(keyed) < len(getattr(content, member)):
            raise Refusal(Code.INVALID_ROW, f"content.{member}")
        changes[member] = tuple(keyed[key] for key in sorted(keyed))
    return content.model_copy(update=changes)


def fingerprint(content: ApplicationContent) -> str:
    """SHA-256 of the canonical bytes of a content whose tuples are sorted."""
    return sha256(content.to_bytes()).hexdigest()


def _require_next(
    fact: ApplicationPresented, standing: ApplicationStanding | None
) -> None:
    """Refuse what is not the next revision, of the same call and trust as the first."""
    before = 0 if standing is None else standing.last.revision
    if fact.revision != before + 1:
        raise Refusal(Code.INVALID_ROW, "revision")
    if standing is not None and fact.call != standing.call:
        raise Refusal(Code.INVALID_ROW, "call")
    if standing is not None and fact.content.trust != standing.trust:
        raise Refusal(Code.INVALID_ROW, "content.trust")


class EndorseApplication(Command):
    """Record that somebody in the trust's line endorses a revision (S0-18)."""

    application: NewName
    revision: Revision
    fingerprint: Sha256 | None = None
    """When given, that of the content that was read; no other is meant."""
    role: GrantEndorser
    endorsed_by: KnownPerson
    """Who endorses. Stays in the trust's region: only a pseudonym is recorded."""
    endorsed_on: Day


def endorse_application(
    command: EndorseApplication, asked: Asked, history: History
) -> Decision:
    """Decide on an endorsement: of the last revision, by a role that the call names."""
    standing = application_named(command.application, history)
    region = applicant(standing, asked, history)
    revision = standing.said.revision(command.revision)
    if revision is None or command.fingerprint not in (None, revision.fingerprint):
        raise Refusal(Code.OUTDATED, "revision")
    fact = ApplicationEndorsed(
        **{**dict(command), "fingerprint": revision.fingerprint},
    )
    if fact in standing.said.endorsements:
        return ()
    if revision is not standing.last:
        raise Refusal(Code.OUTDATED, "revision")
    asked_of = standing.rules_of_last.endorsements
    allowed = {role for rule in asked_of for role in rule.one_of}
    if command.role not in allowed:
        raise Refusal(GrantCode.ROLE_NOT_ALLOWED, "role")
    if command.endorsed_by == revision.content.applicant:
        raise Refusal(GrantCode.OWN_APPLICATION, "endorsed_by")
    if command.endorsed_on > asked.today:
        raise Refusal(Code.INVALID_ROW, "endorsed_on")
    return (Append(APPLICATION.stream(region, command.application), fact),)


declare(
    EndorseApplication,
    endorse_application,
    Authority(
        Asks.APPLICANT,
        {Role.SECRETARY, Role.LEADER},
        PRESENTED,
        "nobody: the trust has still to submit",
    ),
    ApplicationEndorsed,
)


class WithdrawApplication(Command):
    """Withdraw an application that was submitted and is not decided."""

    application: NewName
    reason: FreeText


def withdraw_application(
    command: WithdrawApplication, asked: Asked, history: History
) -> Decision:
    """Decide on a withdrawal; an award that crosses it wins."""
    standing = application_named(command.application, history)
    region = applicant(standing, asked, history)
    fact = ApplicationWithdrawn(**dict(command))
    if fact == standing.said.withdrawn:
        return ()
    if not standing.is_submitted:
        raise Refusal(GrantCode.NOT_SUBMITTED, "application")
    if standing.award is not None:
        raise Refusal(GrantCode.ALREADY_DECIDED, "application")
    return (Append(APPLICATION.stream(region, command.application), fact),)


declare(
    WithdrawApplication,
    withdraw_application,
    Authority(
        Asks.APPLICANT,
        {Role.SECRETARY},
        {**PRESENTED, ApplicationSubmitted: GrantCode.NOT_SUBMITTED},
        "the funder, which decides on it no more; its award wins if it crosses",
    ),
    ApplicationWithdrawn,
)


def applicant(standing: ApplicationStanding, asked: Asked, history: History) -> Region:
    """Region of the trust that applies, for that trust alone; refuse others."""
    trust = registered(standing.trust, "application", history)
    require_party(asked, trust.org_number, trust.region)
    return trust.region

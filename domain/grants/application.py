"""Applications, in the region of the trust that applies."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.document import Document, Section
from domain.fact import Fact, Message
from domain.grants.rules import GrantEndorser
from domain.history import Category, ShownTo
from domain.values import (
    CitedNumber,
    CostOre,
    Day,
    FreeText,
    Key,
    KnownPerson,
    Name,
    NewName,
    OrganisationNumber,
    Sha256,
    Text,
    VersionNumber,
)


class Attachment(Message):
    """An attachment: the document, or where it is archived."""

    kind: Key
    document: Document | None = None
    archived: FreeText = ""


class AbsentTrust(Message):
    """A trust that takes no part in the network, and why."""

    trust: CitedNumber
    reason: FreeText


class BudgetLine(Message):
    """A line of the budget."""

    line: NewName
    category: Key
    amount_ore: CostOre
    explanation: FreeText


class ApplicationContent(Message):
    """What is applied for. Tuples are sorted by their first member."""

    trust: OrganisationNumber
    applicant: KnownPerson
    workplace: FreeText
    title: FreeText
    network: NewName | None = None
    amount_ore: CostOre
    own_contribution_ore: CostOre = 0
    purposes: tuple[Key, ...] = ()
    partners: tuple[CitedNumber, ...] = ()
    leader_employer: CitedNumber | None = None
    owner_employer: CitedNumber | None = None
    project_starts_on: Day | None = None
    project_ends_on: Day | None = None
    sections: tuple[Section, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    absent: tuple[AbsentTrust, ...] = ()
    lines: tuple[BudgetLine, ...] = ()


Revision = Annotated[int, Field(ge=1, le=10**6)]
"""Of an application, from 1."""


class ApplicationPresented(
    Fact, name="application.presented.v1", found_by=("application", "call")
):
    """A trust shows a revision of its application to whoever is to endorse it."""

    application: Name
    revision: Revision
    call: Name
    content: ApplicationContent
    fingerprint: Sha256
    """Of the canonical bytes of the content."""


class ApplicationEndorsed(Fact, name="application.endorsed.v1"):
    """Somebody in the trust's line stands behind a revision."""

    application: Name
    revision: Revision
    fingerprint: Sha256
    role: GrantEndorser
    endorsed_by: KnownPerson
    endorsed_on: Day


class ApplicationSubmitted(Fact, name="application.submitted.v1"):
    """The trust applies."""

    application: Name
    revision: Revision
    fingerprint: Sha256
    call_version: VersionNumber
    """The version of the call by which it is judged (K-18)."""


class ApplicationWithdrawn(Fact, name="application.withdrawn.v1"):
    """The trust applies no more."""

    application: Name
    reason: Text


@dataclass(frozen=True, slots=True)
class Application:
    """What a trust said of its application. The name is who took it first's."""

    revisions: tuple[ApplicationPresented, ...] = ()
    endorsements: tuple[ApplicationEndorsed, ...] = ()
    submissions: tuple[ApplicationSubmitted, ...] = ()
    withdrawn: ApplicationWithdrawn | None = None

    @property
    def last(self) -> ApplicationPresented | None:
        """The last revision."""
        return self.revisions[-1] if self.revisions else None

    @property
    def last_submission(self) -> ApplicationSubmitted | None:
        """The last submission; withdrawn or returned it may be."""
        return self.submissions[-1] if self.submissions else None

    def revision(self, number: int) -> ApplicationPresented | None:
        """A revision by its number."""
        return self.revisions[number - 1] if 0 < number <= len(self.revisions) else None


def evolve(state: Application, fact: Fact) -> Application:
    """Fold one fact.

    What is said of other content than that of its revision, by a trust that had not
    heard that the name is taken, counts for nothing.
    """
    revisions, endorsements = state.revisions, state.endorsements
    submissions, withdrawn = state.submissions, state.withdrawn
    match fact:
        case ApplicationPresented() if fact.revision == len(revisions) + 1:
            first = revisions[0] if revisions else fact
            if first.content.trust != fact.content.trust or first.call != fact.call:
                return state
            revisions = (*revisions, fact)
        case ApplicationEndorsed() if _is_of(state, fact):
            endorsements = (*endorsements, fact)
        case ApplicationSubmitted() if _is_of(state, fact):
            submissions = (*submissions, fact)
        case ApplicationWithdrawn() if submissions and withdrawn is None:
            withdrawn = fact
        case _:
            return state
    return Application(revisions, endorsements, submissions, withdrawn)


def _is_of(
    state: Application, fact: ApplicationEndorsed | ApplicationSubmitted
) -> bool:
    revision = state.revision(fact.revision)
    return revision is not None and revision.fingerprint == fact.fingerprint


APPLICATION = Category(
    "application",
    Application(),
    evolve,
    holds=(
        ApplicationPresented,
        ApplicationEndorsed,
        ApplicationSubmitted,
        ApplicationWithdrawn,
    ),
    shown_to=ShownTo.MEMBERS,
)

"""Agreements as people and their systems read them: terms, signatures, endorsements."""

from datetime import date

from pydantic import BaseModel, Field

from api.access import name_read
from api.auth import Caller
from api.services import Node
from domain.agreements.agreement import Content
from domain.agreements.standing import AgreementStatus, VersionStatus
from projections.agreements import (
    AgreementView,
    Endorsement,
    Signature,
    Termination,
    Version,
)


class ShownEndorsement(BaseModel):
    """Who in the host's line endorsed; the name only for its own people."""

    endorsement: Endorsement
    endorser_name: str | None


class ShownVersion(Content):
    """The terms that were signed, and what was said to them."""

    status: VersionStatus
    superseded_by: int | None = Field(
        description="The accepted version that has taken its place for good."
    )
    answers_version: int | None = Field(
        description="Of a counter-proposal: the version that it answers."
    )
    fingerprint: str = Field(description="SHA-256 of the canonical bytes of the terms.")
    short_fingerprint: str = Field(
        description="What two people compare.", examples=["3f0a 91bc 77e2 04d5"]
    )
    signatures: tuple[Signature, ...]
    endorsements: tuple[ShownEndorsement, ...]
    vat_decider_name: str | None = Field(
        description="Who assessed the VAT; only for the own people."
    )


class ShownAgreement(BaseModel):
    """An agreement on a day, with all that was proposed and said."""

    agreement: str
    status: AgreementStatus
    last_day: date | None = Field(description="The last day by termination.")
    versions: list[ShownVersion]
    counter_proposals: list[ShownVersion]
    displaced: list[ShownVersion] = Field(
        description="What others proposed under the name before they had heard that it "
        "was taken: it counts for nothing, and needs another name."
    )
    terminations: list[Termination]


def shown_agreement(
    agreement: AgreementView, node: Node, caller: Caller
) -> ShownAgreement:
    """Persons' names stay with those whose people they are."""
    return ShownAgreement(
        agreement=agreement.agreement,
        status=agreement.status,
        last_day=agreement.last_day,
        versions=[shown_version(of, node, caller) for of in agreement.versions],
        counter_proposals=[
            shown_version(of, node, caller) for of in agreement.counter_proposals
        ],
        displaced=[shown_version(each, node, caller) for each in agreement.displaced],
        terminations=list(agreement.terminations),
    )


def shown_version(version: Version, node: Node, caller: Caller) -> ShownVersion:
    """Persons' names stay with those whose people they are."""
    terms = version.terms

    def name(pseudonym: str | None, organisation: str) -> str | None:
        ours = pseudonym is not None and caller.organisation == organisation
        return name_read(node, caller, pseudonym or "") if ours else None

    return ShownVersion(
        **dict(terms),
        status=version.status,
        superseded_by=version.superseded_by,
        answers_version=version.answers_version,
        fingerprint=version.fingerprint,
        short_fingerprint=version.short_fingerprint,
        signatures=version.signatures,
        endorsements=tuple(
            ShownEndorsement(
                endorsement=endorsement,
                endorser_name=name(endorsement.endorsed_by, terms.payee),
            )
            for endorsement in version.endorsements
        ),
        vat_decider_name=name(terms.vat_decided_by, version.signatures[0].organisation),
    )

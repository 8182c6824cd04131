"""Versions of agreements, and what is said of them."""

from domain.agreements.agreement import VersionProposed, VersionWithdrawn
from domain.agreements.answer import (
    Answer,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.termination import AgreementTerminated
from projections import tables
from projections.folds.place import Place, Rows


def version(place: Place, fact: VersionProposed) -> Rows:
    """Return the rows of a proposed version."""
    terms = fact.terms
    yield (
        tables.version,
        (
            *place.start,
            terms.agreement,
            terms.version,
            terms.network,
            terms.payer,
            terms.payee,
            terms.effective_from,
            terms.starts_on,
            terms.ends_on,
            terms.frequency.value,
            terms.vacancy.value,
            terms.vat_treatment.value,
            terms.vat_reason,
            fact.fingerprint,
            terms.to_bytes().decode(),
        ),
    )
    for item, post in enumerate(terms.posts):
        yield (
            tables.version_post,
            (
                *place.key,
                item,
                place.recorded_on,
                terms.agreement,
                terms.version,
                post.post,
                post.content,
                post.percent,
                post.starts_on,
                post.ends_on,
                post.annual_cost_ore,
            ),
        )


def answer(place: Place, fact: VersionAccepted | VersionDeclined) -> Rows:
    """Return the rows of an answer."""
    accepted = isinstance(fact, VersionAccepted)
    said = Answer.ACCEPTED if accepted else Answer.DECLINED
    yield (
        tables.answer,
        (*place.start, fact.agreement, fact.version, said.value, fact.fingerprint),
    )


def counter(place: Place, fact: VersionCountered) -> Rows:
    """Return the rows of a counter-proposal."""
    said = Answer.COUNTERED.value
    of = (fact.agreement, fact.version, said, fact.fingerprint)
    yield tables.answer, (*place.start, *of)
    yield (
        tables.counter,
        (
            *place.start,
            fact.agreement,
            fact.terms.version,
            fact.version,
            fact.terms_fingerprint,
            fact.terms.to_bytes().decode(),
        ),
    )


def withdrawal(place: Place, fact: VersionWithdrawn) -> Rows:
    """Return the rows of a withdrawal."""
    yield (
        tables.withdrawal,
        (*place.start, fact.agreement, fact.version, fact.fingerprint),
    )


def endorsement(place: Place, fact: VersionEndorsed) -> Rows:
    """Return the rows of an endorsement."""
    yield (
        tables.endorsement,
        (
            *place.start,
            fact.agreement,
            fact.version,
            fact.fingerprint,
            fact.role.value,
            fact.endorsed_by,
            fact.endorsed_on,
        ),
    )


def termination(place: Place, fact: AgreementTerminated) -> Rows:
    """Return the rows of a termination."""
    yield (
        tables.termination,
        (
            *place.start,
            fact.agreement,
            fact.terminated_by,
            fact.ends_on,
            fact.reason,
            place.seen,
        ),
    )

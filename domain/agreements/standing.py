"""Where an agreement and its versions stand on a day, in the words of those who ask."""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum

from domain.agreements.accrual import VersionTerms, in_force


class VersionStatus(StrEnum):
    """What was said to a version."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    COUNTERED = "countered"
    WITHDRAWN = "withdrawn"
    """Taken back, and not answered."""
    LAPSED = "lapsed"
    """Of a counter-proposal: other terms took its number."""
    DISPLACED = "displaced"
    """Proposed under a name that another agreement had taken first."""

    @property
    def counts(self) -> bool:
        """Whether it counts in a frame: accepted, or an acceptance may be on its way."""
        return self in {self.PROPOSED, self.ACCEPTED, self.WITHDRAWN}


class AgreementStatus(StrEnum):
    """Where an agreement stands on a day."""

    PROPOSED = "proposed"
    """Terms await an answer, and none are agreed."""
    NOT_AGREED = "not_agreed"
    """Nothing is agreed, and nothing awaits an answer."""
    AGREED = "agreed"
    """Agreed, and not in force yet."""
    IN_FORCE = "in_force"
    TERMINATED = "terminated"
    """Ended by a party before its dates."""
    EXPIRED = "expired"
    """Ended by its dates."""


def agreement_status(
    accepted: Collection[VersionTerms],
    last_day: date | None,
    day: date,
    *,
    awaits_answer: bool,
) -> AgreementStatus:
    """Where an agreement stands; ``last_day`` is that of its termination."""
    if not accepted:
        return AgreementStatus.PROPOSED if awaits_answer else AgreementStatus.NOT_AGREED
    spans = [span.period for span in in_force(_until(accepted, last_day))]
    if any(span.start <= day <= span.end for span in spans):
        return AgreementStatus.IN_FORCE
    if any(span.start > day for span in spans):
        return AgreementStatus.AGREED
    agreed_spans = in_force(accepted)
    last_agreed = max((span.period.end for span in agreed_spans), default=date.min)
    cut = last_day is not None and last_day < last_agreed
    return AgreementStatus.TERMINATED if cut else AgreementStatus.EXPIRED


def superseded_by(
    version: int, accepted: Iterable[VersionTerms], day: date
) -> int | None:
    """Find the version that has replaced an accepted one for good, if any."""
    versions = list(accepted)
    spans = in_force(versions)
    if any(span.terms.version == version and span.period.end >= day for span in spans):
        return None
    begun = [terms.version for terms in versions if terms.effective_from <= day]
    highest = max(begun, default=version)
    return highest if highest > version else None


def _until(
    versions: Iterable[VersionTerms], last_day: date | None
) -> list[VersionTerms]:
    return [version.until(last_day) for version in versions]

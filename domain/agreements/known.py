"""An agreement with all that was said to it: proposed, answered and terminated."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from domain.agreements.accrual import VersionTerms
from domain.agreements.agreement import Agreement, Terms, agreements_named
from domain.agreements.answer import ANSWERS, Answers, accepted, not_declined
from domain.agreements.termination import Terminations, terminations_of
from domain.history import History


class KnownAgreement(NamedTuple):
    """An agreement with what was said to it."""

    agreement: Agreement
    answers: Answers
    terminations: Terminations

    @property
    def accepted(self) -> list[Terms]:
        """What both have signed, lowest number first."""
        return accepted(self.agreement, self.answers)

    @property
    def costs(self) -> list[VersionTerms]:
        """What the accepted versions say about money, cut at the last day."""
        return self.terminations.costs(self.accepted)

    @property
    def reserved(self) -> list[VersionTerms]:
        """The same of those that are accepted or may still be."""
        return self.terminations.costs(not_declined(self.agreement, self.answers))


def known_agreement(name: str, history: History) -> KnownAgreement | None:
    """Agreement of a name, if anybody has proposed one."""
    return known_agreements((name,), history).get(name)


def known_agreements(
    names: Collection[str], history: History
) -> Mapping[str, KnownAgreement]:
    """Agreements by name; a name that nobody has proposed is left out."""
    agreements = {
        name: agreement
        for name, agreement in agreements_named(names, history).items()
        if agreement.first is not None
    }
    answers = history.states(ANSWERS, agreements)
    terminations = terminations_of(agreements.values(), history)
    return {
        name: KnownAgreement(agreement, answers[name], terminations[name])
        for name, agreement in agreements.items()
    }

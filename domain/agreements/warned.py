"""What is warned of in agreements and their networks, and refused to nobody.

- Terms of a national network that waive the endorsement or the four sections (S1-05,
  S1-20, S1-27).
- Terms of a local network, where each party bears what taking part costs it (S4-15).
- A region without a post in a national network that pays for posts (S1-33, K-04): the
  coordinating trust's own may be without.
- A frame of which nine tenths are used (S1-34).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from domain.agreements.accrual import VersionTerms
from domain.agreements.agreement import Terms
from domain.agreements.answer import Answer
from domain.agreements.counted import FRAME
from domain.agreements.frame import Budget, Reading, frame_years
from domain.agreements.known import KnownAgreement, known_agreement, known_agreements
from domain.fact import Command, Fact
from domain.history import Asked, History
from domain.parties.network import NETWORK, NetworkEstablished, periods, years
from domain.parties.organisation import ORGANISATION
from domain.refusal import ReasonValues
from domain.values import NetworkKind, NetworkModel, Region
from domain.warning import RuleWarning, WarningCode


class AgreementWarning(WarningCode):
    """Why is warned of terms, or of a network by its agreements."""

    ENDORSEMENT_WAIVED = "endorsement_waived", "S1-05"
    """Also S1-20."""
    COOPERATION_WAIVED = "cooperation_waived", "S1-27"
    OWN_COST = "own_cost", "S4-15"
    REGION_WITHOUT_POST = "region_without_post", "S1-33"
    FRAME_NEARLY_USED = "frame_nearly_used", "S1-34"


def warn_of_proposal(
    command: Command, asked: Asked, history: History, _: Sequence[Fact]
) -> Iterator[RuleWarning]:
    """Warn of the version that a command names, and of its network with it."""
    name, number = _version(command)
    known = known_agreement(name, history)
    terms = None if known is None else _offered(known, number)
    network = terms and history.state(NETWORK, terms.network).established
    if terms and network:
        yield from of_terms(terms, network)
        yield from of_network(network, asked.today, history)


def _version(command: Any) -> tuple[str, int]:  # noqa: ANN401 - with these members
    """Agreement and number of the version that a command proposes."""
    proposed = getattr(command, "proposal", command)
    return proposed.agreement, proposed.version


def _offered(known: KnownAgreement, number: int) -> Terms | None:
    """Terms of a number: proposed, or counter-proposed alone."""
    proposed = known.agreement.versions.get(number)
    countered = known.answers.counters(known.agreement).get(number)
    offer = proposed or countered
    return None if offer is None else offer.terms


def of_agreement(name: str, history: History) -> Iterator[RuleWarning]:
    """Warn of the versions of an agreement that are accepted or may still be."""
    known = known_agreement(name, history)
    terms = None if known is None else known.agreement.terms
    network = terms and history.state(NETWORK, terms.network).established
    if known is None or not network:
        return
    for _, proposed in sorted(known.agreement.versions.items()):
        withdrawn = proposed.fingerprint in known.agreement.withdrawn
        answer = known.answers.to(proposed)
        if answer is Answer.ACCEPTED or (answer is None and not withdrawn):
            yield from of_terms(proposed.terms, network)


def of_terms(terms: Terms, network: NetworkEstablished) -> Iterator[RuleWarning]:
    """Warn of what terms leave out, by their network's kind."""
    at: ReasonValues = {"agreement": terms.agreement, "version": terms.version}
    if network.kind is NetworkKind.LOCAL:
        yield RuleWarning(AgreementWarning.OWN_COST, {**at, "network": terms.network})
    if network.kind is not NetworkKind.NATIONAL:
        return
    for code, is_there, reason in (
        (
            AgreementWarning.ENDORSEMENT_WAIVED,
            terms.endorsement is not None,
            terms.endorsement_waived,
        ),
        (
            AgreementWarning.COOPERATION_WAIVED,
            terms.cooperation is not None,
            terms.cooperation_waived,
        ),
    ):
        if not is_there:
            # Who signed by an earlier release gave no reason.
            yield RuleWarning(code, {**at, **({"reason": reason} if reason else {})})


def of_network(
    network: NetworkEstablished, today: date, history: History
) -> Iterator[RuleWarning]:
    """Warn of a national network: regions without a post, and a frame nearly used."""
    if network.frame_ore is None:
        return
    names = history.state(FRAME, network.network).agreements
    known = [
        each
        for each in known_agreements(names, history).values()
        if each.agreement.terms and each.agreement.terms.network == network.network
    ]
    yield from _without_post(network, known, today, history)
    budget = Budget(network.frame_ore, network.coordination_budget_ore)
    readings = [Reading(each.costs, each.reserved) for each in known]
    coming = [year for year in years(periods(network, history)) if year >= today.year]
    for each in frame_years(budget, coming, readings):
        if each.is_nearly_used:
            values: ReasonValues = {
                "network": network.network,
                "year": each.year,
                "cost_ore": each.cost_ore,
                "frame_ore": each.frame_ore,
            }
            yield RuleWarning(AgreementWarning.FRAME_NEARLY_USED, values)


def _without_post(
    network: NetworkEstablished,
    known: Iterable[KnownAgreement],
    today: date,
    history: History,
) -> Iterator[RuleWarning]:
    if network.model is not NetworkModel.WITH_PART_TIME_POSTS:
        return
    hosts = {
        each.agreement.terms.payee
        for each in known
        if each.agreement.terms and _has_post(each.reserved, today)
    }
    numbers = {*hosts, network.coordinating_trust}
    registered = history.states(ORGANISATION, numbers).values()
    regions = {each.registered.region for each in registered if each.registered}
    for region in sorted({*Region} - regions):
        values = {"network": network.network, "region": region.value}
        yield RuleWarning(AgreementWarning.REGION_WITHOUT_POST, values)


def _has_post(versions: Iterable[VersionTerms], today: date) -> bool:
    """Whether the last of some versions has a post that has not ended."""
    last = max(versions, key=lambda each: each.version, default=None)
    return last is not None and any(
        min(post.ends_on, last.ends_on) >= today for post in last.posts.values()
    )

"""From what is proposed to terms that may be signed: parties and minimum content.

The same for both trusts: a proposal and a counter-proposal pass the same checks.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from domain.agreements.agreement import (
    FIXED,
    Cooperation,
    PartTimePost,
    ProposedCooperation,
    ProposedPost,
    ProposeVersion,
    Terms,
)
from domain.agreements.answer import parties_fixed
from domain.earlier import WITHOUT_REASON, is_recorded_under
from domain.parties.network import NetworkEstablished
from domain.refusal import Code, Refusal
from domain.values import EndorsementPolicy, NetworkKind, VatTreatment

PERCENT_RANGE: Final = (Decimal("10.00"), Decimal("20.00"))
"""The percentage of a part-time post in a national network (S1-33, K-04)."""
REASONS: Final = ("endorsement_waived", "cooperation_waived")
"""Members that say why something else is left out."""


def checked(
    command: ProposeVersion,
    network: NetworkEstablished,
    last_day: date | None,
    first: Terms | None,
) -> Terms:
    """Terms that pass the checks; the order of these is that of the codes.

    ``last_day`` is the network's, if it has one; ``first`` are the terms by which the
    agreement began, if it has.
    """
    _parties(command, network)
    require_same_parties(command, first)
    _named_once(command)
    _percentages(command.posts, network)
    _content(command.posts, network)
    _duration(command, last_day)
    _agreed_in_full(command)
    _asked_or_waived(command)
    terms = as_terms(command, network)
    assert terms is not None
    return terms


def _parties(command: ProposeVersion, network: NetworkEstablished) -> None:
    if command.payer == command.payee:
        raise Refusal(Code.SAME_PARTY, "payee")
    trust = network.coordinating_trust
    values = {"organisation": trust}
    if network.kind is NetworkKind.NATIONAL and command.payer != trust:
        raise Refusal(Code.PAYER_NOT_COORDINATOR, "payer", values)
    if trust not in {command.payer, command.payee}:
        raise Refusal(Code.NOT_A_PARTY, "payer", values)


def require_same_parties(command: ProposeVersion, first: Terms | None) -> None:
    """Refuse other parties or another network than those of the first version."""
    for member in FIXED:
        if first is not None and getattr(command, member) != getattr(first, member):
            raise parties_fixed(first, member)


def _named_once(command: ProposeVersion) -> None:
    """Refuse two posts of one name: nobody could tell which of their costs is agreed."""
    counts = Counter(post.post for post in command.posts)
    for post, count in counts.items():
        if count > 1:
            values = {"agreement": command.agreement, "post": post}
            raise Refusal(Code.CONFLICTING_ROW, "posts", values)


def _percentages(posts: Iterable[ProposedPost], network: NetworkEstablished) -> None:
    if network.kind is not NetworkKind.NATIONAL:
        return
    lowest, highest = PERCENT_RANGE
    for post in posts:
        if post.percent is not None and not (
            lowest <= Decimal(post.percent) <= highest
        ):
            values = {"post": post.post, "percent": post.percent}
            raise Refusal(Code.PERCENT_OUT_OF_RANGE, "posts", values)


def _content(posts: Iterable[ProposedPost], network: NetworkEstablished) -> None:
    needed = {"starts_on", "ends_on", "annual_cost_ore"}
    if network.kind is NetworkKind.NATIONAL:
        needed |= {"content", "percent"}
    for post in posts:
        missing = sorted(name for name in needed if getattr(post, name) in (None, ""))
        if missing:
            values = {"post": post.post, "member": missing[0]}
            raise Refusal(Code.MISSING_CONTENT, "posts", values)


def _duration(command: ProposeVersion, last_day: date | None) -> None:
    if last_day is not None and command.ends_on > last_day:
        values = {"last_day": last_day.isoformat()}
        raise Refusal(Code.OUTLASTS_NETWORK, "ends_on", values)


def _agreed_in_full(command: ProposeVersion) -> None:
    """Refuse a cooperation with an empty section, and half a decision on VAT."""
    missing = [name for name, text in command.cooperation or () if not text.strip()]
    decided = {
        "vat_decided_by": command.vat_decided_by,
        "vat_decided_on": command.vat_decided_on,
    }
    lacking = [name for name, value in decided.items() if value is None]
    if len(lacking) == 1:
        missing += lacking
    elif not lacking and command.vat_treatment is VatTreatment.NOT_ASSESSED:
        missing.append("vat_treatment")
    if not missing:
        return
    raise Refusal(Code.TERMS_INCOMPLETE, missing[0], {"member": missing[0]})


def _asked_or_waived(command: ProposeVersion) -> None:
    """Refuse a reason for leaving out what is there."""
    there = {
        "endorsement_waived": command.endorsement_required,
        "cooperation_waived": command.cooperation is not None,
    }
    for member, is_there in there.items():
        if is_there and _reason(getattr(command, member)):
            raise Refusal(Code.INVALID_ROW, member)


def require_reasons(terms: Terms, network: NetworkEstablished) -> None:
    """Refuse terms of a national network that leave out more than they say why.

    They ask for the endorsement (S1-05, S1-20) and have the four sections (S1-27), or
    give a reason.
    """
    if network.kind is not NetworkKind.NATIONAL:
        return
    if any(map(is_recorded_under, WITHOUT_REASON)):
        return
    for member, said in (
        ("endorsement_waived", terms.endorsement or terms.endorsement_waived),
        ("cooperation_waived", terms.cooperation or terms.cooperation_waived),
    ):
        if said is None:
            raise Refusal(Code.TERMS_INCOMPLETE, member, {"member": member})


def _reason(written: str) -> str | None:
    """Reason that was given, if any was."""
    return written if written.strip() else None


def as_terms(
    command: ProposeVersion, network: NetworkEstablished | None
) -> Terms | None:
    """Terms as they are proposed; None where a post lacks what it needs."""
    if any(
        None in (post.starts_on, post.ends_on, post.annual_cost_ore)
        for post in command.posts
    ):
        return None
    members = dict(command)
    for member in REASONS:
        members[member] = _reason(members[member])
    required = members.pop("endorsement_required")
    if required is None:
        is_national = network is not None and network.kind is NetworkKind.NATIONAL
        required = is_national and members["endorsement_waived"] is None
    cooperation = command.cooperation
    members["cooperation"] = cooperation and Cooperation(**dict(cooperation))
    members["endorsement"] = EndorsementPolicy.HOST_LEADER if required else None
    members["posts"] = tuple(
        PartTimePost(**dict(post))
        for post in sorted(command.posts, key=lambda post: post.post)
    )
    return Terms(**members)


def as_proposed(terms: Terms) -> ProposeVersion:
    """Proposal that leads to these terms, to the byte."""
    members = dict(terms)
    cooperation = terms.cooperation
    members["cooperation"] = cooperation and ProposedCooperation(**dict(cooperation))
    members["endorsement_required"] = members.pop("endorsement") is not None
    for member in REASONS:
        members[member] = members[member] or ""
    members["posts"] = tuple(_post(post) for post in terms.posts)
    return ProposeVersion(**members)


def _post(post: PartTimePost) -> ProposedPost:
    return ProposedPost(**dict(post))

"""The refusals that many commands have in common, whole."""

from collections.abc import Callable
from typing import Any, Final

from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.examples import BERGEN, OSLO

FIRST_TERMS: Final = {
    "agreement": "ms-ous",
    "network": "ms",
    "payer": BERGEN,
    "payee": OSLO,
}
"""What a name is taken for, in the examples."""


def answer(decide: Callable[..., object], *said: Any) -> object:
    """Return what is decided, or the refusal."""
    try:
        return decide(*said)
    except Refusal as refusal:
        return refusal


def not_entitled(number: str, region: Region) -> Refusal:
    """Tell who may do what another trust asked for, and where."""
    values = {"organisation": number}
    return Refusal(Code.NOT_ENTITLED, None, values, region, number)


def wrong_region(number: str, region: Region) -> Refusal:
    """Tell a trust which node is its own."""
    return Refusal(Code.WRONG_REGION, None, {"region": region.value}, region, number)


def unknown_organisation(number: str, member: str) -> Refusal:
    """Tell that nobody has registered a number."""
    return Refusal(Code.UNKNOWN_ORGANISATION, member, {"organisation": number})


def unknown_version(number: int, agreement: str = "ms-ous") -> Refusal:
    """Tell that nobody has proposed a version."""
    values: dict[str, str | int] = {"agreement": agreement, "version": number}
    return Refusal(Code.UNKNOWN_AGREEMENT, "version", values)


def parties_fixed(member: str) -> Refusal:
    """Tell what the agreement of the examples is between."""
    return Refusal(Code.PARTIES_FIXED, member, FIRST_TERMS)

"""Deciding on any command.

Where the organisation that acts has given mandates, a decision rests on one of them: of
the person who acts, of that day, and of a role that may send the command. What no role
may send is the node's own word: it rests on no mandate, whatever has been given.
"""

from dataclasses import replace
from functools import cache
from typing import NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.parties.mandate import MANDATES, GrantMandate, MandateCode, Mandates
from domain.refusal import Code, Refusal
from domain.texts import as_recorded


def decide(command: Command, asked: Asked, history: History) -> Decision | Refusal:
    """Decide on any command, on exactly the mandate that ``asked`` names, or on none.

    What no fact may say is refused, such as an invoice whose lines add up to more
    than an amount may be.
    """
    mandates = history.state(MANDATES, asked.organisation)
    if not _rests(command, asked, mandates):
        return _no_mandate(command, asked)
    return decide_on_any_mandate(command, asked, history)


class Rested(NamedTuple):
    """What a command came to, and the mandate that it rests on, if on one."""

    outcome: Decision | Refusal
    mandate: int | None


def decide_resting(command: Command, asked: Asked, history: History) -> Rested:
    """Decide as :func:`decide` does, on the asker's first mandate if none is named."""
    mandates = history.state(MANDATES, asked.organisation)
    if asked.mandate is None and _needs_mandate(command, asked, mandates):
        roles = COMMANDS[type(command)].authority.by
        own = mandates.of(asked.actor, asked.today)
        numbers = (m.granted.number for m in own if m.granted.role in roles)
        asked = replace(asked, mandate=next(numbers, None))
    if not _rests(command, asked, mandates):
        return Rested(_no_mandate(command, asked), None)
    return Rested(decide_on_any_mandate(command, asked, history), asked.mandate)


def _needs_mandate(command: Command, asked: Asked, mandates: Mandates) -> bool:
    """Whether the organisation has given any; without an administrator it begins anew."""
    if not COMMANDS[type(command)].authority.by:
        return False
    if isinstance(command, GrantMandate):
        return mandates.has_administrator(asked.today)
    return bool(mandates.given)


def _rests(command: Command, asked: Asked, mandates: Mandates) -> bool:
    """Whether the mandate that is named may be acted on, or none is and none needed."""
    if not _needs_mandate(command, asked, mandates):
        return asked.mandate is None
    mandate = mandates.numbered(asked.mandate or 0)
    roles = COMMANDS[type(command)].authority.by
    return mandate is not None and mandate.lets(asked.actor, roles, asked.today)


def _no_mandate(command: Command, asked: Asked) -> Refusal:
    roles = "/".join(sorted(COMMANDS[type(command)].authority.by))
    of = {"organisation": asked.organisation, "person": asked.actor}
    values = {**of, "role": roles}
    return Refusal(MandateCode.NO_MANDATE, values=values)


def decide_on_any_mandate(
    command: Command, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide as if whoever acts had the mandate that is needed."""
    try:
        # The command's own texts were asked before; here are those that it rests on.
        with as_recorded():
            return COMMANDS[type(command)].decide(command, asked, history)
    except Refusal as refusal:
        # Whoever keeps it must not keep what was at hand where it was raised.
        return _placed(refusal.with_traceback(None), command)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        return _placed(Refusal(Code.INVALID_ROW, place or None), command)


def _placed(refusal: Refusal, command: Command) -> Refusal:
    """Drop the refusal's member where the command has none of that name.

    One decision may rest on another's: adopting is refused as proposing is, and who
    adopts has sent no posts.
    """
    place = (refusal.member or "").split(".")[0]
    return (
        refusal
        if place in member_names(type(command))
        else replace(refusal, member=None)
    )


@cache
def member_names(kind: type[BaseModel]) -> frozenset[str]:
    """Names of a message's members, and of those within them."""
    names = {*kind.model_fields}
    for info in kind.model_fields.values():
        for within in (info.annotation, *get_args(info.annotation)):
            if isinstance(within, type) and issubclass(within, BaseModel):
                names |= member_names(within)
    return frozenset(names)

"""Deciding on any command."""

from dataclasses import replace
from functools import cache
from typing import get_args

from pydantic import BaseModel, ValidationError

from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.refusal import Code, Refusal
from domain.texts import as_recorded


def decide(command: Command, asked: Asked, history: History) -> Decision | Refusal:
    """Decide on any command.

    What no fact may say is refused, such as an invoice whose lines add up to more
    than an amount may be.
    """
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

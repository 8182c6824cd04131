"""Deciding again: whether what a region recorded is what it had to decide.

- A fact holds all that its command said, but for what may not be kept: so the command
  is put together again from its facts.
- It is decided on what its region saw then, so everybody comes to the same verdict.
- What an earlier release took of a text stays taken.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import ValidationError

from domain.catalogue import COMMANDS
from domain.decisions import decide
from domain.fact import Command, Fact
from domain.history import Append, Asked, History
from domain.refusal import Refusal
from domain.texts import as_recorded

NO_COMMAND: Final = "no_command"
"""Reason: no command leads to these facts."""
OTHER_FACTS: Final = "other_facts"
"""Reason: their command leads to other facts."""


def restored(facts: Sequence[Fact], history: History) -> Command | None:
    """Command that led to these facts, as far as one can be told.

    Raises ``ValidationError``, ``AssertionError`` or ``LookupError`` where what the
    facts name is not there, or no command may say it.
    """
    for kind in COMMANDS.values():
        restore = kind.restores.get(type(facts[0]))
        command = None if restore is None else restore(facts, history)
        if command is not None:
            return command
    return None


def decision_fault(
    recorded: Sequence[Append], askers: Iterable[Asked], history: History
) -> str | None:
    """Why these facts are no decision on what was known; None where they are.

    ``recorded`` are those of one command, in order; ``history`` is cut at what
    its region saw. Of the ``askers`` one has asked: they differ in the day, where
    that is not known exactly. Returns the code of a refusal, or one of ours.
    """
    with as_recorded():
        return _unfounded(recorded, askers, history)


def _unfounded(
    recorded: Sequence[Append], askers: Iterable[Asked], history: History
) -> str | None:
    facts = [append.fact for append in recorded]
    reason = NO_COMMAND
    try:
        command = restored(facts, history)
        if command is None:
            return reason
        for asked in askers:
            decision = decide(command, asked, history)
            if isinstance(decision, Refusal):
                reason = decision.code.value
            elif tuple(decision) == tuple(recorded):
                return None
            else:
                reason = OTHER_FACTS
    except (ValidationError, AssertionError, LookupError):
        # What the facts name is not there, or no command may say it.
        return NO_COMMAND
    return reason

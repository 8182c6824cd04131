"""Deciding again: whether what a region recorded is what it had to decide.

- A fact holds all that its command said, but for what may not be kept: so the command
  is put together again from its facts.
- It is decided on what its region saw then, so everybody comes to the same verdict.
- What an earlier release took of a text stays taken.
- What was recorded under an earlier name is held against what its release would have
  recorded; a region whose log has a later name does not write the earlier one again.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

import orjson
from pydantic import JsonValue, ValidationError

from domain.catalogue import COMMANDS, EARLIER, decode
from domain.decisions import decide
from domain.earlier import LACKED, began, came, newest, recorded_under, went_back
from domain.fact import Command, Fact, canonical
from domain.history import Append, Asked, History
from domain.refusal import Refusal
from domain.texts import as_recorded

NO_COMMAND: Final = "no_command"
"""Reason: no command leads to these facts."""
OTHER_FACTS: Final = "other_facts"
"""Reason: their command leads to other facts."""
WRITTEN_NO_MORE: Final = "written_no_more"
"""Reason: their region has recorded by a later release, which writes another name."""


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


class StoredAppend(NamedTuple):
    """A fact as this release reads it, with the name under which it was recorded."""

    append: Append
    name: str


def decision_fault(
    recorded: Sequence[Append],
    askers: Iterable[Asked],
    history: History,
    names: Sequence[str] = (),
) -> str | None:
    """Why these facts are no decision on what was known; None where they are.

    ``recorded`` are those of one command, in order; ``history`` is cut at what
    its region saw. Of the ``askers`` one has asked: they differ in the day, where
    that is not known exactly. ``names`` are those under which the facts were recorded,
    where that is not their own. Returns the code of a refusal, or one of ours.
    """
    stored_names = names or [append.fact.TYPE for append in recorded]
    stored = list(map(StoredAppend, recorded, stored_names))
    if went_back(stored_names, newest(stored_names)):
        return WRITTEN_NO_MORE
    with as_recorded(), recorded_under(stored_names):
        return _unfounded(stored, askers, history)


def _unfounded(
    stored: Sequence[StoredAppend], askers: Iterable[Asked], history: History
) -> str | None:
    facts = [each.append.fact for each in stored]
    reason = NO_COMMAND
    try:
        command = restored(facts, history)
        if command is None:
            return reason
        for asked in askers:
            decision = decide(command, asked, history)
            if isinstance(decision, Refusal):
                reason = decision.code.value
            elif _is_same(decision, stored):
                return None
            else:
                reason = OTHER_FACTS
    except (ValidationError, AssertionError, LookupError):
        # What the facts name is not there, or no command may say it.
        return NO_COMMAND
    return reason


def _is_same(decided: Sequence[Append], stored: Sequence[StoredAppend]) -> bool:
    """Whether a decision of now leads to what is stored.

    Under an earlier name it was stored without what its release did not say yet.
    """
    first = min(
        (came(each.name) for each in stored if each.name in EARLIER), default=None
    )
    left = list(stored)
    for append in decided:
        if left and _as_then(append, left[0].name) == left[0].append:
            del left[0]
        elif first is None or began(append.fact.TYPE) <= first:
            return False
    return not left


def _as_then(append: Append, name: str) -> Append:
    """Make of a fact what it would have been under an earlier name of its own."""
    fact = append.fact
    if name not in EARLIER or EARLIER[name].fact is not type(fact):
        return append
    shape: JsonValue = orjson.loads(fact.to_bytes())
    for path in LACKED.get(name, ()):
        shape = _without(path.split("."), shape)
    return append._replace(fact=decode(name, canonical(shape)))


def _without(path: Sequence[str], shape: JsonValue) -> JsonValue:
    """Drop a member from a shape, or from each of those within it."""
    if isinstance(shape, list):
        return list(map(partial(_without, path), shape))
    if not isinstance(shape, dict):
        return shape
    name, *rest = path
    if rest:
        return {**shape, name: _without(rest, shape[name])} if name in shape else shape
    return {each: value for each, value in shape.items() if each != name}

"""What a verification proved, in words: to when, by whom, and what it did not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.instants import shown_instant
from api.words import Language, day, sentence
from domain.values import business_day, day_end, instant_text, parse_instant
from federation.checks.closure import (
    end_before,
    missing_tails,
    unwitnessed,
    witnesses_to_end,
)
from federation.checks.verified import Verified
from federation.log.completeness import FOREVER

ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Demands:
    """What whoever verifies asks of the logs beyond that they are whole."""

    witnesses: int = 0
    """Others that must have cosigned each log to its end."""
    complete_to: date | None = None
    """The day to whose end each log must be complete."""
    decisions: bool = False
    keys: str = ""
    """The file of keys; empty where they came with what they are to prove."""
    since: str = ""
    """The file of what was verified before, if there is one."""


def shortcomings(
    logs: Sequence[Verified], asked: Demands, words: Language
) -> Iterator[str]:
    """Say where logs are cut short, as others' entries show or as is asked."""
    for missing in missing_tails(logs):
        key = "never_there" if missing.is_denied else "missing_tail"
        yield sentence(words, "verdict", key, missing._asdict())
    for lacking in unwitnessed(logs, asked.witnesses) if asked.witnesses else ():
        values = {**lacking._asdict(), "witnesses": asked.witnesses}
        yield sentence(words, "verdict", "unwitnessed", values)
    demanded = asked.complete_to
    for ended in [] if demanded is None else end_before(logs, demanded):
        assert demanded is not None
        values = {
            "origin": ended.origin,
            "complete_to": shown_instant(ended.complete_to),
            "day": day(demanded, words),
        }
        key = "ends_before" if ended.complete_to else "says_nothing"
        yield sentence(words, "verdict", key, values)


def verdict_line(logs: Sequence[Verified], asked: Demands, words: Language) -> str:
    """Last line: what was proved, to when, by whom, and what was not."""
    whose = "keys_given" if asked.keys else "keys_of_pack"
    entries: dict[str, int] = {}
    for log in logs:
        entries[log.origin] = max(log.entries, entries.get(log.origin, 0))
    proved: dict[str, str | int] = {
        "keys": sentence(words, "verdict", whose, {"file": asked.keys}),
        "entries": sum(entries.values()),
    }
    open_matters = "; ".join(_not_proved(logs, asked, words))
    not_proved = sentence(words, "verdict", "not_proved", {"what": open_matters})
    if not any(entries.values()):
        return f"{sentence(words, 'verdict', 'no_entries')} {not_proved}"
    return " ".join(
        [
            sentence(words, "verdict", "proved", proved),
            _complete(logs, words),
            _witnessed(logs, words),
            not_proved,
        ]
    )


def _complete(logs: Sequence[Verified], words: Language) -> str:
    silent = [log.origin for log in logs if not log.complete_to]
    if silent:
        values = {"names": _names(silent, words)}
        return sentence(words, "verdict", "complete_unknown", values)
    waited_for = [log for log in logs if log.complete_to != FOREVER]
    if not waited_for:
        return sentence(words, "verdict", "complete_for_ever")
    first = min(waited_for, key=lambda log: (log.complete_to, log.origin))
    values = {
        "day": day(_last_day(first.complete_to), words),
        "origin": first.origin,
        "complete_to": shown_instant(first.complete_to),
    }
    return sentence(words, "verdict", "complete", values)


def _last_day(instant: str) -> date:
    """Last business day that is over at an instant."""
    on = business_day(parse_instant(instant))
    return on if instant_text(day_end(on)) <= instant else on - ONE_DAY


def _witnessed(logs: Sequence[Verified], words: Language) -> str:
    counts = [(log.origin, witnesses_to_end(log)) for log in logs if log.entries]
    alone = [origin for origin, count in counts if not count]
    if alone:
        values = {"names": _names(alone, words)}
        return sentence(words, "verdict", "witnessed_by_none", values)
    fewest = min((count for _, count in counts), default=0)
    empty = len(counts) < len(logs)
    key = "witnessed_one" if fewest == 1 else "witnessed"
    key = f"{key}_with_entries" if empty else key
    return sentence(words, "verdict", key, {"count": fewest})


def _not_proved(
    logs: Sequence[Verified], asked: Demands, words: Language
) -> Iterator[str]:
    if not asked.keys:
        yield sentence(words, "verdict", "not_whose")
    for log in logs:
        count = log.entries - max(log.roots, default=0)
        if count:
            values: dict[str, str | int] = {"origin": log.origin, "count": count}
            yield sentence(words, "verdict", "not_signed", values)
    before = {log.origin: 0 for log in logs}
    for log in logs:
        before[log.origin] = max(before[log.origin], log.read_after)
    if any(before.values()):
        values = {"count": sum(before.values()), "file": asked.since}
        yield sentence(words, "verdict", "not_again", values)
    asked_of_end = asked.witnesses and asked.complete_to is not None
    yield sentence(words, "verdict", "not_after" if asked_of_end else "not_the_end")
    if not asked.decisions:
        yield sentence(words, "verdict", "not_decided")
    yield sentence(words, "verdict", "not_together")


def _names(origins: Sequence[str], words: Language) -> str:
    """Names of regions, each once."""
    named = (sentence(words, "value", origin) for origin in dict.fromkeys(origins))
    return ", ".join(named)

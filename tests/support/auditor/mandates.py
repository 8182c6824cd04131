"""Which entries of a log rest on no mandate that is good, as federation/README.md says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OF_THE_LOG = {"epoch.begun.v1", "federation.joined.v1", "federation.left.v1"}
GRANTED = {"mandate.granted.v1", "mandate.granted.v2"}
ONE_DAY = timedelta(days=1)


@dataclass
class Given:
    """A mandate, as far as a log has been read."""

    person: str
    role: str
    first: date
    last: date

    def counts(self, day: date) -> bool:
        return self.first <= day <= self.last


def without_mandate(log: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of a log's entries that name a mandate wrongly, or none at all."""
    mandates: defaultdict[str, list[Given]] = defaultdict(list)
    found, command, good = [], None, True
    pending: list[Mapping[str, Any]] = []
    for entry in log:
        if entry["type"] in OF_THE_LOG or "commandid" not in entry:
            continue
        if entry["commandid"] != command:
            for each in pending:
                read(each, mandates)
            pending, command = [], entry["commandid"]
            given = mandates[entry["organisation"]]
            day = day_of(entry["time"])
            good = any(rests(entry, given, each) for each in (day, day - ONE_DAY))
        pending.append(entry)
        if not good:
            found.append(entry["id"])
    return found


def rests(entry: Mapping[str, Any], given: list[Given], day: date) -> bool:
    """Say whether an entry names a mandate as it has to, if it was sent on a day."""
    needed = bool(given)
    if entry["type"] in GRANTED:
        needed = any(
            each.role == "administrator" and each.counts(day) for each in given
        )
    number = entry.get("mandate")
    if number is None or not needed:
        return number is None and not needed
    if number > len(given):
        return False
    mandate = given[number - 1]
    return bool(mandate.person == entry["actor"]) and mandate.counts(day)


def read(entry: Mapping[str, Any], mandates: Mapping[str, list[Given]]) -> None:
    """Take in what an entry says of mandates."""
    region, kind, organisation = entry["subject"].split(":", 2)
    if kind != "mandates":
        return
    assert entry["id"].startswith(f"{region}/")
    given, said = mandates[organisation], entry["data"]
    if entry["type"] in GRANTED and said["number"] == len(given) + 1:
        first = date.fromisoformat(said["starts_on"])
        last = date.fromisoformat(said.get("ends_on", "9999-12-31"))
        given.append(Given(said["person"], said["role"], first, last))
    elif entry["type"] == "mandate.ended.v1" and said["number"] <= len(given):
        mandate, day = given[said["number"] - 1], date.fromisoformat(said["ended_on"])
        if day <= mandate.last:
            mandate.last = day - ONE_DAY


def day_of(time: str) -> date:
    """Return the day in Norway."""
    return datetime.fromisoformat(time).astimezone(ZoneInfo("Europe/Oslo")).date()

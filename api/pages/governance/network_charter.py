"""A network's charter: its texts, what it rests on and its milestones, as a form."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from typing_extensions import override

from api.known import known_until
from api.pages.forms import NO_FAULTS, Faults, Typed
from api.pages.given_texts import fields_of_texts, form_with_files, read_text
from api.pages.governance.governance_read import SECTION
from api.pages.long_form import Fields, LongForm, ToldFacts, typed_rows, with_typed_rows
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.problems import ProblemError
from api.routers import public
from domain.parties.charter import (
    CHARTER,
    Charter,
    CharterNetwork,
    NetworkChartered,
)
from domain.parties.network import NETWORK, NetworkEstablished
from domain.values import NetworkKind, NewName

router: Final[APIRouter] = public()
FOUNDED: Final = "founded_on"
MILESTONES: Final = "milestones"
OF_FOUNDED: Final = ("title", "kind", "clause", "valid_until")
OF_MILESTONE: Final = ("milestone", "due_on", "text")
ROWS_FIRST: Final = 2
LINES: Final[Mapping[str, str]] = {
    "clinic": "S1-03",
    "predecessor": "S1-01",
    "initiator": "S0-04",
}
TEXTS: Final[Mapping[str, str]] = {
    "exit_plan": "S1-36",
    "posts_reason": "S1-32",
    "background": "S4-35",
    "user_benefit": "S4-31",
    "organisation": "S4-30",
    "leadership": "S4-30",
    "arenas": "S4-05",
}
"""Each text of a charter, with the rule that asks for it."""
_FIRST: Final[Mapping[NetworkKind, frozenset[str]]] = {
    NetworkKind.NATIONAL: frozenset({"clinic", "predecessor", *[*TEXTS][:2]}),
    NetworkKind.LOCAL: frozenset([*TEXTS][2:]),
    NetworkKind.REGIONAL: frozenset({"initiator"}),
}
"""What the documents ask of a network of a kind; the rest may be said too."""


class ToldCharter(NamedTuple):
    """The charter that counts, as a page shows it."""

    version: int
    lines: Sequence[tuple[str, str]]
    texts: Sequence[tuple[str, str]]
    """The words of each text, and the hash of its document."""
    founded: Sequence[tuple[str, str, date | None, bool]]
    """Title, kind and clause, last day, and whether that is past."""
    milestones: Sequence[tuple[str, str, date, date | None]]
    """Text, name, when it is due, and when it was reached."""


def told_charter(charter: Charter, speaker: Speaker, day: date) -> ToldCharter | None:
    """Tell a charter to one reader, as of a day."""
    last = charter.last
    if last is None:
        return None
    say = speaker.say
    said = [(name, getattr(last, name)) for name in TEXTS]
    return ToldCharter(
        last.version,
        [(say(f"charter_{n}"), getattr(last, n)) for n in LINES if getattr(last, n)],
        [(say(f"charter_{name}"), text.sha256) for name, text in said if text],
        [
            (
                each.title,
                ", ".join(filter(None, (each.kind, each.clause))),
                each.valid_until,
                each.valid_until is not None and each.valid_until < day,
            )
            for each in last.founded_on
        ],
        [
            (
                each.text,
                each.milestone,
                each.due_on,
                reached.reached_on if reached else None,
            )
            for each in sorted(last.milestones, key=lambda each: each.due_on)
            for reached in (charter.reached.get(each.milestone),)
        ],
    )


def open_milestones(charter: Charter) -> Sequence[tuple[str, str]]:
    """Milestones that are not reached, by name, with their texts."""
    texts = {e.milestone: e.text for v in charter.versions for e in v.milestones}
    return [(n, f"{n}: {t}") for n, t in texts.items() if n not in charter.reached]


class _Read(NamedTuple):
    network: NetworkEstablished
    last: NetworkChartered | None


def _read(visit: Visit, network: str) -> _Read:
    with known_until(visit.node, visit.day) as history:
        established = history.state(NETWORK, network).established
        if established is None:
            raise ProblemError("not_found")
        return _Read(established, history.state(CHARTER, network).last)


class NetworkForm(LongForm):
    """Form of a version of a network's charter."""

    command = CharterNetwork
    section = SECTION
    words = "network_charter"

    def __init__(self, visit: Visit, read: _Read) -> None:
        say = visit.speaker(SECTION).say
        network = read.network.network
        at = f"/networks/{network}/governance"
        crumbs = [(say("title"), "/governance"), (network, at)]
        super().__init__(visit, f"{at}/charter", at, crumbs)
        self.read = read

    @override
    def shown(self, form: Fields, faults: Faults = NO_FAULTS) -> Response:
        """Show the form: what is asked of its kind first, the rest beneath."""
        values, rows = dict(form), {}
        for group, members in ((FOUNDED, OF_FOUNDED), (MILESTONES, OF_MILESTONE)):
            typed = typed_rows(form, group, members)
            more = ROWS_FIRST if form.get("more") == group else 0
            rows[group] = max(len(typed) + more, 1)
            values = with_typed_rows(values, group, typed)
        first = _FIRST[self.read.network.kind]
        say = self.speaker.say
        there = {n for n in (*LINES, *TEXTS) if form.get(n) or form.get(f"{n}.kept")}
        rest = {*LINES, *TEXTS} - first
        return self.visit.page(
            "network_charter.html",
            SECTION,
            "governance",
            of=self,
            title=say(f"act_{self.words}"),
            lead=say(f"lead_{self.words}"),
            version=self._next,
            values=values,
            faults=faults,
            rows=rows,
            parts=[
                [
                    (n, rule, n in TEXTS)
                    for n, rule in {**LINES, **TEXTS}.items()
                    if n in of
                ]
                for of in (first, rest)
            ],
            opened=bool(rest & (there | {*faults.of})),
        )

    @property
    def _next(self) -> int:
        return self.read.last.version + 1 if self.read.last else 1

    @override
    def members(self, typed: Typed, form: Fields, *, keeps: bool) -> dict[str, Any]:
        """Members of the command; an empty text is none."""
        found: dict[str, Any] = {
            "network": self.read.network.network,
            "version": self._next,
        }
        found |= {name: typed.text(name) for name in LINES}
        found |= {
            name: read_text(self.visit, typed, name, keeps=keeps) for name in TEXTS
        }
        for group, members in ((FOUNDED, OF_FOUNDED), (MILESTONES, OF_MILESTONE)):
            rows = typed_rows(form, group, members)
            anew = Typed(self.visit, with_typed_rows(form, group, rows))
            read = _foundation if group == FOUNDED else _milestone
            found[group] = [read(anew, f"{group}.{n}") for n in range(len(rows))]
            typed.take_over(anew)
        return found

    @override
    def facts(self, command: CharterNetwork, form: Fields) -> ToldFacts:
        """Each part that says something; of a text its beginning."""
        speaker, last = self.speaker, self.read.last
        say = speaker.say
        told: ToldFacts = [
            (say("network"), command.network),
            (say("version"), command.version),
            *((say(f"charter_{n}"), getattr(command, n)) for n in LINES),
        ]
        for name in TEXTS:
            if getattr(command, name) is not None:
                words = form.get(name, "").strip() or say("file_kept")
                told.append((say(f"charter_{name}"), words))
        for each in command.founded_on:
            until = speaker.day(each.valid_until)
            more = (each.kind, each.clause, until and say("until_day", day=until))
            told.append((say("founded"), ", ".join((each.title, *filter(None, more)))))
        for mile in command.milestones:
            due = speaker.day(mile.due_on)
            told.append((say("milestone"), f"{mile.milestone}, {due}: {mile.text}"))
        gone = [
            say(f"charter_{name}")
            for name in (*LINES, *TEXTS)
            if last and getattr(last, name) and not getattr(command, name)
        ]
        told.append((say("charter_gone"), ", ".join(gone)))
        return [(name, text) for name, text in told if text]


def _foundation(typed: Typed, at: str) -> Mapping[str, Any]:
    until = typed.day(f"{at}.valid_until", needed=False)
    return {
        "title": typed.text(f"{at}.title", needed=True),
        "kind": typed.text(f"{at}.kind", needed=True),
        "clause": typed.text(f"{at}.clause"),
        "valid_until": until.isoformat() if until else None,
    }


def _milestone(typed: Typed, at: str) -> Mapping[str, Any]:
    due = typed.day(f"{at}.due_on")
    return {
        "milestone": typed.text(f"{at}.milestone", needed=True),
        "due_on": due.isoformat() if due else None,
        "text": typed.text(f"{at}.text", needed=True),
    }


async def _fields_of(visit: Visit, last: NetworkChartered) -> dict[str, str]:
    """Fields that say what a version says."""
    fields = {name: getattr(last, name) for name in LINES}
    fields |= await fields_of_texts(visit, {n: getattr(last, n) for n in TEXTS})
    founded = [
        {
            "title": each.title,
            "kind": each.kind,
            "clause": each.clause,
            "valid_until": f"{each.valid_until:%d.%m.%Y}" if each.valid_until else "",
        }
        for each in last.founded_on
    ]
    milestones = [
        {
            "milestone": each.milestone,
            "due_on": f"{each.due_on:%d.%m.%Y}",
            "text": each.text,
        }
        for each in last.milestones
    ]
    return with_typed_rows(
        with_typed_rows(fields, FOUNDED, founded), MILESTONES, milestones
    )


@router.get("/networks/{network}/governance/charter", include_in_schema=False)
async def charter_page(network: NewName, visit: TheVisit) -> Response:
    """Form for the next version of a charter, filled with the one that counts."""
    form = NetworkForm(visit, _read(visit, network))
    last = form.read.last
    return form.shown({} if last is None else await _fields_of(visit, last))


@router.post("/networks/{network}/governance/charter", include_in_schema=False)
async def chartered(network: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to, and record it."""
    of = NetworkForm(visit, _read(visit, network))
    form, refused = await form_with_files(visit, TEXTS)
    return await of.taken(form, refused)

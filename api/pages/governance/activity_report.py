"""The yearly report of a network, a body or a seat: its sections typed or given."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Response
from typing_extensions import override

from api.known import known_names, known_until
from api.pages.acting import require_sender
from api.pages.forms import NO_FAULTS, Faults, Typed
from api.pages.given_texts import form_with_files, read_text
from api.pages.governance.governance_acts import scope_of
from api.pages.governance.governance_forms import ActScope, reporters
from api.pages.governance.governance_read import SECTION
from api.pages.long_form import Fields, LongForm, ToldFacts
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.routers import public
from api.section_titles import WHOLE_REPORT, section_title
from domain.governance.activity import ACTIVITY, ReportActivity, activity_key
from domain.governance.reporting import asked_sections, compiled, reported
from domain.history import History
from domain.parties.network import NetworkEstablished
from domain.values import NewName

router: Final[APIRouter] = public()
YEARS_LONGEST: Final = 4
OF_NETWORK: Final = "/networks/{network}/governance/report"
OF_BODY: Final = "/bodies/{body}/report"


class ToldReport(NamedTuple):
    """A yearly report, as a page shows it."""

    year: int
    reference: str
    sections: Sequence[tuple[str, str]]
    """The words of each, and the hash of its document."""
    missing: Sequence[tuple[str, str]]
    """The words of each that is asked for and not there, and the rule that asks."""


def told_reports(of: str, history: History, speaker: Speaker) -> list[ToldReport]:
    """Reports of a network, a body or a seat, the latest year first."""
    years = history.state(ACTIVITY, activity_key(of)).reported
    told = []
    for year in sorted(years, reverse=True):
        found = reported(of, year, history)
        sections = years[year].sections
        told.append(
            ToldReport(
                year,
                years[year].reference,
                [
                    (section_title(e.section, speaker.language), e.document.sha256)
                    for e in sections
                ],
                [
                    (section_title(k, speaker.language), found.asked[k])
                    for k in found.missing
                ],
            )
        )
    return told


class _Below(NamedTuple):
    """What is known of who reports to whom the report is of (S4-29)."""

    of: str
    is_there: bool


class ReportForm(LongForm):
    """Form of a report on a year."""

    command = ReportActivity
    section = SECTION
    words = "report"

    def __init__(self, scope: ActScope, of: str, year: str) -> None:
        super().__init__(scope.visit, f"{scope.at}/report", scope.at, scope.crumbs)
        self.of = of
        self.is_network = of in (scope.network, scope.coordinates)
        with self.visit.views() as connection:
            networks = [*known_names(connection, NetworkEstablished, self.visit.day)]
        with known_until(self.visit.node, self.visit.day) as history:
            self.asked: Mapping[str, str] = asked_sections(of, history)
            self.below = [
                _Below(each.of, each.report is not None)
                for each in compiled(of, networks, int(year), history)
            ]

    @property
    def names(self) -> list[str]:
        """Fields of the sections, those that are asked for first."""
        return [f"sections.{key}" for key in (*self.asked, WHOLE_REPORT)]

    @override
    def shown(self, form: Fields, faults: Faults = NO_FAULTS) -> Response:
        speaker = self.speaker
        return self.visit.page(
            "activity_report.html",
            SECTION,
            "governance",
            of=self,
            title=speaker.say("report_of", name=self.of),
            values=form,
            faults=faults,
            sections=[
                (
                    f"sections.{key}",
                    section_title(key, speaker.language),
                    self.asked.get(key, ""),
                )
                for key in (*self.asked, WHOLE_REPORT)
            ],
        )

    @override
    def members(self, typed: Typed, form: Fields, *, keeps: bool) -> dict[str, Any]:
        given = {
            name.partition(".")[2]: read_text(self.visit, typed, name, keeps=keeps)
            for name in self.names
        }
        return {
            "of": self.of,
            "year": typed.number("year"),
            "reference": typed.text("reference"),
            "sections": [
                {"section": key, "document": document}
                for key, document in given.items()
                if document is not None
            ],
        }

    @override
    def facts(self, command: ReportActivity, form: Fields) -> ToldFacts:
        speaker = self.speaker
        say = speaker.say
        told: ToldFacts = [
            (say("field_of"), command.of),
            (say("field_year"), command.year),
        ]
        if self.is_network:
            given = command.reference or say("reference_none")
            told.append((say("field_reference"), given))
        there = {each.section for each in command.sections}
        for each in command.sections:
            text = form.get(f"sections.{each.section}", "").strip()
            told.append(
                (
                    section_title(each.section, speaker.language),
                    text or say("file_kept"),
                )
            )
        missing = [
            f"{section_title(key, speaker.language)} ({rule})"
            for key, rule in self.asked.items()
            if key not in there
        ]
        if missing:
            told.append((say("report_missing"), "; ".join(missing)))
        return told


def _chosen(scope: ActScope, form: Fields) -> tuple[str, str]:
    """Of what and which year a report is asked for; empty where it must be chosen."""
    options = [value for value, _ in reporters(scope)]
    of = form.get("of", options[0] if len(options) == 1 else "")
    year = form.get("year", "").strip()
    reads = year.isdecimal() and len(year) == YEARS_LONGEST
    return (of, year) if reads else (of, "")


def _asked(scope: ActScope, form: Fields) -> Response:
    of, year = _chosen(scope, form)
    if of and year:
        return ReportForm(scope, of, year).shown({"of": of, "year": year})
    require_sender(scope.visit, ReportActivity)
    say, options = scope.speaker.say, reporters(scope)
    return scope.visit.page(
        "activity_report_pick.html",
        SECTION,
        "governance",
        title=say("act_report"),
        crumbs=scope.crumbs,
        action=f"{scope.at}/report",
        back=scope.at,
        options=options,
        of=of,
        year=year or str(scope.visit.day.year - 1),
    )


async def _taken(visit: Visit, **of_what: str) -> Response:
    chosen = await sent_form(visit)
    scope = scope_of(visit, **of_what)
    of, year = _chosen(scope, chosen)
    report = ReportForm(scope, of, year or "1")
    form, refused = await form_with_files(visit, report.names)
    return await report.taken(form, refused)


@router.get(OF_NETWORK, include_in_schema=False)
def report_in_network(
    network: NewName, visit: TheVisit, of: str = "", year: str = ""
) -> Response:
    """Form for a report of a network, of one of its bodies or of a seat."""
    return _form_for(scope_of(visit, network=network), of, year)


@router.get(OF_BODY, include_in_schema=False)
def report_of_body(
    body: NewName, visit: TheVisit, of: str = "", year: str = ""
) -> Response:
    """Form for a report of a body or of a seat in it."""
    return _form_for(scope_of(visit, body=body), of, year)


def _form_for(scope: ActScope, of: str, year: str) -> Response:
    typed = {"of": of[:200]} if of else {}
    return _asked(scope, {**typed, "year": year[:10]})


@router.post(OF_NETWORK, include_in_schema=False)
async def reported_in_network(network: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to and what is missing, and record it."""
    return await _taken(visit, network=network)


@router.post(OF_BODY, include_in_schema=False)
async def reported_of_body(body: NewName, visit: TheVisit) -> Response:
    """Read the form, show what it comes to and what is missing, and record it."""
    return await _taken(visit, body=body)

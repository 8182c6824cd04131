"""A network's report on a year, under the headings of eRapport, to be taken there.

The form by which eRapport itself takes reports is not public. The headings are those
under which reports of national services are published; each section stands under one
with the rule that asks for it, and its text is copied from here. What eRapport calls the
report is recorded with the report (S1-40) and stands on the first sheet.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from api.document_access import open_to_person
from api.overviews.overview import Overview, OverviewKind, OverviewSource
from api.overviews.posts_by_region import (
    network_named,
    posts_of_year,
    region_sheet,
)
from api.pdf.names import organisation_names, titled
from api.problems import ProblemError
from api.sheets import ColumnKind, Columns, Sheet, SheetCell
from domain.document import Document
from domain.governance.activity import ACTIVITY, activity_key
from domain.governance.reporting import YearReported, reported
from domain.history import History
from domain.parties.charter import CHARTER
from domain.parties.network import NetworkEstablished, coordinator, periods
from domain.values import REGIONAL_AUTHORITY, NetworkKind, Region
from projections.citations import citations
from projections.settlement import Scope

HEADINGS: Final[Mapping[str, Sequence[str]]] = {
    "competence": ("competence_spread", "knowledge_used"),
    "results": ("equitable_services", "less_variation"),
    "research": ("advice",),
}
"""Sections under each heading of eRapport."""
TEXT_MAX: Final = 32_000
"""Characters of a section that are copied: a cell of a workbook holds some more."""
_TEXT: Final = "text/plain"
_LABELLED: Final[Columns] = (("item", ColumnKind.WORD), ("value", ColumnKind.NAME))


def network_report(source: OverviewSource) -> Overview:
    """Read what a network has to report on a year, and what it has."""
    network = network_named(source)
    if network.kind is not NetworkKind.NATIONAL:
        raise ProblemError("not_found")
    told = reported(source.of, source.year, source.history)
    return Overview(
        OverviewKind.NETWORK_REPORT,
        source.day,
        [
            Sheet("report_about", _LABELLED, [*_about(source, network, told)]),
            _sections(source, told),
            region_sheet([*posts_of_year(source)], told),
            _economy(source, network),
            _milestones(source),
        ],
        network.name_nb,
        network.name_en,
        source.year,
        ["erapport_note", "reference_note" if told.report is None else "told_note"],
    )


def day_of_report(of: str, year: int, history: History) -> date | None:
    """Day on which a report on a year was recorded."""
    key = activity_key(of)
    report = history.state(ACTIVITY, key).reported.get(year)
    entries = history.entries(ACTIVITY, (key,))[key]
    return next((e.recorded_on for e in entries if e.fact == report), None)


def _about(
    source: OverviewSource, network: NetworkEstablished, told: YearReported
) -> Iterator[tuple[str, SheetCell]]:
    region = coordinator(network.network, source.history)[1]
    charter = source.history.state(CHARTER, network.network).last
    spans = periods(network, source.history)
    parties = network.coordinating_trust, REGIONAL_AUTHORITY[region]
    names = organisation_names(source.connection, source.day, parties)
    trust, authority = (titled(names.get(each, ""), each) for each in parties)
    yield "item_name_nb", network.name_nb
    yield "item_name_en", network.name_en
    yield "item_network", network.network
    yield "item_coordinator", trust
    yield "item_reports_to", authority
    yield "item_clinic", "" if charter is None else charter.clinic
    yield "item_starts_on", spans[0].start
    yield "item_ends_on", spans[-1].end
    yield "item_year", str(source.year)
    yield "item_reported_on", day_of_report(source.of, source.year, source.history)
    yield "item_reference", told.report.reference if told.report else ""


def _sections(source: OverviewSource, told: YearReported) -> Sheet:
    documents = {} if told.report is None else {
        each.section: each.document for each in told.report.sections
    }  # fmt: skip
    found = [
        (f"heading_{heading}", name, region, key, rule)
        for heading, names in HEADINGS.items()
        for name in names
        for key, region, rule in _asked(name, told.asked)
    ]
    asked = {key for _, _, _, key, _ in found}
    others = [
        ("heading_other", key, None, key, "") for key in documents if key not in asked
    ]
    rows = [
        (heading, name, region, *told_section(source, documents.get(key)), rule)
        for heading, name, region, key, rule in (*found, *others)
    ]
    columns = (
        ("heading", ColumnKind.WORD),
        ("section", ColumnKind.SECTIONS),
        ("region", ColumnKind.WORD),
        ("told", ColumnKind.WORD),
        ("text", ColumnKind.NAME),
        ("rule", ColumnKind.TEXT),
    )
    return Sheet("report_sections", columns, rows)


def _asked(
    name: str, asked: Mapping[str, str]
) -> Iterator[tuple[str, str | None, str]]:
    """Key, region and rule of each section of a name that is asked for."""
    if name in asked:
        yield name, None, asked[name]
    for region in Region:
        key = f"{name}_{region.value}"
        if key in asked:
            yield key, region.value, asked[key]


def told_section(
    source: OverviewSource, document: Document | None
) -> tuple[SheetCell, SheetCell]:
    """Whether a section was told, and its text where it lies here, else its hash."""
    if document is None:
        return "missing", None
    return "told", _text(source, document) or f"SHA-256 {document.sha256}"


def _text(source: OverviewSource, document: Document) -> str | None:
    """Text of a section, where its bytes lie at this node and the reader may read it."""
    if document.media_type.partition(";")[0] != _TEXT:
        return None
    held = source.node.documents.about(document.sha256)
    cited = citations(source.connection, document.sha256)
    is_open = open_to_person(source.node, source.caller, held.organisations, cited)
    if held.is_removed or not is_open:
        return None
    content = source.node.documents.content(document.sha256)
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]} …"


def _economy(source: OverviewSource, network: NetworkEstablished) -> Sheet:
    settled = source.node.settlements.settlement(
        source.connection, source.year, source.day, Scope(network=source.of)
    )
    names = ("committed_ore", "accrued_ore", "invoiced_ore", "paid_ore")
    sums = [sum(getattr(e, name) for e in settled.agreements) for name in names]
    columns = (
        ("year", ColumnKind.NUMBER),
        *(
            (name, ColumnKind.BALANCE)
            for name in ("frame_ore", "coordination_ore", *names)
        ),
    )
    row = (source.year, network.frame_ore, network.coordination_budget_ore, *sums)
    return Sheet("report_economy", columns, [row], has_totals=False)


def _milestones(source: OverviewSource) -> Sheet:
    """What the charter says is to be reached, and what was (S1-39)."""
    charter = source.history.state(CHARTER, source.of)
    milestones = () if charter.last is None else charter.last.milestones
    rows = []
    for each in milestones:
        reached = charter.reached.get(each.milestone)
        on = None if reached is None else reached.reached_on
        rows.append((each.milestone, each.text, each.due_on, on))
    columns = (
        ("milestone", ColumnKind.TEXT),
        ("text", ColumnKind.NAME),
        ("due_on", ColumnKind.DAY),
        ("reached_on", ColumnKind.DAY),
    )
    return Sheet("report_milestones", columns, rows)

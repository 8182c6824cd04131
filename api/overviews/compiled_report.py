"""Who has reported to a body on a year, and who has not (S4-29)."""

from collections.abc import Sequence

from api.known import known_names
from api.overviews.network_report import day_of_report, told_section
from api.overviews.overview import Overview, OverviewKind, OverviewSource
from api.problems import ProblemError
from api.sheets import ColumnKind, Sheet, SheetCell
from domain.governance.body import BODY
from domain.governance.reporting import YearReported, compiled
from domain.parties.network import NetworkEstablished


def compiled_report(source: OverviewSource) -> Overview:
    """Read the reports on a year of all that report to a body, the missing ones named."""
    if source.history.state(BODY, source.of).last is None:
        raise ProblemError("not_found")
    networks = [*known_names(source.connection, NetworkEstablished, source.day)]
    found = compiled(source.of, networks, source.year, source.history)
    columns = (
        ("body", ColumnKind.TEXT),
        ("network", ColumnKind.TEXT),
        ("organisation", ColumnKind.TEXT),
        ("reported", ColumnKind.WORD),
        ("reported_on", ColumnKind.DAY),
        ("sections_told", ColumnKind.NUMBER),
        ("sections_missing", ColumnKind.SECTIONS),
    )
    missing = sum(each.report is None for each in found)
    return Overview(
        OverviewKind.COMPILED_REPORT,
        source.day,
        [
            Sheet("compiled_report", columns, [_row(source, each) for each in found]),
            _sections(source, found),
        ],
        source.of,
        source.of,
        source.year,
        ["missing_note" if missing else "all_told_note"] if found else ["none_note"],
    )


def _row(source: OverviewSource, each: YearReported) -> Sequence[SheetCell]:
    body = source.history.state(BODY, each.of).last
    assert body is not None, "it reports to another"
    report = each.report
    return (
        each.of,
        body.network,
        body.organisation,
        "told" if report else "missing",
        day_of_report(each.of, source.year, source.history),
        len(report.sections) if report else 0,
        " ".join(each.missing),
    )


def _sections(source: OverviewSource, found: Sequence[YearReported]) -> Sheet:
    """What each has told, section by section, and what it has not."""
    rows = []
    for each in found:
        sections = each.report.sections if each.report else ()
        documents = {one.section: one.document for one in sections}
        rows += [
            (
                each.of,
                key,
                *told_section(source, documents.get(key)),
                each.asked.get(key, ""),
            )
            for key in dict.fromkeys((*each.asked, *documents))
        ]
    columns = (
        ("body", ColumnKind.TEXT),
        ("section", ColumnKind.SECTIONS),
        ("told", ColumnKind.WORD),
        ("text", ColumnKind.NAME),
        ("rule", ColumnKind.TEXT),
    )
    return Sheet("compiled_sections", columns, rows)

"""What a region had to refuse is read by nobody else, and stops that region alone."""

import pytest
from sqlalchemy import Engine, select

from domain.parties.organisation import OrganisationRegistered
from domain.refusal import Code
from domain.values import Region
from federation.journal.store import Journal
from federation.journal.witnessing import decide_all
from federation.node.auditor import Auditor
from federation.signed.facts import QuarantineReason
from projections import tables
from projections.batches import MovedError
from projections.database import reading
from projections.engine import Projector
from tests.support.dumps import received
from tests.support.forging import BERGEN, STAVANGER, fact, forged, register

pytestmark = pytest.mark.servers

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
TROMSO, TRONDHEIM, FORDE = "983974899", "883974832", "983974732"


def prepared(journal: Journal, views: Engine, auditor: Auditor) -> Projector:
    """Return a projector as a node starts it, with what audits for it."""
    made = Projector(journal, views, quarantine=auditor.quarantine)
    made.prepare()
    return made


def shown(views: Engine) -> list[tuple[str, str, str]]:
    """Return region, number and name of every organisation in the read models."""
    columns = (tables.organisation.c[each] for each in ("origin", "org_number", "name"))
    with reading(views) as connection:
        return sorted(tuple(row) for row in connection.execute(select(*columns)))


@pytest.fixture
def nord(journals: dict[Region, Journal]) -> Journal:
    """Give nord's journal; the second of vest's three entries is forged."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    register(vest, BERGEN)
    forged(vest, fact(name="Forged"), organisation=BERGEN)
    register(vest, FORDE)
    received(nord, vest, [3])
    register(midt, TRONDHEIM)
    received(nord, midt, [1])
    return nord


READ = [("midt", TRONDHEIM, "Helse"), ("vest", BERGEN, "Helse")]
COUNTED = [*READ, ("vest", STAVANGER, "Forged"), ("vest", FORDE, "Helse")]


@pytest.mark.parametrize("audited_first", [False, True])
def test_what_a_region_had_to_refuse_stops_it_and_nobody_else(
    nord: Journal, views: Engine, *, audited_first: bool
) -> None:
    auditor = Auditor(nord)
    projector = prepared(nord, views, auditor)
    if not audited_first:
        projector.catch_up()
        assert shown(views) == sorted(COUNTED)
    auditor.look("vest")
    projector.catch_up()
    register(nord, TROMSO)
    projector.catch_up()
    stop = projector.state.stopped_at["vest"]
    assert (stop.place, stop.reason) == ("vest/1/2", QuarantineReason.UNFOUNDED)
    assert stop.what == f"{OrganisationRegistered.TYPE} ({Code.NOT_ENTITLED.value})"
    assert shown(views) == sorted([*READ, ("nord", TROMSO, "Helse")])
    assert projector.state.positions["vest"].position == 1
    assert nord.positions()["vest"].position == 3, "it is kept and passed on"
    projector.rebuild()
    assert shown(views) == sorted([*READ, ("nord", TROMSO, "Helse")])


def test_it_counts_when_an_operator_has_decided(nord: Journal, views: Engine) -> None:
    auditor = Auditor(nord)
    projector = prepared(nord, views, auditor)
    auditor.look("vest")
    projector.catch_up()
    decide_all(nord, "vest", "It is corrected by what follows")
    projector.catch_up()
    assert (shown(views), projector.state.stopped_at) == (sorted(COUNTED), {})
    again = Auditor(nord)
    again.look("vest")
    restarted = prepared(nord, views, again)
    restarted.catch_up()
    assert (shown(views), restarted.state.stopped_at) == (sorted(COUNTED), {})


def test_a_restart_reads_nothing_before_the_log_is_audited_anew(
    nord: Journal, views: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a release that decides otherwise goes on by itself."""
    before = Auditor(nord)
    before.look("vest")
    prepared(nord, views, before).catch_up()
    same = Auditor(nord)
    restarted = prepared(nord, views, same)
    restarted.catch_up()
    assert shown(views) == sorted(READ)
    same.look("vest")
    restarted.catch_up()
    assert shown(views) == sorted(READ)
    monkeypatch.setattr("federation.log.redeciding.decision_fault", lambda *_: None)
    upgraded = Auditor(nord)
    projector = prepared(nord, views, upgraded)
    projector.catch_up()
    assert shown(views) == sorted(READ)
    upgraded.look("vest")
    projector.catch_up()
    assert (shown(views), projector.state.stopped_at) == (sorted(COUNTED), {})


def test_what_was_too_much_to_keep_is_found_again_after_a_decision(
    journals: dict[Region, Journal], views: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where in ("federation.journal.witnessing", "federation.node.auditor"):
        monkeypatch.setattr(f"{where}.OPEN_MAX", 2)
    vest, nord = journals[VEST], journals[NORD]
    for count in range(4):
        said = {"organisation": BERGEN, "command_id": f"x/{count}"}
        forged(vest, fact(name=f"Forged {count}"), **said)
    received(nord, vest, [4])
    auditor = Auditor(nord)
    projector = prepared(nord, views, auditor)
    for read in (0, 2, 4):
        auditor.look("vest")
        projector.catch_up()
        assert len(shown(views)) == read
        decide_all(nord, "vest", "These count")


def test_a_log_that_begins_with_what_had_to_be_refused_is_not_read_at_all(
    journals: dict[Region, Journal], views: Engine
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    forged(vest, fact(), organisation=BERGEN)
    received(nord, vest, [1])
    auditor = Auditor(nord)
    projector = prepared(nord, views, auditor)
    assert projector.catch_up() == 1
    auditor.look("vest")
    projector.catch_up()
    assert (shown(views), projector.state.positions["vest"].position) == ([], 0)
    decide_all(nord, "vest", "It counts")
    assert projector.catch_up() == 1
    assert [number for _, number, _ in shown(views)] == [STAVANGER]


def test_nothing_is_taken_out_where_somebody_else_folds(
    nord: Journal, views: Engine
) -> None:
    auditor = Auditor(nord)
    projector, other = (prepared(nord, views, auditor) for _ in range(2))
    projector.catch_up()
    auditor.look("vest")
    other.state.positions = dict(projector.state.positions)
    other.catch_up()
    with pytest.raises(MovedError):
        projector.catch_up()
    assert shown(views) == sorted(READ)

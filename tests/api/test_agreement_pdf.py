"""An agreement reads as paper: what was agreed, why, and who signed it when."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from tests.api.test_pdf import text_of
from tests.support.doors import NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER

FULL: dict[str, Any] = {
    **VERSION,
    "vat_treatment": "exempt",
    "vat_decided_by": "Kari Regnskap",
    "vat_decided_on": "2026-01-04",
    "notice_months": 6,
    "travel": "payer",
    "archive_reference": "2026/1473-2",
    "cooperation": {
        "tasks": "Undervisning\nVariasjonsrevisjon",
        "obligations": "Rapportere halvårlig",
        "aims": "Likeverdige helsetjenester",
        "economy": "Betales mot rapport",
    },
}
PATH = "/v1/agreements/a/versions/1"


@pytest.fixture(name="door")
def proposed(door: Door) -> Door:
    """Bring two trusts to a proposal."""
    door.register(BERGEN, STAVANGER)
    assert door.post("/v1/networks", NETWORK).status_code == 201
    answer = door.post("/v1/agreements/a/versions", FULL)
    assert answer.status_code == 201, answer.text
    return door


def short_of(door: Door, path: str = PATH) -> str:
    """Return what both compare."""
    etag = door.get(path).headers["ETag"].strip('"')
    return " ".join(etag[place : place + 4] for place in range(0, 16, 4))


@pytest.mark.rule("S1-10", "S1-11", "S1-12", "S1-27")
def test_a_proposal_says_what_is_to_be_agreed(door: Door) -> None:
    text = text_of(door.get(f"{PATH}/pdf", Accept_Language="nb").content)
    for said in (
        "Avtale a, versjon 1",
        f"Betaler Trust {BERGEN}",
        f"Betalingsmottaker og vertsforetak Trust {STAVANGER}",
        "Nettverk for MS",
        "1. jan.–31. des. 2026",
        "halvårlig",
        "Det påløper ingen kostnad",
        "Dekkes av betaleren",
        "6 måneder",
        "2026/1473-2",
        "Venter på svar",
        "nurse Teaching 20,00 %",
        "365 000,00",
        "§ 3-2",
        "competence work",
        "4. januar 2026",
        "Oppgaver Undervisning Variasjonsrevisjon",
        "Forpliktelser Rapportere halvårlig",
        "Mål Likeverdige helsetjenester",
        "Økonomi Betales mot rapport",
        "Foreslo og signerte",
        short_of(door),
    ):
        assert said in text, text
    assert "Kari" not in text, "a name stays in its own region, sealed"


def test_both_signatures_stand_in_the_paper(door: Door) -> None:
    endorsement = {
        "role": "leader",
        "endorsed_by": "Liv Leder",
        "endorsed_on": "2026-01-05",
    }
    for path, body in (
        ("endorsements", endorsement),
        ("answer", {"answer": "accepted"}),
    ):
        answer = door.sign(f"{PATH}/{path}", body, organisation=STAVANGER)
        assert answer.status_code == 201, answer.text
    answer = door.get(f"{PATH}/pdf", Accept_Language="nn")
    assert door.get(f"{PATH}/pdf", Accept_Language="nn").content == answer.content
    text = text_of(answer.content)
    assert "Signert av begge partar" in text
    assert f"Trust {BERGEN} Føreslo og signerte 5. januar 2026 13:00:00" in text
    assert f"Trust {STAVANGER} Godtok og signerte" in text
    assert f"Trust {STAVANGER} Forankra av leiar 5. januar 2026" in text
    assert short_of(door) in text
    title = PdfReader(io.BytesIO(answer.content)).metadata
    assert title is not None
    assert title.title == "Avtale a, versjon 1"


def test_a_counter_proposal_that_is_adopted_is_signed_by_both(door: Door) -> None:
    counter = {**FULL, "version": 2, "notice_months": 3}
    answer = door.sign(f"{PATH}/counter-proposal", counter, organisation=STAVANGER)
    assert answer.status_code == 201, answer.text
    text = text_of(door.get(f"{PATH}/pdf").content)
    assert "Answered by a counter-proposal" in text
    adopted = door.sign("/v1/agreements/a/counter-proposals/2/adoption", None)
    assert adopted.status_code == 201, adopted.text
    text = text_of(door.get("/v1/agreements/a/versions/2/pdf").content)
    assert "Signed by both parties" in text
    assert f"Trust {STAVANGER} Proposed and signed" in text
    assert f"Trust {BERGEN} Accepted and signed" in text
    assert "3 months" in text


@pytest.mark.parametrize(
    ("path", "who", "body", "status"),
    [
        ("answer", STAVANGER, {"answer": "declined"}, "Declined"),
        ("withdrawal", BERGEN, None, "Withdrawn"),
    ],
)
def test_a_version_that_came_to_nothing_says_so(
    door: Door, path: str, who: str, body: Any, status: str
) -> None:
    answer = door.sign(f"{PATH}/{path}", body, organisation=who)
    assert answer.status_code == 201, answer.text
    assert f"Status {status}" in text_of(door.get(f"{PATH}/pdf").content)


def test_a_paper_is_as_known_on_a_day(door: Door) -> None:
    later = {"organisation": STAVANGER, "Fagnett_Business_Day": "2026-02-01"}
    answer = door.sign(f"{PATH}/answer", {"answer": "declined"}, **later)
    assert answer.status_code == 201, answer.text
    then = text_of(door.get(f"{PATH}/pdf?as_of=2026-01-31").content)
    assert "Awaits an answer" in then
    assert door.get(f"{PATH}/pdf?as_of=2026-01-01").status_code == 404
    assert door.get("/v1/agreements/b/versions/1/pdf").status_code == 404

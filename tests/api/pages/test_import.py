"""Reading a workbook in: tried without a trace, then the own rows are recorded once."""

import io
import re
import zipfile
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.auth import Role
from api.folders import UploadFile
from api.pages.history import importing
from deploy.year import uploads
from deploy.year.uploads import UploadDoor
from projections.citations import citations
from projections.database import reading
from tests.support.doors import Client, Door, opened
from tests.support.examples import BERGEN, STAVANGER
from tests.support.kept_documents import MemoryStore
from tests.support.visiting import BROWSER, PageVisitor, plain

AGREEMENTS = (
    "Avtale;Versjon;Nettverk;Betaler;Mottaker;Gjelder fra;Startdato;Sluttdato;"
    "Hyppighet;Ved vakanse;Mva.-behandling;Mva.-begrunnelse;Registrert;Merknad\n"
    "b;1;ms;983974724;983974678;01.01.2026;01.01.2026;31.12.2026;"
    "halvårlig;stop;standard;kompetanse;05.01.2026;x\n"
    "c;1;ms;983974724;983974724;01.01.2026;01.01.2026;31.12.2026;"
    "halvårlig;stop;standard;kompetanse;05.01.2026;\n"
)
POSTS = (
    "Avtale;Versjon;Stilling;Innhold;Stillingsprosent;Startdato;Sluttdato;Årskostnad\n"
    "b;1;b-1;Kurs;20,00;01.01.2026;31.12.2026;181 000,00\n"
    "c;1;c-1;Kurs;20,00;01.01.2026;31.12.2026;181 000,00\n"
)
ANSWERS = (
    "Avtale;Versjon;Svar;Registrert\nb;1;accepted;06.01.2026\nc;1;accepted;06.01.2026\n"
)
TABLES = {"avtaler.csv": AGREEMENTS, "stillinger.csv": POSTS, "svar.csv": ANSWERS}


def packed(tables: Mapping[str, str]) -> bytes:
    """Pack files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, text in tables.items():
            packing.writestr(name, text)
    return target.getvalue()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a door that takes folders, behind which two trusts have a network."""
    with opened(tmp_path) as found:
        node = replace(found.node, folders=UploadDoor(found.node.journal))
        door = Door(node, Client(create_app(node)))
        door.agree()
        node.projector.catch_up()
        yield door


def _upload(
    visitor: PageVisitor, content: bytes, name: str = "delstillinger.zip"
) -> httpx.Response:
    return visitor.upload("/import", name, content)


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def _recorded(visitor: PageVisitor, address: str) -> str:
    asked = visitor.get(f"{address}/confirm")
    assert asked.status_code == 200, asked.text
    sent = visitor.post(f"{address}/record", **_hidden(asked.text))
    assert sent.status_code == 303, sent.text
    return visitor.text(address)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for what a node does in the background: a request in a test has its own loop."""

    async def at_once(work: Coroutine[None, None, None]) -> None:
        await work

    monkeypatch.setattr(importing, "in_background", at_once)


def test_each_refused_row_stands_in_its_place_with_the_reason(door: Door) -> None:
    before = door.node.journal.positions()
    visitor = PageVisitor(door)
    answer = _upload(visitor, packed(TABLES))
    assert answer.status_code == 303, plain(answer.text)
    page = visitor.get(answer.headers["location"]).text
    text = plain(page)
    assert "You can record 1 row of 4 rows" in text
    assert "same_party" in text
    assert "These follow it: svar.csv 3." in text
    assert "It follows from avtaler.csv 3: mend that first." in text
    assert "Merknad" in text
    assert re.search(
        r'<td data-bad>983974724<span class="ds-sr-only"> \(at fault\)', page
    )
    assert door.node.journal.positions() == before


def test_the_own_rows_are_recorded_once_and_the_others_are_left(door: Door) -> None:
    visitor = PageVisitor(door)
    address = _upload(visitor, packed(TABLES)).headers["location"]
    assert "1 row from delstillinger.zip are recorded." in _recorded(visitor, address)
    rows = door.node.journal.entries("vest", 0, 100)
    proposed = [each for each in rows if each.type.startswith("agreement.version_prop")]
    assert len(proposed) == 2
    assert PageVisitor(door, person="person-2").get(address).status_code == 404
    end = door.node.journal.positions()
    again = _upload(visitor, packed(TABLES)).headers["location"]
    assert "You can record 0 rows of 4 rows" in visitor.text(again)
    assert visitor.get(f"{again}/confirm").status_code == 404
    other = PageVisitor(door, STAVANGER, person="person-3")
    theirs = _upload(other, packed(TABLES)).headers["location"]
    assert "1 row from delstillinger.zip are recorded." in _recorded(other, theirs)
    assert door.node.journal.positions() != end


def test_who_acts_on_a_mandate_records_their_rows(door: Door) -> None:
    """A trial asks nobody for a mandate; the node does so when a row is recorded."""
    at = f"/v1/organisations/{BERGEN}/mandates"
    for person, role in (("kari", "administrator"), ("ola", "controller")):
        said = {"person": person, "role": role, "starts_on": "2026-01-01"}
        asked = {"roles": (Role.ADMINISTRATOR,), "actor": "kari"}
        assert door.post(at, said, **asked).status_code == 201
    ola = PageVisitor(door, person="ola", mandate=2)
    address = _upload(ola, packed(TABLES)).headers["location"]
    assert "You can record 1 row of 4 rows" in ola.text(address)
    assert "1 row from delstillinger.zip are recorded." in _recorded(ola, address)


def test_a_second_press_of_the_button_records_nothing_more(door: Door) -> None:
    visitor = PageVisitor(door)
    address = _upload(visitor, packed(TABLES)).headers["location"]
    _recorded(visitor, address)
    end = door.node.journal.positions()
    kept = door.node.uploads.find(address.rpartition("/")[2], "person-1", BERGEN)
    assert kept is not None
    sent = visitor.post(f"{address}/record", fingerprint=kept.fingerprint)
    assert sent.status_code == 303
    assert door.node.journal.positions() == end
    other = visitor.post(f"{address}/record", fingerprint="0" * 64)
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.pdf", b"%PDF", "must be an .xlsx or a .zip"),
        ("", b"", "Choose a file first"),
        ("x.zip", b"not a zip", "cannot be unpacked"),
        ("x.xlsx", b"not a workbook", "x.xlsx"),
        ("x.zip", packed({"other.csv": "a;b\n1;2\n"}), "other.csv"),
        ("x.zip", packed({"a/avtaler.csv": "", "b/avtaler.csv": ""}), "two files"),
    ],
)
def test_a_file_that_is_no_folder_is_told_in_words(
    door: Door, name: str, content: bytes, said: str
) -> None:
    answer = _upload(PageVisitor(door), content, name)
    assert answer.status_code == 200
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_zip_that_unpacks_without_end_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ZIP_BYTES_MAX", 1000)
    content = packed({"avtaler.csv": "0" * 5000})
    assert "too much to read" in _upload(PageVisitor(door), content).text
    many = packed({f"{n}.csv": "" for n in range(uploads.ZIP_FILES_MAX + 1)})
    assert "too much to read" in _upload(PageVisitor(door), many).text


def test_no_file_of_a_zip_leaves_its_folder(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packing:
        packing.writestr("../../outside.csv", "x")
        packing.writestr("/etc/inside.csv", "x")
    file = UploadFile("x.zip", target.getvalue())
    with uploads.unpacked(file) as folder:
        names = sorted(each.name for each in folder.iterdir())
        assert names == ["inside.csv", "outside.csv"]
        assert not (folder.parent / "outside.csv").exists()
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


def test_a_file_larger_than_is_taken_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "UPLOAD_BYTES_MAX", 10)
    assert "larger than" in _upload(PageVisitor(door), packed(TABLES)).text


def test_who_records_nothing_imports_nothing(door: Door) -> None:
    for role in (Role.READER, Role.AUDITOR, Role.OPERATOR):
        visitor = PageVisitor(door, role=role)
        assert visitor.get("/import").status_code == 403
        assert _upload(visitor, packed(TABLES)).status_code == 403
    assert "What can be read" in PageVisitor(door).text("/import")


def test_a_form_of_another_session_uploads_nothing(door: Door) -> None:
    visitor = PageVisitor(door)
    other = PageVisitor(door, person="person-2")
    answer = door.client.request(
        "POST",
        "/import",
        data={"form": other.session.form_token},
        files={"file": ("x.zip", packed(TABLES))},
        headers={**BROWSER, "Cookie": f"fagnett-vest={visitor.session.secret}"},
    )
    assert answer.status_code == 403


def test_the_node_has_the_texts_that_are_recorded_and_none_that_are_tried(
    door: Door,
) -> None:
    text = "Pasientane skal møte dei same fagfolka."
    charters = (
        "network,version,clinic,predecessor,initiator,background,user_benefit,"
        "exit_plan,posts_reason,organisation,leadership,recorded_on\n"
        f"ms,1,Nevro,,,{text},,,,,,2026-01-05\n"
    )
    visitor = PageVisitor(door, role=Role.SECRETARY)
    answer = _upload(visitor, packed({"charters.csv": charters}))
    assert answer.status_code == 303, plain(answer.text)
    address = answer.headers["location"]
    store = door.node.documents.store
    assert isinstance(store, MemoryStore)
    assert "You can record 1 row" in visitor.text(address)
    assert store.kept == {}
    assert "1 row from delstillinger.zip are recorded." in _recorded(visitor, address)
    (sha256,) = store.kept
    door.node.projector.catch_up()
    with reading(door.node.views) as connection:
        (citation,) = citations(connection, sha256)
    assert citation.organisation == BERGEN
    assert citation.document.size == len(text.encode())
    assert door.get(f"/v1/documents/{sha256}").content == text.encode()

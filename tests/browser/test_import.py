"""Reading a workbook in, in a browser: tried, looked at, recorded and left."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.year import forms
from domain.values import Region
from tests.api.pages.test_import import packed
from tests.support.browsing import NARROWEST, PHONE, Visitor
from tests.support.examples import BERGEN

CONTROLLER = f"{BERGEN}.controller"
SAMPLE = Path(forms.__file__).parents[1] / "sample" / "2026"
pytestmark = pytest.mark.servers


@pytest.fixture
def year(tmp_path: Path) -> Path:
    """Pack the bundled year, which the federation has played."""
    tables = {each.name: each.read_text() for each in SAMPLE.glob("*.csv")}
    file = tmp_path / "year.zip"
    file.write_bytes(packed(tables))
    return file


@pytest.mark.parametrize(
    ("language", "width"), [("nb", 1280), ("nn", PHONE), ("en", NARROWEST)]
)
def test_an_import_is_for_everybody(
    visiting: Callable[..., Visitor], year: Path, language: str, width: int
) -> None:
    guest = visiting(Region.VEST, CONTROLLER, language=language, width=width)
    page = guest.go("/import")
    guest.accessible()
    guest.fits()
    page.locator("#file").set_input_files(year)
    page.locator("main button[type=submit]").click()
    assert "percent_out_of_range" in page.inner_text("main")
    guest.accessible()
    guest.fits()


def test_new_rows_are_recorded_and_those_before_are_known(
    visiting: Callable[..., Visitor], tmp_path: Path
) -> None:
    guest = visiting(Region.VEST, CONTROLLER)
    file = tmp_path / "nettverk.zip"
    lines = (
        "nettverk;type;navn;engelsk navn;koordinerende foretak;startdato;modell;"
        "koordineringsbudsjett;registrert\n"
        "lokalt-nytt;local;Lokalt nettverk;Local network;983974724;01.01.2026;"
        "coordination_only;0,00;05.01.2026\n"
    )
    file.write_bytes(packed({"nettverk.csv": lines}))
    page = guest.go("/import")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Prøv filen").click()
    page.get_by_role("link", name="Registrer 1 rad").click()
    guest.accessible()
    page.get_by_role("button", name="Registrer 1 rad").click()
    page.wait_for_timeout(3000)
    page.reload()
    assert "Filen er registrert" in page.inner_text("main")
    guest.accessible()
    page = guest.go("/history?q=lokalt-nytt")
    assert "opprettet nettverket lokalt-nytt" in page.inner_text("main")

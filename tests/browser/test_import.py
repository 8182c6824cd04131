"""A trial of a workbook in a browser, for everybody."""

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

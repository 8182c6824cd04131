"""Every file of a year, of grants and governance too, as Norwegian controllers have it."""

from pathlib import Path

import pytest

from api.words import Language
from deploy.year.folder import read_year
from deploy.year.forms import BY_NAME
from deploy.year.lines import FolderError
from deploy.year.plan import plan
from tests.support.commands import SAMPLE
from tests.support.norwegian import (
    HEAD,
    Style,
    credits_of,
    sent,
    write_folder,
    write_workbook,
)


@pytest.mark.parametrize("language", [Language.NB, Language.NN])
def test_every_file_means_the_same_in_norwegian(
    tmp_path: Path, language: Language
) -> None:
    """The example has rows of all but two."""
    folder = SAMPLE / "example"
    plain = sent(plan(read_year(folder)))
    found = read_year(
        write_workbook(folder, tmp_path / "år.xlsx", Style(language=language))
    )
    assert (found.bad, sent(plan(found))) == ([], plain)
    found = read_year(write_folder(folder, tmp_path / "år", Style(language=language)))
    assert (found.bad, sent(plan(found))) == ([], plain)


def test_points_that_are_waived_are_read_in_norwegian() -> None:
    (column,) = (c for c in BY_NAME["assessments"].columns if c.name == "scores")
    for word in ("waived", "fritatt", "Friteke"):
        assert column.read(f"a={word}: én klinikk|b=4") == "a=waived: én klinikk|b=4"


def test_two_tables_beside_each_other_are_told_so(tmp_path: Path) -> None:
    with pytest.raises(FolderError) as caught:
        credits_of(tmp_path, HEAD.replace("\n", ";;Avtale;Beløp;Kommentar\n"))
    assert caught.value.key == "named_twice"
    assert caught.value.values["names"] == "avtale, beløp, Avtale, Beløp"


def test_a_postcode_that_has_lost_a_nought_is_refused(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(
        "org_number,account,kid_check,kid_length,buyer_reference,street,postcode,city\n"
        "993467049,,,,,,450,Oslo\n993467049,,,,,,0450,Oslo\n"
    )
    year = credits_of(tmp_path, HEAD)
    assert [(bad.line, bad.reason) for bad in year.bad] == [(2, "not_a_postcode")]
    assert year.rows["accounts"][0].cells["postcode"] == "0450"

"""One person however spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.person import person


@pytest.mark.parametrize(
    "spelling",
    [
        "kari.berg",
        "Kari.Berg",
        "KARI.BERG",
        "\uff4b\uff41\uff52\uff49\uff0e\uff42\uff45\uff52\uff47",
        "ka\u00adri.berg",
        "kari\u200b.berg",
        "\u2066kari.berg\u2069",
        "kari\ufe0f.berg",
        "kari.berg\x00",
        " kari.berg\n",
        "\U0001d424ari.berg",
    ],
)
def test_spellings_of_one_person_are_one(spelling: str) -> None:
    assert person(spelling) == "kari.berg"


def test_a_letter_is_one_in_either_form_and_blanks_count_once() -> None:
    assert person("A\u030ashild  Bø") == person("åshild\u00a0BØ") == "åshild bø"
    assert person("kari.berg") != person("kari-berg")


@given(st.text())
def test_what_is_in_its_form_stays(spelling: str) -> None:
    assert person(person(spelling)) == person(spelling)

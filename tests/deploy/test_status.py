"""``fagnett status`` says how far behind each node is, in a table that fits."""

import io
from typing import Any

import pytest
from rich.console import Console

from api.words import Language
from deploy.cli.status import behind, tables


def about(position: int, **more: Any) -> dict[str, Any]:
    """Return what a node says of a region."""
    return {
        "position": position,
        "projected": position,
        "witnessed": position,
        "announced": 0,
        "lag_seconds": 12.7,
        "heartbeat_age_seconds": 3.0,
        "complete_to": "2026-12-31T12:00:00.000000Z",
        "attention": [],
        "left_on": None,
        **more,
    }


def test_the_regions_own_node_says_how_much_there_is() -> None:
    answers: dict[str, Any] = {
        "nord": {"regions": {"vest": about(90, announced=95)}},
        "vest": {"regions": {"vest": about(100, heartbeat_age_seconds=None)}},
    }
    nord = answers["nord"]["regions"]["vest"]
    assert behind(answers, "vest", nord) == 10
    assert behind(answers, "vest", answers["vest"]["regions"]["vest"]) == 0
    answers["vest"] = {"away": "ConnectError"}
    assert behind(answers, "vest", nord) == 5, "else what it announced"
    unheard = about(90, announced=0, heartbeat_age_seconds=None)
    assert behind(answers, "vest", unheard) is None


@pytest.mark.parametrize("language", Language)
def test_the_table_fits_a_terminal(language: Language) -> None:
    reasons = ["Waits: no heartbeat for 8 s."]
    regions = {
        "midt": about(123_456, behind_entries=1234, attention=reasons),
        "nord": about(5, behind_entries=None, complete_to=None, lag_seconds=None),
        "sorost": about(9, behind_entries=0, heartbeat_age_seconds=None),
        "vest": about(7, behind_entries=0, heartbeat_age_seconds=None),
    }
    answers: dict[str, Any] = {
        "nord": {"away": "ConnectError"},
        "vest": {"regions": regions},
    }
    file = io.StringIO()
    console = Console(file=file, width=80)
    console.print(*tables(answers, language), sep="\n")
    lines = file.getvalue().splitlines()
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    (midt,) = (line.split() for line in lines if line.startswith("midt"))
    figures = ["123456", "1234", "123456", "123456", "12", "3"]
    assert midt == ["midt", *figures, "2026-12-31", "12:00:00"]
    (nord,) = (line.split() for line in lines if line.startswith("nord"))
    assert nord == ["nord", "5", "?", "5", "5", "?", "3", "?"]
    (vest,) = (line.split() for line in lines if line.startswith("vest"))
    assert vest[:6] == ["vest", "7", "0", "7", "7", "12"], "nobody hears himself"
    assert f"  midt: {reasons[0]}" in [line.rstrip() for line in lines]
    assert any("ConnectError" in line for line in lines)

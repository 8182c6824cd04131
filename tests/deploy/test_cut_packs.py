"""A history that is cut is not whole: it is named what is missing, or what was not shown."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from api.words import Language, sentence
from deploy.cli.app import app
from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.load import load
from federation.journal.sqlite import SQLiteJournal
from tests.support.federation import instant
from tests.support.packs import (
    cut,
    lines_of,
    pack_of,
    place_of,
    put,
    seen_by_others,
    signed_sizes,
)

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"
KEYS = YEAR.with_suffix(".pub")
REGIONS = [region.value for region in Region]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Give the history of a pack: all of a year."""
    return pack_of(YEAR, tmp_path / "pack")


def check(history: Path, *options: str, language: str = "en") -> Result:
    arguments = ["verify", "--pack", str(history.parent), "--language", language]
    return CliRunner().invoke(app, [*arguments, *options])


def name(origin: str) -> str:
    return sentence(Language.EN, "value", origin)


@pytest.mark.parametrize("origin", REGIONS)
def test_who_is_cut_is_named_by_what_others_had_seen(
    history: Path, origin: str
) -> None:
    seen = seen_by_others(history, origin)
    sizes = [size for size in signed_sizes(history, origin) if size < seen]
    whole = history.read_bytes()
    for size in (0, sizes[len(sizes) // 2], sizes[-1]):
        history.write_bytes(whole)
        cut(history, {origin: size})
        checked = check(history)
        assert checked.exit_code == 1
        assert f"{name(origin)}: its log ends at {size} here" in checked.stderr
        assert f"had seen {origin}/1/{seen}." in checked.stderr
        assert f"At least {seen - size} entries of" in checked.stderr
        others = (name(each) for each in REGIONS if each != origin)
        assert not any(f"{each}: its log ends" in checked.stderr for each in others)
        assert "Proved" not in checked.stdout


def test_a_whole_journal_that_is_cut_is_found_out_at_home_too(
    history: Path, tmp_path: Path
) -> None:
    (*_, size) = (n for n in signed_sizes(history, "nord") if n < 40)
    cut(history, {"nord": size})
    path = tmp_path / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    with history.open("rb") as lines:
        load(journal, lines, load_peers(KEYS))
    journal.close()
    env = {
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": f"sqlite:///{path}",
        "FAGNETT_PEERS_FILE": str(KEYS),
        "FAGNETT_LANGUAGE": "en",
    }
    checked = CliRunner().invoke(app, ["verify"], env=env)
    assert checked.exit_code == 1
    assert f"Helse Nord: its log ends at {size} here" in checked.stderr


def ends_at(history: Path, instant: str) -> dict[str, int]:
    """Return where all logs end together: what was recorded by an instant."""
    ends = dict.fromkeys(REGIONS, 0)
    for line in lines_of(history)[1:]:
        if line.startswith(b'{"entry":'):
            entry = orjson.loads(line)["entry"]
            if entry["time"] <= instant:
                origin, position = place_of(line)
                ends[origin] = position
    return ends


def test_what_is_cut_alike_everywhere_a_day_and_witnesses_show(history: Path) -> None:
    ends = ends_at(history, "2026-08-31T22:00:00Z")
    assert all(ends[each] in signed_sizes(history, each) for each in REGIONS)
    cut(history, ends, lambda line: b'"cosigned"' not in line)
    checked = check(history)
    assert checked.exit_code == 0, checked.output
    last = checked.stdout.splitlines()[-1]
    assert "had its end cut off alike in all logs" in last
    assert "Nobody else has cosigned the end" in last
    assert "whose keys these are" in last
    late = check(history, "--complete-to", "2026-12-30")
    assert late.exit_code == 1
    assert "not to the end of 30 December 2026" in late.stderr
    for witnesses in ("1", "2", "3"):
        alone = check(history, "--witnesses", witnesses)
        assert alone.exit_code == 1
        assert f"fewer than {witnesses} other regions have cosigned" in alone.stderr


def test_what_was_asked_for_and_is_there_is_said(history: Path) -> None:
    options = ("--witnesses", "1", "--complete-to", "2026-12-30", "--keys", str(KEYS))
    checked = check(history, *options, "--decisions")
    assert checked.exit_code == 0, checked.output
    last = checked.stdout.splitlines()[-1]
    assert f"Proved with the keys in {KEYS}: the 339 entries" in last
    assert "to the end of 30 December 2026" in last
    assert "At least one other region has cosigned each log" in last
    assert "Not proved: what was recorded after that; what all regions record" in last
    refused = check(history, "--complete-to", "2026-12-31")
    assert refused.exit_code == 1
    names = [name(each) in refused.stderr for each in REGIONS]
    assert all(names), "each ends at noon of that day"


@pytest.mark.parametrize(
    ("language", "said"), [("nb", "Ikke bevist:"), ("nn", "Ikkje bevist:")]
)
def test_the_last_line_is_in_the_language_that_is_asked_for(
    history: Path, language: str, said: str
) -> None:
    checked = check(history, language=language)
    assert checked.exit_code == 0
    assert said in checked.stdout.splitlines()[-1]
    cut(history, {"nord": 0})
    assert "Helse Nord: loggen" in check(history, language=language).stderr


def test_no_line_may_be_there_twice(history: Path) -> None:
    whole = lines_of(history)
    for kind in (b'{"entry"', b'{"checkpoint"', b'{"cosigned"', b'{"announced"'):
        at = next(n for n, line in enumerate(whole) if line.startswith(kind))
        put(history, [*whole[: at + 1], whole[at], *whole[at + 1 :]])
        checked = check(history)
        assert checked.exit_code == 1
        assert f"line {at + 2}:" in checked.stderr


def test_lines_stand_in_the_order_of_their_log(history: Path) -> None:
    whole = lines_of(history)
    found = 0
    for at in range(1, len(whole) - 1):
        one, other = whole[at : at + 2]
        if place_of(one)[0] != place_of(other)[0] or at % 20:
            continue
        put(history, [*whole[:at], other, one, *whole[at + 2 :]])
        checked = check(history)
        both_notes = not any(each.startswith(b'{"entry"') for each in (one, other))
        # Of two notes about the same entries each may be the first.
        assert (checked.exit_code == 0) is both_notes, checked.output
        found += checked.exit_code
    assert found

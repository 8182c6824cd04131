"""An auditor without the code finds what ``fagnett verify`` finds, by the document alone."""

import ast
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from random import Random

import orjson
import pytest

from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.load import BrokenDumpError, load
from federation.checks.closure import missing_tails
from federation.checks.damage import DamageError
from federation.checks.verification import verify
from federation.journal.sqlite import SQLiteJournal
from tests.support import auditor
from tests.support.auditor.notes import Wrong
from tests.support.auditor.pack import audit
from tests.support.dumps import dumped, fill, signed
from tests.support.federation import KEYS, instant
from tests.support.packs import cut, lines_of, pack_of, place_of, put, signed_sizes

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"
MUTATIONS = 60


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the history of a pack of a year."""
    return pack_of(YEAR, tmp_path_factory.mktemp("year") / "pack")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the history of a pack with epochs, announcements and incidents."""
    folder = tmp_path_factory.mktemp("everything")
    with closing(
        SQLiteJournal(folder / "vest.sqlite", Region.VEST, instant)
    ) as journal:
        fill(journal, folder)
        size = journal.positions()["vest"].position
        signed(journal, [2, 5, 400, 708, size])
        content, _ = dumped(journal, for_others=True)
    history = folder / "history.ndjson"
    history.write_bytes(content)
    keys = "".join(f"{key.verifier}\n" for key in KEYS.values())
    (folder / "regions.pub").write_text(keys)
    return history


def ours(history: Path, scratch: Path) -> str | None:
    """Return what this project finds wrong with a pack."""
    keys = load_peers(history.with_name("regions.pub"))
    scratch.unlink(missing_ok=True)
    journal = SQLiteJournal(scratch, Region.VEST, instant)
    try:
        with history.open("rb") as lines:
            load(journal, lines, keys)
        logs = list(verify(journal, keys, by_others=True))
    except (BrokenDumpError, DamageError) as error:
        return str(error)
    finally:
        journal.close()
    missing = missing_tails(logs)
    return str(missing) if missing else None


def theirs(history: Path) -> str | None:
    """Return what the auditor finds wrong with a pack."""
    try:
        audit(history, history.with_name("regions.pub").read_text())
    except Wrong as error:
        return str(error)
    return None


def test_the_auditor_imports_nothing_of_the_project() -> None:
    for path in auditor.__path__:
        for source in Path(path).glob("*.py"):
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.ImportFrom):
                    assert node.module is not None
                    root = node.module.split(".")[0]
                    ours = {"domain", "federation", "projections", "api", "deploy"}
                    assert root not in ours
                    assert root != "tests" or ".auditor." in node.module


def test_a_whole_pack_is_whole(year: Path, everything: Path) -> None:
    assert theirs(year) is None
    assert theirs(everything) is None
    keys = YEAR.with_suffix(".pub").read_text()
    audit(year, keys, witnesses=1, day=date(2026, 12, 30))
    with pytest.raises(Wrong, match="sorost: 1 witnesses"):
        audit(year, keys, witnesses=2)
    with pytest.raises(Wrong, match="midt: complete to"):
        audit(year, keys, day=date(2026, 12, 31))


def copied(history: Path, folder: Path) -> Path:
    copy = folder / "history.ndjson"
    copy.write_bytes(history.read_bytes())
    (folder / "regions.pub").write_bytes(history.with_name("regions.pub").read_bytes())
    return copy


@pytest.mark.parametrize("origin", [region.value for region in Region])
def test_whose_tail_is_missing_is_named(
    year: Path, tmp_path: Path, origin: str
) -> None:
    history = copied(year, tmp_path)
    for size in (0, signed_sizes(history, origin)[5]):
        history.write_bytes(year.read_bytes())
        cut(history, {origin: size})
        found = theirs(history)
        assert found is not None
        assert found.startswith(f"{origin}: ends before")
        assert f"MissingTail(origin='{origin}'" in (ours(history, tmp_path / "s") or "")


def flip(lines: list[bytes], random: Random) -> None:
    at = random.randrange(1, len(lines))
    line = bytearray(lines[at])
    line[random.randrange(len(line) - 1)] ^= 1 << random.randrange(7)
    lines[at] = bytes(line)


def drop(lines: list[bytes], random: Random) -> None:
    del lines[random.randrange(1, len(lines))]


def double(lines: list[bytes], random: Random) -> None:
    at = random.randrange(1, len(lines))
    lines.insert(at, lines[at])


def swap(lines: list[bytes], random: Random) -> None:
    at = random.randrange(1, len(lines) - 1)
    lines[at : at + 2] = lines[at : at + 2][::-1]


def digit(lines: list[bytes], random: Random) -> None:
    """Change one digit: a place, a size, an instant, an amount, a hash."""
    at = random.randrange(1, len(lines))
    line = bytearray(lines[at])
    digits = [n for n, each in enumerate(line) if chr(each).isdigit()]
    line[random.choice(digits)] = ord(random.choice("0123456789"))
    lines[at] = bytes(line)


def other_place(lines: list[bytes], random: Random) -> None:
    line = lines.pop(random.randrange(1, len(lines)))
    lines.insert(random.randrange(1, len(lines)), line)


def shorten(lines: list[bytes], random: Random) -> None:
    """Cut a log at some entry, and the header with it."""
    origin, position = place_of(lines[random.randrange(1, len(lines))])
    header = orjson.loads(lines[0])
    header["positions"][origin][1] = position
    rest = [
        line
        for line in lines[1:]
        if place_of(line)[0] != origin or place_of(line)[1] <= position
    ]
    lines[:] = [orjson.dumps(header, option=orjson.OPT_SORT_KEYS) + b"\n", *rest]


@pytest.mark.parametrize(
    "mutate", [flip, drop, double, swap, digit, other_place, shorten]
)
def test_both_find_the_same_packs_wrong(
    year: Path, tmp_path: Path, mutate: Callable[[list[bytes], Random], None]
) -> None:
    """With the digest made anew, as whoever changes a pack on purpose does."""
    random = Random(mutate.__name__)
    history = copied(year, tmp_path)
    found = 0
    for _ in range(MUTATIONS // 7):
        lines = lines_of(year)
        mutate(lines, random)
        put(history, lines)
        said = theirs(history), ours(history, tmp_path / "scratch.sqlite")
        assert (said[0] is None) is (said[1] is None), said
        found += said[0] is not None
    assert found


def test_both_find_the_same_wrong_where_there_is_everything(
    everything: Path, tmp_path: Path
) -> None:
    random = Random(11)
    history = copied(everything, tmp_path)
    for mutate in (drop, digit, swap, flip, double, other_place):
        lines = [line for line in lines_of(everything) if b'"incident"' not in line]
        mutate(lines, random)
        put(history, lines)
        said = theirs(history), ours(history, tmp_path / "scratch.sqlite")
        assert (said[0] is None) is (said[1] is None), said

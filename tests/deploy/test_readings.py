"""``fagnett readings``: a file of the log of readings is checked without a node."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from tests.unit.test_reading_chain import chain, sealed, written


def run(*arguments: object) -> tuple[int, str]:
    """Return the exit code of the command, and what it says."""
    said = [str(each) for each in arguments]
    result = CliRunner().invoke(app, ["readings", *said, "--language", "en"])
    return result.exit_code, result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file as it is downloaded, in the middle of a log."""
    one, two, *others = chain()
    del one
    found = tmp_path / "readings.csv"
    text = written([sealed(two), *others])
    found.write_text(text, encoding="utf-8-sig", newline="")
    return found


def test_a_whole_file_is_whole_also_beside_an_earlier_one(
    file: Path, tmp_path: Path
) -> None:
    code, said = run(file)
    assert (code, chain()[-1].digest in said) == (0, True)
    assert "lines 2 to 5, 3 shown and 1 sealed" in said
    kept = tmp_path / "kept.csv"
    kept.write_text(written(chain()[:3]), newline="")
    code, said = run(file, "--kept", kept)
    assert (code, "2 lines are the same" in said) == (0, True)


def test_what_was_changed_since_is_named(file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.csv"
    text = file.read_text(encoding="utf-8-sig")
    kept.write_text(text.replace(chain()[1].digest, "0" * 64), newline="")
    code, said = run(kept)
    assert (code, "Broken at line 3" in said) == (1, True)
    code, said = run(file, "--kept", kept)
    assert (code, "Line 2 is another" in said) == (1, True)
    kept.write_text(written(chain()[:1]), newline="")
    code, said = run(file, "--kept", kept)
    assert (code, "No line stands in" in said) == (2, True)


@pytest.mark.parametrize("content", [b"", b"a;b\r\n1;2\r\n", b"\xff\xfe\x00"])
def test_what_is_no_such_file_is_told(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.csv"
    other.write_bytes(content)
    code, said = run(other)
    assert (code, str(other) in said) == (2, True)

"""Files of an export: as known on a day, and whole or not there."""

from datetime import date
from errno import ENOSPC
from pathlib import Path

import pytest

from deploy.cli.documents import ehf_files
from deploy.cli.export import write_whole
from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.load import load
from federation.journal.sqlite import SQLiteJournal
from projections.documents import issued_documents
from tests.support.federation import instant

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"


def test_invoices_are_exported_as_known_on_a_day(tmp_path: Path) -> None:
    journal = SQLiteJournal(tmp_path / "journal.sqlite", Region.VEST, instant)
    with YEAR.open("rb") as lines:
        load(journal, lines, load_peers(YEAR.with_suffix(".pub")))
    every, none = (dict(ehf_files(journal, day)) for day in (date.max, date.min))
    issued = sorted(each.fact.issued_on for each in issued_documents(journal))
    some = dict(ehf_files(journal, issued[0]))
    journal.close()
    assert not none
    assert len(some) == issued.count(issued[0]) < len(every) == len(issued)


def test_a_file_that_is_written_in_part_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        written(self, content[:10])
        raise OSError(ENOSPC, "No space left on device", str(self))

    file = tmp_path / "invoice.xml"
    write_whole(file, b"whole")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, b"the next one, which is longer")
    assert file.read_bytes() == b"whole"
    assert [each.name for each in tmp_path.iterdir()] == ["invoice.xml"]

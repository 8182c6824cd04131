"""The page of what everything takes has each part, and its tables are written, not typed."""

import json
import re
from pathlib import Path

import pytest

from tests.bench import report
from tests.bench.measure import Result

PARTS = re.compile(r'^    "(\w+)": \w+\.run', re.MULTILINE)


def test_each_part_stands_on_the_page() -> None:
    parts = PARTS.findall(report.PAGE.with_name("__main__.py").read_text())
    assert len(parts) > 15
    head, _, _ = report.PAGE.read_text().partition(report.BEGINS)
    named = set(re.findall(r"`(\w+)`", head))
    assert set(parts) <= named


def test_the_tables_are_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"Said.\n\n{report.BEGINS}\n\nold\n")
    monkeypatch.setattr(report, "FILE", tmp_path / "bench.json")
    monkeypatch.setattr(report, "PAGE", page)
    report.keep("one", [Result("what", "2 s", "1 s", "2.00", "≤ 3", "1–3, 1–1")])
    report.keep("two", [])
    report.keep("one", [Result("what", "4 s", "1 s", "4.00", "≤ 3", "1–5, 1–1")])
    report.write_page()
    assert [*json.loads(report.FILE.read_text())] == ["one", "two"]
    text = page.read_text()
    assert text.startswith(f"Said.\n\n{report.BEGINS}\n\n### one\n\n")
    assert "| what | 4 s | 1 s | 4.00 | ≤ 3 | 1–5, 1–1 |\n" in text
    assert "old" not in text
    report.write_page()
    assert page.read_text() == text

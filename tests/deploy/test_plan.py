"""From rows to calls: their order, their keys, and whose they are."""

import shutil
from pathlib import Path

import pytest

from deploy.year.folder import read_year
from deploy.year.forms import BY_NAME
from deploy.year.plan import Call, Plan, plan

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the bundled year."""
    copy = tmp_path / "year"
    shutil.copytree(SAMPLE, copy)
    return copy


def add(folder: Path, file: str, *rows: str) -> None:
    """Add rows to a file."""
    path = folder / f"{file}.csv"
    path.write_text(path.read_text() + "".join(f"{row}\n" for row in rows))


def planned(folder: Path) -> Plan:
    """Plan a folder."""
    return plan(read_year(folder))


def calls(found: Plan, name: str) -> list[Call]:
    """Return the calls of one file."""
    return [c for batch in found.batches if batch.name == name for c in batch.calls]


def test_rows_are_played_by_day_then_file_then_line() -> None:
    found = planned(SAMPLE)
    assert found.batches[0].name == "organisations"
    assert found.batches[0].day == "2025-12-01", "the first day of the folder"
    rest = [(batch.day, batch.name) for batch in found.batches[1:]]
    order = ["networks", "agreements", "acceptances", "staffing", "reports"]
    order += ["report_decisions", "invoices", "invoice_decisions", "payments"]
    assert rest == sorted(rest, key=lambda each: (each[0], order.index(each[1])))
    for batch in found.batches:
        lines = [call.row.line for call in batch.calls]
        assert lines == sorted(lines)
    assert found.calls == 243
    assert found.last_day == "2026-12-31"


def test_a_version_is_called_with_its_posts() -> None:
    (first, *_) = calls(planned(SAMPLE), "agreements")
    assert first.request.path == "/v1/agreements/ms-ous/versions"
    assert first.request.body["version"] == 1
    (post,) = first.request.body["posts"]
    assert post == {
        "post": "ms-ous-1",
        "content": "MS coordinator: registry follow-up and guideline roll-out",
        "percent": "20.00",
        "starts_on": "2026-01-01",
        "ends_on": "2027-12-31",
        "annual_cost_ore": 318_500_00,
    }


def test_every_row_of_the_bundled_year_finds_its_owner() -> None:
    found = planned(SAMPLE)
    lost = [c.row for b in found.batches for c in b.calls if c.organisation is None]
    named = {(row.form.name, row.line) for row in lost}
    assert named == {("staffing", 21), ("invoices", 43)}


def test_a_row_whose_owner_is_in_doubt_has_none(folder: Path) -> None:
    add(
        folder,
        "networks",
        "ms,local,x,x,993467049,2026-01-01,coordination_only,0,2026-02-01",
    )
    found = planned(folder)
    owners = {c.row.line: c.organisation for c in calls(found, "networks")}
    assert owners[2] is None
    assert owners[11] is None
    assert owners[3] == "983974724"
    assert {
        c.organisation
        for c in calls(found, "agreements")
        if c.row.cells["network"] == "ms"
    } == {None}


def test_a_post_name_in_two_agreements_puts_both_in_doubt(folder: Path) -> None:
    add(folder, "posts", "ms-sto,1,ms-ous-1,x,10,2026-01-01,2026-12-31,1")
    owners = {c.row.line: c.organisation for c in calls(planned(folder), "agreements")}
    assert owners[2] is None
    assert owners[3] is None
    assert owners[4] is not None


def test_the_same_row_again_is_a_repetition_only_where_a_row_is_its_key(
    folder: Path,
) -> None:
    add(folder, "payments", "ms-ous,2026-01-01,157939.73,2026-08-10,2026-09-09")
    add(folder, "invoices", "ms-ous,2026-01-01,2026-06-30,2026-07-10")
    found = planned(folder)
    paid = [c for c in calls(found, "payments") if c.row.cells["amount"] == 157_939_73]
    assert len({c.content for c in paid}) == 1
    assert len(paid) == 2
    assert {c.content for c in calls(found, "invoices")} == {None}
    keys = [c.key for b in found.batches for c in b.calls]
    assert len(set(keys)) == len(keys)


@pytest.mark.law(8)
def test_a_holder_cannot_be_guessed_from_a_key(folder: Path) -> None:
    before = calls(planned(folder), "staffing")
    path = folder / "staffing.csv"
    holder = str(before[0].row.cells["holder"])
    path.write_text(path.read_text().replace(holder, "Somebody Else", 1))
    after = calls(planned(folder), "staffing")
    assert before[0].content != after[0].content
    assert [call.key for call in before] == [call.key for call in after]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("ms-ous,7,p,x,10,2026-01-01,2026-12-31,1", "unknown_agreement"),
        ("none,1,p,x,10,2026-01-01,2026-12-31,1", "unknown_agreement"),
        (
            "ms-ous,1,ms-ous-1,other,20.00,2026-01-01,2027-12-31,318500.00",
            "conflicting_row",
        ),
    ],
)
def test_a_post_that_belongs_nowhere_is_told_at_its_own_line(
    folder: Path, row: str, code: str
) -> None:
    add(folder, "posts", row)
    found = planned(folder)
    (unread,) = found.unread
    assert (unread.file, unread.line, unread.code) == ("posts.csv", 25, code)
    (first, *_) = calls(found, "agreements")
    assert [post["post"] for post in first.request.body["posts"]] == ["ms-ous-1"]


def test_a_post_that_is_repeated_changes_nothing(folder: Path) -> None:
    add(folder, "posts", (SAMPLE / "posts.csv").read_text().splitlines()[1])
    found = planned(folder)
    assert found.unread == ()
    assert len(calls(found, "agreements")[0].request.body["posts"]) == 1


def test_a_version_is_never_agreed_without_a_post_that_could_not_be_read(
    folder: Path,
) -> None:
    add(folder, "posts", "ms-ous,1,extra,x,ten,2026-01-01,2026-12-31,1")
    found = planned(folder)
    (unread,) = found.unread
    assert unread.code == "invalid_row"
    (first, *_) = calls(found, "agreements")
    assert {"post": "extra"} in first.request.body["posts"], "it lacks what is needed"


def test_a_post_of_a_version_that_could_not_be_read_is_not_told_too(
    folder: Path,
) -> None:
    path = folder / "agreements.csv"
    path.write_text(path.read_text().replace("half_yearly", "never", 1))
    (unread,) = planned(folder).unread
    assert (unread.file, unread.line) == ("agreements.csv", 2)


def test_names_with_odd_letters_stand_quoted_in_addresses(folder: Path) -> None:
    add(folder, "staffing", "a?b ø,filled,2026-01-01,x,2026-02-01")
    call = calls(planned(folder), "staffing")[-1]
    paths = [c.request.path for c in calls(planned(folder), "staffing")]
    assert "/v1/posts/a%3Fb%20%C3%B8/staffing" in paths
    assert call.key.startswith("staffing-")


def test_a_folder_of_two_files_has_no_last_day(tmp_path: Path) -> None:
    for name in ("organisations", "networks"):
        header = (SAMPLE / f"{name}.csv").read_text().splitlines()[0]
        (tmp_path / f"{name}.csv").write_text(header + "\n")
    found = planned(tmp_path)
    assert (found.batches, found.last_day, found.calls) == ((), "", 0)


def test_accounts_are_recorded_before_anything_happens(folder: Path) -> None:
    header = ",".join(column.name for column in BY_NAME["accounts"].columns)
    row = "993467049,86011117947,mod10,12,KST 4410,Storgata 1,0450,Oslo"
    (folder / "accounts.csv").write_text(f"{header}\n{row}\n")
    found = planned(folder)
    assert [batch.name for batch in found.batches[:2]] == ["organisations", "accounts"]
    (call,) = found.batches[1].calls
    assert call.request.path == "/v1/organisations/993467049/billing-details"
    assert call.organisation == "993467049"
    assert call.request.body["kid_length"] == 12

"""Whole random years against an independent second implementation of the contract."""

import json
from datetime import date
from pathlib import Path

import pytest

from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.pdf.invoice import invoice_paper
from api.pdf.typesetting import typeset
from api.words import Language
from deploy.year.checking import check_year
from deploy.year.folder import read_year
from deploy.year.plan import Refused, plan
from domain.closing.ledger import Account, Voucher, VoucherKind, balances_of
from domain.values import Region
from federation.journal.store import Journal
from federation.signed.entry import data_of
from projections.database import reading
from projections.documents import issued_documents
from projections.ledger import account_balances, recorded_vouchers
from tests.acceptance.conftest import BUNDLED, Bundled
from tests.support.compare import without_more
from tests.support.federation import InProcess, in_process
from tests.support.oracle.settlement import run
from tests.support.years.generate import write_year

pytestmark = pytest.mark.anyio

PAPER_OF = 4
"""Of so many documents one is typeset at every node."""
FOLDERS = Path(__file__).parents[1] / "data" / "folders"


async def compare(folder: Path, home: Path, questions: list[tuple[int, date]]) -> int:
    """Play a folder, and hold every node's settlement against the oracle's.

    Returns how many refusals they agreed on.
    """
    async with in_process(home) as federation:
        refused = await federation.play(folder)
        await as_checked(federation, refused, folder)
        as_the_oracle(Bundled(federation, refused), folder, questions)
    return len(refused)


async def as_checked(
    federation: InProcess, refused: list[Refused], folder: Path
) -> None:
    """Hold what the nodes said of a folder against ``check``, which asks none.

    Here no node says that it is there, and none is blamed: all have heard all before.
    """
    found = await check_year(plan(read_year(folder)), Language.EN)
    assert list(found.refused) == refused
    assert list(found.noticed) == federation.noticed


def as_the_oracle(
    played: Bundled, folder: Path, questions: list[tuple[int, date]]
) -> None:
    """Hold the settlements and refusals of a folder against the oracle's."""
    federation, refused = played
    expected = run(folder, *questions[0])
    for year, as_of in questions:
        expected = run(folder, year, as_of)
        for region in Region:
            found = federation.settle(region, year, as_of)
            assert federation.replay(region, year, as_of) == found
            for name in ("posts", "agreements", "invoices", "regions"):
                assert without_more(found[name], expected[name]) == expected[name]
    assert [(each.file, each.line, each.code) for each in refused] == [
        (each["file"], each["line"], each["code"]) for each in expected["refused"]
    ]


def questions(last_year: int) -> list[tuple[int, date]]:
    """Return settlements to ask for: at the end, in the middle, of a quiet year."""
    return [
        (last_year, date(last_year, 12, 31)),
        (last_year, date(last_year, 5, 5)),
        (last_year - 1, date(last_year + 1, 1, 31)),
        (1999, date(2099, 1, 1)),
    ]


async def test_the_bundled_year_is_settled_as_the_oracle_settles_it(
    bundled: Bundled,
) -> None:
    await as_checked(bundled.federation, bundled.refused, BUNDLED)
    as_the_oracle(bundled, BUNDLED, questions(2026))
    assert len(bundled.refused) == 21


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDERS.iterdir()))
async def test_a_hard_case_is_settled_as_the_oracle_settles_it(
    name: str, tmp_path: Path
) -> None:
    """Small folders, each around one sentence of the contract."""
    folder = FOLDERS / name
    days = plan(read_year(folder)).last_day
    last_year = date.fromisoformat(days).year
    await compare(folder, tmp_path, [*questions(last_year), *questions(last_year + 1)])


@pytest.mark.parametrize("seed", [3, 17])
async def test_a_random_year_is_settled_as_the_oracle_settles_it(
    seed: int, tmp_path: Path
) -> None:
    folder = tmp_path / "year"
    last_year = write_year(seed, folder)
    assert await compare(folder, tmp_path, questions(last_year)) > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [101, *range(1000, 1060)])
async def test_many_random_years_are_settled_alike(seed: int, tmp_path: Path) -> None:
    folder = tmp_path / "year"
    last_year = write_year(seed, folder, "medium" if seed % 5 == 0 else "small")
    await compare(folder, tmp_path, questions(last_year))


async def test_every_node_writes_the_same_sales_documents(bundled: Bundled) -> None:
    written = [
        {
            each.document: (
                write(ehf_document(each.fact, each.document.number)),
                number % PAPER_OF or typeset(invoice_paper(each, Language.NB)),
            )
            for number, each in enumerate(issued_documents(node.journal))
        }
        for node in bundled.federation.nodes.values()
    ]
    first, *others = written
    assert len(first) == 34
    assert all(other == first for other in others)


def refers_to_an_entry(voucher: Voucher, journal: Journal) -> bool:
    """Say whether a voucher's reference leads to the entry that it is booked from."""
    origin, epoch, position = voucher.reference.split("/")
    (entry,) = journal.entries(origin, int(position) - 1, 1)
    assert entry.epoch == int(epoch)
    seller, year, number = voucher.document.split(":")
    data = json.loads(data_of(entry.body))
    if voucher.kind is VoucherKind.PAYMENT:
        return [data["seller"], data["year"], data["number"]] == [
            seller,
            int(year),
            int(number),
        ]
    return (data["payee"], entry.version) == (seller, int(number))


@pytest.mark.law(7)
async def test_the_ledger_says_what_the_settlement_says(bundled: Bundled) -> None:
    """What each region's trusts are owed and owe, from balanced vouchers alone."""
    day = date(2026, 12, 31)
    federation = bundled.federation
    settled = federation.settle(Region.VEST, 2026, day)
    books = [recorded_vouchers(node.journal, day) for node in federation.nodes.values()]
    node = federation.nodes[Region.NORD]
    with reading(node.views) as connection:
        summed = account_balances(connection, day)
    assert recorded_vouchers(node.journal, day) == books[0], "the same when made again"
    for voucher in books[0]:
        assert refers_to_an_entry(voucher, node.journal)
    assert all(book == books[0] for book in books)
    assert summed == balances_of(x for voucher in books[0] for x in voucher.lines)
    assert len({voucher.reference for voucher in books[0]}) == len(books[0])
    lines = [line for voucher in books[0] for line in voucher.lines]
    assert sum(line.amount_ore for line in lines) == 0
    sums = {
        account: sum(x.amount_ore for x in lines if x.account is account)
        for account in Account
    }
    outstanding = sum(each["outstanding"] for each in settled["agreements"])
    assert sums[Account.RECEIVABLES] == -sums[Account.PAYABLES] == outstanding
    assert sums[Account.OUTPUT_VAT] == -sum(x["vat"] for x in settled["agreements"])

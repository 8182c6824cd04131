"""Banks' files that once went wrong: no øre is lost, and none is taken twice."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from api.auth import Role
from domain.values import Region
from tests.support.federation import InProcess, in_process, token

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[1] / "data" / "bank" / "cases"
PAYEE = "993467049"
RUNNING_NUMBER = CASES / "bank-reference-is-a-running-number"
ONE_BLOCKS = CASES / "one-entry-blocks-the-whole-bank-file"


async def imported(federation: InProcess, content: bytes) -> dict[str, Any]:
    """Import a file at the payee's node; return what it answers."""
    url = federation.urls[Region.SOROST]
    headers = {
        "Authorization": f"Bearer {token(PAYEE, Role.CONTROLLER)}",
        "Accept-Language": "en",
    }
    async with httpx.AsyncClient(transport=federation.doors[url]) as client:
        answer = await client.post(
            f"{url}/v1/bank-entries/import", content=content, headers=headers
        )
        found: dict[str, Any] = answer.json()
        assert answer.status_code == (201 if found["recorded"] else 200), answer.text
        for entry in found["entries"]:
            path = f"{url}/v1/bank-entries/{entry['reference']}"
            params = {"at_least": f"sorost:{end(federation)}"}
            there = await client.get(path, headers=headers, params=params)
            assert there.status_code == 200, "what is answered as known is there"
    return found


def end(federation: InProcess) -> int:
    """Return the last position of the payee's region."""
    positions = federation.nodes[Region.SOROST].journal.positions()
    return positions[Region.SOROST.value].position


async def received_ore(federation: InProcess) -> int:
    """Return what the payee has received on its first document."""
    url = federation.urls[Region.SOROST]
    headers = {"Authorization": f"Bearer {token(PAYEE, Role.CONTROLLER)}"}
    async with httpx.AsyncClient(transport=federation.doors[url]) as client:
        params = {"at_least": f"sorost:{end(federation)}"}
        path = f"{url}/v1/invoices/{PAYEE}/2026/1"
        answer = await client.get(path, headers=headers, params=params)
    found: int = answer.json()["received_ore"]
    return found


async def test_two_payments_whose_reference_is_only_a_running_number(
    tmp_path: Path,
) -> None:
    files = [path.read_bytes() for path in sorted(RUNNING_NUMBER.glob("*.xml"))]
    async with in_process(tmp_path) as federation:
        assert await federation.play(CASES / "year") == []
        for content in files:
            (entry,) = (await imported(federation, content))["entries"]
            assert entry["new"]
            assert entry["document"] == {"payee": PAYEE, "year": 2026, "number": 1}
        assert await received_ore(federation) == 170_000_00
        resent = [each.replace(b"<MsgId>M-", b"<MsgId>AGAIN-") for each in files]
        for content in [*files, *resent]:
            (entry,) = (await imported(federation, content))["entries"]
            assert not entry["new"]
        assert await received_ore(federation) == 170_000_00
        placeholders = (b"NONREF", b"NotProvided", b"n/a", b"0000", b"-", b"7")
        for number, placeholder in enumerate(placeholders, 1):
            reference = b"</NtryRef><AcctSvcrRef>%b</AcctSvcrRef>" % placeholder
            other = files[0].replace(b"</NtryRef>", reference)
            other = other.replace(b"<Id>20260810-1<", b"<Id>N%d-2026<" % number)
            for new in (True, False):
                (entry,) = (await imported(federation, other))["entries"]
                assert entry["new"] is new, placeholder
            assert await received_ore(federation) == (170_000 + 50_000 * number) * 100


async def test_one_entry_never_stops_the_whole_file(tmp_path: Path) -> None:
    files = sorted([*ONE_BLOCKS.glob("*.xml"), *ONE_BLOCKS.glob("*.csv")])
    async with in_process(tmp_path) as federation:
        assert await federation.play(CASES / "year") == []
        for number, file in enumerate(files, 1):
            found = await imported(federation, file.read_bytes())
            assert await received_ore(federation) == number * 181_000_00, file.name
            if file.stem == "2-charges-netted":
                names = [each["reference"] for each in found["entries"]]
                assert (names, found["left_out"]) == (["I2", "U2"], [])
                assert found["entries"][1]["unmatched"] == "no_kid"
                continue
            (left_out,) = found["left_out"]
            assert left_out["code"] == "bank_not_ours"
            assert left_out["place"] in {"Ntry[2]", "line 3"}
            assert left_out["why"].startswith("the amount was paid out")
            assert not left_out["to_check"]
        for file in files:
            again = await imported(federation, file.read_bytes())
            assert again["recorded"] == []
            assert not any(each["new"] for each in again["entries"])
        assert await received_ore(federation) == len(files) * 181_000_00

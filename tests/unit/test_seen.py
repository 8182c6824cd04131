"""What an entry had seen, against what one before it had."""

import pytest

from domain.parties.epoch import EpochBegun
from federation.signed.entry import (
    IN_ORDER,
    EntryHeader,
    Envelope,
    Row,
    build,
    command_id_of,
    parse,
    rules_of,
    seen_of,
)
from federation.signed.seen import forgets, goes_back

DATA = b'{"text":"\\",\\"rules\\":9,\\"seen\\":\\"nord/1/9\\"","type":"x"}'


def entry(
    position: int, seen: str, command: str = "", rules: int = IN_ORDER, **more: object
) -> Row:
    """Return an entry of vest."""
    said = {"epoch": 1, "type": "x.happened.v1"} | more
    time = f"2026-01-01T12:00:00.{position:06}Z"
    header = EntryHeader(
        *("vest", int(str(said["epoch"])), position, f"vest:x:{position}"),
        *(1, str(said["type"]), time),
    )
    command = command or f"983974724/{position}"
    return build(
        header, Envelope("a", "983974724", command, "d", "c", seen, rules=rules), DATA
    )


def test_an_entry_tells_its_rules_and_its_command_and_no_fact_tells_them_for_it() -> (
    None
):
    row = entry(2, "nord/1/3 vest/1/1")
    assert parse(row.body) == row
    assert rules_of(row.body) == IN_ORDER
    assert command_id_of(row.body) == b"983974724/2"
    assert seen_of(row.body) == {"nord": (1, 3), "vest": (1, 1)}
    bare = build(
        EntryHeader("vest", 1, 1, "vest:x:1", 1, "x", row.recorded_at), None, DATA
    )
    assert (rules_of(bare.body), command_id_of(bare.body)) == (0, b"")


@pytest.mark.law(2)
@pytest.mark.parametrize(
    ("later", "forgotten"),
    [
        (entry(3, "nord/1/3 vest/1/2"), False),
        (entry(3, "nord/1/4 vest/1/2"), False),
        (entry(3, "nord/1/2 vest/1/2"), True),
        (entry(3, "nord/1/3 vest/1/1"), True),
        (entry(3, "nord/1/3"), True),
        (entry(3, "vest/1/2"), True),
        (entry(3, "nord/2/1 vest/1/2"), False),
        (entry(3, "nord/1/3 vest/1/1", command="983974724/2"), False),
        (entry(3, "nord/1/2 vest/1/1", command="983974724/2"), True),
        (entry(3, "nord/1/2 vest/1/2", epoch=2), False),
        (entry(3, "nord/1/2 vest/1/2", type=EpochBegun.TYPE), False),
        (entry(3, "nord/1/2 vest/1/1", rules=0), False),
    ],
)
def test_a_region_forgets_nothing(later: Row, forgotten: bool) -> None:
    assert forgets(entry(2, "nord/1/3 vest/1/1"), later) is forgotten


@pytest.mark.law(2)
def test_who_keeps_an_order_keeps_it_from_then_on() -> None:
    kept, without = entry(2, "vest/1/1"), entry(3, "vest/1/1", rules=0)
    assert goes_back(kept, without)
    assert not goes_back(kept, entry(3, "vest/1/2"))
    assert not goes_back(without, entry(4, "vest/1/3"))
    assert not goes_back(kept, entry(3, "", rules=0, epoch=2))
    assert not goes_back(kept, entry(3, "", rules=0, type=EpochBegun.TYPE))

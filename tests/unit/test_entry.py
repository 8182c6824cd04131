"""Entries: canonical bytes, CloudEvents attributes, and what is refused."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fact import canonical
from federation.signed.entry import (
    ENTRY_BYTES_MAX,
    BrokenEntryError,
    EntryHeader,
    Envelope,
    Row,
    build,
    correlation_of,
    data_of,
    leaf_hash,
    parse,
    seen_of,
)

PLACE = EntryHeader(
    "vest", 1, 42, "vest:agreement:ms", 3, "a.b.v1", "2026-07-10T12:00:00.000001Z"
)
ENVELOPE = Envelope(
    "controller-1", "983974724", "983974724/k", "0" * 32, "c-1", "midt/1/0", "c-0"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=60)


@given(st.dictionaries(texts, json_values), texts, texts)
def test_the_fact_inside_is_found_whatever_stands_around_it(
    data: dict[str, object], actor: str, stream: str
) -> None:
    """Also when a text looks like the bytes that are searched for."""
    fact = canonical(data)  # type: ignore[arg-type]
    hostile = '"data":{},"datacontenttype":'
    place = EntryHeader(
        "vest", 1, 1, f"vest:{stream}{hostile}", 1, "t", PLACE.recorded_at
    )
    envelope = Envelope(actor + hostile, "o", "id", "d", hostile, "")
    row = build(place, envelope, fact)
    assert data_of(row.body) == fact
    assert orjson.loads(row.body)["data"] == orjson.loads(fact)
    assert parse(row.body) == row


def test_an_entry_is_a_cloudevent_in_canonical_bytes() -> None:
    row = build(PLACE, ENVELOPE, b'{"a":1}')
    attributes = orjson.loads(row.body)
    assert attributes["specversion"] == "1.0"
    assert attributes["id"] == "vest/1/42"
    assert attributes["source"] == "urn:fagnett:vest"
    assert attributes["datacontenttype"] == "application/json"
    assert attributes["causationid"] == "c-0"
    assert all(name.isalnum() and name.islower() for name in attributes)
    assert row.body == orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS)
    assert row.leaf == leaf_hash(row.body)
    assert correlation_of(row.body) == "c-1"


@pytest.mark.parametrize("data", [b"", b"state1", b"\x00\xff", b"[1]"])
def test_what_is_no_object_travels_as_base64(data: bytes) -> None:
    row = build(PLACE, None, data)
    assert data_of(row.body) == data
    assert parse(row.body) == row
    assert correlation_of(row.body) is None


def changed(**changes: object) -> bytes:
    """Return an entry with other attributes, in canonical bytes."""
    attributes = {**orjson.loads(build(PLACE, ENVELOPE, b"{}").body), **changes}
    kept = {name: value for name, value in attributes.items() if value is not None}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "vest/1/0"},
        {"id": "vest/1/01"},
        {"id": "vest/1"},
        {"id": None},
        {"source": "urn:fagnett:nord"},
        {"specversion": "0.3"},
        {"subject": "nord:agreement:ms"},
        {"subject": 1},
        {"subject": "vest:" + "x" * 500},
        {"streamversion": "3"},
        {"streamversion": True},
        {"type": None},
        {"type": "x" * 101},
        {"time": "2026-07-10T12:00:00Z"},
        {"time": None},
        {"time": "0001-01-01T00:00:00.000000Z"},
        {"time": "9999-12-31T23:59:59.999999Z"},
        {"seen": "nord"},
        {"seen": "nord//"},
        {"seen": "nord/1/x"},
        {"seen": "nord/1/2 "},
        {"seen": "nord/0/99999999999999999999"},
        {"seen": 1},
        {"mandate": 0},
        {"mandate": "1"},
        {"mandate": True},
        {"mandate": 2**31},
        {"other": {"seen": "nord"}},
        {"other": ["nord"]},
        {"data": None},
        {"data_base64": "AA=="},
        {"databus": "x"},
    ],
    ids=str,
)
def test_what_does_not_say_what_an_entry_says_is_refused(
    changes: dict[str, object],
) -> None:
    with pytest.raises(BrokenEntryError):
        parse(changed(**changes))


def test_a_mandate_is_named_by_its_number_or_not_at_all() -> None:
    named = build(PLACE, replace(ENVELOPE, mandate=2**31 - 1), b"{}")
    assert orjson.loads(parse(named.body).body)["mandate"] == 2**31 - 1
    assert b"mandate" not in build(PLACE, ENVELOPE, b"{}").body


def test_an_attribute_of_a_later_release_is_taken() -> None:
    body = changed(newattribute="x")
    assert parse(body).body == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        build(PLACE, ENVELOPE, b"{}").body + b" ",
        build(PLACE, ENVELOPE, b"{}").body.replace(b'"actor"', b' "actor"'),
        build(PLACE, None, b'{"a":"' + b"x" * ENTRY_BYTES_MAX + b'"}').body,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_bytes_that_are_not_canonical_are_refused(body: bytes) -> None:
    with pytest.raises(BrokenEntryError):
        parse(body)


def test_a_refusal_does_not_repeat_the_data() -> None:
    secret = "13097248022"
    with pytest.raises(BrokenEntryError) as caught:
        parse(changed(data={"name": secret}, type=None))
    assert secret not in str(caught.value)


def test_data_that_is_not_base64_is_refused() -> None:
    body = changed(data=None, data_base64="***", datacontenttype=None)
    with pytest.raises(BrokenEntryError):
        data_of(body)


def test_a_row_knows_its_place() -> None:
    row = build(PLACE, ENVELOPE, b"{}")
    assert Row._fields[:7] == (
        "origin", "epoch", "position", "stream", "version", "type", "recorded_at",
    )  # fmt: skip
    assert row[:7] == (
        "vest",
        1,
        42,
        "vest:agreement:ms",
        3,
        "a.b.v1",
        PLACE.recorded_at,
    )


def test_what_an_entry_had_seen_is_read_from_its_attribute_alone() -> None:
    place = EntryHeader(
        "vest", 1, 1, "vest:x:a", 1, "x.y.v1", "2026-01-01T00:00:00.000000Z"
    )
    envelope = Envelope("a", "o", "o/k", "d", "c", "midt/1/12 nord/2/0")
    lure = canonical({"seen": "midt/9/9", "text": '"seen":"midt/8/8"'})
    body = build(place, envelope, lure).body
    assert seen_of(body) == {"midt": (1, 12), "nord": (2, 0)}
    assert seen_of(build(place, None, b"{}").body) == {}

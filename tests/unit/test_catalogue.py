"""Stored events: their names and bytes are pinned, and old ones stay readable."""

import re
from pathlib import Path
from typing import cast, get_args

import orjson
import pytest
from pydantic import JsonValue

from domain import catalogue
from domain.agreements.agreement import VersionProposed
from domain.catalogue import (
    EARLIER,
    FACTS,
    BrokenFactError,
    Earlier,
    UnknownFactError,
    decode,
)
from domain.fact import Fact, Message, Shape, canonical
from domain.payments.payment import PaymentRegistered
from tests.support.facts_document import parts

GOLDEN = Path(__file__).parent.parent / "golden"


def test_every_fact_has_its_pinned_bytes() -> None:
    """A golden file is never edited: a new shape is a new version with its own."""
    pinned = {path.stem for path in GOLDEN.glob("*.json")}
    assert set(FACTS) <= pinned
    assert pinned <= set(FACTS) | set(EARLIER)


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem
)
def test_pinned_bytes_are_read_and_written_alike(path: Path) -> None:
    stored = path.read_bytes().rstrip(b"\n")
    fact = decode(path.stem, stored)
    if path.stem in FACTS:
        assert path.stem == fact.TYPE
        assert fact.to_bytes() == stored


def test_the_document_of_the_facts_has_all_of_them() -> None:
    kept = Path(catalogue.__file__).with_name("FACTS.md").read_text()
    for name in (*FACTS, *EARLIER):
        assert re.search(rf"^(## {name}$|\| {name} \|)", kept, re.MULTILINE), name
    for kind in FACTS.values():
        for each in parts(kind):
            assert (
                f"## {each.__name__}\n" in kept
                or f"| {each.__name__} |" in kept
                or (each in FACTS.values())
            )


def test_names_say_kind_and_version() -> None:
    for name in FACTS:
        subject, verb, version = name.split(".")
        assert subject.islower()
        assert verb.islower()
        assert version.startswith("v")
        assert version[1:].isdigit()


def test_every_fact_class_is_in_the_catalogue() -> None:
    facts = Fact.__subclasses__()
    ours = {fact for fact in facts if fact.__module__.startswith("domain.")}
    assert ours == set(FACTS.values())


@pytest.mark.law(7)
def test_no_fact_holds_a_float() -> None:
    def annotations(kind: object) -> list[object]:
        return [kind, *(each for arg in get_args(kind) for each in annotations(arg))]

    messages = {*Message.__subclasses__(), *Fact.__subclasses__()}
    for message in messages:
        for name, member in message.model_fields.items():
            assert float not in annotations(member.annotation), (message, name)


def test_an_unknown_name_is_never_looked_up_as_a_path() -> None:
    for name in (
        "os:system",
        "domain.payments.payment:PaymentRegistered",
        "payment.registered.v9",
    ):
        with pytest.raises(UnknownFactError):
            decode(name, b"{}")


@pytest.mark.parametrize(
    "change",
    [
        {"amount_ore": 1.0},
        {"amount_ore": "1"},
        {"amount_ore": 10**19},
        {"paid_on": "2026-02-30"},
        {"seller": "a\u0000b"},
        {"extra": 1},
        {"number": None},
    ],
)
def test_a_broken_fact_is_told_from_a_good_one_without_its_data(
    change: dict[str, JsonValue],
) -> None:
    good = orjson.loads((GOLDEN / "payment.registered.v1.json").read_bytes())
    with pytest.raises(BrokenFactError) as caught:
        decode(PaymentRegistered.TYPE, orjson.dumps({**good, **change}))
    (place,) = change
    assert str(caught.value) == f"{PaymentRegistered.TYPE}: {place}"


def test_an_old_shape_is_read_as_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once kroner were stored, and the day had another name."""

    def upcast(shape: Shape) -> Shape:
        shape["amount_ore"] = int(str(shape.pop("amount"))) * 100
        shape["paid_on"] = shape.pop("day")
        return shape

    earlier = Earlier(PaymentRegistered, upcast)
    monkeypatch.setitem(
        cast("dict[str, Earlier]", EARLIER), "payment.noted.v1", earlier
    )
    old: JsonValue = {
        "amount": 12,
        "day": "2026-07-10",
        "number": 1,
        "seller": "993467049",
        "year": 2026,
    }
    fact = decode("payment.noted.v1", canonical(old))
    assert isinstance(fact, PaymentRegistered)
    assert fact.amount_ore == 1200
    assert fact.paid_on.isoformat() == "2026-07-10"


def test_canonical_bytes_have_one_form() -> None:
    assert (
        canonical({"b": 1, "a": ["å", None, True]})
        == '{"a":["å",null,true],"b":1}'.encode()
    )


def test_a_pinned_fingerprint_is_that_of_its_terms() -> None:
    """What two trusts signed must hash the same for ever."""
    stored = (GOLDEN / "agreement.version_proposed.v1.json").read_bytes()
    proposed = decode(VersionProposed.TYPE, stored)
    assert isinstance(proposed, VersionProposed)
    assert proposed.fingerprint == proposed.terms.fingerprint

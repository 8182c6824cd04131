"""What cannot be read is told in words: which value, what is wrong, what it may be."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api.auth import Role
from api.bodies import Body
from api.routes import DOORS
from api.unread import PATTERNS, UnreadValue, has_words, unread
from domain.values import Region
from tests.api.test_problems import is_problem
from tests.support.doors import AUTHORITY, NETWORK, Door
from tests.support.examples import BERGEN

RAISES = {
    "bool": ("bool_type", "bool_parsing"),
    "date": (
        "date_type",
        "date_parsing",
        "date_from_datetime_parsing",
        "date_from_datetime_inexact",
    ),
    "enum": ("enum",),
    "literal": ("literal_error",),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "float": ("float_type", "float_parsing", "finite_number"),
    "str": ("string_type", "string_unicode", "string_sub_type"),
    "tuple": ("tuple_type", "missing", "too_long"),
    "list": ("list_type",),
    "model": ("model_type", "model_attributes_type", "dict_type"),
    "model-fields": ("missing", "extra_forbidden", "model_attributes_type"),
    "model-field": (),
    "definitions": (),
    "definition-ref": (),
    "dict": ("dict_type",),
    "nullable": (),
    "default": (),
    "no-info": (),
    "with-info": (),
    "function-after": ("value_error", "assertion_error"),
    "function-before": ("value_error", "assertion_error"),
}
"""By the type of a schema, what pydantic raises for it."""
BOUNDS = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
}
LENGTHS = {
    "str": {"max_length": "string_too_long", "min_length": "string_too_short"},
    "tuple": {"max_length": "too_long", "min_length": "too_short"},
    "list": {"max_length": "too_long", "min_length": "too_short"},
}


def schemas() -> Iterator[Mapping[str, Any]]:
    """Give what reads the bodies and addresses of all commands, to the last part."""

    def within(schema: object) -> Iterator[Mapping[str, Any]]:
        if isinstance(schema, dict):
            if isinstance(schema.get("type"), str):
                yield schema
            for each in schema.values():
                yield from within(each)
        elif isinstance(schema, list | tuple):
            for each in schema:
                yield from within(each)

    for door in DOORS:
        if door.body is not None:
            yield from within(door.body.__pydantic_core_schema__)
        for kind in door.kinds_in_path().values():
            yield from within(TypeAdapter(kind).core_schema)


def test_whatever_a_model_can_raise_has_words() -> None:
    for schema in schemas():
        kind = schema["type"]
        raised = [*RAISES[kind]]
        raised += [BOUNDS[each] for each in BOUNDS if each in schema]
        raised += [
            code for each, code in LENGTHS.get(kind, {}).items() if each in schema
        ]
        for code in raised:
            assert has_words({"field": "a", "code": code}), code
            day: UnreadValue = {"field": "a", "code": code, "of_days": 1}
            assert kind != "date" or code not in BOUNDS.values() or has_words(day)
        if kind == "str" and "pattern" in schema:
            assert str(schema["pattern"]) in PATTERNS
    for form in PATTERNS.values():
        assert has_words({"field": "a", "code": form})


def test_values_of_each_kind_are_told_in_words() -> None:
    """Here pydantic raises for itself, whatever it calls it."""
    kinds: dict[Any, list[Any]] = {
        bool: ["x", 7],
        int: ["x", 1.5, [], "9" * 5000],
        float: ["x", []],
        date: ["x", [], "2026-01-01T10:00:00"],
        tuple[int, ...]: ["x", 7],
        list[int]: ["x", 7],
        Region: ["x", 7],
        Body: [[]],
    }
    pairs = [(kind, each) for kind in kinds for each in kinds[kind]]
    for kind, sent in pairs:
        with pytest.raises(ValidationError) as raised:
            TypeAdapter(kind).validate_python(sent)
        for error in raised.value.errors():
            assert has_words(unread("a", error)), error["type"]


REGISTRAR: dict[str, Any] = {**AUTHORITY, "roles": (Role.REGISTRAR,)}
WORDS = {
    "org_number": ("org_number (organisasjonsnummer)", "mangler"),
    "kind": ("kind", "rhf, hf, municipality"),
    "region": ("region", "midt, nord, sorost, vest"),
}


def test_the_detail_names_the_value_what_is_wrong_and_what_may_be(door: Door) -> None:
    body = {"name": "Trust", "short_name": "T", "kind": "xx", "region": "oslo"}
    answer = door.post("/v1/organisations", body, **REGISTRAR, Accept_Language="nb")
    found = is_problem(answer, 422, "invalid_row")
    told = {each["field"]: each["detail"] for each in found["errors"]}
    assert told.keys() == WORDS.keys()
    for field, texts in WORDS.items():
        for text in texts:
            assert text in told[field]
            assert text in found["detail"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/v1/networks?limit=0", "limit must be at least 1."),
        ("/v1/networks?limit=x", "limit must be a whole number."),
        ("/v1/networks?as_of=x", "as_of must be a day that there is, written"),
        ("/v1/networks?at_least=x", "at_least must be a region and a position"),
        ("/v1/networks?cursor=x", "cursor must be next_cursor of the page before."),
        ("/v1/netting", "period_end is missing."),
    ],
)
def test_a_question_is_told_what_it_may_ask(door: Door, path: str, detail: str) -> None:
    door.register(BERGEN)
    found = is_problem(door.call("GET", path), 422, "invalid_row")
    assert found["detail"].startswith(detail)
    assert found["errors"][0]["detail"] == found["detail"]


def test_a_day_that_nobody_records_on_is_told_which_may_be(door: Door) -> None:
    late = {"Fagnett_Business_Day": "9999-12-31"}
    found = is_problem(door.post("/v1/networks", NETWORK, **late), 422, "invalid_row")
    assert found["detail"] == "Fagnett-Business-Day must be 31.12.2199 or before."


def test_nothing_that_was_sent_is_quoted(door: Door) -> None:
    door.register(BERGEN)
    body = {**NETWORK, "Kari Nordmann": 1, "name_nb": 7, "name_en": "13097248022"}
    found = is_problem(door.post("/v1/networks", body), 422, "personal_data")
    said = " ".join([found["detail"], *(each["detail"] for each in found["errors"])])
    assert "Nordmann" not in said
    assert "13097248022" not in said
    body = {**NETWORK, "Kari Nordmann": 1, "founded_on": "13097248022"}
    found = is_problem(door.post("/v1/networks", body), 422, "invalid_row")
    assert "Nordmann" not in found["detail"]
    assert "13097248022" not in found["detail"]


def test_of_many_the_first_are_told(door: Door) -> None:
    answer = door.post("/v1/organisations", {}, **REGISTRAR)
    found = is_problem(answer, 422, "invalid_row")
    more = len(found["errors"]) - 3
    assert more > 0
    assert found["detail"].endswith(f"And {more} more, see errors.")

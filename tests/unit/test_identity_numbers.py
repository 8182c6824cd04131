"""No identity number is taken where nobody looks up what it should name (law 8)."""

from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.values import PERSON

NUMBER: Final = "13097248022"
"""A national identity number, of a person that is not there."""
LOOKED_UP: Final = {
    *("org_number", "parent_org_number", "organisation", "authority", "obligation"),
    *("trust", "coordinating_trust", "funder", "payer", "payee", "seller"),
    *("counterpart", "first", "second", "to"),
}
"""Members that a decision looks up before it records them."""
OF_A_BANK: Final = {"account", "beside", "kid", "name", "paid_to", "reference"}
"""What a bank gives is kept as it is where only its owner reads it."""
NOT_RECORDED: Final = {"fingerprint"}
SINCE_THE_BEGINNING: Final = {"source", "vat_decided_by"}


def texts(kind: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Give the types of the texts within a type, each with its member's name."""
    annotated = get_origin(kind) is Annotated
    bare, *metadata = get_args(kind) if annotated else (kind,)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        for member, info in bare.model_fields.items():
            yield from texts(_told(info.annotation, info.metadata), member)
    elif get_origin(bare) in {Union, UnionType, tuple, dict}:
        for part in get_args(bare):
            if part not in {type(None), Ellipsis}:
                yield from texts(_told(part, metadata), name)
    elif bare is str and PERSON not in metadata:
        yield name, kind


def _told(kind: Any, metadata: Sequence[object]) -> Any:
    return Annotated[kind, *metadata] if metadata else kind


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.__name__)
def test_no_identity_number_is_taken_that_nobody_looks_up(
    command: type[Command],
) -> None:
    known = LOOKED_UP | OF_A_BANK | NOT_RECORDED | SINCE_THE_BEGINNING
    for name, kind in texts(command, ""):
        if name in known:
            continue
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(NUMBER, strict=True)

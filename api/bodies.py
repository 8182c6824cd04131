"""What requests are made of: a body without unknown members, money, numbers.

Amounts are whole øre in members that end in ``_ore``; days are ``YYYY-MM-DD``.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.values import OrganisationNumber

Ore = Annotated[
    int,
    Field(
        strict=True, ge=-(10**15), le=10**15, description="Øre.", examples=[31850000]
    ),
]


CostOre = Annotated[
    int,
    Field(strict=True, ge=0, le=10**15, description="Øre.", examples=[31850000]),
]


OrgNumber = Annotated[
    OrganisationNumber,
    Field(description="Nine digits, modulus 11.", examples=["983974724"]),
]


class Body(BaseModel):
    """A request body: no member that is not described."""

    model_config = ConfigDict(extra="forbid")

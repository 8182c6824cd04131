"""The health regions, for whoever needs no more than their names."""

from enum import StrEnum


class Region(StrEnum):
    """A health region: the owner of one node and one log."""

    MIDT = "midt"
    NORD = "nord"
    SOROST = "sorost"
    VEST = "vest"

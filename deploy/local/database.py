"""Which databases a local federation may have, for whoever only names one."""

from enum import StrEnum


class Database(StrEnum):
    """What the nodes keep their journals in."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"

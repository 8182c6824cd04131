"""What commands let people choose between, for whoever only names it."""

from enum import StrEnum


class Format(StrEnum):
    """As which kind of file something is exported."""

    EHF = "ehf"
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"


class ImportChoice(StrEnum):
    """What is imported."""

    PAYMENTS = "payments"

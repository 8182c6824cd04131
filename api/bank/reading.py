"""Telling a bank's files apart: what begins as XML is a notification, else a table."""

from collections.abc import Callable

from api.bank.camt import read_camt
from api.bank.file import BankFile
from api.bank.table import read_csv


def read_bank_file(content: bytes, digest: Callable[[str], str]) -> BankFile:
    """Read the entries of a file; ``digest`` is the region's own, with its key.

    Raises :class:`~api.bank.file.BankFileError` where it is none that can be read.
    """
    start = content[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<"):
        return read_camt(content, digest)
    return read_csv(content, digest)

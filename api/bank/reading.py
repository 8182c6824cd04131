"""Telling a bank's files apart: what begins as XML is a notification, else a table."""

from api.bank.camt import read_camt
from api.bank.file import BankFile
from api.bank.table import read_csv


def read_bank_file(content: bytes) -> BankFile:
    """Return the entries of a file.

    Raises :class:`~api.bank.file.BankFileError` with all that is wrong.
    """
    start = content[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return read_camt(content) if start.startswith(b"<") else read_csv(content)

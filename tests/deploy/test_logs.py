"""Logs are JSON lines that hold no one's data."""

import errno
import io
import logging
from typing import Any

import orjson
import pytest
import structlog
from typing_extensions import override

from deploy.observability import Unfailing, processors

SECRET = "01017012345"


def line_of(error: Exception) -> bytes:
    """Log an exception as a node would, and return the line."""
    out = io.BytesIO()
    logger = structlog.wrap_logger(
        structlog.BytesLogger(out),
        processors=processors(region="vest"),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    try:
        raise error
    except ValueError:
        logger.exception("request_failed")
    return out.getvalue()


@pytest.mark.law(8)
def test_an_exception_is_told_without_what_it_says() -> None:
    line = line_of(ValueError(f"{SECRET} is no number"))
    assert SECRET.encode() not in line
    told = orjson.loads(line)
    assert told["exception"] == "ValueError"
    assert told["region"] == "vest"
    assert told["level"] == "error"
    (place,) = told["through"]
    assert place.startswith(__file__)


class FullDisk(io.BytesIO):
    """A file whose disk is full for a while."""

    full = True

    @override
    def flush(self) -> None:
        """Refuse as the system does."""
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_log_lines_and_ends_nothing() -> None:
    disk = FullDisk()
    file: Any = Unfailing(disk)
    logger = structlog.BytesLogger(file=file)
    logger.msg(b"lost or late")
    disk.full = False
    logger.msg(b"told")
    assert disk.getvalue().splitlines()[-1] == b"told"

"""Logs are JSON lines that hold no one's data."""

import io
import logging

import orjson
import pytest
import structlog

from deploy.observability import processors

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

"""What a node writes down while it runs in a test."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from deploy.observability import processors


@contextmanager
def logged() -> Iterator[io.BytesIO]:
    """Give the lines that a node writes, with all that it logs."""
    lines, before = io.BytesIO(), structlog.get_config()
    structlog.configure(
        processors=processors(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.BytesLoggerFactory(file=lines),
    )
    try:
        yield lines
    finally:
        structlog.configure(**before)

"""Logs as JSON lines on standard output, with the correlation id of a command."""

import logging
import sys
from typing import Any

import orjson
import structlog


def configure_logging(level: str, **bound: str) -> None:
    """Make every log line one JSON object that also holds ``bound``."""

    def add_bound(_logger: object, _method: str, line: Any) -> Any:  # noqa: ANN401
        return {**bound, **line}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            add_bound,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )

"""Logs as JSON lines on standard output, with the correlation id of a command."""

import logging
import sys
import traceback
from contextlib import suppress
from typing import IO, Any

import orjson
import structlog
from structlog.typing import Processor


class Unfailing:
    """A file for log lines: one that finds no room is lost, and nothing else with it.

    Where the disk is full, whatever tells of that must not end by telling.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, line: bytes) -> int:
        """Write a line, if it can be."""
        with suppress(OSError):
            self._file.write(line)
        return len(line)

    def flush(self) -> None:
        """Give what is written to the system, if it takes it; else the next time."""
        with suppress(OSError):
            self._file.flush()


def tell_where(_logger: object, _method: str, line: Any) -> Any:  # noqa: ANN401 - structlog's own
    """Replace an exception by its kind and the places it came through.

    Neither its message nor local variables are told: either may hold what
    somebody sent (law 8).
    """
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        line["exception"] = type(error).__name__
        line["through"] = [f"{frame.filename}:{frame.lineno}" for frame in frames]
    return line


def processors(**bound: str) -> list[Processor]:
    """What makes a log line one JSON object that also holds ``bound``."""

    def add_bound(_logger: object, _method: str, line: Any) -> Any:  # noqa: ANN401 - structlog's own
        return {**bound, **line}

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_where,
        add_bound,
        structlog.processors.JSONRenderer(serializer=orjson.dumps),
    ]


def configure_logging(level: str, **bound: str) -> None:
    """Log from a level on; every line holds ``bound``."""
    output: Any = Unfailing(sys.stdout.buffer)
    structlog.configure(
        processors=processors(**bound),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level]
        ),
        logger_factory=structlog.BytesLoggerFactory(file=output),
        cache_logger_on_first_use=True,
    )

"""Structured log lines: one JSON object a line, with fields and never a number or a text of a message."""

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class JsonLines(logging.Formatter):
    """`{"at", "level", "logger", "event", ...fields}`; fields come through `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class Logger:
    """`log.info("leased", batches=3)`: an event's name and its fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **fields: Any) -> None:
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: Any) -> None:
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, *, exc_info: bool = False, **fields: Any) -> None:
        self._logger.error(event, exc_info=exc_info, extra={"fields": fields})


def logger(name: str) -> Logger:
    return Logger(name)


def to_stderr(level: int = logging.INFO) -> None:
    """Sends this process's log lines to stderr; for long-running commands."""
    _send_to(logging.StreamHandler(sys.stderr), level)


def to_file(path: Path, level: int = logging.INFO) -> None:
    """Appends them to a file; for commands that talk to a person on the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _send_to(logging.FileHandler(path), level)


def _send_to(handler: logging.Handler, level: int) -> None:
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)

"""A log line is one JSON object with its fields."""

import json
import logging

import pytest

from outbound.logs import JsonLines, logger


def test_a_line_holds_event_and_fields(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logger("outbound.test").info("leased\nbatches", batches=3, account="نيل")
    line = JsonLines().format(caplog.records[0])
    assert "\n" not in line
    found = json.loads(line)
    fields = {"level": "info", "logger": "outbound.test", "event": "leased\nbatches", "batches": 3, "account": "نيل"}
    assert found == fields | {"at": found["at"]}
    assert found["at"].endswith("+00:00")


def test_an_exception_stays_in_its_line() -> None:
    error = ValueError("why")
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", None, (ValueError, error, None))
    found = json.loads(JsonLines().format(record))
    assert "ValueError: why" in found["error"]

"""/healthz and /metrics: what they say, when, and where they cannot be served."""

import json
import socket
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, Gauge

from dispatch.endpoint import Address, CannotListen, Endpoint, parse
from dispatch.figures import Figures
from dispatch.parts import Ends
from dispatch.vitals import DATABASE_SILENT, STALLED, Histogram, Vitals, resources


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_healthz_says_why_not_and_metrics_are_plain_text():
    troubles = []
    registry = CollectorRegistry()
    Gauge("things", "Some.", registry=registry).set(3)
    endpoint = Endpoint(Address("127.0.0.1", 0), registry, lambda: troubles, lambda: {"worker": "w"})
    endpoint.start()
    try:
        assert get(endpoint.port, "/healthz")[0] == 200
        troubles.append("the database has not answered for 20 s")
        status, body = get(endpoint.port, "/healthz")
        assert (status, json.loads(body)) == (503, {"healthy": False, "troubles": troubles, "worker": "w"})
        assert "\nthings 3.0\n" in get(endpoint.port, "/metrics")[1]
        assert get(endpoint.port, "/metrics?name[]=x")[0] == 200
        assert get(endpoint.port, "/")[0] == 404
    finally:
        endpoint.close()


def test_an_address_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"--http 127.0.0.1:{port}: Address already in use"):
            Endpoint(Address("127.0.0.1", port), CollectorRegistry(), list, dict)


def test_addresses():
    assert (parse("0.0.0.0:9100"), parse("[::1]:0")) == (("0.0.0.0", 9100), ("::1", 0))
    for wrong in ("9100", ":9100", "localhost", "localhost:", "localhost:99999", "localhost:x"):
        with pytest.raises(ValueError, match="not an address"):
            parse(wrong)


def test_a_worker_is_healthy_while_its_loop_turns_and_its_database_answers():
    vitals = Vitals()
    assert vitals.troubles() == ["the database has not answered", "the connectors were not read yet"]
    vitals.database_answered()
    vitals.connectors_known = True
    now = time.monotonic()
    assert vitals.troubles() == []
    assert vitals.troubles(now + STALLED + 1) == ["the event loop has not turned for 6 s"]
    assert len(vitals.troubles(now + DATABASE_SILENT + 1)) == 2


def test_a_histogram_counts_as_prometheus_does():
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(value)
    assert histogram.buckets() == [("0.1", 2.0), ("1.0", 3.0), ("+Inf", 4.0)]
    assert histogram.sum == pytest.approx(7.65)


def test_seconds_that_a_carrier_asked_for_are_counted_once():
    figures = Figures()
    figures.hold(10.0, 10.5)
    figures.hold(10.2, 10.7)
    figures.hold(20.0, 20.5)
    assert figures.held == pytest.approx(1.2)


def test_ends_are_counted_by_outcome():
    figures = Figures()
    for state, transient, count in (("accepted", False, 3), ("rejected", True, 2), ("rejected", False, 1)):
        figures.ended(Ends(None, np.arange(count), state, transient))  # type: ignore[arg-type]
    assert figures.outcomes == {"accepted": 3, "rejected": 1, "transient": 2, "in_doubt": 0, "not_sent": 0}


def test_the_process_knows_what_it_takes():
    before = resources()
    sum(range(3_000_000))
    after = resources()
    assert after["rss"] > 5_000_000
    assert after["cpu"] >= before["cpu"] > 0

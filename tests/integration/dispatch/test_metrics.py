"""A worker's /metrics and /healthz beside its logs, and the session log: a row for each minute that had an answer."""

import asyncio
import json
import re
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from dispatch.desk import Desk
from dispatch.sessionlog import SessionLog
from dispatch.status import overview
from smpp.session import Counters

P = "outbound_dispatch_"
REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "metrics.md"


def scrape(worker):
    (event,) = worker.events("endpoint")
    with urllib.request.urlopen(f"http://127.0.0.1:{event['port']}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name, *sample.labels.values()] = sample.value
    return samples, text


def names(text):
    """Of a worker's own figures, as Prometheus' queries call them."""
    families = text_string_to_metric_families(text)
    return {family.name + "_total" * (family.type == "counter") for family in families if family.name.startswith(P)}


def health(worker):
    (event,) = worker.events("endpoint")
    with urllib.request.urlopen(f"http://127.0.0.1:{event['port']}/healthz", timeout=30) as answer:
        return answer.status, json.load(answer)


def test_the_figures_are_those_of_the_log(platform, carrier):
    with carrier("--receipt-delay=0", "--rule=7=rejected", "--queue-full-every=40") as smsc:
        platform.connect(smsc.port, rate=300)
        platform.connect(1, name="off", routes=[], enabled=False)
        campaign = platform.accept(["a text of its own"] * 200)
        platform.rows("insert into account.opt_out (msisdn, source) values (%s, 'operator')", 201001000003)
        worker = platform.worker("--http", "127.0.0.1:0")
        platform.until(lambda: platform.state(campaign) == "completed")
        platform.until(lambda: scrape(worker)[0][P + "receipts_stored_total", "cairo"] == 179)
        found, text = scrape(worker)
        status, body = health(worker)
        worker.stop()

    attempts = platform.attempts()
    assert {outcome: found[P + "attempts_total", "cairo", outcome] for outcome in ("accepted", "rejected", "transient")} == {
        "accepted": attempts["accepted", False], "rejected": attempts["rejected", False],
        "transient": attempts["rejected", True],
    }  # fmt: skip
    assert found[P + "receipts_matched_total",] == platform.one("select count(*) from dispatch.receipt_match")
    assert found[P + "throttled_seconds_total", "cairo"] > 0
    assert (found[P + "sessions", "cairo"], found[P + "sessions", "off"]) == (1, 0)
    assert (found[P + "enabled", "cairo"], found[P + "enabled", "off"]) == (1, 0)
    assert (found[P + "rate_share", "cairo"], found[P + "window_size", "cairo"]) == (300, 50)
    assert (P + "rate_share", "off") not in found
    assert (found[P + "rate_contract", "cairo"], (P + "rate_contract", "off") in found) == (300, False)
    assert 0 < found[P + "submit_seconds_count", "cairo"] <= 200
    assert found[P + "submit_seconds_sum", "cairo"] > 0
    assert found[P + "circuit", "cairo"] == found[P + "binds_refused_total", "cairo"] == 0
    assert found[P + "window_used", "cairo"] == found[P + "parts_waiting", "cairo"] == found[P + "ledger_open",] == 0
    assert found[P + "commits_total",] == found[P + "commit_seconds_count",] > 0
    assert found[P + "healthy",] == 1
    assert found["process_resident_memory_bytes",] > 0
    assert status == 200
    assert body["connectors"] == {
        "cairo": {"enabled": True, "sessions": 1}, "off": {"enabled": False, "sessions": 0},
    }  # fmt: skip
    assert not any(word in text for word in ("2010010", "text of its own", "nile", "NILE"))
    assert names(text) == set(re.findall(rf"`({P}\w+)`", REFERENCE.read_text())), "docs/reference/metrics.md"

    kinds = platform.rows("select kind, last_answered_at is not null from dispatch.session_event order by 1")
    assert {("bind", True), ("unbind", True)} <= set(kinds)


def test_a_lost_session_a_refused_bind_and_an_open_circuit_are_seen(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        port = smsc.port
        platform.connect(port)
        worker = platform.worker("--http", "127.0.0.1:0")
        platform.until(lambda: smsc.status()["sessions"] == 1)
        (row,) = overview()["connectors"]
        assert row["circuit"] == "closed"
    with carrier("--receipt-delay=0", "--status=0x08=100", name="ill", port=port):
        platform.until(lambda: scrape(worker)[0][P + "reconnects_total", "cairo"] == 1)
        platform.accept(["x"] * 60)
        platform.until(lambda: scrape(worker)[0][P + "circuit", "cairo"] == 2)
        platform.until(lambda: overview()["connectors"][0]["circuit"] == "open")
    with carrier("--refuse-binds-for=60", name="refusing", port=port):
        platform.until(lambda: scrape(worker)[0][P + "binds_refused_total", "cairo"] > 0)


def test_each_minute_with_an_answer_has_a_row_once_whatever_happens_to_the_connection(platform):
    """SLA S1: a minute counts as available where a session answered in it."""
    connector = platform.connect(1)
    start = datetime(2026, 11, 26, 10, 0, 20, tzinfo=UTC)
    session = SimpleNamespace(last_answered_at=None, counters=Counters(sent=5, answered=4))

    async def story() -> None:
        desk = Desk()
        log = SessionLog(1, desk)
        log.look(connector, 0, session)
        log.add(connector, 0, "bind", None, start)
        for second in range(0, 200, 10):  # an enquire_link each 30 s; none is answered in the third minute
            at = start + timedelta(seconds=second - second % 30)
            if at.minute != 2:
                session.last_answered_at = at
            log.look(connector, 0, session)
        await log.flush()
        again = list(log._waiting)
        log.add(connector, 0, "loss", "reset by peer", session.last_answered_at, {"in_doubt": 3})
        held, log._waiting = log._waiting, []
        log._waiting = [*again, *held]
        await log.flush()
        log._waiting = held  # the connection was lost after the commit: they are written again
        await log.flush()
        await desk.close()

    asyncio.run(story())
    rows = platform.rows(
        "select kind, to_char(last_answered_at at time zone 'UTC', 'HH24:MI'), counters, reason"
        " from dispatch.session_event order by session_event_id"
    )
    assert [(kind, minute) for kind, minute, _, _ in rows] == [
        ("bind", "10:00"), ("counters", "10:01"), ("counters", "10:03"), ("loss", "10:03"),
    ]  # fmt: skip
    assert {"sent", "answered", "rss", "cpu"} <= set(rows[1][2])
    assert (rows[-1][2], rows[-1][3]) == ({"in_doubt": 3}, "reset by peer")

"""A worker's figures in the form that Prometheus reads: from plain counters, when they are asked for.

No number, no text and no account stands in a label: a connector's name and outcomes only.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from dispatch.breaker import State

if TYPE_CHECKING:
    from dispatch.link import Link
    from dispatch.worker import Worker

_P = "outbound_dispatch_"


def registry(worker: "Worker") -> CollectorRegistry:
    """Everything of this worker, and of its process (memory, CPU, open files)."""
    made = CollectorRegistry()
    made.register(_Figures(worker))
    ProcessCollector(registry=made)
    return made


def details(worker: "Worker") -> dict[str, Any]:
    """What /healthz says beside whether all is well: which connectors have a session."""
    found: dict[str, Any] = {"worker": worker.name}
    if worker.opened:
        found |= {
            "epoch": worker.epoch,
            "connectors": {
                link.connector.name: {"enabled": link.connector.enabled, "sessions": link.bound_sessions}
                for link in worker.links
            },
        }
    return found


class _Figures:
    def __init__(self, worker: "Worker") -> None:
        self._worker = worker

    def describe(self) -> list[Metric]:
        """Nothing is known before it is asked."""
        return []

    def collect(self) -> Iterator[Metric]:
        worker = self._worker
        vitals = worker.vitals
        yield GaugeMetricFamily(f"{_P}loop_lag_seconds", "How late the event loop turned last.", vitals.lag)
        yield CounterMetricFamily(f"{_P}loop_late_seconds", "By how much its turns were late, in all.", vitals.late)
        yield GaugeMetricFamily(f"{_P}healthy", "1 where /healthz answers 200.", float(not vitals.troubles()))
        if not worker.opened:
            return
        ledger, inbox = worker.ledger, worker.inbox
        yield CounterMetricFamily(f"{_P}commits", "Group commits.", ledger.commits)
        yield HistogramMetricFamily(
            f"{_P}commit_seconds", "From a group commit to its answer.",
            buckets=ledger.latency.buckets(), sum_value=ledger.latency.sum,
        )  # fmt: skip
        yield GaugeMetricFamily(f"{_P}ledger_open", "Attempts that are intended and have no durable end.", ledger.open)
        yield GaugeMetricFamily(f"{_P}leases", "Batches that the worker holds.", worker.held)
        yield GaugeMetricFamily(
            f"{_P}broken", "Those of them that cannot be sent as they were accepted.", worker.broken
        )
        yield CounterMetricFamily(f"{_P}replies", "Subscribers' replies that were stored.", inbox.replies)
        yield CounterMetricFamily(
            f"{_P}receipts_matched", "Receipts for which this worker found the attempt, whoever took them.",
            worker.matched,
        )  # fmt: skip
        yield GaugeMetricFamily(
            f"{_P}receipts_behind_seconds", "Since the oldest receipt came that no worker has looked at.",
            worker.receipts_behind,
        )  # fmt: skip
        links = worker.links
        yield _attempts(links)
        stored = CounterMetricFamily(f"{_P}receipts_stored", "Receipts that this worker took.", labels=["connector"])
        unmatched = GaugeMetricFamily(
            f"{_P}receipts_unmatched", "Receipts, of all workers, that wait for their attempt.", labels=["connector"]
        )
        for link in links:
            key = link.connector.connector_id
            stored.add_metric([link.connector.name], inbox.stored_of[key])
            unmatched.add_metric([link.connector.name], worker.unmatched[key])
        yield stored
        yield unmatched
        for name, what, value in _GAUGES:
            gauge = GaugeMetricFamily(f"{_P}{name}", what, labels=["connector"])
            for link in links:
                gauge.add_metric([link.connector.name], float(value(link)))
            yield gauge
        contract = GaugeMetricFamily(
            f"{_P}rate_contract", "Segments a second that all workers together may write; absent: no limit.",
            labels=["connector"],
        )  # fmt: skip
        for name, what, count in _COUNTERS:
            counter = CounterMetricFamily(f"{_P}{name}", what, labels=["connector"])
            for link in links:
                counter.add_metric([link.connector.name], float(count(link)))
            yield counter
        share = GaugeMetricFamily(
            f"{_P}rate_share", "Segments a second that this worker may write; absent: no limit.", labels=["connector"]
        )
        held = CounterMetricFamily(
            f"{_P}throttled_seconds", "In which nothing was written because the carrier asked for patience.",
            labels=["connector"],
        )  # fmt: skip
        for link in links:
            if link.rate_share is not None:
                share.add_metric([link.connector.name], link.rate_share)
            if link.connector.rate is not None:
                contract.add_metric([link.connector.name], link.connector.rate)
            held.add_metric([link.connector.name], link.figures.held)
        yield contract
        yield share
        yield held
        yield _round_trips(links)


_CIRCUITS = (State.CLOSED, State.HALF_OPEN, State.OPEN)

_GAUGES = (
    ("enabled", "1 where the set-up has it switched on.", lambda link: link.connector.enabled),
    ("sessions", "Sessions that stand.", lambda link: link.bound_sessions),
    ("window_size", "Submissions that may wait for their answer, on all its sessions.", lambda link: link.window_size),
    ("window_used", "Submissions that wait for their answer.", lambda link: link.window_used),
    ("parts_waiting", "Segments that wait to be intended.", lambda link: link.waiting),
    ("circuit", "0 closed, 1 half open, 2 open.", lambda link: _CIRCUITS.index(link.circuit)),
)

_COUNTERS = (
    ("binds_refused", "Binds that the carrier refused.", lambda link: link.figures.binds_refused),
    ("reconnects", "Binds of sessions that had been lost or ended.", lambda link: link.figures.reconnects),
)


def _attempts(links: "list[Link]") -> Metric:
    family = CounterMetricFamily(
        f"{_P}attempts", "Attempts with a committed end; transient: refused, and tried again.",
        labels=["connector", "outcome"],
    )  # fmt: skip
    for link in links:
        for outcome, count in link.figures.outcomes.items():
            family.add_metric([link.connector.name, outcome], count)
    return family


def _round_trips(links: "list[Link]") -> Metric:
    family = HistogramMetricFamily(
        f"{_P}submit_seconds", "From a submission to its answer; one of each read is looked at.", labels=["connector"]
    )
    for link in links:
        seen = link.figures.round_trip
        family.add_metric([link.connector.name], seen.buckets(), seen.sum)
    return family

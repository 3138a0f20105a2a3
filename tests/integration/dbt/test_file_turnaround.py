"""SLA S13: a file is answered within five minutes for each 100,000 rows of it, and at least within five minutes."""

import json
from datetime import timedelta

from tests.integration.dbt.conftest import cairo

COMPLETE = "2026-03-10 12:00"


def arrives(account, name, *, rows, minutes, outcome="accepted", at=COMPLETE):
    """minutes: from complete to answered; None: never."""
    stable_at = cairo(at)
    answered = {
        "state": "claimed" if minutes is None else "answered",
        "outcome": None if minutes is None else outcome,
        "ack": None if minutes is None else json.dumps({"rows": rows}),
        "answered_at": None if minutes is None else stable_at + timedelta(minutes=minutes),
    }
    account.books.execute(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at,"
        " state, outcome, ack, answered_at)"
        " values (%s, 'campaign', %s, 1, 1, sha256(convert_to(%s, 'UTF8')), '-', 'marker', %s, %s, %s, %s, %s)",
        account.account_id, name, name, stable_at, *answered.values(),
    )  # fmt: skip


def figures(books, account, as_of):
    found = [row for row in books.as_of(as_of).of("operations.sla", account.name) if row.metric == "S13"]
    return {row.month: (row.good, row.counted, row.exclusions, row.state) for row in found}


def test_the_time_allowed_grows_with_the_file(books):
    nile = books.account("nile")
    arrives(nile, "small in time", rows=10, minutes=5)
    arrives(nile, "small, late", rows=99_999, minutes=5.1)
    arrives(nile, "large in time", rows=1_000_000, minutes=49)
    arrives(nile, "large, late", rows=1_000_000, minutes=51)
    arrives(nile, "refused in time", rows=0, minutes=1, outcome="rejected")
    arrives(nile, "the month before", rows=10, minutes=1, at="2026-02-28 23:59")

    assert figures(books, nile, "2026-03-11 00:00") == {
        "2026-03": (3, 5, {}, "breached"),
        "2026-02": (1, 1, {}, "met"),
    }


def test_a_file_without_an_answer_fails_once_its_time_is_over(books):
    nile = books.account("delta")
    arrives(nile, "in time", rows=10, minutes=1)
    arrives(nile, "never", rows=10, minutes=None)

    assert figures(books, nile, "2026-03-10 12:04") == {"2026-03": (1, 1, {}, "settling")}
    assert figures(books, nile, "2026-03-10 12:06") == {"2026-03": (1, 2, {}, "breached")}


def test_what_the_customer_held_up_is_left_out(books):
    nile = books.account("oasis")
    arrives(nile, "in time", rows=10, minutes=1)
    arrives(nile, "held, late", rows=10, minutes=60, outcome="held")

    assert figures(books, nile, "2026-03-11 00:00") == {"2026-03": (1, 1, {"held": 1}, "met")}

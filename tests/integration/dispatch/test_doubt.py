"""Answers that were lost: in doubt, and what settles it."""

import csv
import json
import time
from collections import Counter

import psycopg
import pytest
from click.testing import CliRunner

from dispatch.statement_cli import command as statement


@pytest.fixture
def doubtful(platform, carrier):
    """A campaign of 30 of which the carrier accepted all and answered 10; its worker and the carrier are gone."""
    with carrier("--receipt-delay=60", "--silent-after=10") as smsc:
        platform.connect(smsc.port, window=10, settings={"response_timeout": 1})
        campaign = platform.accept(["x"] * 30)
        worker = platform.worker()
        platform.until(lambda: len(smsc.witness.accepted()) == 30)
        worker.kill()
        smsc.kill()
    return campaign


def settle(platform, campaign: int) -> dict[str, int]:
    """A worker that reaches no carrier looks at what was left."""
    worker = platform.worker()
    platform.until(lambda: platform.one("select count(*) from dispatch.epoch where settled_at is null") == 1)
    platform.until(lambda: not platform.progress(campaign).get("unsent"))
    worker.stop()
    return platform.progress(campaign)


def test_in_doubt_becomes_unknown_an_hour_after_its_validity_and_accepted_by_a_later_receipt(
    platform, carrier, doubtful
):
    assert settle(platform, doubtful) == {"segments": 30, "accepted": 10, "in_doubt": 20}
    platform.rows("update dispatch.batch set expires_at = now() - interval '59 minutes'")
    assert settle(platform, doubtful)["in_doubt"] == 20
    platform.rows("update dispatch.batch set expires_at = now() - interval '61 minutes'")
    worker = platform.worker()
    platform.until(lambda: platform.progress(doubtful) == {"segments": 30, "accepted": 10, "unknown": 20})
    worker.stop()

    with carrier("--receipt-delay=0") as smsc:  # it owes its receipts still
        platform.rows("update dispatch.connector set port = %s", smsc.port)
        worker = platform.worker()
        platform.until(lambda: platform.progress(doubtful).get("final_receipts") == 30)
        platform.until(lambda: platform.state(doubtful) == "completed")
        worker.stop()
        assert len(smsc.witness.accepted()) == 30
    assert platform.progress(doubtful) == {"segments": 30, "accepted": 30, "final_receipts": 30}
    proofs = platform.rows("select state::text, proof, count(*) from dispatch.settlement group by 1, 2 order by 1, 2")
    assert proofs == [("accepted", "receipt", 20), ("unknown", "time_limit", 20)]


def test_a_statement_settles_what_is_in_doubt_and_tells_the_differences(platform, carrier, doubtful, tmp_path):
    settle(platform, doubtful)
    with carrier() as smsc:
        records = smsc.witness.accepted()
    with (tmp_path / "march.csv").open("w") as file:
        lines = csv.writer(file)
        lines.writerow(["message_id", "destination", "source", "reference"])
        for record in records[1:]:
            lines.writerow([f"{record.number:010d}", record.destination, record.source, record.reference])
        lines.writerow(["999", "201099999999", "NILE", 1])

    def load() -> dict:
        result = CliRunner().invoke(
            statement, ["load", str(tmp_path / "march.csv"), "--connector", "cairo", "--json"], catch_exceptions=False
        )
        assert result.exit_code == 0
        return json.loads(result.output)

    first, second = load(), load()
    assert {key: first[key] for key in ("lines", "agreed", "settled", "only_in_statement")} == {
        "lines": 30, "agreed": 9, "settled": 20, "only_in_statement": 1,
    }  # fmt: skip
    assert [one["destination"] for one in first["differences"]] == ["2010•••••999"]
    assert (second["agreed"], second["settled"]) == (29, 0)
    assert platform.progress(doubtful) == {"segments": 30, "accepted": 30}


def test_silence_of_a_carrier_with_complete_receipts_is_proof(platform, carrier):
    """The carrier took the submissions and lost them: no receipt comes, so they are sent again. Not before every worker has
    stored what it heard: another one may have the receipts, and cannot reach the database."""
    with carrier("--receipt-delay=0", "--silent-after=10", name="first") as smsc:
        platform.connect(
            smsc.port, window=10, receipts_complete=True, in_doubt_after=2, settings={"response_timeout": 0.5}
        )
        campaign = platform.accept(["x"] * 30)
        worker = platform.worker()
        platform.until(lambda: platform.progress(campaign).get("in_doubt"))
        worker.kill()
        smsc.kill()
    other = platform.one(
        "insert into dispatch.epoch (worker, host, boot_id, pid, journal) values ('w', 'elsewhere', 'b', 1, 'j') returning epoch_id"
    )
    silent = "select count(*) from dispatch.settlement where state = 'not_sent' and proof = 'silence'"
    with carrier("--receipt-delay=0", name="second") as smsc:
        platform.rows("update dispatch.connector set port = %s", smsc.port)
        binds = platform.one("select count(*) from dispatch.session_event where kind = 'bind'")
        worker = platform.worker()
        platform.until(lambda: platform.one("select count(*) from dispatch.session_event where kind = 'bind'") > binds)
        time.sleep(6)  # thrice what is silence
        assert platform.one(silent) == 0
        platform.rows("update dispatch.epoch set ended_at = now() where epoch_id = %s", other)
        platform.until(lambda: platform.progress(campaign).get("accepted") == 30)
        worker.stop()

    assert not platform.progress(campaign).keys() & {"in_doubt", "unknown", "unsent"}
    assert platform.one(silent) >= 10
    assert platform.attempts()["not_sent", False] >= 10


def test_where_messages_go_at_least_once_what_is_in_doubt_goes_again_with_a_validity_anew(platform, carrier, doubtful):
    platform.rows("update dispatch.connector set in_doubt_policy = 'at_least_once'")
    platform.rows("update dispatch.batch set expires_at = now() - interval '61 minutes'")
    with carrier("--receipt-delay=600") as smsc:
        platform.rows("update dispatch.connector set port = %s", smsc.port)
        worker = platform.worker()
        platform.until(lambda: platform.progress(doubtful).get("accepted") == 30)
        worker.stop()
        times = Counter(record.destination for record in smsc.witness.accepted())

    assert (
        platform.one("select count(*) from dispatch.settlement where (state, proof) = ('not_sent', 'time_limit')") == 20
    )
    assert platform.one("select bool_and(expires_at > now()) from dispatch.batch")
    assert Counter(times.values()) == {1: 10, 2: 20}
    assert platform.progress(doubtful) == {"segments": 30, "accepted": 30}


def test_a_receipt_that_the_matcher_has_not_looked_at_is_no_silence(platform, carrier, database):
    """Any open transaction that writes holds the matcher back; what is stored by then is proof all the same."""
    with carrier("--receipt-delay=0", "--disconnect-after=10", "--disconnect-when=before") as smsc:
        platform.connect(smsc.port, window=10, receipts_complete=True, in_doubt_after=1)
        with psycopg.connect(database) as other:
            other.execute("select pg_current_xact_id()")
            campaign = platform.accept(["x"] * 12)
            worker = platform.worker()
            platform.until(lambda: platform.one("select count(*) from dispatch.receipt") == 12)
            in_doubt = platform.progress(campaign)["in_doubt"]
            time.sleep(4)  # in which the worker looks again and again
            assert platform.one("select count(*) from dispatch.settlement") == 0
        platform.until(lambda: platform.state(campaign) == "completed")
        worker.stop()
        assert (in_doubt, smsc.witness.count()) == (10, 12)
    assert platform.rows("select distinct state::text, proof from dispatch.settlement") == [("accepted", "receipt")]

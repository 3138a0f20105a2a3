"""INTAKE, Answers: the final report has the customer's rows, and what became of each."""

import csv

from ingest import housekeeping
from ingest.foreground import ingest

SUBMITTED = """
insert into dispatch.submission (
    account_id, campaign_id, ordinal, segment, attempt, state, command_status, carrier_message_id, sent_at, answered_at,
    epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
values (1, %s, %s, 1, 1, %s, %s, 'x', now(), now(), 1, 1, 1, 1, 1, 1, 1, 'EG')
"""
RECEIPT = """
insert into dispatch.receipt_match (
    receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final, done_at)
values (%s, now(), 1, %s, %s, 1, 1, %s, true, now())
"""


def test_each_row_of_the_file_has_its_fate(platform, mobile):
    platform.members("nile", [mobile(n) for n in range(6)])
    platform.buy("nile", 10)
    content = "msisdn,name,text\n" + "".join(f"{mobile(n)},=N{n},hi\n" for n in range(6)) + "x,short\n"
    campaign = ingest(platform.file("a.csv", content), "nile", "campaign")["campaign_id"]
    for ordinal, status in ((1, 0), (2, 0), (3, 0), (4, 11)):
        platform.rows(SUBMITTED, campaign, ordinal, "rejected" if status else "accepted", status)
    platform.rows(RECEIPT, 1, campaign, 1, 2)
    platform.rows(RECEIPT, 2, campaign, 2, 5)
    platform.rows(
        "insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason) values (1, %s, 5, 1, 'opted_out')",
        campaign,
    )
    platform.rows("update intake.campaign set state = 'completed', completed_at = now()")

    housekeeping.run()  # as no run of the file is left to write it

    (report,) = platform.results("nile", "report.csv")
    with report.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["status"], row["reason"], row["segments"]) for row in rows] == [
        ("delivered", "", "1"),
        ("undeliverable", "", "1"),
        ("sent", "", "1"),
        ("rejected", "status 0x0000000b", "1"),
        ("not_sent", "opted_out", "1"),
        ("not_sent", "", "1"),
        ("rejected", "FIELD_COUNT: the row has more or fewer fields than the header", ""),
    ]
    assert (rows[0]["name"], rows[6]["msisdn"]) == ("'=N0", "x")
    assert rows[0]["sent_at"]
    assert rows[0]["final_at"]
    assert platform.value("select count(*) from intake.campaign_event where kind = 'reported'") == 1


def test_it_reads_the_file_as_it_was_read_when_it_was_taken(platform, mobile):
    """The account's defaults are others by the time its messages are final."""
    platform.members("nile", [mobile(1), mobile(2)])
    platform.buy("nile", 10)
    content = f"msisdn;text\n{mobile(1)};hi\n{mobile(2)};\n"
    ack = ingest(platform.file("a.csv", content), "nile", "campaign")
    platform.defaults("nile", delimiter=",", header=False, encoding="cp1256")
    platform.rows("update intake.campaign set state = 'completed', completed_at = now()")
    platform.rows("update intake.file set delivered_at = null")

    housekeeping.run()

    (report,) = platform.results("nile", "report.csv")
    with report.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["msisdn"], row["text"], row["status"]) for row in rows] == [
        (str(mobile(1)), "hi", "not_sent"),
        (str(mobile(2)), "", "rejected"),
    ]
    (rejects,) = platform.results("nile", "rejects.csv")
    assert f"{mobile(2)};,EMPTY_TEXT" in rejects.read_text("utf-8-sig")
    assert ack["status"] == "partial"

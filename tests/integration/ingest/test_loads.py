"""INTAKE, Bases and opt-outs."""

import pytest

from ingest.foreground import ingest
from tests.unit.ingest.builders import sheet, workbook


def members(platform, account="nile"):
    rows = platform.rows(
        "select msisdn, consent_date::text, attributes from account.base_member join account.account using (account_id)"
        " where name = %s order by msisdn",
        account,
    )
    return [tuple(row.values()) for row in rows]


def test_a_full_base_is_all_of_it(platform, mobile):
    first = f"msisdn,consent_date\n{mobile(1)},2026-01-02\n{mobile(2)},\n"
    second = f"Phone,name\n{mobile(2)},Mona\n{mobile(3)},Karim\n"

    assert ingest(platform.file("a.csv", first), "nile", "base")["status"] == "accepted"
    assert members(platform) == [(mobile(1), "2026-01-02", None), (mobile(2), None, None)]
    assert ingest(platform.file("b.csv", second), "nile", "base")["load"] == "full"
    assert members(platform) == [(mobile(2), None, {"name": "Mona"}), (mobile(3), None, {"name": "Karim"})]


def test_a_delta_adds_and_removes(platform, mobile):
    platform.members("nile", [mobile(1), mobile(2)])
    delta = f"msisdn,action\n{mobile(1)},remove\n{mobile(3)},ADD\n{mobile(4)},maybe\n"
    ack = ingest(platform.file("d.csv", delta), "nile", "base")

    assert (ack["status"], ack["load"], ack["reasons"]) == ("partial", "delta", {"BAD_ACTION": 1})
    assert [row[0] for row in members(platform)] == [mobile(2), mobile(3)]


def test_the_last_row_of_a_number_counts(platform, mobile):
    delta = f"msisdn,action\n{mobile(1)},add\n{mobile(1)},remove\n{mobile(2)},remove\n{mobile(2)},add\n"
    ingest(platform.file("d.csv", delta), "nile", "base")

    assert [row[0] for row in members(platform)] == [mobile(2)]


def test_rows_that_cannot_be_members_are_rejected_with_their_reason(platform, mobile):
    content = f"msisdn,consent_date\n{mobile(1)},2026-02-30\nx,2026-01-01\n0223456789,\n{mobile(2)}\n{mobile(3)},\n"
    ack = ingest(platform.file("b.csv", content), "nile", "base")

    assert ack["reasons"] == {"BAD_DATE": 1, "FIELD_COUNT": 1, "NOT_MOBILE": 1, "NUMBER_UNPARSABLE": 1}
    assert [row[0] for row in members(platform)] == [mobile(3)]
    assert "0223456789" in platform.results("nile", "rejects.csv")[0].read_text()


@pytest.mark.parametrize("content", ["", "msisdn\n", "msisdn\nx\n", 'msisdn,n\n1,"x\n'])
def test_a_base_that_cannot_be_used_changes_nothing(platform, mobile, content):
    platform.members("nile", [mobile(1)])

    assert ingest(platform.file("b.csv", content), "nile", "base")["status"] == "rejected"
    assert [row[0] for row in members(platform)] == [mobile(1)]


def test_a_header_that_the_database_cannot_hold_is_refused(platform, mobile):
    ack = ingest(platform.file("b.csv", f"msisdn,na\0me\n{mobile(1)},Mona\n"), "nile", "base")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "BAD_BYTE")
    assert members(platform) == []


def test_a_load_is_the_account_s_own(platform, mobile):
    platform.members("delta", [mobile(9)])
    ingest(platform.file("b.csv", f"msisdn\n{mobile(1)}\n"), "nile", "base")

    assert [row[0] for row in members(platform, "delta")] == [mobile(9)]


def test_a_base_load_never_brings_an_opted_out_subscriber_back(platform, mobile):
    ingest(platform.file("o.csv", f"msisdn\n{mobile(1)}\n"), "nile", "optout")
    ingest(platform.file("b.csv", f"msisdn\n{mobile(1)}\n{mobile(2)}\n"), "nile", "base")
    platform.buy("nile", 10)
    content = f"msisdn,text\n{mobile(1)},hi\n{mobile(2)},hi\n"
    ack = ingest(platform.file("c.csv", content), "nile", "campaign")

    assert ack["reasons"] == {"OPTED_OUT": 1}
    assert platform.sent(ack["campaign_id"]) == [(mobile(2), "hi")]


def test_opting_out_twice_is_once_and_another_account_s_opt_out_is_not_ours(platform, mobile):
    content = f"msisdn\n{mobile(1)}\n{mobile(1)}\n"
    assert ingest(platform.file("o.csv", content), "delta", "optout")["status"] == "accepted"
    assert ingest(platform.file("p.csv", content), "delta", "optout")["status"] == "accepted"

    assert platform.rows("select account_id, msisdn, source from account.opt_out") == [
        {"account_id": 2, "msisdn": mobile(1), "source": "file"}
    ]


def test_an_opt_out_file_does_not_opt_in(platform, mobile):
    ack = ingest(platform.file("o.csv", f"msisdn,action\n{mobile(1)},remove\n"), "nile", "optout")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "BAD_ACTION")


def test_an_older_full_base_does_not_undo_a_newer_one(platform, mobile):
    from ingest import accounts, claim
    from ingest.pipeline import validate
    from outbound import database

    older, newer = (platform.file(f"{n}.csv", f"msisdn\n{mobile(n)}\n") for n in (1, 2))
    with database.connect("ingest", autocommit=True) as connection:
        nile = accounts.named(connection, "nile")
        ids = [claim.claim(connection, nile, path, "base", "command") for path in (older, newer)]
    for file_id in reversed(ids):
        validate(file_id)

    assert [row[0] for row in members(platform)] == [mobile(2)]
    assert (
        platform.value("select ack -> 'codes' -> 0 ->> 'code' from intake.file where file_id = %s", ids[0])
        == "SUPERSEDED"
    )


def test_opt_outs_that_can_be_read_count_whatever_a_spreadsheet_did_to_the_others(platform, mobile):
    content = f"msisdn\n{mobile(1)}\n2.01001E+11\n{mobile(2)}\n"
    ack = ingest(platform.file("out.csv", content), "nile", "optout")

    assert (ack["status"], ack["reasons"]) == ("partial", {"NUMBER_MANGLED": 1})
    found = platform.rows("select msisdn from account.opt_out order by msisdn")
    assert [row["msisdn"] for row in found] == [mobile(1), mobile(2)]


def test_nobody_consents_in_the_future(platform, mobile):
    content = f"msisdn,consent_date\n{mobile(1)},2999-01-01\n{mobile(2)},2020-01-01\n"
    ack = ingest(platform.file("base.csv", content), "nile", "base")

    assert (ack["status"], ack["reasons"]) == ("partial", {"BAD_DATE": 1})


def test_hidden_rows_of_a_workbook_are_left_out_and_told(platform, mobile):
    content = workbook(sheet(("msisdn",), (str(mobile(1)),), (str(mobile(2)),), hidden_rows={3}))
    base = ingest(platform.file("base.xlsx", content), "nile", "base")
    platform.buy("nile", 100)
    campaign = ingest(platform.file("c.xlsx", content, template="Hello"), "nile", "campaign")

    assert (base["status"], base["rows"], base["skipped"]) == ("accepted", 1, 1)
    assert (campaign["status"], campaign["rows"], campaign["skipped"]) == ("accepted", 1, 1)

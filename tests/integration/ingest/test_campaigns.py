"""INTAKE, from a file to the queue: answers, holds and what settles them."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.acceptance import accept
from ingest.approval import NotReleasable, release
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.pipeline import validate


@pytest.fixture
def nile(platform, mobile):
    """Ten members, 100 units."""
    platform.members("nile", [mobile(n) for n in range(10)])
    platform.buy("nile", 100)
    return platform


def table(numbers, text="hello"):
    return "msisdn,text\n" + "".join(f"{number},{text}\n" for number in numbers)


def state(platform, ack):
    return platform.value("select state from intake.campaign where campaign_id = %s", ack["campaign_id"])


def test_a_good_file_is_queued_whole(nile, mobile):
    ack = ingest(nile.file("offer.csv", table(map(mobile, range(3)))), "nile", "campaign")

    assert (ack["status"], ack["rows"], ack["accepted"], ack["segments"]) == ("accepted", 3, 3, 3)
    assert ack["cost"] == {"units": 3, "net": "0.30", "currency": "EGP"}
    assert nile.sent(ack["campaign_id"]) == [(mobile(n), "hello") for n in range(3)]
    (batch,) = nile.rows("select * from dispatch.batch")
    assert (batch["first_ordinal"], batch["size"], batch["state"], batch["priority"]) == (1, 3, "ready", 100)
    assert nile.value("select segments from account.reservation") == 3
    campaign = nile.rows("select * from intake.campaign")[0]
    assert (campaign["state"], campaign["landing_table"]) == ("accepted", None)
    assert batch["expires_at"] == campaign["eligible_at"] + timedelta(hours=24)
    assert nile.value("select count(*) from pg_class where relname ~ '^landing_'") == 0
    events = nile.rows("select kind from intake.campaign_event order by campaign_event_id")
    assert [event["kind"] for event in events] == ["received", "validated", "accepted"]


def test_the_answer_lies_in_results(nile, mobile):
    ack = ingest(nile.file("offer.csv", table([mobile(1), "x", "=1+1", mobile(1)])), "nile", "campaign")
    (written,) = nile.results("nile", "ack.json")
    (rejects,) = nile.results("nile", "rejects.csv")

    assert written.name == f"offer.csv.{ack['file_id']}.ack.json"
    assert json.loads(written.read_text()) == ack
    assert (ack["status"], ack["reasons"]) == ("partial", {"DUPLICATE": 1, "NUMBER_UNPARSABLE": 2})
    lines = rejects.read_text("utf-8-sig").splitlines()
    assert lines[0] == "line,row,code,reason,reason_ar"
    assert lines[1] == '3,"x,hello",NUMBER_UNPARSABLE,not a telephone number,ليس رقم هاتف'
    assert lines[2].startswith('4,"\'=1+1,hello",')  # no formula in a spreadsheet
    assert lines[3].startswith(f'5,"{mobile(1)},hello",DUPLICATE,the number stands in an earlier row (line 2)')


@pytest.mark.parametrize("content", ["", "msisdn,text\n", "msisdn,name\n1,x\n", 'msisdn,text\n1,"x\n'])
def test_a_file_that_cannot_be_used_is_answered_and_nothing_of_it_is_sent(nile, content):
    ack = ingest(nile.file("bad.csv", content), "nile", "campaign")

    assert (ack["status"], ack["campaign_id"]) == ("rejected", None)
    assert ack["codes"][0]["code"] in ("EMPTY_FILE", "NO_ROWS", "NO_TEXT", "UNCLOSED_QUOTE")
    assert nile.value("select count(*) from dispatch.message") == 0
    assert len(nile.results("nile", "ack.json")) == 1


def test_every_row_rejected_is_a_rejected_campaign(nile):
    ack = ingest(nile.file("bad.csv", table(["x", "y"])), "nile", "campaign")

    assert (ack["status"], ack["rows"], ack["rejected"]) == ("rejected", 2, 2)
    assert state(nile, ack) == "rejected"
    assert len(nile.results("nile", "rejects.csv")) == 1


def test_a_hundredth_of_mangled_numbers_is_a_row_s_fault_more_is_the_file_s(nile, mobile):
    nile.defaults("nile", base_mismatch_percent="100")
    fine = [mobile(n) for n in range(99)]

    assert ingest(nile.file("a.csv", table([*fine, "2.01E+11"])), "nile", "campaign")["status"] == "partial"
    ack = ingest(nile.file("b.csv", table([*fine, "2.01E+11", "2.02E+11"])), "nile", "campaign")
    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "NUMBER_MANGLED")
    assert nile.value("select count(*) from intake.campaign") == 1


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        ({"rows": 2}, "MANIFEST_MISMATCH"),
        ({"sha256": "0" * 64}, "MANIFEST_MISMATCH"),
        ({"template": "{nobody}"}, "UNKNOWN_PLACEHOLDER"),
        ({"unknown": 1}, "MANIFEST_INVALID"),
        ({"schedule": "2020-01-01T10:00"}, "SCHEDULE_PAST"),
        ({"end": "2020-01-01T10:00"}, "END_PAST"),
    ],
)
def test_a_manifest_that_contradicts_its_file_or_the_clock(nile, mobile, manifest, code):
    ack = ingest(nile.file("a.csv", table([mobile(1)]), **manifest), "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", code)


def test_a_manifest_that_agrees(nile, mobile):
    content = table([mobile(1)])
    digest = hashlib.sha256(content.encode()).hexdigest().upper()
    ack = ingest(nile.file("a.csv", content, rows=1, sha256=digest, encoding="utf-8"), "nile", "campaign")

    assert ack["status"] == "accepted"


def test_an_account_may_require_a_manifest(nile, mobile):
    nile.defaults("nile", manifest_required=True)
    ack = ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")

    assert ack["codes"][0]["code"] == "MANIFEST_MISSING"


def test_schedule_end_validity_and_class_reach_the_batches(nile, mobile):
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    options = {"schedule": begins.isoformat(), "end": (begins + timedelta(hours=1)).isoformat(), "class": "promotional"}
    ingest(nile.file("a.csv", table([mobile(1)]), **options, validity="90m"), "nile", "campaign")
    (batch,) = nile.rows("select * from dispatch.batch")

    assert (batch["not_before"], batch["priority"]) == (begins, 200)
    assert batch["expires_at"] == begins + timedelta(hours=1)  # the end comes before the validity's


def test_a_spread_within_a_daily_window_reaches_the_batches(nile, mobile):
    """Two hours on each of two days, at 10:00 in Cairo (08:00 UTC in winter): the second half goes on the second day."""
    options = {
        "schedule": "2031-01-10T23:00",
        "daily_window": "10:00-12:00",
        "spread": "26h",
        "validity": "1h",
        "rate": 7,
    }
    nile.members("delta", [mobile(n) for n in range(8)])
    ack = ingest(nile.file("a.csv", table([mobile(n) for n in range(8)]), **options), "delta", "campaign")
    batches = nile.rows("select * from dispatch.batch order by first_ordinal")
    first, second = datetime(2031, 1, 11, 8, tzinfo=UTC), datetime(2031, 1, 12, 8, tzinfo=UTC)

    assert ack["status"] == "accepted"
    assert [batch["not_before"] for batch in batches] == [
        day + timedelta(minutes=minutes) for day in (first, second) for minutes in (0, 30, 60, 90)
    ]
    assert [batch["expires_at"] - batch["not_before"] for batch in batches] == [timedelta(hours=1)] * 8
    (campaign,) = nile.rows("select * from intake.campaign")
    assert (campaign["eligible_at"], campaign["opens_at"]) == (first, first)
    assert (campaign["closes_at"], campaign["spread"]) == (first + timedelta(hours=2), timedelta(hours=26))
    assert campaign["rate"] == 7


def test_a_window_that_does_not_open_before_the_end_is_refused(nile, mobile):
    options = {"schedule": "2031-01-10T13:00", "end": "2031-01-11T10:00", "daily_window": "10:00-12:00"}
    ack = ingest(nile.file("a.csv", table([mobile(1)]), **options), "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "END_PAST")
    assert "does not open" in ack["codes"][0]["detail"]


def test_a_late_schedule_goes_at_once_where_it_says_asap(nile, mobile):
    ack = ingest(nile.file("a.csv", table([mobile(1)]), schedule="2020-01-01T10:00", asap=True), "nile", "campaign")

    assert ack["status"] == "accepted"


def test_a_sender_that_is_not_approved_sends_nothing(nile, mobile):
    ack = ingest(nile.file("a.csv", table([mobile(1)]), sender="OTHER"), "nile", "campaign")

    assert (ack["status"], ack["reasons"]) == ("rejected", {"SENDER_NOT_APPROVED": 1})


def test_an_account_s_only_sender_needs_no_naming(nile, mobile):
    nile.rows("update account.account set defaults = '{}'")
    assert ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")["status"] == "accepted"
    nile.rows(
        "insert into account.sender (account_id, address, kind, approved_from) values (1, '2020', 'short_code', '2020-01-01')"
    )
    assert ingest(nile.file("b.csv", table([mobile(2)])), "nile", "campaign")["codes"][0]["code"] == "NO_SENDER"


def test_the_same_bytes_again_are_a_duplicate_under_any_name(nile, mobile):
    content = table([mobile(1)])
    first = ingest(nile.file("a.csv", content), "nile", "campaign")
    again = ingest(nile.file("b.csv", content), "nile", "campaign")
    meant = ingest(nile.file("c.csv", content, batch_ref="second"), "nile", "campaign")
    reused = ingest(nile.file("d.csv", content, batch_ref="second"), "nile", "campaign")

    assert [ack["status"] for ack in (first, again, meant, reused)] == [
        "accepted",
        "duplicate",
        "accepted",
        "duplicate",
    ]
    assert again["codes"][0]["code"] == "DUPLICATE_CONTENT"
    assert nile.value("select count(*) from dispatch.message") == 2


def test_another_account_s_bytes_are_no_duplicate(nile, mobile):
    nile.members("delta", [mobile(1)])
    content = table([mobile(1)])

    assert ingest(nile.file("a.csv", content), "nile", "campaign")["status"] == "accepted"
    assert ingest(nile.file("a.csv", content), "delta", "campaign")["status"] == "accepted"


def test_a_file_that_was_refused_may_come_again(nile, mobile):
    content = table([mobile(1)])

    assert ingest(nile.file("a.csv", content, template="{typo}"), "nile", "campaign")["status"] == "rejected"
    assert ingest(nile.file("a.csv", content, template="{text}"), "nile", "campaign")["status"] == "accepted"


def test_the_same_name_with_other_bytes_is_held_until_a_person_lets_it_pass(nile, mobile):
    ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")
    ack = ingest(nile.file("a.csv", table([mobile(2)])), "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "DUPLICATE_NAME")
    assert release_ready() == []
    nile.rows(
        "insert into intake.campaign_event (account_id, campaign_id, kind, cause) values (1, %s, 'approved', 'DUPLICATE_NAME')",
        ack["campaign_id"],
    )
    assert release_ready() == [ack["campaign_id"]]
    assert nile.sent(ack["campaign_id"]) == [(mobile(2), "hello")]


def test_a_person_lets_a_held_campaign_pass_on_record(nile, mobile):
    ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")
    campaign = ingest(nile.file("a.csv", table([mobile(2), 201999999999])), "nile", "campaign")["campaign_id"]

    assert release(campaign, "asked the customer") == "accepted"
    assert nile.sent(campaign) == [(mobile(2), "hello")]
    assert nile.rows("select action, object, detail from account.audit where action = 'release'") == [
        {
            "action": "release",
            "object": f"campaign {campaign}",
            "detail": {"hold": "DUPLICATE_NAME", "reason": "asked the customer"},
        }
    ]
    with pytest.raises(NotReleasable, match="is not held, it is accepted"):
        release(campaign, "again")


def test_nobody_lets_a_campaign_pass_without_units(nile, mobile):
    nile.purchases("delete from account.purchase")
    ack = ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")

    assert ack["codes"][0]["code"] == "NO_BALANCE"
    with pytest.raises(NotReleasable, match="outbound purchase"):
        release(ack["campaign_id"], "please")
    assert nile.sent(ack["campaign_id"]) == []


def test_the_same_file_again_gives_the_same_acknowledgement(nile, mobile):
    path = nile.file("a.csv", table([mobile(1)]))
    first = ingest(path, "nile", "campaign")

    assert ingest(path, "nile", "campaign") == first
    assert validate(first["file_id"]) == first["campaign_id"]
    assert accept(first["campaign_id"]) == "accepted"
    assert nile.value("select count(*) from dispatch.message") == 1
    assert len(nile.results("nile", "ack.json")) == 1


def test_a_refused_file_is_looked_at_again_with_a_manifest_that_mends_it(nile, mobile):
    path = nile.file("a.csv", f"msisdn,name\n{mobile(1)},Mona\n")
    assert ingest(path, "nile", "campaign")["codes"][0]["code"] == "NO_TEXT"
    nile.file("a.csv.manifest.json", '{"template": "hello"')
    assert ingest(path, "nile", "campaign")["codes"][0]["code"] == "MANIFEST_INVALID"
    nile.file("a.csv.manifest.json", '{"template": "hello {name}"}')
    ack = ingest(path, "nile", "campaign")

    assert nile.sent(ack["campaign_id"]) == [(mobile(1), "hello Mona")]
    nile.file("a.csv.manifest.json", '{"template": "bye {name}"}')
    assert ingest(path, "nile", "campaign")["status"] == "duplicate"
    assert nile.value("select count(*) from dispatch.message") == 1


def test_too_many_strangers_hold_the_campaign_until_the_base_is_loaded(nile, mobile):
    path = nile.file("a.csv", table([mobile(n) for n in range(7, 12)]))  # 2 of 5 are not in the base
    ack = ingest(path, "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "BASE_MISMATCH")
    assert release_ready() == []
    base = "msisdn,consent_date\n" + "".join(f"{mobile(n)},2026-01-01\n" for n in range(11))
    assert ingest(nile.file("base.csv", base), "nile", "base")["status"] == "accepted"
    assert release_ready() == [ack["campaign_id"]]
    (written,) = nile.results("nile", "ack.json")[:1]
    assert json.loads(written.read_text())["status"] == "partial"
    assert nile.sent(ack["campaign_id"]) == [(mobile(n), "hello") for n in range(7, 11)]
    assert nile.value("select not_in_base from intake.profile") == 1


def test_exactly_a_fifth_of_strangers_is_let_through(nile, mobile):
    ack = ingest(nile.file("a.csv", table([mobile(n) for n in range(6, 11)])), "nile", "campaign")

    assert (ack["status"], ack["reasons"]) == ("partial", {"NOT_IN_BASE": 1})


def test_an_empty_base_holds(nile, mobile):
    ack = ingest(nile.file("a.csv", table([mobile(1), "x"])), "delta", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "BASE_MISMATCH")
    assert "empty" in ack["codes"][0]["detail"]


def test_without_balance_the_campaign_is_held_whole_and_a_recharge_releases_it(nile, mobile):
    long = "a" * 161
    nile.purchases("update account.purchase set units = 5")
    ack = ingest(nile.file("a.csv", table([mobile(n) for n in range(3)], long)), "nile", "campaign")

    assert (ack["status"], ack["segments"]) == ("held", 6)
    assert ack["codes"][0] == {"code": "NO_BALANCE", "detail": "needs 6 segments, has 5; a recharge releases it"}
    assert nile.value("select count(*) from dispatch.message") == 0
    assert release_ready() == []
    nile.buy("nile", 5, key="PO-2")
    assert release_ready() == [ack["campaign_id"]]
    assert len(nile.sent(ack["campaign_id"])) == 3
    campaign = nile.rows("select eligible_at, accepted_at from intake.campaign")[0]
    assert campaign["eligible_at"] == campaign["accepted_at"]  # what the customer caused does not count


def test_partial_sends_in_file_order_up_to_the_balance(nile, mobile):
    nile.purchases("update account.purchase set units = 5")
    content = "msisdn,text\n" + "".join(f"{mobile(n)},{'a' * (161 if n == 3 else 1)}\n" for n in range(7))
    ack = ingest(nile.file("a.csv", content, on_insufficient_balance="partial"), "nile", "campaign")

    # the fourth takes two units: after it the balance is nil
    assert (ack["status"], ack["accepted"], ack["segments"]) == ("partial", 4, 5)
    assert ack["reasons"] == {"NO_BALANCE": 3}
    assert [number for number, _ in nile.sent(ack["campaign_id"])] == [mobile(n) for n in range(4)]
    assert nile.value("select segments from account.reservation") == 5
    assert "NO_BALANCE" in nile.results("nile", "rejects.csv")[0].read_text()


def test_an_accepted_campaign_knows_how_long_its_units_last(nile, mobile):
    """CHARGING 15: dispatch holds what is left of it then."""
    ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")

    until = nile.value("select units_until from intake.campaign")
    lots = "select max(lot.expires_at) from unnest((billing.prepaid_state_at({}, now())).lots) as lot"
    assert until == nile.value(lots.format(nile.value("select account_id from intake.campaign")))
    assert until is not None


def test_partial_without_any_balance_waits(nile, mobile):
    nile.purchases("delete from account.purchase")
    ack = ingest(nile.file("a.csv", table([mobile(1)]), on_insufficient_balance="partial"), "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "NO_BALANCE")


def test_a_postpaid_account_is_held_at_its_credit_limit(platform, mobile):
    platform.members("delta", [mobile(n) for n in range(5)])
    platform.rows("update account.term set credit_limit = 1 where account_id = 2")  # at most 0.45 * 1.14 a segment
    ack = ingest(platform.file("a.csv", table([mobile(n) for n in range(2)])), "delta", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "NO_BALANCE")
    assert ack["cost"] == {"net": "0.40", "currency": "EGP"}
    platform.rows("update account.term set credit_limit = null where account_id = 2")
    assert release_ready() == [ack["campaign_id"]]


def test_a_campaign_whose_end_passed_while_it_was_held_is_never_sent(nile, mobile):
    nile.purchases("delete from account.purchase")
    ack = ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")
    nile.rows("update intake.campaign set ends_at = now() - interval '1 minute'")
    nile.buy("nile", 10, key="PO-3")

    assert release_ready() == []
    assert state(nile, ack) == "rejected"


def test_a_gate_that_fails_holds_the_campaign_for_a_person(nile, mobile):
    nile.defaults("nile", gate={"max_reject_ratio": 0.1})
    ack = ingest(nile.file("a.csv", table([mobile(1), "x"])), "nile", "campaign")

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "GATE_FAILED")
    assert ack["codes"][0]["detail"] == "reject_ratio is above 0.1"
    assert release_ready() == []
    result = nile.value("select gate_result from intake.profile")
    assert (nile.home / result["data_docs"]).is_file()


def test_what_is_kept_of_the_gate_and_the_log_has_no_number_and_no_text(nile, mobile, caplog):
    caplog.set_level("DEBUG")
    ingest(nile.file("a.csv", table([mobile(1), "x", "01009999999"], "secret words")), "nile", "campaign")

    pages = "".join(page.read_text() for page in (nile.home / "data_docs").rglob("*.html"))
    assert "reject_ratio" in pages
    lines = "".join(f"{record.getMessage()}{record.__dict__.get('fields')}" for record in caplog.records)
    for found in (pages, lines, json.dumps(nile.value("select ack from intake.file"))):
        assert "secret" not in found
        assert str(mobile(1)) not in found
        assert "1009999999" not in found


def test_a_large_campaign_gets_a_partition_of_its_own(nile, mobile, monkeypatch):
    monkeypatch.setattr("ingest.campaigns.LARGE", 5)
    ack = ingest(nile.file("a.csv", table([mobile(n) for n in range(6)])), "nile", "campaign")

    assert ack["campaign_id"] >= 1_000_000_000_000
    assert len(nile.sent(ack["campaign_id"])) == 6
    partition = nile.value("select distinct tableoid::regclass::text from dispatch.message")
    assert partition == f"dispatch.landing_{ack['campaign_id']}"


def test_batches_are_of_at_most_5000(nile, mobile):
    nile.members("nile", [mobile(n) for n in range(10, 5_002)])
    nile.purchases("update account.purchase set units = 10000")
    ingest(nile.file("a.csv", table([mobile(n) for n in range(5_002)])), "nile", "campaign")

    found = nile.rows("select first_ordinal, size from dispatch.batch order by 1")
    assert [(batch["first_ordinal"], batch["size"]) for batch in found] == [(1, 5000), (5001, 2)]


def test_a_held_campaign_is_checked_anew_for_the_sender_that_it_goes_out_with(nile, mobile):
    """The account's default is another sender by then, and the campaign's own is approved no more."""
    held = ingest(nile.file("offer.csv", table([mobile(50)])), "nile", "campaign")
    assert held["codes"][0]["code"] == "BASE_MISMATCH"
    (sender,) = {row["sender"] for row in nile.rows("select sender from intake.campaign")}
    nile.rows("update account.sender set address = 'OTHER' where account_id = 1 and address = %s", sender)
    nile.defaults("nile", sender="OTHER")
    nile.members("nile", [mobile(50)])

    assert release_ready() == []
    assert nile.value("select count(*) from dispatch.message") == 0
    assert [row["reason"] for row in nile.rows("select reason from intake.reject")] == ["SENDER_NOT_APPROVED"]
    assert state(nile, held) == "rejected"


def test_a_hold_that_a_new_batch_ref_settled_is_not_released_as_well(nile, mobile):
    """The sender did what the hold asks for: the same bytes went, and would go twice."""
    ingest(nile.file("offer.csv", table([mobile(1)])), "nile", "campaign")
    content = table([mobile(2)])
    held = ingest(nile.file("offer.csv", content), "nile", "campaign")
    assert held["codes"][0]["code"] == "DUPLICATE_NAME"
    sent = ingest(nile.file("offer.csv", content, batch_ref="2"), "nile", "campaign")
    assert sent["status"] == "accepted"

    with pytest.raises(NotReleasable, match=f"file {sent['file_id']} .* twice"):
        release(held["campaign_id"], "it is still in the list")
    assert state(nile, held) == "held"

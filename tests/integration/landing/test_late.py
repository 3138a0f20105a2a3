"""INTAKE, The landing zone: a manifest that comes after its file was claimed holds what was not sent, and is answered
either way."""

import json

import psycopg
import pytest

from ingest import approval
from ingest.acceptance import accept
from ingest.gate import judge
from ingest.pipeline import validate
from ingest.scan import scan
from tests.integration.landing.test_taking import take_and_die
from tests.integration.landing.zones import KINDS

every_kind = pytest.mark.parametrize("store", KINDS, indirect=True)
in_a_folder = pytest.mark.parametrize("store", ["folder"], indirect=True)
MANIFEST = b'{"batch_ref": "late-1"}'


@pytest.fixture
def at(platform, store, mobile):
    """The store as nile's landing zone; nile has a base, a balance, and may send."""
    platform.rows("update account.account set landing = %s where name = 'nile'", store.url)
    platform.members("nile", [mobile(n) for n in range(1, 4)])
    platform.buy("nile", 10)
    with store.open() as opened:
        opened.prepare()
    return store


@pytest.fixture
def taken(platform, at, mobile):
    """The id of a file that was claimed without a manifest."""
    at.put("campaigns", "a.csv", f"msisdn,text\n{mobile(1)},hi\n{mobile(2)},hi\n".encode())
    at.put("campaigns", "a.csv.done", b"")
    (file_id,) = scan()
    return file_id


def accepted(file_id):
    campaign = validate(file_id)
    judge(campaign)
    assert accept(campaign) == "accepted"
    return campaign


def answers(at, file_id):
    """(status and codes of the late manifest's answer, of the acknowledgement)"""
    found = []
    for suffix in ("late-manifest.json", "ack.json"):
        answer = json.loads(at.get("results", f"a.csv.{file_id}.{suffix}"))
        found.append((answer["status"], [code["code"] for code in answer["codes"]]))
    return found


def intend(platform, campaign):
    """As a worker does before it writes."""
    platform.rows(
        "insert into dispatch.intent (epoch_id, serial, account_id, campaign_id, batch_id, fence, connector_id, session,"
        " first_sequence, ordinals, segments, attempts)"
        " select 1, 1, account_id, campaign_id, batch_id, 1, 1, 1, 1, '{1}', '{1}', '{1}' from dispatch.batch"
        " where campaign_id = %s",
        campaign,
    )


@every_kind
def test_what_is_queued_and_not_sent_is_held_until_it_is_released(platform, at, taken):
    campaign = accepted(taken)
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()

    assert platform.value("select state from intake.campaign") == "paused"
    assert answers(at, taken) == [("held", ["LATE_MANIFEST"]), ("held", ["LATE_MANIFEST"])]
    assert approval.release(campaign, "it is right as it is") == "accepted"
    (ack,) = [row["ack"] for row in platform.rows("select ack from intake.file")]
    assert (ack["status"], ack["codes"], ack["accepted"]) == ("accepted", [], 2)
    assert json.loads(at.get("results", f"a.csv.{taken}.ack.json")) == ack
    kinds = [row["kind"] for row in platform.rows("select kind from intake.campaign_event order by campaign_event_id")]
    assert kinds[-3:] == ["paused", "resumed", "approved"]
    scan()
    assert platform.value("select state from intake.campaign") == "accepted"


@in_a_folder
def test_what_was_begun_goes_on_and_the_sender_is_told(platform, at, taken):
    intend(platform, accepted(taken))
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()

    assert platform.value("select state from intake.campaign") == "accepted"
    assert answers(at, taken) == [("ignored", ["LATE_MANIFEST"]), ("accepted", [])]


@in_a_folder
def test_what_is_not_queued_yet_is_held_by_its_acceptance(platform, at, taken):
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()
    campaign = validate(taken)
    judge(campaign)

    assert accept(campaign) == "held"
    assert platform.value("select held_code from intake.campaign") == "LATE_MANIFEST"
    assert answers(at, taken) == [("held", ["LATE_MANIFEST"]), ("held", ["LATE_MANIFEST"])]
    assert approval.release(campaign, "fine") == "accepted"


@in_a_folder
def test_one_of_a_refused_file_is_answered_and_changes_nothing(platform, at, mobile):
    at.put("campaigns", "a.csv", b"")
    at.put("campaigns", "a.csv.done", b"")
    (file_id,) = scan()
    validate(file_id)
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()

    assert answers(at, file_id) == [("ignored", ["LATE_MANIFEST"]), ("rejected", ["EMPTY_FILE"])]


@every_kind
def test_it_is_archived_once_it_was_at_rest_and_said_once(platform, at, taken):
    accepted(taken)
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    scan()

    assert at.names("campaigns") == []
    assert at.get("archive", f"a.csv.{taken}.manifest.json") == MANIFEST
    assert platform.value("select count(*) from intake.late_manifest") == 1
    assert platform.value("select count(*) from intake.campaign_event where kind = 'paused'") == 1


@in_a_folder
def test_it_is_archived_whatever_its_name_is_made_of(platform, at, mobile):
    """Also bytes that are no UTF-8."""
    at.put("campaigns", "\udcff.csv", f"msisdn,text\n{mobile(1)},hi\n".encode())
    at.put("campaigns", "\udcff.csv.done", b"")
    (file_id,) = scan()
    accepted(file_id)
    at.put("campaigns", "\udcff.csv.manifest.json", MANIFEST)
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    scan()
    assert at.names("campaigns") == []


@in_a_folder
def test_one_whose_file_had_its_own_waits_for_the_next_file(platform, at, mobile):
    at.put("campaigns", "a.csv.manifest.json", b'{"batch_ref": "day-1"}')
    at.put("campaigns", "a.csv", f"msisdn,text\n{mobile(1)},hi\n".encode())
    at.put("campaigns", "a.csv.done", b"")
    (first,) = scan()
    accepted(first)
    at.put("campaigns", "a.csv.manifest.json", b'{"batch_ref": "day-2"}')
    for _ in range(3):
        scan()
        platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    assert platform.value("select count(*) from intake.late_manifest") == 0

    at.put("campaigns", "a.csv", f"msisdn,text\n{mobile(1)},bye\n".encode())
    at.put("campaigns", "a.csv.done", b"")
    (second,) = scan()
    assert platform.value("select batch_ref from intake.file where file_id = %s", second) == "day-2"


@in_a_folder
def test_one_whose_file_is_on_its_way_is_not_late(platform, at, taken):
    at.put("campaigns", "a.csv.part", b"msisdn")
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()
    assert platform.value("select count(*) from intake.late_manifest") == 0


@every_kind
def test_one_that_came_between_claim_and_archive_is_late_too(platform, at, mobile):
    at.put("campaigns", "a.csv", f"msisdn,text\n{mobile(1)},hi\n".encode())
    file_id = take_and_die("a.csv")
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    scan()  # archives the file, and leaves what was not read with it
    assert (at.names("campaigns"), at.names("archive")) == (["a.csv.manifest.json"], [f"a.csv.{file_id}"])
    scan()

    assert platform.value("select holds from intake.late_manifest where file_id = %s", file_id) is True


@in_a_folder
def test_a_marker_that_comes_late_is_put_away(platform, at, taken):
    at.put("campaigns", "a.csv.done", b"")
    scan()
    assert at.names("campaigns") == []


@in_a_folder
def test_while_a_worker_commits_it_is_asked_again_at_the_next_look(platform, at, taken):
    campaign = accepted(taken)
    at.put("campaigns", "a.csv.manifest.json", MANIFEST)
    with psycopg.connect(platform.uri) as worker:
        worker.execute("select from dispatch.batch where campaign_id = %s for key share", [campaign])
        scan()
        assert platform.value("select state from intake.campaign") == "accepted"
    scan()
    assert platform.value("select state from intake.campaign") == "paused"

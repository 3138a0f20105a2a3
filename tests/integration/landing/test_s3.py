"""What is S3's own."""

import pytest

from ingest.pipeline import validate
from ingest.scan import scan
from outbound.landing.zone import Unreachable


@pytest.fixture
def at(platform, bucket):
    platform.rows("update account.account set landing = %s where name = 'nile'", bucket.url)
    return bucket


@pytest.mark.parametrize("name", ["../../x.csv", "a/b/c.csv", "ع" * 300 + ".csv", "n" * 300, "../x", "results/../x"])
def test_a_key_may_hold_what_no_file_system_would(platform, at, name):
    at.put("campaigns", name, b"msisdn,text\n")
    (file_id,) = scan()

    assert validate(file_id) is None
    assert platform.value("select name from intake.file") == name
    assert at.names("campaigns") == []
    (answer,) = at.names("results")
    assert answer.endswith(f".{file_id}.ack.json")
    assert "/" not in answer


def test_a_sidecar_is_read_and_archived_with_its_object(platform, at):
    at.put("campaigns", "a.csv.manifest.json", b'{"batch_ref": "b-1"}')
    assert scan() == []
    at.put("campaigns", "a.csv", b"msisdn,text\n")
    (file_id,) = scan()

    assert platform.value("select batch_ref from intake.file") == "b-1"
    assert at.names("archive") == [f"a.csv.{file_id}", f"a.csv.{file_id}.manifest.json"]


def test_many_objects_are_listed_page_by_page(at):
    for n in range(1_010):
        at.put("campaigns", f"{n}.csv", b"")
    with at.open() as zone:
        assert len(zone.look("campaigns")) == 1_010


def test_a_large_result_is_uploaded_in_parts(at):
    with at.open() as zone:
        zone.write("results", "report.csv", (b"x" * 1_000_000 for _ in range(20)))
    assert len(at.get("results", "report.csv")) == 20_000_000


def test_a_bucket_that_is_not_there_is_told(at):
    at.url = "s3://no-such-bucket/in"
    with (
        at.open() as zone,
        pytest.raises(Unreachable, match=r"account nile: .*s3://no-such-bucket/in/: there is no such bucket; make it"),
    ):
        zone.look("campaigns")


def test_a_store_that_does_not_answer_is_told(at, monkeypatch):
    monkeypatch.setenv("OUTBOUND_LANDING_NILE_ENDPOINT", "http://127.0.0.1:1")
    with (
        at.open() as zone,
        pytest.raises(
            Unreachable, match=r"account nile: .*no connection to http://127\.0\.0\.1:1.*OUTBOUND_LANDING_NILE_ENDPOINT"
        ),
    ):
        zone.look("campaigns")


def test_without_keys_it_says_where_they_go(at, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with (
        at.open() as zone,
        pytest.raises(Unreachable, match=r"account nile: .*no keys; set OUTBOUND_LANDING_NILE_ACCESS_KEY_ID"),
    ):
        zone.look("campaigns")

"""INTAKE, The landing zone: what is taken when, once, and where it goes."""

import gzip
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from ingest import housekeeping, zone
from ingest import scan as looks
from ingest.approval import NotReleasable, release
from ingest.foreground import ingest, take
from ingest.holds import release_ready
from ingest.pipeline import validate
from ingest.scan import scan
from outbound.landing.local import Local

TABLE = "msisdn,text\n01001234567,hello\n"


@pytest.fixture
def campaigns(platform):
    Local(platform.zone("nile")).prepare()
    return platform.zone("nile") / "campaigns"


def claimed(platform):
    return [(row["name"], row["completed_by"]) for row in platform.rows("select * from intake.file order by file_id")]


def test_a_dropped_file_is_taken_at_once_with_its_manifest(platform, campaigns):
    source = platform.file("offer.csv", TABLE)
    zone.drop(source, Local(platform.zone("nile")), "campaign", b'{"template": "{text}"}')

    (file_id,) = scan()

    assert claimed(platform) == [("offer.csv", "marker")]
    assert platform.value("select manifest from intake.file") == {"template": "{text}"}
    assert list(campaigns.iterdir()) == []
    archived = sorted(path.name for path in (platform.zone("nile") / "archive").iterdir())
    assert archived == [f"offer.csv.{file_id}", f"offer.csv.{file_id}.done", f"offer.csv.{file_id}.manifest.json"]
    assert (platform.home / "snapshots" / platform.value("select snapshot from intake.file")).read_text() == TABLE


def test_parts_and_dot_files_are_left_alone(platform, campaigns):
    (campaigns / "a.csv.part").write_text(TABLE)
    (campaigns / ".b.csv").write_text(TABLE)
    (campaigns / "c.csv.manifest.json").write_text("{}")

    assert scan(timedelta(0)) == scan(timedelta(0)) == []
    assert len(list(campaigns.iterdir())) == 3


def test_a_part_that_was_seen_and_renamed_is_taken_at_once(platform, campaigns):
    (campaigns / "a.csv.part").write_text(TABLE)
    assert scan() == []
    (campaigns / "a.csv.part").rename(campaigns / "a.csv")

    assert len(scan()) == 1
    assert claimed(platform) == [("a.csv", "rename")]


def test_without_a_word_a_file_is_taken_once_two_looks_apart_saw_it_at_rest(platform, campaigns):
    (campaigns / "a.csv").write_text(TABLE)
    assert scan() == []
    assert scan() == []  # too soon
    platform.rows("update intake.sighting set seen_at = seen_at - interval '29 seconds'")
    assert scan() == []
    with (campaigns / "a.csv").open("a") as file:
        file.write("01001234568,more\n")
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    assert scan() == []  # it grew: the looks begin anew
    platform.rows("update intake.sighting set seen_at = seen_at - interval '31 seconds'")
    assert len(scan()) == 1
    assert claimed(platform) == [("a.csv", "stability")]


def test_a_file_taken_at_rest_without_a_final_line_end_is_held_as_maybe_truncated(platform, campaigns, mobile):
    platform.members("nile", [201001234567])
    (campaigns / "a.csv").write_text(TABLE.rstrip())
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    (file_id,) = scan()
    from ingest.acceptance import accept
    from ingest.gate import judge

    campaign = validate(file_id)
    judge(campaign)

    assert accept(campaign) == "held"
    assert platform.value("select held_code from intake.campaign") == "MAYBE_TRUNCATED"


@pytest.mark.parametrize("kind", ["campaigns", "bases"])
def test_an_archive_taken_at_rest_that_was_cut_is_held_not_refused(platform, campaigns, kind):
    folder = campaigns.parent / kind
    (folder / "a.csv").write_bytes(gzip.compress(TABLE.encode() * 50, mtime=0)[:-8])
    (folder / "b.csv").write_bytes(gzip.compress(TABLE.encode() * 51, mtime=0)[:-8])
    (folder / "b.csv.done").touch()
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    for file_id in scan():
        assert validate(file_id) is None

    found = platform.rows("select name, outcome, ack -> 'codes' -> 0 ->> 'code' as code from intake.file order by name")
    assert [tuple(row.values()) for row in found] == [
        ("a.csv", "held", "MAYBE_TRUNCATED"),
        ("b.csv", "rejected", "UNSAFE_ARCHIVE"),
    ]


def test_a_done_marker_makes_it_complete(platform, campaigns):
    (campaigns / "a.csv").write_text(TABLE.rstrip())
    (campaigns / "a.csv.done").touch()

    assert len(scan()) == 1
    assert list(campaigns.iterdir()) == []


def test_a_drop_is_claimed_once_and_returned_until_it_is_answered(platform, campaigns):
    zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None)
    first = scan()

    assert scan() == first
    validate(first[0])  # an empty base: held after the gate, so not answered yet
    platform.rows("update intake.file set state = 'answered', outcome = 'held', ack = '{}', answered_at = now()")
    assert scan() == []


def test_a_file_claimed_by_a_process_that_died_before_it_archived_it_is_archived(platform, campaigns):
    path = Path(zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None))
    from ingest import accounts, claim
    from outbound import database

    with database.connect("ingest", autocommit=True) as connection:
        file_id = claim.claim(connection, accounts.named(connection, "nile"), path, "campaign", "marker")

    assert scan() == [file_id]
    assert list(campaigns.iterdir()) == []


def test_a_file_put_in_the_place_of_a_claimed_one_is_not_archived_unread(platform, campaigns):
    path = Path(zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None))
    from ingest import accounts, claim
    from outbound import database

    with database.connect("ingest", autocommit=True) as connection:
        nile = accounts.named(connection, "nile")
        file_id = claim.claim(connection, nile, path, "campaign", "marker")
        store = Local(platform.zone("nile"))
        found = store.find("campaigns", "a.csv")
        path.write_text(TABLE.replace("hello", "other"))
        assert not claim.archive(connection, store, found, file_id, {})

    assert "other" in path.read_text()
    assert len(scan()) == 2


def test_an_archived_file_put_back_is_a_duplicate(platform, campaigns):
    zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None)
    (first,) = scan()
    (platform.zone("nile") / "archive" / f"a.csv.{first}").rename(campaigns / "a.csv")
    (campaigns / "a.csv.done").touch()

    again = [file_id for file_id in scan() if file_id != first]
    assert validate(again[0]) is None
    assert platform.value("select outcome from intake.file where file_id = %s", again[0]) == "duplicate"


@pytest.mark.parametrize("name", ["new\nline.csv", "عروض العيد.csv", "a b;$(rm).csv", "x" * 240 + ".csv", "-rf"])
def test_names_are_data(platform, campaigns, name):
    (campaigns / name).write_text("msisdn,text\n")
    (campaigns / f"{name}.done").touch()
    (file_id,) = scan()

    assert validate(file_id) is None
    assert platform.value("select name from intake.file") == name
    (answer,) = platform.results("nile", f"{file_id}.ack.json")
    assert "\n" not in answer.name


def test_a_name_that_is_no_text_is_kept_as_what_it_is(platform, campaigns):
    raw = os.fsencode(campaigns) + b"/\xff.csv"
    for path in (raw, raw + b".done"):
        with open(path, "w") as file:  # noqa: PTH123 - a name of bytes
            file.write("")
    scan()

    assert platform.value("select name from intake.file") == "\\xff.csv"


def test_links_are_not_followed(platform, campaigns, tmp_path):
    (tmp_path / "secret").write_text(TABLE)
    (campaigns / "a.csv").symlink_to(tmp_path / "secret")
    (campaigns / "a.csv.done").touch()

    assert scan() == []


@pytest.mark.parametrize("folder", ["campaigns", "results", "archive"])
def test_a_folder_that_is_a_link_gets_nobody_at_another_account_s_files(platform, campaigns, folder):
    theirs = Path(platform.zone("delta")) / "results"
    theirs.mkdir(parents=True)
    (theirs / "a.csv").write_text(TABLE)
    (theirs / "a.csv.done").touch()
    mine = campaigns.parent / folder
    if mine.exists():
        mine.rename(campaigns.parent / "aside")
    mine.symlink_to(theirs, target_is_directory=True)

    assert scan() == []
    assert sorted(path.name for path in theirs.iterdir()) == ["a.csv", "a.csv.done"]


def test_one_account_s_broken_landing_zone_does_not_stop_the_others(platform, campaigns):
    platform.rows("update account.account set landing = 's3://bucket/delta' where name = 'delta'")
    zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None)

    assert len(scan()) == 1


def test_a_manifest_that_no_index_holds_stops_neither_its_file_nor_the_others(platform, campaigns):
    reference = "".join(f"{n:x}" for n in range(1, 9_000))
    manifest = json.dumps({"batch_ref": reference}).encode()
    zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", manifest)
    zone.drop(platform.file("b.csv", TABLE), Local(platform.zone("nile")), "campaign", None)

    first, second = scan()
    assert validate(first) is None

    (code,) = platform.value("select ack -> 'codes' from intake.file where file_id = %s", first)
    assert (code["code"], code["detail"][:9]) == ("MANIFEST_INVALID", "batch_ref")
    assert validate(second) is not None


def test_an_account_whose_answers_cannot_be_delivered_does_not_stop_the_release_of_others(platform, mobile, campaigns):
    platform.members("nile", [mobile(1)])
    held = ingest(platform.file("a.csv", f"msisdn,text\n{mobile(1)},hi\n"), "nile", "campaign")
    other = ingest(platform.file("b.csv", f"msisdn,text\n{mobile(1)},hi\n"), "delta", "campaign")
    assert (held["status"], other["status"]) == ("held", "held")
    platform.rows("update account.account set landing = 'sftp://far.example/delta' where name = 'delta'")
    platform.rows("update intake.file set delivered_at = null where file_id = %s", other["file_id"])
    platform.members("delta", [mobile(1)])
    platform.rows("update intake.profile set base_version = -1 where campaign_id = %s", other["campaign_id"])
    platform.buy("nile", 10)

    assert release_ready() == [held["campaign_id"]]


def test_an_answer_that_was_decided_and_not_delivered_is_delivered(platform, campaigns):
    zone.drop(platform.file("a.csv", ""), Local(platform.zone("nile")), "campaign", None)
    (file_id,) = scan()
    validate(file_id)
    (answer,) = platform.results("nile", "ack.json")
    answer.unlink()
    platform.rows("update intake.file set delivered_at = null")

    release_ready()
    assert answer.exists()


def test_housekeeping_drops_orphans_and_old_copies_and_nothing_else(platform, campaigns):
    platform.members("nile", [201001234567])
    zone.drop(platform.file("a.csv", TABLE), Local(platform.zone("nile")), "campaign", None)
    zone.drop(platform.file("b.csv", ""), Local(platform.zone("nile")), "campaign", None)
    first, second = scan()
    campaign = validate(first)
    validate(second)
    platform.rows("create table intake.landing_999 (a integer)")
    platform.rows("alter table intake.landing_999 owner to outbound_ingest")
    platform.rows("update intake.file set claimed_at = now() - interval '31 days'")
    for copy in (platform.home / "snapshots").glob("*/*"):
        os.utime(copy, (0, 0))

    housekeeping.run()

    tables = platform.rows("select relname from pg_class where relname ~ '^landing_[0-9]+$' and relkind = 'r'")
    assert [row["relname"] for row in tables] == [f"landing_{campaign}"]
    assert len(list((platform.home / "snapshots").glob("*/*"))) == 1  # of the campaign that is under way


def test_a_file_of_a_year_that_no_column_holds_is_taken_and_stops_nobody(platform, campaigns):
    """The whole scan failed on it, of every account, for as long as it lay there."""
    (campaigns / "a.csv").write_text(TABLE)
    (campaigns / "a.csv.done").touch()
    os.utime(campaigns / "a.csv", (10_000_000_000, 10_000_000_000))  # 2286
    scan()

    assert claimed(platform) == [("a.csv", "marker")]
    assert list(campaigns.iterdir()) == []


def test_the_whole_file_takes_the_place_of_one_that_may_be_truncated(platform, campaigns):
    """With other bytes, or with the same ones whose sender says now that they are all; the first may not go as well."""
    platform.members("nile", [201001234567])
    platform.buy("nile", 100)
    whole = TABLE.rstrip()
    (campaigns / "a.csv").write_text(whole)
    (campaigns / "b.csv").write_text(whole + "!")
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    scan()
    cut = [take(file_id) for file_id in scan()]
    assert [ack["codes"][0]["code"] for ack in cut] == ["MAYBE_TRUNCATED"] * 2

    (campaigns / "a.csv").write_text(whole + " and more\n")
    (campaigns / "a.csv.done").touch()
    (campaigns / "b.csv").write_text(whole + "!")
    (campaigns / "b.csv.done").touch()
    assert [take(file_id)["status"] for file_id in scan()] == ["accepted"] * 2

    for ack in cut:
        with pytest.raises(NotReleasable, match="sent twice"):
            release(ack["campaign_id"], "it looks whole")


def test_while_the_whole_file_waits_the_truncated_one_may_not_go_before_it(platform, campaigns):
    """The whole one goes by itself once there is a balance."""
    platform.members("nile", [201001234567])
    (campaigns / "a.csv").write_text(TABLE.rstrip())
    scan()
    platform.rows("update intake.sighting set seen_at = seen_at - interval '1 minute'")
    (file_id,) = scan()
    cut = take(file_id)
    (campaigns / "a.csv").write_text(TABLE.rstrip() + " and more\n")
    (campaigns / "a.csv.done").touch()
    (file_id,) = scan()
    assert take(file_id)["codes"][0]["code"] == "NO_BALANCE"

    with pytest.raises(NotReleasable, match="sent twice"):
        release(cut["campaign_id"], "it looks whole")
    platform.buy("nile", 100)
    release_ready()

    assert platform.value("select count(*) from dispatch.message") == 1


def test_whatever_goes_wrong_with_one_account_the_others_are_looked_at(platform, campaigns, monkeypatch):
    looked = looks._look_closely

    def fails(connection, account, *given):
        if account.name == "delta":
            raise ZeroDivisionError
        looked(connection, account, *given)

    monkeypatch.setattr(looks, "_look_closely", fails)
    Local(platform.zone("delta")).prepare()
    for folder in (campaigns, platform.zone("delta") / "campaigns"):
        (folder / "a.csv").write_text(TABLE)
        (folder / "a.csv.done").touch()

    (file_id,) = scan()

    assert platform.value("select account.name from account.account join intake.file using (account_id)") == "nile"
    assert platform.value("select file_id from intake.file") == file_id

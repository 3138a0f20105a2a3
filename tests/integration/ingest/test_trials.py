"""INTAKE, Trials: a row of a campaign goes to registered members of the base first; and the base as a campaign's file."""

import csv

import pytest

from ingest import accounts, base_file, shown, trial, trial_numbers
from ingest.base_file import Attribute, NoMembers
from ingest.foreground import ingest
from ingest.shown import NoSuchRow
from ingest.trial import NobodyToTry
from ingest.trial_numbers import NotRegistered
from outbound import database


@pytest.fixture
def nile(platform, mobile):
    platform.members("nile", map(mobile, range(20)))
    platform.buy("nile", 100)
    return platform


@pytest.fixture
def offer(nile, mobile):
    return nile.file(
        "offer.csv",
        f'Mobile,name\n{mobile(5)},Amr\n{mobile(6)},Nadia 😀\n{mobile(99)},Stranger\n',
        template="Hello {name}", schedule="2030-01-01T09:00", daily_window="09:00-10:00", rows=3,
    )  # fmt: skip


def looked_at(path, number):
    with database.connect("ingest", autocommit=True) as connection:
        return shown.row(connection, accounts.named(connection, "nile"), path, number)


def test_a_row_is_shown_as_it_would_be_sent(offer):
    assert looked_at(offer, 1) == {
        "row": 1, "line": 2, "msisdn": "2010•••••005", "reason": "", "text": "Hello Amr", "encoding": "gsm", "segments": 1,
        "forced_by": None,
    }  # fmt: skip
    second = looked_at(offer, 2)
    assert (second["text"], second["encoding"], second["forced_by"]) == ("Hello Nadia 😀", "ucs2", "😀")
    third = looked_at(offer, 3)
    assert (third["reason"], third["text"], third["segments"]) == ("NOT_IN_BASE", None, 0)
    with pytest.raises(NoSuchRow, match="no row 4: the file has 3"):
        looked_at(offer, 4)


def test_a_trial_is_a_campaign_to_the_registered_numbers_alone(nile, mobile, offer, monkeypatch):
    monkeypatch.setenv("OUTBOUND_ACTOR", "nadia@nile.example")
    nile.defaults("nile", approval_required=True)
    for n in (1, 2, 3):
        trial_numbers.add("nile", f"+{mobile(n)}", f"Colleague {n}")
    nile.opt_out("nile", mobile(2))
    nile.rows("delete from account.base_member where msisdn = %s", mobile(3))

    ack = trial.send(offer, "nile", 2)

    assert (ack["status"], ack["accepted"], ack["rows"]) == ("accepted", 1, 1)
    assert nile.sent(ack["campaign_id"]) == [(mobile(1), "Hello Nadia 😀")]
    assert nile.value("select segments from account.reservation") == 1
    assert nile.value("select scheduled_at from intake.campaign") is None
    assert nile.value("select actor from account.audit where action = 'trial'") == "nadia@nile.example"
    again = trial.send(offer, "nile", 2)
    assert again["status"] == "accepted"
    assert again["campaign_id"] != ack["campaign_id"]


def test_a_trial_over_the_balance_waits_like_any_campaign(nile, mobile, offer):
    trial_numbers.add("nile", str(mobile(1)), "A")
    nile.purchases("delete from account.purchase")
    assert trial.send(offer, "nile", 1)["codes"][0]["code"] == "NO_BALANCE"


def test_without_a_number_there_is_no_trial(nile, mobile, offer):
    with pytest.raises(NobodyToTry, match="register one"):
        trial.send(offer, "nile", 1)
    assert nile.value("select count(*) from intake.file") == 0


def test_only_members_are_registered_and_no_more_than_ten(nile, mobile):
    with pytest.raises(NotRegistered, match="not in the base"):
        trial_numbers.add("nile", str(mobile(99)), "Stranger")
    with pytest.raises(NotRegistered, match="NUMBER_UNPARSABLE"):
        trial_numbers.add("nile", "my own", "A")
    assert "•" in trial_numbers.add("nile", str(mobile(1)), "A")
    with pytest.raises(NotRegistered, match="already"):
        trial_numbers.add("nile", str(mobile(1)), "A")
    for n in range(2, 11):
        trial_numbers.add("nile", str(mobile(n)), "B")
    with pytest.raises(NotRegistered, match="which is the most"):
        trial_numbers.add("nile", str(mobile(11)), "C")
    trial_numbers.remove("nile", str(mobile(1)))
    with pytest.raises(NotRegistered, match="is no trial number"):
        trial_numbers.remove("nile", str(mobile(1)))
    audited = nile.rows("select distinct object from account.audit where action like 'trial_number%%'")
    assert all("•" in row["object"] for row in audited)


def test_the_whole_base_or_a_part_of_it_is_a_campaign_s_file(nile, mobile, tmp_path):
    nile.rows(
        "update account.base_member set attributes = jsonb_build_object('name', 'N' || msisdn %% 10, 'language',"
        " case when msisdn %% 2 = 0 then 'ar' else 'en' end)"
    )
    with database.connect("ingest") as connection:
        account = accounts.named(connection, "nile")
        assert base_file.write(connection, account, tmp_path / "all.csv").members == 20
        part = base_file.write(connection, account, tmp_path / "ar.csv", Attribute("language", "ar"))
        with pytest.raises(NoMembers, match="language=fr"):
            base_file.write(connection, account, tmp_path / "fr.csv", Attribute("language", "fr"))
        with pytest.raises(NoMembers, match="is empty"):
            base_file.write(connection, accounts.named(connection, "delta"), tmp_path / "delta.csv")
    assert (part.members, part.columns) == (10, ["msisdn", "language", "name"])
    with (tmp_path / "ar.csv").open() as file:
        assert next(csv.DictReader(file)) == {"msisdn": str(mobile(0)), "language": "ar", "name": "N0"}
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["all.csv", "ar.csv"]

    (tmp_path / "ar.csv.manifest.json").write_text('{"template": "Hello {name}"}')
    ack = ingest(tmp_path / "ar.csv", "nile", "campaign")
    assert (ack["status"], ack["accepted"]) == ("accepted", 10)
    assert nile.sent(ack["campaign_id"])[0] == (mobile(0), "Hello N0")

"""INTAKE, CONTENT_SCREEN: listed words and links hold a campaign for a person, and only their names are told."""

import json

import pytest

from ingest import accounts
from ingest.approval import release
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.preview import preview
from outbound import database


@pytest.fixture
def nile(platform, mobile):
    platform.members("nile", map(mobile, range(5)))
    platform.buy("nile", 100)
    platform.rows("insert into intake.content_screen values ('word', 'Loan'), ('link', 'evil.com')")
    platform.defaults("nile", content_screen={"words": ["قرض"], "links": []})
    return platform


def write(platform, mobile, *texts, name="a.csv"):
    return platform.file(name, "msisdn,text\n" + "".join(f'{mobile(n)},"{text}"\n' for n, text in enumerate(texts)))


def test_the_platform_s_and_the_account_s_lists_hold_a_campaign(nile, mobile):
    ack = ingest(
        write(nile, mobile, "a LOAN for you", "your loan", "see http://x.evil.com", "قَرْض", "fine"), "nile", "campaign"
    )

    assert (ack["status"], ack["codes"][0]) == ("held", {
        "code": "CONTENT_SCREEN",
        "detail": "listed words or links: 'Loan' in 2 messages, 'evil.com' in 1 message, 'قرض' in 1 message; a person releases it",
    })  # fmt: skip
    assert nile.value("select screened from intake.profile") == {"Loan": 2, "evil.com": 1, "قرض": 1}
    assert "for you" not in json.dumps(ack)
    assert release_ready() == []
    assert release(ack["campaign_id"], "a bank with a licence") == "accepted"


def test_only_what_would_be_sent_is_looked_at(nile, mobile):
    content = f"msisdn,text\nx,a loan\n{mobile(1)},hello\n{mobile(1)},a loan\n"
    assert ingest(nile.file("a.csv", content), "nile", "campaign")["status"] == "partial"


def test_another_account_s_list_is_its_own(nile, mobile):
    nile.members("delta", [mobile(0)])
    assert ingest(write(nile, mobile, "قرض"), "delta", "campaign")["status"] == "accepted"
    assert (
        ingest(write(nile, mobile, "loan", name="b.csv"), "delta", "campaign")["codes"][0]["code"] == "CONTENT_SCREEN"
    )


def test_a_trial_says_it_too(nile, mobile):
    with database.connect("ingest", autocommit=True) as connection:
        ack = preview(connection, accounts.named(connection, "nile"), write(nile, mobile, "a loan"), lambda *_: None)

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "CONTENT_SCREEN")

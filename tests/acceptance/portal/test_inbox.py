"""Replies of subscribers, to those whose address they answered; and what failed of a campaign, sent another time."""

import psycopg
import pytest

from smpp.codec import encode
from smpp.pdu import DeliverSm
from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import MEMBERS

REPLY = """
insert into dispatch.reply (received_at, connector_id, source, msisdn, destination, data_coding, is_stop, raw)
values (now(), 1, %(source)s, %(msisdn)s, %(destination)s, %(data_coding)s, %(is_stop)s, %(raw)s)
"""
EXPIRED = """
insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason)
select account_id, campaign_id, ordinal, 1, case when ordinal > 3 then 'opted_out' else 'expired' end
from dispatch.message
where campaign_id = %s
"""
SENDER = (
    "insert into account.sender (account_id, address, kind, approved_from) values (%s, %s, 'short_code', '2026-01-01')"
)


@pytest.fixture(scope="module")
def replies(stage):
    """To 4040, nile's own, to 5050, which both send from, and to nobody's."""
    with psycopg.connect(stage.database, autocommit=True) as connection:
        ids = dict(connection.execute("select name, account_id from account.account").fetchall())
        for account, address in (("nile", "4040"), ("nile", "5050"), ("delta", "5050")):
            connection.execute(SENDER, [ids[account], address])

        def answer(msisdn, destination, text, is_stop=False):
            coding = 0 if text.isascii() else 8
            body = text.encode("ascii" if text.isascii() else "utf-16-be")
            pdu = DeliverSm(
                source_addr=str(msisdn).encode(), destination_addr=destination.encode(), data_coding=coding,
                short_message=body, sequence=1,
            )  # fmt: skip
            connection.execute(REPLY, {
                "source": str(msisdn), "msisdn": msisdn, "destination": destination, "data_coding": coding,
                "is_stop": is_stop, "raw": encode(pdu),
            })  # fmt: skip

        answer(MEMBERS["nile"][50], "4040", "yes please, Nilometer")
        answer(MEMBERS["nile"][51], "+4040", "=شكرا Nilometer")
        answer(MEMBERS["nile"][52], "5050", "shared Nilometer")
        answer(MEMBERS["delta"][52], "5050", "shared Deltoid")
        answer(201099999999, "5050", "a stranger")
        answer(201099999999, "6060", "to nobody")
        for n in range(55):
            answer(MEMBERS["nile"][53], "4040", f"again Nilometer {n}")
        yield
        connection.execute("delete from account.sender where address in ('4040', '5050')")


def test_each_customer_reads_the_answers_to_its_own_addresses(visiting, stage, replies):
    nadia = visiting("nadia@nile.example")
    page = nadia.go("/inbox")
    assert page.locator("tbody tr").count() == 50
    assert "again Nilometer 54" in page.inner_text("tbody tr >> nth=0")
    page.click("text=Next page")
    told = page.inner_text("main table")
    assert page.locator("tbody tr").count() == 8
    assert "yes please, Nilometer" in told
    assert "=شكرا Nilometer" in told
    assert "2010•••••050" in told
    assert str(MEMBERS["nile"][50]) not in page.content()
    page = nadia.go(f"/inbox?number={MEMBERS['nile'][52]}")
    assert page.locator("tbody tr").count() == 1
    table = nadia.page.request.get(f"{stage.url}/inbox?format=csv").text()
    assert len(table.splitlines()) == 59
    assert "'=شكرا" in table
    dina = visiting("dina@delta.example").go("/inbox")
    assert dina.locator("tbody tr").count() == 1
    assert "shared Deltoid" in dina.inner_text("main table")
    assert stage.value("select count(*) from dispatch.inbox") == 59


def test_of_a_finished_campaign_nothing_goes_twice(visiting, stage):
    """The carrier does not serve the two numbers that it refused: another try would not help them."""
    campaign = stage.value("select min(campaign_id) from intake.campaign where name like %s", "Nilo%")
    nadia = visiting("nadia@nile.example")
    page = nadia.go(f"/campaigns/{campaign}")
    page.click("text=Retry failed")
    assert "Nothing of this campaign failed that another try may help." in page.inner_text("[role=alertdialog]")
    refused = nadia.page.request.post(f"{stage.url}/campaigns/{campaign}/retry")
    assert "nothing of campaign" in refused.text()
    assert visiting("dina@delta.example").page.request.post(f"{stage.url}/campaigns/{campaign}/retry").status == 404


def test_what_expired_is_sent_another_time(visiting, stage, tmp_path):
    path = tmp_path / "Nilometer-late.csv"
    path.write_text("msisdn,text\n" + "".join(f"{number},late Nilometer\n" for number in MEMBERS["nile"][20:25]))
    stage.outbound("ingest", str(path), "--account", "nile")
    campaign = stage.value("select max(campaign_id) from intake.campaign")
    with psycopg.connect(stage.database, autocommit=True) as connection:
        connection.execute(EXPIRED, [campaign])
        connection.execute(
            "update intake.campaign set state = 'completed', completed_at = now() where campaign_id = %s", [campaign]
        )
        connection.execute("update account.reservation set closed_at = now() where campaign_id = %s", [campaign])
    page = visiting("nadia@nile.example", bypass_csp=True).go(f"/campaigns/{campaign}?ask=retry")
    assert axe(page) == []
    page.click("text=Retry 3 messages")
    page.wait_for_url(lambda url: url.endswith(f"/campaigns/{campaign + 1}"), timeout=120_000)
    assert "0 of 3 messages are through." in page.inner_text("main")
    stage.outbound("campaign", "cancel", str(campaign + 1), "--reason", "the story is over")

"""An operator stops an account and lets it go on; looks for a message and is shown its number for a reason only."""


def test_a_kill_switch_is_set_and_lifted_by_a_person_with_a_name(visiting, stage):
    omar = visiting("operator@example.com")
    page = omar.go("/operations")
    assert "None: everything may be sent." in page.inner_text("main")
    page.select_option("#what", "account:delta")
    page.fill("#reason", "they asked for it")
    page.click("button.btn-danger")
    page.wait_for_url("**/operations/stop")
    assert "they asked for it" in page.inner_text("table")
    assert stage.value("select stopped_by from dispatch.stop") == "operator@example.com"
    page.click("text=Let it go on")
    page.wait_for_url("**/operations/resume")
    assert stage.value("select count(*) from dispatch.stop") == 0
    assert "operator@example.com" in omar.go("/audit").inner_text("table")


def test_a_manager_looks_and_does_not_touch(visiting):
    mona = visiting("manager@example.com")
    assert mona.go("/operations").locator("button.btn-danger").count() == 0
    answer = mona.page.request.post(mona.stage.url + "/operations/stop", form={"what": "platform", "reason": "x"})
    assert answer.status == 404


def test_a_message_is_found_by_its_carrier_s_id_and_its_number_is_shown_for_a_reason(visiting, stage):
    campaign, ordinal, carrier_id = stage.row(
        "select campaign_id, ordinal, carrier_message_id from dispatch.submission where state = 'accepted' limit 1"
    )
    number = str(
        stage.value("select msisdn from dispatch.message where campaign_id = %s and ordinal = %s", campaign, ordinal)
    )
    omar = visiting("operator@example.com")
    page = omar.go("/search")
    page.fill("input[name=q]", carrier_id)
    page.click("main button[type=submit]")
    page.click(f"text={campaign}:{ordinal}")
    told = page.inner_text("main").lower()
    for step in ("written", "accepted", "receipt", carrier_id, "charged on"):
        assert step in told
    assert number not in page.content()
    page.fill("#reason", "the subscriber complains")
    page.click("text=Show it")
    page.wait_for_selector(f"text={number}")
    detail = stage.value("select detail ->> 'reason' from account.audit where action = 'number.unmask'")
    assert detail == "the subscriber complains"


def test_an_id_that_nothing_has_is_said_to_be_nothing_s(visiting):
    page = visiting("finance@example.com").go("/search?q=nothing-has-this")
    assert "Nothing has that id." in page.inner_text("main")


def test_sessions_with_carriers_are_listed(visiting):
    page = visiting("operator@example.com").go("/sessions?connector=main")
    assert "bound" in page.inner_text("table")


HELD = """
insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, held_code,
    held_detail)
select 999, account_id, file_id, 'held', 'Too-Large', 'DELTOID', 1, 1, 1, now(), 'NO_BALANCE', 'needs 1 segment, has 0'
from intake.file
join account.account using (account_id)
where account.name = 'delta'
  and file.kind = 'base'
limit 1
returning campaign_id
"""


def test_a_held_campaign_says_why_and_what_releases_it(visiting, stage):
    stage.value(HELD)
    try:
        told = visiting("operator@example.com").go("/operations").inner_text("main")
        assert "needs 1 segment, has 0" in told
        assert "a recharge" in told
    finally:
        stage.value("delete from intake.campaign where campaign_id = 999 returning 1")

"""A campaign on its way: every segment submitted once, in the very text, logged, receipted, and completed."""


def test_every_message_is_sent_once_and_its_campaign_completed(platform, carrier):
    texts = [f"Your code is {n}" for n in range(500)]
    with carrier("--receipt-delay=0.05") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(texts, batch_size=200)
        platform.run_until_idle()

        records = smsc.witness.accepted()
        assert [
            (record.destination, record.body.decode()) for record in sorted(records, key=lambda r: r.destination)
        ] == [(str(201001000000 + n), text) for n, text in enumerate(texts)]

    assert platform.progress(campaign) == {"segments": 500, "accepted": 500, "final_receipts": 500}
    assert platform.state(campaign) == "completed"
    kinds = platform.rows(
        "select kind from intake.campaign_event where campaign_id = %s order by campaign_event_id", campaign
    )
    assert [kind for (kind,) in kinds] == ["first_submission", "dispatched", "completed"]
    assert platform.one("select closed_at is not null from account.reservation where campaign_id = %s", campaign)
    assert platform.one("select count(*) from dispatch.epoch where settled_at is null") == 0

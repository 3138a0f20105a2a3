"""A campaign on its way: every segment submitted once, in the very text, logged, receipted, and completed."""

from dispatch.housekeeping import run


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


def test_texts_arrive_octet_for_octet_in_their_alphabet(platform, carrier):
    short, arabic, pairs = "Balance: 5 € [net]", "عزيزي العميل، رصيدك الحالي هو خمسون جنيها. " * 4, "a" * 66 + "😀" * 40
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        platform.accept([short, arabic, pairs], sender="2020")
        platform.run_until_idle()
        records = smsc.witness.accepted()
        texts = smsc.witness.texts()

    assert texts == {"201001000000": [short], "201001000001": [arabic], "201001000002": [pairs]}
    by_number = {number: [r for r in records if r.destination == number] for number in texts}
    assert [(r.data_coding, r.esm_class, r.body) for r in by_number["201001000000"]] == [
        (0, 0, b"Balance: 5 \x1b\x65 \x1b\x3cnet\x1b\x3e")
    ]
    assert {(r.data_coding, r.esm_class, r.source) for r in by_number["201001000001"]} == {(8, 0x40, "2020")}
    parts = sorted(by_number["201001000001"], key=lambda record: record.body[5])
    assert b"".join(record.body[6:] for record in parts) == arabic.encode("utf-16-be")
    assert [record.body[:3] + record.body[4:6] for record in parts] == [
        bytes((5, 0, 3, len(parts), n)) for n in range(1, len(parts) + 1)
    ]


def test_the_logs_have_partitions_for_the_days_ahead(platform):
    run()
    last = platform.one("select ((now() at time zone 'UTC')::date + 7)::text").replace("-", "")

    assert platform.one("select to_regclass(%s)::text", f"dispatch.submission_{last}") is not None
    assert platform.one("select to_regclass(%s)::text", f"dispatch.receipt_{last}") is not None

"""A carrier with separate binds: submissions go out on a transmitter, receipts and replies come in on a receiver."""


def test_receipts_and_replies_count_for_the_connector_that_they_are_taken_for(platform, carrier):
    with carrier("--receipt-delay=0.2", "--replies=100", "--reply-delay=0") as smsc:
        out = platform.connect(smsc.port, "out", bind="transmitter")
        platform.connect(smsc.port, "in", bind="receiver", routes=[], settings={"receives_for": "out"})
        campaign = platform.accept(["x"] * 100)
        platform.run_until_idle()

    assert platform.progress(campaign) == {"segments": 100, "accepted": 100, "final_receipts": 100}
    assert platform.rows("select distinct connector_id from dispatch.reply") == [(out,)]
    assert platform.one("select count(*) from dispatch.receipt_unmatched") == 0


def test_silence_of_the_receiver_is_the_transmitters(platform, carrier):
    """What the carrier swallowed is proven not to be accepted: the silence heard is that of the receiver."""
    with carrier("--receipt-delay=0", "--disconnect-after=5", port=0) as smsc:
        platform.connect(
            smsc.port, "out", bind="transmitter", window=5, receipts_complete=True, in_doubt_after=2,
            settings={"response_timeout": 0.5},
        )  # fmt: skip
        platform.connect(smsc.port, "in", bind="receiver", routes=[], settings={"receives_for": "out"})
        campaign = platform.accept(["x"] * 20)
        platform.run_until_idle()
        assert smsc.witness.doubled() == []

    assert platform.progress(campaign) == {"segments": 20, "accepted": 20, "final_receipts": 20}

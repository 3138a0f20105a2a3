"""INTAKE, Opt-outs: who answers STOP gets nothing more, from the instant that the carrier has its acknowledgement."""


def opt_outs(platform):
    return platform.rows("select account_id, msisdn, source from account.opt_out order by msisdn, account_id")


def test_a_subscriber_who_answers_stop_is_opted_out_of_that_sender_s_messages(platform, carrier):
    with carrier("--replies=100", "--reply-text=Stop!", "--reply-delay=0.1", "--receipt-delay=0.1") as running:
        platform.connect(running.port)
        first = platform.accept(["one", "two", "three"])
        platform.rows(
            "insert into account.sender (account_id, address, kind, approved_from) values (%s, 'NILE', 'alphanumeric', '2020-01-01')",
            platform.account,
        )  # fmt: skip
        worker = platform.worker()
        platform.until(lambda: len(opt_outs(platform)) == 3)
        second = platform.accept(["again"] * 3)
        platform.until(lambda: platform.dropped(second))
        worker.stop()

    assert {(account, source) for account, _, source in opt_outs(platform)} == {(platform.account, "stop")}
    assert platform.progress(first)["accepted"] == 3
    assert platform.dropped(second) == {"opted_out": 3}


def test_a_reply_that_says_something_else_opts_nobody_out(platform, carrier):
    with carrier("--replies=100", "--reply-text=Thanks", "--reply-delay=0.1", "--receipt-delay=0.1") as running:
        platform.connect(running.port)
        platform.accept(["one", "two"])
        worker = platform.worker()
        platform.until(lambda: platform.one("select count(*) from dispatch.reply") == 2)
        worker.stop()

    assert opt_outs(platform) == []


def test_a_stop_to_a_sender_of_nobody_s_counts_for_everybody(platform, carrier):
    with carrier("--replies=100", "--reply-delay=0.1", "--receipt-delay=0.1") as running:
        platform.connect(running.port)
        platform.accept(["one"])
        worker = platform.worker()
        platform.until(lambda: opt_outs(platform))
        worker.stop()

    assert [(account, source) for account, _, source in opt_outs(platform)] == [(None, "stop")]

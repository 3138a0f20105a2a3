"""Texts go 90 days after a campaign has ended, numbers after 13 months; a keyed hash finds a number again. What carriers handed
over goes with the texts."""

import hashlib
import hmac

from dispatch import retention


def ended(platform, ago):
    campaign = platform.accept(["Hello", "مرحبا"], first=201001234567)
    platform.rows(
        "update intake.campaign set state = 'completed', completed_at = now() - %s::interval where campaign_id = %s",
        ago, campaign,
    )  # fmt: skip
    return campaign


def removed(*what):
    done = retention.run()
    return [done[one] for one in what]


def kept(platform, campaign):
    return platform.rows("select msisdn, text from dispatch.message where campaign_id = %s order by ordinal", campaign)


def test_each_part_is_kept_for_its_own_time(platform):
    running = platform.accept(["Hello"])
    fresh, older, old = (ended(platform, ago) for ago in ("89 days", "91 days", "14 months"))

    assert removed("texts", "numbers") == [2, 1]
    assert removed("texts", "numbers") == [0, 0]

    assert all(number and text for number, text in kept(platform, running) + kept(platform, fresh))
    assert kept(platform, older) == [(201001234567, None), (201001234568, None)]
    assert kept(platform, old) == [(None, None), (None, None)]


def test_what_a_worker_intended_goes_with_the_texts_of_its_campaign(platform, carrier):
    with carrier() as running:
        platform.connect(running.port)
        old, fresh = platform.accept(["Hello"]), platform.accept(["Hello"], first=201009999999)
        platform.run_until_idle()
    platform.rows("update intake.campaign set completed_at = now() - interval '91 days' where campaign_id = %s", old)
    platform.rows("update dispatch.epoch set settled_at = now() - interval '91 days'")
    retention.run()

    assert platform.rows("select distinct campaign_id from dispatch.intent") == [(fresh,)]
    assert platform.one("select count(*) from dispatch.group_commit") == 0
    assert platform.progress(old) == platform.progress(fresh)


def test_receipts_go_by_days_once_the_matcher_has_looked_at_them(platform, carrier):
    with carrier() as running:  # of whom the receipts are
        platform.connect(running.port)
    platform.rows("select dispatch.ensure_days((now() - interval '92 days')::date, (now() - interval '89 days')::date)")
    for days in (0, 89, 92):
        platform.rows(
            "insert into dispatch.receipt (received_at, connector_id, epoch_id, state, final, source, destination, raw)"
            " select now() - %s * interval '1 day', connector_id, 1, 2, true, 'NILE', '201001234567', '' from dispatch.connector",
            days,
        )
    assert removed("receipt_days") == [0]
    platform.rows("update dispatch.receipts_matched set done_below = pg_current_xact_id()")

    assert removed("receipt_days") == [2]
    assert removed("receipt_days") == [0]
    assert platform.one("select count(*) from dispatch.receipt") == 2


def test_a_stop_is_kept_as_long_as_consent(platform, carrier):
    with carrier() as running:
        platform.connect(running.port)
    platform.accept(["Hello"])
    platform.rows(
        "insert into account.sender (account_id, address, kind, approved_from) values (%s, 'NILE', 'alphanumeric', '2020-01-01')",
        platform.account,
    )  # fmt: skip
    for ago, is_stop in (("89 days", False), ("91 days", False), ("91 days", True), ("37 months", True)):
        platform.rows(
            "insert into dispatch.reply (received_at, connector_id, source, msisdn, destination, data_coding, is_stop, raw)"
            " select now() - %s::interval, connector_id, '2010', 201001234567, 'NILE', 0, %s, '' from dispatch.connector",
            ago, is_stop,
        )  # fmt: skip

    assert removed("replies") == [2]
    for replies in ("dispatch.reply", "dispatch.inbox"):
        assert platform.rows(f"select is_stop from {replies} order by is_stop") == [(False,), (True,)]


def test_a_line_of_a_statement_loses_its_number(platform, carrier):
    with carrier() as running:
        platform.connect(running.port)
    for line, ago in enumerate(("12 months", "14 months")):
        platform.rows(
            "insert into dispatch.statement_line (connector_id, carrier_message_id, destination, statement, loaded_at)"
            " select connector_id, %s, '201001234567', 'march', now() - %s::interval from dispatch.connector",
            str(line), ago,
        )  # fmt: skip

    assert removed("destinations") == [1]
    assert removed("destinations") == [0]
    found = platform.rows("select destination from dispatch.statement_line order by carrier_message_id")
    assert found == [("201001234567",), ("",)]


def test_the_hash_that_stays_is_an_hmac_under_the_account_s_key(platform):
    campaign = ended(platform, "14 months")
    (key,) = platform.rows("select hash_key from account.account where account_id = %s", platform.account)[0]
    retention.run()

    found = platform.rows("select msisdn_hash from dispatch.message where campaign_id = %s order by ordinal", campaign)
    expected = [hmac.digest(key, str(number).encode(), hashlib.sha256)[:16] for number in (201001234567, 201001234568)]
    assert [bytes(row[0]) for row in found] == expected


def test_the_hash_is_an_hmac_for_keys_of_any_length(platform):
    for length in (0, 1, 32, 64, 65, 200):
        key = bytes(range(length))
        found = platform.one(
            "select account.number_hash(pads.inner_pad, pads.outer_pad, 201001234567) from account.hash_pads(%s) as pads",
            key,
        )
        assert bytes(found) == hmac.digest(key, b"201001234567", hashlib.sha256)[:16]

"""Texts go 90 days after a campaign has ended, numbers after 13 months; a keyed hash finds a number again."""

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


def kept(platform, campaign):
    return platform.rows("select msisdn, text from dispatch.message where campaign_id = %s order by ordinal", campaign)


def test_each_part_is_kept_for_its_own_time(platform):
    running = platform.accept(["Hello"])
    fresh, older, old = (ended(platform, ago) for ago in ("89 days", "91 days", "14 months"))

    assert retention.run() == {"texts": 2, "numbers": 1}
    assert retention.run() == {"texts": 0, "numbers": 0}

    assert all(number and text for number, text in kept(platform, running) + kept(platform, fresh))
    assert kept(platform, older) == [(201001234567, None), (201001234568, None)]
    assert kept(platform, old) == [(None, None), (None, None)]


def test_the_hash_that_stays_is_an_hmac_under_the_account_s_key(platform):
    campaign = ended(platform, "14 months")
    (key,) = platform.rows("select hash_key from account.account where account_id = %s", platform.account)[0]
    retention.run()

    found = platform.rows("select msisdn_hash from dispatch.message where campaign_id = %s order by ordinal", campaign)
    expected = [hmac.digest(key, str(number).encode(), hashlib.sha256)[:16] for number in (201001234567, 201001234568)]
    assert [bytes(row[0]) for row in found] == expected


def test_pads_are_those_of_hmac_for_keys_of_any_length():
    for length in (0, 1, 32, 64, 65, 200):
        key, message = bytes(range(length)), b"201001234567"
        inner, outer = retention.pads(key)
        found = hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).digest()
        assert found == hmac.digest(key, message, hashlib.sha256)

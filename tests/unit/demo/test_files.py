"""The demo's files: the same in every run, and what must come of them follows from how they were made."""

import csv
import io

from local.demo import campaigns, people
from local.demo.judging import segment_count

BASES = people.bases()
DROPS = campaigns.campaign_files(BASES)


def test_five_campaigns_have_25_000_recipients_together():
    assert sum(drop.rows for drop in DROPS.values()) == 25_000
    assert sum(len(drop.sends) for drop in DROPS.values() if drop.outcome == "partial") == 21_747


def test_they_are_the_same_in_every_run():
    again = campaigns.campaign_files(people.bases())
    assert {name: drop.content for name, drop in again.items()} == {name: drop.content for name, drop in DROPS.items()}


def test_nobody_is_sent_who_is_not_in_the_base_or_has_opted_out():
    for drop in DROPS.values():
        base = BASES[drop.account]
        assert {msisdn for msisdn, _ in drop.sends} <= set(base.members) - base.opted_out


def test_every_row_is_sent_or_refused_for_one_reason():
    for drop in DROPS.values():
        if drop.outcome != "rejected":
            assert len(drop.sends) + sum(drop.refused.values()) == drop.rows
        assert len(drop.sends) == len(set(drop.sends))


def test_the_bases_share_nobody():
    members = [member for base in BASES.values() for member in base.members]
    assert len(members) == len(set(members))


def test_the_quote_of_the_broken_file_opens_in_line_312():
    lines = DROPS["broken"].content.decode().splitlines()
    assert [number for number, line in enumerate(lines, start=1) if line.count('"') % 2] == [312]


def test_the_prepaid_campaigns_fit_the_balance_one_by_one_only():
    """17,000 units: 14,824 for the first leave 2,176, and the next needs 3,000."""
    assert segment_count(DROPS["eid-offer"].sends) == 14_824
    assert segment_count(DROPS["too-large"].sends) == 3_000


def test_a_later_batch_has_a_reference_that_makes_the_same_bytes_new():
    drop = DROPS["statements"]
    assert "batch_ref" not in (campaigns.sidecar(drop, 1) or "")
    assert '"batch_ref": "demo-2-statements.csv"' in (campaigns.sidecar(drop, 2) or "")


def test_a_base_names_foreign_numbers_with_their_plus():
    base = next(drop for drop in campaigns.base_files(BASES) if (drop.account, drop.kind) == ("sahara", "base"))
    numbers = [row[0] for row in csv.reader(io.StringIO(base.content.decode()), delimiter=";")][1:]
    assert [int(number) for number in numbers] == list(BASES["sahara"].members)
    assert all(number.startswith(("20", "+")) for number in numbers)

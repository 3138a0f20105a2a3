"""The cost estimate of an acknowledgement, against a price put on each segment by itself (CHARGING 27)."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cost import Tier, net

CARD = [Tier(1, Decimal("0.20")), Tier(101, Decimal("0.18")), Tier(1001, Decimal("0.15"))]


@pytest.mark.parametrize(
    ("mode", "used", "count", "expected"),
    [
        ("graduated", 0, 100, "20.00"),
        ("graduated", 0, 101, "20.18"),
        ("graduated", 100, 1, "0.18"),
        ("graduated", 90, 1000, "177.50"),  # 10 at 0.20, 900 at 0.18, 90 at 0.15
        ("volume", 0, 100, "20.00"),
        ("volume", 0, 101, "18.18"),  # all at the tier that the last one reaches
        ("volume", 1000, 1, "0.15"),
        ("graduated", 0, 0, "0"),
    ],
)
def test_the_tiers_that_a_campaign_reaches(mode, used, count, expected):
    assert net({"EG": count}, {"EG": used}, {"EG": CARD}, mode, "zone") == Decimal(expected)


def test_a_zone_without_a_rate_has_no_cost():
    assert net({"EG": 1, "SA": 1}, {}, {"EG": CARD}, "graduated", "zone") is None
    assert net({"EG": 1}, {}, {"EG": [Tier(5, Decimal(1))]}, "graduated", "zone") is None


zones = st.dictionaries(st.sampled_from(["EG", "SA", "AE"]), st.integers(0, 40), max_size=3)
cards = st.fixed_dictionaries(
    {
        zone: st.lists(
            st.tuples(st.integers(2, 60), st.integers(1, 50)), max_size=3, unique_by=lambda tier: tier[0]
        ).map(lambda tiers: [Tier(1, Decimal(51))] + [Tier(unit, Decimal(rate)) for unit, rate in sorted(tiers)])
        for zone in ("EG", "SA", "AE")
    }
)


@given(zones, zones, cards, st.sampled_from(["graduated", "volume"]), st.sampled_from(["zone", "account"]))
def test_every_segment_has_the_rate_of_its_place(segments, used, tiers, mode, scope):
    def counted(zone):
        return "account" if scope == "account" else zone

    place: Counter[str] = Counter()
    for zone, count in used.items():
        place[counted(zone)] += count
    reached = Counter(place)
    for zone, count in segments.items():
        reached[counted(zone)] += count
    expected = Decimal(0)
    for zone, count in sorted(segments.items()):
        for _ in range(count):
            place[counted(zone)] += 1
            unit = place[counted(zone)] if mode == "graduated" else reached[counted(zone)]
            expected += [tier.rate for tier in tiers[zone] if tier.from_unit <= unit][-1]

    assert net(segments, used, tiers, mode, scope) == expected

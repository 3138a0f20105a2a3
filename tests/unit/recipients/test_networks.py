"""INTAKE, Network: the longest matching prefix, over it the operator that a number was ported to."""

import random

import numpy as np

from recipients.networks import Network, Networks
from recipients.ported import Ported

STC = Network(1, "9665", "STC", "SA", "SA", True)
MOBILY = Network(2, "96654", "Mobily", "SA", "SA", True)
KNOWN = Networks([STC, MOBILY])


def ported(numbers: dict[int, int]) -> Ported:
    """number -> network id."""
    order = sorted(numbers)
    return Ported(np.array(order, np.int64), np.array([numbers[number] for number in order], np.int32))


def test_the_longest_prefix_wins():
    assert KNOWN.of(966541234567) is MOBILY
    assert KNOWN.of(966501234567) is STC


def test_a_number_of_no_known_network_has_none():
    assert KNOWN.of(201001234567) is None
    assert Networks([]).of(201001234567) is None
    assert Networks([]).of_many(np.array([201001234567, 1])).tolist() == [-1, -1]


def test_a_number_shorter_than_a_prefix_is_not_of_it():
    assert KNOWN.of(9665) is STC
    assert KNOWN.of(966) is None
    assert KNOWN.of(96654) is MOBILY


def test_a_longer_prefix_cuts_its_piece_out_of_a_shorter_one_s_at_either_end():
    networks = [
        Network(n, prefix, prefix, "EG", "EG", True) for n, prefix in enumerate(("20", "200", "209", "2099"), 1)
    ]
    known = Networks(networks)

    numbers = [1999999, 2000000, 2009999, 2010000, 2089999, 2090000, 2098999, 2099000, 2099999, 2100000]
    found = [known.rows[row].prefix if row >= 0 else None for row in known.of_many(np.array(numbers)).tolist()]
    assert found == [None, "200", "200", "20", "20", "209", "209", "2099", "2099", None]


def test_a_ported_number_is_of_its_operator_s_network():
    known = Networks([STC, MOBILY], ported({966541234567: 1, 966501234567: 2}))

    assert known.of(966541234567) is STC
    assert known.of(966541234568) is MOBILY
    assert known.of_many(np.array([966541234567, 966501234567, 966501234568])).tolist() == [0, 1, 0]


def test_a_number_ported_to_an_operator_without_a_network_has_none():
    known = Networks([STC, MOBILY], ported({966541234567: 0, 966541234568: 99}))

    assert known.of(966541234567) is None
    assert known.of_many(np.array([966541234568, 966541234569])).tolist() == [-1, 1]
    assert Networks([], ported({966541234567: 0})).of(966541234567) is None


def naive(msisdn: int, networks: list[Network], moved: dict[int, int]) -> Network | None:
    """Tries every prefix."""
    if msisdn in moved:
        return next((network for network in networks if network.network_id == moved[msisdn]), None)
    fitting = [network for network in networks if str(msisdn).startswith(network.prefix)]
    return max(fitting, key=lambda network: len(network.prefix), default=None)


def test_both_look_ups_agree_with_a_naive_one():
    rng = random.Random()
    for _ in range(150):
        digits = rng.choice(("12", "19", "0129"))
        prefixes = {
            rng.choice(digits.replace("0", "") or "1") + "".join(rng.choices(digits, k=rng.choice((0, 1, 2, 3, 5, 14))))
            for _ in range(rng.randrange(12))
        }
        ids = rng.sample(range(1, 1000), len(prefixes))
        networks = [Network(n, prefix, "op", "EG", "EG", True) for n, prefix in zip(ids, sorted(prefixes), strict=True)]
        numbers = [
            int(rng.choice(digits.replace("0", "")) + "".join(rng.choices(digits, k=rng.randrange(15))))
            for _ in range(60)
        ]
        numbers += [
            max(1, int(prefix) * 10**more + step)
            for prefix in prefixes for step in (-1, 0, 1) for more in range(16 - len(prefix))
        ]  # fmt: skip
        moved = {number: rng.choice([*ids, 0, 5000]) for number in rng.sample(numbers, rng.choice((0, 5)))}
        known = Networks(networks, ported(moved))

        wanted = [naive(number, networks, moved) for number in numbers]
        assert [known.of(number) for number in numbers] == wanted
        rows = known.of_many(np.array(numbers, np.int64))
        assert rows.dtype == np.int32
        assert [known.rows[row] if row >= 0 else None for row in rows.tolist()] == wanted

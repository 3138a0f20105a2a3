"""INTAKE, Network: the longest matching prefix."""

from recipients.networks import Network, Networks

STC = Network(1, "9665", "STC", "SA", "SA", True)
MOBILY = Network(2, "96654", "Mobily", "SA", "SA", True)
KNOWN = Networks([STC, MOBILY])


def test_the_longest_prefix_wins():
    assert KNOWN.of(966541234567) is MOBILY
    assert KNOWN.of(966501234567) is STC


def test_a_number_of_no_known_network_has_none():
    assert KNOWN.of(201001234567) is None
    assert Networks([]).of(201001234567) is None

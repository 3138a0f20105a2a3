"""A masked number is recognised and never called; its keyed hash finds it again and tells nothing without the key."""

import pytest

from outbound.masking import mask, msisdn_hash


@pytest.mark.parametrize(
    ("number", "shown"),
    [(201001234567, "2010•••••567"), ("+9665", "•••••"), (1234567, "•••••••"), (12345678, "1234•678")],
)
def test_the_middle_of_a_number_is_hidden(number: int | str, shown: str) -> None:
    assert mask(number) == shown


def test_a_hash_depends_on_the_number_and_on_the_account_s_key() -> None:
    one = msisdn_hash(201001234567, b"nile")
    assert len(one) == 16
    assert one == msisdn_hash(201001234567, b"nile")
    assert one != msisdn_hash(201001234568, b"nile")
    assert one != msisdn_hash(201001234567, b"delta")

"""A masked number is recognised and never called."""

import pytest

from outbound.masking import mask


@pytest.mark.parametrize(
    ("number", "shown"),
    [(201001234567, "2010•••••567"), ("+9665", "•••••"), (1234567, "•••••••"), (12345678, "1234•678")],
)
def test_the_middle_of_a_number_is_hidden(number: int | str, shown: str) -> None:
    assert mask(number) == shown

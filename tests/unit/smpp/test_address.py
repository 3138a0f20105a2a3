"""A sender's kind decides its TON and NPI (SMPP 3.4 5.2.5, 5.2.6)."""

import pytest

from smpp.address import InvalidSender, recipient, sender


@pytest.mark.parametrize(
    ("written", "ton", "npi", "digits"),
    [
        ("NILE", 5, 0, b"NILE"),
        ("Delta Bank", 5, 0, b"Delta Bank"),
        ("7UP", 5, 0, b"7UP"),
        ("2020", 3, 0, b"2020"),
        ("201001234567", 1, 1, b"201001234567"),
        ("+201001234567", 1, 1, b"201001234567"),
    ],
)
def test_kinds_of_sender(written, ton, npi, digits):
    assert sender(written) == (ton, npi, digits)


@pytest.mark.parametrize("written", ["", "TWELVE CHARS", "نيل", "A\nB", "1234567890123456", "+", "--", "٢٠٢٠"])
def test_what_no_network_can_show_is_refused(written):
    with pytest.raises(InvalidSender, match="correct it"):
        sender(written)


def test_a_recipient_is_an_international_number():
    assert recipient(201001234567) == (1, 1, b"201001234567")

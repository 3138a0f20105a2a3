"""A validity period as the wire wants it: relative, sixteen characters (SMPP 3.4 7.1.1)."""

import pytest

from smpp.validity import relative


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (86_400, b"000001000000000R"),
        (72 * 3600, b"000003000000000R"),
        (3_661, b"000000010101000R"),
        (0.2, b"000000000001000R"),
        (0, b"000000000000000R"),
        (-5, b"000000000000000R"),
    ],
)
def test_seconds_from_now_on(seconds, written):
    assert relative(seconds) == written
    assert len(written) == 16

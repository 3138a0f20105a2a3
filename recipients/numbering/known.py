"""Digits of which only the first are known: what the rules are asked about, so that one answer holds for many numbers."""

from typing import NamedTuple

DIGITS = "0123456789"


class Undecided(Exception):
    """The answer depends on a digit that is not known."""


class Known(NamedTuple):
    """Digits of which the first are known. length: of all of them, the unknown ones included."""

    prefix: str
    length: int

    def without(self, count: int) -> "Known":
        """What follows the first `count` digits, all of which have to be known."""
        if count > len(self.prefix):
            raise Undecided
        return Known(self.prefix[count:], self.length - count)

    def starts(self, digits: str) -> bool:
        if self.length < len(digits) or len(self.prefix) >= len(digits):
            return self.prefix.startswith(digits)
        if digits.startswith(self.prefix):
            raise Undecided
        return False

    def after(self, digits: str) -> "Known":
        """The same behind some more digits."""
        return Known(digits + self.prefix, len(digits) + self.length)

"""The sequence numbers of one session: 1 to 0x7fffffff, then 1 again (SMPP 3.4 section 5.1.4)."""

LAST = 0x7FFFFFFF


class Sequences:
    """Hands out runs of consecutive numbers; a run never wraps inside, so first + i numbers its i-th PDU."""

    def __init__(self, first: int = 1) -> None:
        self._next = first

    def take(self, count: int = 1) -> int:
        """The first of `count` numbers that nobody else gets until the next wrap."""
        if not 0 < count <= LAST:
            raise ValueError(f"a run has 1 to {LAST} sequence numbers, not {count}")
        first = self._next if self._next + count - 1 <= LAST else 1
        self._next = first + count if first + count <= LAST else 1
        return first

"""Working ahead changes nothing but when."""

import threading
import time

import pytest

from outbound.ahead import ahead


def test_items_come_in_order_and_a_bounded_number_ahead():
    made = []

    def items():
        for n in range(20):
            made.append(n)
            yield n

    with ahead(items(), 3) as reader:
        read = iter(reader)
        assert next(read) == 0
        time.sleep(0.2)
        assert len(made) <= 6
        assert list(read) == list(range(1, 20))
    assert made == list(range(20))


def test_an_error_is_raised_where_the_items_are_read():
    def items():
        yield 1
        raise KeyError("lost")

    with ahead(items(), 1) as reader:
        read = iter(reader)
        assert next(read) == 1
        with pytest.raises(KeyError, match="lost"):
            next(read)


def test_a_reader_that_gives_up_leaves_no_thread_and_no_open_iterator():
    closed = threading.Event()

    def items():
        try:
            yield from range(10**9)
        finally:
            closed.set()

    with ahead(items(), 2) as reader:
        assert next(iter(reader)) == 0
    assert closed.is_set()
    assert "ahead" not in {thread.name for thread in threading.enumerate()}

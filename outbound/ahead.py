"""An iterator that works ahead on a thread of its own, while whoever reads it is busy with what it gave before."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
_POLL = 0.1  # seconds after which a producer that nobody reads looks whether it is still wanted


@contextmanager
def ahead(items: Iterable[T], depth: int) -> Generator[Iterator[T], None, None]:
    """The same items in their order, at most so many of them waiting. What the iterator raises is raised where its items
    are read; once the block is left the thread has ended and a generator is closed, read to its end or not."""
    producer = _Producer(items, depth)
    thread = Thread(target=producer.run, name="ahead", daemon=True)
    thread.start()
    try:
        yield producer.read()
    finally:
        producer.unwanted.set()
        thread.join()


class _End(NamedTuple):
    error: BaseException | None


class _Producer(Generic[T]):
    def __init__(self, items: Iterable[T], depth: int) -> None:
        self._items = items
        self._waiting: Queue[T | _End] = Queue(depth)
        self.unwanted = Event()

    def run(self) -> None:
        error = None
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as raised:  # noqa: BLE001  it is raised in the reader's thread
            error = raised
        finally:
            if isinstance(self._items, Generator):
                self._items.close()
        self._put(_End(error))

    def _put(self, item: T | _End) -> bool:
        """Whether somebody still wants it."""
        while not self.unwanted.is_set():
            try:
                self._waiting.put(item, timeout=_POLL)
            except Full:
                continue
            return True
        return False

    def read(self) -> Iterator[T]:
        while not isinstance(item := self._waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

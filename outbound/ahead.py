"""An iterator that works ahead on a thread of its own, while whoever reads it is busy with what it gave before."""

from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
_POLL = 0.1  # seconds after which a producer that nobody reads looks whether it is still wanted


@contextmanager
def ahead(items: Iterable[T], depth: int) -> Generator[Iterable[T], None, None]:
    """The same items in their order, at most so many of them waiting. What the iterator raises is raised where its items
    are read; once the block is left the thread has ended, read to the end or not."""
    waiting: Queue[tuple[T | None, BaseException | None]] = Queue(depth)
    unwanted = Event()

    def put(item: T | None, error: BaseException | None = None) -> bool:
        while not unwanted.is_set():
            try:
                waiting.put((item, error), timeout=_POLL)
            except Full:
                continue
            return True
        return False

    def produce() -> None:
        end: BaseException = StopIteration()
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as error:  # noqa: BLE001  it is raised in the reader's thread
            end = error
        finally:
            if isinstance(items, Generator):
                items.close()
        put(None, end)

    def read() -> Generator[T, None, None]:
        while True:
            item, error = waiting.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]

    producer = Thread(target=produce, name="ahead", daemon=True)
    producer.start()
    with closing(read()) as reader:
        try:
            yield reader
        finally:
            unwanted.set()
            producer.join()

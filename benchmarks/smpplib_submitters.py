"""Submitters on smpplib, the usual library: as people write them, without and with a durable log of each submission."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from smpplib import smpp
from smpplib.client import Client

FIRST = 201_000_000_000
WINDOW = 100
BATCH = 500


@contextmanager
def _connected(port: int) -> Iterator[Client]:
    client = Client("127.0.0.1", port, allow_unknown_opt_params=True)
    client.connect()
    client.bind_transceiver(system_id="bench", password="bench")
    try:
        yield client
    finally:
        client.disconnect()


def _pdu(client: Client, number: int) -> smpp.pdu.PDU:
    return smpp.make_pdu(
        "submit_sm", client=client, source_addr_ton=5, source_addr="BENCH", dest_addr_ton=1, dest_addr_npi=1,
        destination_addr=str(FIRST + number), registered_delivery=1, user_message_reference=number % 65536,
        short_message=b"Dear customer, your balance is %d points." % number,
    )  # fmt: skip


def threaded(_: str, port: int, messages: int) -> float:
    """No log. One thread sends, one reads, at most WINDOW without an answer."""
    window = threading.Semaphore(WINDOW)
    with _connected(port) as client:

        def read() -> None:
            for _ in range(messages):
                client.read_pdu()
                window.release()

        reader = threading.Thread(target=read)
        began = time.monotonic()
        reader.start()
        for number in range(messages):
            window.acquire()
            client.send_pdu(_pdu(client, number))
        reader.join()
        return messages / (time.monotonic() - began)


def by_row(uri: str, port: int, messages: int) -> float:
    """One at a time: a row before it is sent, and its end after it was answered, each committed."""
    with _connected(port) as client, psycopg.connect(uri, autocommit=True) as connection:
        _make_log(connection)
        began = time.monotonic()
        for number in range(messages):
            connection.execute("insert into submitted (number) values (%s)", [number])
            client.send_pdu(_pdu(client, number))
            answer = client.read_pdu()
            connection.execute("update submitted set id = %s where number = %s", [answer.message_id.decode(), number])
        return messages / (time.monotonic() - began)


def batched(uri: str, port: int, messages: int) -> float:
    """The same by the batch: rows of all of it, then its messages, then their ends."""
    with _connected(port) as client, psycopg.connect(uri) as connection:
        _make_log(connection)
        began = time.monotonic()
        for first in range(0, messages, BATCH):
            numbers = range(first, min(first + BATCH, messages))
            with connection.cursor() as cursor, cursor.copy("copy submitted (number) from stdin") as copy:
                for number in numbers:
                    copy.write_row((number,))
            connection.commit()
            for number in numbers:
                client.send_pdu(_pdu(client, number))
            ids = [client.read_pdu().message_id.decode() for _ in numbers]
            connection.execute(
                "update submitted set id = answered.id from unnest(%s::bigint[], %s::text[]) as answered (number, id)"
                " where submitted.number = answered.number",
                [list(numbers), ids],
            )
            connection.commit()
        return messages / (time.monotonic() - began)


def _make_log(connection: psycopg.Connection) -> None:
    connection.execute("create table submitted (number bigint primary key, id text)")
    connection.commit()


WAYS: dict[str, Callable[[str, int, int], float]] = {"threaded": threaded, "by_row": by_row, "batched": batched}

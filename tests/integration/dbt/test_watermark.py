"""No fact is ever skipped, whatever two COPY writers and concurrent builds do."""

import random
import threading
import time

import psycopg

from billing.build import build, dbt

ROWS, FACTS_A_TRANSACTION = 6_000, 60


def write(url: str, writer: int, account: int, rng: random.Random, seen: threading.Event) -> None:
    """COPY after COPY, each transaction open for a while, so that ids and instants overtake each other. seen: a build has
    seen some facts; the last ones come after that."""
    with psycopg.connect(url) as connection:
        for first in range(0, ROWS, FACTS_A_TRANSACTION):
            with connection.cursor() as cursor:
                statement = "copy account.past_usage (account_id, business_key, at, units, zone) from stdin"
                with cursor.copy(statement) as copy:
                    for n in range(first, first + FACTS_A_TRANSACTION):
                        copy.write_row((account, f"{writer}-{n}", "2026-05-01 10:00Z", 1, "EG"))
                time.sleep(rng.random() * 0.05)
            if rng.random() < 0.1:
                connection.rollback()
                connection.cursor().execute("select 1")
                with connection.cursor() as cursor, cursor.copy(statement) as copy:
                    for n in range(first, first + FACTS_A_TRANSACTION):
                        copy.write_row((account, f"{writer}-{n}", "2026-05-01 10:00Z", 1, "EG"))
            connection.commit()
            if first >= ROWS * 9 // 10:
                seen.wait(90)


def test_two_writers_and_concurrent_builds(books):
    account = books.account("busy", scheme="prepaid")
    seen = threading.Event()
    writers = [
        threading.Thread(target=write, args=(books.url, n, account.account_id, random.Random(n), seen), daemon=True)
        for n in range(2)
    ]
    build(patience=0.5)
    for thread in writers:
        thread.start()
    while any(thread.is_alive() for thread in writers):
        dbt("run", "--select", "watermark", "stg_past_usage")
        if books.execute("select count(*) from staging.stg_past_usage").fetchone()[0]:
            seen.set()
    for thread in writers:
        thread.join()
    dbt("run", "--select", "watermark", "stg_past_usage")
    assert books.execute("select count(*), count(distinct business_key) from staging.stg_past_usage").fetchone() == (
        2 * ROWS,
        2 * ROWS,
    )


def test_an_open_writer_is_read_by_the_build_after_its_commit(books):
    account = books.account("slow", scheme="prepaid")
    insert = (
        "insert into account.past_usage (account_id, business_key, at, units, zone)"
        " values (%s, %s, '2026-05-01 10:00Z', 1, 'EG')"
    )

    def read() -> set[str]:
        dbt("run", "--select", "watermark", "stg_past_usage")
        rows = books.execute(
            "select business_key from staging.stg_past_usage where account_id = %s", account.account_id
        )
        return {row[0] for row in rows}

    with psycopg.connect(books.url) as slow:
        slow.execute(insert, [account.account_id, "slow"])
        books.execute(insert, account.account_id, "fast")
        assert read() == set()  # fast's id is above slow's, which is not there for sure yet
        slow.commit()
    assert read() == {"slow", "fast"}

"""A closed month stays closed, whoever records something and whenever: nothing is backdated into it, nothing slips past a close."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

import psycopg
import pytest

from billing import closing, orders
from billing.build import build
from outbound import database

WITHIN = "2024-03-31 23:59:59.999999+02"
AFTER = "2024-04-01 00:00+02"
RECORDED = {
    "purchase": "(account_id, business_key, at, units, rate, zones) select account_id, 'X', %(at)s, 1, 1, '{EG}'",
    "payment": "(account_id, business_key, at, amount) select account_id, 'X', %(at)s, 1",
    "adjustment": "(account_id, business_key, kind, at, units) select account_id, 'X', 'grant', %(at)s, 1",
    "opening": "(account_id, business_key, at) select account_id, 'X', %(at)s",
}


def record(connection: psycopg.Connection, table: str, at: str, account: str = "nile") -> None:
    statement = f"insert into account.{table} {RECORDED[table]} from account.account where name = %(name)s"
    connection.execute(statement, {"at": at, "name": account})


CLOSE = (
    "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
    " select account_id, '2024-03-01', '2024-02-29 22:00Z', '2024-03-31 22:00Z', 'test' from account.account"
    " where name = 'nile'"
)


@pytest.mark.parametrize("table", RECORDED)
def test_nothing_is_recorded_in_a_closed_month(operator, table):
    """CHARGING 12, 16: also not by a statement that goes past the commands, and to the microsecond."""
    operator.sql(CLOSE)
    with database.connect("billing", autocommit=True) as role:
        with pytest.raises(psycopg.errors.RaiseException, match="nile: X of 2024-03-31 21:59 UTC lies in a month that"):
            record(role, table, WITHIN)
        record(role, table, WITHIN, "delta")  # its month is open
        record(role, table, AFTER)


def test_the_commands_and_a_history_say_so(operator):
    operator.sql(CLOSE)
    paid = operator.run("payment", "--account", "nile", "--amount", "1", "--at", "2024-03-31T12:00:00+02:00")
    assert "lies in a month that nile has closed" in paid.error
    at = "2024-03-15T10:00:00+02:00"
    refused = operator.loads(
        {"type": "purchase", "id": "P", "at": at, "units": 1, "rate": "1"},
        {"type": "payment", "id": "Y", "at": at, "amount": "1.00"},
        {"type": "grant", "id": "G", "at": at, "units": 1},
        {"type": "refund", "id": "R", "at": at, "units": 1},
        {"type": "reversal", "id": "V", "at": at, "usage_id": "U"},
        {"type": "opening", "id": "O", "at": at},
        {"type": "usage", "id": "U", "at": at, "units": 1, "zone": "EG"},
        account="nile",
    )
    lines = [said for said in refused.error.splitlines() if "has closed its months up to 2024-03" in said]
    assert [line.split(":")[0].strip() for line in lines] == [f"line {n}" for n in range(1, 7)]  # usage comes late


def waits(operator, worker: Future) -> bool:
    """Whether somebody stands still for an advisory lock of this database, before the worker is done."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not worker.done():
        (found,) = operator.sql(
            "select count(*) from pg_locks join pg_database on pg_database.oid = database"
            " where locktype = 'advisory' and not granted and datname = current_database()"
        )[0]
        if found:
            return True
        time.sleep(0.02)
    return False


def test_what_is_being_recorded_when_a_month_closes_finds_it_closed(operator):
    with ThreadPoolExecutor() as pool, database.connect("billing") as closer:
        closer.execute("select account.take_turn(account_id) from account.account where name = 'nile'")
        closer.execute(CLOSE)

        def buy() -> None:
            with database.connect("billing") as buyer:
                record(buyer, "purchase", WITHIN)

        late = pool.submit(buy)
        assert waits(operator, late)
        closer.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="lies in a month that is closed"):
            late.result()
    assert operator.sql("select count(*) from account.purchase") == [(0,)]


def test_a_month_is_not_closed_without_what_was_being_recorded(operator):
    """Somebody recorded a purchase before midnight and commits after the marts were built."""
    operator.loads({"type": "payment", "id": "Y", "at": "2024-03-02T10:00:00+02:00", "amount": "1.00"}, account="nile")
    build(patience=0.5)
    with ThreadPoolExecutor() as pool, database.connect("billing") as buyer:
        record(buyer, "purchase", WITHIN)

        def close() -> list:
            with database.connect("billing", autocommit=True) as connection:
                (due,) = (one for one in closing._due(connection, date(2024, 3, 1), None) if one.name == "nile")
                return closing._close_account(connection, due, date(2024, 3, 1), dry_run=False)

        closed = pool.submit(close)
        assert waits(operator, closed)
        buyer.commit()
        with pytest.raises(closing.NotClosed, match="nile: 1 facts of 2024-03 or before came in while"):
            closed.result()
        build(patience=0.5)
        assert pool.submit(close).result()[0]["sold"] == 1  # the purchase is in the month that it belongs to


def test_a_purchase_takes_its_instant_after_what_goes_before_it(operator):
    """An acceptance holds the account; what is bought meanwhile is of a later instant, another account's is not delayed."""
    operator.applies((operator.folder / "setup.yaml").read_text().replace("scheme: postpaid", "scheme: prepaid"))
    with ThreadPoolExecutor() as pool, database.connect("ingest") as intake:
        intake.execute(
            "select pg_advisory_xact_lock(hashtext('account.reservation'), hashint8(account_id))"
            " from account.account where name = 'nile'"
        )
        bought = pool.submit(operator.does, "purchase", "--account", "nile", "--units", 10, "--id", "PO-1")
        assert waits(operator, bought)
        assert operator.does("purchase", "--account", "delta", "--units", 10, "--rate", "1")["order"]
        ((released,),) = operator.sql("select clock_timestamp()")
        intake.commit()
        bought.result()
    assert operator.sql("select at > %s from account.purchase where business_key = 'PO-1'", released) == [(True,)]


def test_purchases_of_an_account_come_one_after_the_other(operator):
    """Each is judged by what the one before has left, also where eight are placed at once."""
    barrier = threading.Barrier(8)

    def buy(n: int) -> dict:
        barrier.wait()
        return orders.purchase("nile", 100 * 2**n)

    with ThreadPoolExecutor(8) as pool:
        bought = list(pool.map(buy, range(8)))
    in_order = sorted(bought, key=lambda one: one["at"])
    held = 0
    for one in in_order:
        assert one["extended_units"] == (held if one["units"] >= held else 0)
        held += one["units"]
        assert sum(lot["units"] for lot in one["lots"]) == held
    assert [one["invoice"] for one in in_order] == sorted(one["invoice"] for one in bought)

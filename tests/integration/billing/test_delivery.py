"""Documents go out once, whatever ends a delivery, and nothing that is void does."""

import hashlib
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from billing.documents.delivery import NotDelivered, deliver
from outbound import database
from outbound.landing.local import Local
from tests.integration.billing.documents_at_work import SETUP, buy, results
from tests.integration.billing.test_issuing import month_invoice


def test_a_delivery_that_was_cut_short_is_repeated_with_the_same_bytes(operator, monkeypatch):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    written: list[tuple[str, bytes]] = []
    put = Local.write

    def cut_short(self, folder, name, blocks):
        whole = b"".join(blocks)
        written.append((name, whole))
        if name.endswith(".pdf") and len(written) == 3:
            raise OSError(28, "No space left on device")
        put(self, folder, name, [whole])

    monkeypatch.setattr(Local, "write", cut_short)
    with pytest.raises(NotDelivered, match=r"nile: .*No space left"):
        deliver()
    assert operator.sql("select step from billing.delivery") == [("begun",)]
    assert "has gone to its customer" in operator.run("void", label, "--reason", "x").error
    assert [row["document"] for row in deliver()] == [label]
    assert written[3:] == written[:3]
    assert results(operator, "nile") == dict(written[:3])


def test_what_the_database_refuses_one_account_keeps_no_other_waiting(operator, caplog):
    """Accounts come by name: it is delta, the first one, that is refused."""
    operator.applies(SETUP.replace("usage_file: segments", "usage_file: none"))
    month_invoice(operator, "10.05")
    label = buy(operator, 1_000, "0.10")
    operator.sql("""
        create function public.refuse() returns trigger language plpgsql as $$
        begin
            raise integrity_constraint_violation using message = 'secret row';
        end $$
    """)
    operator.sql("""
        create trigger refuse_one before insert on billing.delivery for each row
        when (new.account_id = 2) execute function public.refuse()
    """)
    assert operator.sql("select name from account.account where account_id = 2") == [("delta",)]
    with pytest.raises(
        NotDelivered, match=r"1 documents .* 1 accounts not. delta: .*IntegrityConstraintViolation"
    ) as said:
        deliver()
    logged = "".join(f"{record.getMessage()}{record.__dict__.get('fields')}" for record in caplog.records)
    assert "IntegrityConstraintViolation" in logged
    assert "secret" not in logged + str(said.value)
    assert sorted(results(operator, "nile")) == [f"invoice-{label}{end}" for end in ("-eta.json", ".pdf", ".xml")]


def test_a_delivery_is_recorded_by_its_functions_only_and_ends_once_it_has_begun(operator):
    operator.applies(SETUP)
    buy(operator, 1_000, "0.10")
    (invoice,) = operator.sql("select invoice_id from billing.invoice")[0]
    with database.connect("billing", autocommit=True) as role:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute(
                "insert into billing.delivery (kind, document_id, step, account_id, actor)"
                " select 'invoice', invoice_id, 'begun', account_id, 'x' from billing.invoice"
            )
        ends = "select billing.end_delivery('invoice', %s, 'x', '{}')"
        assert role.execute(ends, [invoice]).fetchone() == (False,)
        assert role.execute("select billing.begin_delivery('invoice', %s, 'x')", [invoice]).fetchone() == (True,)
        assert [role.execute(ends, [invoice]).fetchone() for _ in range(2)] == [(True,), (False,)]
    for other in ("ingest", "dispatch", "dbt", "reporting", "operator", "web"):
        with database.connect(other) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute("select billing.begin_delivery('invoice', %s, 'x')", [invoice])


KILLED_AT_ITS_SECOND_FILE = """
import os, signal
from billing.documents.delivery import deliver
from outbound.landing.local import Local
put = Local.write
def write(zone, folder, name, blocks):
    if name.endswith(".pdf"):
        os.kill(os.getpid(), signal.SIGKILL)
    put(zone, folder, name, blocks)
Local.write = write
deliver()
"""


def test_a_delivery_that_was_killed_is_made_up_for_by_the_next(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_ITS_SECOND_FILE], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = results(operator, "nile")
    assert sorted(left) == [f"invoice-{label}-eta.json", f"invoice-{label}.xml"]
    assert [row["document"] for row in operator.does("documents", "deliver")["delivered"]] == [label]
    files = results(operator, "nile")
    assert {name: files[name] for name in left} == left
    (recorded,) = operator.sql("select files from billing.delivery where step = 'done'")[0]
    assert recorded == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_whoever_delivers_waits_for_whoever_voids(operator, ends):
    """Under the lock of the series it is one or the other, never both (CHARGING 29)."""
    operator.applies(SETUP)
    buy(operator, 1_000, "0.10")
    begins = "select billing.begin_delivery('invoice', invoice_id, 'test') from billing.invoice"
    with psycopg.connect(operator.url) as voiding, ThreadPoolExecutor(1) as pool:
        voiding.execute("select billing.void_invoice(invoice_id, 'test', 'x') from billing.invoice")
        delivering = pool.submit(operator.sql, begins)
        waits = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while not operator.sql(waits):
            assert not delivering.done()
        getattr(voiding, ends)()
        assert delivering.result() == [(ends == "rollback",)]
    assert len(operator.sql("select step from billing.delivery")) == (ends == "rollback")

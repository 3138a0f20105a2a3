"""An invoice is void or is credited, never both: whoever comes second waits for the first one's end (CHARGING 29)."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.integration.billing.test_issuing import month_invoice

VOID = "select billing.void_invoice(invoice_id, 'test', 'x') from billing.invoice"
CREDIT = "select billing.issue_credit_note(invoice_id, 1, 0.25, 'test', 'x', 'correction') from billing.invoice"
PROPOSE = "select billing.propose_credit(invoice_id, 1, 'sla', 0.25, 'test', 'x', 'S3') from billing.invoice"
WAITS = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


@pytest.mark.parametrize("ends", ["commit", "rollback"])
@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        pytest.param(VOID, CREDIT, "is void: there is nothing to credit", id="void, credit"),
        pytest.param(VOID, PROPOSE, "is void: there is nothing to credit", id="void, propose"),
        pytest.param(CREDIT, VOID, "has a credit note: it cannot be void any more", id="credit, void"),
    ],
)
def test_whoever_voids_and_whoever_credits_wait_for_each_other(operator, first, second, refusal, ends):
    month_invoice(operator, "10.05")
    with psycopg.connect(operator.url) as one, ThreadPoolExecutor(1) as pool:
        one.execute(first)
        other = pool.submit(operator.sql, second)
        while not operator.sql(WAITS):
            assert not other.done()
        getattr(one, ends)()
        if ends == "commit":
            with pytest.raises(psycopg.errors.RaiseException, match=refusal):
                other.result()
        else:
            assert len(other.result()) == 1


NOTE = """
    insert into billing.credit_note (account_id, legal_entity_id, year, number, label, invoice_id, line, issue_day, issued_by, reason, net,
        vat, content_hash)
    select account_id, legal_entity_id, year, 1, 'CN-1', invoice_id, 1, issue_day, 'test', 'x', 1, 0.14, sha256('')
    from billing.invoice
"""


@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        pytest.param(VOID, NOTE, "is void: there is nothing to credit", id="void, credit"),
        pytest.param(CREDIT, "insert into billing.void (invoice_id, account_id, voided_at, voided_by, reason)"
            " select invoice_id, account_id, now(), 'test', 'x' from billing.invoice",
            "has a credit note: it cannot be void any more", id="credit, void"),
    ],
)  # fmt: skip
def test_neither_is_written_past_the_functions(operator, first, second, refusal):
    """By the owner, and as a replica: three ways of summing up what is owed rest on it."""
    month_invoice(operator, "10.05")
    operator.sql(first)
    with psycopg.connect(operator.url) as replica:
        replica.execute("set session_replication_role = replica")
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=refusal):
            replica.execute(second)

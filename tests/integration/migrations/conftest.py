"""Two accounts with a row of everything each, and a way to act as any role."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from outbound.database import connect

ROWS = """
    insert into account.legal_entity (name, country, timezone) values ('E', 'EG', 'Africa/Cairo');
    insert into account.account (legal_entity_id, name, default_region, landing)
        select legal_entity_id, new.name, 'EG', '/nowhere/' || new.name from account.legal_entity, (values ('nile'), ('delta')) as new (name);
    insert into account.term (account_id, effective_from, scheme, currency) select account_id, '1900-01-01', 'postpaid', 'EGP' from account.account;
    insert into network.network (prefix, operator, country, zone) values ('2010', 'V', 'EG', 'EG');
    insert into dispatch.connector (name, host, port, system_id, password) values ('main', 'h', 1, 's', '{"value": "topsecret"}');
    insert into account.base_member (account_id, msisdn) select account_id, 201001234560 + account_id from account.account;
    insert into account.base_change (account_id, msisdn, kind) select account_id, 201001234560 + account_id, 'added' from account.account;
    insert into account.opt_out (account_id, msisdn, source) select account_id, 201001234560 + account_id, 'stop' from account.account;
    insert into account.person (account_id, email, name, role) select account_id, name || '@example.com', name, 'customer' from account.account;
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now() from account.account;
    insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, accepted_at)
        select account_id, account_id, file_id, 'accepted', 'x', 'NILE', 1, 1, 1, now(), now() from intake.file;
    select dispatch.ensure_message_partition(1);
    insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
        select campaign_id, 1, account_id, 1, 201001234560 + account_id, 'Hello', 'gsm', 1, 1, 'EG' from intake.campaign;
    insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status, sent_at, answered_at,
            epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, 1, 1, 1, 'accepted', 0, now(), now(), 1, 1, 1, 1, 1, 1, 1, 'EG' from intake.campaign;
    insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)
        select account_id, '2026-01-01', '2026-01-01', '2026-02-01', 'x' from account.account;
    insert into billing.delivery (kind, document_id, step, account_id, actor)
        select 'invoice', account_id, 'begun', account_id, 'x' from account.account;
    insert into billing.tax_submission (kind, document_id, account_id, uuid, status, recorded_by)
        select 'invoice', account_id, account_id, 'U-' || account_id, 'valid', 'x' from account.account;
    insert into account.purchase_order (account_id, business_key, ordered_at, units, zones, quoted_net, quoted_vat, currency, ordered_by)
        select account_id, 'PO-1', now(), 10, '{EG}', 1, 0, 'EGP', 'x' from account.account;
    insert into account.cancelled_order (order_id, account_id, cancelled_by, reason)
        select order_id, account_id, 'x', 'x' from account.purchase_order;
    insert into report.sla_figure (account_id, month, metric, exclusions, state, good, counted, excluded)
        select account_id, '2026-01', 'S3', '{}', 'met', 1, 1, 0 from account.account;
"""


@dataclass(frozen=True)
class Tenants:
    nile: int
    delta: int


@pytest.fixture
def tenants(database: str) -> Tenants:
    with psycopg.connect(database) as connection:
        for statement in ROWS.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        ids = dict(connection.execute("select name, account_id from account.account").fetchall())
    return Tenants(ids["nile"], ids["delta"])


Acts = Callable[..., AbstractContextManager[psycopg.Connection]]


@pytest.fixture
def acts(database: str) -> Acts:
    """A transaction of a role that is undone; the web's names its account."""

    @contextmanager
    def acting(role: str | None, account: int | None = None) -> Iterator[psycopg.Connection]:
        with connect(role) as connection:
            if account is not None:
                connection.execute("select set_config('outbound.account', %s, true)", [str(account)])
            yield connection
            connection.rollback()

    return acting

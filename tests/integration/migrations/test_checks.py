"""States that make no sense cannot be stored, whoever writes them."""

from typing import Any

import psycopg
import pytest


@pytest.mark.parametrize(
    "statement",
    [
        "update account.account set name = 'Nile Foods'",
        "update account.account set default_region = 'eg'",
        "update account.term set vat_rate = 1",
        "update account.term set vat_rate = -0.1",
        "update account.term set tax_treatment = 'exempt', vat_rate = 0.14",
        "update account.term set credit_limit = -1",
        "update account.term set monthly_cap = -1",
        "update account.term set payment_days = -1",
        "update account.term set activation = 'invoice'",
        "insert into account.payment (account_id, business_key, at, amount, withheld) select account_id, 'p', now(), 1, 1 from account.account",
        "insert into account.payment (account_id, business_key, at, amount, certificate) select account_id, 'p', now(), 1, 'c' from account.account",
        "insert into account.person (email, name, role) values ('x@y', 'X', 'customer')",
        "insert into account.person (account_id, email, name, role) select account_id, 'x@y', 'X', 'operator' from account.account limit 1",
        "insert into account.rate_row (account_id, zone, effective_from, effective_to, rate) select account_id, 'EG', '2026-01-01', '2026-01-01', 1 from account.account",
        "insert into account.rate_row (account_id, zone, effective_from, rate) select account_id, 'EG', '2026-01-01', -1 from account.account",
        "insert into account.sla_term select account_id, 'S15', '2026-01-01', 0.9 from account.account",
        "insert into account.purchase (account_id, business_key, at, units, rate, zones) select account_id, 'p', now(), 0, 1, '{EG}' from account.account",
        "insert into account.payment (account_id, business_key, at, amount) select account_id, 'p', now(), 0 from account.account",
        "insert into account.adjustment (account_id, business_key, kind, at) select account_id, 'a', 'reversal', now() from account.account",
        "insert into account.adjustment (account_id, business_key, kind, at, units, usage_key) select account_id, 'a', 'grant', now(), 1, 'u' from account.account",
        "update account.base_member set msisdn = 0",
        "update network.network set prefix = '+2010'",
        "update intake.campaign set held_code = 'GATE_FAILED'",
        "update intake.campaign set accepted_at = null",
        "update intake.campaign set segments = 0",
        "update intake.campaign set validity = '73 hours'",
        "update intake.file set state = 'answered'",
        "update dispatch.connector set port = 0",
        "update dispatch.connector set bind = 'both'",
        "update dispatch.submission set command_status = 8",
        "update dispatch.submission set answered_at = null",
        "update dispatch.submission set state = 'unknown', command_status = null, answered_at = null",
        "update dispatch.submission set transient = true",
        "update dispatch.submission set attempt = 0",
        "update dispatch.message set segments = 0",
        "update dispatch.message set encoding = 'latin1'",
        "insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at) values (1, 1, 1, 5001, now())",
        "insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at, state) values (1, 1, 1, 1, now(), 'leased')",
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by) select account_id, '2026-02-02', now(), now() + '1 day', 'x' from account.account",
    ],
)  # fmt: skip
def test_an_illegal_state_is_refused(acts: Any, tenants: Any, statement: str) -> None:
    with acts(None) as owner, pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into account.account (legal_entity_id, name, default_region, landing) select legal_entity_id, 'nile', 'EG', '/x' from account.legal_entity",
        "insert into account.base_member (account_id, msisdn) select account_id, msisdn from account.base_member",
        "insert into account.opt_out (account_id, msisdn, source) select null, 201001234567, 'stop' from generate_series(1, 2)",
        "insert into dispatch.message select * from dispatch.message",
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by) select account_id, month, starts_at, ends_at, 'again' from billing.closed_period",
        "insert into dispatch.group_commit (epoch_id, serial, open_from) select 1, 1, 1 from generate_series(1, 2)",
    ],
)  # fmt: skip
def test_what_there_is_once_is_there_once(acts: Any, tenants: Any, statement: str) -> None:
    with acts(None) as owner, pytest.raises(psycopg.errors.UniqueViolation):
        owner.execute(statement)


STATES = ("validated", "held", "rejected", "accepted", "paused", "cancelled", "completed")


@pytest.mark.parametrize("was", STATES)
@pytest.mark.parametrize("becomes", STATES)
def test_a_campaign_goes_only_where_its_transitions_lead(acts: Any, tenants: Any, was: str, becomes: str) -> None:
    with acts(None) as owner:
        owner.execute("alter table intake.campaign disable trigger keep_to_transitions")
        held = "case when %(state)s = 'held' then 'GATE_FAILED' end"
        move = f"update intake.campaign set state = %(state)s, held_code = {held}"
        owner.execute(move, {"state": was})
        owner.execute("alter table intake.campaign enable trigger keep_to_transitions")
        allowed = owner.execute(
            "select exists (select from intake.transition where from_state = %s and to_state = %s)", [was, becomes]
        ).fetchone() == (True,)  # fmt: skip
        if allowed or was == becomes:
            owner.execute(move, {"state": becomes})
        else:
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match=f"cannot go from {was} to {becomes}"):
                owner.execute(move, {"state": becomes})

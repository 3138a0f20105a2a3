"""A platform for the fuzz: every file belongs to an account of its own, so that none of them depends on another."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from outbound.settings import settings
from tests.fuzz_files.tables import MEMBERS, OPTED_OUT

_PLATFORM = """
insert into account.legal_entity (name, country, timezone) values ('Telecom', 'EG', 'Africa/Cairo');
insert into network.network (prefix, operator, country, zone, covered) values
    ('2010', 'Vodafone', 'EG', 'EG', true), ('2011', 'Etisalat', 'EG', 'EG', true), ('965', 'Zain', 'KW', 'KW', false);
"""
_ACCOUNT = """
with owner as (
    insert into account.account (legal_entity_id, name, default_region, landing, defaults)
    values (1, %(name)s, 'EG', 'zones/' || %(name)s, '{"sender": "NILE", "base_mismatch_percent": 50}')
    returning account_id
),
term as (
    insert into account.term (account_id, effective_from, scheme, currency, vat_rate)
    select account_id, '2020-01-01', 'prepaid', 'EGP', 0.14 from owner
),
sender as (
    insert into account.sender (account_id, address, kind, approved_from)
    select account_id, 'NILE', 'alphanumeric', '2020-01-01' from owner
),
purchase as (
    insert into account.purchase (account_id, business_key, at, units, rate, zones)
    select account_id, 'PO', now(), 1000, 0.1, '{EG}' from owner
),
member as (
    insert into account.base_member (account_id, msisdn) select account_id, unnest(%(members)s::bigint[]) from owner
),
opt_out as (
    insert into account.opt_out (account_id, msisdn, source)
    select account_id, unnest(%(opted_out)s::bigint[]), 'operator' from owner
)
select account_id from owner
"""
_AFTER = """
select
    (select count(*) from dispatch.message where account_id = %(account)s) as messages,
    (select coalesce(sum(segments), 0) from dispatch.message where account_id = %(account)s) as segments,
    (select count(distinct msisdn) from dispatch.message where account_id = %(account)s) as numbers,
    (select count(*) from dispatch.message
     where account_id = %(account)s
       and (not exists (select from account.base_member where base_member.account_id = message.account_id
                        and base_member.msisdn = message.msisdn)
            or exists (select from account.opt_out where opt_out.msisdn = message.msisdn
                       and (opt_out.account_id = message.account_id or opt_out.account_id is null)))) as unwilling,
    (select coalesce(sum(size), 0) from dispatch.batch where account_id = %(account)s) as batched,
    (select coalesce(sum(segments), 0) from account.reservation where account_id = %(account)s) as reserved,
    (select array_agg(state) from intake.campaign where account_id = %(account)s) as campaigns,
    (select array_agg(landing_table) from intake.campaign where account_id = %(account)s and state = 'held') as waiting,
    (select array_agg(relname::text) from pg_class where relnamespace = 'intake'::regnamespace
       and relname ~ '^landing_[0-9]+$') as landings,
    (select count(*) from intake.reject where account_id = %(account)s) as rejects,
    (select array_agg(msisdn order by msisdn) from account.base_member where account_id = %(account)s) as members,
    (select array_agg(msisdn order by msisdn) from account.opt_out where account_id = %(account)s) as opted_out,
    (select array_agg(state) from intake.file where account_id = %(account)s) as files
"""


@dataclass
class Stage:
    """connection: as owner, autocommit. folder: where the senders' files lie."""

    connection: psycopg.Connection[dict[str, Any]]
    folder: Path

    def account(self, name: str) -> int:
        """A prepaid one with MEMBERS in its base, the last of them opted out."""
        values = {"name": name, "members": MEMBERS, "opted_out": OPTED_OUT}
        row = self.connection.execute(_ACCOUNT, values).fetchone()
        assert row is not None
        return int(row["account_id"])

    def after(self, account_id: int) -> dict[str, Any]:
        """What there is of an account in the database, counted."""
        row = self.connection.execute(_AFTER, {"account": account_id}).fetchone()
        assert row is not None
        return row

    def clear(self, account_id: int, name: str) -> None:
        """What would be in the way of ten thousand more: landing tables of held campaigns, and files."""
        held = "select campaign_id, landing_table from intake.campaign where account_id = %s and state = 'held'"
        for row in self.connection.execute(held, [account_id]).fetchall():
            self.connection.execute(f"drop table intake.{row['landing_table']}".encode())
            self.connection.execute(
                "update intake.campaign set state = 'rejected', held_code = null, held_detail = null, landing_table = null"
                " where campaign_id = %s",
                [row["campaign_id"]],
            )
        home = settings().home
        for folder in (home / "zones" / name, home / "data_docs", home / "snapshots" / str(account_id)):
            shutil.rmtree(folder, ignore_errors=True)


def stage(uri: str, folder: Path) -> Stage:
    """On a fresh, migrated database, which DATABASE_URL names too."""
    connection = psycopg.connect(uri, autocommit=True, row_factory=dict_row)
    connection.execute(_PLATFORM)
    folder.mkdir(exist_ok=True)
    return Stage(connection, folder)

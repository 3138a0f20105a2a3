"""The numbers that trials of an account's campaigns may go to: a few members of its base, registered one by one."""

from typing import NamedTuple

import psycopg

from ingest import accounts
from ingest.accounts import Account
from ingest.row import one
from outbound import audit, database
from outbound.errors import OutboundError
from outbound.masking import mask
from outbound.queries import load
from recipients import number

Q = load("ingest/trials")

MOST = 10  # of an account: a trial is no campaign


class NotRegistered(OutboundError):
    """A number cannot be registered, or is none that was: why, and what to do."""


class TrialNumber(NamedTuple):
    """is_stranger: not in the base any more. is_out: opted out, of the account's messages or of everybody's."""

    msisdn: int
    name: str
    is_stranger: bool
    is_out: bool

    @property
    def state(self) -> str:
        return "not_in_base" if self.is_stranger else "opted_out" if self.is_out else "registered"


def of(connection: psycopg.Connection, account: Account) -> list[TrialNumber]:
    """In the order of their registration."""
    return [TrialNumber(*row) for row in connection.execute(Q.numbers, {"account": account.account_id})]


def add(account_name: str, written: str, name: str) -> str:
    """The number, masked. It is on record who registered it. Raises NotRegistered."""
    with database.connect("ingest") as connection:
        account = accounts.named(connection, account_name)
        msisdn = _msisdn(account, written)
        where = {"account": account.account_id, "msisdn": msisdn, "name": name.strip()[:100], "actor": audit.actor()}
        if not where["name"]:
            raise NotRegistered("the number has no name: say whose it is")
        connection.execute(Q.lock, where)
        if not one(connection, Q.is_member, where)[0]:
            raise NotRegistered(f"{mask(msisdn)} is not in the base of {account.name}: load it with a base file first")
        if len(of(connection, account)) >= MOST:
            raise NotRegistered(f"{account.name} has {MOST} trial numbers, which is the most: remove one first")
        if connection.execute(Q.add, where).fetchone() is None:
            raise NotRegistered(f"{mask(msisdn)} is registered already")
        audit.record(connection, "trial_number.add", account.account_id, mask(msisdn), {"name": where["name"]})
    return mask(msisdn)


def remove(account_name: str, written: str) -> str:
    """The number, masked. Raises NotRegistered."""
    with database.connect("ingest") as connection:
        account = accounts.named(connection, account_name)
        msisdn = _msisdn(account, written)
        if connection.execute(Q.remove, {"account": account.account_id, "msisdn": msisdn}).fetchone() is None:
            raise NotRegistered(
                f"{mask(msisdn)} is no trial number of {account.name}: `outbound trial list` shows them"
            )
        audit.record(connection, "trial_number.remove", account.account_id, mask(msisdn), {})
    return mask(msisdn)


def _msisdn(account: Account, written: str) -> int:
    verdict = number.judge_member(written, account.default_region)
    if verdict.reason is not None or verdict.msisdn is None:
        raise NotRegistered(f"that is {verdict.reason}: write the number like 201001234567, with its country code")
    return verdict.msisdn

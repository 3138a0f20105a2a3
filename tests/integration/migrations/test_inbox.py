"""A reply lies in the inbox of those whose address was answered, and a subscriber is shown to nobody who does not have them."""

import psycopg
import pytest

REPLY = """
insert into dispatch.reply (received_at, connector_id, source, msisdn, destination, data_coding, is_stop, raw)
values (now(), 1, 's', %s, %s, 0, false, 'x')
returning reply_id
"""


@pytest.fixture
def senders(database, tenants):
    with psycopg.connect(database) as connection:
        for account, address in ((tenants.nile, "4040"), (tenants.nile, "+5050"), (tenants.delta, "5050")):
            for since in ("2020-01-01", "2021-01-01"):  # approved twice is one address
                connection.execute(
                    "insert into account.sender (account_id, address, kind, approved_from) values (%s, %s, 'short_code', %s)",
                    [account, address, since],
                )
    return tenants


def own_and_read(database, acts, msisdn, destination, tenants):
    """The names of the accounts that a reply is shown to."""
    with psycopg.connect(database) as connection:
        (reply,) = connection.execute(REPLY, [msisdn, destination]).fetchone()
    seen = set()
    for name, account in (("nile", tenants.nile), ("delta", tenants.delta)):
        with acts("web", account) as web:
            if web.execute("select from dispatch.inbox where reply_id = %s", [reply]).fetchall():
                seen.add(name)
    return seen


def test_whose_it_is(database, acts, senders):
    def shown(msisdn, destination):
        return own_and_read(database, acts, msisdn, destination, senders)

    of_nile, of_delta = 201001234560 + senders.nile, 201001234560 + senders.delta
    assert shown(201099999999, "+4040") == {"nile"}
    assert shown(of_nile, "5050") == {"nile"}
    assert shown(of_delta, "+5050") == {"delta"}
    assert shown(201099999999, "5050") == set()
    assert shown(of_nile, "6060") == set()
    assert shown(None, "4040") == {"nile"}


def test_nobody_reads_or_writes_past_it(acts, senders):
    with acts("web") as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("delete from dispatch.inbox")

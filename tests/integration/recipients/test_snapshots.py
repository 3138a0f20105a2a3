"""INTAKE, Bases: snapshots of bases by version, over real PostgreSQL and real files."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psycopg
import pytest

from outbound import database as operational
from recipients import opt_outs, packed, snapshots

FIRST = 201_000_000_000
SETUP = """
insert into account.legal_entity (name, country, timezone) values ('Telecom', 'EG', 'Africa/Cairo');
insert into account.account (legal_entity_id, name, default_region, landing) values (1, 'nile', 'EG', 'x'), (1, 'delta', 'EG', 'y');
"""


@pytest.fixture
def owner(database):
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SETUP)
        yield connection


@pytest.fixture
def reader(owner):
    with operational.connect("ingest", autocommit=True) as connection:
        yield connection


def add(connection, numbers, account=1):
    connection.execute(
        "insert into account.base_member (account_id, msisdn) select %s, unnest(%s::bigint[])", [account, list(numbers)]
    )


def remove(connection, numbers, account=1):
    connection.execute(
        "delete from account.base_member where account_id = %s and msisdn = any (%s)", [account, list(numbers)]
    )


def members(base, among):
    asked = np.array(among, np.int64)
    return set(asked[base.ranks(asked) >= 0].tolist())


def files(account=1):
    home = Path(os.environ["OUTBOUND_HOME"])
    return sorted(path.name for path in (home / "bases" / str(account)).glob("[0-9]*"))


def test_an_account_that_never_had_a_base_has_an_empty_one(reader):
    base = snapshots.open_base(reader, 1)

    assert (base.version, base.size, members(base, [FIRST])) == (0, 0, set())


def test_every_change_is_another_version_and_no_change_is_none(owner, reader):
    versions = [snapshots.current(reader, 1)]
    for change, counts in (
        (lambda: add(owner, [FIRST, FIRST + 1]), 2),
        (lambda: add(owner, [FIRST + 2]), 3),
        (lambda: owner.execute("update account.base_member set consent_date = '2026-01-01'"), 3),
        (lambda: remove(owner, [FIRST]), 2),
        (lambda: owner.execute("truncate account.base_member"), 0),
    ):
        change()
        versions.append(snapshots.current(reader, 1))
        assert versions[-1].members == counts
    assert [version.number for version in versions] == [0, 1, 2, 3, 4, 5]
    assert len({version.mark for version in versions}) == 6

    remove(owner, [FIRST + 9])
    add(owner, [])
    add(owner, [FIRST], account=2)
    assert snapshots.current(reader, 1) == versions[-1]


def test_a_member_cannot_become_another_one(owner):
    add(owner, [FIRST])
    for change in ("msisdn = msisdn + 1", "account_id = 2"):
        with pytest.raises(psycopg.errors.CheckViolation, match="remove one and add the other"):
            owner.execute(f"update account.base_member set {change}")


def test_a_base_of_no_account_is_refused(owner):
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        add(owner, [FIRST], account=99)


def test_random_changes_are_seen_at_once_and_whole(owner, reader, monkeypatch):
    monkeypatch.setattr(packed, "BLOCK", 37)
    chance = random.Random(11)
    line = range(FIRST, FIRST + 3000)
    now = set()
    for _ in range(25):
        coming = set(chance.sample(line, chance.randrange(300))) - now
        going = set(chance.sample(sorted(now), chance.randrange(len(now) + 1)))
        add(owner, coming)
        remove(owner, going)
        now = (now | coming) - going
        base = snapshots.open_base(reader, 1)
        asked = np.array(line, np.int64)
        ranks = base.ranks(asked)
        assert members(base, line) == now
        assert ranks[ranks >= 0].tolist() == list(range(len(now)))
        assert base.size == len(now)


def test_a_stale_snapshot_is_not_current_and_not_opened_again(owner, reader):
    add(owner, [FIRST])
    with reader.transaction():
        before = snapshots.open_base(reader, 1)
        assert before.is_current(reader)
        add(owner, [FIRST + 1])  # another connection's load

        assert not before.is_current(reader)
        assert members(before, [FIRST, FIRST + 1]) == {FIRST}
        assert members(snapshots.open_base(reader, 1), [FIRST, FIRST + 1]) == {FIRST, FIRST + 1}


def test_a_transaction_of_one_look_keeps_the_base_of_that_look(owner, reader):
    add(owner, [FIRST])
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with reader.transaction():
        assert snapshots.current(reader, 1).number == 1
        add(owner, [FIRST + 1])
        base = snapshots.open_base(reader, 1)
        assert (base.version, members(base, [FIRST, FIRST + 1])) == (1, {FIRST})
    assert snapshots.open_base(reader, 1).version == 2


def test_what_was_rolled_back_leaves_a_snapshot_that_nobody_opens(owner, reader):
    """The version's number comes again, with other members."""
    add(owner, [FIRST])
    with owner.transaction(force_rollback=True):
        add(owner, [FIRST + 1])
        assert members(snapshots.open_base(owner, 1), [FIRST + 1]) == {FIRST + 1}
    add(owner, [FIRST + 2])

    base = snapshots.open_base(reader, 1)
    assert (base.version, members(base, range(FIRST, FIRST + 3))) == (2, {FIRST, FIRST + 2})
    assert len([name for name in files() if name.startswith("2-")]) == 2


def test_a_load_while_the_snapshot_is_made_is_not_mixed_in(owner, reader, monkeypatch):
    monkeypatch.setattr(packed, "BLOCK", 10)
    add(owner, range(FIRST, FIRST + 100))
    asked = 0
    blocks = packed.blocks

    def interrupted(*given):
        nonlocal asked
        for block in blocks(*given):
            asked += 1
            if asked == 5:  # one goes from what was read, one comes to what was not
                remove(owner, [FIRST])
                add(owner, [FIRST + 200])
            yield block

    monkeypatch.setattr(packed, "blocks", interrupted)
    base = snapshots.open_base(reader, 1)

    assert members(base, range(FIRST, FIRST + 300)) == {*range(FIRST + 1, FIRST + 100), FIRST + 200}
    assert files() == [base.of.name]


def test_a_base_that_never_rests_is_said_to(owner, reader, monkeypatch):
    add(owner, [FIRST])
    blocks = packed.blocks

    def interrupted(*given):
        yield from blocks(*given)
        add(owner, [snapshots.current(owner, 1).number + FIRST])

    monkeypatch.setattr(packed, "blocks", interrupted)
    with pytest.raises(snapshots.BaseKeepsChanging, match="account 1"):
        snapshots.open_base(reader, 1)


KILLED = """
import os, signal, numpy as np
from outbound import database
from recipients import rank_bitmap, snapshots
write = rank_bitmap.write
def killed(members, file):
    write(members[: len(members) // 2] if os.environ["WHEN"] == "half" else members, file)
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
rank_bitmap.write = killed
snapshots.open_base(database.connect("ingest"), 1)
"""


@pytest.mark.parametrize("when", ["half", "whole"])
def test_a_snapshot_whose_maker_was_killed_is_never_opened(owner, reader, when):
    add(owner, range(FIRST, FIRST + 1000))
    ended = subprocess.run([sys.executable, "-c", KILLED], env=os.environ | {"WHEN": when}, capture_output=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (left,) = files()
    assert left.endswith(".part")

    base = snapshots.open_base(reader, 1)
    assert members(base, range(FIRST, FIRST + 1000)) == set(range(FIRST, FIRST + 1000))

    snapshots.tend(reader)
    assert set(files()) == {left, base.of.name}
    day_ago = time.time() - 25 * 3600
    os.utime(Path(os.environ["OUTBOUND_HOME"]) / "bases" / "1" / left, (day_ago, day_ago))
    snapshots.tend(reader)
    assert files() == [base.of.name]


def test_a_damaged_snapshot_is_made_anew(owner, reader):
    add(owner, range(FIRST, FIRST + 1000))
    base = snapshots.open_base(reader, 1)
    path = Path(os.environ["OUTBOUND_HOME"]) / "bases" / "1" / base.of.name
    path.write_bytes(path.read_bytes()[:-8])

    assert members(snapshots.open_base(reader, 1), range(FIRST, FIRST + 1000)) == set(range(FIRST, FIRST + 1000))


def test_many_at_once_make_one_snapshot(owner, monkeypatch):
    add(owner, range(FIRST, FIRST + 1000))
    made = []
    read = snapshots._read
    monkeypatch.setattr(snapshots, "_read", lambda *given: (made.append(1), time.sleep(0.2), read(*given))[2])

    def look(_):
        with operational.connect("ingest") as connection:
            return members(snapshots.open_base(connection, 1), [FIRST, FIRST + 1000])

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(look, range(5))) == [{FIRST}] * 5
    assert len(made) == 1


def test_housekeeping_removes_what_is_old_and_makes_what_lacks(owner, reader):
    add(owner, [FIRST])
    old = snapshots.open_base(reader, 1)
    add(owner, [FIRST + 1])
    add(owner, [FIRST + 7], account=2)
    snapshots.tend(reader)

    assert [name.split("-")[0] for name in files(1) + files(2)] == ["2", "1"]
    assert members(old, [FIRST, FIRST + 1]) == {FIRST}  # who has it open keeps it


def test_opt_outs_are_the_account_s_and_everybody_s(owner, reader, monkeypatch):
    monkeypatch.setattr(packed, "BLOCK", 3)
    assert opt_outs.opt_outs(reader, 1).tolist() == []
    chance = random.Random(3)
    told = {scope: set(chance.sample(range(FIRST, FIRST + 40), 15)) for scope in (1, 2, None)}
    for scope, numbers in told.items():
        owner.execute(
            "insert into account.opt_out (account_id, msisdn, source) select %s, unnest(%s::bigint[]), 'stop'",
            [scope, list(numbers)],
        )
    for account in (1, 2):
        assert opt_outs.opt_outs(reader, account).tolist() == sorted(told[account] | told[None])

"""INTAKE, Bases: sequences of full and delta loads against a simple model of a base, its history and its consent."""

import random
from datetime import date, timedelta

import pytest

from ingest import loads
from ingest.chunk import Chunk
from ingest.foreground import ingest

COLUMNS = (
    "select msisdn, consent_date, attributes ->> 'name' as name, file_id from account.base_member where account_id = 1"
)
HISTORY = "select file_id, msisdn, kind, consent_date from account.base_change where account_id = 1 order by at, msisdn"


class Model:
    """members: number -> (consent, name, file). history: (file, number, kind, consent), in order of file."""

    def __init__(self):
        self.members = {}
        self.history = []

    def load(self, file_id, rows, is_full):
        last = {number: (action, consent, name) for number, action, consent, name in rows}
        kept = {number for number, (action, *_) in last.items() if action == "add"}
        gone = set(self.members) - kept if is_full else {n for n in self.members if n in last and n not in kept}
        changes = []
        for number in gone:
            consent, *_ = self.members.pop(number)
            changes.append((file_id, number, "removed", consent))
        for number in kept:
            _, consent, name = last[number]
            before = self.members.get(number)
            if before is None:
                changes.append((file_id, number, "added", consent))
            elif before[0] != consent:
                changes.append((file_id, number, "consent_changed", consent))
            if before is None or before[:2] != (consent, name):
                self.members[number] = (consent, name, file_id)
        self.history += sorted(changes)


class Thin:
    """A source whose chunks have three rows at most; what they were written like is not asked for."""

    def __init__(self, source):
        self._source = source
        self.header, self.recipient, self.encoding, self.skipped = source.header, source.recipient, source.encoding, 0

    def chunks(self):
        for whole in self._source.chunks():
            for start in range(0, len(whole), 3):
                part = slice(start, start + 3)
                columns = [column.slice(start, 3) for column in whole.columns]
                yield Chunk(whole.lines[part], columns, whole.faults[part], whole.raw)


def written(rows, is_full, with_name):
    head = ["msisdn", *([] if is_full else ["action"]), "consent_date", *(["name"] if with_name else [])]
    lines = [",".join(head)]
    for number, action, consent, name in rows:
        lines.append(
            ",".join(
                [str(number), *([] if is_full else [action]), consent.isoformat() if consent else ""]
                + ([name] if with_name else [])
            )
        )
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_base_is_what_its_loads_make_of_it(platform, mobile, seed):
    chance = random.Random(seed)
    model = Model()
    versions = [0]
    for step in range(12):
        is_full, with_name = chance.random() < 0.4, chance.random() < 0.7
        rows = []
        for _ in range(chance.randrange(1, 60)):
            action = "add" if is_full else chance.choice(["add", "add", "remove"])
            consent = chance.choice([None, date(2026, 1, 1) + timedelta(chance.randrange(3))])
            name = chance.choice(["Mona", "", "ليلى", "a 'b' \\"]) if with_name else None
            rows.append((mobile(chance.randrange(50)), action, consent, name))
        before = dict(model.members)
        ack = ingest(platform.file(f"{step}.csv", written(rows, is_full, with_name)), "nile", "base")
        model.load(ack["file_id"], rows, is_full)

        assert ack["status"] == "accepted"
        found = {row["msisdn"]: (row["consent_date"], row["name"], row["file_id"]) for row in platform.rows(COLUMNS)}
        assert found == model.members
        version = platform.value("select coalesce(max(version), 0) from account.base_version where account_id = 1")
        assert (version > versions[-1]) == (before != model.members)
        assert platform.value("select coalesce(max(members), 0) from account.base_version") == len(model.members)
        versions.append(version)
        kinds = [change[2] for change in model.history if change[0] == ack["file_id"]]
        assert ack["changes"] == {kind: kinds.count(kind) for kind in ("removed", "consent_changed", "added")}
    history = [tuple(row.values()) for row in platform.rows(HISTORY)]
    assert sorted(history) == sorted(model.history)
    for number in {change[1] for change in model.history}:
        assert [row for row in history if row[1] == number] == [row for row in model.history if row[1] == number]


def test_a_full_base_that_says_the_same_again_writes_no_member_and_no_history(platform, mobile):
    rows = "".join(f"{mobile(n)},2026-01-0{n % 3 + 1},Mona {n}\n" for n in range(2_000))
    content = f"msisdn,consent_date,name\n{rows}"
    ingest(platform.file("a.csv", content), "nile", "base")
    places = "select msisdn, ctid::text, xmin::text, xmax::text from account.base_member order by msisdn"
    before, version = platform.rows(places), platform.rows("select version, mark from account.base_version")

    again = ingest(platform.file("b.csv", content + f"{mobile(1)},2026-01-02,Mona 1\n"), "nile", "base")

    assert again["changes"] == {"removed": 0, "consent_changed": 0, "added": 0}
    assert platform.rows(places) == before
    assert platform.rows("select version, mark from account.base_version") == version
    assert platform.value("select count(*) from account.base_change") == 2_000


def test_a_load_is_seen_by_whole_chunks_and_across_them(platform, mobile, monkeypatch):
    """The last row of a number counts wherever its rows stand, and rejects keep their lines."""
    open_source = loads.open_source
    monkeypatch.setattr(loads, "open_source", lambda *given: Thin(open_source(*given)))
    rows = [f"{mobile(n % 5)},{'add' if n < 12 or n % 2 else 'remove'},{'x' if n == 4 else ''}" for n in range(20)]
    ack = ingest(platform.file("a.csv", "msisdn,action,consent_date\n" + "\n".join(rows) + "\n"), "nile", "base")

    # the last rows of the five are 15 (0), 16 (1), 17 (2), 18 (3) and 19 (4): odd ones add
    assert [row["msisdn"] for row in platform.rows(f"{COLUMNS} order by msisdn")] == [mobile(0), mobile(2), mobile(4)]
    assert (ack["rows"], ack["accepted"], ack["reasons"]) == (20, 19, {"BAD_DATE": 1})
    assert platform.rows("select line, reason from intake.reject") == [{"line": 6, "reason": "BAD_DATE"}]


def test_a_base_whose_numbers_a_spreadsheet_mangled_changes_nothing(platform, mobile):
    platform.members("nile", [mobile(1)])
    content = "msisdn\n" + "".join(f"{mobile(n)}\n" for n in range(50)) + "2.01001E+11\n"
    ack = ingest(platform.file("a.csv", content), "nile", "base")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "NUMBER_MANGLED")
    assert [row["msisdn"] for row in platform.rows(COLUMNS)] == [mobile(1)]
    assert platform.rows("select * from intake.reject") == []


def test_a_load_that_may_be_truncated_is_held_and_changes_nothing(platform, mobile):
    from ingest import accounts, claim, files
    from ingest.pipeline import validate
    from outbound import database

    platform.members("nile", [mobile(1)])
    path = platform.file("a.csv", f"msisdn\n{mobile(2)}\n{mobile(3)}")
    with database.connect("ingest", autocommit=True) as connection:
        nile = accounts.named(connection, "nile")
        file_id = claim.claim(connection, nile, path, "base", "stability")
        validate(file_id)
        file = files.get(connection, file_id)

    assert (file.outcome, file.ack["rows"], file.ack["codes"][0]["code"]) == ("held", 2, "MAYBE_TRUNCATED")
    assert [row["msisdn"] for row in platform.rows(COLUMNS)] == [mobile(1)]


def test_a_load_makes_the_snapshot_that_the_next_campaign_needs(platform, mobile):
    ingest(platform.file("a.csv", f"msisdn\n{mobile(2)}\n"), "nile", "base")
    version, mark = platform.rows("select version, mark from account.base_version")[0].values()

    assert (platform.home / "bases" / "1" / f"{version}-{mark.hex}").exists()


def test_evidence_is_refused_to_be_changed_and_is_kept_for_three_years(platform, mobile):
    from ingest import housekeeping

    ingest(platform.file("a.csv", f"msisdn\n{mobile(1)}\n{mobile(2)}\n{mobile(3)}\n"), "nile", "base")
    ingest(platform.file("b.csv", f"msisdn,action\n{mobile(2)},remove\n"), "nile", "base")
    for change in (
        "update account.base_change set consent_date = '2020-01-01'",
        "delete from account.base_change",
        "truncate account.base_change",
    ):
        with pytest.raises(Exception, match="add a correcting row instead"):
            platform.rows(change)
    platform.rows("alter table account.base_change disable trigger base_change_is_append_only")
    old = "update account.base_change set at = now() - interval '3 years 1 day' where msisdn <> %s"
    platform.rows(old, mobile(3))
    housekeeping.run()

    assert platform.rows("select msisdn, kind from account.base_change order by msisdn") == [
        {"msisdn": mobile(1), "kind": "added"},  # still a member
        {"msisdn": mobile(3), "kind": "added"},
    ]

"""Carriers' statements beside our log: a random month against a plain account of who has what."""

import csv
import random
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from dispatch.statement import settle
from dispatch.statement_cli import command
from dispatch.statement_file import BadStatement

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = 201001000000


def log(platform, connector, campaign, entries):
    """Attempts as a worker leaves them: (ordinal, state, id, sent_at)."""
    with (
        platform.connection.cursor() as cursor,
        cursor.copy(
            "copy dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
            " carrier_message_id, sent_at, answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference,"
            " network_id, zone) from stdin"
        ) as copy,
    ):
        for ordinal, state, message_id, sent_at in entries:
            done = state == "accepted"
            copy.write_row(
                (platform.account, campaign, ordinal, 1, 1, state, 0 if done else None, message_id if done else None,
                 sent_at, sent_at if done else None, 1, 1, connector, 0, ordinal, ordinal, 1, "EG")
            )  # fmt: skip


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["message_id", "destination", "source", "reference", "accepted_at"], *rows])


@pytest.mark.parametrize("seed", range(3))
def test_every_line_and_every_segment_is_accounted_for(platform, tmp_path, seed):
    chance = random.Random(seed)
    connector = platform.connect(1)
    count = 400
    campaign = platform.accept(["x"] * count)
    entries, rows, expected = [], [], {"agreed": 0, "settled": 0, "other": [], "theirs": [], "ours": []}
    for n in range(1, count + 1):
        sent_at = DAY + timedelta(seconds=n)
        state = chance.choice(["accepted"] * 3 + ["in_doubt"])
        entries.append((n, state, f"a{n:x}", sent_at))
        listed = chance.choice(["yes", "yes", "no", "other"]) if 1 < n < count else "yes"
        row = [f"{int(f'a{n:x}', 16)}", FIRST + n - 1, "NILE", chance.choice([n, ""]), sent_at.isoformat()]
        if listed == "yes":
            rows.append(row)
            expected["agreed" if state == "accepted" else "settled"] += 1
        elif listed == "other":
            row[1] = 201009000000 + n
            rows.append(row)
            if state == "accepted":
                expected["other"].append((row[1], FIRST + n - 1))
            else:
                expected["theirs"].append(row[1])
        elif state == "accepted":
            expected["ours"].append(FIRST + n - 1)
    log(platform, connector, campaign, entries)
    repeated = chance.sample(rows, 20)
    chance.shuffle(rows)
    write(tmp_path / "day.csv", [*rows, *repeated])

    for _ in range(2):
        out = settle(tmp_path / "day.csv", "cairo", differences=tmp_path / "out.csv")
        with (tmp_path / "out.csv").open() as file:
            told = list(csv.DictReader(file))
        by_kind = {
            kind: sorted((one["destination"], one["our_destination"]) for one in told if one["difference"] == kind)
            for kind in ("other_destination", "only_in_statement", "only_in_log")
        }
        assert by_kind == {
            "other_destination": sorted((str(theirs), str(ours)) for theirs, ours in expected["other"]),
            "only_in_statement": sorted((str(number), "") for number in expected["theirs"]),
            "only_in_log": sorted(("", str(number)) for number in expected["ours"]),
        }
        assert (out.lines, out.repeated, out.agreed, out.settled) == (
            len(rows) + 20, 20, expected["agreed"], expected["settled"],
        )  # fmt: skip
        assert (out.other_destination, out.only_in_statement, out.only_in_log) == tuple(map(len, by_kind.values()))
        # the second time what was settled agrees
        expected["agreed"], expected["settled"] = expected["agreed"] + expected["settled"], 0
    progress = platform.progress(campaign)
    accepted = sum(state == "accepted" for _, state, _, _ in entries)
    assert progress["accepted"] == expected["agreed"] + len(expected["other"]) + len(expected["ours"])
    assert accepted <= progress["accepted"]
    proofs = platform.rows("select distinct state::text, proof from dispatch.settlement")
    assert proofs == [("accepted", "statement")]


def test_what_an_earlier_statement_has_is_not_missing_in_the_next(platform, tmp_path):
    connector = platform.connect(1)
    campaign = platform.accept(["x"] * 3)
    at = [DAY + timedelta(minutes=n) for n in range(3)]
    log(platform, connector, campaign, [(n + 1, "accepted", str(n + 1), at[n]) for n in range(3)])
    write(tmp_path / "one.csv", [[n, FIRST + n - 1, "", "", at[n - 1].isoformat()] for n in (2,)])
    write(tmp_path / "two.csv", [[n, FIRST + n - 1, "", "", at[n - 1].isoformat()] for n in (1, 3)])

    assert settle(tmp_path / "one.csv", "cairo").only_in_log == 0
    assert settle(tmp_path / "two.csv", "cairo").only_in_log == 0
    empty = tmp_path / "none.csv"
    write(empty, [])
    whole = settle(empty, "cairo", since=DAY, until=DAY + timedelta(hours=1))
    assert (whole.compared, whole.only_in_log) == (True, 0)


def test_a_segment_taken_for_not_sent_is_accepted_by_its_line(platform, tmp_path):
    """Silence was no proof after all: the carrier lists it."""
    connector = platform.connect(1)
    campaign = platform.accept(["x"])
    log(platform, connector, campaign, [(1, "in_doubt", None, DAY)])
    platform.rows(
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " select account_id, campaign_id, 1, 1, 1, 'not_sent', 'silence' from intake.campaign"
    )
    write(tmp_path / "day.csv", [[5, FIRST, "NILE", 1, DAY.isoformat()]])

    assert settle(tmp_path / "day.csv", "cairo").settled == 1
    assert platform.progress(campaign) == {"segments": 1, "accepted": 1}


def test_nothing_is_loaded_of_a_file_with_a_mistake(platform, tmp_path):
    connector = platform.connect(1)
    campaign = platform.accept(["x"])
    log(platform, connector, campaign, [(1, "in_doubt", None, DAY)])
    write(tmp_path / "day.csv", [[5, FIRST, "NILE", 1, ""], [6, "nobody", "", "", ""]])

    with pytest.raises(BadStatement, match="line 3: destination is no international number"):
        settle(tmp_path / "day.csv", "cairo", differences=tmp_path / "out.csv")
    assert platform.one("select count(*) from dispatch.statement_line") == 0
    assert platform.progress(campaign) == {"segments": 1, "in_doubt": 1}
    assert not (tmp_path / "out.csv").exists()


def test_the_command_reads_what_carriers_write_and_masks_what_it_prints(platform, tmp_path):
    platform.connect(1)
    (tmp_path / "day.csv").write_text(
        "MSG ID;B-Number;Submit Date\n7;00201001000001;16.03.2026 10:00\n", encoding="cp1256"
    )
    done = CliRunner().invoke(
        command,
        ["load", str(tmp_path / "day.csv"), "--connector", "cairo", "--time-format", "%d.%m.%Y %H:%M", "--zone",
         "Africa/Cairo", "--encoding", "windows-1256", "--column", "destination=b number"],
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    assert "not compared" not in done.output
    assert "only_in_statement  1" in done.output
    assert "2010•••••001" in done.output
    assert platform.one("select accepted_at::text from dispatch.statement_line") == "2026-03-16 08:00:00+00"


def test_an_id_that_could_be_read_as_another_s_does_not_hide_a_proof(platform, tmp_path):
    """Under `auto` the decimal id 16 may stand for 10 in hexadecimal, which is another segment's id."""
    connector = platform.connect(1)
    campaign = platform.accept(["x"] * 2)
    log(platform, connector, campaign, [(1, "accepted", "10", DAY), (2, "in_doubt", None, DAY)])
    write(tmp_path / "day.csv", [[10, FIRST, "NILE", 1, ""], [16, FIRST + 1, "NILE", 2, ""]])
    out = settle(tmp_path / "day.csv", "cairo")

    assert (out.agreed, out.settled, out.other_destination) == (1, 1, 0)

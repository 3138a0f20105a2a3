"""Random traffic of several accounts, written into the logs as dispatch would: in any order, early, twice, late."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import namedtuple_row

from tests.integration.dbt.conftest import Books
from tests.integration.dbt.sla_model import Campaign, Log

ZONES = ("Africa/Cairo", "Asia/Karachi", "America/New_York")
REASONS = ("opted_out", "not_in_base", "expired", "cancelled", "part_rejected", "no_route")
EDGES = [timedelta(0), timedelta(microseconds=1), timedelta(hours=1), timedelta(hours=72), timedelta(hours=73)]


@dataclass
class Traffic:
    books: Books
    rng: random.Random
    has_edges: bool = True  # some instants are those of a message's own past, to the microsecond
    accounts: list[int] = field(default_factory=list)
    messages: list[tuple[int, int, int, int]] = field(default_factory=list)  # account, campaign, ordinal, segments
    attempts: list[tuple[int, int, int, int, int, datetime, str]] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 1_000_000)))

    def opens(self) -> None:
        for zone in ZONES:
            account = self.books.account(zone.rpartition("/")[2].lower(), scheme="postpaid")
            self.books.execute(
                "update account.account set timezone = %s where account_id = %s", zone, account.account_id
            )
            self.accounts.append(account.account_id)
            self.books.execute(
                "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by,"
                " stable_at) values (%s, 'campaign', 'x', 1, 1, sha256('x'), '-', 'command', '2026-09-01')",
                account.account_id,
            )
        self.books.execute(
            "select dispatch.ensure_days('2026-09-20', '2026-10-20'), dispatch.ensure_message_partition(1)"
        )
        self.books.execute(
            "insert into dispatch.connector (name, host, port, system_id, password) values ('one', 'h', 1, 's', '{}')"
        )

    def accepts(self, at: datetime) -> None:
        """A campaign of up to 30 messages, eligible around an instant."""
        rng, campaign, account = self.rng, next(self.ids), self.rng.choice(self.accounts)
        sizes = [rng.choice([1, 1, 2, 3]) for _ in range(rng.randrange(1, 30))]
        eligible = at + timedelta(minutes=rng.randrange(-2_000, 3_000))
        self.books.execute(
            "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
            " received_at, accepted_at, eligible_at, validity)"
            " select %s, account_id, file_id, 'rejected', 'x', 'X', %s, %s, %s, %s, %s, %s, %s"
            " from intake.file where account_id = %s",
            campaign, len(sizes), len(sizes), sum(sizes), at, at, eligible,
            timedelta(minutes=rng.choice([30, 1_440])), account,
        )  # fmt: skip
        rows = [(account, campaign, ordinal, size) for ordinal, size in enumerate(sizes, 1)]
        self._insert(
            "dispatch.message",
            "account_id campaign_id ordinal segments line msisdn encoding network_id zone",
            [(*row, row[2], 201_000_000_000 + row[2], "gsm", 1, "EG") for row in rows],
        )
        self.messages += rows

    def goes_on(self, facts: int, start: datetime, end: datetime) -> None:
        """Facts of any kind about any message, at instants between the two and at edges of what was before."""
        for _ in range(facts):
            [self.submits, self.settles, self.drops, self.hears, self.hears, self.hears][self.rng.randrange(6)](
                start, end
            )

    def submits(self, start: datetime, end: datetime) -> None:
        account, campaign, ordinal, size = self.rng.choice(self.messages)
        for segment in range(1, size + 1):
            attempt = 1 + sum(one[1:4] == (campaign, ordinal, segment) for one in self.attempts)
            sent = self._instant(start, end)
            state = self.rng.choices(["accepted", "rejected", "in_doubt", "not_sent"], [12, 2, 3, 1])[0]
            status = {"accepted": 0, "rejected": self.rng.choice([8, 11, 69])}.get(state)
            self._insert(
                "dispatch.submission",
                "account_id campaign_id ordinal segment attempt state transient command_status sent_at answered_at"
                " epoch_id intent_serial connector_id session sequence reference network_id zone",
                [(account, campaign, ordinal, segment, attempt, state, status == 8, status, sent,
                  None if status is None else sent + timedelta(seconds=1), 1, 1, 1, 1, 1, 1, 1, "EG")],
            )  # fmt: skip
            self.attempts.append((account, campaign, ordinal, segment, attempt, sent, state))

    def settles(self, start: datetime, end: datetime) -> None:
        doubtful = [one for one in self.attempts if one[-1] == "in_doubt"]
        if doubtful:
            *key, sent, _ = self.rng.choice(doubtful)
            state, proof = self.rng.choice(
                [("accepted", "statement"), ("unknown", "time_limit"), ("not_sent", "silence")]
            )
            self._insert(
                "dispatch.settlement",
                "account_id campaign_id ordinal segment attempt state proof settled_at",
                [(*key, state, proof, max(sent, self._instant(start, end)))],
            )

    def drops(self, start: datetime, end: datetime) -> None:
        account, campaign, ordinal, size = self.rng.choice(self.messages)
        tried = {one[3] for one in self.attempts if one[1:3] == (campaign, ordinal)}
        if len(tried) < size:
            self._insert(
                "dispatch.dropped",
                "account_id campaign_id ordinal segments reason at",
                [(account, campaign, ordinal, size - len(tried), self.rng.choice(REASONS), self._instant(start, end))],
            )

    def hears(self, start: datetime, end: datetime) -> None:
        if not self.attempts:
            return
        *key, sent, _ = self.rng.choice(self.attempts)
        state = self.rng.choices([1, 2, 3, 4, 5, 7, 8], [2, 8, 2, 1, 2, 1, 1])[0]
        at = sent + self.rng.choice(EDGES) if self.has_edges and self.rng.random() < 0.3 else self._instant(start, end)
        self._insert(
            "dispatch.receipt_match",
            "receipt_id account_id campaign_id ordinal segment attempt state final error_code received_at",
            [
                (
                    next(self.ids),
                    *key,
                    state,
                    state != 1,
                    self.rng.choice([None, "000", "001", "006", "032", "034", "999"]),
                    at,
                )
            ],
        )

    def changes(self, at: datetime) -> None:
        """A campaign is cancelled, another one is resumed and eligible anew."""
        one, other = self.rng.sample(sorted({message[1] for message in self.messages}), 2)
        self.books.execute(
            "insert into intake.campaign_event (account_id, campaign_id, at, kind)"
            " select account_id, campaign_id, %s, 'cancelled' from intake.campaign where campaign_id = %s",
            at, one,
        )  # fmt: skip
        self.books.execute("update intake.campaign set eligible_at = %s where campaign_id = %s", at, other)

    def log(self) -> Log:
        def rows(query: str) -> list[Any]:
            with self.books.connection.cursor(row_factory=namedtuple_row) as cursor:
                return cursor.execute(query.encode()).fetchall()

        campaigns = rows(
            "select campaign_id, account.name, timezone, eligible_at, validity, (select min(at) from intake.campaign_event"
            " where campaign_event.campaign_id = campaign.campaign_id and kind = 'cancelled')"
            " from intake.campaign join account.account using (account_id)"
        )
        return Log(
            [Campaign(*row) for row in campaigns],
            rows("select campaign_id, ordinal, segments from dispatch.message"),
            *(
                rows(f"select * from dispatch.{log}")
                for log in ("submission", "settlement", "dropped", "receipt_match")
            ),
        )

    def _instant(self, start: datetime, end: datetime) -> datetime:
        if self.attempts and self.has_edges and self.rng.random() < 0.15:
            return min(
                self.rng.choice(self.attempts)[5] + self.rng.choice(EDGES), datetime(2026, 10, 20, tzinfo=start.tzinfo)
            )
        return start + (end - start) * self.rng.random()

    def _insert(self, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        names, places = columns.replace(" ", ", "), ", ".join(["%s"] * len(rows[0]))
        with self.books.connection.cursor() as cursor:
            statement = f"insert into {table} ({names}) values ({places})"
            cursor.executemany(f"{statement} on conflict do nothing".encode(), rows)

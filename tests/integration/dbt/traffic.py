"""Random traffic of several accounts, written into the logs as dispatch would: in any order, early, twice, late."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import namedtuple_row
from psycopg.types.json import Jsonb

from tests.integration.dbt.conftest import Books
from tests.integration.dbt.sla_model import Campaign, Log

ZONES = ("Africa/Cairo", "Asia/Karachi", "America/New_York")
REASONS = ("opted_out", "not_in_base", "expired", "cancelled", "part_rejected", "no_route")
EDGES = [timedelta(0), timedelta(microseconds=1), timedelta(hours=1), timedelta(hours=72), timedelta(hours=73)]
SOON = [timedelta(seconds=n) for n in (0, 9, 10, 11, 30, 31, 60, 61, 120, 121, 600)]
CAUSES = ("NUMBER_INVALID", "DUPLICATE", "SOMETHING_NEW")


@dataclass
class Traffic:
    books: Books
    rng: random.Random
    has_edges: bool = True  # some instants are those of a message's own past, to the microsecond
    accounts: list[int] = field(default_factory=list)
    messages: list[tuple[int, int, int, int]] = field(default_factory=list)  # account, campaign, ordinal, segments
    eligible: dict[int, datetime] = field(default_factory=dict)
    latest: dict[int, datetime] = field(default_factory=dict)
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
                " stable_at) values (%s, 'campaign', 'x', 1, 1, sha256('x'), '-', 'command', '2026-10-01')",
                account.account_id,
            )
        self.books.execute(
            "select dispatch.ensure_days('2026-10-20', '2026-11-20'), dispatch.ensure_message_partition(1)"
        )
        self.books.execute(
            "insert into dispatch.connector (name, host, port, system_id, password)"
            " values ('one', 'h', 1, 's', '{}'), ('two', 'h', 1, 's', '{}')"
        )
        self.books.execute(
            "insert into network.network (prefix, operator, country, zone, receipts)"
            " values ('2010', 'A', 'EG', 'EG', true), ('2011', 'B', 'EG', 'EG', false)"
        )
        self._insert(
            "account.contracted_rate",
            "account_id effective_from rate",
            [(self.accounts[0], "2026-01-01", 2), (self.accounts[0], "2026-10-31", 1), (self.accounts[1], "1900-01-01", 3),
             (self.accounts[1], "2026-11-01", None)],
        )  # fmt: skip

    def announces(self, start: datetime, end: datetime) -> None:
        """Maintenance, of a connector or all, early enough or not, kept or not."""
        rng, begins = self.rng, start + (end - start) * self.rng.random()
        row = self.books.execute(
            "insert into dispatch.maintenance (connector_id, starts_at, ends_at, reason, announced_at, announced_by)"
            " values (%s, %s, %s, 'x', %s, 'x') returning maintenance_id",
            rng.choice([None, 1, 2]), begins, begins + timedelta(seconds=rng.randrange(1, 20_000)),
            begins - rng.choice([timedelta(hours=1), timedelta(hours=72), timedelta(hours=73)]),
        ).fetchone()  # fmt: skip
        if row and rng.random() < 0.3:
            self.books.execute(
                "insert into dispatch.maintenance_withdrawal (maintenance_id, withdrawn_by) values (%s, 'x')", row[0]
            )

    def accepts(self, at: datetime) -> None:
        """A campaign of up to 30 messages, eligible around an instant."""
        rng, account = self.rng, self.rng.choice(self.accounts)
        eligible = at + timedelta(minutes=rng.randrange(-2_000, 3_000))
        if account in self.latest and rng.random() < 0.5:
            eligible = self.latest[account] + timedelta(seconds=rng.randrange(20))  # two at once wait for each other
        self.latest[account] = eligible
        asked = rng.choice([eligible, at])
        rows = self._queues(account, asked, eligible, rng.choice([None, None, 1, 5]), rng.randrange(1, 30))
        for kind in rng.choices(["closed", "resumed", "released", "paused"], k=rng.choice([0, 1, 1, 2])):
            self._happens(rows[0][1], kind, eligible + rng.choice([timedelta(0), *SOON, timedelta(days=1)]))
        if rng.random() < 0.3:
            self._sends_all(rows, rng.choice([asked, eligible]) + rng.choice(SOON), rng.choice([0, 30, 90]))
        self.messages += rows

    def is_scheduled(self, at: datetime) -> None:
        """Campaigns that nothing but receipts comes to: put off by this and that, and sent more or less in time; one that
        waits for another one of its account, and ends when that allows it, or somewhat earlier or later."""
        rng = self.rng
        for kind in ("resumed", "released", "nothing", "closed"):
            eligible = at + timedelta(hours=1)
            rows = self._queues(rng.choice(self.accounts), at, eligible, None, rng.randrange(1, 5))
            if kind != "nothing":
                self._happens(rows[0][1], kind, eligible + timedelta(seconds=30))
            self._sends_all(rows, eligible + timedelta(seconds=rng.choice([0, 59, 60, 61])), rng.choice([0, 90]))
        at += timedelta(hours=rng.randrange(2, 9))
        account = self.accounts[0]
        self._queues(account, at, at, None, 30)
        rows = self._queues(account, at, at, None, 10)
        self._sends_all(rows, at, 60 + rng.randrange(60))

    def _queues(
        self, account: int, asked: datetime, eligible: datetime, rate: int | None, size: int
    ) -> list[tuple[int, int, int, int]]:
        """A campaign's messages: account, campaign, ordinal, segments."""
        rng, campaign = self.rng, next(self.ids)
        sizes = [rng.choice([1, 1, 2, 3]) for _ in range(size)]
        self.books.execute(
            "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
            " received_at, accepted_at, eligible_at, validity, rate, spread)"
            " select %s, account_id, min(file_id), 'rejected', 'x', 'X', %s, %s, %s, %s, %s, %s, %s, %s, %s"
            " from intake.file where account_id = %s group by account_id",
            campaign, size, size, sum(sizes), asked, eligible, eligible, timedelta(minutes=rng.choice([30, 1_440])), rate,
            timedelta(minutes=1) if rate and rng.random() < 0.5 else None, account,
        )  # fmt: skip
        self.eligible[campaign] = eligible
        rows = [(account, campaign, ordinal, parts) for ordinal, parts in enumerate(sizes, 1)]
        self._insert(
            "dispatch.message",
            "account_id campaign_id ordinal segments line msisdn encoding network_id zone",
            [(*row, row[2], 201_000_000_000 + row[2], "gsm", rng.choice([1, 1, 2]), "EG") for row in rows],
        )
        return rows

    def _sends_all(self, rows: list[tuple[int, int, int, int]], start: datetime, seconds: int) -> None:
        """Every segment of a campaign, one message after the other, accepted."""
        pause = timedelta(seconds=seconds) / max(len(rows) - 1, 1)
        found = [
            (account, campaign, ordinal, segment, 1, start + place * pause, "accepted")
            for place, (account, campaign, ordinal, parts) in enumerate(rows)
            for segment in range(1, parts + 1)
        ]
        self._insert(
            "dispatch.submission",
            "account_id campaign_id ordinal segment attempt sent_at state command_status answered_at epoch_id intent_serial"
            " connector_id session sequence reference network_id zone",
            [(*one, 0, one[5] + timedelta(seconds=1), 1, 1, 1, 1, 1, 1, 1, "EG") for one in found],
        )
        self.attempts += found

    def goes_on(self, facts: int, start: datetime, end: datetime) -> None:
        """Facts of any kind about any message, at instants between the two and at edges of what was before."""
        for _ in range(facts):
            kinds = [
                self.submits,
                self.settles,
                self.drops,
                self.arrives,
                self.listens,
                self.hears,
                self.hears,
                self.hears,
            ]
            self.rng.choices(kinds, [8, 6, 6, 1, 1, 6, 6, 6])[0](start, end)

    def submits(self, start: datetime, end: datetime) -> None:
        account, campaign, ordinal, size = self.rng.choice(self.messages)
        for segment in range(1, size + 1):
            attempt = 1 + sum(one[1:4] == (campaign, ordinal, segment) for one in self.attempts)
            sent = self._instant(start, end)
            if self.has_edges and self.rng.random() < 0.4:
                sent = self.eligible[campaign] + self.rng.choice(SOON)
            state = self.rng.choices(["accepted", "rejected", "in_doubt", "not_sent"], [12, 2, 3, 1])[0]
            status = {"accepted": 0, "rejected": self.rng.choice([8, 11, 69])}.get(state)
            self._insert(
                "dispatch.submission",
                "account_id campaign_id ordinal segment attempt state transient command_status sent_at answered_at"
                " epoch_id intent_serial connector_id session sequence reference network_id zone",
                [(account, campaign, ordinal, segment, attempt, state, status == 8, status, sent,
                  None if status is None else sent + self.rng.choice([timedelta(0), timedelta(seconds=1), timedelta(days=2)]),
                  1, 1, self.rng.choice([1, 2]), 1, 1, 1, 1, "EG")],
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
        at = (
            sent + self.rng.choice(EDGES + SOON)
            if self.has_edges and self.rng.random() < 0.3
            else self._instant(start, end)
        )
        self._insert(
            "dispatch.receipt_match",
            "receipt_id account_id campaign_id ordinal segment attempt state final error_code received_at done_at matched_at",
            [
                (
                    next(self.ids),
                    *key,
                    state,
                    state != 1,
                    self.rng.choice(["006", "027"] if state == 1 else [None, "000", "001", "006", "032", "034", "999"]),
                    at,
                    self.rng.choice([None, at - self.rng.choice(SOON)]),
                    at + self.rng.choice(SOON),
                )
            ],
        )

    def changes(self, at: datetime) -> None:
        """A campaign is cancelled, another one is resumed and eligible anew."""
        one, other = self.rng.sample(sorted({message[1] for message in self.messages}), 2)
        self._happens(one, "cancelled", at)
        self.eligible[other] = at
        self.books.execute("update intake.campaign set eligible_at = %s where campaign_id = %s", at, other)

    def _happens(self, campaign: int, kind: str, at: datetime) -> None:
        self.books.execute(
            "insert into intake.campaign_event (account_id, campaign_id, at, kind)"
            " select account_id, campaign_id, %s, %s from intake.campaign where campaign_id = %s",
            at, kind, campaign,
        )  # fmt: skip

    def listens(self, start: datetime, end: datetime) -> None:
        """A connector has answers for a while, with gaps, and stops; some are logged late."""
        rng, connector, at = self.rng, self.rng.choice([1, 2]), self._instant(start, end)
        minutes = rng.sample(range(600), rng.choice([1, 60, 500]))
        self._insert(
            "dispatch.session_event",
            "at connector_id epoch_id session kind last_answered_at",
            [(found, connector, next(self.ids), 1, "counters", found) for found in (at + timedelta(minutes=n) for n in minutes)],
        )  # fmt: skip

    def arrives(self, start: datetime, end: datetime) -> None:
        """A file of a campaign or of a base, answered in time, late, held or not at all; its campaign queued, held or neither."""
        rng, at, rows = self.rng, self._instant(start, end), self.rng.choice([7, 100_000, 250_000])
        answered = rng.choice(
            [None, at + timedelta(minutes=5), at + timedelta(minutes=5, microseconds=1), at + timedelta(minutes=13)]
        )
        kind, number = rng.choice(["campaign", "campaign", "base"]), next(self.ids)
        found = self.books.execute(
            "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at, state,"
            " outcome, ack, answered_at) values (%s, %s, %s, 1, 1, sha256('x'), '-', 'command', %s, %s, %s, %s, %s) returning file_id",
            rng.choice(self.accounts), kind, str(number), at, "answered" if answered else "claimed",
            rng.choice(["accepted", "held"]) if answered else None, Jsonb({"rows": rows}) if answered else None, answered,
        ).fetchone()  # fmt: skip
        if kind != "campaign" or rng.random() < 0.2 or not found:
            return
        rejected = {cause: rng.randrange(3) for cause in rng.sample(CAUSES, rng.randrange(3))}
        valid, fate = rng.randrange(1, 9), rng.choice(["queued", "queued", "held", "neither"])
        self.books.execute(
            "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at,"
            " accepted_at) select %s, account_id, file_id, 'rejected', 'x', 'X', %s, %s, %s, stable_at, %s from intake.file"
            " where file_id = %s",
            number, 99, *[valid - (fate == "queued" and rng.randrange(2))] * 2,
            at + timedelta(minutes=rng.choice([1, 6_000])) if fate == "queued" else None, found[0],
        )  # fmt: skip
        self._insert(
            "intake.profile",
            "campaign_id account_id rows accepted rejected reasons not_in_base distinct_numbers segments max_segments gsm_messages"
            " ucs2_messages reject_ratio not_in_base_ratio zones countries base_is_empty base_version",
            [(number, self.accounts[0], valid + sum(rejected.values()), valid, sum(rejected.values()), Jsonb(rejected), 0, 1, 1, 1, 1,
              0, 0, 0, Jsonb({}), [], False, 1)],
        )  # fmt: skip
        if fate == "held":
            self._happens(number, "held", at + timedelta(minutes=rng.choice([1, 6_000])))

    def log(self) -> Log:
        def rows(query: str) -> list[Any]:
            with self.books.connection.cursor(row_factory=namedtuple_row) as cursor:
                return cursor.execute(query.encode()).fetchall()

        campaigns = {
            row.campaign_id: Campaign(**row._asdict())
            for row in rows(
                "select campaign_id, account.name as account, timezone, messages, segments, coalesce(eligible_at, accepted_at)"
                " as eligible_at, greatest(received_at, scheduled_at) as asked_at, validity, rate as own_rate, spread"
                " from intake.campaign join account.account using (account_id) where accepted_at is not null"
            )
        }
        for event in rows("select campaign_id, at, kind from intake.campaign_event"):
            if event.campaign_id in campaigns:
                campaigns[event.campaign_id].events.append((event.at, event.kind))
        return Log(
            list(campaigns.values()),
            rows("select campaign_id, ordinal, segments, network_id from dispatch.message"),
            *(
                rows(f"select * from dispatch.{log}")
                for log in ("submission", "settlement", "dropped", "receipt_match")
            ),
            rows(
                "select connector_id, last_answered_at at time zone 'UTC' at time zone 'UTC' as last_answered_at from dispatch.session_event"
            ),
            rows(
                "select maintenance.*, withdrawn_at is not null as is_withdrawn from dispatch.maintenance"
                " left join dispatch.maintenance_withdrawal using (maintenance_id)"
            ),
            rows(
                "select account.name as account, timezone, stable_at, answered_at, outcome, coalesce((ack ->> 'rows')::integer, 0) as rows,"
                " profile.rows as presented, profile.accepted as valid, reasons, messages, accepted_at, (select min(at) from"
                " intake.campaign_event as event where event.campaign_id = campaign.campaign_id and event.kind = 'held') as stopped_at"
                " from intake.file join account.account using (account_id)"
                " left join (intake.campaign join intake.profile using (campaign_id)) using (file_id)"
            ),
            rows(
                "select account.name as account, effective_from, rate from account.contracted_rate join account.account using (account_id)"
            ),
            {row.network_id for row in rows("select network_id from network.network where not receipts")},
            {
                (row.campaign, row.ordinal, row.segment)
                for row in rows("select campaign, ordinal, segment from finance.charges")
            },
        )

    def _instant(self, start: datetime, end: datetime) -> datetime:
        if self.attempts and self.has_edges and self.rng.random() < 0.15:
            return min(
                self.rng.choice(self.attempts)[5] + self.rng.choice(EDGES), datetime(2026, 11, 20, tzinfo=start.tzinfo)
            )
        return start + (end - start) * self.rng.random()

    def _insert(self, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
        names, places = columns.replace(" ", ", "), ", ".join(["%s"] * len(rows[0]))
        with self.books.connection.cursor() as cursor:
            statement = f"insert into {table} ({names}) values ({places})"
            cursor.executemany(f"{statement} on conflict do nothing".encode(), rows)

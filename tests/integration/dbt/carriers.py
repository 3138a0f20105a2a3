"""Carriers for the books: networks, connectors with what they cost, campaigns that went out by them, receipts and statements."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dispatch.statement import Outcome, settle
from tests.integration.dbt.conftest import Account, Books, cairo

SENT = (
    "account_id, campaign_id, ordinal, segment, attempt, state, command_status, carrier_message_id, sent_at, answered_at,"
    " epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone"
)


@dataclass
class Carriers:
    books: Books
    networks: dict[str, tuple[int, str]] = field(default_factory=dict)
    connectors: dict[str, int] = field(default_factory=dict)
    campaigns: int = 0

    def serve(self, prefix: str, operator: str, zone: str) -> None:
        self.networks[prefix] = (
            self._one(
                "insert into network.network (prefix, operator, country, zone) values (%s, %s, %s, %s) returning network_id",
                prefix, operator, zone, zone,
            ),
            zone,
        )  # fmt: skip

    def connector(self, name: str) -> None:
        self.connectors[name] = self._one(
            "insert into dispatch.connector (name, host, port, system_id, password) values (%s, 'x', 1, 'x', '{}')"
            " returning connector_id",
            name,
        )

    def asks(
        self, connector: str, rate: str, currency: str, *, network: str = "*", per: str = "submission",
        since: str = "2026-01-01", until: str | None = None,
    ) -> None:  # fmt: skip
        self.books.execute(
            "insert into network.buy_rate values (%s, %s, %s, %s, %s, %s, %s)",
            self.connectors[connector], network, since, until, per, currency, rate,
        )  # fmt: skip

    def exchange(self, currency: str, into: str, rate: str, *, since: str = "2026-01-01") -> None:
        self.books.execute("insert into network.fx_rate values (%s, %s, %s, %s)", currency, into, since, rate)

    def sends(self, account: Account, segments: int, *, at: str, by: str, to: str) -> int:
        """A campaign of messages of one segment, all accepted at an instant in UTC; gives its id."""
        self.campaigns += 1
        campaign = self.campaigns
        sent_at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        self.books.execute("select dispatch.ensure_days(%s, %s)", sent_at.date(), sent_at.date())
        self.books.execute("select dispatch.ensure_message_partition(%s)", campaign)
        file = self._one(
            "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
            " values (%s, 'campaign', %s, 1, 1, sha256('x'), 'x', 'command', %s) returning file_id",
            account.account_id, f"{campaign}.csv", sent_at,
        )  # fmt: skip
        self.books.execute(
            "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
            " received_at, accepted_at, eligible_at)"
            " values (%s, %s, %s, 'accepted', %s, 'X', %s, %s, %s, %s, %s, %s)",
            campaign, account.account_id, file, f"c{campaign}", segments, segments, segments, sent_at, sent_at, sent_at,
        )  # fmt: skip
        network, zone = self.networks[to]
        for n in range(1, segments + 1):
            self.books.execute(
                "insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments,"
                " network_id, zone) values (%s, %s, %s, %s, %s, 'Hello', 'gsm', 1, %s, %s)",
                campaign, n, account.account_id, n + 1, number(to, campaign, n), network, zone,
            )  # fmt: skip
            self.books.execute(
                f"insert into dispatch.submission ({SENT})"
                " values (%s, %s, %s, 1, 1, 'accepted', 0, %s, %s, %s, 1, 1, %s, 0, %s, %s, %s, %s)",
                account.account_id, campaign, n, message_id(campaign, n), sent_at, sent_at, self.connectors[by], n, n, network, zone,
            )  # fmt: skip
        return campaign

    def delivers(self, account: Account, campaign: int, ordinal: int, *, at: str) -> None:
        """A receipt, received at an instant in UTC."""
        received = datetime.fromisoformat(at).replace(tzinfo=UTC)
        self.books.execute(
            "insert into dispatch.receipt_match (receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt,"
            " state, final) values (%s, %s, %s, %s, %s, 1, 1, 2, true)",
            campaign * 100 + ordinal, received, account.account_id, campaign, ordinal,
        )  # fmt: skip

    def states(
        self, file: Path, connector: str, lines: list[tuple[str, int, str]], *, since: str, until: str
    ) -> Outcome:
        """A statement: (id, destination, accepted_at), of a time by the clock in Cairo."""
        with file.open("w", newline="") as target:
            csv.writer(target).writerows([("message_id", "destination", "accepted_at"), *lines])
        return settle(file, connector, since=cairo(since), until=cairo(until))

    def _one(self, statement: str, *values: object) -> int:
        row = self.books.execute(statement, *values).fetchone()
        assert row
        return row[0]


def number(prefix: str, campaign: int, ordinal: int) -> int:
    return int(prefix) * 10**8 + campaign * 1000 + ordinal


def message_id(campaign: int, ordinal: int) -> str:
    return f"c{campaign:x}f{ordinal:x}"

"""A campaign's trial: one of its rows, sent to the account's trial numbers before the campaign is (INTAKE, Trials).

It is a campaign of its own and goes the way of every campaign: base, opt-outs, sender, balance, charge.
"""

import csv
import json
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from ingest import accounts, claim, foreground, obstacles, pipeline, preparing, preview, trial_numbers
from ingest.accounts import Account
from ingest.campaigns import Q as CAMPAIGNS
from ingest.chunk import Source
from ingest.shown import NoSuchRow
from outbound import audit, database
from outbound.errors import OutboundError

# of the campaign's file, or of when it goes: a trial has its own file, and goes now
_NOT_OF_A_TRIAL = (
    "schedule", "asap", "end", "daily_window", "spread", "rate", "batch_ref", "sha256", "rows", "encoding", "delimiter",
    "header", "columns",
)  # fmt: skip


class NobodyToTry(OutboundError):
    """No trial number can be sent to: how to have one."""


def send(path: Path, account_name: str, number: int) -> dict[str, Any]:
    """Sends the number-th row of a file, 1.. without blank ones, to each trial number: the acknowledgement. Raises NobodyToTry,
    NoSuchRow, Unusable."""
    with database.connect("ingest", autocommit=True) as connection:
        account = accounts.named(connection, account_name)
        msisdns = [one.msisdn for one in trial_numbers.of(connection, account) if one.state == "registered"]
        if not msisdns:
            raise NobodyToTry(
                f"no trial number of {account.name} can be sent to: register one that is in the base and has not opted out"
            )
        campaign = preview.as_claimed(account, path)
        source = preparing.prepare(connection, account, campaign, path).source
        row = _row(source, number)
        manifest = {key: value for key, value in (campaign.manifest or {}).items() if key not in _NOT_OF_A_TRIAL}
        manifest |= {"batch_ref": f"trial {uuid.uuid4()}", "encoding": "utf-8", "delimiter": ",", "header": True}
        with TemporaryDirectory(prefix="outbound-trial-") as folder:
            copy = Path(folder) / f"trial-{path.stem[:100]}.csv"
            _write(copy, source, row, msisdns)
            file_id = claim.claim(connection, account, copy, "campaign", "command", json.dumps(manifest).encode())
        _let_pass(connection, account, file_id, len(msisdns))
    return foreground.take(file_id)


def _row(source: Source, number: int) -> list[str]:
    before = 0
    for chunk in source.chunks():
        if before + len(chunk) >= number:
            return [column[number - before - 1].as_py() for column in chunk.columns]
        before += len(chunk)
    raise NoSuchRow(f"there is no row {number}: the file has {before}")


def _write(path: Path, source: Source, row: list[str], msisdns: list[int]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(source.header)
        for msisdn in msisdns:
            lines.writerow([f"+{msisdn}" if place == source.recipient else value for place, value in enumerate(row)])


def _let_pass(connection: psycopg.Connection, account: Account, file_id: int, numbers: int) -> None:
    """Whoever approves campaigns may want to see the trial first: it does not wait for them."""
    campaign_id = pipeline.validate(file_id)
    if campaign_id is None:
        return
    where = {"campaign": campaign_id, "code": obstacles.NOT_APPROVED, "actor": audit.actor()}
    with connection.transaction():
        connection.execute(CAMPAIGNS.approve, where | {"reason": "a trial, to registered numbers only"})
        audit.record(connection, "trial", account.account_id, f"campaign {campaign_id}", {"numbers": numbers})

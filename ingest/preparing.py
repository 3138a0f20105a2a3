"""What must be known before a campaign's first row is checked: options, source, rules. Raises Unusable."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg

from ingest import columns, opening, options
from ingest.accounts import Account
from ingest.accounts import Q as ACCOUNTS
from ingest.checks import Rules
from ingest.chunk import Source
from ingest.files import File
from ingest.options import Options
from ingest.refusal import Unusable
from ingest.source import open_source
from ingest.template import Template
from outbound.clock import local_day
from recipients import frequency, standing
from recipients.networks import Networks, prepaid_zones
from recipients.numbers import Numbers


@dataclass(frozen=True)
class Prepared:
    options: Options
    source: Source
    rules: Rules
    sender: str
    scheduled_at: datetime | None
    ends_at: datetime | None


def prepare(
    connection: psycopg.Connection, account: Account, file: File, path: Path, used: Options | None = None
) -> Prepared:
    """path: where the file's content is. used: what its campaign was checked with before, else its manifest over its
    account's defaults. A schedule in the past is so when the file was received."""
    chosen = used or _chosen(account, file)
    found = open_source(path, chosen.layout)
    received_at = file.stable_at
    template, text_place = _text(chosen, found)
    scheduled_at, ends_at = _times(chosen, account.timezone, received_at)
    quiet = opening.quiet_hours(connection, account, chosen.klass, ())
    window = opening.window(chosen.window(account.timezone), quiet, account.timezone)
    begin = opening.first(scheduled_at or received_at, window, ends_at).at
    sender, operators = _sender(connection, account, chosen, begin)
    rules = Rules(
        recipient=found.recipient,
        numbers=Numbers(account.default_region),
        networks=Networks.read(connection),
        standing=standing.read(connection, account.account_id),
        zones=prepaid_zones(connection, account.account_id) if account.scheme == "prepaid" else None,
        template=template,
        text_place=text_place,
        max_segments=chosen.max_segments,
        sender_operators=operators,
        capped=_capped(connection, account, chosen, begin),
    )
    return Prepared(chosen, found, rules, sender, scheduled_at, ends_at)


def _chosen(account: Account, file: File) -> Options:
    if file.manifest_error is not None:
        raise Unusable("MANIFEST_INVALID", file.manifest_error)
    if file.manifest is None and options.policy(account.defaults).manifest_required:
        raise Unusable("MANIFEST_MISSING", "the account takes no campaign without a manifest beside its file")
    chosen = options.combine(file.manifest, account.defaults)
    if chosen.sha256 is not None and chosen.sha256.lower() != file.sha256.hex():
        raise Unusable("MANIFEST_MISMATCH", "the manifest's sha256 is that of another file")
    return chosen


def refuse_wrong_count(chosen: Options, rows: int) -> None:
    """rows: that the whole file turned out to have."""
    if chosen.rows is not None and chosen.rows != rows:
        raise Unusable("MANIFEST_MISMATCH", f"the manifest says {chosen.rows} rows, the file has {rows}")


def _text(chosen: Options, found: Source) -> tuple[Template | None, int | None]:
    if chosen.template is not None:
        return Template(chosen.template, found.header), None
    places = columns.named(found.header, chosen.text_column, columns.TEXT)
    if len(places) != 1:
        called = "of texts" if chosen.text_column is None else f"named {chosen.text_column}"
        many = f"several columns {called}" if places else f"no column {called}"
        raise Unusable("NO_TEXT", f"the manifest has no template, and the file {many}")
    return None, places[0]


def _times(chosen: Options, zone: str, received_at: datetime) -> tuple[datetime | None, datetime | None]:
    scheduled_at = None
    if chosen.schedule is not None and chosen.schedule != "asap":
        scheduled_at = options.instant(chosen.schedule, zone)
        if scheduled_at < received_at:
            if not chosen.asap:
                raise Unusable(
                    "SCHEDULE_PAST", "the schedule lies in the past; `asap` sends late rather than not at all"
                )
            scheduled_at = None
    return scheduled_at, options.instant(chosen.end, zone) if chosen.end is not None else None


def _capped(
    connection: psycopg.Connection, account: Account, chosen: Options, at: datetime
) -> npt.NDArray[np.int64] | None:
    """Who has had enough of the account's messages by then; None where no cap is set for this class."""
    cap = options.policy(account.defaults).frequency_cap
    if cap is None or not cap.caps(chosen.klass):
        return None
    return frequency.capped(connection, account.account_id, frequency.Cap(cap.messages, cap.days, cap.klass), at)


def senders(
    connection: psycopg.Connection, account: Account, klass: str, at: datetime
) -> dict[str, frozenset[str] | None]:
    """The addresses that a campaign of this class may come from on that day, and the operators that let each through."""
    approved: dict[str, frozenset[str] | None] = {}
    where = {"account": account.account_id, "day": local_day(at, account.timezone), "class": klass}
    for address, operators in connection.execute(ACCOUNTS.senders, where):
        known = approved.get(address, frozenset())
        approved[address] = None if operators is None or known is None else known | frozenset(operators)
    return approved


def _sender(
    connection: psycopg.Connection, account: Account, chosen: Options, at: datetime
) -> tuple[str, frozenset[str] | None]:
    """The sender's address, and the operators that let it through on that day in this class: None is all, empty is none."""
    approved = senders(connection, account, chosen.klass, at)
    if chosen.sender is not None:
        return chosen.sender, approved.get(chosen.sender, frozenset())
    if len(approved) != 1:
        raise Unusable("NO_SENDER", "neither the manifest nor the account's defaults name a sender")
    return next(iter(approved.items()))

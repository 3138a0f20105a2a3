"""A campaign file's rows, checked and landed in a table of the campaign's own, in the caller's transaction."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ingest import checks, options, preparing, screen
from ingest.accounts import Account
from ingest.checks import Verdict
from ingest.files import File
from ingest.preparing import Prepared
from ingest.profile import Profile
from ingest.row import one
from outbound import database
from outbound.masking import msisdn_hash
from outbound.queries import load

Q = load("ingest/campaigns")

LARGE = 100_000  # rows from which a campaign gets a partition of its own
_MESSAGE = (
    "campaign_id", "ordinal", "account_id", "line", "msisdn", "msisdn_hash", "text", "encoding", "segments",
    "network_id", "zone",
)  # fmt: skip
_REJECT = ("account_id", "file_id", "line", "reason", "first_line")


def land(connection: psycopg.Connection, account: Account, file: File) -> tuple[int, str]:
    """Makes the campaign of a file: its id and state, validated or (no row can be sent) rejected. Raises Unusable."""
    prepared = preparing.prepare(
        connection, account, file.content(), file.manifest, file.manifest_error, file.stable_at
    )
    sequence = Q.next_large_campaign if len(prepared.table.rows) >= LARGE else Q.next_small_campaign
    (campaign_id,) = one(connection, sequence)
    loads, is_empty = _base(connection, account)
    connection.execute(_create(campaign_id))
    profile = _fill(connection, account, file, campaign_id, prepared)
    window = prepared.options.window(account.timezone)
    state = "validated" if profile.accepted or profile.reasons["NOT_IN_BASE"] else "rejected"
    connection.execute(
        Q.add_campaign,
        {
            "campaign": campaign_id,
            "account": account.account_id,
            "file": file.file_id,
            "name": file.name,
            "sender": prepared.sender,
            "class": prepared.options.klass,
            "options": Jsonb(prepared.options.model_dump(by_alias=True, mode="json")),
            "rows": profile.rows,
            "messages": profile.accepted,
            "segments": profile.segments,
            "received_at": file.stable_at,
            "scheduled_at": prepared.scheduled_at,
            "ends_at": prepared.ends_at,
            "validity": options.duration(prepared.options.validity),
            "spread": options.duration(prepared.options.spread) if prepared.options.spread else None,
            "rate": prepared.options.rate,
            "window_opens": window.opens if window else None,
            "window_closes": window.closes if window else None,
            "landing": landing_table(campaign_id),
        },
    )
    _add_profile(connection, account, campaign_id, profile, loads, is_empty)
    if state == "rejected":
        reject(connection, campaign_id, "no row can be sent")
    return campaign_id, state


def land_again(connection: psycopg.Connection, account: Account, file: File, campaign_id: int) -> None:
    """Checks a held campaign's rows anew: the base has changed. The gate then has to judge it anew as well."""
    connection.execute(Q.forget_rejects, {"file": file.file_id})
    connection.execute(Q.forget_profile, {"campaign": campaign_id})
    connection.execute(drop(campaign_id))
    prepared = preparing.prepare(
        connection, account, file.content(), file.manifest, file.manifest_error, file.stable_at
    )
    loads, is_empty = _base(connection, account)
    connection.execute(_create(campaign_id))
    profile = _fill(connection, account, file, campaign_id, prepared)
    connection.execute(Q.recount, {"campaign": campaign_id, "messages": profile.accepted, "segments": profile.segments})
    _add_profile(connection, account, campaign_id, profile, loads, is_empty)


def reject(connection: psycopg.Connection, campaign_id: int, cause: str) -> None:
    """The campaign's end before anything was queued; wakes whoever waits for it."""
    connection.execute(drop(campaign_id))
    connection.execute(Q.reject, {"campaign": campaign_id, "cause": cause})


def landing_table(campaign_id: int) -> str:
    return f"landing_{campaign_id}"


def landing(campaign_id: int) -> sql.Identifier:
    return sql.Identifier("intake", landing_table(campaign_id))


def over(campaign_id: int, query: str) -> sql.Composed:
    """A named query whose `{landing}` is this campaign's table."""
    return sql.SQL(query).format(landing=landing(campaign_id))


def drop(campaign_id: int) -> sql.Composed:
    return sql.SQL("drop table if exists {}").format(landing(campaign_id))


def _create(campaign_id: int) -> sql.Composed:
    """Like the table that its rows are going to, but without its key: that is built when the rows are there."""
    return sql.SQL("create table {} (like dispatch.message including defaults including constraints)").format(
        landing(campaign_id)
    )


def _fill(
    connection: psycopg.Connection, account: Account, file: File, campaign_id: int, prepared: Prepared
) -> Profile:
    """Lands what is accepted, notes what is not."""
    profile = Profile()
    screening = screen.of_account(connection, account)
    verdicts = checks.check(prepared.table.rows, prepared.rules, preparing.standing(connection, account))
    while chunk := list(islice(verdicts, checks.CHUNK)):
        first = profile.accepted + 1
        for verdict in chunk:
            profile.add(verdict)
        profile.screened += screening.matches([verdict.text or "" for verdict in chunk if verdict.reason is None])
        with connection.cursor() as cursor:
            database.copy_in(
                cursor, f"intake.{landing_table(campaign_id)}", _MESSAGE, _messages(chunk, account, campaign_id, first)
            )
            database.copy_in(cursor, "intake.reject", _REJECT, _rejects(chunk, file))
    profile.refuse_mangled_numbers()
    if campaign_id >= 1_000_000_000_000:
        connection.execute(
            sql.SQL("alter table {} add primary key (campaign_id, ordinal)").format(landing(campaign_id))
        )
    return profile


def _messages(chunk: list[Verdict], account: Account, campaign_id: int, first: int) -> Iterator[tuple[Any, ...]]:
    accepted = (verdict for verdict in chunk if verdict.reason is None)
    for ordinal, verdict in enumerate(accepted, first):
        network, msisdn = verdict.network, verdict.msisdn
        if network is None or msisdn is None:
            raise ValueError("an accepted row has a number and a network")
        yield (
            campaign_id, ordinal, account.account_id, verdict.line, msisdn, msisdn_hash(msisdn, account.hash_key),
            verdict.text, verdict.encoding, verdict.segments, network.network_id, network.zone,
        )  # fmt: skip


def _rejects(chunk: list[Verdict], file: File) -> Iterator[tuple[Any, ...]]:
    for verdict in chunk:
        if verdict.reason is not None:
            yield file.account_id, file.file_id, verdict.line, verdict.reason.value, verdict.first_line


def _base(connection: psycopg.Connection, account: Account) -> tuple[int, bool]:
    """How often the base was loaded, and whether it is empty; asked before its members are looked up, so that a load
    that comes meanwhile is noticed later."""
    loads, is_empty = one(connection, Q.base, {"account": account.account_id})
    return loads, is_empty


def _add_profile(
    connection: psycopg.Connection, account: Account, campaign_id: int, profile: Profile, loads: int, is_empty: bool
) -> None:
    row = profile.as_row()
    row |= {name: Jsonb(row[name]) for name in ("reasons", "screened")}
    row |= {"campaign": campaign_id, "account": account.account_id}
    connection.execute(Q.add_profile, row | {"base_loads": loads, "base_is_empty": is_empty})

"""A campaign file's rows, checked and landed in a table of the campaign's own, in the caller's transaction."""

from collections.abc import Iterator
from itertools import chain

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from ingest import checks, copying, message_rows, options, preparing, screen
from ingest.accounts import Account
from ingest.chunk import Chunk
from ingest.files import File
from ingest.message_rows import Messages, Rejects
from ingest.preparing import Prepared
from ingest.profile import Profile
from ingest.row import one
from outbound import database
from outbound.ahead import ahead
from outbound.queries import load

Q = load("ingest/campaigns")

LARGE = 100_000  # rows from which a campaign gets a partition of its own
_AHEAD = 2  # blocks of rows that wait for the server


def land(connection: psycopg.Connection, account: Account, file: File) -> tuple[int, str]:
    """Makes the campaign of a file: its id and state, validated or (no row can be sent) rejected. Raises Unusable."""
    version, is_empty = _base(connection, account)
    prepared = preparing.prepare(connection, account, file, file.path)
    is_large, chunks = _peek(prepared.source.chunks())
    (campaign_id,) = one(connection, Q.next_large_campaign if is_large else Q.next_small_campaign)
    connection.execute(_create(campaign_id))
    profile = _fill(connection, account, file, campaign_id, prepared, chunks)
    window = prepared.options.window(account.timezone)
    state = "validated" if profile.accepted or profile.not_in_base else "rejected"
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
    _add_profile(connection, account, campaign_id, profile, version, is_empty)
    if state == "rejected":
        reject(connection, campaign_id, "no row can be sent")
    return campaign_id, state


def land_again(connection: psycopg.Connection, account: Account, file: File, campaign_id: int) -> None:
    """Checks a held campaign's rows anew: the base has changed. The gate then has to judge it anew as well.

    The options and the sender are the campaign's, whatever the account's defaults are by now: it goes out with them.
    """
    kept, sender = one(connection, Q.options, {"campaign": campaign_id})
    connection.execute(Q.forget_rejects, {"file": file.file_id})
    connection.execute(Q.forget_profile, {"campaign": campaign_id})
    connection.execute(drop(campaign_id))
    version, is_empty = _base(connection, account)
    used = options.as_used({**kept, "sender": sender})
    prepared = preparing.prepare(connection, account, file, file.path, used)
    connection.execute(_create(campaign_id))
    profile = _fill(connection, account, file, campaign_id, prepared, prepared.source.chunks())
    connection.execute(Q.recount, {"campaign": campaign_id, "messages": profile.accepted, "segments": profile.segments})
    _add_profile(connection, account, campaign_id, profile, version, is_empty)


def reject(connection: psycopg.Connection, campaign_id: int, cause: str) -> None:
    """The campaign's end before anything was queued; wakes whoever waits for it."""
    connection.execute(drop(campaign_id))
    connection.execute(Q.reject, {"campaign": campaign_id, "cause": cause})


def is_large(campaign_id: int) -> bool:
    """Whether its messages have a partition of their own: ids are drawn from two ranges (intake.large_campaign)."""
    return campaign_id >= 1_000_000_000_000


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
    return sql.SQL(
        "create table {} (like dispatch.message including defaults including constraints,"
        " constraint one_campaign check (campaign_id = {}))"
    ).format(landing(campaign_id), sql.Literal(campaign_id))


def _peek(chunks: Iterator[Chunk]) -> tuple[bool, Iterator[Chunk]]:
    """Whether the file is a large one, and its chunks."""
    seen: list[Chunk] = []
    while sum(map(len, seen)) < LARGE and (chunk := next(chunks, None)) is not None:
        seen.append(chunk)
    return sum(map(len, seen)) >= LARGE, chain(seen, chunks)


def _fill(
    connection: psycopg.Connection,
    account: Account,
    file: File,
    campaign_id: int,
    prepared: Prepared,
    chunks: Iterator[Chunk],
) -> Profile:
    """Lands what is accepted, notes what is not."""
    rules = prepared.rules
    profile = Profile(rules)
    screening = screen.of_account(connection, account)
    messages = Messages(rules, account.account_id, campaign_id)
    rejects = Rejects(account.account_id, file.file_id)

    def accepted() -> Iterator[bytes | memoryview]:
        yield copying.HEADER
        for chunk, judged in checks.check(chunks, rules):
            profile.add(judged)
            rejects.add(judged)
            for part in message_rows.parts(judged):
                texts = rules.texts_of(chunk, part)
                profile.screened += screening.count(texts)
                yield messages.rows(judged, part, texts)
        yield copying.TRAILER

    with connection.cursor() as cursor:
        table = f"intake.{landing_table(campaign_id)}"
        with ahead(accepted(), _AHEAD) as blocks:
            database.copy_in_binary(cursor, table, message_rows.MESSAGE, blocks, freeze=True)
        preparing.refuse_wrong_count(prepared.options, profile.rows)
        profile.refuse_mangled_numbers()
        rejected = chain([copying.HEADER], rejects.rows(), [copying.TRAILER])
        database.copy_in_binary(cursor, "intake.reject", message_rows.REJECT, rejected)
    if is_large(campaign_id):
        connection.execute(
            sql.SQL("alter table {} add primary key (campaign_id, ordinal)").format(landing(campaign_id))
        )
    profile.skipped = prepared.source.skipped
    return profile


def _base(connection: psycopg.Connection, account: Account) -> tuple[int, bool]:
    """The base's version, and whether it is empty; asked before its members are looked up, so that a load that comes
    meanwhile is noticed later."""
    version, is_empty = one(connection, Q.base, {"account": account.account_id})
    return version, is_empty


def _add_profile(
    connection: psycopg.Connection, account: Account, campaign_id: int, profile: Profile, version: int, is_empty: bool
) -> None:
    row = profile.as_row()
    row |= {name: Jsonb(row[name]) for name in ("reasons", "screened", "zones")}
    row |= {"campaign": campaign_id, "account": account.account_id}
    connection.execute(Q.add_profile, row | {"base_version": version, "base_is_empty": is_empty})

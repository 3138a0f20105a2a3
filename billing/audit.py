"""Who does something to money, and the trail of it: append-only rows of account.audit."""

import getpass
import json
import os
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from outbound import queries

Q = queries.load("billing/accounts")


def actor() -> str:
    """Whoever runs this process: `OUTBOUND_ACTOR`, else the user of the operating system."""
    named = os.environ.get("OUTBOUND_ACTOR")
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return f"uid {os.getuid()}"


def record(
    connection: psycopg.Connection, action: str, account: int | None, subject: str, detail: Mapping[str, Any]
) -> None:
    """One row, in the transaction of what it tells of."""
    plain = Jsonb(detail, dumps=lambda value: json.dumps(value, default=str))
    connection.execute(
        Q.audit, {"actor": actor(), "action": action, "account": account, "object": subject, "detail": plain}
    )

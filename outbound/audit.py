"""Who does something, and the trail of it: append-only rows of account.audit."""

import json
import os
import pwd
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from outbound import queries

Q = queries.load("audit")


def actor() -> str:
    """Whoever acts: `OUTBOUND_ACTOR`, a person's e-mail address where the act takes a role, else os_user()."""
    return os.environ.get("OUTBOUND_ACTOR") or os_user()


def os_user() -> str:
    """Whose process this is, by its user id: no variable of the environment says otherwise."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user id without a name, as in some containers
        return f"uid {os.getuid()}"


def record(
    connection: psycopg.Connection, action: str, account: int | None, subject: str | None, detail: Mapping[str, Any]
) -> None:
    """One row, in the transaction of what it tells of. The system's user is told where the actor is another name."""
    plain = Jsonb(detail, dumps=lambda value: json.dumps(value, default=str))
    who = {"actor": actor(), "os_user": os_user()}
    values = who | {"action": action, "account": account, "object": subject, "detail": plain}
    connection.execute(Q.audit, values)

"""What opens an account's landing zone: from the environment, else from the account's Airflow connection.

Of the account `nile` the environment is `OUTBOUND_LANDING_NILE_<NAME>`, every sign but letters and digits a `_`. A secret
may lie in a file: `..._PASSWORD_FILE`. The connection is `outbound_landing_nile`; where Airflow keeps it in the environment
(`AIRFLOW_CONN_OUTBOUND_LANDING_NILE`, a URI or JSON) it is read here without Airflow, elsewhere the DAGs bring it.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from outbound.errors import OutboundError

SECRETS = ("password", "key_passphrase", "secret_access_key")
_FROM_EXTRA = {  # as Airflow's SFTP and Amazon hooks name them
    "key_file": "key_file",
    "private_key": "private_key",
    "private_key_passphrase": "key_passphrase",
    "known_hosts": "known_hosts",
    "host_key": "host_key",
    "endpoint_url": "endpoint",
    "region_name": "region",
}


class WrongLogin(OutboundError):
    """What the environment or the Airflow connection says of a landing zone cannot be used: where, and why."""


@dataclass(frozen=True, repr=False)
class Login:
    """user, password, key_file or private_key (its text), key_passphrase: of SFTP. known_hosts: a file of keys of hosts;
    host_key: SHA-256 fingerprints or public keys that the host may have. The rest is of S3; "" is what its usual variables
    (AWS_...) say."""

    user: str = ""
    password: str = ""
    key_file: str = ""
    private_key: str = ""
    key_passphrase: str = ""
    known_hosts: str = ""
    host_key: str = ""
    endpoint: str = ""
    region: str = ""
    access_key_id: str = ""
    secret_access_key: str = ""


Connection = Mapping[str, Any]
_ask: list[Callable[[str], Connection | None]] = []


def ask(lookup: Callable[[str], Connection | None]) -> None:
    """Where else to ask for a connection of this id, with the keys of Airflow's JSON form; None: there is none."""
    _ask[:] = [lookup]


def of(account: str) -> Login:
    """Raises WrongLogin."""
    found = _of_connection(account)
    for field in fields(Login):
        if value := _setting(account, field.name):
            found = replace(found, **{field.name: value})
    return found


def variable(account: str, name: str) -> str:
    """The environment variable of one setting of an account."""
    return f"OUTBOUND_LANDING_{_plain(account)}_{name.upper()}"


def _plain(account: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", account.upper())


def _setting(account: str, name: str) -> str:
    variable_name = variable(account, name)
    file = os.environ.get(f"{variable_name}_FILE") if name in SECRETS else None
    if not file:
        return os.environ.get(variable_name, "")
    try:
        return Path(file).read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise WrongLogin(f"{variable_name}_FILE: {file} cannot be read: {reason}") from None


def _of_connection(account: str) -> Login:
    name = f"outbound_landing_{_plain(account).lower()}"
    written = os.environ.get(f"AIRFLOW_CONN_{name.upper()}")
    if written:
        found: Connection | None = _parsed(name, written)
    else:
        found = next((given for lookup in _ask if (given := lookup(name))), None)
    if found is None:
        return Login()
    extra = found.get("extra") or {}
    if isinstance(extra, str):
        extra = _object(name, extra)
    user, password = str(found.get("login") or ""), str(found.get("password") or "")
    values = {ours: str(extra[theirs]) for theirs, ours in _FROM_EXTRA.items() if extra.get(theirs)}
    if found.get("conn_type") in ("aws", "s3"):
        return Login(access_key_id=user, secret_access_key=password, **values)
    return Login(user=user, password=password, **values)


def _parsed(name: str, written: str) -> Connection:
    """Airflow's two forms: JSON, or a URI whose query is the extra (`__extra__` holds it as JSON)."""
    if written.lstrip().startswith("{"):
        return _object(name, written)
    try:
        parts = urlsplit(written)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        raise WrongLogin(f"Airflow connection {name}: neither a URI nor JSON") from None
    extra = dict(parse_qsl(parts.query))
    nested = extra.pop("__extra__", None)
    extra |= _object(name, nested) if nested else {}
    return {"conn_type": parts.scheme, "login": user, "password": password, "extra": extra}


def _object(name: str, written: str) -> dict[str, Any]:
    try:
        found = json.loads(written)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongLogin(f"Airflow connection {name}: its JSON is no object")
    return found

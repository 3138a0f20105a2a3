"""People who look at the portal: they sign in and open the pages that the router has, with ids that are found in the database."""

import http.client
import itertools
import re
import time
import urllib.parse
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import psycopg
from fastapi.routing import APIRoute

from reports.portal.pages import MODULES
from reports.portal.pages.finance import LISTS
from reports.portal.pages.finance_deeds import DEEDS

PASSWORD = "a password of the benchmark"
FOUND = {
    "account": "select %(account)s",
    "campaign": "select max(campaign_id) from intake.campaign join account.account using (account_id) where account.name = %(account)s",
    "label": "select max(label) from billing.invoice join account.account using (account_id) where account.name = %(account)s",
    "kind": "select 'report'",
    "ordinal": "select 1",
    "table": "select 'finance.ledger_entries'",
}
"""Path parameters whose values make no page of its own -> one value for a person who looks at an account."""
EACH = {"name": list(LISTS), "deed": list(DEEDS)}
"""Those whose values do."""
ASKED = {
    "/search": {
        "number": "select max(campaign_id)::text from intake.campaign",
        "invoice": "select max(label) from billing.invoice",
        "nothing": "select 'no such id'",
    },
    "/base": {"member": "select min(msisdn)::text from account.base_member"},
    "/opt-outs": {"number": "select max(msisdn)::text from account.opt_out"},
}
"""Pages with something to look for -> what is typed in."""
_NEXT = re.compile(r'href="([^"]*[?&;]after=[^"]*)"')


@dataclass(frozen=True)
class Page:
    """name: the same for everybody. is_file: something to keep rather than to look at."""

    name: str
    path: str
    is_file: bool = False


@dataclass(eq=False)
class Person:
    """Somebody who keeps one connection to the portal. account: whose pages they look at."""

    port: int
    email: str
    account: str = ""
    token: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    @property
    def role(self) -> str:
        """As their e-mail address begins."""
        return re.split("[-@]", self.email)[0]

    def sign_in(self) -> None:
        form = urllib.parse.urlencode({"email": self.email, "password": PASSWORD})
        self._line.request("POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self._line.getresponse()
        answer.read()
        assert answer.status == 303, f"{self.email}: {answer.status}"
        self.token = (answer.headers["Set-Cookie"] or "").partition("=")[2].partition(";")[0]

    def is_answered(self, path: str) -> bool:
        try:
            return self.look(path)[0] == 200
        except OSError:
            self._line.close()
            return False

    def look(self, path: str) -> tuple[int, str, str]:
        """(status, type, text)."""
        answer = self._asked(path)
        return answer.status, answer.headers.get_content_type(), answer.read().decode(errors="replace")

    def open(self, path: str) -> float:
        """Seconds to the end of a page, to the first octet of what is longer than a page."""
        began = time.perf_counter()
        answer = self._asked(path)
        answer.read(1 << 20)
        took = time.perf_counter() - began
        assert answer.status == 200, f"{path}: {answer.status}"
        if not answer.isclosed():
            self._line.close()
        return took

    def _asked(self, path: str) -> http.client.HTTPResponse:
        """As browsers do: once more where the server has ended an idle connection."""
        for _ in range(2):
            try:
                self._line.request("GET", path, headers={"Cookie": f"outbound={self.token}"})
                return self._line.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._line.close()
        raise ConnectionError(f"the portal does not answer: {path}")


def pages(connection: psycopg.Connection, person: Person, names: Collection[str] | None = None) -> list[Page]:
    """All that this person may open: what answers them with 200, and the second page of each list. names: of no others."""
    found = []
    for name, path in _addresses(connection, person.account):
        if names is not None and name not in names:
            continue
        status, kind, text = person.look(path)
        if status != 200:
            assert status in (303, 404), f"{path}: {status}"
            continue
        found.append(Page(name, path, is_file=kind not in ("text/html", "text/event-stream")))
        if further := _NEXT.search(text):
            found.append(Page(f"{name}+next", further[1].replace("&amp;", "&")))
    return found


def _addresses(connection: psycopg.Connection, account: str) -> Iterator[tuple[str, str]]:
    """(name, path) of every page of the router."""
    for route in (route for module in MODULES for route in module.router.routes):
        if not isinstance(route, APIRoute) or "GET" not in route.methods:
            continue
        path = re.sub(r":\w+}", "}", route.path)
        names = re.findall(r"{(\w+)}", path)
        values = {name: _value(connection, FOUND[name], account) for name in names if name in FOUND}
        if None in values.values():
            continue
        for chosen in itertools.product(*(EACH[name] for name in names if name in EACH)):
            each = dict(zip((name for name in names if name in EACH), chosen, strict=True))
            named = path.format_map({name: f"{{{name}}}" for name in names} | each)
            address = path.format_map(values | each)
            yield named, address
            for kind, query in ASKED.get(path, {}).items():
                key = "q" if path == "/search" else "number"
                yield (
                    f"{named}?{kind}",
                    f"{address}?{urllib.parse.urlencode({key: _value(connection, query, account)})}",
                )


def _value(connection: psycopg.Connection, query: str, account: str) -> str | None:
    row = connection.execute(query, {"account": account} if "%(" in query else None).fetchone()
    return None if row is None or row[0] is None else str(row[0])

"""How long the portal's pages take with months of messages behind them: the real portal, people of each role at once, and a
real Chromium. The SLA page beside the same figures by direct aggregation of the log. A real PostgreSQL on this machine.

    python benchmarks/portal.py [--submissions N] [--accounts N] [--people N] [--pause S] [--rounds N] [--home DIR] [--json FILE]

The history goes from the first of last month to yesterday; last month is closed and invoiced. Half of the accounts are
prepaid, half postpaid without a credit limit: what a limit leaves is read from the log of the month. The pages are those of the
router, with ids that are found, each list's second page too. Prints a line a figure (name value unit reference ratio target
ok|SHORT) and writes the same as JSON: the 95th percentile of each page, in ms, while everybody walks through all that they
may open; of files, exports and documents the time to the first octet with nobody else there.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "benchmarks")]

import psycopg  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from benchmarks import figures  # noqa: E402
from benchmarks.figures import Figure  # noqa: E402
from benchmarks.history import History  # noqa: E402
from benchmarks.portal_visits import PASSWORD, Page, Person, pages  # noqa: E402
from billing import closing as months  # noqa: E402
from billing import issuing  # noqa: E402
from billing.build import build  # noqa: E402
from local import ports, postgres  # noqa: E402
from outbound import clock, database, queries  # noqa: E402
from reports.portal import passwords  # noqa: E402
from tests.acceptance.portal.browser import launched  # noqa: E402

STATEMENTS = queries.parse((ROOT / "benchmarks" / "portal.sql").read_text())
SLOWEST_PAGE, SLOWEST_FILE, LATEST_PAINT = 150.0, 3_000.0, 1_000.0  # ms
MEMBERS = 50_000  # of each account's base
PAINTS = 5


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--submissions", type=int, default=50_000_000)
    options.add_argument("--accounts", type=int, default=20)
    options.add_argument("--people", type=int, default=20, help="at once")
    options.add_argument("--pause", type=float, default=1.0, help="seconds that a person looks at a page, on average")
    options.add_argument("--rounds", type=int, default=5, help="walks of each person through all of their pages")
    options.add_argument("--home", type=Path, help="keeps the history there, and uses it where it is made already")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/portal.json"))
    chosen = options.parse_args()
    printed: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = chosen.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o755)
        os.environ |= {"OUTBOUND_HOME": str(home), "DATABASE_URL": postgres.ensure(home)}
        try:
            with psycopg.connect(database.url(), autocommit=True) as connection:
                make(connection, chosen.submissions, chosen.accounts)
                with serving(home) as url:
                    for figure in measure(connection, url, chosen):
                        print(figure, flush=True)
                        printed.append(figure)
        finally:
            postgres.stop(home)
    figures.write(printed, chosen.json)
    return figures.status(figure.verdict for figure in printed)


def make(connection: psycopg.Connection, submissions: int, accounts: int) -> None:
    """The history and its marts, unless they are there."""
    if connection.execute("select from portal.login limit 1").fetchone() is not None:
        return
    last = _today() - timedelta(days=1)
    first = last_month()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    connection.execute(STATEMENTS["carriers"])
    history = History(connection, accounts, submissions // len(days))
    history.begin(first, last)
    for n, day in enumerate(days):
        history.add(day, n)
    for name in ("sessions", "bases", "opt_outs", "audit", "batches", "events", "profiles"):
        connection.execute(STATEMENTS[name], {"first": first, "last": last, "members": MEMBERS})
    connection.execute("vacuum analyze")
    build(patience=0, afresh=True)
    months.close(f"{first:%Y-%m}", with_earlier=True)
    issuing.issue(f"{first:%Y-%m}", with_earlier=True)
    connection.execute(STATEMENTS["people"], {"password_hash": passwords.hashed(PASSWORD)})
    connection.execute("vacuum analyze")


def _today() -> date:
    return clock.local_day(clock.now(), "Africa/Cairo")


def last_month() -> date:
    """Its first day."""
    return (_today().replace(day=1) - timedelta(days=1)).replace(day=1)


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The portal as its command runs it."""
    port = ports.free_port()
    with (home / "portal.log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("outbound"), "portal", "--port", str(port)], stdout=log, stderr=log
        )
    try:
        person = Person(port, "nobody")
        while not person.is_answered("/healthz"):
            if process.poll() is not None:
                raise RuntimeError(f"the portal ended: see {home / 'portal.log'}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def measure(connection: psycopg.Connection, url: str, chosen: argparse.Namespace) -> Iterator[Figure]:
    port = int(url.rpartition(":")[2])
    everybody = [Person(port, email, account) for email, account in _people(connection, chosen.people)]
    for person in everybody:
        person.sign_in()
    walks = _walks(connection, everybody)
    files = {page.name: page for walk in walks.values() for page in walk if page.is_file}
    taken = _together(walks, chosen.rounds, chosen.pause)
    for name in sorted(taken):
        yield Figure(f"p95_of_{name}", _p95(taken[name]), "ms", SLOWEST_PAGE, 1.0)
    owner = {page.name: person for person, walk in walks.items() for page in walk}
    for name, page in sorted(files.items()):
        yield Figure(f"first_octet_of_{name}", owner[name].open(page.path) * 1000, "ms", SLOWEST_FILE, 1.0)

    customer = everybody[0]
    month = f"{last_month():%Y-%m}"
    path = f"/sla/{customer.account}?month={month}"
    yield Figure("first_contentful_paint_of_sla", _first_paint(url, customer, path), "ms", LATEST_PAINT, 1.0)
    figure = statistics.median(customer.open(path) for _ in range(PAINTS)) * 1000
    yield Figure("sla_beside_direct_aggregation", figure, "ms", _direct(connection, customer.account, month), 1.0)


def _people(connection: psycopg.Connection, count: int) -> Sequence[tuple[str, str]]:
    """(e-mail address, account): customers and, three in five, staff of each role, who look at the accounts in turn."""
    customers = [(row[2], row[0]) for row in connection.execute(STATEMENTS["customers"]).fetchall()]
    staff = [f"{role}-{n}@example.com" for n in (1, 2) for role in ("finance", "manager", "operator")]
    return [
        customers[n // 2 % len(customers)] if n % 2 == 0
        else (staff[n // 2 % len(staff)], customers[n // 2 % len(customers)][1])
        for n in range(count)
    ]  # fmt: skip


def _walks(connection: psycopg.Connection, everybody: Sequence[Person]) -> dict[Person, list[Page]]:
    """person -> pages. Who opens what is tried out for each role once, and files are theirs who tried."""
    walks: dict[Person, list[Page]] = {}
    shown: dict[str, list[str]] = {}
    for person in everybody:
        walks[person] = pages(connection, person, shown.get(person.role))
        shown.setdefault(person.role, [page.name for page in walks[person] if not page.is_file])
    return walks


def _together(walks: dict[Person, list[Page]], rounds: int, pause: float) -> dict[str, list[float]]:
    """page -> ms of each opening, of everybody at once."""
    taken: dict[str, list[float]] = defaultdict(list)

    def walk(person: Person) -> None:
        order = random.Random(person.email)
        shown = [page for page in walks[person] if not page.is_file]
        for _ in range(rounds):
            for page in order.sample(shown, len(shown)):
                time.sleep(order.uniform(0, 2 * pause))
                taken[page.name].append(person.open(page.path) * 1000)

    with ThreadPoolExecutor(len(walks)) as pool:
        for done in [pool.submit(walk, person) for person in walks]:
            done.result()
    return taken


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _first_paint(url: str, person: Person, path: str) -> float:
    """ms, the median of some visits, each with nothing kept from the one before."""
    with sync_playwright() as playwright, closing(launched(playwright)) as browser:
        seen = []
        for _ in range(PAINTS):
            context = browser.new_context()
            context.add_cookies([{"name": "outbound", "value": person.token, "url": url}])
            page = context.new_page()
            page.goto(url + path)
            seen.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            context.close()
    return statistics.median(seen)


def _direct(connection: psycopg.Connection, account: str, month: str) -> float:
    """ms; the sums have to be those of the page."""
    began = time.monotonic()
    rows = connection.execute(STATEMENTS["direct"], {"account": account, "month": month}).fetchall()
    took = (time.monotonic() - began) * 1000
    sums = connection.execute(
        "select sum(submitted), sum(delivered) from operations.sla_hours where account = %s and month = %s",
        [account, month],
    ).fetchone()
    direct = (sum(row[2] for row in rows), sum(row[3] for row in rows))
    assert sums == direct, f"{account} {month}: {sums} in the marts, {direct} in the log"
    return took


if __name__ == "__main__":
    sys.exit(main())

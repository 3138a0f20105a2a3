"""Sets the demo up through the doors: accounts, a year of their past, earlier months closed; and drops its files."""

from datetime import datetime
from pathlib import Path

from local.demo import campaigns, history
from local.demo.campaigns import Drop
from local.demo.doors import Doors
from local.demo.memory import Memory
from outbound.clock import month_before

SETUP = Path(__file__).with_name("setup.yaml")


def set_up(doors: Doors, folder: Path, port: int) -> None:
    """Accounts, senders, prices, networks and the way to the simulator."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "setup.yaml"
    plan.write_text(SETUP.read_text().replace("port: 2775 ", f"port: {port} ", 1))
    doors.call("apply", str(plan))


def load_past(doors: Doors, folder: Path, memory: Memory) -> None:
    """The year before."""
    past = folder / "history.jsonl"
    past.write_text(history.lines(memory.current))
    doors.call("history", "load", str(past))


def close_earlier(doors: Doors, month: str) -> None:
    """This month and all before it; the one after it, and the invoices, are left to the DAG."""
    doors.call("close-month", month, "--with-earlier")


def last_two_months(now: datetime) -> tuple[str, str]:
    """The month before the last, and the last."""
    last = month_before(now)
    return month_before(datetime.fromisoformat(f"{last}-01T00:00:00+00:00")), last


def recharge(doors: Doors, units: int, batch: int) -> None:
    doors.call("purchase", "--account", "nile", "--units", str(units), "--id", f"demo-{batch}")


def drop(doors: Doors, folder: Path, file: Drop, batch: int) -> None:
    """Puts one file into its account's landing zone, with its manifest."""
    outbox = folder / "outbox" / file.account
    outbox.mkdir(parents=True, exist_ok=True)
    path = outbox / file.name
    path.write_bytes(file.content)
    words = ["drop", str(path), "--account", file.account, "--kind", file.kind]
    options = campaigns.sidecar(file, batch)
    if options is not None:
        manifest = outbox / f"{file.name}.manifest.json"
        manifest.write_text(options)
        words += ["--manifest", str(manifest)]
    doors.call(*words)

"""Node.js and node-smpp for the tests: Node comes from a wheel, node-smpp from npm by the lock beside this file."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outbound import node_packages
from outbound.node_packages import NODE

HERE = Path(__file__).resolve().parent


def modules() -> Path:
    """The folder node_modules with what package-lock.json names."""
    return node_packages.modules(HERE)


def command(program: str, **settings: Any) -> tuple[list[str], dict[str, str]]:
    """How one of the programs here is started: arguments, environment."""
    return [str(NODE), str(HERE / program), json.dumps(settings)], {**os.environ, "NODE_PATH": str(modules())}


class Smsc:
    """smsc.js while it runs. ports: `plain` and `secure` (TLS)."""

    def __init__(self, ports: dict[str, int], events: Path) -> None:
        self.plain, self.secure = ports["plain"], ports["secure"]
        self._events = events

    def events(self, name: str) -> list[dict[str, Any]]:
        """What happened under this name, in order."""
        lines = [json.loads(line) for line in self._events.read_text("utf-8").splitlines()]
        return [line for line in lines if line["event"] == name]

    def texts(self) -> dict[str, list[str]]:
        """By destination: the texts of whole messages, parts joined by what node-smpp reads of them."""
        whole: dict[str, list[str]] = {}
        parts: dict[tuple[str, int], dict[int, str]] = {}
        for taken in self.events("submit_sm"):
            part, destination = taken["part"], taken["destination"]
            if part is None:
                whole.setdefault(destination, []).append(taken["text"])
                continue
            known = parts.setdefault((destination, part["reference"]), {})
            assert part["number"] not in known, "a part came twice"
            known[part["number"]] = taken["text"]
            if len(known) == part["total"]:
                assert sorted(known) == list(range(1, part["total"] + 1))
                whole.setdefault(destination, []).append("".join(known[number] for number in sorted(known)))
        return whole


@contextmanager
def smsc(folder: Path, key: Path, cert: Path, replies: list[dict[str, Any]] | None = None) -> Iterator[Smsc]:
    """A carrier of node-smpp. replies: {text, data_coding} that subscribers send once the first message came."""
    events = folder / "events.jsonl"
    events.touch()
    arguments, environment = command("smsc.js", events=str(events), key=str(key), cert=str(cert), replies=replies or [])
    with subprocess.Popen(
        arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "smsc.js ended before it listened: see its error above"
            yield Smsc(json.loads(line), events)
            assert process.poll() is None, "smsc.js ended in the midst: see its error above"
        finally:
            process.kill()

"""`outbound connector`: what a carrier's access is set to, and changing it while everything runs."""

from typing import Any

import click

from outbound.cli import emit


@click.group(short_help="Show and change carriers' accesses while everything runs.")
def command() -> None:
    """Connectors as they are set up now. A change is checked and audited as by `outbound apply`, and running workers
    take it within seconds; nothing in flight is lost. Write it into the set-up file as well: the next `outbound apply`
    makes the connector what the file says.
    """


@command.command("list", short_help="All connectors.")
@click.option("--json", "as_json", is_flag=True, help="Print every key as JSON.")
def list_them(as_json: bool) -> None:
    """A line for each; `outbound dispatch status` says whether they are bound."""
    from outbound.setup.connectors import all_connectors
    from outbound.setup.difference import shown

    found = all_connectors()
    if as_json:
        emit([{"name": name, **keys} for name, keys in found.items()], as_json=True)
        return
    columns = ("enabled", "bind", "sessions", "window", "rate", "routes")
    emit(
        [
            {"name": name, "address": f"{keys['host']}:{keys['port']}"}
            | {column: shown(keys[column]) for column in columns}
            for name, keys in found.items()
        ],
        as_json=False,
    )


@command.command(short_help="Every key of one.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str, as_json: bool) -> None:
    """The keys of connector NAME as a set-up file has them; its password is not shown."""
    from outbound.setup.connectors import NoConnector, all_connectors
    from outbound.setup.difference import shown

    found = all_connectors()
    if name not in found:
        raise NoConnector(f"there is no connector {name}; there are: {', '.join(found) or 'none'}")
    keys: dict[str, Any] = {"name": name, **found[name]}
    emit(keys if as_json else {key: shown(value) for key, value in keys.items()}, as_json)


@command.command("set", short_help="Change keys of one.")
@click.argument("name")
@click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_keys(name: str, settings: tuple[str, ...]) -> None:
    """Changes keys of connector NAME, all of them or none. Values are written as in a set-up file; null is none.

    \b
    outbound connector set main rate=800 window=200
    outbound connector set main 'routes=["20", {prefix: "2010", cost: "0.012"}]'
    outbound connector set main 'answers={0x00000008: in_doubt}'
    """
    from outbound.setup.connectors import understood

    _change(name, understood(settings))


@command.command(short_help="Let it send again.")
@click.argument("name")
def enable(name: str) -> None:
    """Connector NAME binds and sends."""
    _change(name, {"enabled": True})


@command.command(short_help="Take it out of use: its sessions end.")
@click.argument("name")
def disable(name: str) -> None:
    """Connector NAME sends nothing and receives nothing: answers in flight are waited for, then its sessions end. What
    waits for it goes to other connectors that serve the same numbers, or waits. `outbound dispatch stop --connector`
    keeps the sessions, so that receipts still come.
    """
    _change(name, {"enabled": False})


def _change(name: str, settings: dict[str, Any]) -> None:
    from outbound.setup.cli import print_changes
    from outbound.setup.connectors import change

    print_changes([(None, one) for one in change(name, settings)])

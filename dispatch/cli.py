"""`outbound dispatch`: a dispatch worker, and what all of them are doing."""

import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from outbound.cli import emit, table

if TYPE_CHECKING:
    from dispatch.stops import Target


def _address(_: click.Context, __: click.Parameter, given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    from dispatch.endpoint import parse

    try:
        return parse(given)
    except ValueError as error:
        raise click.BadParameter(f"{given!r} is {error}") from None


@click.group(invoke_without_command=True, short_help="Send what is accepted over SMPP, and take receipts and replies.")
@click.option("--until-idle", is_flag=True, help="End when nothing is left to send or to wait for.")
@click.option("--worker", "name", metavar="NAME", help="The worker's name in the log; default: this machine's name.")
@click.option(
    "--http",
    metavar="HOST:PORT",
    callback=_address,
    help="Serve /healthz and /metrics there, like 127.0.0.1:9100; port 0 takes any free one. Default: nowhere.",
)
@click.option(
    "--connector",
    "connectors",
    multiple=True,
    metavar="NAME",
    help="Serve only this connector, like on a machine near its carrier; more than once. Default: all.",
)
@click.pass_context
def command(
    context: click.Context,
    until_idle: bool,
    name: str | None,
    http: tuple[str, int] | None,
    connectors: tuple[str, ...],
) -> None:
    """Runs a dispatch worker until Ctrl-C or SIGTERM; any number may run at once, on any number of machines.

    It binds to the connectors of the set-up, sends the batches of accepted campaigns, and stores receipts and replies.
    On its end it waits for the answers in flight; what it did not send is left to other workers, or to its next start.
    It may be killed at any moment: the next worker settles what was under way, and nothing is sent twice.

    With --until-idle it ends with status 0 once everything is sent, and receipts came or stayed away for 20 seconds;
    campaigns that are held, paused or scheduled for later are not waited for. It ends with an error where messages
    wait and no carrier can be reached.

    With --connector it binds to these only, and leaves to other workers what goes over connectors that one of them is
    bound to. Routes, costs and failover are the same as without it.

    With --http, /healthz answers 200 while the worker's event loop turns and its database answers, else 503 with the
    reasons, as JSON; /metrics are its figures for Prometheus. Neither asks for a password: keep the address to yourself.
    """
    if context.invoked_subcommand is None:
        if until_idle and connectors:
            raise click.UsageError("--until-idle waits for everything that is left: leave out --connector")
        from dispatch.process import run

        run(name or socket.gethostname(), until_idle=until_idle, http=http, connectors=connectors or None)


@command.command(short_help="What runs, what waits, what is in doubt.")
@click.option("--watch", is_flag=True, help="Refresh it until Ctrl-C.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.5),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: how often.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def status(watch: bool, every: float, as_json: bool) -> None:
    """Workers with the age of their last sign of life; connectors with what they take a second now, beside the contract;
    campaigns that are not completed, segment by segment, with their speed and expected end; what waits, and for what.

    \b
    in_doubt   the answer was lost: a receipt or `outbound statement load` settles it, else its time limit
    in_flight  of those unsent: written or about to be, without an answer yet
    closed     outside its daily window
    """
    from dispatch.status import overview

    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for programs: repeat the command instead")
    if watch and not sys.stdout.isatty():
        raise click.UsageError("--watch needs a terminal")
    if as_json:
        emit(overview(), as_json=True)
        return
    while True:
        found = overview()
        if watch:
            click.clear()
            click.echo(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, every {every:g} s, Ctrl-C ends\n")
        for heading, rows in found.items():
            click.echo(f"{heading.upper()}")
            table([{key: _short(value) for key, value in row.items()} for row in rows])
            click.echo()
        if not watch:
            return
        time.sleep(every)


def _short(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value


def _target(act: Callable[..., None]) -> Callable[..., None]:
    """The options that say what a kill switch is about."""
    for option in (
        click.option("--connector", metavar="NAME", help="Everything that would go out there; others take over."),
        click.option("--account", metavar="NAME", help="All campaigns of the account."),
        click.option("--platform", is_flag=True, help="Everything."),
    ):
        act = option(act)
    return act


def _chosen(*, platform: bool, account: str | None, connector: str | None) -> "Target":
    from dispatch.stops import Target

    if platform + (account is not None) + (connector is not None) != 1:
        raise click.UsageError("say what: one of --platform, --account NAME and --connector NAME")
    return Target(account, connector)


@command.command(short_help="Kill switch: send nothing more of an account, a connector or all.")
@_target
@click.option("--reason", required=True, help="Why; it stands in the audit trail and in the status.")
def stop(platform: bool, account: str | None, connector: str | None, reason: str) -> None:
    """Sends nothing more, on every worker within seconds, until `outbound dispatch resume`.

    Nothing is lost: what was not written goes back to its campaign, answers to what was are waited for, and receipts
    still come. Messages whose validity ends meanwhile expire. Stopped again it stays stopped.
    """
    from dispatch import stops

    target = _chosen(platform=platform, account=account, connector=connector)
    done = stops.stop(target, reason)
    click.echo(f"{target} {'is stopped' if done else 'was stopped already'}")


@command.command(short_help="Lift a kill switch.")
@_target
@click.option("--reason", help="Why; it stands in the audit trail.")
def resume(platform: bool, account: str | None, connector: str | None, reason: str | None) -> None:
    """Goes on with what `outbound dispatch stop` stopped, within seconds."""
    from dispatch import stops

    target = _chosen(platform=platform, account=account, connector=connector)
    lifted = stops.resume(target, reason)
    click.echo(f"{target} goes on: {lifted['stopped_by']} stopped it at {lifted['stopped_at']} ({lifted['reason']})")


@command.command(short_help="Make the days ahead ready; forget receipts that nobody will match.")
def tidy() -> None:
    """What the DAG `housekeeping` does each day: partitions of the logs for the coming week, receipts of strangers."""
    from dispatch.housekeeping import run

    emit(run(), as_json=True)

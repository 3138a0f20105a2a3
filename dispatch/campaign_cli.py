"""`outbound campaign`: pause, resume and cancel what is under way, and change its rate."""

from collections.abc import Callable
from typing import TypeVar

import click

from outbound.cli import emit

F = TypeVar("F", bound=Callable[..., None])


@click.group(short_help="Pause, resume or cancel a campaign, or change its rate.")
def command() -> None:
    """Stops a campaign that is under way, or lets it go on; every worker follows within a second.

    All but `set` answer with the campaign's segments by where they stand; they add up to `segments`:

    \b
    accepted   taken by a carrier, and charged
    rejected   refused by a carrier for good
    in_doubt   the answer was lost: a receipt or a statement settles it
    unknown    no proof came in time: not charged
    dropped    not sent and given up: cancelled, expired, opted out
    unsent     not sent yet
    in_flight  written, and its answer did not come while the command waited
    """


def _options(function: F) -> F:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option(
            "--wait",
            type=click.FloatRange(min=0),
            default=30.0,
            show_default=True,
            metavar="SECONDS",
            help="How long at most to wait for the answers to what is in flight.",
        ),
        click.option(
            "--cause",
            type=click.Choice(["operator", "customer"]),
            default="operator",
            show_default=True,
            help="Whose wish it is: SLA figures leave out what the customer caused.",
        ),
        click.option("--reason", required=True, help="Why; it stands in the audit trail."),
        click.argument("campaign", type=int),
    ):
        function = option(function)
    return function


@command.command(short_help="Stop sending; it can go on later.")
@_options
def pause(campaign: int, reason: str, cause: str, wait: float, as_json: bool) -> None:
    """Stops CAMPAIGN. What is in flight is waited for; when this returns nothing more of it is sent.

    Its balance stays reserved. Paused again, it only counts again.
    """
    _run("PAUSE", campaign, reason, cause, wait, as_json)


@command.command(short_help="Let a paused campaign go on.")
@_options
def resume(campaign: int, reason: str, cause: str, wait: float, as_json: bool) -> None:
    """Lets CAMPAIGN go on where it was paused. Its validity counts anew from now, its end stays."""
    _run("RESUME", campaign, reason, cause, wait, as_json)


@command.command(short_help="Give up what is not sent, for good.")
@_options
def cancel(campaign: int, reason: str, cause: str, wait: float, as_json: bool) -> None:
    """Gives up what is not sent of CAMPAIGN, and releases its reservation. What was accepted stays charged.

    Segments in doubt keep theirs until they are settled.
    """
    _run("CANCEL", campaign, reason, cause, wait, as_json)


def _rate(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    """The N of rate=N; null: no limit."""
    key, _, number = value.partition("=")
    if key == "rate" and number == "null":
        return None
    if key != "rate" or not number.isascii() or not number.isdigit() or not 0 < int(number) < 2**31:
        raise click.BadParameter(f"{value}: write rate=N, whole segments a second from 1 on, or rate=null for no limit")
    return int(number)


@command.command("set", short_help="Change its rate.")
@click.argument("campaign", type=int)
@click.argument("rate", metavar="rate=N", callback=_rate)
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def set_rate(campaign: int, rate: int | None, reason: str, as_json: bool) -> None:
    """Sends CAMPAIGN at N segments a second at most from now on, over all workers and connectors; rate=null lifts its
    limit. Workers follow within seconds. The SLA figures of the whole campaign go by its last rate."""
    from dispatch import rate_change

    before = rate_change.change(campaign, rate, reason=reason)
    emit({"campaign": campaign, "rate": rate, "before": before}, as_json)


def _run(verb: str, campaign: int, reason: str, cause: str, wait: float, as_json: bool) -> None:
    from dispatch import control

    counts = control.change(getattr(control, verb), campaign, reason=reason, cause=cause, wait=wait)
    emit(counts.as_row(), as_json)

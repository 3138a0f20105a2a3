"""`outbound carrier`: the carrier simulator's command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FATES = ("handset_off", "undeliverable", "expired", "rejected")


def _pairs(separator: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], list[tuple[str, str]]]:
    def convert(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str]]:
        pairs = [value.partition(separator) for value in values]
        wrong = next((value for value, pair in zip(values, pairs, strict=True) if not pair[0] or not pair[2]), None)
        if wrong is not None:
            raise click.BadParameter(f"{wrong!r} is not of the form {parameter.metavar}")
        return [(left, right) for left, _, right in pairs]

    return convert


@click.command(short_help="A simulated carrier: an SMPP server to practise with.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=2775, show_default=True, help="0 takes any free one.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="SYSTEM_ID:PASSWORD",
    callback=_pairs(":"),
    help="Who may bind; more than once. Without it outbound:secret.",
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="FATE=PERCENT",
    callback=_pairs("="),
    help=f"How many destinations meet a fate ({', '.join(FATES)}); the rest is delivered.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    metavar="DIGITS=FATE",
    callback=_pairs("="),
    help="Destinations that end in these digits meet this fate (also: delivered); before the shares.",
)
@click.option("--seed", default=0, help="Another seed, other destinations for each fate.")
@click.option("--latency", default=0.0, help="Seconds from a submission to its answer.")
@click.option("--receipt-delay", default=0.2, show_default=True, help="Seconds to the first receipt.")
@click.option("--handset-off", default=3.0, show_default=True, help="Seconds until a handset is on again.")
@click.option("--expiry", default=2.0, show_default=True, help="Seconds until an expired message is said to be.")
@click.option("--resend", default=30.0, show_default=True, help="Seconds after which a receipt is sent again.")
@click.option("--rate", type=float, help="Segments a second and account; more are throttled.")
@click.option("--window", default=500, show_default=True, help="Receipts without an answer, per session.")
@click.option("--no-reference", is_flag=True, help="Receipts do not echo user_message_reference.")
@click.option("--no-intermediate", is_flag=True, help="Only final receipts.")
@click.option("--id-form", type=click.Choice(["decimal", "hex"]), default="decimal", help="Ids in answers.")
@click.option("--receipt-id-form", type=click.Choice(["decimal", "hex"]), default="decimal", help="Ids in receipts.")
@click.option("--silent-after", type=int, help="Fault: no answer any more after so many submissions.")
@click.option("--disconnect-after", type=int, help="Fault: cuts each session after so many submissions.")
@click.option("--queue-full-every", type=int, help="Fault: every n-th submission meets a full queue.")
@click.option("--garbage-after", type=int, help="Fault: each session gets garbage after so many submissions.")
@click.option(
    "--witness",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Appends every accepted segment before answering; read on start, so that ids and receipts go on.",
)
@click.option("--status-file", type=click.Path(dir_okay=False, path_type=Path), help="Figures as JSON, twice a second.")
def command(**options: Any) -> None:
    """A simulated carrier on this machine: a real SMPP 3.4 server, no real SMS.

    Takes submissions, answers with message ids, sends receipts (kept for a client that is away), and records on
    its own what it accepted. Prints one JSON line with its port once it listens; ends on Ctrl-C or SIGTERM.
    """
    from local.carrier.run import run

    run(**options)

"""`outbound optout`: what only a person may do about opt-outs."""

from collections.abc import Callable
from typing import Any

import click

from outbound.cli import emit


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing."),
        click.option("--reason", required=True, help="Why; it stands in the audit trail."),
        click.option("--everywhere", is_flag=True, help="Of the messages of every account."),
        click.option("--account", metavar="NAME", help="Of this account's messages."),
        click.argument("numbers", metavar="MSISDN...", nargs=-1, required=True),
    ):
        command = option(command)
    return command


@click.group(short_help="Opt a subscriber out, or in again, by hand.")
def command() -> None:
    """Who is opted out gets nothing any more, of campaigns under way either, whatever a base or a campaign file says.

    Customers opt their subscribers out by files in optouts/. Opting out everywhere, and opting in again, is for a
    person. Numbers are E.164 with or without +, as in 201001234567, and shown masked.
    """


@command.command(short_help="Opt subscribers out.")
@_options
def add(numbers: tuple[str, ...], account: str | None, everywhere: bool, reason: str, **how: bool) -> None:
    """Opts each MSISDN out of an account's messages (--account), or of everybody's (--everywhere).

    \b
    outbound optout add 201001234567 --account nile --reason "asked on the phone, ticket 812"
    outbound optout add 201001234567 --everywhere --reason "regulator's list of 2 March"
    """
    from ingest import opting

    _tell(opting.opt_out, numbers, account, everywhere, reason, **how)


@command.command(short_help="Opt subscribers in again.")
@_options
def remove(numbers: tuple[str, ...], account: str | None, everywhere: bool, reason: str, **how: bool) -> None:
    """Takes the opt-out of each MSISDN back: that of an account's messages (--account), or that of everybody's
    (--everywhere). The other one stays where there is one, and is named.

    Only on the subscriber's own wish; say in --reason how it came.
    """
    from ingest import opting

    _tell(opting.opt_in, numbers, account, everywhere, reason, **how)


def _tell(
    change: Callable[..., Any],
    numbers: tuple[str, ...],
    account: str | None,
    everywhere: bool,
    reason: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    if (account is None) != everywhere:
        raise click.UsageError("say whose messages: either --account NAME or --everywhere")
    outcomes = change(numbers, account, reason, dry_run=dry_run)
    emit([{**outcome._asdict(), "dry_run": dry_run} for outcome in outcomes], as_json)

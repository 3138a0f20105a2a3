"""`outbound credit-draft`: credits that were proposed, and what a second person says to them."""

import click

from billing.options import as_json, dry_run, optional_account
from billing.printing import show, show_rows

_draft = click.argument("draft", type=int, metavar="ID")


@click.group(name="credit-draft", short_help="Decide on credits that were proposed.")
def command() -> None:
    """Credits that were proposed by `outbound credit --class sla` or `--draft`, or for a missed SLA target.

    One person proposes, another one approves. Only then is there a credit note.
    """


@command.command(name="list", short_help="What waits for a decision.")
@optional_account
@click.option("--all", "decided", is_flag=True, help="Those that were decided too.")
@as_json
def list_command(account: str | None, decided: bool, as_json: bool) -> None:
    """Lists proposed credits with the invoice line that each is of."""
    from billing import draft_credits

    show_rows("draft_credits", draft_credits.proposed(account=account, decided=decided), as_json)


@command.command(name="raise", short_help="Propose what missed SLA targets earn.")
@optional_account
@dry_run
@as_json
def raise_command(account: str | None, dry_run: bool, as_json: bool) -> None:
    """Proposes a credit of each line of a month's invoice whose month has missed an SLA target, once its figures are frozen
    and the invoice is issued. Of a prepaid account it says how many units to give (`outbound grant`).

    Build the marts before (`outbound build`). Run again it proposes nothing twice.
    """
    from billing import missed_targets

    done = missed_targets.raise_due(account=account, dry_run=dry_run)
    show(done, as_json, dry_run=dry_run)
    if done["refused"]:
        raise click.ClickException(
            f"{len(done['refused'])} credits cannot be proposed: see `refused`, and decide by hand"
        )


@command.command(short_help="Issue the credit note of one that somebody else proposed.")
@_draft
@dry_run
@as_json
def approve(draft: int, dry_run: bool, as_json: bool) -> None:
    """Issues credit ID as a credit note. Whoever proposed it cannot approve it."""
    from billing import draft_credits

    show(draft_credits.approve(draft, dry_run=dry_run), as_json, dry_run=dry_run)


@command.command(short_help="Turn one down.")
@_draft
@click.option("--reason", required=True, help="Why; it is kept with it.")
@dry_run
@as_json
def reject(draft: int, reason: str, dry_run: bool, as_json: bool) -> None:
    """Turns credit ID down for good; what it held of its line can be credited again."""
    from billing import draft_credits

    show(draft_credits.reject(draft, reason, dry_run=dry_run), as_json, dry_run=dry_run)

"""The commands of intake: drop a file into a landing zone, take one in the foreground, or see what would come of it."""

import sys
from pathlib import Path

import click

from outbound.cli import emit

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_KINDS = click.Choice(["campaign", "base", "optout"])


@click.command()
@click.argument("file", type=_FILE)
@click.option("--account", required=True, metavar="NAME", help="Whose landing zone.")
@click.option("--kind", type=_KINDS, default="campaign", show_default=True, help="Which folder of it.")
@click.option("--manifest", type=_FILE, help="Options of the file; default: FILE.manifest.json where there is one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drop(file: Path, account: str, kind: str, manifest: Path | None, as_json: bool) -> None:
    """Put FILE into an account's landing zone, as its sender would.

    The manifest goes first; the file is written as FILE.part and renamed, so that it is taken whole and at once. The
    answer comes into the zone's results/ folder: FILE.<file id>.ack.json, and .rejects.csv where rows were rejected.
    """
    from ingest import accounts, zone
    from outbound import database
    from outbound.landing.zone import RESULTS

    sidecar = manifest or zone.beside(file, zone.SIDECAR)
    content = sidecar.read_bytes() if sidecar else None
    with database.connect("ingest") as connection:
        found = accounts.named(connection, account)
    with zone.of(found) as store:
        target = zone.drop(file, store, kind, content)
        results = store.place(RESULTS)
    emit({"dropped": target, "results": results, "manifest": content is not None}, as_json)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--account", required=True, metavar="NAME", help="Whose file it is.")
@click.option("--kind", type=_KINDS, default="campaign", show_default=True, help="What it is.")
def ingest(file: Path, account: str, kind: str) -> None:
    """Take FILE in the foreground, up to acceptance, and print its acknowledgement as JSON.

    FILE.manifest.json beside it holds its options (sender, template, schedule ...). A base file has the columns
    msisdn,consent_date, an opt-out file msisdn. FILE stays where it is; its answer is also put into the landing zone's
    results/. The exit status is 1 where nothing of it can be used (status rejected), 0 otherwise: a campaign that is
    held goes when what holds it is settled. The same file again gives the same acknowledgement and sends nothing twice.
    """
    from ingest import foreground

    ack = foreground.ingest(file, account, kind)
    emit(ack, as_json=True)
    if ack["status"] == "rejected":
        sys.exit(1)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--account", required=True, metavar="NAME", help="Whose base, opt-outs, sender and balance to check against."
)
@click.option(
    "--verdicts",
    metavar="OUT.csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each row's verdict there.",
)
def validate(files: tuple[Path, ...], account: str, verdicts: Path | None) -> None:
    """Say what the acknowledgement of each campaign FILE would be, as JSON; nothing is kept and nothing is sent.

    FILE.manifest.json beside a file holds its options. OUT.csv gets a row for each row of the file, whatever the file's
    status: line,reason,msisdn,network,encoding,segments,first_line. An empty reason is an accepted row; first_line is
    the row that a DUPLICATE repeats. Numbers stand there in full. With several files a last column names the file.
    On a terminal a bar shows how far it is.
    """
    from ingest import accounts, verdict_file
    from ingest.preview import preview
    from ingest.progress_bar import bar
    from outbound import database

    with database.connect("ingest", autocommit=True) as connection, verdict_file.writer(verdicts) as out:
        found = accounts.named(connection, account)
        out.header(with_file=len(files) > 1)
        acks = []
        for file in files:
            with bar(file) as progress:
                acks.append(preview(connection, found, file, out.of(file.name), progress))
    emit(acks[0] if len(acks) == 1 else acks, as_json=True)


@click.command(short_help="Show which column of a campaign file is probably which.")
@click.argument("file", type=_FILE)
@click.option("--account", required=True, metavar="NAME", help="In whose region numbers are read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def columns(file: Path, account: str, as_json: bool) -> None:
    """Show the columns of a campaign FILE with values of its first rows, in which numbers are masked, and which of them seem to
    hold the numbers and the texts. A manifest says which do: recipient_column, text_column; header where there is none.
    """
    from ingest import accounts, options, proposal
    from outbound import database

    with database.connect("ingest", autocommit=True) as connection:
        found = accounts.named(connection, account)
    usual = options.combine(None, found.defaults).layout
    emit(proposal.propose(found, file, usual).as_json(), as_json)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--account", required=True, metavar="NAME", help="Whose base, opt-outs and sender to check against.")
@click.option("--row", type=click.IntRange(min=1), default=1, show_default=True, help="Which of its rows.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def preview(file: Path, account: str, row: int, as_json: bool) -> None:
    """Show one row of a campaign FILE as it would be sent: its number masked, its text with the placeholders filled, its
    segments, and the character that makes it UCS-2; or the reason why it is left out. Nothing is kept or sent.
    """
    from ingest import accounts, shown
    from outbound import database

    with database.connect("ingest", autocommit=True) as connection:
        found = shown.row(connection, accounts.named(connection, account), file, row)
    emit(found, as_json)


@click.command()
@click.argument("campaign", type=int)
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def release(campaign: int, reason: str, as_json: bool) -> None:
    """Let CAMPAIGN pass what holds it, for example GATE_FAILED or DUPLICATE_NAME; `outbound status` lists what is held.

    What can be sent of it is queued at once. Recipients outside the base and those who opted out stay rejected, and a
    balance that does not reach cannot be released. The status is 1 where something else holds the campaign then.
    """
    from ingest import approval

    state = approval.release(campaign, reason)
    emit({"campaign": campaign, "state": state}, as_json)
    if state == "held":
        sys.exit(1)


@click.command()
@click.argument("campaign", type=int)
@click.option("--reason", default="approved", show_default=True, help="It stands in the audit trail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def approve(campaign: int, reason: str, as_json: bool) -> None:
    """Approve CAMPAIGN as the second person of its account, where the account wants two (approval_required).

    OUTBOUND_ACTOR names who approves: a user of the account in the role customer_approver or customer_admin, and not who
    submitted it. What can be sent of it is queued at once. The status is 1 where something else holds it then.
    """
    from ingest import approval

    state = approval.approve(campaign, reason)
    emit({"campaign": campaign, "state": state}, as_json)
    if state == "held":
        sys.exit(1)


@click.command()
@click.argument("campaign", type=int)
@click.option("--reason", required=True, help="Why; its sender is told.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def refuse(campaign: int, reason: str, as_json: bool) -> None:
    """Refuse CAMPAIGN, which waits for a second person of its account; who submitted it takes it back so.

    Nothing of it was queued; it ends as rejected. OUTBOUND_ACTOR names who refuses.
    """
    from ingest import approval

    emit({"campaign": campaign, "state": approval.refuse(campaign, reason)}, as_json)


@click.command()
@click.argument("campaign", type=int)
@click.option("--dry-run", is_flag=True, help="Say how many messages that would be, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; what is sent is answered in JSON in any case.")
def retry(campaign: int, dry_run: bool, as_json: bool) -> None:
    """Send what failed of CAMPAIGN another time, as a campaign of its own, and print its acknowledgement.

    That is what expired or had no route, and what carriers refused for a fault of theirs or ours. Never whom a carrier
    has or may have a segment of, who opted out, or whose number a carrier does not serve. Done twice it sends once.
    The exit status is 1 where nothing of it can be used.
    """
    from ingest import retry as another

    if dry_run:
        emit({"campaign": campaign, "messages": another.count(campaign)}, as_json)
        return
    ack = another.send(campaign)
    emit(ack, as_json=True)
    if ack["status"] == "rejected":
        sys.exit(1)


@click.command(short_help="Take a rejected or held file again, from its copy.")
@click.argument("file_id", type=int, required=False)
@click.option("--account", metavar="NAME", help="Whose file it is, with --name.")
@click.option("--name", metavar="FILE", help="The latest file of this name, instead of FILE_ID.")
@click.option("--reason", help="Why; it stands in the audit trail.")
def reprocess(file_id: int | None, account: str | None, name: str | None, reason: str | None) -> None:
    """Take a file again that was rejected or is held, and print its new acknowledgement as JSON.

    For what was wrong around the file and has been mended: a base, a sender, the encoding among the account's defaults,
    a network. It is read from its copy, with the manifest that came with it; a held campaign of it ends as rejected and
    a new one is made. The new answer replaces the old one in results/, which is kept in intake.file_event.

    Nothing is sent twice: a file that was accepted is refused, and so is one that a later file of the same bytes or name
    has replaced. The exit status is 1 where nothing of the file can be used.

    \b
    outbound reprocess 17 --reason "sender approved"
    outbound reprocess --account nile --name offer.csv
    """
    from ingest import reprocess as again

    if file_id is None and (account is None or name is None):
        raise click.UsageError("give FILE_ID, or --account and --name")
    if file_id is not None and (account is not None or name is not None):
        raise click.UsageError("give either FILE_ID, or --account and --name")
    found = file_id if file_id is not None else again.find(account or "", name or "")
    ack = again.reprocess(found, reason)
    emit(ack, as_json=True)
    if ack["status"] == "rejected":
        sys.exit(1)

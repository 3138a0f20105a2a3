"""The steps of the intake DAGs as commands, for who runs them without Airflow or repeats one by hand."""

import click

from outbound.cli import emit


@click.group(short_help="Run one step of the intake DAGs by hand.")
def command() -> None:
    """Each is what a task of `scan_landing_zone`, `process_campaign` or `housekeeping` does. Repeated, it changes nothing.

    \b
    outbound intake scan
    outbound intake validate 17
    outbound intake judge 4
    outbound intake accept 4
    outbound intake report 4
    """


@command.command(short_help="Claim the complete files of all landing zones.")
def scan() -> None:
    """Claims what is complete, and prints the ids of the files that have no answer yet: `validate` takes each."""
    from ingest.scan import scan

    emit({"files": scan()}, as_json=True)


@command.command(short_help="Read and check a claimed file.")
@click.argument("file_id", type=int)
def validate(file_id: int) -> None:
    """Loads a base or opt-out file; makes a campaign of a campaign file. Prints its id, null where there is none."""
    from ingest.pipeline import validate

    emit({"campaign": validate(file_id)}, as_json=True)


@command.command(short_help="Hold a campaign's profile against the account's thresholds.")
@click.argument("campaign_id", type=int)
def judge(campaign_id: int) -> None:
    """Great Expectations judges the profile. Prints whether the gate is passed; `accept` acts on it."""
    from ingest.gate import judge

    emit({"passed": judge(campaign_id)}, as_json=True)


@command.command(short_help="Queue a campaign as a whole, or hold it.")
@click.argument("campaign_id", type=int)
def accept(campaign_id: int) -> None:
    """Queues all of it in one transaction, or holds it, and answers its sender. Prints its state."""
    from ingest.acceptance import accept

    emit({"state": accept(campaign_id)}, as_json=True)


@command.command(short_help="Take up what is held and may go now.")
def resume() -> None:
    """After a recharge, a base load or an approval. Prints the campaigns that were accepted."""
    from ingest.holds import release_ready

    emit({"campaigns": release_ready()}, as_json=True)


@command.command(short_help="Write a campaign's final report.")
@click.argument("campaign_id", type=int)
def report(campaign_id: int) -> None:
    """Puts it into the account's results/ folder: the customer's rows, and what became of each so far."""
    from ingest.report import write

    write(campaign_id)


@command.command(short_help="Remove what nobody needs any more, deliver what is missing.")
def tidy() -> None:
    """Landing tables without a campaign, copies of files older than 30 days, answers and reports left undelivered."""
    from ingest.housekeeping import run

    run()

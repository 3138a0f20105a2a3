"""`outbound documents`: what was issued, as files; into the landing zones, or one of them to look at."""

from pathlib import Path

import click

from billing.options import as_json, dry_run, optional_account
from billing.printing import show_rows


@click.group(short_help="Deliver invoices and credit notes as PDF, UBL and usage files.")
def command() -> None:
    """Documents of what was issued. The same document is the same bytes whenever it is made: what it says of seller and
    buyer is kept as it was on the day of issue.
    """


@command.command("list", short_help="All documents, and how far each has come.")
@optional_account
@as_json
def list_them(account: str | None, as_json: bool) -> None:
    """Numbers, totals, when each went out, and what the tax authority answered."""
    from billing.documents.listing import documents

    show_rows("documents", documents(account), as_json)


@command.command(short_help="Put what has not gone out into the accounts' results folders.")
@optional_account
@dry_run
@as_json
def deliver(account: str | None, dry_run: bool, as_json: bool) -> None:
    """Writes each document's PDF, usage file, UBL and e-invoice JSON into its account's results/, once.

    From then on an invoice cannot be void. A run that was killed is made up for by the next one, with the same bytes. The
    DAG close_month does the same each day.
    """
    from billing.documents.delivery import deliver

    show_rows("delivered", deliver(account=account, dry_run=dry_run), as_json, dry_run=dry_run)


@command.command(short_help="Write one document to a file; nothing is recorded.")
@click.argument("document", metavar="NUMBER")
@click.option(
    "--format",
    "form",
    type=click.Choice(["pdf", "usage", "ubl", "eta"]),
    default="pdf",
    show_default=True,
    help="Which file.",
)
@click.option(
    "--language", type=click.Choice(["en", "ar", "both"]), help="Of the PDF; default: the account's at issue."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", required=True, help="Where to.")
@optional_account
def write(document: str, form: str, language: str | None, output: Path, account: str | None) -> None:
    """Makes a file of invoice or credit note NUMBER, void ones too.

    \b
    outbound documents write 2026-000041 -o invoice.pdf --language ar
    """
    from billing.documents.listing import write_one

    click.echo(f"{write_one(document, form, output, language=language, account=account)} bytes in {output}", err=True)

"""`outbound up`, `outbound down` and `outbound db`: the platform on this machine."""

import click


@click.command(short_help="Runs the whole platform on this machine until Ctrl-C.")
@click.option("--carrier-port", type=int, help="Also start the carrier simulator on this port.")
@click.option("--workers", default=1, show_default=True, help="Dispatch workers.")
def up(carrier_port: int | None, workers: int) -> None:
    """Starts the database, the dispatch workers and Airflow, prints where they are, and runs until Ctrl-C.

    Everything it started ends with it; the state is kept for the next start. The carrier simulator is started too
    where the demo has set it up.
    """
    from local.up import run

    run(carrier_port, workers)


@click.command(short_help="Ends what commands started on this machine.")
def down() -> None:
    """Ends the embedded database, which the first command starts and which stays for the next.

    Its data are kept; the next command starts it again. A database that DATABASE_URL names is not touched.
    """
    from local import postgres
    from outbound.settings import settings

    home = settings().home
    click.echo("the embedded database has ended" if postgres.stop(home) else f"nothing runs for {home}")


@click.group(short_help="The operational database: its address, its migration.")
def db() -> None:
    """The operational database of this installation."""


@db.command(name="url", short_help="Prints the database's address, starting it where needed.")
def url() -> None:
    """Prints the libpq URI, password included: `psql "$(outbound db url)"`."""
    from outbound import database

    click.echo(database.url())


@db.command(short_help="Brings the schema up to date (every command does).")
def migrate() -> None:
    """Migrates the operational schema to this release."""
    from outbound import database

    database.migrate(database.url())
    click.echo("the schema is up to date")

"""`python -m local.carrier`: the carrier simulator without the rest of the command line."""

import sys

import click

from local.carrier.cli import command
from outbound.errors import OutboundError

try:
    command(prog_name="outbound carrier")
except OutboundError as error:
    click.echo(f"error: {error}", err=True)
    sys.exit(1)

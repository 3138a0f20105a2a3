"""`outbound portal`: serves the portal."""

import logging

import click

from outbound import database, logs


@click.command(short_help="Serve the portal to browsers.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8088, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--proxied", is_flag=True, help="Behind a proxy of this host, which says who asks and whether by https.")
def command(host: str, port: int, proxied: bool) -> None:
    """Serves the portal until it is told to end. Who may sign in: `outbound user`.

    Browsers should reach it by https only: put a proxy that ends TLS before it, and say --proxied.
    """
    import uvicorn

    from reports.portal import oidc
    from reports.portal.app import create

    oidc.provider()  # what it says wrong is said now, not to the first who signs in
    logs.to_stderr()
    logging.getLogger("uvicorn.access").addFilter(_without_query)
    database.url()
    uvicorn.run(
        create(), host=host, port=port, proxy_headers=proxied, forwarded_allow_ips="127.0.0.1,::1", server_header=False,
        log_config=None, timeout_graceful_shutdown=5,
    )  # fmt: skip


def _without_query(record: logging.LogRecord) -> bool:
    """A query may hold what somebody looked for: a number, a name."""
    if isinstance(record.args, tuple) and len(record.args) == 5:
        client, method, path, version, status = record.args
        record.args = (client, method, str(path).partition("?")[0], version, status)
    return True

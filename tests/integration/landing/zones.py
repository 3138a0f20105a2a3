"""The fixture `store`: an empty landing zone of each kind in turn, with what opens it in the environment; `bucket`, `ssh`: of one kind."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.integration.landing import ssh_server
from tests.integration.landing.ssh_server import Server
from tests.integration.landing.stores import InBucket, OnDisk


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InBucket:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("OUTBOUND_LANDING_NILE_ENDPOINT", moto)
    client = boto3.session.Session().client("s3", endpoint_url=moto)
    name = f"zone-{abs(hash(tmp_path)):x}"
    client.create_bucket(Bucket=name)
    return InBucket(f"s3://{name}/in", client, name)


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """asyncssh's, which can be told to fail."""
    yield from _logged_in(tmp_path, monkeypatch, openssh=False)


def _logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, openssh: bool) -> Iterator[Server]:
    folder = tmp_path / "ssh"
    folder.mkdir()
    with ssh_server.running(folder, openssh=openssh) as server:
        monkeypatch.setenv("OUTBOUND_LANDING_NILE_KEY_FILE", str(server.key_file))
        monkeypatch.setenv("OUTBOUND_LANDING_NILE_KNOWN_HOSTS", str(server.known_hosts))
        yield server


KINDS = ["folder", "sftp", "s3", *(["openssh"] if ssh_server.is_openssh_here() else [])]


@pytest.fixture(params=KINDS)
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OnDisk | InBucket]:
    if request.param == "folder":
        root = tmp_path / "zone"
        root.mkdir()
        yield OnDisk(f"file://{root}", root)
    elif request.param == "s3":
        yield request.getfixturevalue("bucket")
    else:
        for server in _logged_in(tmp_path, monkeypatch, openssh=request.param == "openssh"):
            yield OnDisk(server.url, server.root)

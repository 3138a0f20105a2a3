"""node-smpp, installed, and a certificate of our own for 127.0.0.1, made once a run."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.interop import node


class Certificate(NamedTuple):
    """Files in PEM. cert is its own authority."""

    key: Path
    cert: Path


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    """Fails here, with what npm says, where node-smpp cannot be had."""
    node.modules()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    made = Certificate(folder / "key.pem", folder / "cert.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", made.key, "-out", made.cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return made

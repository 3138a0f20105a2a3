"""The simulated carrier's TLS: a certificate of its own, made where there is none."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local.carrier.options import BadSetting

CERTIFICATE, KEY = "certificate.pem", "key.pem"
_VALID = timedelta(days=30)
_SKEW = timedelta(hours=1)  # clocks of clients that are behind


def context(folder: Path, host: str) -> ssl.SSLContext:
    """TLS with the certificate and the key that lie in `folder` in PEM; without them new ones are written there, valid 30
    days for localhost, 127.0.0.1 and host. A client that trusts the certificate (ca_file) trusts the carrier."""
    certificate, key = folder / CERTIFICATE, folder / KEY
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        if not certificate.exists() and not key.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _make(certificate, key, host)
        ours.load_cert_chain(certificate, key)
    except OSError as error:  # ssl.SSLError is one
        raise BadSetting(
            f"{certificate} and {key} are no certificate and key to serve with ({error.strerror or error}); put both "
            "there in PEM, or neither, and they are made"
        ) from None
    return ours


def _make(certificate: Path, key: Path, host: str) -> None:
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "simulated carrier")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(secret, hashes.SHA256())
    )
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(
            secret.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for one in dict.fromkeys(("localhost", "127.0.0.1", host)):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(one)))
        except ValueError:
            names.append(x509.DNSName(one))
    return names

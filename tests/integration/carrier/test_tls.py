"""The simulated carrier over TLS: under files that it is given, and under a certificate that it makes."""

import ssl
import stat

import pytest

from local.carrier.process import CarrierDidNotStart, start
from smpp.client import ConnectFailed

CAIRO = 201001234567


def test_a_certificate_is_made_once_and_who_trusts_it_is_served(run, subscriber, tmp_path):
    folder = tmp_path / "tls"

    async def story(port):
        with pytest.raises(ConnectFailed, match=r"TLS failed.*certificate"):
            await subscriber.bind(port, tls=ssl.create_default_context())
        session = await subscriber.bind(port, tls=ssl.create_default_context(cafile=folder / "certificate.pem"))
        subscriber.send("secret text", CAIRO)
        await subscriber.until(lambda: subscriber.receipts)
        await session.unbind()

    with start(tmp_path, "--tls", str(folder), "--receipt-delay=0") as carrier:
        run(story(carrier.port))
    made = (folder / "certificate.pem").read_bytes()
    with start(tmp_path, "--tls", str(folder), "--receipt-delay=0") as carrier:
        subscriber.receipts.clear()
        run(story(carrier.port))
        assert carrier.witness.texts() == {str(CAIRO): ["secret text"] * 2}

    assert (folder / "certificate.pem").read_bytes() == made
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("missing", ["key.pem", "certificate.pem"])
def test_half_a_certificate_is_explained_and_not_replaced(tmp_path, capfd, missing):
    folder = tmp_path / "tls"
    with start(tmp_path / "first", "--tls", str(folder)):
        pass
    (folder / missing).unlink()
    with pytest.raises(CarrierDidNotStart), start(tmp_path / "second", "--tls", str(folder)):
        pass
    assert "are no certificate and key to serve with (No such file or directory); put both" in capfd.readouterr().err
    assert not (folder / missing).exists()

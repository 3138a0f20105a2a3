"""Webhooks to a real receiver: signed, repeated under the same id, and never to where they must not go."""

import socket
import ssl
import threading
import time

import pytest

from billing import notice_sending, notice_webhook
from billing.notice_webhook import NotCalled
from tests.integration.notices.hook_server import Receiver, listening
from tests.integration.notices.mail_server import certificate


@pytest.fixture
def receivers(monkeypatch):
    monkeypatch.delenv("OUTBOUND_SMTP_HOST", raising=False)
    monkeypatch.setenv("OUTBOUND_PRIVATE_WEBHOOKS", "1")
    with listening(Receiver("nile's key")) as nile, listening(Receiver("delta's key")) as delta:
        monkeypatch.setenv("NILE_SECRET", nile.key)
        monkeypatch.setenv("DELTA_SECRET", delta.key)
        yield {"nile": nile, "delta": delta}


@pytest.fixture
def told(office, receivers):
    for name in ("delta", "nile"):
        hook = {"url": receivers[name].url, "secret_env": f"{name.upper()}_SECRET"}
        account = office.account(name, settings={"email": [], "webhook": hook})
        account.buys(1_500, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    assert len(office.looks("2027-03-14 10:00")) == 2
    return office


def test_each_receiver_gets_its_own_account_s_notice_signed_with_its_own_key(told, receivers):
    assert notice_sending.send()["sent"] == 2
    for name, receiver in receivers.items():
        assert receiver.is_signed()
        (path, headers, _), (notice,) = receiver.calls[0], receiver.notices()
        assert path == "/hook?from=outbound"
        assert headers["Outbound-Notice-Id"] == notice["id"]
        assert abs(int(headers["Outbound-Timestamp"]) - time.time()) < notice_webhook.REPLAY_SECONDS
        assert notice["account"] == name
        assert (notice["kind"], notice["subject"], notice["facts"]["to_extend"]) == ("expiry", "PO-1/1", 1_500)
        assert notice["text"].startswith("1,500 units can be used until the end of 2027-03-15")
    receivers["nile"].key = "delta's key"
    assert not receivers["nile"].is_signed()


def test_a_recorded_call_is_told_by_its_time_and_a_changed_one_by_its_signature(told, receivers):
    notice_sending.send()
    path, headers, body = receivers["nile"].calls[0]
    later = headers | {"Outbound-Timestamp": str(int(headers["Outbound-Timestamp"]) + 301)}
    receivers["nile"].calls.append((path, later, body))
    assert not receivers["nile"].is_signed()
    receivers["nile"].calls.append((path, headers, body.replace(b"1,500", b"9,500")))
    assert not receivers["nile"].is_signed()


def test_a_receiver_that_fails_is_called_again_later_under_the_same_id_and_holds_up_nobody(told, receivers):
    receivers["nile"].status = 503
    figures = notice_sending.send()
    assert (figures["sent"], figures["failed"], figures["waiting"]) == (1, 1, 1)
    told.waits_no_longer()
    receivers["nile"].status = 204
    assert notice_sending.send()["sent"] == 1
    ids = [headers["Outbound-Notice-Id"] for _, headers, _ in receivers["nile"].calls]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert all(receivers["nile"].is_signed(n) for n in range(2))


def test_a_redirect_is_not_followed(told, receivers):
    receivers["nile"].status = 307
    receivers["nile"].answer_headers = {"Location": receivers["delta"].url}
    assert notice_sending.send()["failed"] == 1
    assert [notice["account"] for notice in receivers["delta"].notices()] == ["delta"]
    reason = told.books.execute(
        "select last_error from billing.notice_delivery where last_error is not null"
    ).fetchone()
    assert reason == ("it answered 307, a redirect, which is not followed",)


def test_without_its_key_nothing_is_sent_and_the_reason_is_told(told, receivers, monkeypatch):
    monkeypatch.delenv("NILE_SECRET")
    assert notice_sending.send()["failed"] == 1
    assert receivers["nile"].calls == []
    reason = told.books.execute(
        "select last_error from billing.notice_delivery where last_error is not null"
    ).fetchone()
    assert "NILE_SECRET" in reason[0]


def test_a_receiver_in_a_private_network_is_refused_unless_that_is_allowed(told, receivers, monkeypatch):
    monkeypatch.delenv("OUTBOUND_PRIVATE_WEBHOOKS")
    assert notice_sending.send()["failed"] == 2
    assert [receiver.calls for receiver in receivers.values()] == [[], []]
    reasons = told.books.execute("select distinct last_error from billing.notice_delivery").fetchall()
    assert [reason[:38] for (reason,) in reasons] == ["its host lies in a private network: OU"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://10.0.0.1/", "https://172.16.3.4/", "https://192.168.1.1/", "https://169.254.169.254/latest",
        "https://0.0.0.0/", "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/", "https://100.64.0.1/", "https://localhost/",
        "https://2130706433/", "https://0x7f.1/",
    ],
)  # fmt: skip
def test_no_way_of_writing_a_private_address_leads_there(url):
    with pytest.raises(NotCalled, match="private network"):
        notice_webhook.call(url, b"{}", {})


@pytest.mark.parametrize("url", ["https://169.254.169.254/latest", "https://0.0.0.0/", "https://224.0.0.1/"])
def test_some_addresses_are_refused_whatever_is_allowed(url):
    with pytest.raises(NotCalled, match="private network"):
        notice_webhook.call(url, b"{}", {}, private=True)


def test_tls_is_to_the_name_and_without_it_only_this_machine_is_called(tmp_path, monkeypatch):
    files = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            for _ in range(2):
                try:
                    with context.wrap_socket(server.accept()[0], server_side=True) as peer:
                        asked = b""
                        while not asked.endswith(b"{}"):
                            asked += peer.recv(10_000)
                        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                except ssl.SSLError:
                    continue

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotCalled, match="SSLCertVerificationError"):
            notice_webhook.call(f"https://localhost:{port}/", b"{}", {}, private=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
        notice_webhook.call(f"https://127.0.0.1:{port}/", b"{}", {}, private=True)
        thread.join()
    with pytest.raises(NotCalled, match="not https"):
        notice_webhook.call("http://10.1.2.3/", b"{}", {}, private=True)


def test_a_receiver_that_answers_byte_by_byte_is_left(monkeypatch):
    monkeypatch.setattr(notice_webhook, "SECONDS_IN_ALL", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                try:
                    while True:
                        peer.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(NotCalled):
            notice_webhook.call(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, private=True)
        assert time.monotonic() - began < 8
        thread.join()

"""E-mails over a real server: STARTTLS, a password, the server away and back, and a sender that dies."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing import notice_sending
from outbound.settings import WrongSetting
from tests.integration.notices.mail_server import PASSWORD, USER, Mailboxes, certificate, free_port, running


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path]:
    return certificate(tmp_path)


@pytest.fixture
def mailboxes(certified, tmp_path, monkeypatch) -> Iterator[Mailboxes]:
    with running(Mailboxes(), certified) as there:
        password = tmp_path / "password"
        password.write_text(PASSWORD + "\n")
        for name, value in {
            "HOST": "127.0.0.1", "PORT": there.port, "USER": USER, "PASSWORD_FILE": password,
            "FROM": "Outbound <noreply@example.com>", "CA_FILE": certified[0],
        }.items():  # fmt: skip
            monkeypatch.setenv(f"OUTBOUND_SMTP_{name}", str(value))
        yield there


@pytest.fixture
def told(office):
    """Two accounts with a notice each, not sent yet."""
    for name in ("delta", "nile"):
        office.account(name).buys(1_500, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    assert len(office.looks("2027-03-14 10:00")) == 2
    return office


def test_each_account_s_user_gets_its_own_notice_once(told, mailboxes):
    told.books.execute("update account.account set language = 'ar' where name = 'delta'")
    assert notice_sending.send() == {"sent": 2, "failed": 0, "given_up": 0, "waiting": 0, "mail": "127.0.0.1"}
    assert notice_sending.send()["sent"] == 0

    by_recipient = {message["To"]: message for message in mailboxes.messages}
    assert sorted(mailboxes.recipients) == [["nadia@delta.example"], ["nadia@nile.example"]]
    english, arabic = by_recipient["nadia@nile.example"], by_recipient["nadia@delta.example"]
    assert english["From"] == "Outbound <noreply@example.com>"
    assert english["Subject"] == "nile: 1,500 units are valid until 2027-03-15"
    assert english.get_content().replace("\r\n", "\n") == (
        "1,500 units can be used until the end of 2027-03-15, then they lapse. Buy at least 1,500 units before that to"
        " extend all that remains by a year.\n"
    )
    assert arabic["Subject"] == "delta: 1,500 وحدة صالحة حتى 2027-03-15"
    assert "nile" not in arabic.as_string()
    assert english["Message-ID"].endswith("@example.com>")
    assert len(set(mailboxes.ids)) == 2


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # that it is under TLS is not seen by what says so
def test_tls_from_the_first_byte(told, certified, mailboxes, monkeypatch):
    with running(Mailboxes(), certified, tls=True) as other:
        monkeypatch.setenv("OUTBOUND_SMTP_SECURITY", "tls")
        monkeypatch.setenv("OUTBOUND_SMTP_PORT", str(other.port))
        assert notice_sending.send()["sent"] == 2
        assert len(other.messages) == 2


def test_a_server_that_is_away_holds_nothing_up_and_gets_everything_when_it_is_back(told, certified, monkeypatch):
    mailboxes = Mailboxes(port=free_port())
    for name, value in {"HOST": "127.0.0.1", "PORT": str(mailboxes.port), "FROM": "noreply@example.com", "USER": USER,
                        "PASSWORD": PASSWORD, "CA_FILE": str(certified[0])}.items():  # fmt: skip
        monkeypatch.setenv(f"OUTBOUND_SMTP_{name}", value)
    first = notice_sending.send()
    assert (first["sent"], first["failed"], first["waiting"]) == (0, 1, 2)  # one try told that the server is away
    tried = told.books.execute(
        "select attempts, next_try_at > now() + interval '1 minute', last_error from billing.notice_delivery where attempts > 0"
    ).fetchall()
    assert [(attempts, later) for attempts, later, _ in tried] == [(1, True)]
    assert "ConnectionRefusedError" in tried[0][2]
    assert told.looks("2027-03-14 11:00") == []  # looking goes on

    with running(mailboxes, certified):
        assert notice_sending.send()["sent"] == 1  # the one whose time has come
        told.waits_no_longer()
        assert notice_sending.send()["sent"] == 1
    assert sorted(message["To"] for message in mailboxes.messages) == ["nadia@delta.example", "nadia@nile.example"]
    assert all(sent for *_, sent in told.deliveries())


def test_a_wrong_password_or_an_unknown_authority_is_the_server_s_failure(told, mailboxes, monkeypatch):
    monkeypatch.setenv("OUTBOUND_SMTP_USER", "somebody")
    assert notice_sending.send()["failed"] == 1
    monkeypatch.setenv("OUTBOUND_SMTP_USER", USER)
    monkeypatch.delenv("OUTBOUND_SMTP_CA_FILE")
    told.waits_no_longer()
    assert notice_sending.send()["failed"] == 1
    assert mailboxes.messages == []
    reasons = [
        row[0] for row in told.books.execute("select last_error from billing.notice_delivery where attempts > 0")
    ]
    assert any("SSLCertVerificationError" in reason for reason in reasons)


def test_an_address_that_is_refused_for_good_is_given_up_at_once_and_one_refused_for_now_is_not(told, mailboxes):
    mailboxes.refused = {"nadia@delta.example": "550 no such user", "nadia@nile.example": "450 mailbox busy"}
    figures = notice_sending.send()
    assert (figures["sent"], figures["given_up"], figures["failed"], figures["waiting"]) == (0, 1, 1, 1)
    mailboxes.refused = {}
    told.waits_no_longer()
    assert notice_sending.send()["sent"] == 1
    assert mailboxes.recipients == [["nadia@nile.example"]]


def test_after_twelve_tries_it_is_given_up(told, mailboxes):
    mailboxes.refused = {"nadia@delta.example": "450 mailbox busy"}
    for _ in range(notice_sending.ATTEMPTS):
        told.waits_no_longer()
        notice_sending.send()
    told.waits_no_longer()
    assert notice_sending.send()["given_up"] == 1
    row = told.books.execute(
        "select attempts, last_error from billing.notice_delivery where given_up_at is not null"
    ).fetchone()
    assert row == (12, "refused (450): mailbox busy")


def test_what_holds_no_longer_is_not_sent(told, mailboxes):
    """A recharge while the mail server was away: nobody is asked to recharge any more."""
    (nile,) = told.books.execute("select account_id from account.account where name = 'nile'").fetchone()
    told.books.execute(
        "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
        " values (%s, 'PO-2', '2027-03-14 09:00Z', 2000, 0.1, '{EG}')",
        nile,
    )
    told.looks("2027-03-14 12:00")
    figures = notice_sending.send()
    assert (figures["sent"], figures["given_up"]) == (1, 1)
    assert mailboxes.recipients == [["nadia@delta.example"]]


def test_someone_who_left_is_not_written_to(told, mailboxes):
    told.books.execute("delete from account.person where email = 'nadia@nile.example'")
    figures = notice_sending.send()
    assert (figures["sent"], figures["given_up"]) == (1, 1)
    assert mailboxes.recipients == [["nadia@delta.example"]]


def test_a_sender_killed_between_sending_and_its_commit_sends_again_under_the_same_id(told, mailboxes):
    """Twice is possible, never not at all; the Message-ID tells the second from a new notice."""
    program = textwrap.dedent("""
        import os, signal
        from billing import notice_mail, notice_sending
        really = notice_mail.send
        def send_and_die(server, message):
            really(server, message)
            os.kill(os.getpid(), signal.SIGKILL)
        notice_mail.send = send_and_die
        notice_sending.send()
    """)
    died = subprocess.run([sys.executable, "-c", program], env=dict(os.environ), capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    (first,) = mailboxes.ids
    assert notice_sending.send()["sent"] == 1  # the other account's: this one is not due for a while

    told.waits_no_longer()
    assert notice_sending.send()["sent"] == 1
    assert mailboxes.ids.count(first) == 2
    assert len(set(mailboxes.ids)) == 2
    assert all(sent for *_, sent in told.deliveries())


def test_many_senders_send_each_notice_once(office, mailboxes):
    from concurrent.futures import ThreadPoolExecutor

    for n in range(12):
        office.account(f"a{n}").buys(100, at="2026-03-15 10:00", rate="0.10")
    office.looks("2027-03-14 10:00")
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: notice_sending.send()["sent"], range(4)))
    assert sum(sent) == 12
    assert len(set(mailboxes.ids)) == len(mailboxes.ids) == 12


def test_without_a_mail_server_e_mails_wait_and_wrong_settings_are_told(told, monkeypatch):
    monkeypatch.delenv("OUTBOUND_SMTP_HOST", raising=False)
    figures = notice_sending.send()
    assert (figures["waiting"], figures["mail"]) == (2, "no mail server: set OUTBOUND_SMTP_HOST")
    monkeypatch.setenv("OUTBOUND_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("OUTBOUND_SMTP_FROM", "noreply@example.com")
    monkeypatch.setenv("OUTBOUND_SMTP_SECURITY", "ssl")
    with pytest.raises(WrongSetting, match="OUTBOUND_SMTP_SECURITY"):
        notice_sending.send()

"""What is SFTP's own: who the host is, who we are, and lines that are cut."""

import random
import socket
import threading
import time

import asyncssh
import pytest

from ingest import zone as intake
from ingest.pipeline import validate
from ingest.scan import scan
from outbound.landing.address import parse
from outbound.landing.login import Login
from outbound.landing.opening import open_zone
from outbound.landing.sftp import SftpZone
from outbound.landing.zone import Unreachable
from tests.integration.landing.ssh_server import PASSWORD


def looked(url):
    with open_zone("nile", url) as zone:
        zone.prepare()
        return zone.look("campaigns")


@pytest.fixture
def unset(monkeypatch):
    def unset(*names):
        for name in names:
            monkeypatch.delenv(f"OUTBOUND_LANDING_NILE_{name}")

    return unset


@pytest.fixture
def told(monkeypatch):
    def told(name, value):
        monkeypatch.setenv(f"OUTBOUND_LANDING_NILE_{name}", str(value))

    return told


def test_a_password_will_do(ssh, unset, told):
    unset("KEY_FILE")
    told("PASSWORD", PASSWORD)
    assert looked(ssh.url) == []


def test_a_fingerprint_or_the_key_itself_vouches_for_the_host(ssh, unset, told):
    unset("KNOWN_HOSTS")
    told("HOST_KEY", f"SHA256:another {ssh.fingerprint}")
    assert looked(ssh.url) == []
    told("HOST_KEY", ssh.known_hosts.read_text().partition(" ")[2])
    assert looked(ssh.url) == []


@pytest.mark.parametrize("wrong", ["fingerprint", "file", "nothing"])
def test_a_host_that_nothing_vouches_for_is_refused_with_its_fingerprint(
    ssh, unset, told, tmp_path, wrong, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    unset("KNOWN_HOSTS")
    if wrong == "fingerprint":
        told("HOST_KEY", "SHA256:another")
    elif wrong == "file":
        strange = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        (tmp_path / "known").write_text(f"[127.0.0.1]:{ssh.port} {strange}")
        told("KNOWN_HOSTS", tmp_path / "known")
    with pytest.raises(Unreachable) as refused:
        looked(ssh.url)
    assert ssh.fingerprint in str(refused.value)
    assert "account nile: landing zone sftp://127.0.0.1" in str(refused.value)
    assert "OUTBOUND_LANDING_NILE_HOST_KEY" in str(refused.value)


def test_wrong_credentials_are_told_without_showing_them(ssh, unset, told):
    unset("KEY_FILE")
    told("PASSWORD", "hunter2")
    with pytest.raises(Unreachable, match=r"refuses user .*correct OUTBOUND_LANDING_NILE_PASSWORD") as refused:
        looked(ssh.url)
    assert "hunter2" not in str(refused.value)


def test_nothing_to_log_in_with_is_told(ssh, unset):
    unset("KEY_FILE")
    with pytest.raises(Unreachable, match="no password and no key; set OUTBOUND_LANDING_NILE_PASSWORD"):
        looked(ssh.url)
    with pytest.raises(Unreachable, match="no user; put it into the URL"):
        looked("sftp://127.0.0.1/in")


@pytest.mark.parametrize(("name", "value"), [("KEY_FILE", "/nonexistent"), ("KNOWN_HOSTS", "/nonexistent")])
def test_a_file_that_cannot_be_read_is_named(ssh, told, name, value):
    told(name, value)
    with pytest.raises(Unreachable, match="/nonexistent cannot be read: No such file"):
        looked(ssh.url)


def test_a_key_that_is_none_is_told(ssh, told, tmp_path):
    (tmp_path / "key").write_text("no key")
    told("KEY_FILE", tmp_path / "key")
    with pytest.raises(Unreachable, match="the private key cannot be used"):
        looked(ssh.url)


def test_a_host_that_is_not_there_is_told(ssh):
    with pytest.raises(Unreachable, match=r"account nile: .*no connection: .*check host, port"):
        looked("sftp://nile@127.0.0.1:1/in")


def test_a_host_that_says_nothing_keeps_nobody_for_ever(ssh, monkeypatch):
    monkeypatch.setattr("outbound.landing.ssh.CONNECT_SECONDS", 0.5)
    monkeypatch.setattr("outbound.landing.ssh.LOGIN_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match="account nile"):
        looked(f"sftp://nile@127.0.0.1:{silent.getsockname()[1]}/in")


def test_a_folder_that_may_not_be_made_is_told(ssh):
    with pytest.raises(Unreachable, match="no such folder"):
        looked(f"{ssh.url}/none/below")


def test_a_line_that_is_cut_in_the_middle_of_an_answer_leaves_none_and_the_next_try_writes_it(ssh):
    content = random.Random(4).randbytes(6_000_000)
    with open_zone("nile", ssh.url) as zone:
        zone.prepare()
        ssh.cut_after = 3_000_000
        with pytest.raises(Unreachable, match="lost"):
            zone.write("results", "a.csv.1.report.csv", [content])
        assert not (ssh.root / "results" / "a.csv.1.report.csv").exists()

        zone.write("results", "a.csv.1.report.csv", [content])  # over a new connection
    assert (ssh.root / "results" / "a.csv.1.report.csv").read_bytes() == content


def test_an_answer_that_was_cut_off_is_delivered_by_the_next_look_at_what_is_held(ssh, platform):
    from ingest.holds import release_ready

    platform.rows("update account.account set landing = %s where name = 'nile'", ssh.url)
    with open_zone("nile", ssh.url) as zone:
        intake.drop(platform.file("a.csv", ""), zone, "campaign", None)
    (file_id,) = scan()
    ssh.cut_after = 0
    with pytest.raises(Unreachable):
        validate(file_id)
    assert list((ssh.root / "results").glob("*.json")) == []

    release_ready()
    assert [path.name for path in (ssh.root / "results").glob("*.json")] == [f"a.csv.{file_id}.ack.json"]


def test_a_slow_or_broken_host_keeps_only_its_own_account_waiting(ssh, platform, caplog, monkeypatch):
    monkeypatch.setattr("outbound.landing.ssh.CONNECT_SECONDS", 3.0)
    monkeypatch.setattr("outbound.landing.ssh.LOGIN_SECONDS", 3.0)
    for name in ("KEY_FILE", "KNOWN_HOSTS"):
        monkeypatch.setenv(f"OUTBOUND_LANDING_DELTA_{name}", __import__("os").environ[f"OUTBOUND_LANDING_NILE_{name}"])
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"sftp://nile@127.0.0.1:{silent.getsockname()[1]}/in"
        platform.rows("update account.account set landing = %s where name = 'delta'", url)
        platform.rows("update account.account set landing = %s where name = 'nile'", ssh.url)
        with open_zone("nile", ssh.url) as zone:
            intake.drop(platform.file("a.csv", "x"), zone, "campaign", None)
        looking = threading.Thread(target=lambda: taken.extend(scan()))
        looking.start()
        end = time.monotonic() + 60
        while not platform.value("select count(*) from intake.file") and time.monotonic() < end:
            time.sleep(0.05)
        assert looking.is_alive()  # nile's file is claimed while delta's host still says nothing
        looking.join(60)
    assert len(taken) == 1
    (warning,) = (record for record in caplog.records if record.message == "landing zone not read")
    assert warning.fields["account"] == "delta"
    assert "account delta: landing zone sftp://127.0.0.1" in warning.fields["error"]


def test_without_openssh_s_renaming_it_is_done_in_two_steps(ssh, monkeypatch):
    async def unsupported(client, old, new):
        raise asyncssh.SFTPOpUnsupported("not known")

    monkeypatch.setattr(asyncssh.SFTPClient, "posix_rename", unsupported)
    where = parse(ssh.url)
    login = Login(key_file=str(ssh.key_file), known_hosts=str(ssh.known_hosts))
    with SftpZone("nile", where, login) as zone:
        zone.prepare()
        zone.write("results", "a", [b"old"])
        zone.write("results", "a", [b"new"])
    assert (ssh.root / "results" / "a").read_bytes() == b"new"

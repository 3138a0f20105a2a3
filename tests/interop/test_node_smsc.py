"""`outbound` against a carrier of other hands in another language, plain and over TLS, through the operator's commands."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from smpp import codec, text
from smpp.pdu import DeliverSm
from tests.interop import node
from tests.interop.conftest import Certificate

TEXTS = [
    "Hello from NILE, your code is 48151",
    "@£$¥èéùìòÇ Øø ÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ ¤ ¡ÄÖÑÜ§¿äöñüà",
    "5 € for {you} \\ [me] ~ ^ |",
    "a" * 160,
    "عزيزي العميل، رصيدك الحالي ٢٥ جنيهاً 😀",
    "a" * 152 + "€" + "a" * 152,
    "x" * 152 + "{" + "y" * 600,
    "ع" * 66 + "😀" * 40 + "، شكراً",
]
PLAIN, SECURE = "2010", "2011"
REPLIES = [{"text": "STOP €", "data_coding": 0}, {"text": "شكرا 😀", "data_coding": 8}]


def setup(smsc: node.Smsc, certificate: Certificate, zone: Path) -> dict[str, Any]:
    """One account, one network over each of the two ports."""
    carrier = {"host": "127.0.0.1", "system_id": "outbound", "password": "secret", "window": 10}
    return {
        "legal_entity": {"name": "Example Telecom", "country": "EG", "timezone": "Africa/Cairo"},
        "networks": [
            {"prefix": prefix, "operator": f"operator {prefix}", "country": "EG", "zone": "EG"}
            for prefix in (PLAIN, SECURE)
        ],
        "connectors": [
            {**carrier, "name": "plain", "port": smsc.plain, "routes": [PLAIN], "message_id_form": "decimal"},
            {**carrier, "name": "secure", "port": smsc.secure, "routes": [SECURE], "sessions": 2,
             "tls": {"ca_file": str(certificate.cert)}},
        ],
        "accounts": [
            {"name": "delta", "scheme": "postpaid", "currency": "EGP", "default_region": "EG", "landing": str(zone),
             "senders": [{"address": "DELTA", "approved": "2026-01-01"}], "defaults": {"sender": "DELTA", "max_segments": 9},
             "rates": [{"zone": "EG", "from": "2026-01-01", "rate": "0.20"}]}
        ],
    }  # fmt: skip


@pytest.fixture
def outbound(database: str, tmp_path: Path):
    """Runs the installed command in a folder of its own; it has to succeed."""

    def run(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("outbound")), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_texts_arrive_receipts_find_them_and_replies_are_kept(outbound, database, tmp_path, certificate):
    with node.smsc(tmp_path, *certificate, replies=REPLIES) as smsc:
        (tmp_path / "setup.yaml").write_text(yaml.safe_dump(setup(smsc, certificate, tmp_path / "zone")))
        outbound("apply", "setup.yaml")
        due = {f"{prefix}0123{n:04}": whole for prefix in (PLAIN, SECURE) for n, whole in enumerate(TEXTS)}
        base = "".join(f"{number},2026-01-01\n" for number in due)
        (tmp_path / "base.csv").write_text("msisdn,consent_date\n" + base)
        outbound("ingest", "base.csv", "--account", "delta", "--kind", "base")
        with (tmp_path / "campaign.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("msisdn", "text"), *((f"+{number}", whole) for number, whole in due.items())])
        (tmp_path / "campaign.csv.manifest.json").write_text('{"template": "{text}"}')
        ack = json.loads(outbound("ingest", "campaign.csv", "--account", "delta"))
        assert ack["status"] == "accepted"
        outbound("dispatch", "--until-idle")
        submissions = json.loads(outbound("export", "dispatch.submissions", "--format", "json"))

        assert smsc.texts() == {number: [whole] for number, whole in due.items()}
        taken = smsc.events("submit_sm")
        assert {one["server"] for one in taken} == {"plain", "secure"}
        assert all(one["destination"].startswith(PLAIN if one["server"] == "plain" else SECURE) for one in taken)
        assert {(one["source"], one["source_ton"], one["destination_ton"]) for one in taken} == {("DELTA", 5, 1)}
        segments = sum(len(text.segment(whole)) for whole in due.values())
        assert len(taken) == segments
        assert Counter(row["state"] for row in submissions) == {"accepted": segments}
        assert {row["carrier_message_id"].lower() for row in submissions} == {f"{one['id']:x}" for one in taken}
        assert [one["status"] for one in smsc.events("receipt_answered")] == [0] * segments
        assert [one["status"] for one in smsc.events("reply_answered")] == [0] * len(REPLIES)
        assert [one["welcome"] for one in smsc.events("bind_transceiver")] == [True] * 3
        assert len(smsc.events("unbind")) == 3
        assert smsc.events("error") == []

    with psycopg.connect(database) as connection:
        ((final,),) = connection.execute("select final_receipts from dispatch.campaign_progress").fetchall()
        assert final == segments
        states = connection.execute("select distinct state, final from dispatch.receipt").fetchall()
        assert states == [(2, True)]
        replies = connection.execute("select source, destination, raw from dispatch.reply order by reply_id").fetchall()
    assert [(source, destination) for source, destination, _ in replies] == [(taken[0]["destination"], "DELTA")] * 2
    assert [shown(raw) for _, _, raw in replies] == [reply["text"] for reply in REPLIES]


def shown(raw: bytes) -> str:
    pdu = codec.decode(raw)
    assert isinstance(pdu, DeliverSm)
    return text.decode(pdu.short_message, pdu.data_coding)

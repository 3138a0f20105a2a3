"""A client of other hands in another language against our server: the simulated carrier, plain and over TLS."""

import asyncio
import contextlib
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from local.carrier.settings import Receipts, Settings
from local.carrier.simulator import Carrier
from local.carrier.witness import Log, Witness
from smpp import server, status
from tests.interop import node

CAIRO = "201001234567"
LONG = ("Long " * 30 + "€", "and " * 30 + "[end]")
ARABIC = ("عزيزي العميل " * 5, "رصيدك منخفض 😀")
MESSAGES = [
    {"way": "short", "data_coding": 0, "text": "Hello {€} @_£"},
    {"way": "short", "data_coding": 8, "text": "شكرا 😀"},
    {"way": "short", "data_coding": 3, "text": "ÀÃÿ¬×"},
    {"way": "udh", "data_coding": 0, "text": LONG},
    {"way": "udh", "data_coding": 8, "text": ARABIC},
    {"way": "sar", "data_coding": 0, "text": LONG},
    {"way": "payload", "data_coding": 0, "text": "p" * 400},
]


async def node_binds_to_us(witness: Path, tls: ssl.SSLContext | None, **settings: Any) -> dict[str, Any]:
    """What esme.js tells of its session with a carrier that keeps this record."""
    log = Log(witness)
    carrier = Carrier(Settings(receipts=Receipts(delay=0.0)), log)
    listening = await server.serve("127.0.0.1", 0, carrier, system_id="carrier", tls=tls)
    scheme = "ssmpp" if tls else "smpp"
    arguments, environment = node.command("esme.js", url=f"{scheme}://127.0.0.1:{listening.port}", **settings)
    paying = asyncio.create_task(carrier.run())
    process = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 90)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        paying.cancel()
        await listening.close(timeout=1.0)
        log.close()
    assert process.returncode == 0, "see what esme.js says above"
    return json.loads(output)


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_it_binds_submits_in_every_way_takes_receipts_and_unbinds(tmp_path, certificate, secure):
    ours = None
    if secure:
        ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ours.load_cert_chain(certificate.cert, certificate.key)
    messages = [{"destination": CAIRO, **message} for message in MESSAGES]

    told = asyncio.run(node_binds_to_us(tmp_path / "witness.jsonl", ours, ca=str(certificate.cert), messages=messages))

    witness = Witness(tmp_path / "witness.jsonl")
    records = witness.accepted()
    assert told["stranger"] == status.RINVPASWD
    assert told["bound"] == {"status": 0, "system_id": "carrier", "version": 0x34}
    assert witness.texts() == {CAIRO: ["".join(message["text"]) for message in MESSAGES]}
    assert len(records) == 10
    assert [answer["status"] for answer in told["answers"]] == [0] * len(records)
    ids = [f"{record.number:010}" for record in records]
    assert [answer["id"] for answer in told["answers"]] == ids
    assert sorted(said["id"] for said in told["receipts"]) == ids
    assert {(said["esm_class"], said["source"], said["state"]) for said in told["receipts"]} == {(4, CAIRO, 2)}
    assert all(f"id:{said['id']} sub:001 dlvrd:001 " in said["text"] for said in told["receipts"])
    assert (told["alive"], told["refused"], told["unbound"]) == (0, status.RINVCMDID, 0)
    assert len(witness.acknowledged()) == len(records)
    assert witness.doubled() == []

"""The carrier's behaviour over smpp's server: accepts, witnesses, answers, owes receipts and pays them."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

from local.carrier.debts import Debt, Debts
from local.carrier.fate import Fate, course, fate
from local.carrier.settings import Settings
from local.carrier.witness import Accepted, Log
from smpp import codec, receipt, status, udh
from smpp.answers import Answer
from smpp.pace import Pace
from smpp.pdu import Bind, DataSm, Pdu, SubmitSm, Tag
from smpp.receipt import Receipt
from smpp.server import ServerSession
from smpp.session import Ended

TICK = 0.005
STATUS_EVERY = 0.5
RECEIPT_WANTED = 0x03  # bits of registered_delivery (SMPP 3.4 5.2.17)
ONLY_ON_FAILURE = 0x02


class Carrier:
    """The host of all sessions (see smpp.server.Host)."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._log = log
        self._numbers = count(log.accepted + 1)
        self._submissions = 0
        self._of_session: Counter[ServerSession] = Counter()
        self._sessions: dict[str, list[ServerSession]] = defaultdict(list)
        self._debts: dict[str, Debts] = defaultdict(Debts)
        self._paces: dict[str, Pace] = defaultdict(lambda: Pace(settings.rate))
        for record, acknowledged in log.owed:
            self._owe(record, {int(state) for state in acknowledged})

    # the sessions' calls

    def authenticate(self, _: ServerSession, bind: Bind) -> int:
        password = self.settings.accounts.get(bind.system_id.decode("ascii", "replace"))
        if password is None:
            return status.RINVSYSID
        return status.ROK if password.encode() == bind.password else status.RINVPASWD

    def bound(self, session: ServerSession) -> None:
        self._sessions[_client(session)].append(session)
        self.counts["binds"] += 1

    def ended(self, session: ServerSession, _: Ended) -> None:
        if session.who is None:
            return
        client = _client(session)
        if session in self._sessions[client]:
            self._sessions[client].remove(session)
        self._debts[client].put_back(session, None, time.time())
        del self._of_session[session]

    def asked(self, _: ServerSession, _pdu: Pdu) -> Pdu | None:
        """Queries, cancellations and replacements are not served."""
        return None

    def submitted(self, session: ServerSession, run: list[SubmitSm | DataSm]) -> None:
        """Witness first, then the answers: what is answered is on record, whatever is killed."""
        faults = self.settings.faults
        now = time.time()
        allowed = self._paces[_client(session)].allowance(now)
        answers: list[tuple[int, int, bytes]] = []
        records: list[Accepted] = []
        for pdu in run:
            self._submissions += 1
            refusal = self._refusal(pdu, allowed - len(records))
            if refusal:
                answers.append((pdu.sequence, refusal, b""))
                continue
            record = _accepted(pdu, next(self._numbers), _client(session), now)
            records.append(record)
            answers.append((pdu.sequence, status.ROK, _written(record.number, self.settings.id_form)))
        self._paces[_client(session)].spend(len(records), now)
        self._log.accept(records)
        self.counts["accepted"] += len(records)
        self.counts["refused"] += len(answers) - len(records)
        self._of_session[session] += len(run)
        if faults.disconnect_after is not None and self._of_session[session] >= faults.disconnect_after:
            session.close("cut on purpose")
        elif not self._silent():
            self._answer(session, answers)
        for record in records:
            self._owe(record, set())

    def delivered(self, session: ServerSession, run: list[Answer]) -> None:
        debts = self._debts[_client(session)]
        paid: list[Debt] = []
        for answer in run:
            if answer.status:
                debts.put_back(session, [answer.sequence], time.time() + self.settings.resend)
            elif (debt := debts.settle(session, answer.sequence)) is not None:
                paid.append(debt)
        self.counts["receipts_acknowledged"] += len(paid)
        self._log.acknowledge((debt.record.number, debt.state) for debt in paid)

    def undelivered(self, session: ServerSession, sequences: list[int]) -> None:
        self._debts[_client(session)].put_back(session, sequences, time.time())

    # what goes on beside them

    async def run(self) -> None:
        """Pays the receipts that fall due and keeps the status file, until cancelled."""
        written_at = 0.0
        while True:
            now = time.time()
            for client in list(self._debts):
                self._pay(client, now)
            if now - written_at >= STATUS_EVERY:
                self.write_status()
                written_at = now
            await asyncio.sleep(TICK)

    def write_status(self) -> None:
        """The figures as JSON, replaced in one go."""
        path = self.settings.status_file
        if path is None:
            return
        temporary = path.with_name(path.name + ".part")
        temporary.write_text(json.dumps(self.status()) + "\n", encoding="ascii")
        temporary.replace(path)

    def status(self) -> dict[str, int]:
        """accepted counts since the witness began, the others since the start of the process."""
        return {
            "accepted": self._log.accepted,
            "refused": self.counts["refused"],
            "binds": self.counts["binds"],
            "sessions": sum(len(sessions) for sessions in self._sessions.values()),
            "receipts_sent": self.counts["receipts_sent"],
            "receipts_acknowledged": self.counts["receipts_acknowledged"],
            "receipts_owed": sum(len(debts) for debts in self._debts.values()),
        }

    # inside

    def _refusal(self, pdu: SubmitSm | DataSm, allowed: int) -> int:
        every = self.settings.faults.queue_full_every
        if every is not None and self._submissions % every == 0:
            return status.RMSGQFUL
        if allowed <= 0:
            return status.RTHROTTLED
        return status.RINVDSTADR if self._fate(pdu.destination_addr) is Fate.REJECTED else status.ROK

    def _fate(self, destination: bytes) -> Fate:
        return fate(destination, self.settings.seed, self.settings.shares, self.settings.rules)

    def _silent(self) -> bool:
        after = self.settings.faults.silent_after
        return after is not None and self._submissions > after

    def _answer(self, session: ServerSession, answers: list[tuple[int, int, bytes]]) -> None:
        if self.settings.latency:
            asyncio.get_running_loop().call_later(self.settings.latency, session.answer, answers)
        else:
            session.answer(answers)
        garbage_after = self.settings.faults.garbage_after
        if garbage_after is not None and self._of_session[session] >= garbage_after:
            session.write(b"\xff" * 64)

    def _owe(self, record: Accepted, acknowledged: set[int]) -> None:
        """Plans the receipts that this segment's sender asked for."""
        wanted = record.registered_delivery & RECEIPT_WANTED
        if not wanted:
            return
        settings = self.settings
        steps = course(
            self._fate(record.destination.encode("latin-1")),
            receipt_delay=settings.receipt_delay, handset_off=settings.handset_off, expiry=settings.expiry,
        )  # fmt: skip
        for step in steps:
            unwanted = wanted == ONLY_ON_FAILURE and step.state is receipt.State.DELIVERED
            if unwanted or step.state in acknowledged or not (step.state.final or settings.intermediate):
                continue
            self._debts[record.system_id].plan(Debt(record, step.state, step.error), record.at + step.after)

    def _pay(self, client: str, now: float) -> None:
        debts = self._debts[client]
        if self._silent():
            return
        for session in self._sessions[client]:
            if not (session.receives and session.writable):
                continue
            run = debts.take(now, session.room)
            if not run:
                continue
            first = session.take_sequences(len(run))
            octets = b"".join(self._encoded(run, first))
            debts.sent(session, first, run)
            session.deliver(octets, first, len(run))
            self.counts["receipts_sent"] += len(run)

    def _encoded(self, run: list[Debt], first_sequence: int) -> Iterator[bytes]:
        done = datetime.now(UTC).replace(second=0, microsecond=0)
        for sequence, debt in enumerate(run, first_sequence):
            record = debt.record
            said = Receipt(
                message_id=_written(record.number, self.settings.receipt_id_form),
                state=debt.state,
                error_code=debt.error,
                submitted=datetime.fromtimestamp(record.at // 60 * 60, UTC),
                done=done,
                reference=record.reference if self.settings.echo_reference else None,
                source=record.source.encode("latin-1"),
                destination=record.destination.encode("latin-1"),
            )
            yield codec.encode(receipt.build(said, sequence=sequence, addresses=(1, 1, 0, 0)))


def _client(session: ServerSession) -> str:
    if session.who is None:
        raise RuntimeError("a session without a bind neither submits nor receives")
    return session.who.system_id.decode("ascii", "replace")


def _written(number: int, form: str) -> bytes:
    """A message id as this carrier writes it."""
    return b"%08X" % number if form == "hex" else b"%010d" % number


def _accepted(pdu: SubmitSm | DataSm, number: int, client: str, now: float) -> Accepted:
    reference = pdu.tlv(Tag.USER_MESSAGE_REFERENCE)
    return Accepted(
        number=number,
        system_id=client,
        source=pdu.source_addr.decode("latin-1"),
        destination=pdu.destination_addr.decode("latin-1"),
        esm_class=pdu.esm_class,
        data_coding=pdu.data_coding,
        registered_delivery=pdu.registered_delivery,
        reference=int.from_bytes(reference) if reference is not None else None,
        sequence=pdu.sequence,
        at=now,
        body=pdu.body(),
        sar=udh.sar(pdu),
    )

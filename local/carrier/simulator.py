"""The carrier's behaviour over smpp's server: binds, submissions and their answers; the witness is written first."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from functools import partial
from itertools import count
from random import Random

from local.carrier import ids
from local.carrier.delays import Delays
from local.carrier.fate import Fate, fate
from local.carrier.garbage import spoilt
from local.carrier.payments import Payments
from local.carrier.settings import Settings
from local.carrier.witness import Accepted, Log
from smpp import answers, status, udh
from smpp.answers import Answer
from smpp.pace import Pace
from smpp.pdu import Bind, DataSm, Pdu, SubmitSm, Tag
from smpp.server import ServerSession
from smpp.session import Ended

TICK = 0.005
STATUS_EVERY = 0.5

Reply = tuple[int, int, bytes]  # sequence, command_status, message_id


class Carrier:
    """The host of all sessions (see smpp.server.Host)."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._started_at = time.time()
        self._random = Random(settings.seed)  # noqa: S311 - no secret
        self._log = log
        self._numbers = count(log.accepted + 1)
        self._submissions = 0
        self._silent_until = 0.0
        self._of_session: Counter[ServerSession] = Counter()
        self._half_open: set[ServerSession] = set()
        self._sessions: dict[str, list[ServerSession]] = defaultdict(list)
        self._payments = Payments(settings, log, self.counts)
        self._delays = Delays()
        self._paces: dict[str, Pace] = defaultdict(lambda: Pace(settings.rate))

    # the sessions' calls

    def authenticate(self, _: ServerSession, bind: Bind) -> int:
        if time.time() < self._started_at + self.settings.faults.refuse_binds_for:
            return status.RBINDFAIL
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
        self._payments.unanswered(client, session, None, time.time())
        self._half_open.discard(session)
        del self._of_session[session]

    def asked(self, _: ServerSession, _pdu: Pdu) -> Pdu | None:
        """Queries, cancellations and replacements are not served."""
        return None

    def submitted(self, session: ServerSession, run: list[SubmitSm | DataSm]) -> None:
        """Witness first, then the answers: what is answered is on record, whatever is killed."""
        if session in self._half_open:
            return
        client = _client(session)
        replies, records = self._judged(client, run)
        self._log.accept(records)
        self.counts["accepted"] += len(records)
        self.counts["refused"] += len(replies) - len(records)
        before = self._of_session[session]
        self._of_session[session] = before + len(run)
        any_is_early = [self._payments.owe(record) for record in records]
        faults = self.settings.faults
        if _passes(faults.half_open_after, before, len(run)):
            self._half_open.add(session)
            session.pause_writing()  # which reads no more either, and so answers no enquire_link
        elif _passes(faults.disconnect_after, before, len(run)):
            if faults.disconnect_answered:
                session.answer(replies)
            session.close("cut on purpose")
        elif not self._silent():
            if any(any_is_early):
                self._payments.pay(client, self._talking(client), time.time())
            self._answer(session, replies, spoil=_passes(faults.garbage_after, before, len(run)))

    def delivered(self, session: ServerSession, run: list[Answer]) -> None:
        self._payments.answered(_client(session), session, run, time.time())

    def undelivered(self, session: ServerSession, sequences: list[int]) -> None:
        self._payments.unanswered(_client(session), session, sequences, time.time())

    # what goes on beside them

    async def run(self) -> None:
        """Pays what falls due and keeps the status file, until cancelled."""
        written_at = 0.0
        try:
            while True:
                now = time.time()
                if not self._silent():
                    for client in self._payments.clients():
                        self._payments.pay(client, self._talking(client), now)
                if now - written_at >= STATUS_EVERY:
                    self.write_status()
                    written_at = now
                await asyncio.sleep(TICK)
        finally:
            self._delays.close()

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
            "receipts_owed": len(self._payments),
        }

    # inside

    def _judged(self, client: str, run: list[SubmitSm | DataSm]) -> tuple[list[Reply], list[Accepted]]:
        """What is answered to these submissions, and which are accepted."""
        now = time.time()
        pace = self._paces[client]
        allowed = pace.allowance(now)
        replies: list[Reply] = []
        records: list[Accepted] = []
        for pdu in run:
            self._count_submission(now)
            refusal = self._refusal(pdu, allowed - len(records))
            if refusal:
                replies.append((pdu.sequence, refusal, b""))
                continue
            record = _accepted(pdu, next(self._numbers), client, round(time.time(), 6))
            records.append(record)
            replies.append((pdu.sequence, status.ROK, ids.written(record.number, self.settings.id_form)))
        pace.spend(len(records), now)
        return replies, records

    def _count_submission(self, now: float) -> None:
        self._submissions += 1
        faults = self.settings.faults
        if faults.silent_after is not None and self._submissions == faults.silent_after + 1:
            self._silent_until = float("inf") if faults.silent_for is None else now + faults.silent_for

    def _silent(self) -> bool:
        return time.time() < self._silent_until

    def _talking(self, client: str) -> list[ServerSession]:
        return [session for session in self._sessions[client] if session not in self._half_open]

    def _refusal(self, pdu: SubmitSm | DataSm, allowed: int) -> int:
        faults = self.settings.faults
        if faults.queue_full_every is not None and self._submissions % faults.queue_full_every == 0:
            return status.RMSGQFUL
        if allowed <= 0:
            return status.RTHROTTLED
        place = self._random.random() if faults.statuses else 1.0
        for refusal, share in faults.statuses:
            if place < share:
                return refusal
            place -= share
        met = fate(pdu.destination_addr, self.settings.seed, self.settings.shares, self.settings.rules)
        return status.RINVDSTADR if met is Fate.REJECTED else status.ROK

    def _answer(self, session: ServerSession, replies: list[Reply], *, spoil: bool) -> None:
        settings = self.settings
        later = self._delays.later
        if spoil and settings.faults.garbage.of_answers:
            session.answer(replies[:-1])
            session.write(spoilt(answers.submit_answers(replies[-1:]), settings.faults.garbage))
        elif settings.jitter:
            for reply in replies:
                later(settings.latency + settings.jitter * self._random.random(), partial(session.answer, [reply]))
        elif settings.latency:
            later(settings.latency, partial(session.answer, replies))
        else:
            session.answer(replies)


def _passes(threshold: int | None, before: int, more: int) -> bool:
    """Whether a count reaches the threshold with these."""
    return threshold is not None and before < threshold <= before + more


def _client(session: ServerSession) -> str:
    if session.who is None:
        raise RuntimeError("a session without a bind neither submits nor receives")
    return session.who.system_id.decode("ascii", "replace")


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

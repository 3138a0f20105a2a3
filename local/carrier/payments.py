"""What clients are owed for the segments they submitted, and how it is paid: receipts as set up, and replies."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from local.carrier import ids, layouts
from local.carrier.chance import chance
from local.carrier.debts import Debt, Debts
from local.carrier.fate import Step, course, fate
from local.carrier.garbage import Garbage, lying
from local.carrier.settings import Settings
from local.carrier.witness import REPLY, Accepted, Log
from smpp import codec, receipt
from smpp.answers import Answer
from smpp.pdu import DeliverSm
from smpp.receipt import Receipt
from smpp.server import ServerSession
from smpp.text import Segments, segment

RECEIPT_WANTED = 0x03  # bits of registered_delivery (SMPP 3.4 5.2.17)
ONLY_ON_FAILURE = 0x02


class Payments:
    """The debts of all clients. Instants are seconds since 1970; they come in."""

    def __init__(self, settings: Settings, log: Log, counts: Counter[str]) -> None:
        self._settings = settings
        self._log = log
        self._counts = counts
        self._debts: dict[str, Debts] = defaultdict(Debts)
        self._reply: Segments = segment(settings.replies.text)
        self._lied_to: set[ServerSession] = set()  # sessions that got their receipt with a false length
        for record, acknowledged in log.owed():
            self.owe(record, acknowledged)

    def __len__(self) -> int:
        return sum(len(debts) for debts in self._debts.values())

    def clients(self) -> list[str]:
        return list(self._debts)

    def owe(self, record: Accepted, acknowledged: frozenset[int] = frozenset()) -> bool:
        """Plans what this segment's sender is owed, less what it acknowledged; whether anything is due before the
        answer to the submission."""
        debts = self._debts[record.system_id]
        replies, receipts = self._settings.replies, self._settings.receipts
        if REPLY not in acknowledged and self._meets(record, b"reply", replies.share):
            debts.plan(Debt(record, None), record.at + replies.delay)
        if self._meets(record, b"missing", receipts.missing):
            return False
        is_early = self._meets(record, b"early", receipts.early)
        late = receipts.late_by if self._meets(record, b"late", receipts.late) else 0.0
        times = 2 if self._meets(record, b"duplicate", receipts.duplicate) else 1
        steps = self._steps(record, acknowledged)
        for place, step in enumerate(steps):
            at = record.at + (0.0 if is_early and place == 0 else step.after + late)
            for _ in range(times):
                debts.plan(Debt(record, step.state, step.error), at)
        return is_early and bool(steps)

    def pay(self, client: str, sessions: Iterable[ServerSession], now: float) -> None:
        """Sends what is due, as far as the sessions' windows let it."""
        debts = self._debts[client]
        for session in sessions:
            if not (session.receives and session.writable):
                continue
            run = debts.take(now, session.room)
            if not run:
                continue
            first = session.take_sequences(len(run))
            octets = b"".join(self._encoded(session, debt, first + place) for place, debt in enumerate(run))
            debts.sent(session, first, run)
            session.deliver(octets, first, len(run))
            self._counts["receipts_sent"] += sum(1 for debt in run if debt.state is not None)

    def answered(self, client: str, session: ServerSession, run: list[Answer], now: float) -> None:
        """An answer that is no ESME_ROK acknowledges nothing: the debt is due again later."""
        debts = self._debts[client]
        paid: list[Debt] = []
        for answer in run:
            if answer.status:
                debts.put_back(session, [answer.sequence], now + self._settings.receipts.resend)
            elif (debt := debts.settle(session, answer.sequence)) is not None:
                paid.append(debt)
        self._counts["receipts_acknowledged"] += sum(1 for debt in paid if debt.state is not None)
        self._log.acknowledge((debt.record.number, REPLY if debt.state is None else debt.state) for debt in paid)

    def unanswered(self, client: str, session: ServerSession, sequences: list[int] | None, now: float) -> None:
        """These deliver_sm, or all of a session that ended (None), are due again now."""
        self._debts[client].put_back(session, sequences, now)
        if sequences is None:
            self._lied_to.discard(session)

    # inside

    def _meets(self, record: Accepted, purpose: bytes, share: float) -> bool:
        """Whether this segment is one of the share; the same after a restart."""
        return share > 0 and chance(self._settings.seed, b"%d" % record.number, purpose) < share

    def _steps(self, record: Accepted, acknowledged: frozenset[int]) -> list[Step]:
        """The receipts that its sender asked for and has not acknowledged; none once it has a final one."""
        wanted = record.registered_delivery & RECEIPT_WANTED
        if not wanted or any(receipt.State(state).final for state in acknowledged - {REPLY}):
            return []
        settings, receipts = self._settings, self._settings.receipts
        met = fate(record.destination.encode("latin-1"), settings.seed, settings.shares, settings.rules)
        return [
            step
            for step in course(
                met, receipt_delay=receipts.delay, handset_off=receipts.handset_off, expiry=receipts.expiry
            )
            if not (wanted == ONLY_ON_FAILURE and step.state is receipt.State.DELIVERED)
            and step.state not in acknowledged
            and (step.state.final or receipts.intermediate)
        ]

    def _encoded(self, session: ServerSession, debt: Debt, sequence: int) -> bytes:
        if debt.state is None:
            return codec.encode(self._reply_pdu(debt.record, sequence))
        pdu = self._receipt_pdu(debt.record, debt.state, debt.error, sequence)
        faults = self._settings.faults
        if faults.garbage_after is not None and faults.garbage is Garbage.SM_LENGTH and session not in self._lied_to:
            self._lied_to.add(session)
            return lying(pdu)
        return codec.encode(pdu)

    def _receipt_pdu(self, record: Accepted, state: receipt.State, error: str, sequence: int) -> DeliverSm:
        settings = self._settings.receipts
        said = Receipt(
            message_id=ids.written(record.number, settings.id_form),
            state=state,
            error_code=error,
            submitted=datetime.fromtimestamp(record.at // 60 * 60, UTC),
            done=datetime.now(UTC).replace(second=0, microsecond=0),
            reference=record.reference if settings.echo_reference else None,
            source=record.source.encode("latin-1"),
            destination=record.destination.encode("latin-1"),
        )
        return layouts.deliver_sm(said, settings.layout, number=record.number, sequence=sequence)

    def _reply_pdu(self, record: Accepted, sequence: int) -> DeliverSm:
        """What the subscriber writes back to the sender of the segment (SMPP 3.4 4.6), its first segment."""
        return DeliverSm(
            sequence=sequence,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr=record.destination.encode("latin-1"),
            destination_addr=record.source.encode("latin-1"),
            data_coding=self._reply.encoding.data_coding,
            short_message=self._reply.parts[0],
        )

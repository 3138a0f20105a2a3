"""What happens in a round, drawn from a seed: who is written to, what the carriers do wrong, and what is killed when.

Pure: the same seed is the same story.
"""

from dataclasses import dataclass
from enum import Enum
from random import Random

FIRST_NUMBER = 201001000000
SENDERS = ("NILEA", "NILEB")  # one a campaign, so that the carrier's record tells campaigns apart
GSM = "Dear customer, your balance is low. "
ARABIC = "عزيزي العميل، رصيدك منخفض "


class Mode(Enum):
    """What is known of the carriers' receipts, and so what may stay open.

    COMPLETE: every accepted segment gets one, and silence proves that a segment was not accepted: nothing stays unknown.
    NEVER_TWICE: every accepted segment gets one; what the carrier never took becomes unknown at its time limit.
    MISSING: a share never comes; its segments become unknown too, and a statement proves them.
    """

    COMPLETE = "complete"
    NEVER_TWICE = "never_twice"
    MISSING = "missing"


class Blow(Enum):
    """What strikes the platform from outside."""

    KILL_WORKER = "worker"
    KILL_ALL_WORKERS = "all workers"  # and some opt out before one is back: nothing more may be sent to these
    KILL_CARRIER = "carrier"
    KILL_POSTGRES = "postgres"
    CUT_CONNECTIONS = "connections"
    FREEZE_WORKER = "frozen worker"  # SIGSTOP: its carriers and the database wait for it, and it wakes in another time
    HOLD_TRANSACTION = "open transaction"  # of somebody else, which holds back all that goes by what has ended
    OPT_OUT = "opt-out"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A blow once the carriers have accepted this part of what is to be sent. seconds: until what was killed is back."""

    at: float
    blow: Blow
    which: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """sender: of this campaign alone. texts: by recipient, strangers and opted-out ones too."""

    sender: str
    texts: dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierStory:
    """One carrier. habits: its options always; faults: those until the calm at the end. connector: as it is set up."""

    name: str
    prefix: str
    habits: tuple[str, ...]
    faults: tuple[str, ...]
    connector: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """served: by worker, the carriers that it binds to; empty = all."""

    seed: str
    mode: Mode
    workers: int
    served: tuple[tuple[str, ...], ...]
    members: tuple[int, ...]
    opted_out: frozenset[int]
    campaigns: tuple[Campaign, ...]
    carriers: tuple[CarrierStory, ...]
    strikes: tuple[Strike, ...]
    build: bool

    @property
    def allowed(self) -> frozenset[int]:
        """Whom it is right to write to when the campaigns are taken in."""
        return frozenset(self.members) - self.opted_out

    @property
    def echoes_references(self) -> bool:
        return all("--no-reference" not in carrier.habits for carrier in self.carriers)

    def expected(self) -> dict[tuple[str, int], str]:
        """(sender, recipient) -> text of every message that intake has to accept."""
        return {
            (campaign.sender, number): text
            for campaign in self.campaigns
            for number, text in campaign.texts.items()
            if number in self.allowed
        }


def draw(
    seed: str, *, mode: Mode | None = None, build: bool | None = None, size: tuple[int, int] = (150, 500)
) -> Story:
    """The round of this seed; mode and build where they are not left to it. size: how many members, from and below."""
    chance = Random(seed)
    drawn_mode = chance.choice(list(Mode))
    drawn_build = chance.random() < 0.15
    mode = drawn_mode if mode is None else mode
    members = tuple(prefixed(n, chance) for n in range(chance.randrange(*size)))
    opted_out = frozenset(chance.sample(members, len(members) // 20))
    strangers = [FIRST_NUMBER + 900_000 + n for n in range(len(members) // 20)]
    campaigns = tuple(
        Campaign(sender=sender, texts=texts(sender, [*members, *strangers], chance))
        for sender in SENDERS[: chance.randint(1, 2)]
    )
    workers = chance.randint(1, 3)
    carriers = tuple(carrier(n, mode, chance) for n in range(chance.randint(1, 2)))
    strikes = sorted((strike(workers, chance) for _ in range(chance.randint(2, 5))), key=lambda strike: strike.at)
    apart = len(carriers) > 1 and workers > 1 and chance.random() < 0.4
    served = tuple((carriers[n % len(carriers)].name,) if apart else () for n in range(workers))
    return Story(
        seed=seed, mode=mode, workers=workers, served=served, members=members, opted_out=opted_out, campaigns=campaigns,
        carriers=carriers, strikes=tuple(strikes), build=drawn_build if build is None else build,
    )  # fmt: skip


def prefixed(n: int, chance: Random) -> int:
    """The n-th member's number, of one of two networks."""
    return (FIRST_NUMBER if chance.random() < 0.5 else FIRST_NUMBER + 10**8) + n


def texts(sender: str, numbers: list[int], chance: Random) -> dict[int, str]:
    """Everybody's own text of one to three segments, without a character that costs two."""
    made = {}
    for number in numbers:
        alphabet = ARABIC if chance.random() < 0.25 else GSM
        made[number] = f"{sender} {number} {alphabet * chance.choice((1, 1, 1, 2, 5, 8))}".strip()
    chance.shuffle(numbers)
    return {number: made[number] for number in numbers}


def parts_of(text: str) -> int:
    """How many segments the text makes (GSM 03.38, SMPP 3.4 5.2.12): 160 septets or 153 a part, 70 units or 67 a part."""
    alone, part = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= alone else -(-len(text) // part)


def strike(workers: int, chance: Random) -> Strike:
    weights = {
        Blow.KILL_WORKER: 4, Blow.KILL_ALL_WORKERS: 1, Blow.KILL_CARRIER: 3, Blow.KILL_POSTGRES: 2,
        Blow.CUT_CONNECTIONS: 2, Blow.FREEZE_WORKER: 2, Blow.HOLD_TRANSACTION: 1, Blow.OPT_OUT: 1.5, Blow.CANCEL: 0.3,
    }  # fmt: skip
    (blow,) = chance.choices(list(weights), list(weights.values()))
    return Strike(
        at=chance.uniform(0.02, 0.9), blow=blow, which=chance.randrange(workers * 10), seconds=chance.uniform(0, 0.6)
    )


def carrier(n: int, mode: Mode, chance: Random) -> CarrierStory:
    """Its habits stay for the whole round. Where silence is proof it is never silent without breaking off."""
    habits = [
        *("--seed", str(chance.randrange(1000))),
        *("--receipt-delay", f"{chance.choice((0, 0.05, 0.3))}", "--resend", "1"),
        *("--latency", f"{chance.choice((0, 0.01, 0.05))}"),
        *("--handset-off", "0.5", "--expiry", "0.3"),
        *("--share", "undeliverable=5", "--share", "expired=3", "--share", "handset_off=5"),
        *("--receipt-layout", chance.choice(("standard", "mixed", "mixed", "sparse", "payload"))),
    ]
    connector: dict[str, object] = {"message_id_form": "auto"}
    answered, received, form = chance.choice(
        (("decimal", "decimal", "auto"), ("plain", "decimal", "auto"), ("uuid", "uuid", "as_is"),
         ("hex", "decimal", "decimal"), ("decimal", "hex", "hex"))
    )  # fmt: skip
    habits += ["--id-form", answered, "--receipt-id-form", received]
    connector["message_id_form"] = form
    for option, values in (
        ("--duplicate-receipts", (0, 0, 20)), ("--early-receipts", (0, 0, 30)), ("--late-receipts", (0, 0, 10)),
        ("--replies", (0, 0, 5)), ("--jitter", (0, 0, 0.1)),
    ):  # fmt: skip
        if value := chance.choice(values):
            habits += [option, str(value)]
    habits += ["--late-by", "1"]
    if chance.random() < 0.3:
        habits += ["--share", "rejected=3"]
    if mode is Mode.MISSING:
        habits += ["--missing-receipts", "5"]
    if chance.random() < 0.15 and mode is not Mode.MISSING:
        habits += ["--no-reference"]
        connector["echoes_reference"] = False
    connector["sessions"] = chance.randint(1, 2)
    connector["window"] = chance.choice((5, 10, 20, 40))
    connector["rate"] = chance.choice((None, 150, 400))
    options: dict[str, object] = {"response_timeout": 2, "enquire_link": 1, "unmatched_after": 1}
    connector["options"] = options
    if mode is Mode.COMPLETE:
        connector |= {"receipts_complete": True, "in_doubt_after": 11}
    return CarrierStory(
        name=f"carrier{n}", prefix=("20", "2011")[n], habits=tuple(habits), faults=faults(mode, chance),
        connector=connector,
    )  # fmt: skip


def faults(mode: Mode, chance: Random) -> tuple[str, ...]:
    after = str(chance.randrange(20, 120))
    choices: list[tuple[str, ...]] = [
        (),
        ("--queue-full-every", str(chance.randint(3, 20))),
        ("--status", "0x08=10"),
        ("--status", "0x14=5", "--status", "0x58=5"),
        ("--status", "0x45=3"),
        ("--rate", "100"),
        ("--disconnect-after", after),
        ("--disconnect-after", after, "--disconnect-when", "after"),
        ("--garbage-after", after),
        ("--garbage-after", after, "--garbage", "long"),
        ("--garbage-after", after, "--garbage", "sm_length"),
        ("--refuse-binds-for", "1"),
    ]
    if mode is not Mode.COMPLETE:
        choices += [
            ("--silent-after", after),
            ("--silent-after", after, "--silent-for", "3"),
            ("--half-open-after", after),
            ("--garbage-after", after, "--garbage", "short"),
        ]
    chosen = chance.sample(choices, chance.randint(1, 2))
    seen: set[str] = set()
    options: list[str] = []
    for fault in chosen:
        if fault and fault[0] not in seen:
            seen.add(fault[0])
            options += fault
    return tuple(options)

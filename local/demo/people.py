"""Subscribers who do not exist: the demo's bases, those who opted out, and the ways in which people write numbers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

# networks of setup.yaml: E.164 digits before the subscriber's own, and how many digits follow
EGYPT = (("2010", 8), ("2011", 8), ("2012", 8), ("2015", 8))
SAUDI_ARABIA = (("96650", 7), ("96654", 7), ("96655", 7), ("96659", 7))
EMIRATES = (("97150", 7), ("97152", 7), ("97155", 7))
KUWAIT = (("96555", 6),)  # known to the set-up and not covered

ENGLISH_NAMES = ("Mona", "Karim", "Salma", "Youssef", "Nadia", "Omar", "Laila", "Hassan", "Dina", "Tarek")
ARABIC_NAMES = ("منى", "كريم", "سلمى", "يوسف", "نادية", "عمر", "ليلى", "حسن", "دينا", "طارق")

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Base:
    """Whom an account may message: E.164 numbers without +, in the order of its file; and who of them opted out."""

    account: str
    members: tuple[int, ...]
    opted_out: frozenset[int]
    strangers: tuple[int, ...]  # real networks, but nobody's customers

    @property
    def willing(self) -> list[int]:
        return [member for member in self.members if member not in self.opted_out]


def bases() -> dict[str, Base]:
    """The three accounts' bases; no number is in two of them."""
    rng = random.Random("people")  # noqa: S311 - made-up people, the same ones in every run
    numbers = _numbers(rng)

    def take(networks: tuple[tuple[str, int], ...], count: int) -> list[int]:
        return [next(numbers[networks]) for _ in range(count)]

    def base(account: str, egypt: int, saudi: int, emirates: int, opted_out: int, strangers: int) -> Base:
        members = take(EGYPT, egypt) + take(SAUDI_ARABIA, saudi) + take(EMIRATES, emirates)
        rng.shuffle(members)
        return Base(account, tuple(members), frozenset(rng.sample(members, opted_out)), tuple(take(EGYPT, strangers)))

    return {
        "nile": base("nile", 9_400, 0, 0, 160, 260),
        "delta": base("delta", 6_200, 400, 200, 90, 160),
        "sahara": base("sahara", 7_000, 1_500, 900, 130, 300),
    }


def uncovered(count: int) -> list[int]:
    """Valid mobile numbers of a country that no carrier of the demo reaches."""
    numbers = _numbers(random.Random("uncovered"))  # noqa: S311
    return [next(numbers[KUWAIT]) for _ in range(count)]


def _numbers(rng: random.Random) -> dict[tuple[tuple[str, int], ...], Iterator[int]]:
    seen: set[int] = set()

    def numbers(networks: tuple[tuple[str, int], ...]) -> Iterator[int]:
        while True:
            prefix, digits = rng.choice(networks)
            number = int(f"{prefix}{rng.randrange(10**digits):0{digits}d}")
            if number not in seen:
                seen.add(number)
                yield number

    return {networks: numbers(networks) for networks in (EGYPT, SAUDI_ARABIA, EMIRATES, KUWAIT)}


def written(msisdn: int, rng: random.Random) -> str:
    """A number as somebody may have typed it, mostly plainly; every form means the same subscriber."""
    digits = str(msisdn)
    if not digits.startswith("20"):
        return rng.choice((f"+{digits}", f"00{digits}", f"+{digits[:3]} {digits[3:5]} {digits[5:]}"))
    if rng.random() < 0.8:
        return digits
    local = "0" + digits[2:]
    return rng.choice(
        (
            f"+{digits}",
            local,
            f"{local[:3]} {local[3:7]} {local[7:]}",
            f"({local[:3]}) {local[3:7]}-{local[7:]}",
            local.translate(ARABIC_DIGITS),
            f"{digits}.0",
            f"'{local}",
            f'="{local}"',
            f"\u202a+{digits}\u202c",
        )
    )


def unusable(rng: random.Random) -> str:
    """What also stands in columns of numbers, and is none of a mobile subscriber."""
    return rng.choice(
        (
            f"010{rng.randrange(10**5):05d}",  # too short
            f"02 {rng.randrange(2 * 10**7, 4 * 10**7)}",  # a fixed line in Cairo
            "n/a",
            "call the office",
            f"010{rng.randrange(10**8):08d} / 011{rng.randrange(10**8):08d}",
            f"2.010{rng.randrange(100):02d}E+11",  # what a spreadsheet makes of a number
        )
    )

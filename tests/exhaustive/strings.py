"""Written numbers in every state that customers' files bring them in, and at every edge of a plan's intervals."""

import random
from collections.abc import Iterator, Sequence
from functools import partial

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

from recipients.numbering.plan import Space, country_of
from recipients.numbering.steps import Steps

SCRIPTS = "٠۰０"
INVISIBLE = "\u200b\u200e\u200f\u202a\u202c\u2066\u00a0\u061c\u2060\ufeff\u202f"
STRANGE = [
    "\t",
    "/",
    "[",
    "x",
    "é",
    "٫",
    "\uff0b",
    "\u2010",
    "𝟙",
    "e",
    "E",
    ",",
    ";ext=1",
    "\n",
    "#",
    "a",
    "²",
    "\u0000",
]
KINDS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE)


def messy(rng: random.Random, region: str, abroad: Sequence[str]) -> str:
    """A written number as it may stand in a file of a customer of a region who has subscribers of others too."""
    of = region if rng.random() < 0.7 else rng.choice(abroad)
    kinds = (partial(_dialled, region=region, of=of), partial(_any_digits, code=country_of(of)), _scraps, _scientific)
    written = rng.choices(kinds, (4, 1, 1, 1))[0](rng)
    for dirt, chance in (
        (_punctuated, 0.3),
        (_in_scripts, 0.2),
        (_with_invisible, 0.2),
        (_strange, 0.1),
        (_wrapped, 0.3),
    ):
        if rng.random() < chance:
            written = dirt(rng, written)
    return written


def edges(steps: Steps, *spaces: Space) -> Iterator[str]:
    """Digits one below, at and one above every start of a plan in these spaces, with a plus and without."""
    for start in steps.starts.tolist():
        space = max(space for space in Space if space <= start)
        if space in spaces and start > space:
            for key in (start - 1 - space, start - space, start + 1 - space):
                digits = str(key) if space is Space.VERDICT else str(key)[1:]
                yield "+" + digits
                yield digits


def _dialled(rng: random.Random, region: str, of: str) -> str:
    """A number that exists, or nearly does, as it is dialled in the region or from anywhere."""
    example = phonenumbers.example_number_for_type(of, rng.choice(KINDS)) or phonenumbers.example_number(of)
    national = phonenumbers.national_significant_number(example)
    kept = rng.randint(0, len(national))
    national = national[:kept] + _digits(rng, len(national) - kept)
    if rng.random() < 0.2:
        national = national[: -rng.randint(1, 3)] if rng.random() < 0.5 else national + _digits(rng, rng.randint(1, 4))
    facts = PhoneMetadata.metadata_for_region(region, None)
    abroad = rng.choice(
        ("+", "+", "++", "00", "011", "", facts.preferred_international_prefix or facts.international_prefix or "")
    )
    trunk = rng.choice(("", facts.national_prefix or "0", "0", "1"))
    return rng.choice(
        (
            trunk + national,
            f"{abroad}{example.country_code}{national}",
            f"{abroad}{example.country_code}{trunk}{national}",
        )
    )


def _any_digits(rng: random.Random, code: int) -> str:
    return rng.choice(("", f"+{code}", f"00{code}", "+0", "+999", "00", "0", "011")) + _digits(rng, rng.randint(0, 22))


def _scraps(rng: random.Random) -> str:
    scraps = ("+", "00", "0", "1", " ", "-", "(", ")", ".", ".0", "'", '="', '"', "E", "e+", ",", "=", *STRANGE)
    return "".join(rng.choice((rng.choice(scraps), _digits(rng, rng.randint(1, 6)))) for _ in range(rng.randint(0, 9)))


def _scientific(rng: random.Random) -> str:
    mantissa = _digits(rng, rng.randint(0, 3)) + rng.choice(("", ".", ",", "..")) + _digits(rng, rng.randint(0, 6))
    power = rng.choice(("", "+", "-", "+-")) + _digits(rng, rng.randint(0, 2))
    return rng.choice(("", "", "+", "-", "++")) + mantissa + rng.choice("eE") + power


def _punctuated(rng: random.Random, written: str) -> str:
    signs = list(written)
    for _ in range(rng.randint(1, 5)):
        signs.insert(rng.randint(0, len(signs)), rng.choice(" -().+" if rng.random() < 0.2 else " -()."))
    if rng.random() < 0.03:
        signs.insert(rng.randint(0, len(signs)), rng.choice(" .-") * rng.randint(200, 260))
    return "".join(signs)


def _in_scripts(rng: random.Random, written: str) -> str:
    zero = ord(rng.choice(SCRIPTS))
    return "".join(chr(zero + int(sign)) if sign in "0123456789" and rng.random() < 0.9 else sign for sign in written)


def _with_invisible(rng: random.Random, written: str) -> str:
    for _ in range(rng.randint(1, 3)):
        at = rng.choice((0, len(written), rng.randint(0, len(written))))
        written = written[:at] + rng.choice(INVISIBLE) + written[at:]
    return written


def _strange(rng: random.Random, written: str) -> str:
    at = rng.randint(0, len(written))
    return written[:at] + rng.choice(STRANGE) + written[at:]


def _wrapped(rng: random.Random, written: str) -> str:
    before, after = rng.choice(
        (
            ("'", ""),
            ('="', '"'),
            ("=\"'", '"'),
            (" ", " "),
            ("", ".0"),
            ("", ".00"),
            ("", " .0"),
            ('="', ""),
            ("''", ""),
        )
    )
    return before + written + after


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))

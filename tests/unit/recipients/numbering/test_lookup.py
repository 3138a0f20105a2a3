"""Other countries' rules are laid over a region's plan when they are worth it; the verdicts are the same before."""

import numpy as np
import pytest

from outbound.settings import settings
from recipients.numbering.lookup import Lookup
from recipients.numbering.plan import Space, countries
from recipients.numbering.steps import ASK
from recipients.reason import Reason, code

SAUDI = 966501234567
UNPARSABLE = code(Reason.NUMBER_UNPARSABLE)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOME", str(tmp_path))


def keys(space: Space, *digits: str):
    return np.array([space + int("1" + number) for number in digits])


def compiled() -> list[str]:
    return sorted(file.stem for file in (settings().home / "number_plan").iterdir())


def test_few_numbers_of_another_country_are_asked_for_and_many_have_it_compiled():
    lookup = Lookup("EG", worth=3)
    number = keys(Space.PLUS, str(SAUDI))

    assert [lookup.find(number)[0].tolist() for _ in range(2)] == [[ASK]] * 2
    assert compiled() == ["region-EG"]
    assert [array.tolist() for array in lookup.find(number)] == [[0], [SAUDI]]
    assert compiled() == ["country-966", "region-EG"]


def test_every_way_to_dial_a_number_leads_to_it():
    lookup = Lookup("EG", worth=0)
    dialled = keys(Space.LOCAL, "01001234567", "201001234567", "00201001234567", "00966501234567", "0099950123456")
    with_plus = keys(Space.PLUS, "201001234567", "2001001234567", "00966501234567", "999501234567")

    assert lookup.find(dialled)[1].tolist() == [201001234567] * 3 + [SAUDI, 0]
    assert lookup.find(with_plus)[1].tolist() == [201001234567] * 2 + [SAUDI, 0]
    assert lookup.find(with_plus)[0].tolist() == [0, 0, 0, UNPARSABLE]


def test_the_country_of_a_key_has_one_two_or_three_digits():
    assert countries(keys(Space.PLUS, "201001234567", "966501", "12025550123", "2010012345")).tolist() == [
        20,
        966,
        1,
        20,
    ]


def test_a_carrier_code_of_many_is_left_to_be_asked():
    codes, _ = Lookup("CN", worth=0).find(keys(Space.LOCAL, "1790013812345678", "13812345678"))

    assert codes.tolist() == [ASK, 0]

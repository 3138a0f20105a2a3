"""A sample of what `make exhaustive` does: INTAKE, Numbers."""

import random

import pytest

from recipients.numbering.lookup import country_plan, region_plan
from recipients.numbering.plan import Space, country_of
from tests.exhaustive.compare import compare
from tests.exhaustive.strings import edges, messy

ABROAD = ("SA", "FR", "IT", "CA", "SM")


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTBOUND_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.mark.parametrize("region", ["EG", "US", "GG", "IT", "JP", "MX"])
def test_messy_strings_have_the_verdict_of_the_definition(region):
    seed = random.randrange(1 << 40)
    rng = random.Random(seed)
    report = compare(region, [messy(rng, region, ABROAD) for _ in range(1_500)], worth=20)

    assert not report.differences, seed
    assert set(report.verdicts) == {0, 4, 5, 6, 7}, "the strings reach every verdict"


@pytest.mark.parametrize("region", ["EG", "SM"])
def test_the_neighbours_of_each_edge_have_the_verdict_of_the_definition(region):
    dialled = list(edges(region_plan(region), Space.LOCAL, Space.RETRY))
    at_home = compare(region, dialled[:: 3 if region == "SM" else 1], worth=1_000)
    abroad = compare("JP", edges(country_plan(country_of(region)), Space.PLUS, Space.VERDICT))

    assert at_home.differences == abroad.differences == []
    assert at_home.strings > 1_000
    assert abroad.strings > 500

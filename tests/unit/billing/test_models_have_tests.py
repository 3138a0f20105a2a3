"""Every model that money is made of has a unit test of dbt's."""

import re

from outbound.settings import ROOT

MODELS = {path.stem: path for path in (ROOT / "dbt" / "models").rglob("*.sql")}
MARTS = {name for name, path in MODELS.items() if path.parent.name in ("finance", "margin")}
REFERENCE = re.compile(r"ref\('(\w+)'\)")
# from which day on a build makes an account's figures anew: of no bearing on what they come to
RENEWAL = {"int_stale"}


def upstream(names: set[str]) -> set[str]:
    """Those models and all that they are made of, but staging, which only names columns."""
    found: set[str] = set()
    while names := {name for name in names if MODELS[name].parent.name != "staging"} - found - RENEWAL:
        found |= names
        names = {used for name in names for used in REFERENCE.findall(MODELS[name].read_text())}
    return found


def unit_tested() -> set[str]:
    texts = [path.read_text().partition("\nunit_tests:")[2] for path in (ROOT / "dbt" / "models").rglob("_*.yml")]
    return {name for text in texts for name in re.findall(r"^    model: (\w+)$", text, re.MULTILINE)}


def test_every_money_model_has_a_unit_test():
    assert {"int_prepaid_fold", "int_carrier_costs", "ledger_entries"} < upstream(MARTS)
    assert sorted(upstream(MARTS) - unit_tested()) == []

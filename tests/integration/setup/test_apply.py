"""`outbound apply` makes the database say what the file says: all or nothing, once, and audited."""

import os
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from ingest.gate import THRESHOLDS
from ingest.options import Options, Policy, policy
from outbound.setup.apply import apply
from outbound.setup.cli import EXAMPLE
from outbound.setup.model import Defaults, Gate
from outbound.setup.reading import WrongSetup

NILE = {
    "name": "nile", "scheme": "prepaid", "currency": "EGP", "vat_rate": "0.14",
    "senders": [{"address": "NILE", "approved": "2026-01-01"}],
    "rates": [{"zone": "EG", "from": "2026-01-01", "rate": "0.10"}],
}  # fmt: skip
DELTA = {"name": "delta", "scheme": "postpaid", "currency": "EGP"}
MAIN = {"name": "main", "host": "127.0.0.1", "system_id": "x", "password": "topsecret", "routes": ["20"]}
SETUP: dict[str, Any] = {
    "legal_entity": {"name": "Example", "country": "EG", "timezone": "Africa/Cairo", "tax_id": "100"},
    "networks": [{"prefix": "2010", "operator": "V", "country": "EG", "zone": "EG"}],
    "connectors": [MAIN],
    "accounts": [NILE, DELTA],
}


class Operator:
    """Applies files and looks at what the database says."""

    def __init__(self, folder: Path, database: str) -> None:
        self._file = folder / "setup.yaml"
        self._database = database

    def applies(self, setup: dict[str, Any], **options: Any) -> list[str]:
        """What changed, as "added nile sender NILE 2026-01-01"."""
        self._file.write_text(yaml.safe_dump(setup))
        return [
            " ".join([change.verb, account or "-", change.kind.name, *map(str, change.key)])
            for account, change in apply(self._file, **options)
        ]

    def sees(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self._database) as connection:
            return [row[0] if len(row) == 1 else row for row in connection.execute(query, values)]

    def does(self, statement: str, *values: Any) -> None:
        with psycopg.connect(self._database) as connection:
            connection.execute(statement, values)


@pytest.fixture
def operator(tmp_path: Path, database: str) -> Operator:
    return Operator(tmp_path, database)


def test_a_set_up_is_applied_once_and_says_so(operator: Operator) -> None:
    assert operator.applies(SETUP) == [
        "added - legal entity Example",
        "added - network 2010 V EG",
        "added - connector main",
        "added nile account nile",
        "added nile term 1900-01-01",
        "added nile sender NILE 2026-01-01",
        "added nile rate EG 2026-01-01 1",
        "added delta account delta",
        "added delta term 1900-01-01",
    ]
    assert operator.applies(SETUP) == []


def test_the_example_applies_as_it_is(database: str) -> None:
    assert apply(EXAMPLE)
    assert apply(EXAMPLE) == []


def test_the_landing_zones_are_made(operator: Operator) -> None:
    operator.applies(SETUP)
    zone = Path(os.environ["OUTBOUND_HOME"]) / "zones" / "nile"
    assert sorted(path.name for path in zone.iterdir()) == ["bases", "campaigns", "optouts", "results"]


def test_a_dry_run_says_the_same_and_changes_nothing(operator: Operator) -> None:
    assert operator.applies(SETUP, dry_run=True) == operator.applies(SETUP, dry_run=True)
    assert operator.sees("select count(*) from account.account") == [0]
    assert operator.sees("select count(*) from account.audit") == [0]
    assert not (Path(os.environ["OUTBOUND_HOME"]) / "zones").exists()


def test_an_edit_changes_what_was_edited(operator: Operator) -> None:
    operator.applies(SETUP)
    nile = NILE | {
        "vat_rate": "0.15",
        "senders": [{"address": "2020", "approved": "2026-01-01"}],
        "rates": [{"zone": "EG", "from": "2026-01-01", "rate": "0.1"}],
        "sla": [{"metric": "S3", "target": "0.9"}],
        "users": [{"email": "n@nile.example", "name": "N"}],
    }
    assert operator.applies(SETUP | {"networks": [], "accounts": [nile]}) == [
        "removed - network 2010 V EG",
        "changed nile term 1900-01-01",
        "added nile sender 2020 2026-01-01",
        "removed nile sender NILE 2026-01-01",
        "added nile SLA target S3 1900-01-01",
        "added nile user n@nile.example",
    ]
    assert operator.sees("select kind from account.sender") == ["short_code"]
    assert operator.sees("select name from account.account order by 1") == ["delta", "nile"]


def test_what_documents_say_is_applied_once_and_removed_again(operator: Operator) -> None:
    operator.applies(SETUP)
    seller = {"name_ar": "المثال", "address": {"city": "Cairo"}, "activity_code": "6110"}
    entity = SETUP["legal_entity"] | {"documents": seller, "chart_of_accounts": {"1200": "121000"}}
    nile = NILE | {"documents": {"language": "ar", "tax_id": "200-300-400", "item_codes": {"EG": "EG-1"}}}
    changed = ["changed - legal entity Example", "changed nile account nile"]
    assert operator.applies(SETUP | {"legal_entity": entity, "accounts": [nile, DELTA]}) == changed
    assert operator.applies(SETUP | {"legal_entity": entity, "accounts": [nile, DELTA]}) == []
    assert operator.sees("select documents from account.account order by name") == [{}, nile["documents"]]
    assert operator.sees("select documents || chart_of_accounts from account.legal_entity") == [
        seller | {"1200": "121000"}
    ]
    assert operator.applies(SETUP) == changed


def test_lists_that_are_left_out_stay_as_they_are(operator: Operator) -> None:
    operator.applies(SETUP)
    bare = {key: NILE[key] for key in ("name", "scheme", "currency", "vat_rate")}
    assert operator.applies({"legal_entity": SETUP["legal_entity"], "accounts": [bare]}) == []


def test_whom_the_account_itself_looks_after_is_none_of_the_file_s_business(operator: Operator) -> None:
    """Invited in the portal, or given another role there."""
    people = [{"email": f"{name}@nile.example", "name": name} for name in ("aya", "nadia")]
    with_users = SETUP | {"accounts": [NILE | {"users": people}, DELTA]}
    operator.applies(with_users)
    operator.does(
        "insert into account.person (account_id, email, name, role, managed_by)"
        " select account_id, 'salma@nile.example', 'S', 'customer', 'aya@nile.example' from account.account where name = 'nile'"
    )
    operator.does(
        "update account.person set role = 'customer_approver', managed_by = 'aya@nile.example'"
        " where email = 'nadia@nile.example'"
    )
    assert operator.applies(with_users) == []
    assert operator.applies(SETUP | {"accounts": [NILE | {"users": people[1:]}, DELTA]}) == [
        "removed nile user aya@nile.example"
    ]
    assert operator.sees("select email, role from account.person order by email") == [
        ("nadia@nile.example", "customer_approver"), ("salma@nile.example", "customer"),
    ]  # fmt: skip


def test_a_connector_that_is_left_out_is_disabled_and_comes_back(operator: Operator) -> None:
    """Its submissions and receipts still name it."""
    operator.applies(SETUP)
    other = MAIN | {"name": "other"}
    assert operator.applies(SETUP | {"connectors": [other]}) == ["added - connector other", "removed - connector main"]
    assert operator.sees("select name, enabled from dispatch.connector order by 1") == [
        ("main", False),
        ("other", True),
    ]
    assert operator.applies(SETUP | {"connectors": [other]}) == []
    assert operator.applies(SETUP | {"connectors": [MAIN, other]}) == ["changed - connector main"]


def test_a_renamed_legal_entity_stays_the_same_one(operator: Operator) -> None:
    operator.applies(SETUP)
    renamed = SETUP | {"legal_entity": SETUP["legal_entity"] | {"name": "Example plc"}}
    assert operator.applies(renamed) == ["changed - legal entity Example"]
    assert operator.sees("select name from account.legal_entity") == ["Example plc"]


def test_the_rules_of_the_platform_are_applied_once_and_say_what_changed(operator: Operator) -> None:
    """INTAKE, Quiet hours and CONTENT_SCREEN."""
    rules = {
        "quiet_hours": {"EG": "21:00-09:00", "SA": "22:00-08:00"},
        "content_screen": {"words": ["loan"], "links": ["evil.com"]},
    }
    operator.applies(SETUP)
    assert operator.applies(SETUP | rules) == [
        "added - quiet hours EG",
        "added - quiet hours SA",
        "added - screened word loan",
        "added - screened link evil.com",
    ]
    assert operator.applies(SETUP | rules) == []
    assert operator.applies(SETUP) == []  # left out, they stay
    changed = {"quiet_hours": {"EG": "20:00-10:00"}, "content_screen": {"words": [], "links": ["evil.com"]}}
    assert operator.applies(SETUP | changed) == [
        "changed - quiet hours EG",
        "removed - quiet hours SA",
        "removed - screened word loan",
    ]
    assert operator.sees("select country, hours from network.quiet_hours") == [("EG", "20:00-10:00")]


def test_the_rules_of_an_account_reach_its_defaults_senders_and_terms(operator: Operator) -> None:
    defaults = {
        "quiet_hours": "22:00-10:00", "max_segments_per_day": 1000, "new_account_days": 30,
        "new_account_segments_per_day": 100, "content_screen": {"words": ["loan"], "links": []},
        "frequency_cap": {"messages": 3, "days": 7, "class": "promotional"},
    }  # fmt: skip
    sender = {
        "address": "DELTA", "approved": "2026-01-01", "operators": ["V"], "class": "promotional", "document": "letter 12",
    }  # fmt: skip
    network = SETUP["networks"][0] | {"requires_sender_approval": True}
    delta = DELTA | {"defaults": defaults, "senders": [sender], "monthly_cap": "100", "terms": [
        {"from": "2026-02-01", "monthly_cap": None},
    ]}  # fmt: skip
    setup = SETUP | {"networks": [network], "accounts": [delta]}
    operator.applies(SETUP)

    assert operator.applies(setup) == [
        "changed - network 2010 V EG",
        "changed delta account delta",
        "changed delta term 1900-01-01",
        "added delta term 2026-02-01",
        "added delta sender DELTA 2026-01-01",
    ]
    assert operator.applies(setup) == []
    assert operator.sees("select defaults from account.account where name = 'delta'") == [defaults]
    assert operator.sees(
        "select class, document, operators from account.sender join account.account using (account_id) where name = 'delta'"
    ) == [("promotional", "letter 12", ["V"])]
    assert operator.sees(
        "select monthly_cap::integer from account.term join account.account using (account_id) where name = 'delta' order by effective_from"
    ) == [100, None]
    assert understood_by_intake(defaults)


def test_what_sla_figures_rest_on_is_applied_with_its_dates(operator: Operator) -> None:
    """SLA S4, S5, S10: contracted rates from a day on, networks that tell of no delivery."""
    network = SETUP["networks"][0] | {"receipts": False}
    delta = DELTA | {"contracted_rates": [{"rate": 500}, {"rate": None, "from": "2026-07-01"}]}
    operator.applies(SETUP)
    assert operator.applies(SETUP | {"networks": [network], "accounts": [delta]}) == [
        "changed - network 2010 V EG",
        "added delta contracted rate 1900-01-01",
        "added delta contracted rate 2026-07-01",
    ]
    assert operator.sees("select rate from account.contracted_rate order by effective_from") == [500, None]
    assert operator.sees("select receipts from network.network") == [False]


def test_when_invoices_are_due_and_units_active_can_change_at_a_day(operator):
    """CHARGING 12, 25: what a change leaves out stays."""
    delta = DELTA | {
        "terms": [{"from": "2026-02-01", "payment_days": 45}, {"from": "2026-03-01", "activation": "payment"}]
    }
    operator.applies(SETUP | {"accounts": [delta]})
    assert operator.sees(
        "select array[payment_days::text, activation] from account.term join account.account using (account_id)"
        " where name = 'delta' order by effective_from"
    ) == [["30", "confirmation"], ["45", "confirmation"], ["45", "payment"]]


def understood_by_intake(defaults: dict[str, Any]) -> bool:
    """The kernel cannot import intake: what it stores has to be what intake reads."""
    known = policy(defaults)
    return (
        known.frequency_cap is not None and known.frequency_cap.caps("promotional") and bool(known.content_screen.words)
    )


def test_one_mistake_leaves_everything_as_it_was(operator: Operator) -> None:
    """Also one that only the database can see, in the last account."""
    operator.applies(SETUP)
    operator.does("insert into account.person (email, name, role) values ('cfo@example.com', 'C', 'finance')")
    delta = DELTA | {"users": [{"email": "cfo@example.com", "name": "D"}]}
    with pytest.raises(
        WrongSetup, match=r"accounts\[1\]\.users\[0\]\.email: cfo@example\.com belongs to staff already"
    ):
        operator.applies(SETUP | {"networks": [], "accounts": [NILE | {"vat_rate": "0.2"}, delta]})
    assert operator.sees("select count(*) from network.network") == [1]
    assert operator.sees("select distinct vat_rate::text from account.term order by 1") == ["0.000000", "0.140000"]


def test_an_account_elsewhere_keeps_its_folder_to_itself(operator: Operator) -> None:
    """Promise 4, also for an account that this file does not name."""
    operator.applies(SETUP)
    thief = {"name": "thief", "scheme": "postpaid", "currency": "EGP", "landing": "zones/nile/results"}
    with pytest.raises(WrongSetup, match=r"accounts\[0\]\.landing: lies within the landing zone of account nile"):
        operator.applies(SETUP | {"accounts": [thief]})


def test_closed_months_keep_their_prices_and_terms(operator: Operator) -> None:
    operator.applies(SETUP)
    operator.does(
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
        " select account_id, '2026-10-01', '2026-09-30 21:00Z', '2026-10-31 22:00Z', 'test' from account.account"
    )
    rates = [{"zone": "EG", "from": "2026-01-01", "rate": "0.12"}]
    with pytest.raises(WrongSetup) as caught:
        operator.applies(SETUP | {"accounts": [NILE | {"vat_rate": "0.15", "rates": rates}]})
    assert "accounts[0]: vat_rate cannot change from 1900-01-01 on: the months before 2026-11-01 are closed" in str(
        caught.value
    )
    assert "accounts[0].rates: the rate from 2026-01-01, changed here, is one that closed months used" in str(
        caught.value
    )
    later = NILE | {"terms": [{"from": "2026-11-01", "vat_rate": "0.15"}]}
    assert operator.applies(SETUP | {"accounts": [later]}) == ["added nile term 2026-11-01"]


def test_a_scheme_does_not_change_while_units_remain(operator: Operator) -> None:
    """CHARGING 30."""
    operator.applies(SETUP)
    operator.does(
        "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
        " select account_id, 'p1', now(), 100, 0.1, '{EG}' from account.account where name = 'nile'"
    )
    with pytest.raises(WrongSetup, match=r"start of a month to come \(CHARGING 30\)"):
        operator.applies(SETUP | {"accounts": [NILE | {"scheme": "postpaid"}]})
    near = NILE | {"terms": [{"from": _first_of_a_month_to_come(), "scheme": "postpaid"}]}
    with pytest.raises(WrongSetup, match=r"accounts\[0\]\.terms\[0\]: .* while anything remains .*: 100 units"):
        operator.applies(SETUP | {"accounts": [near]})
    after_expiry = NILE | {"terms": [{"from": "2099-01-01", "scheme": "postpaid"}]}
    assert operator.applies(SETUP | {"accounts": [after_expiry]}) == ["added nile term 2099-01-01"]


def _first_of_a_month_to_come() -> str:
    from datetime import timedelta

    from outbound.clock import now

    return (now().replace(day=1) + timedelta(days=62)).strftime("%Y-%m-01")


def test_every_change_is_audited_and_no_password_is(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_ACTOR", "omar")
    operator.applies(SETUP)
    operator.applies(SETUP | {"connectors": [MAIN | {"password": "evenmoresecret"}]})
    assert operator.sees("select distinct actor || ' ' || action from account.audit") == ["omar apply"]
    assert operator.sees("select object from account.audit where account_id is not null order by 1") == [
        "delta",
        "nile",
    ]
    told = " ".join(operator.sees("select detail::text from account.audit"))
    assert "(hidden)" in told
    assert "secret" not in told
    assert operator.sees("select password ->> 'value' from dispatch.connector") == ["evenmoresecret"]


def test_two_at_once_wait_for_each_other(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "setup.yaml"
    file.write_text(yaml.safe_dump(SETUP))
    found: list[int] = []
    both = [threading.Thread(target=lambda: found.append(len(apply(file)))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(found) == [0, 9]


def test_the_defaults_are_those_that_intake_knows() -> None:
    """The kernel cannot import intake, so this keeps the two in step."""
    of_one_file = {"batch_ref", "sha256", "rows", "schedule", "end", "asap", "submitted_by"}
    known = {field.alias or name for model in (Options, Policy) for name, field in model.model_fields.items()}
    assert {field.alias or name for name, field in Defaults.model_fields.items()} == known - of_one_file
    assert set(Gate.model_fields) == set(THRESHOLDS)


def test_what_connectors_cost_is_applied_once_changed_and_audited(operator: Operator) -> None:
    def costs(*rates: dict[str, str], fx: str = "47.50") -> dict[str, Any]:
        fx_rates = [{"currency": "USD", "into": "EGP", "from": "2026-01-01", "rate": fx}]
        spare = {**MAIN, "name": "spare", "buy_rates": [{"currency": "EGP", "from": "2026-01-01", "rate": "0.02"}]}
        return SETUP | {"connectors": [{**MAIN, "buy_rates": list(rates)}, spare], "fx_rates": fx_rates}

    default = {"currency": "USD", "from": "2026-01-01", "to": "2026-04-24", "rate": "0.001"}
    dear = {"prefix": "20", "per": "delivery", "currency": "USD", "from": "2026-01-01", "rate": "0.000123"}
    assert [line for line in operator.applies(costs(default, dear)) if "rate" in line and "nile" not in line] == [
        "added - exchange rate USD EGP 2026-01-01",
        "added - buy rate of main * 2026-01-01",
        "added - buy rate of main +20 2026-01-01",
        "added - buy rate of spare * 2026-01-01",
    ]
    assert operator.applies(costs(default, dear)) == []
    assert operator.applies(SETUP | {"connectors": [MAIN, {**MAIN, "name": "spare"}]}) == []
    assert operator.applies(costs(default | {"rate": "0.002"}, fx="48")) == [
        "changed - exchange rate USD EGP 2026-01-01",
        "changed - buy rate of main * 2026-01-01",
        "removed - buy rate of main +20 2026-01-01",
    ]
    prices = "select connector.name, network, buy_rate.rate::text, per from network.buy_rate join dispatch.connector using (connector_id) order by 1"
    assert operator.sees(prices) == [
        ("main", "*", "0.002000", "submission"), ("spare", "*", "0.020000", "submission"),
    ]  # fmt: skip
    assert operator.sees("select object, jsonb_array_length(detail -> 'changes') from account.audit where object in ('main', 'spare') order by audit_id") == [
        ("main", 2), ("spare", 1), ("main", 2),
    ]  # fmt: skip


def test_costs_that_contradict_themselves_are_refused_with_their_lines(operator: Operator) -> None:
    rates = [
        {"operator": "Vodaphone", "currency": "USD", "from": "2026-01-01", "rate": "0.001"},
        {"currency": "USD", "from": "2026-01-01", "rate": "0.001"},
    ]
    twice = [{"currency": "USD", "into": "EGP", "from": "2026-01-01", "rate": "47"}] * 2
    with pytest.raises(WrongSetup, match=r"connectors\[0\].buy_rates\[0\]: no network is of 'Vodaphone': there are V"):
        operator.applies(SETUP | {"connectors": [{**MAIN, "buy_rates": rates}]})
    with pytest.raises(WrongSetup, match=r"fx_rates\[1\]: USD into EGP from 2026-01-01 stands here twice"):
        operator.applies(SETUP | {"fx_rates": twice})
    later = {"currency": "USD", "from": "2026-02-01", "rate": "0.001"}
    with pytest.raises(WrongSetup, match=r"buy_rates\[1\].*overlaps the rate of all networks from 2026-02-01"):
        operator.applies(SETUP | {"connectors": [{**MAIN, "buy_rates": [later, rates[1]]}]})
    assert operator.sees("select count(*) from network.buy_rate") == [0]

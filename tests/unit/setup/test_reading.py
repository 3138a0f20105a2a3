"""Every mistake of a set-up file is named at once, with its line, its place and what to do."""

import re
from pathlib import Path
from typing import get_args

import pytest

from outbound.setup import carrier, papers
from outbound.setup.carrier import Meaning
from outbound.setup.document import Unreadable, parse
from outbound.setup.model import Setup
from outbound.setup.reading import WrongSetup, understand
from smpp import status, timers

ENTITY = "legal_entity: {name: Example, country: EG, timezone: Africa/Cairo}\n"
NILE = """\
accounts:
  - name: nile
    scheme: prepaid
    currency: EGP
"""


def read(text: str) -> Setup:
    return understand(parse(text, "setup.yaml"))


def mistakes(text: str) -> list[str]:
    with pytest.raises(WrongSetup) as caught:
        read(text)
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("setup.yaml has ")
    assert first.endswith("; nothing was changed")
    return [line.strip() for line in lines]


def test_a_set_up_needs_little() -> None:
    setup = read(ENTITY + NILE)
    assert [account.name for account in setup.accounts] == ["nile"]
    assert setup.networks is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("vat_rate: 0.14", 'accounts[0].vat_rate: write it in quotes, "0.14"'),
        ('vat_rate: "1.4"', "accounts[0].vat_rate: should be less than 1"),
        ('vat_rate: "14 %"', "accounts[0].vat_rate: '14 %' is no amount"),
        ('vat_rate: "NaN"', "accounts[0].vat_rate: 'NaN' is no amount"),
        ('vat_rate: "-0.1"', "accounts[0].vat_rate: '-0.1' is no amount"),
        ('minimum_monthly: "0.001"', "accounts[0]: minimum_monthly: 0.001 has more digits than EGP, which has 2"),
        ("timezone: Africa/Kairo", "accounts[0].timezone: 'Africa/Kairo' is no time zone"),
        ("default_region: UK", "(the United Kingdom is GB)"),
        ("default_region: NO", "accounts[0].default_region: YAML takes this for false: write it in quotes"),
        ("curency: EGP", "accounts[0].curency: there is no such key: did you mean currency?"),
        ("landing: ftp://host/nile", "ftp:// is not supported"),
        ("landing: sftp://nile:secret@host/nile", "holds a password; take it out"),
        ("landing: s3:///nile", "names no bucket"),
        ("landing: file://host/nile", "names no other machine"),
        ("tax_treatment: exempt\n    vat_rate: \"0.14\"", "what is exempt has no VAT"),
        ("payment_days: -1", "accounts[0].payment_days: should be greater than or equal to 0"),
        ("payment_days: \"30\"", "accounts[0].payment_days: should be a valid integer"),
        ("activation: invoice", "'confirmation' or 'payment'"),
        ("valuation: lifo", "'rerate' or 'blended'"),
        ("senders: [{address: TWELVE-CHARS, approved: 2026-01-01}]", "has 12 characters: a name has at most 11"),
        ("senders: [{address: نيل, approved: 2026-01-01}]", "is no sender"),
        ("senders: [{address: NILE, approved: 2026-02-30}]", "senders[0].approved: 2026-02-30 is no such day"),
        ("senders: [{address: NILE, approved: soon}]", "'soon' is no day: write it like 2026-01-31"),
        ("senders: []\n    defaults: {sender: NILE}", "'NILE' is not among the account's senders (none)"),
        ("defaults: {encoding: klingon}", "accounts[0].defaults.encoding: 'klingon' is no encoding of texts"),
        ("defaults: {encoding: rot13}", "'rot13' is no encoding of texts"),
        ("defaults: {validity: 73h}", "accounts[0].defaults.validity: '73h' is no validity"),
        ("defaults: {validity: 0m}", "'0m' is no validity: write one between 1m and 72h"),
        ("defaults: {gate: {max_row: 1}}", "accounts[0].defaults.gate.max_row: there is no such key"),
        ("defaults: {gate: {max_reject_ratio: 20}}", "gate.max_reject_ratio: should be less than or equal to 1"),
        ("defaults: {max_segment: 4}", "defaults.max_segment: there is no such key: did you mean max_segments?"),
        ("defaults: {quiet_hours: 21-9}", "defaults.quiet_hours: '21-9' is no span of a day: not two times of day"),
        ("defaults: {content_screen: {links: [localhost]}}", "content_screen.links[0]: 'localhost' is no domain"),
        ("defaults: {content_screen: {words: [\"  \"]}}", "content_screen.words[0]: '  ' is no word"),
        ("defaults: {frequency_cap: {messages: 0, days: 7}}", "frequency_cap.messages: should be greater than or equal to 1"),
        ("defaults: {frequency_cap: {messages: 3}}", "frequency_cap.days: is missing: add it"),
        ("defaults: {max_segments_per_day: -1}", "max_segments_per_day: should be greater than or equal to 0"),
        ("senders: [{address: NILE, approved: 2026-01-01, class: both}]", "senders[0].class: should be 'informational' or"),
        ("monthly_cap: \"-1\"", "accounts[0].monthly_cap: '-1' is no amount"),
        ("rates: [{zone: EG, from: 2026-01-01, rate: 0.1}]", "accounts[0].rates[0].rate: write it in quotes"),
        ("rates: [{zone: EG, from: 2026-01-01}]", "accounts[0].rates[0].rate: is missing: add it"),
        ("terms: [{from: 2027-01-01, tax_treatment: exempt}]\n    vat_rate: \"0.14\"", "accounts[0].terms[0]: what is exempt"),
        ("scheme: postpaid", "accounts[0].scheme: this key stands here twice"),
        ("users: [{email: nobody, name: N}]", "'nobody' has to be an e-mail address"),
        ("sla: [{metric: S15, target: \"0.9\"}]", "'S15' has to be S1 to S14"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(line: str, said: str) -> None:
    found = mistakes(f"{ENTITY}{NILE}    {line}\n")
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("line ")


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    found = mistakes(
        """\
legal_entity: {name: Example, country: EG, timezone: Nowhere}
networks:
  - {prefix: 2010, operator: V, country: EG, zone: EG}
  - {prefix: "2010", operator: V, country: EG, zone: EG}
  - {prefix: "2010", operator: W, country: EG, zone: EG}
connectors:
  - {name: main, host: h, system_id: x, port: 99999, password: p, routes: ["20"]}
accounts:
  - {name: nile, scheme: prepaid, currency: pounds}
  - {name: nile, scheme: weekly, currency: EGP}
"""
    )
    assert [line.partition(": ")[0] for line in found] == [
        "line 1, legal_entity.timezone",
        "line 3, networks[0].prefix",
        "line 4, networks[1].prefix",
        "line 5, networks[2].prefix",
        "line 7, connectors[0].port",
        "line 9, accounts[0].currency",
        "line 10, accounts[1].name",
        "line 10, accounts[1].scheme",
    ]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "give exactly one of password, password_file and password_env"),
        ("password: topsecret, password_env: NAME,", "give exactly one of password, password_file and password_env"),
        ("password: topsecret, routes: [],", "routes is empty"),
        ("password: topsecret, in_doubt_after: 60,", "only where receipts_complete is true"),
        (
            "password: topsecret, receipts_complete: true, in_doubt_after: 39,",
            "silence proves nothing: give 40 or more",
        ),
        (
            "password: topsecret, receipts_complete: true, in_doubt_after: 60, options: {enquire_link: 60},",
            "give 70 or more",
        ),
        ("password: topsecret, options: {receives_for: main},", "receives_for is of a connector with bind: receiver"),
        (
            "password: topsecret, bind: receiver, options: {receives_for: far},",
            "no connector that sends is called 'far': there are none",
        ),
        ("password: topsecret, routes: [{cost: '1'}],", "routes[0]: give exactly one of prefix and operator"),
        ("password: topsecret, routes: ['20', {prefix: '20', cost: '1'}],", "20 stands twice among its routes"),
        ("password: topsecret, routes: [20],", "routes[0].prefix: has to be a text: write it in quotes"),
        ("password: topsecret, routes: [{prefix: '20', weight: 0}],", "routes[0].weight: should be greater than"),
        ("password: topsecret, answers: {8: retry},", "a status in hexadecimal, like 0x00000008"),
        ("password: topsecret, answers: {0x8: accepted},", "should be 'retry', 'slow_down', 'in_doubt' or 'final'"),
        ("password: topsecret, answers: {0x0: retry},", "0x00000000 always means accepted: leave it out"),
        ("password: topsecret, answers: {0x8: retry, 0x08: final},", "0x08 stands here twice: keep one"),
        ("password: 12345678,", "password: has to be a text: write it in quotes"),
    ],
)
def test_a_connector_s_keys_have_to_agree_and_its_password_is_never_told(keys: str, said: str) -> None:
    routes = "" if "routes" in keys else 'routes: ["20"],'
    found = mistakes(f"{ENTITY}connectors:\n  - {{name: main, host: h, {keys} {routes} system_id: x}}\n")
    assert len(found) == 1
    assert said in found[0]
    assert "topsecret" not in found[0]
    assert "12345678" not in found[0]


def test_a_route_names_an_operator_that_has_networks() -> None:
    connector = "connectors: [{name: main, host: h, password: p, system_id: x, routes: [{operator: Etisalat}]}]\n"
    networks = 'networks: [{prefix: "2010", operator: Vodafone, country: EG, zone: EG}]\n'
    assert mistakes(ENTITY + networks + connector) == [
        "line 3, connectors[0].routes[0].operator: no network is of 'Etisalat': there are Vodafone"
    ]
    assert read(ENTITY + connector).connectors


def test_a_status_may_mean_what_an_answer_can_mean() -> None:
    assert set(get_args(Meaning)) == set(status.INSTEAD)


@pytest.mark.parametrize("other", ["zones/nile", "zones/nile/below", "zones", ".outbound/zones/nile"])
def test_accounts_share_no_folder(other: str) -> None:
    """Whoever reads another's folder reads another's files (promise 4)."""
    found = mistakes(
        f"{ENTITY}{NILE}    landing: zones/nile\n  - {{name: delta, scheme: postpaid, currency: EGP, landing: {other}}}\n"
    )
    assert len(found) == 1
    assert "accounts[1].landing: lies within the landing zone of nile" in found[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begin with a copy of what `outbound apply --example` prints"),
        ("- a list\n", "begin with a copy"),
        ("just words\n", "begin with a copy"),
    ],
)
def test_what_is_no_set_up_is_said_so(text: str, said: str) -> None:
    assert said in mistakes(text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1\nb: 2\n", "line 2"),
        ("a: 1\n---\nb: 2\n", "line 2"),
        ("a: !!python/object:os.system x\n", "line 1"),
        ("a: \x00\n", "not valid YAML"),
        ("a: &a [*a]\n", "refers to itself"),
    ],
)
def test_what_is_no_yaml_is_said_so_with_its_line(text: str, said: str) -> None:
    if said == "line 1":
        with pytest.raises((Unreadable, WrongSetup), match=said):
            read(text)
    else:
        with pytest.raises(Unreadable, match=said):
            read(text)


def test_an_approval_of_an_operator_that_there_is_not_is_named() -> None:
    networks = "networks: [{prefix: '2010', operator: Vodafone, country: EG, zone: EG}]\n"
    senders = "    senders: [{address: NILE, approved: 2026-01-01, operators: [Vodafone, Vodafnoe]}]\n"
    (said,) = mistakes(ENTITY + networks + NILE + senders)

    assert "accounts[0].senders[0].operators[1]: no network is of 'Vodafnoe': there are Vodafone" in said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quiet_hours: {Egypt: '21:00-09:00'}", "quiet_hours.Egypt: 'Egypt' has to be two capital letters, like EG"),
        ("quiet_hours: {EG: '21:00'}", "quiet_hours.EG: '21:00' is no span of a day"),
        ("content_screen: {links: [evil]}", "content_screen.links[0]: 'evil' is no domain: write one like example.com"),
    ],
)
def test_a_mistake_in_the_platform_s_rules_is_named(line: str, said: str) -> None:
    (found,) = mistakes(ENTITY + line + "\n")

    assert said in found


def test_only_accounts_that_entries_are_posted_to_have_codes_and_the_example_names_them_all() -> None:
    example = (Path(papers.__file__).parent / "example.yaml").read_text()
    said = example[example.index("chart_of_accounts:") : example.index("# Whose numbers are whose.")]
    model = (Path(papers.__file__).parents[2] / "dbt/models/finance/_finance.yml").read_text()
    posted = re.search(r"Code and name: ([^\"]*)\.\"", model)
    assert posted is not None
    codes = re.findall(r"\b[0-9]{4}\b", posted[1])
    assert list(get_args(papers.LedgerAccount)) == codes
    assert sorted(set(re.findall(r"\b[0-9]{4}\b", said))) == codes


def test_what_documents_say_is_checked_too() -> None:
    found = mistakes("""\
legal_entity:
  name: Example
  country: EG
  timezone: Africa/Cairo
  documents: {activity_code: "61", item_type: GPC}
  chart_of_accounts: {"1300": "1"}
accounts:
  - {name: nile, scheme: prepaid, currency: EGP, language: fr, documents: {address: {village: Nile}}}
""")
    places = (
        "documents.activity_code",
        "documents.item_type",
        "chart_of_accounts",
        "accounts[0].language",
        "address.village",
    )
    assert [place for place in places if not any(place in line for line in found)] == []
    assert len(found) == len(places)


def test_a_dead_session_is_noticed_after_the_time_that_the_sessions_take() -> None:
    """The kernel counts with these two without importing the protocol."""
    assert (carrier.ENQUIRE_LINK, carrier.DEAD_AFTER_ENQUIRE) == (timers.ENQUIRE_LINK, timers.DEAD_AFTER_ENQUIRE)

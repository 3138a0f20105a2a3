"""INTAKE, Network: networks and ported numbers are loaded from files, whole or not at all."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.foreground import ingest
from outbound import database
from recipients import network_load, portability_load
from recipients.listing import WrongList
from recipients.networks import Networks

OUTBOUND = Path(sys.executable).parent / "outbound"
EGYPT = "2010,Vodafone,EG,EG,true\n2011,Etisalat,EG,EG,true\n2012,Orange,EG,EG,true\n2015,WE,EG,EG,true\n"  # as set up


def networks(platform, *rows: str, header: str = "prefix,operator,country,zone,covered") -> Path:
    return platform.file("networks.csv", "\n".join((header, *rows)) + "\n")


def numbers(platform, *rows: str, header: str = "msisdn,operator") -> Path:
    return platform.file("ported.csv", "\n".join((header, *rows)) + "\n")


def told(found: network_load.Loaded) -> list[str]:
    return [f"{change.verb} {' '.join(change.key)}" for change in found.changes]


def known() -> Networks:
    with database.connect("ingest") as connection:
        return Networks.read(connection)


def ported(platform) -> dict[int, tuple[str, str]]:
    rows = platform.rows("select * from network.portability")
    return {row["msisdn"]: (row["operator"], row["country"]) for row in rows}


def test_a_full_list_is_all_there_is_of_the_countries_it_names(platform):
    found = network_load.load(networks(platform, "2010,Vodafone,EG,EG,true", "20121,Orange,EG,EG2,no"))

    assert found.load == "full"
    assert told(found) == [
        "added 20121 Orange EG", "removed 2011 Etisalat EG", "removed 2012 Orange EG", "removed 2015 WE EG",
    ]  # fmt: skip
    assert known().of(201212345678) == (8, "20121", "Orange", "EG", "EG2", False)
    assert known().of(201112345678) is None
    assert known().of(966512345678).operator == "STC"
    (trail,) = platform.rows("select * from account.audit")
    assert (trail["action"], trail["object"], len(trail["detail"]["changes"])) == ("load networks", "networks.csv", 4)


def test_the_same_list_again_changes_nothing(platform):
    path = networks(platform, *EGYPT.splitlines())

    assert network_load.load(path).changes == []


def test_a_delta_adds_changes_and_removes_prefixes(platform):
    header = "action;prefix;operator;country;zone;covered"
    rows = ("add;2010;Vodafone;EG;EG;false", "remove;2011;;;;", "+;20125;Orange;EG;EG;")
    found = network_load.load(networks(platform, *rows, header=header))

    assert (found.load, told(found)) == (
        "delta",
        ["changed 2010 Vodafone EG", "added 20125 Orange EG", "removed 2011 Etisalat EG"],
    )
    assert known().of(201012345678).covered is False
    assert known().of(201212345678).operator == "Orange"


def test_a_prefix_that_moves_to_another_country_leaves_the_one_it_was_of(platform):
    network_load.load(networks(platform, "965,Kuwait,QA,QA,true"))

    assert [network.country for network in known().rows if network.prefix == "965"] == ["QA"]


def test_every_mistake_is_named_with_its_line_and_then_nothing_is_loaded(platform):
    path = networks(
        platform, "2010,Vodafone,EG,EG,true", "+2011,Etisalat,EG,EG,true", "2012,Orange,Egypt,EG,perhaps", "2013,,EG,,",
        "2010,WE,EG,EG,true", "2015,WE,EG,EG", '"20\n16",WE,EG,EG,true', "2017,WE,eg,EG,yes",
    )  # fmt: skip
    with pytest.raises(WrongList) as mistakes:
        network_load.load(path)

    assert str(mistakes.value).splitlines()[1:] == [
        "  line 3: prefix '+2011' has to be digits without + and leading zeros, like 2010",
        "  line 4: covered is 'perhaps': write true or false",
        "  line 5: operator is empty; zone is empty",
        "  line 6: prefix '2010' stands in line 2 already",
        "  line 7: has 4 fields, the header has 5",
        "  line 8: prefix '20\\n16' has to be digits without + and leading zeros, like 2010",
        "  line 10: country 'eg' has to be two capital letters, like EG",
    ]
    assert len(known().rows) == 7
    assert platform.rows("select * from account.audit") == []


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "column 'prefix' is missing"),
        (b"prefix,operator,country,zone\n", "there is no row below the header"),
        (b"prefix,operator,country,zone,colour\n2010,V,EG,EG,red\n", "there is no column 'colour'"),
        (b"prefix,prefix,operator,country,zone\n", "column 'prefix' stands there twice"),
        (b"prefix,action\n2010,perhaps\n", "action is 'perhaps': write add or remove"),
        (b"prefix,action\n2099,remove\n", "there is no such network"),
        (b'prefix,operator,country,zone\n2010,"V,EG,EG\n', "line 2: cannot be read: unexpected end of data"),
        (b"prefix,operator,country,zone\n2010,Caf\xe9,EG,EG\n", "is not UTF-8: save it as UTF-8"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(platform, content, what):
    with pytest.raises(WrongList) as wrong:
        network_load.load(platform.file("n.csv", content))

    assert what in str(wrong.value)
    assert len(known().rows) == 7


def test_a_dry_run_says_the_same_and_changes_nothing(platform):
    path = networks(platform, "2010,Vodafone,EG,EG,true")

    assert told(network_load.load(path, dry_run=True)) == told(network_load.load(path, dry_run=True)) != []
    assert len(known().rows) == 7
    assert platform.rows("select * from account.audit") == []


def test_a_ported_number_goes_by_its_operator_s_network_in_the_number_s_country(platform):
    found = portability_load.load(numbers(platform, "+201012345678,Orange", "966512345678,STC"))

    assert (found.load, found.countries, found.added, found.rows) == ("full", ["EG", "SA"], 2, 2)
    assert known().of(201012345678).operator == "Orange"
    assert known().of(201012345679).operator == "Vodafone"
    assert platform.rows("select action, object from account.audit") == [
        {"action": "load portability", "object": "ported.csv"}
    ]


def test_of_an_operator_s_networks_a_covered_one_of_the_shortest_prefix_stands_for_it(platform):
    network_load.load(
        networks(
            platform, "add,2012,Orange,EG,EG,false", "add,20128,Orange,EG,EG2,true", "add,201277,Orange,EG,EG,true",
            header="action,prefix,operator,country,zone,covered",
        )
    )  # fmt: skip
    portability_load.load(numbers(platform, "201012345678,Orange"))

    assert known().of(201012345678).prefix == "20128"


def test_a_full_list_replaces_the_numbers_of_the_countries_it_is_about(platform):
    portability_load.load(numbers(platform, "201012345678,Orange", "201012345679,WE", "966512345678,STC"))
    found = portability_load.load(numbers(platform, "201012345678,Etisalat", "201112345678,WE", "201112345678,Orange"))

    assert found[3:] == (1, 1, 1, 0)
    assert ported(platform) == {
        201012345678: ("Etisalat", "EG"), 201112345678: ("Orange", "EG"), 966512345678: ("STC", "SA"),
    }  # fmt: skip


def test_a_delta_of_ported_numbers(platform):
    portability_load.load(numbers(platform, "201012345678,Orange", "201012345679,WE"))
    rows = ("201012345678,,remove", "201012345677,WE,add", "201012345679,WE,add", "201012345600,,remove")
    found = portability_load.load(numbers(platform, *rows, header="msisdn,operator,action"))

    assert (found.load, found[3:]) == ("delta", (1, 0, 1, 1))
    assert ported(platform) == {201012345677: ("WE", "EG"), 201012345679: ("WE", "EG")}


def test_a_number_without_a_known_prefix_has_to_name_its_country(platform):
    rows = ("201912345678,Orange,EG", "201912345679,Orange,", "201012345678,STC,SA", "201012345678,Nobody,EG",
            "0101234,Orange,", "201012345678,,", "2010123456789012,Orange,EG")  # fmt: skip
    with pytest.raises(WrongList) as wrong:
        portability_load.load(numbers(platform, *rows, header="msisdn,operator,country"))

    assert str(wrong.value).splitlines()[1:] == [
        "  line 3: no network has the number's prefix: name its country, in a column `country`",
        "  line 4: country is SA, and the number's prefix is of EG",
        "  line 5: operator 'Nobody' has no network in EG: there is Etisalat, Orange, Vodafone, WE; load the networks first",
        "  line 6: msisdn is no E.164 number: write 7 to 15 digits with the country's code, as in +201001234567",
        "  line 7: operator is empty",
        "  line 8: msisdn is no E.164 number: write 7 to 15 digits with the country's code, as in +201001234567",
    ]
    assert ported(platform) == {}
    portability_load.load(numbers(platform, rows[0], header="msisdn,operator,country"))
    assert known().of(201912345678).operator == "Orange"


def test_a_ported_number_whose_operator_lost_its_networks_is_not_covered(platform, mobile):
    portability_load.load(numbers(platform, f"{mobile(1)},WE"))
    rest = [row for row in EGYPT.splitlines() if "WE" not in row]
    assert network_load.load(networks(platform, *rest)).ported_without_network == 1

    platform.members("nile", [mobile(1), mobile(2)])
    platform.buy("nile", 10)
    ack = ingest(platform.file("c.csv", f"msisdn,text\n{mobile(1)},hi\n{mobile(2)},hi\n"), "nile", "campaign")
    assert ack["reasons"] == {"NOT_COVERED": 1}


def test_loads_change_nothing_of_what_was_accepted_before(platform, mobile):
    """Its network, with the operator that routes go by, and its zone."""
    platform.members("nile", [mobile(1), mobile(2)])
    platform.buy("nile", 10)
    platform.purchases("update account.purchase set zones = '{EG,EG2}'")
    accepted = (
        "select message.msisdn, operator, message.zone from dispatch.message join network.network using (network_id)"
        " where campaign_id = %s order by ordinal"
    )

    def campaign(name: str):
        ack = ingest(platform.file(name, f"msisdn,text\n{mobile(1)},{name}\n{mobile(2)},hi\n"), "nile", "campaign")
        return ack["campaign_id"]

    portability_load.load(numbers(platform, f"{mobile(1)},WE"))
    first = campaign("first.csv")
    before = platform.rows(accepted, first)
    assert [(row["operator"], row["zone"]) for row in before] == [("WE", "EG"), ("Vodafone", "EG")]

    portability_load.load(numbers(platform, f"{mobile(1)},Etisalat"))
    network_load.load(networks(platform, "2010,Newcomer,EG,EG2,true", "2011,Etisalat,EG,EG,true"))
    assert platform.rows(accepted, first) == before
    second = platform.rows(accepted, campaign("second.csv"))
    assert [(row["operator"], row["zone"]) for row in second] == [("Etisalat", "EG"), ("Newcomer", "EG2")]


def test_a_table_longer_than_a_lot_is_read_whole_and_in_order(platform):
    """A lot is turned into columns at a time: what is cut between two must come together again."""
    rng = random.Random("ported")
    wanted = rng.sample(range(201000000000, 201099999999), 60_000)
    path = numbers(platform, *(f"{number},{rng.choice(('WE', 'Orange'))}" for number in wanted))
    assert portability_load.load(path).added == len(wanted)

    table, stored = known(), ported(platform)
    assert {number: table.of(number).operator for number in wanted} == {n: stored[n][0] for n in stored}
    assert platform.value("select count(*) from network.portability") == len(wanted)


def test_the_commands_say_what_they_changed(platform):
    path = networks(platform, "2010,Vodafone,EG,EG,false")
    done = subprocess.run([OUTBOUND, "network", "load", path, "--dry-run"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        0,
        "changed  network 2010 Vodafone EG: covered True -> False",
    )
    assert "nothing was changed" in done.stdout

    done = subprocess.run([OUTBOUND, "network", "load", path, "--json"], capture_output=True, text=True, timeout=60)
    assert {one["change"] for one in json.loads(done.stdout)["changes"]} == {"changed", "removed"}

    path = numbers(platform, "201912345678,Vodafone,EG", header="msisdn,operator,country")
    done = subprocess.run([OUTBOUND, "portability", "load", path, "--json"], capture_output=True, text=True, timeout=60)
    assert (json.loads(done.stdout)["added"], done.stderr) == (1, "")

    done = subprocess.run(
        [OUTBOUND, "portability", "load", networks(platform)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")

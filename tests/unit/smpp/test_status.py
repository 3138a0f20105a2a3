"""One table says what every command_status means for a submission."""

import csv
import re

from smpplib import consts

from outbound.settings import ROOT
from smpp import status
from smpp.status import Answers, Backoff, Verdict


def test_every_status_of_the_standard_has_its_row():
    standard = {value for name, value in vars(consts).items() if name.startswith("SMPP_ESME_")}
    assert set(status.POLICIES) == standard


# bind state, already bound, bind failed, password, system_id, system_type
ACCESS = {0x04, 0x05, 0x0D, 0x0E, 0x0F, 0x53}
PASSING = {0x08, 0x64}  # system error, temporary error of the application
FULL = {0x14, 0x58}


def test_exactly_these_are_sent_again():
    again = {code for code, policy in status.POLICIES.items() if policy.verdict is Verdict.RETRY}
    assert again == ACCESS | PASSING | FULL


def test_what_every_message_would_meet_speaks_of_the_carrier_and_lets_each_wait() -> None:
    for code in ACCESS | PASSING:
        assert (status.policy(code).ill, status.policy(code).backoff) == (True, Backoff.MESSAGE)


def test_only_rok_is_accepted_and_unknown_statuses_are_final():
    assert [code for code in range(0x600) if status.verdict(code) is Verdict.ACCEPTED] == [0]
    assert status.verdict(0x0499) is Verdict.FINAL


def test_names():
    assert status.name(0x58) == "ESME_RTHROTTLED"
    assert status.name(0x0499) == "0x00000499"


def test_what_is_tried_again_has_somebody_who_waits_and_nothing_else_has() -> None:
    for policy in [*status.POLICIES.values(), status.UNLISTED]:
        assert (policy.verdict is Verdict.RETRY) == (policy.backoff is not Backoff.NOBODY)
    assert status.policy(0x08).backoff is Backoff.MESSAGE
    assert [status.policy(code).backoff for code in (0x14, 0x58)] == [Backoff.CONNECTOR] * 2


def test_a_connector_says_what_its_statuses_mean() -> None:
    answers = Answers({"0x00000008": "in_doubt", "0x00000045": "retry", "0x00000499": "slow_down"})
    assert [answers.verdict(code) for code in (0x08, 0x45, 0x499)] == [Verdict.IN_DOUBT, Verdict.RETRY, Verdict.RETRY]
    assert answers.policy(0x499).backoff is Backoff.CONNECTOR
    assert answers.policy(0x08).outcome == status.policy(0x08).outcome
    assert [answers.verdict(code) for code in (0, 0x58, 0x0B)] == [Verdict.ACCEPTED, Verdict.RETRY, Verdict.FINAL]
    assert Answers().verdict(0x08) is Verdict.RETRY


def test_every_outcome_is_a_class_of_the_sla() -> None:
    with (ROOT / "dbt/seeds/outcome_classes.csv").open() as file:
        classes = {row["class"] for row in csv.DictReader(file)}
    assert {policy.outcome for policy in [*status.POLICIES.values(), status.UNLISTED]} <= classes


def test_the_sla_excuses_the_statuses_that_are_the_customers_fault() -> None:
    model = (ROOT / "dbt/models/intermediate/int_segment_outcomes.sql").read_text()
    found = re.search(r"command_status in \(([0-9, ]+)\)", model)
    assert found
    ours = {
        code
        for code, policy in status.POLICIES.items()
        if policy.outcome in ("content_or_sender_blocked", "recipient_invalid")
    }
    assert {int(code) for code in found[1].split(",")} == ours

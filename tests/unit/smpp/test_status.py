"""One table says what every command_status means for a submission."""

from smpplib import consts

from smpp import status
from smpp.status import Verdict


def test_every_status_of_the_standard_has_its_row():
    standard = {value for name, value in vars(consts).items() if name.startswith("SMPP_ESME_")}
    assert set(status.POLICIES) == standard


def test_exactly_these_are_sent_again():
    assert {code for code, policy in status.POLICIES.items() if policy.verdict is Verdict.RETRY} == {0x08, 0x14, 0x58}


def test_only_rok_is_accepted_and_unknown_statuses_are_final():
    assert [code for code in range(0x600) if status.verdict(code) is Verdict.ACCEPTED] == [0]
    assert status.verdict(0x0499) is Verdict.FINAL


def test_names():
    assert status.name(0x58) == "ESME_RTHROTTLED"
    assert status.name(0x0499) == "0x00000499"

"""What a worker leaves to others: for how long, and when it looks again."""

import dataclasses

import pytest

from dispatch.connectors import Connector
from dispatch.elsewhere import FORGET, Elsewhere, UnknownConnector

OURS = Connector(
    connector_id=1, name="ours", host="h", port=1, system_id="s", password={"value": "p"}, bind="transceiver", sessions=1,
    window=10, rate=None, routes=["20"], answers={}, wire={}, echoes_reference=True, message_id_form="auto",
    ledger_window=100, tls=None, options={}, enabled=True, stopped=False,
)  # fmt: skip
THEIRS = dataclasses.replace(OURS, connector_id=2, name="theirs")


def test_all_connectors_are_ones_own_unless_told_otherwise() -> None:
    everything, some = Elsewhere(), Elsewhere(["ours"])
    assert [everything.possible, some.possible] == [False, True]
    assert [everything.serves(OURS), everything.serves(THEIRS)] == [True, True]
    assert [some.serves(OURS), some.serves(THEIRS)] == [True, False]


@pytest.mark.parametrize("change", [{"enabled": False}, {"stopped": True}, {"bind": "receiver"}])
def test_what_others_cannot_send_over_is_no_way(change: dict[str, object]) -> None:
    elsewhere = Elsewhere(["ours"])
    elsewhere.know({1, 2}, [OURS, THEIRS])
    assert elsewhere.usable == {2}
    elsewhere.know({1, 2}, [OURS, dataclasses.replace(THEIRS, **change)])
    assert elsewhere.usable == set()


def test_a_connector_without_anybody_elses_session_is_no_way() -> None:
    elsewhere = Elsewhere(["ours"])
    elsewhere.know(set(), [OURS, THEIRS])
    assert elsewhere.usable == set()


def test_a_batch_is_passed_on_for_a_while_or_until_other_connectors_can_be_used() -> None:
    elsewhere = Elsewhere(["ours"])
    assert elsewhere.passed({1, 2}, 0.0) == []
    elsewhere.pass_on(7, 0.0)
    elsewhere.pass_on(8, 1.0)
    assert elsewhere.passed({1, 2}, FORGET - 0.1) == [7, 8]
    assert elsewhere.passed({1, 2}, FORGET) == [8]
    assert elsewhere.passed({1}, FORGET) == []


def test_a_name_that_is_not_set_up_is_told_with_those_that_are() -> None:
    with pytest.raises(UnknownConnector, match=r"no connector is called near; there are: ours, theirs\. Correct"):
        Elsewhere(["ours", "near"]).check(["theirs", "ours"])

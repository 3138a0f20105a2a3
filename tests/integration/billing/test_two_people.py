"""Where the legal entity asks for two people: one proposes, another one agrees to exactly that, and a changed draft is asked anew."""

import pytest

from billing.closing import NotClosed, close


@pytest.fixture
def acting(operator, monkeypatch):
    """`acting("maha")`: whoever acts from now on."""
    operator.sql("update account.legal_entity set approvals = 'two_people'")

    def act(name: str) -> None:
        monkeypatch.setenv("OUTBOUND_ACTOR", name)

    act("maha")
    return act


def approvals(operator) -> list[tuple]:
    return operator.sql("select action, proposed_by, approved_by from billing.approval order by approval_id")


def test_a_refund_that_has_come_to_other_money_is_asked_anew(operator, acting):
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")
    words = ("refund", "--account", "nile", "--units", 500, "--reason", "leaves")
    assert "receivable -57.00" in operator.run(*words).error
    assert "proposed by maha" in operator.run(*words).error  # the same person is not a second one
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.08")  # re-rates all that remains
    acting("omar")
    changed = operator.run(*words).error
    assert "proposed by omar" in changed
    assert "receivable -45.60" in changed  # 500 x 0.08 and its VAT
    assert operator.sql("select count(*) from account.adjustment") == [(0,)]
    acting("maha")
    assert operator.does(*words)["credit_notes"][0]["total"] == "45.60"
    assert approvals(operator) == [("refund", "maha", None), ("refund", "omar", "maha")]


def test_a_credit_and_a_void_take_two_as_well(operator, acting):
    label = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")["invoice"]
    words = ("void", label, "--reason", "wrong name", "--undelivered")
    assert operator.run(*words).status == 1
    assert operator.sql("select count(*) from billing.void") == [(0,)]
    acting("omar")
    assert operator.does(*words)["state"] == "void"


def test_a_dry_run_asks_nobody(operator, acting):
    assert operator.does("grant", "--account", "nile", "--units", 5, "--reason", "x", "--dry-run")["says"]
    assert approvals(operator) == []


def test_a_month_that_has_come_to_other_figures_is_asked_anew(operator, acting):
    """A second usage of the month comes in between the one's word and the other's."""
    used = {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 100, "zone": "EG"}
    operator.loads(used, account="delta")
    with pytest.raises(NotClosed, match=r"2024-03 lines 1 net 10\.05 vat 1\.41: proposed by maha"):
        close("2024-03")
    operator.loads(used | {"id": "U-2"}, account="delta")
    acting("omar")
    with pytest.raises(NotClosed, match=r"2024-03 lines 1 net 20\.10 vat 2\.81: proposed by omar"):
        close("2024-03")
    assert operator.sql("select count(*) from billing.closed_period") == [(0,)]
    acting("maha")
    assert [str(row["net"]) for row in close("2024-03")] == ["20.10"]

    refused = operator.run("issue", "2024-03").error
    assert "issue delta 2024-03: EGP 20.10 + VAT 2.81: proposed by maha" in refused
    assert operator.sql("select count(*) from billing.document_counter") == [(0,)]
    acting("omar")
    assert [row["total"] for row in operator.does("issue", "2024-03")["issued"]] == ["22.91"]
    assert operator.sql("select actor, action from account.audit where action in ('close-month', 'issue')") == [
        ("maha", "close-month"),
        ("omar", "issue"),
    ]


def test_what_waits_of_several_accounts_is_told_a_line_each(operator, acting):
    used = {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 100, "zone": "EG"}
    operator.loads(used | {"account": "delta"}, used | {"account": "nile"})
    with pytest.raises(NotClosed) as waits:
        close("2024-03")
    first, delta, nile = str(waits.value).splitlines()
    assert first == "2024-03 waits for a second person."
    assert delta.startswith("close-month delta 2024-03 lines 1 net 10.05 vat 1.41: proposed by maha")
    assert nile.startswith("close-month nile 2024-03 nothing: proposed by maha")

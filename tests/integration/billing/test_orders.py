"""What a person records for a prepaid account: said beforehand, done at once, audited, refused where it is wrong."""

from decimal import Decimal

from tests.integration.billing.operator_at_work import SETUP

BOUGHT = {"type": "purchase", "id": "PO-1", "at": "2020-03-15T10:00:00+02:00", "units": 10_000, "rate": "0.10"}


def posts(result: dict) -> dict[str, str]:
    return {row["on"]: row["amount"] for row in result["posts"]}


def lots(result: dict) -> list[tuple[int, str]]:
    return [(row["units"], row["rate"].rstrip("0")) for row in result["lots"]]


def test_a_purchase_is_invoiced_at_once(operator):
    bought = operator.does("purchase", "--account", "nile", "--units", 10_000, "--rate", "0.10", "--id", "PO-1")
    assert (bought["net"], bought["vat"], bought["total"]) == ("1000.00", "140.00", "1140.00")
    assert posts(bought) == {"receivable": "1140.00", "deferred_revenue": "1000.00", "vat": "140.00"}
    assert operator.sql("select kind, total from billing.invoice") == [("purchase", Decimal("1140.00"))]
    assert operator.sql(
        "select action, object from account.audit where action in ('issue', 'purchase') order by 1"
    ) == [
        ("issue", bought["invoice"]),
        ("purchase", "PO-1"),
    ]


def test_a_dry_run_says_the_same_and_changes_nothing(operator):
    operator.does("purchase", "--account", "nile", "--units", 9_000, "--rate", "0.10")
    words = ("purchase", "--account", "nile", "--units", 10_000, "--rate", "0.08", "--id", "PO-2")
    said, done = operator.does(*words, "--dry-run"), operator.does(*words)
    assert said["dry_run"]
    for result in (said, done):
        assert lots(result) == [(19_000, "0.08")]
        assert posts(result)["revaluation_gain"] == "180.00"
        assert (result["extended_units"], result["invoice"][-6:]) == (9_000, "000002")
    assert operator.sql("select count(*) from account.purchase") == [(2,)]


def test_an_order_is_recorded_once(operator):
    operator.does("purchase", "--account", "nile", "--units", 10, "--id", "PO-1")
    again = operator.run("purchase", "--account", "nile", "--units", 10, "--id", "PO-1")
    assert (again.status, "the id PO-1 already" in again.error) == (1, True)
    assert operator.sql("select count(*) from billing.invoice") == [(1,)]


def test_a_refund_pays_back_what_was_paid_and_credits_its_invoice(operator):
    operator.does("grant", "--account", "nile", "--units", 1_000, "--reason", "outage")
    bought = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")
    refund = operator.does("refund", "--account", "nile", "--units", 2_000, "--reason", "leaves")
    assert [(note["net"], note["vat"]) for note in refund["credit_notes"]] == [("100.00", "14.00")]
    assert posts(refund) == {
        "receivable": "-114.00", "deferred_revenue": "-200.00", "vat": "-14.00", "revaluation_gain": "100.00",
    }  # fmt: skip
    assert refund["lots"] == []
    assert operator.sql("select i.label from billing.credit_note join billing.invoice i using (invoice_id)") == [
        (bought["invoice"],)
    ]


def test_a_refund_above_the_paid_units_is_refused(operator):
    operator.does("purchase", "--account", "nile", "--units", 100, "--rate", "0.10")
    operator.does("grant", "--account", "nile", "--units", 50, "--reason", "outage")
    answer = operator.run("refund", "--account", "nile", "--units", 101, "--reason", "x")
    assert "has 100 paid units left: a refund of 101 is refused" in answer.error
    assert operator.sql("select kind from account.adjustment") == [("grant",)]


def test_what_takes_a_reason_takes_no_empty_one(operator):
    for words in (
        ("grant", "--account", "nile", "--units", 50),
        ("refund", "--account", "nile", "--units", 50),
        ("reverse", "U-1", "--account", "nile"),
        ("void", "2026-000001"),
        ("credit", "2026-000001", "--line", 1, "--net", "1.00"),
        ("credit", "2026-000001", "--line", 1, "--net", "1.00", "--class", "sla"),
    ):
        assert "give a --reason" in operator.run(*words, "--reason", " ").error
    assert operator.sql("select from account.adjustment") == []


def test_a_usage_is_reversed_once(operator):
    operator.does("purchase", "--account", "nile", "--units", 100, "--rate", "0.10")
    used = {
        "type": "usage",
        "id": "U-1",
        "at": operator.sql("select now()")[0][0].isoformat(),
        "units": 40,
        "zone": "EG",
    }
    operator.loads(used, account="nile")
    words = ("reverse", "U-1", "--account", "nile", "--reason", "wrong list")
    done = operator.does(*words)
    assert (posts(done), lots(done)) == ({"deferred_revenue": "4.00", "usage_revenue": "-4.00"}, [(100, "0.1")])
    assert "is given back already" in operator.run(*words).error
    assert "has no usage 'U-2'" in operator.run("reverse", "U-2", "--account", "nile", "--reason", "x").error


def test_a_postpaid_account_has_no_units(operator):
    for words in (("purchase",), ("grant", "--reason", "x"), ("refund", "--reason", "x")):
        answer = operator.run(*words, "--account", "delta", "--units", 1)
        assert "account delta is postpaid, not prepaid" in answer.error


def test_a_payment_names_an_invoice_of_its_own_account(operator):
    label = operator.does("purchase", "--account", "nile", "--units", 100)["invoice"]
    paid = operator.does("payment", "--account", "nile", "--amount", "13.68", "--invoice", label)
    assert posts(paid) == {"bank": "13.68", "receivable": "-13.68"}
    assert (
        f"account delta has no invoice {label}"
        in operator.run("payment", "--account", "delta", "--amount", 1, "--invoice", label).error
    )
    assert "at most 2 digits" in operator.run("payment", "--account", "nile", "--amount", "0.001").error


def test_tax_withheld_frees_the_credit_limit_like_money(operator):
    """100.57 brought along fill a limit of 100.57; 90.00 and 10.57 withheld free it: 877 segments of 0.1005 with VAT."""
    operator.applies(SETUP.replace("name: delta\n", 'name: delta\n    credit_limit: "100.57"\n'))
    opened = {"type": "opening", "id": "start", "at": "2020-01-01T00:00:00Z", "receivable": "100.57"}
    assert operator.loads(opened, account="delta").status == 0
    credit = "select billing.credit_units(account_id, now()) from account.account where name = 'delta'"
    assert operator.sql(credit) == [(0,)]
    words = ("payment", "--account", "delta", "--amount", "90.00", "--withheld", "10.57")
    assert "with the number of its certificate" in operator.run(*words).error
    assert posts(operator.does(*words, "--certificate", "41/2026/118")) == {
        "bank": "90.00", "withholding_tax": "10.57", "receivable": "-100.57",
    }  # fmt: skip
    assert operator.sql(credit) == [(877,)]  # 100.57 / 0.11457 = 877.8


def test_a_certificate_that_comes_later_is_a_payment_of_its_own(operator):
    words = ("payment", "--account", "delta", "--withheld", "20.00", "--certificate", "41/2026/119")
    assert posts(operator.does(*words)) == {"withholding_tax": "20.00", "receivable": "-20.00"}
    assert "a payment is of something" in operator.run("payment", "--account", "delta").error


def test_two_people_give_goodwill_where_the_entity_says_so(operator, monkeypatch):
    operator.sql("update account.legal_entity set approvals = 'two_people'")
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "outage")
    monkeypatch.setenv("OUTBOUND_ACTOR", "maha@telecom.example")
    for _ in range(2):
        answer = operator.run(*words)
        assert "proposed by maha" in answer.error
        assert (
            "someone else than maha@telecom.example, staff of role finance or manager, has to run the same command"
            in answer.error
        )
    monkeypatch.setenv("OUTBOUND_ACTOR", "omar@telecom.example")
    assert operator.does(*words)["units"] == 5
    assert operator.sql("select proposed_by, approved_by from billing.approval") == [
        ("maha@telecom.example", "omar@telecom.example")
    ]
    assert operator.sql("select actor from account.audit where action = 'grant'") == [("omar@telecom.example",)]

"""`outbound notices` at the command line: set up by a file, looked at, listed by account, exported."""

import psycopg
import pytest

from billing.notices import recipients
from tests.integration.billing.operator_at_work import SETUP

WANTED = "    language: ar\n    notices: {low_balance: 500, expiry_days: []}\n    users: [{email: n@nile.example, name: N}]\n"


@pytest.fixture
def told(operator):
    """nile has bought 400 units and wants to be told below 500; delta is a customer with a limit that is used up."""
    setup = SETUP.replace("  - name: delta\n", WANTED + '  - name: delta\n    credit_limit: "0"\n')
    operator.applies(setup)
    operator.does("purchase", "--account", "nile", "--units", 400)
    assert operator.does("notices", "check")["raised"] == 2
    return operator


def test_a_look_that_is_repeated_raises_nothing_new(told):
    again = told.does("notices", "check")
    assert (again["accounts"], again["raised"], again["over"]) == (2, 0, 0)
    assert told.does("notices", "check", "--account", "delta")["accounts"] == 1


def test_the_list_shows_an_account_its_own(told):
    (notice,) = told.does("notices", "--account", "nile")["notices"]
    assert (notice["kind"], notice["subject"], notice["facts"]) == (
        "low_balance", "units", {"available": 400, "threshold": 500},
    )  # fmt: skip
    assert (notice["waiting"], notice["sent"], notice["over_at"]) == (1, 0, None)
    shown = told.run("notices").output
    assert "400 units can still be sent, fewer than the 500 that you wanted to be told at." in shown
    assert "1 waiting" in shown
    assert {row["account"] for row in told.does("notices")["notices"]} == {"nile", "delta"}
    assert "no account is called 'nil'" in told.run("notices", "--account", "nil").error


def test_without_a_mail_server_sending_says_so(told, monkeypatch):
    monkeypatch.delenv("OUTBOUND_SMTP_HOST", raising=False)
    figures = told.does("notices", "send")
    assert (figures["sent"], figures["waiting"], figures["mail"]) == (0, 1, "no mail server: set OUTBOUND_SMTP_HOST")


def test_notices_can_be_exported_by_account(told):
    rows = told.run("export", "billing.notices", "--account", "delta", "--format", "csv").output.splitlines()
    assert len(rows) == 2
    assert rows[0].lstrip("\ufeff").startswith("account,at,kind,subject,")
    assert rows[1].startswith("delta,")


def test_applying_the_same_file_again_changes_nothing(told):
    assert told.run("apply", told.folder / "setup.yaml").output == "nothing changed\n"


@pytest.mark.parametrize(
    "statement", ["update {} set account_id = account_id", "delete from {}", "truncate {} cascade"]
)
@pytest.mark.parametrize("table", ["billing.notice", "billing.notice_over"])
def test_what_was_told_stays(told, statement, table):
    import psycopg

    told.does("purchase", "--account", "nile", "--units", 400)
    assert told.does("notices", "check")["over"] == 1
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed or removed"):
        told.sql(statement.format(table))


def test_one_setting_is_the_language_of_notices_and_documents(told):
    with psycopg.connect(told.url) as connection:
        (account,) = connection.execute("select account_id from account.account where name = 'nile'").fetchone()
        assert recipients(connection, account, "low_balance").language == "ar"
    assert told.sql("select distinct buyer ->> 'language' from billing.particulars") == [("ar",)]

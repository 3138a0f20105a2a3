"""Invoices as files: what they say, that they come to the invoice, go out once, and are the same bytes whenever made."""

import csv
import gzip
import hashlib
import io
import json
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import psycopg
import pypdf
import pytest

from billing.documents import usage_file
from billing.documents.delivery import NotDelivered, deliver
from billing.documents.loading import find
from billing.voiding import void
from outbound import database
from outbound.landing.local import Local
from reports.catalogue import TABLES
from tests.integration.billing.test_issuing import month_invoice

SETUP = """
legal_entity:
  name: Example Telecom
  country: EG
  timezone: Africa/Cairo
  tax_id: "100-200-300"
  documents:
    name_ar: المثال للاتصالات
    address: {building: "12", street: Tahrir Street, city: Cairo, governorate: Cairo, postal_code: "11511"}
    activity_code: "6110"
    item_code: EG-100200300-SMS
  chart_of_accounts: {"1200": "121000", "1210": "121500"}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
accounts:
  - name: nile
    scheme: prepaid
    currency: EGP
    vat_rate: "0.14"
    rates: [{zone: EG, from: 2020-01-01, rate: "0.10"}]
    language: both
    documents:
      name: Nile Trading S.A.E.
      name_ar: شركة النيل للتجارة
      tax_id: "200-300-400"
      address: {building: "5", street: Corniche, city: Giza, governorate: Giza}
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    rates:
      - {zone: EG, from: 2020-01-01, rate: "0.1005"}
      - {zone: EG, from: 2020-01-01, from_unit: 101, rate: "0.0905"}
    minimum_monthly: "20"
    documents: {usage_file: segments}
"""
USAGE = [
    {
        "type": "usage",
        "id": f"U-{n}",
        "at": f"2024-03-{n:02}T10:00:00+02:00",
        "units": 33,
        "zone": "EG",
        "account": "delta",
    }
    for n in range(1, 5)
]


FINANCE = [name for name in TABLES if name.startswith(("finance.", "billing."))]


def results(operator, account: str) -> dict[str, bytes]:
    """What is in the account's results folder."""
    folder = Path(operator.sql("select landing from account.account where name = %s", account)[0][0])
    home = folder if folder.is_absolute() else operator.folder / "home" / folder
    return {path.name: path.read_bytes() for path in sorted((home / "results").iterdir())}


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def test_a_month_s_documents_come_to_its_invoice_and_go_out_once(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("close-month", "2024-03")
    (invoice,) = operator.does("issue", "2024-03")["issued"]
    assert (invoice["net"], invoice["vat"], invoice["total"]) == (
        "20.00",
        "2.81",
        "22.81",
    )  # 10.05 + 2.90 + 7.05; VAT 1.41 + 0.41 + 0.99
    label = invoice["invoice"]
    operator.applies(SETUP.replace("Example Telecom", "Renamed Telecom"))  # an issued document keeps its words
    operator.sql("update account.term set payment_days = 90")  # and its due day

    (told,) = operator.does("documents", "deliver")["delivered"]
    assert (told["account"], told["document"]) == ("delta", label)
    files = results(operator, "delta")
    assert sorted(files) == [f"invoice-{label}{end}" for end in ("-eta.json", "-usage.csv", ".pdf", ".xml")]
    said = text(files[f"invoice-{label}.pdf"])
    for words in ("Example Telecom", "100-200-300", label, "March 2024", "0.0905", "7.05", "EGP 22.81", "Page 1 / 1"):
        assert words in said, words
    (content_hash,) = operator.sql("select encode(content_hash, 'hex') from billing.invoice")[0]
    assert content_hash in said

    (due_day,) = operator.sql("select issue_day + 30 from billing.invoice")[0]
    assert f"Due on {due_day.day} {due_day:%B %Y}" in said
    assert f"<cbc:DueDate>{due_day}</cbc:DueDate>".encode() in files[f"invoice-{label}.xml"]
    assert json.loads(files[f"invoice-{label}-eta.json"])["payment"] == {"terms": f"Due on {due_day}"}

    rows = list(csv.DictReader(io.StringIO(files[f"invoice-{label}-usage.csv"].decode("utf-8-sig"))))
    assert [(row["line"], row["usage"], row["segments"], row["net"]) for row in rows] == [
        ("1", "U-1", "33", "3.32"),
        ("1", "U-2", "33", "3.31"),
        ("1", "U-3", "33", "3.32"),
        ("1", "U-4", "1", "0.10"),
        ("2", "U-4", "32", "2.90"),
        ("3", "", "0", "7.05"),
    ]
    assert sum(Decimal(row["net"]) for row in rows) == Decimal("20.00")

    assert operator.does("documents", "deliver")["delivered"] == []
    assert operator.sql("select step from billing.delivery order by step") == [("begun",), ("done",)]
    refused = operator.run("void", label, "--reason", "wrong rate")
    assert (refused.status, "has gone to its customer" in refused.error) == (1, True)

    operator.run("documents", "write", label, "-o", operator.folder / "again.pdf")
    assert (operator.folder / "again.pdf").read_bytes() == files[f"invoice-{label}.pdf"]

    with database.connect("billing") as connection:
        document = find(connection, label)
        whole = b"".join(usage_file.blocks(connection, document))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(usage_file, "LARGE", 100)
            assert usage_file.name(document) == f"invoice-{label}-usage.csv.gz"
            assert gzip.decompress(b"".join(usage_file.blocks(connection, document))) == whole
    assert whole == files[f"invoice-{label}-usage.csv"]

    journal = operator.does("journal", "2024-03", "-o", operator.folder / "journal.csv")
    before = (operator.folder / "journal.csv").read_bytes()
    assert (journal["journal_entries"], journal["debit"], journal["credit"]) == (1, "20.00", "20.00")
    assert [
        (row["journal"], row["code"], row["debit"], row["credit"])
        for row in csv.DictReader(io.StringIO(before.decode("utf-8-sig")))
    ] == [("2024-03-000001", "121500", "20.00", "0"), ("2024-03-000001", "4100", "0", "20.00")]
    operator.loads(USAGE[0] | {"id": "LATE", "units": 5})
    operator.does("build")
    operator.does("journal", "2024-03", "-o", operator.folder / "journal.csv")
    assert (operator.folder / "journal.csv").read_bytes() == before

    for table in FINANCE:
        for form in ("csv", "xlsx", "json"):
            path = operator.folder / f"{table}.{form}"
            answer = operator.run("export", table, "-o", path)
            assert (answer.status, path.stat().st_size > 0) == (0, True), (table, form)
    rows = list(csv.DictReader(io.StringIO((operator.folder / "finance.invoice_usage.csv").read_text())))
    assert [(row["usage"], row["from_unit"], row["quantity"]) for row in rows if row["month"] == "2024-03"] == [
        ("U-1", "1", "33"), ("U-2", "1", "33"), ("U-3", "1", "33"), ("U-4", "1", "1"), ("U-4", "101", "32"),
    ]  # fmt: skip


def buy(operator, units: int, rate: str) -> str:
    return operator.does("purchase", "--account", "nile", "--units", units, "--rate", rate)["invoice"]


def test_a_purchase_s_invoice_says_what_it_extends_in_both_languages(operator):
    operator.applies(SETUP)
    buy(operator, 4_000, "0.10")
    label = buy(operator, 5_000, "0.08")
    operator.does("documents", "deliver")
    files = results(operator, "nile")
    said = text(files[f"invoice-{label}.pdf"])
    (day,) = operator.sql(
        "select max(last_valid_day) from (select (effects ->> 'last_valid_day')::date as last_valid_day from billing.particulars) as told"
    )[0]
    assert f"extends 4,000 units to {day.day} {day:%B} {day.year}: 9,000 units at 0.08" in " ".join(said.split())
    assert "Page 1 / 1" in said
    reader = pypdf.PdfReader(io.BytesIO(files[f"invoice-{label}.pdf"]))
    assert len(reader.pages) == 2
    fonts = [str(font.get_object()["/BaseFont"]) for font in reader.pages[1]["/Resources"]["/Font"].values()]
    assert any("NotoSansArabic" in font for font in fonts)
    assert "EGP 456.00" in reader.pages[1].extract_text()

    einvoice = json.loads(files[f"invoice-{label}-eta.json"], parse_float=Decimal)
    (line,) = einvoice["invoiceLines"]
    assert (line["quantity"], line["unitValue"]["amountEGP"], line["salesTotal"]) == (5_000, Decimal("0.08"), 400)
    assert (line["taxableItems"], einvoice["totalAmount"]) == (
        [{"taxType": "T1", "amount": 56, "subType": "V009", "rate": 14}],
        456,
    )
    assert (einvoice["issuer"]["id"], einvoice["receiver"]["id"]) == ("100200300", "200300400")


def test_a_refund_s_credit_note_waits_for_the_invoice_s_uuid(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    (note,) = operator.does("refund", "--account", "nile", "--units", 400, "--reason", "too many")["credit_notes"]
    folder = operator.folder / "authority"
    first, second = operator.does("einvoice", "export", folder)["documents"]
    assert (first["document"], first["waits_for"]) == (label, None)
    assert [first["file"], first["signed_text"]] == [str(folder / f"{label}.json"), str(folder / f"{label}.txt")]
    assert sorted(str(path) for path in folder.iterdir()) == [first["file"], first["signed_text"]]
    assert (second["file"], second["signed_text"]) == (None, None)
    assert (second["document"], f"UUID of invoice {label} is not recorded" in second["waits_for"]) == (
        note["credit_note"], True,
    )  # fmt: skip
    operator.does("einvoice", "record", label, "--uuid", "42S512YACQBRSRHYKBXBTGQG22", "--status", "valid")
    (only,) = operator.does("einvoice", "export", folder)["documents"]
    made = json.loads((folder / f"{only['document']}.json").read_text(), parse_float=Decimal)
    assert (made["documentType"], made["references"], made["totalAmount"]) == (
        "c", ["42S512YACQBRSRHYKBXBTGQG22"], Decimal("45.6"),
    )  # fmt: skip
    (listed, _) = operator.does("documents", "list")["documents"]
    assert (listed["document"], listed["tax_status"]) == (label, "valid")


def test_a_void_invoice_never_goes_out_and_its_page_says_so(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    operator.does("void", label, "--reason", "wrong customer")
    assert operator.does("documents", "deliver")["delivered"] == []
    operator.run("documents", "write", label, "-o", operator.folder / "void.pdf")
    said = text((operator.folder / "void.pdf").read_bytes())
    assert "VOID" in said
    assert "This invoice is void: wrong customer" in said


def test_a_delivery_that_was_cut_short_is_repeated_with_the_same_bytes(operator, monkeypatch):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    written: list[tuple[str, bytes]] = []
    put = Local.write

    def cut_short(self, folder, name, blocks):
        whole = b"".join(blocks)
        written.append((name, whole))
        if name.endswith(".pdf") and len(written) == 3:
            raise OSError(28, "No space left on device")
        put(self, folder, name, [whole])

    monkeypatch.setattr(Local, "write", cut_short)
    with pytest.raises(NotDelivered, match=r"nile: .*No space left"):
        deliver()
    assert operator.sql("select step from billing.delivery") == [("begun",)]
    assert "has gone to its customer" in operator.run("void", label, "--reason", "x").error
    assert [row["document"] for row in deliver()] == [label]
    assert written[3:] == written[:3]
    assert results(operator, "nile") == dict(written[:3])


def test_what_the_database_refuses_one_account_keeps_no_other_waiting(operator, caplog):
    """Accounts come by name: it is delta, the first one, that is refused."""
    operator.applies(SETUP.replace("usage_file: segments", "usage_file: none"))
    month_invoice(operator, "10.05")
    label = buy(operator, 1_000, "0.10")
    operator.sql("""
        create function public.refuse() returns trigger language plpgsql as $$
        begin
            raise integrity_constraint_violation using message = 'secret row';
        end $$
    """)
    operator.sql("""
        create trigger refuse_one before insert on billing.delivery for each row
        when (new.account_id = 2) execute function public.refuse()
    """)
    assert operator.sql("select name from account.account where account_id = 2") == [("delta",)]
    with pytest.raises(
        NotDelivered, match=r"1 documents .* 1 accounts not. delta: .*IntegrityConstraintViolation"
    ) as said:
        deliver()
    logged = "".join(f"{record.getMessage()}{record.__dict__.get('fields')}" for record in caplog.records)
    assert "IntegrityConstraintViolation" in logged
    assert "secret" not in logged + str(said.value)
    assert sorted(results(operator, "nile")) == [f"invoice-{label}{end}" for end in ("-eta.json", ".pdf", ".xml")]


def test_a_delivery_is_recorded_by_its_functions_only_and_ends_once_it_has_begun(operator):
    operator.applies(SETUP)
    buy(operator, 1_000, "0.10")
    (invoice,) = operator.sql("select invoice_id from billing.invoice")[0]
    with database.connect("billing", autocommit=True) as role:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute(
                "insert into billing.delivery (kind, document_id, step, account_id, actor)"
                " select 'invoice', invoice_id, 'begun', account_id, 'x' from billing.invoice"
            )
        ends = "select billing.end_delivery('invoice', %s, 'x', '{}')"
        assert role.execute(ends, [invoice]).fetchone() == (False,)
        assert role.execute("select billing.begin_delivery('invoice', %s, 'x')", [invoice]).fetchone() == (True,)
        assert [role.execute(ends, [invoice]).fetchone() for _ in range(2)] == [(True,), (False,)]
    for other in ("ingest", "dispatch", "dbt", "reporting", "operator", "web"):
        with database.connect(other) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute("select billing.begin_delivery('invoice', %s, 'x')", [invoice])


KILLED_AT_ITS_SECOND_FILE = """
import os, signal
from billing.documents.delivery import deliver
from outbound.landing.local import Local
put = Local.write
def write(zone, folder, name, blocks):
    if name.endswith(".pdf"):
        os.kill(os.getpid(), signal.SIGKILL)
    put(zone, folder, name, blocks)
Local.write = write
deliver()
"""


def test_a_delivery_that_was_killed_is_made_up_for_by_the_next(operator):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_ITS_SECOND_FILE], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = results(operator, "nile")
    assert sorted(left) == [f"invoice-{label}-eta.json", f"invoice-{label}.xml"]
    assert [row["document"] for row in operator.does("documents", "deliver")["delivered"]] == [label]
    files = results(operator, "nile")
    assert {name: files[name] for name in left} == left
    (recorded,) = operator.sql("select files from billing.delivery where step = 'done'")[0]
    assert recorded == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_whoever_delivers_waits_for_whoever_voids(operator, ends):
    """Under the lock of the series it is one or the other, never both (CHARGING 29)."""
    operator.applies(SETUP)
    buy(operator, 1_000, "0.10")
    begins = "select billing.begin_delivery('invoice', invoice_id, 'test') from billing.invoice"
    with psycopg.connect(operator.url) as voiding, ThreadPoolExecutor(1) as pool:
        voiding.execute("select billing.void_invoice(invoice_id, 'test', 'x') from billing.invoice")
        delivering = pool.submit(operator.sql, begins)
        waits = "select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while not operator.sql(waits):
            assert not delivering.done()
        getattr(voiding, ends)()
        assert delivering.result() == [(ends == "rollback",)]
    assert len(operator.sql("select step from billing.delivery")) == (ends == "rollback")


@pytest.mark.parametrize("table", ["particulars", "delivery", "tax_submission"])
def test_what_became_of_a_document_is_only_ever_added_to(operator, table):
    operator.applies(SETUP)
    label = buy(operator, 1_000, "0.10")
    operator.does("documents", "deliver")
    operator.does("einvoice", "record", label, "--uuid", "A-1", "--status", "submitted")
    for statement in (
        f"update billing.{table} set account_id = account_id",
        f"delete from billing.{table}",
        f"truncate billing.{table}",
    ):
        with pytest.raises(Exception, match="never changed"):
            operator.sql(statement)


TWO_SENDERS = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
connectors: [{name: main, host: 127.0.0.1, system_id: x, password: p, routes: ["20"]}]
accounts:
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    rates: [{zone: EG, from: 2020-01-01, rate: "0.1005"}]
    documents: {usage_file: segments}
  - name: gamma
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    tier_mode: volume
    rates: [{zone: EG, from: 2020-01-01, rate: "0.3"}, {zone: EG, from: 2020-01-01, from_unit: 5, rate: "0.2"}]
"""
SENT = """
    update account.account set created_at = '2024-03-01 10:00Z';
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now() from account.account;
    insert into intake.campaign (
            campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at, accepted_at)
        select account_id + 16, account_id, file_id, 'completed', 'eid', 'X', 3, 3, 6, now(), now() from intake.file;
    select dispatch.ensure_message_partition(campaign_id) from intake.campaign;
    select dispatch.ensure_days('2024-03-10', '2024-03-11');
    insert into dispatch.message (
            campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
        select campaign_id, n, account_id, n + 1, 201001234500 + account_id * 10 + n, 'Hello', 'gsm', 2,
            (select network_id from network.network), 'EG'
        from intake.campaign, generate_series(1, 3) as n;
    insert into dispatch.submission (
            account_id, campaign_id, ordinal, segment, attempt, state, command_status, carrier_message_id, sent_at,
            answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, ordinal, segment, 1, 'accepted', 0, 'c' || ordinal || segment,
            case when ordinal < 3 then '2024-03-10T10:00:00Z'::timestamptz else '2024-03-10T22:30:00Z' end, now(), 1, 1,
            connector_id, 1, 1, 1, message.network_id, 'EG'
        from dispatch.message, generate_series(1, 2) as segment, dispatch.connector;
"""


def test_numbers_go_out_only_to_the_account_whose_they_are_and_only_where_it_asks(operator):
    operator.applies(TWO_SENDERS)
    for statement in SENT.split(";\n"):
        if statement.strip():
            operator.sql(statement)
    operator.does("close-month", "2024-03")
    issued = operator.does("issue", "2024-03")["issued"]
    assert [(row["account"], row["net"]) for row in issued] == [("delta", "0.60"), ("gamma", "1.20")]
    operator.does("documents", "deliver")
    files = {account: results(operator, account) for account in ("delta", "gamma")}
    usage = {
        account: next(content for name, content in found.items() if name.endswith("-usage.csv")).decode("utf-8-sig")
        for account, found in files.items()
    }
    numbers = "select account.name, msisdn::text from dispatch.message join account.account using (account_id) order by ordinal"
    sent = operator.sql(numbers)
    own = [number for account, number in sent if account == "delta"]
    rows = list(csv.DictReader(io.StringIO(usage["delta"])))
    assert [row["msisdn"] for row in rows] == [own[0], own[0], own[1], own[1], own[2], own[2]]
    assert [row["net"] for row in rows] == ["0.10", "0.10", "0.10", "0.10", "0.10", "0.10"]
    days = list(csv.DictReader(io.StringIO(usage["gamma"])))
    assert [(row["day"], row["rate"], row["segments"], row["net"]) for row in days] == [
        ("2024-03-10", "0.200000", "4", "0.80"),
        ("2024-03-11", "0.200000", "2", "0.40"),  # half past midnight in Cairo
    ]
    assert [number for _, number in sent if number in usage["gamma"]] == []
    assert [account for account, number in sent if number in usage["delta"]] == ["delta"] * 3
    assert not any(name.endswith("-eta.json") for found in files.values() for name in found)  # it has no activity code


def test_an_invoice_whose_usage_the_marts_no_longer_have_does_not_go_out_and_can_be_void(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("close-month", "2024-03")
    (invoice,) = operator.does("issue", "2024-03")["issued"]
    operator.sql("delete from intermediate.int_past_charges where message_key in ('U-1', 'U-2')")
    refused = operator.run("documents", "deliver")
    assert refused.status == 1
    assert f"invoice {invoice['invoice']}, line 1: it bills 100 segments for 10.05, and the marts have" in refused.error
    assert operator.sql("select * from billing.delivery") == []
    assert results(operator, "delta") == {}
    assert void(invoice["invoice"], "the usage is being looked at", rebuild=False)["state"] == "void"


def test_a_usage_file_of_many_rows_takes_the_memory_of_few(operator):
    operator.applies(SETUP)
    rows = 110_000
    operator.sql(f"""
        create table finance.invoice_usage as
        select account_id, date '2026-05-01' as month_start, 7::bigint as campaign, '7:' || n || ':1' as usage, 1 as segment,
            '2024-05-02 10:00Z'::timestamptz as sent_at, date '2024-05-02' as sent_day, false as is_late, 'EG' as zone,
            date '2020-01-01' as card_from, 1::bigint as from_unit, 0.1005::numeric as rate, 1::bigint as quantity,
            n::bigint as ordinal_in_month, n as ordinal
        from account.account, generate_series(1, {rows}) as n
        where name = 'delta'
    """)
    operator.sql("grant select on finance.invoice_usage to outbound_billing")
    label = month_invoice(operator, "11055.00", quantity=rows)
    with database.connect("billing") as connection:
        document = find(connection, label)
        tracemalloc.start()
        largest = max(len(block) for block in usage_file.blocks(connection, document))  # all rows come to the line
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert usage_file.name(document).endswith(".csv.gz")
    assert largest < 1_000_000
    assert peak < 12_000_000


def test_a_journal_is_refused_while_an_account_can_still_change_it(operator):
    operator.applies(SETUP)
    operator.loads(*USAGE)
    operator.does("build")
    refused = operator.run("journal", "2024-03", "-o", operator.folder / "journal.csv")
    assert (refused.status, "is still open for delta" in refused.error) == (1, True)
    assert list(operator.folder.glob("*journal.csv*")) == []

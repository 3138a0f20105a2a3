"""A customer looks at the balance, tries a purchase before buying, and opens an invoice."""

import io

from pypdf import PdfReader


def test_before_buying_it_says_what_extends_and_what_does_not(visiting):
    nadia = visiting("nadia@nile.example")
    page = nadia.go("/balance")
    assert "386" in page.inner_text("table")
    for units, said in (
        ("1000", "386 left + 1,000 bought → all at 0.10 EGP until"),
        ("100", "the 386 that are left stay as they are and are not extended"),
    ):
        page.fill("#units", units)
        page.click("text=Show what happens")
        page.wait_for_url("**units=" + units)
        assert said in page.inner_text("main")
    assert "Buy at least 386 to extend all of it." in page.inner_text("main")
    page.fill("#units", "many")
    page.click("text=Show what happens")
    page.wait_for_url("**units=many")
    assert "many" in page.inner_text("[role=alert]")


def test_the_invoice_of_a_purchase_opens_as_a_pdf(visiting, stage):
    nadia = visiting("nadia@nile.example")
    label = stage.value("select label from billing.invoice")
    page = nadia.go("/invoices")
    assert label in page.inner_text("table")
    answer = nadia.page.request.get(f"{stage.url}/invoices/{label}/pdf")
    assert label in PdfReader(io.BytesIO(answer.body())).pages[0].extract_text()
    assert nadia.page.request.get(f"{stage.url}/invoices/2026-999999/pdf").status == 404
    assert "57.00 EGP" in nadia.go("/statement").inner_text("table")


def test_a_number_is_in_the_base_or_is_not(visiting):
    nadia = visiting("nadia@nile.example")
    said = {}
    for number in ("201001000000", "+20 100 100 0010", "201101000000", "nobody"):
        page = nadia.go("/base")
        page.fill("#number", number)
        page.click("text=Look")
        said[number] = page.inner_text("p[role=status]")
    assert [line.split(":")[0].split(",")[0] for line in said.values()] == [
        "It is in your base",
        "It is in your base",
        "It is not in your base",
        "It is not in your base",
    ]
    assert "has opted out" in said["201001000000"]
    assert "1 Jan 2026" in said["+20 100 100 0010"]


def test_lists_are_filtered_and_go_out_as_csv(visiting, stage):
    nadia = visiting("nadia@nile.example")
    page = nadia.go("/opt-outs")
    assert page.locator("tbody tr").count() == 2
    assert "2010•••••000" in page.inner_text("table")
    page.fill("#filter-number", "201001000001")
    with page.expect_navigation():
        page.click("text=Show")
    assert page.locator("tbody tr").count() == 1
    answer = nadia.page.request.get(page.url + "&format=csv")
    assert answer.text().splitlines()[1].split(",")[1:] == ["2010•••••001", "file", "optout.csv"]
    assert "NILOMETER" in nadia.go("/senders").inner_text("table")

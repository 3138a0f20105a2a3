"""A manager sees every account's figures and what one is made of; a customer sees their own and no other's."""

import re


def test_a_manager_goes_from_all_accounts_to_the_rows_behind_one_figure(visiting, stage):
    mona = visiting("manager@example.com")
    page = mona.go("/sla")
    assert {"nile", "delta"} <= set(page.inner_text("tbody").split())
    page.click("tbody a:has-text('nile')")
    page.wait_for_url("**/sla/nile?month=*")
    delivered, excluded = figures(page)["S7"][-2:]
    good, counted = stage.row("select good, counted from operations.sla where account = 'nile' and metric = 'S7'")
    assert (int(delivered), good) == (counted, counted)
    assert excluded  # what the carrier refused and what was not in use
    charts = page.locator(".chart:has(canvas)")
    assert charts.count() == 3
    assert page.locator(".chart-wait").count() == 0
    page.click("tr:has-text('S7') td a")
    page.wait_for_url("**/sla/nile/campaigns?month=*")
    assert page.locator("tbody tr").count() == 2


def figures(page):
    """metric -> the cells of its row."""
    rows = page.locator("table").first.locator("tbody tr").all_inner_texts()
    return {row.split()[0]: re.split(r"\t+", row) for row in rows}


def test_a_customer_is_led_to_their_own_figures(visiting):
    dina = visiting("dina@delta.example")
    page = dina.go("/sla")
    assert page.url.endswith("/sla/delta")
    assert "S14" in figures(page)
    assert dina.page.request.get(dina.stage.url + "/sla/nile").status == 404
    assert dina.page.request.get(dina.stage.url + "/sla/nile/campaigns").status == 404


def test_a_chart_has_its_figures_as_a_table(visiting):
    page = visiting("nadia@nile.example").go("/sla/nile")
    page.locator("summary").first.click()
    assert "submitted" in page.locator("details table").first.inner_text()

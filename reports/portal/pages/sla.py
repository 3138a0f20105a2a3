"""SLA: every account's figures at a glance for staff; an account's own, with what they are made of, for staff and customer."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import RowMapping

from outbound.queries import load
from reports.portal import charts
from reports.portal.access import Anyone, Reading
from reports.portal.charts import Chart
from reports.portal.language import Words
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_, tone
from reports.portal.visitor import CUSTOMERS, STAFF, Visitor

router = APIRouter()
MENU = [Entry(N_("SLA"), "/sla", (*CUSTOMERS, *STAFF))]
Q = load("portal/sla")

METRICS = {
    "S1": N_("Session availability"), "S2": N_("Acceptance"), "S3": N_("Submission success"), "S4": N_("Internal latency"),
    "S5": N_("Punctuality"), "S6": N_("Raw delivery"), "S7": N_("Adjusted delivery"), "S8": N_("Platform success"),
    "S9": N_("Handset latency"), "S10": N_("Receipt completeness"), "S11": N_("Receipt relay"), "S12": N_("No duplicates"),
    "S13": N_("File turnaround"), "S14": N_("Charging correctness"),
}  # fmt: skip
ERRORS = [
    Column("error", N_("Error")), Column("meaning", N_("Meaning")), Column("outcome", N_("Counts as"), "state"),
    Column("messages", N_("Messages"), "number"),
]  # fmt: skip
SESSIONS = [
    Column("bind_group", N_("Connector")), Column("minutes", N_("Minutes"), "number"),
    Column("missed", N_("Without an answer"), "number"), Column("announced", N_("Announced maintenance"), "number"),
]  # fmt: skip
CAMPAIGNS = Listing(
    name="sla-campaigns",
    query=Q.campaigns,
    columns=[
        Column("campaign", N_("Campaign")),
        Column("day", N_("Day"), "day"),
        Column("submitted", N_("Submitted"), "number"),
        Column("excluded", N_("Left out"), "number"),
        Column("counted", N_("Counted"), "number"),
        Column("delivered", N_("Delivered"), "number"),
        Column("share", N_("Share"), "percent"),
        Column("late", N_("Late"), "number"),
        Column("duplicates", N_("Twice"), "number"),
    ],
    key=["campaign"],
    empty=N_("No campaign was due in this month."),
)


@router.get("/sla")
def overview(request: Request, visitor: Anyone, reader: Reading) -> Response:
    """Staff see all accounts; a customer goes on to their own page."""
    if not visitor.is_staff:
        return RedirectResponse(f"/sla/{visitor.account}", 303)
    months, month = _months(request, reader)
    figures = reader.rows(Q.overview, {"month": month}) if month else []
    table: dict[str, dict[str, RowMapping]] = {}
    for figure in figures:
        table.setdefault(figure.account, {})[figure.metric] = figure
    return page(request, visitor, "sla_overview.html", months=months, month=month, table=table, metrics=METRICS)


@router.get("/sla/{account}")
def account(request: Request, visitor: Anyone, reader: Reading, account: str) -> Response:
    found = _found(reader, account)
    months, month = _months(request, reader)
    which = {**found, "month": month}
    figures = reader.rows(Q.figures, which) if month else []
    return page(
        request, visitor, "sla_account.html",
        account=account, months=months, month=month, figures=figures, metrics=METRICS,
        shown=_charts(reader, visitor, figures, which) if month else [],
        errors=reader.rows(Q.errors, which) if month else [], error_columns=ERRORS,
        sessions=reader.rows(Q.sessions, which) if month else [], session_columns=SESSIONS,
    )  # fmt: skip


@router.get("/sla/{account}/campaigns")
def campaigns(request: Request, visitor: Anyone, reader: Reading, account: str) -> Response:
    found = _found(reader, account)
    _, month = _months(request, reader)
    lead = N_("The rows behind the month's figures.")
    if month is None:
        return page(request, visitor, "list.html", list=None, title=N_("Campaigns"), lead=lead)
    return CAMPAIGNS.respond(
        request, reader, "list.html", {"account_id": found.account_id, "month": month}, title=N_("Campaigns"), lead=lead
    )


def _found(reader: Reader, account: str) -> RowMapping:
    """Its id and time zone, where the visitor may see the account: else 404."""
    found = reader.first(Q.account, {"account": account})
    if found is None:
        raise HTTPException(404)
    return found


def _months(request: Request, reader: Reader) -> tuple[list[str], str | None]:
    """Those with figures, and the one asked for, else the latest; none before the first build."""
    if not reader.is_built("operations.sla"):
        return [], None
    months = [row.month for row in reader.rows(Q.months)]
    asked = request.query_params.get("month")
    return months, asked if asked in months else (months[0] if months else None)


def _charts(reader: Reader, visitor: Visitor, figures: Sequence[RowMapping], which: dict[str, Any]) -> list[Chart]:
    words = Words(visitor.language)
    return [
        _waterfall(words, next((figure for figure in figures if figure.metric == "S7"), None)),
        _days(words, reader.rows(Q.days, which)),
        _heatmap(words, reader.rows(Q.hours, which)),
    ]


def _waterfall(words: Words, delivery: RowMapping | None) -> Chart:
    """From all that was looked at, less each exclusion, to what counts, and what of it was delivered."""
    title = str(words.gettext(N_("From submitted to what counts")))
    heads = [str(words.gettext(N_("Step"))), str(words.gettext(N_("Messages")))]
    if delivery is None or not delivery.counted + delivery.excluded:
        return Chart("waterfall", title, {}, heads, [])
    whole = delivery.counted + delivery.excluded
    steps, left = [(str(words.gettext(N_("submitted"))), 0, whole)], whole
    for name, count in sorted((delivery.exclusions or {}).items(), key=lambda pair: -pair[1]):
        left -= count
        steps.append((str(words.gettext(tone(name).words)), left, count))
    steps.append((str(words.gettext(N_("counted"))), 0, delivery.counted))
    steps.append((str(words.gettext(N_("delivered"))), 0, delivery.good))
    option = charts.bars(
        [name for name, _, _ in steps],
        {"below": [below for _, below, _ in steps], title: [count for _, _, count in steps]},
        stacked=True,
        legend={"show": False},
    )
    option["series"][0]["itemStyle"] = {"color": "transparent"}
    return Chart("waterfall", title, option, heads, [(name, count) for name, _, count in steps])


def _days(words: Words, rows: Sequence[RowMapping]) -> Chart:
    title = str(words.gettext(N_("Day by day")))
    shown = [(f"{row.day:%m-%d}", row.submitted, row.delivered) for row in rows]
    names = [str(words.gettext(name)) for name in (N_("submitted"), N_("delivered"))]
    series = {names[0]: [row[1] for row in shown], names[1]: [row[2] for row in shown]}
    option = charts.bars([row[0] for row in shown], series)
    return Chart("days", title, option, [str(words.gettext(N_("Day"))), *names], shown)


def _heatmap(words: Words, rows: Sequence[RowMapping]) -> Chart:
    title = str(words.gettext(N_("Delivered, by network and hour of the day")))
    networks = sorted({row.operator for row in rows})
    hours = [f"{hour:02}" for hour in range(24)]
    points = [
        (row.hour, networks.index(row.operator), round(100 * row.delivered / row.counted, 1) if row.counted else None)
        for row in rows
    ]
    heads = [str(words.gettext(name)) for name in (N_("Network"), N_("Hour"), N_("Share delivered, in percent"))]
    table = [(networks[down], hours[across], value) for across, down, value in points]
    return Chart("heatmap", title, charts.heatmap(hours, networks, points, 0, 100), heads, table)

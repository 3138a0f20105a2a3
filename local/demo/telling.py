"""The demo's summary: 80 columns that a person likes to read. Pure: what happened comes in, lines go out."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.demo import judging
from local.demo.told import Told

WORDS = {
    "NOT_IN_BASE": "not in base", "OPTED_OUT": "opted out", "unusable": "invalid", "DUPLICATE": "duplicate",
    "NOT_COVERED": "not covered", "MISSING_VALUE": "value missing",
}  # fmt: skip
# the demo's carrier says so of numbers nobody has, and of handsets that stayed off
OUTCOMES = {"recipient_invalid": "undeliverable", "handset_unavailable": "expired"}
WIDTH = 78


def summary(told: Told, results: Path) -> Iterator[str]:
    facts = told.facts
    assert facts is not None  # noqa: S101 - a run that has ended has them
    yield "OUTBOUND DEMO                       simulated carrier, no real SMS"
    yield "  ".join(f"{name} {seconds:.0f}s" for name, seconds in told.laps.items()) + f"  = {told.seconds:.0f}s"
    if told.recharge:
        yield f"batch {told.batch}: {told.recharge:,} units bought, which let go what the last batch left held"
    yield "FILES          rows accepted rejected segments delivered"
    yield from (_file(name, told) for name in told.drops)
    reasons = sum((judging.by_reason(ack) for ack in told.acks.values()), Counter[str]())
    said = [f"{WORDS.get(one, one)} {count:,}" for one, count in reasons.most_common()]
    yield from _flowing("REJECTED", f"{reasons.total():,}", said)
    outcomes = sum(facts.outcomes.values(), Counter[str]())
    yield from _flowing("OUTCOMES", f"{outcomes.total():,}", [_outcome(*one, told) for one in outcomes.most_common()])
    yield from _money(told)
    yield f"SLA  {'  '.join(_sla(*figure) for figure in facts.sla)}"
    yield "BOOKS"
    yield from (f" {'OK ' if finding.holds else 'NO '} {finding.says}" for finding in told.findings)
    yield f"LOOK {_near(results)}/eid-offer.csv.*.rejects.csv"
    yield "NEXT make up             the platform stays up and says where it is"
    yield "     outbound drop FILE  send your own (outbound drop --help)"
    yield "     make demo-kill      kill -9 mid-send, same books"


def _file(name: str, told: Told) -> str:
    ack, facts = told.acks[name], told.facts
    head = f" {name:<11}{told.drops[name].rows:>7,}"
    if ack["status"] in ("held", "rejected", "duplicate"):
        code = ack["codes"][0] if ack["codes"] else {"code": "nothing can be sent"}
        where = f"line {code['line']}: " if code.get("line") else ""
        word = "REFUSED" if ack["status"] == "rejected" else ack["status"].upper()
        said = f"{head}  {word:<8} {where}"
        detail = code.get("detail", "").split(";")[0] or code["code"]
        return said + (detail if len(said + detail) <= WIDTH else code["code"].lower().replace("_", " "))
    charged = facts.charged_by_campaign.get(ack["campaign_id"], 0) if facts else 0
    delivered = facts.outcomes.get(ack["campaign_id"], Counter())["delivered"] if facts else 0
    return f"{head} {ack['accepted']:>8,} {ack['rejected']:>8,} {charged:>8,} {delivered:>9,}"


def _outcome(outcome: str, count: int, told: Told) -> str:
    word = OUTCOMES.get(outcome, outcome.replace("_", " "))
    later = f" ({told.handsets_on:,} after the handset came on)" if outcome == "delivered" else ""
    return f"{word} {count:,}{later}"


def _money(told: Told) -> Iterator[str]:
    facts = told.facts
    assert facts is not None  # noqa: S101
    yield "MONEY"
    for account, remaining, rate, until in facts.lots:
        yield f" {account:<8}{remaining:>7,} SMS at {rate.normalize():f} until {until}; buy {remaining:,}+ to extend"
    for account, invoice, currency, total in facts.invoices:
        yield f" {account:<8}invoice {invoice} {total:>12,.2f} {currency}"


def _sla(metric: str, good: int, counted: int, settling: bool) -> str:
    if not counted:
        return f"{metric} no data"
    share = f"{100 * good / counted:.1f}".removesuffix(".0")
    return f"{metric} {share}%" + (" settling" if settling else "")


def _flowing(title: str, total: str, said: list[str]) -> Iterator[str]:
    """Phrases behind a title, as many as fit on each line."""
    line = f"{title} {total:>7}"
    indent = " " * (len(line) + 2)
    for phrase in said:
        if len(line) + 2 + len(phrase) > WIDTH:
            yield line
            line = indent + phrase
        else:
            line += ("  " if line.strip() else "") + phrase
    yield line


def _near(path: Path) -> Path:
    """Below the folder that the person stands in, where it is."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def data(told: Told) -> dict[str, Any]:
    """The same for a program."""
    facts = told.facts
    assert facts is not None  # noqa: S101
    campaigns = {
        name: {
            **{key: told.acks[name][key] for key in ("status", "accepted", "rejected", "reasons", "segments", "codes")},
            "charged": facts.charged_by_campaign.get(told.acks[name]["campaign_id"], 0),
            "outcomes": facts.outcomes.get(told.acks[name]["campaign_id"], {}),
        }
        for name in told.drops
    }
    whole = {
        "agrees": told.agrees,
        "batch": told.batch,
        "seconds": round(told.seconds, 1),
        "steps": {name: round(seconds, 1) for name, seconds in told.laps.items()},
        "campaigns": campaigns,
        "books": [{"holds": finding.holds, "says": finding.says} for finding in told.findings],
        "lots": facts.lots,
        "invoices": facts.invoices,
        "sla": facts.sla,
    }
    read: dict[str, Any] = json.loads(json.dumps(whole, default=str))
    return read

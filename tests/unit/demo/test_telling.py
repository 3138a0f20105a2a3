"""The summary: what happened, in 80 columns."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from local.demo import telling
from local.demo.campaigns import Drop
from local.demo.facts import Facts
from local.demo.judging import Finding
from local.demo.told import Told

TOLD = Told(
    batch=1,
    drops={
        name: Drop("nile", "campaign", f"{name}.csv", b"", rows)
        for name, rows in (("eid-offer", 8_000), ("broken", 500), ("too-large", 1_500))
    },
    acks={
        "eid-offer": {
            "campaign_id": 7, "status": "partial", "accepted": 7_412, "rejected": 588, "segments": 14_824, "codes": [],
            "reasons": {"NOT_IN_BASE": 500, "NOT_MOBILE": 50, "NUMBER_INVALID": 38},
        },
        "broken": {
            "campaign_id": None, "status": "rejected", "accepted": 0, "rejected": 0, "segments": 0, "reasons": {},
            "codes": [{"code": "UNCLOSED_QUOTE", "detail": "a quote that opens a field is never closed", "line": 312}],
        },
        "too-large": {
            "campaign_id": 8, "status": "held", "accepted": 1_500, "rejected": 0, "segments": 3_000, "reasons": {},
            "codes": [{"code": "NO_BALANCE", "detail": "needs 3000 segments, has 2176; a recharge releases it"}],
        },
    },
    findings=[Finding(True, "segments: carrier 14,824 = logged 14,824 = charged 14,824")],
    facts=Facts(
        logged=14_824, logged_once=14_824, unsettled=0, charged=14_824,
        charged_by_campaign={7: 14_824},
        outcomes={7: Counter(delivered=7_115, recipient_invalid=148, handset_unavailable=149)},
        lots=[("nile", 2_176, Decimal("0.080000"), date(2027, 10, 12))],
        invoices=[("delta", "2026-000041", "EGP", Decimal("12198.00"))],
        sla=[("S3", 7_412, 7_412, False), ("S6", 7_115, 7_412, True)],
    ),
    handsets_on=222,
    laps={"setup": 12.0, "start": 9.0},
    seconds=21.0,
)  # fmt: skip


def test_it_is_what_the_readme_shows():
    assert list(telling.summary(TOLD, Path("results"))) == [
        "OUTBOUND DEMO                       simulated carrier, no real SMS",
        "setup 12s  start 9s  = 21s",
        "FILES          rows accepted rejected segments delivered",
        " eid-offer    8,000    7,412      588   14,824     7,115",
        " broken         500  REFUSED  line 312: unclosed quote",
        " too-large    1,500  HELD     needs 3000 segments, has 2176",
        "REJECTED     588  not in base 500  invalid 88",
        "OUTCOMES   7,412  delivered 7,115 (222 after the handset came on)  expired 149",
        "                  undeliverable 148",
        "MONEY",
        " nile      2,176 SMS at 0.08 until 2027-10-12; buy 2,176+ to extend",
        " delta   invoice 2026-000041    12,198.00 EGP",
        "SLA  S3 100%  S6 96% settling",
        "BOOKS",
        " OK  segments: carrier 14,824 = logged 14,824 = charged 14,824",
        "LOOK results/eid-offer.csv.*.rejects.csv",
        "NEXT make up             the platform stays up and says where it is",
        "     outbound drop FILE  send your own (outbound drop --help)",
        "     make demo-kill      kill -9 mid-send, same books",
    ]


def test_no_line_is_wider_than_a_terminal():
    assert max(map(len, telling.summary(TOLD, Path("results")))) < 80


def test_a_program_reads_the_same():
    said = telling.data(TOLD)
    assert said["agrees"] is True
    assert said["campaigns"]["eid-offer"]["charged"] == 14_824
    assert said["campaigns"]["too-large"]["status"] == "held"

"""`make exhaustive`: the vector kernel against its definition, for all regions and countries.

A million messy strings over all regions, and the neighbours of every edge of every interval of every plan, compiled
anew. Prints how many there were and the first differences; ends with 1 if there is one.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from phonenumbers import SUPPORTED_REGIONS

from recipients.numbering import plan
from recipients.reason import REASONS
from tests.exhaustive import compare
from tests.exhaustive.compare import Report

SHOWN = 20


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.exhaustive", description=__doc__)
    options.add_argument("--strings", type=int, default=1_000_000, help="messy ones over all regions")
    options.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th of the edges' strings")
    options.add_argument("--regions", metavar="EG,US", help="only these, and their countries")
    options.add_argument("--seed", default=str(random.randrange(1 << 40)))
    options.add_argument("--processes", type=int, default=os.cpu_count())
    chosen = options.parse_args()
    regions = sorted(chosen.regions.split(",") if chosen.regions else SUPPORTED_REGIONS)
    for name in regions:
        plan.check(name)
    codes = sorted({plan.country_of(name) for name in regions}) if chosen.regions else plan.all_countries()
    print(f"{len(regions)} regions, {len(codes)} countries' codes, seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="outbound-exhaustive-") as home:
        os.environ["OUTBOUND_HOME"] = home  # no plan that was compiled before
        with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
            strings = -(-chosen.strings // len(regions))
            parts = [pool.submit(compare.region, name, chosen.seed, strings, chosen.every) for name in regions]
            parts += [pool.submit(compare.country, code, chosen.every) for code in codes]
            return _told(part.result() for part in _with_progress(parts))


def _with_progress(parts: list) -> Iterator:
    began = time.monotonic()
    for done, part in enumerate(as_completed(parts), 1):
        yield part
        end = "\n" if done == len(parts) else ""
        print(f"\r{done} of {len(parts)} plans, {time.monotonic() - began:.0f} s", end=end, file=sys.stderr, flush=True)


def _told(reports: Iterator[Report]) -> int:
    verdicts: Counter[int] = Counter()
    differences = []
    for report in reports:
        verdicts += report.verdicts
        differences += report.differences
    for code, count in sorted(verdicts.items()):
        print(f"{'mobile' if code == 0 else REASONS[code - 1]:18} {count:>11,}")
    print(f"{'strings':18} {verdicts.total():>11,}")
    print(f"{'differences':18} {len(differences):>11,}")
    for difference in differences[:SHOWN]:
        print(f"  {difference}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
